#include "cache/total_order.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/messages.hpp"

namespace pgweir::cache {

namespace {

constexpr std::size_t message_head = 5;
constexpr std::size_t no_column = static_cast<std::size_t>(-1);

// Oids of types of which two equal values have the same bytes: bool, bytea, "char", name, int8, int2, int4, oid, date,
// time, timestamp, timestamptz, uuid. Numbers with a point, intervals and texts are not of them.
constexpr std::array<std::uint32_t, 13> plain_types{16, 17, 18, 19, 20, 21, 23, 26, 1082, 1083, 1114, 1184, 2950};

/// Takes fields off the front of a message. What is cut short makes it fail for good.
class field_reader {
public:
    explicit field_reader(std::string_view message) : left_(message.substr(std::min(message.size(), message_head))) {}

    std::string_view take(std::size_t count) {
        failed_ = failed_ || count > left_.size();
        if (failed_) return {};
        const std::string_view taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }
    std::uint32_t integer(std::size_t bytes) {
        std::uint32_t value = 0;
        for (const char each : take(bytes)) value = value << 8 | static_cast<unsigned char>(each);
        return value;
    }
    std::string_view text() {
        const std::size_t length = left_.find('\0');
        const std::string_view found = take(length == std::string_view::npos ? left_.size() + 1 : length);
        take(1);
        return found;
    }
    bool failed() const noexcept { return failed_; }

private:
    std::string_view left_;
    bool failed_ = false;
};

/// A column that rows are sorted by, and whether its values can be compared by their bytes.
struct column {
    std::string_view name;
    bool plain = false;
};

std::vector<column> columns_of(std::string_view description) {
    field_reader fields(description);
    std::vector<column> all(fields.integer(2));
    for (column& each : all) {
        each.name = fields.text();
        fields.take(6);  // of which table, and which column of it
        const std::uint32_t type = fields.integer(4);
        each.plain = std::find(plain_types.begin(), plain_types.end(), type) != plain_types.end();
        fields.take(8);  // its size, its modifier, the format
    }
    return fields.failed() ? std::vector<column>() : all;
}

// Of several with one name none: they may be different ones.
std::size_t place_of(const sql::sort_column& which, const std::vector<column>& all) {
    if (which.name.empty()) return which.number >= 1 && which.number <= all.size() ? which.number - 1 : no_column;
    const auto is_it = [&](const column& each) { return each.name == which.name; };
    const auto found = std::find_if(all.begin(), all.end(), is_it);
    if (found == all.end() || std::find_if(found + 1, all.end(), is_it) != all.end()) return no_column;
    return static_cast<std::size_t>(found - all.begin());
}

// With their lengths, so that no two values look like two others.
std::optional<std::string> key_of(std::string_view row, const std::vector<std::size_t>& places) {
    constexpr std::uint32_t null = 0xffff'ffff;
    field_reader fields(row);
    std::vector<std::string_view> values(fields.integer(2));
    for (std::string_view& each : values) {
        const std::string_view head = fields.take(4);
        std::uint32_t length = 0;
        for (const char part : head) length = length << 8 | static_cast<unsigned char>(part);
        const std::string_view value = length == null ? std::string_view() : fields.take(length);
        each = std::string_view(head.data(), head.size() + value.size());
    }
    std::string key;
    for (const std::size_t place : places) {
        if (fields.failed() || place >= values.size()) return std::nullopt;
        key += values[place];
    }
    return key;
}

}  // namespace

bool is_in_total_order(std::string_view rows, std::string_view description, std::span<const sql::sort_column> by) {
    if (by.empty()) return false;
    const std::vector<column> all = columns_of(description);
    std::vector<std::size_t> places;
    for (const sql::sort_column& each : by) {
        const std::size_t place = place_of(each, all);
        if (place != no_column && all[place].plain) places.push_back(place);
    }
    if (places.empty()) return false;
    std::vector<std::string> keys;
    bool whole = true;
    const bool framed = for_each_message(rows, [&](std::string_view each) {
        if (each.front() != 'D') return;
        auto key = key_of(each, places);
        whole = whole && key.has_value();
        if (key) keys.push_back(std::move(*key));
    });
    std::sort(keys.begin(), keys.end());
    return framed && whole && std::adjacent_find(keys.begin(), keys.end()) == keys.end();
}

}  // namespace pgweir::cache
