#include "config/values.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>

#include "base/duration_text.hpp"
#include "config/problem.hpp"

namespace pgweir::config {

namespace {

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<unit, 9> size_units{{
    {"B", 1},
    {"KiB", 1ULL << 10U},
    {"MiB", 1ULL << 20U},
    {"GiB", 1ULL << 30U},
    {"TiB", 1ULL << 40U},
    {"kB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
}};

constexpr std::string_view duration_hint = "write it with a unit, as 250ms, 5s or 1h30m";
constexpr std::string_view size_hint = "write it with a unit, as 64KiB, 64MiB or 1GB";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) ++length;
    const std::string_view digits = text.substr(0, length);
    text.remove_prefix(length);
    return digits;
}

std::optional<std::uint64_t> to_number(std::string_view digits) {
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
    return number;
}

template <class Units>
const unit* find_unit(const Units& units, std::string_view name) {
    for (const unit& candidate : units)
        if (candidate.name == name) return &candidate;
    return nullptr;
}

complaint about(std::string_view text, std::string_view what, std::string_view hint) {
    return {cited(text) + std::string(what) + ": " + std::string(hint)};
}

}  // namespace

parsed<std::uint64_t> parse_count(std::string_view text) {
    std::string_view rest = text;
    const std::string_view digits = take_digits(rest);
    if (digits.empty() || !rest.empty())
        return about(text, " is not a whole number", "write decimal digits only, as 20");
    if (digits.size() > 1 && digits.front() == '0')
        return about(text, " begins with 0, which some readers take for octal", "write it without the leading zero");
    const auto number = to_number(digits);
    if (!number) return complaint{cited(text) + " is too large"};
    return *number;
}

parsed<base::duration> parse_duration(std::string_view text) {
    base::duration_fault why{};
    if (const auto length = base::read_duration(text, why)) return *length;
    switch (why) {
        case base::duration_fault::no_number: return about(text, " is not a duration", duration_hint);
        case base::duration_fault::no_unit: return about(text, " has no unit", duration_hint);
        case base::duration_fault::fraction:
            return about(text, " has a fraction", "use a smaller unit, as 1500ms for 1.5s");
        case base::duration_fault::unknown_unit:
            return about(text, " has an unknown unit", "the units are d, h, m, s, ms and us");
        case base::duration_fault::out_of_order:
            return about(text, " has its units out of order", "write larger units first");
        case base::duration_fault::too_long: break;
    }
    return complaint{cited(text) + " is too long"};
}

std::string format_duration(base::duration length) {
    auto left = static_cast<std::uint64_t>(length.count());
    std::string text;
    for (const base::duration_unit& each : base::duration_units) {
        if (left >= each.nanoseconds) text += std::to_string(left / each.nanoseconds) + std::string(each.name);
        left %= each.nanoseconds;
    }
    return text.empty() ? "off" : text;
}

parsed<std::uint64_t> parse_size(std::string_view text) {
    std::string_view rest = text;
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return about(text, " is not a size", size_hint);
    if (rest.empty()) return about(text, " has no unit", size_hint);
    const unit* found = find_unit(size_units, rest);
    if (found == nullptr)
        return about(text, " has an unknown unit", "the units are B, KiB, MiB, GiB, TiB, kB, MB, GB, TB");
    const auto number = to_number(digits);
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!number || *number > most / found->factor) return complaint{cited(text) + " is too large"};
    return *number * found->factor;
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t power = 0;
    while (bytes != 0 && bytes % 1024 == 0 && power + 1 < units.size()) {
        bytes /= 1024;
        ++power;
    }
    return std::to_string(bytes) + std::string(units[power]);
}

parsed<bool> parse_bool(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return about(text, " is neither true nor false",
                 "yes, no, on and off mean different things to different YAML readers");
}

}  // namespace pgweir::config
