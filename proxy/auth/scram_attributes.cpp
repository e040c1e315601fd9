#include "auth/scram_attributes.hpp"

#include <algorithm>

namespace pgweir::auth {
namespace {

bool is_attribute_name(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::optional<std::string_view> scram_attributes::take(char name) noexcept {
    const auto size = next_size();
    if (size == 0 || left_[0] != name) return std::nullopt;
    const auto value = left_.substr(2, size - 2);
    advance(size);
    return value;
}

void scram_attributes::skip_until(char name) noexcept {
    for (auto size = next_size(); size > 0 && left_[0] != name; size = next_size()) advance(size);
}

std::string_view scram_attributes::taken() const noexcept {
    const auto size = message_.size() - left_.size();
    return message_.substr(0, size > 0 && !left_.empty() ? size - 1 : size);
}

std::size_t scram_attributes::next_size() const noexcept {
    if (left_.size() < 2 || !is_attribute_name(left_[0]) || left_[1] != '=') return 0;
    const auto size = std::min(left_.find(','), left_.size());
    return left_.substr(0, size).find('\0') == std::string_view::npos ? size : 0;
}

void scram_attributes::advance(std::size_t size) noexcept {
    const bool last = size == left_.size();
    // A comma with nothing behind it stays, so that it is seen to be malformed.
    left_.remove_prefix(last || size + 1 == left_.size() ? size : size + 1);
}

bool is_scram_nonce(std::string_view text) noexcept {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

}  // namespace pgweir::auth
