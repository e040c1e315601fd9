#include "base/duration_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace pgweir::base {

namespace {

constexpr auto longest = static_cast<std::uint64_t>(std::numeric_limits<duration::rep>::max());

/// What stands in front of the first byte that is a digit, or is none.
std::string_view take_while(std::string_view& text, bool digits) noexcept {
    const auto is_other = [digits](char c) { return (c >= '0' && c <= '9') != digits; };
    const auto length = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_other) - text.begin());
    const std::string_view taken = text.substr(0, length);
    text.remove_prefix(length);
    return taken;
}

std::optional<duration_fault> fault_of(std::string_view digits, std::string_view name, std::uint64_t largest) {
    if (digits.empty()) return duration_fault::no_number;
    if (name.empty()) return duration_fault::no_unit;
    if (name.front() == '.') return duration_fault::fraction;
    const auto* const unit = std::find_if(duration_units.begin(), duration_units.end(),
                                          [name](const duration_unit& each) { return each.name == name; });
    if (unit == duration_units.end()) return duration_fault::unknown_unit;
    if (unit->nanoseconds >= largest) return duration_fault::out_of_order;
    return std::nullopt;
}

/// number * factor is added to the sum, unless that were too much.
bool add(std::uint64_t& sum, std::string_view digits, std::uint64_t factor) noexcept {
    std::uint64_t number = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) return false;
    if (number > longest / factor || number * factor > longest - sum) return false;
    sum += number * factor;
    return true;
}

}  // namespace

std::optional<duration> read_duration(std::string_view text, duration_fault& why) noexcept {
    std::uint64_t sum = 0;
    std::uint64_t previous = std::numeric_limits<std::uint64_t>::max();
    do {
        const std::string_view digits = take_while(text, true);
        const std::string_view name = take_while(text, false);
        if (const auto fault = fault_of(digits, name, previous)) {
            why = *fault;
            return std::nullopt;
        }
        const auto* const unit = std::find_if(duration_units.begin(), duration_units.end(),
                                              [name](const duration_unit& each) { return each.name == name; });
        previous = unit->nanoseconds;
        if (!add(sum, digits, previous)) {
            why = duration_fault::too_long;
            return std::nullopt;
        }
    } while (!text.empty());
    return duration(static_cast<duration::rep>(sum));
}

}  // namespace pgweir::base
