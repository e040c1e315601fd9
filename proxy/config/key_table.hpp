#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/conninfo.hpp"
#include "config/settings.hpp"

namespace pgweir::config {

/// How the text of a key is read.
enum class value_type {
    count,
    duration,
    size,         ///< bytes
    share,        ///< one in so many
    choice,
    pattern,      ///< text, a line
    text,         ///< a name: not empty, at most 63 bytes, no control characters
    secret,       ///< text that is never shown
    secret_file,  ///< path of a file that holds the secret
    address,      ///< host:port
    addresses,    ///< list of places to listen at
    socket_path,  ///< absolute path of a unix socket's file
    names,        ///< list of text
    networks,     ///< list of CIDR networks
    host,         ///< of an upstream
    upstream,     ///< connection URL or keyword string
};

/// A bound or a value as it would be written.
std::string format_number(value_type type, std::uint64_t number);

/// A value that was read. Counts, ports and the position of a choice are numbers; `off` is zero or the empty text.
using value =
    std::variant<std::monostate, std::uint64_t, base::duration, std::string, std::vector<std::string>, conninfo>;

/// Where the fields of a key are: the settings, and below `databases.<name>`, `auth.users.<name>` and
/// `cache.rules.<name>` that entry.
struct scope {
    settings* all = nullptr;
    config::database* database = nullptr;
    auth::user* user = nullptr;
    cache::rule* rule = nullptr;
};

/// Writes and reads the field of a key. A key that is only checked (or is another spelling of one) reads as monostate.
struct field {
    void (*store)(const scope&, const value&);
    value (*read)(const scope&);
};

/// Inclusive; for durations in nanoseconds.
struct range {
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};

/// Everything there is to know about one key: parser, suggestions, reference and `config show` all read this.
struct key {
    std::string_view path;  ///< `<name>` stands for any name
    value_type type;
    std::string_view fallback;  ///< the default as it would be written; empty: none
    std::string_view doc;       ///< one line
    field target;
    range allowed{};
    bool can_be_off = false;
    std::span<const std::string_view> choices{};          ///< in the order of the enumerators
    std::span<const std::string_view> planned_choices{};  ///< of a later version
    bool needs_restart = false;  ///< a reload does not change it
    bool zero_is_off = false;  ///< else zero is refused where it can be off, since it may be meant as at once
};

/// A key, or everything below it, that a later version will have.
struct planned_key {
    std::string_view path;
    std::string_view doc;
};

/// In the order in which they are shown. Values are stored in this order as well.
std::span<const key> key_table();
std::span<const planned_key> planned_keys();

/// The placeholder for a name in a path.
inline constexpr std::string_view any_name = "<name>";

/// nullptr if no key has this path (with placeholders).
const key* find_key(std::string_view pattern);
const planned_key* find_planned_key(std::string_view pattern);

/// What may follow `pattern` in a path: each next part once, in order. Empty if nothing may. The root is "".
std::vector<std::string_view> children_of(std::string_view pattern);

/// `pattern.part`.
std::string extend(std::string_view pattern, std::string_view part);

}  // namespace pgweir::config
