#include "session/cache_key.hpp"

#include <algorithm>
#include <cstring>

#include "sql/words.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

constexpr char simple_protocol = 'Q';
constexpr char extended_protocol = 'E';
constexpr char limited_execute = 'L';  // the same, and some rows only

template <class Number>
void append_number(std::string& out, Number value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Number>
bool take_number(base::bytes_view& from, Number& value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}

void append_sized(std::string& out, base::bytes_view part) {
    append_number(out, static_cast<std::uint32_t>(part.size()));
    out += part;
}

bool take_sized(base::bytes_view& from, base::bytes_view& part) {
    std::uint32_t size = 0;
    if (!take_number(from, size) || from.size() < size) return false;
    part = from.substr(0, size);
    from.remove_prefix(size);
    return true;
}

}  // namespace

void cache_key::append_head(std::string& out) const {
    static_assert(sizeof context + sizeof rules == numbers_size);
    append_number(out, context);
    append_number(out, rules);
    out += !extended ? simple_protocol : max_rows > 0 ? limited_execute : extended_protocol;
    if (!extended) return;
    if (max_rows > 0) append_number(out, max_rows);
    append_sized(out, parameter_types);
    append_sized(out, bind);
}

std::optional<cache_key> cache_key::read(base::bytes_view key) {
    cache_key found;
    if (!take_number(key, found.context) || !take_number(key, found.rules) || key.empty()) return std::nullopt;
    const char protocol = key.front();
    key.remove_prefix(1);
    found.extended = protocol == extended_protocol || protocol == limited_execute;
    if (!found.extended && protocol != simple_protocol) return std::nullopt;
    if (protocol == limited_execute && !take_number(key, found.max_rows)) return std::nullopt;
    if (found.extended && (!take_sized(key, found.parameter_types) || !take_sized(key, found.bind)))
        return std::nullopt;
    found.text = key;
    return found;
}

std::string cache_key::in_context(base::bytes_view key, std::uint64_t context) {
    std::string other;
    append_number(other, context);
    other += key.substr(sizeof context);
    return other;
}

bool values_name_moment(base::bytes_view bind) {
    const auto decoded = wire::decode_bind(bind);
    if (!decoded) return true;
    return std::any_of(decoded->values.begin(), decoded->values.end(),
                       [](const auto& value) { return value && sql::names_moment(*value); });
}

}  // namespace pgweir::session
