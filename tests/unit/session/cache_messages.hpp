#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/messages.hpp"

namespace pgweir::test {

/// Of what was bound to the unnamed portal.
inline const std::string described = describe('P', "") + execute();

/// A read by the extended protocol, all of it but Sync.
inline std::string batch(std::string_view text, std::vector<std::string_view> values = {}) {
    return parse("", text) + bind_to("", std::move(values)) + described;
}

/// What the server answers to that, or to a simple query, but for ReadyForQuery: one row.
inline std::string row(std::string_view text) {
    return row_description(text) + data_row(text) + complete("SELECT 1");
}

/// What it answers to a BEGIN that was deferred.
inline const std::string begin_done = parse_complete() + bind_complete() + complete("BEGIN");

}  // namespace pgweir::test
