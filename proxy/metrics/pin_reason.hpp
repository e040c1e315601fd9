#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/enum_array.hpp"

namespace pgweir::metrics {

/// Why a client in transaction mode keeps its server. sql::pin_reason() speaks of the same names: from_name() maps.
enum class pin_reason : std::uint8_t {
    set,
    set_role,
    temp_table,
    with_hold_cursor,
    advisory_lock,
    listen,
    prepare,
    set_config,
    setseed,
    load,
    discard,
    do_block,
    call,
    large_object,
    sequence,
    large_message,
    replication,
    routine,
    other,
};

template <>
struct label_traits<pin_reason> {
    static constexpr std::string_view label = "reason";
    static constexpr std::array<std::string_view, 19> values{
        "set",        "set_role",      "temp_table",  "with_hold_cursor", "advisory_lock", "listen", "prepare",
        "set_config", "setseed",       "load",        "discard",          "do_block",      "call",   "large_object",
        "sequence",   "large_message", "replication", "routine",          "other",
    };
};

}  // namespace pgweir::metrics
