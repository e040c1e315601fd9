#include "metrics/application_names.hpp"

#include <algorithm>

namespace pgweir::metrics {

namespace {

// NAMEDATALEN - 1: what PostgreSQL itself keeps of an application_name.
constexpr std::size_t longest_label = 63;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_separator(char c) noexcept {
    return std::string_view(" -_.:;,/\\#@()[]{}<>=").find(c) != std::string_view::npos;
}

}  // namespace

std::string application_label(std::string_view application_name) {
    std::string label;
    for (const char c : application_name.substr(0, longest_label))
        if (!is_digit(c)) label.push_back(c >= ' ' && c <= '~' ? c : '?');
    while (!label.empty() && is_separator(label.back())) label.pop_back();
    return label.empty() ? "unnamed" : label;
}

std::size_t application_names::index_of(std::string_view application_name) {
    const std::string wanted = application_label(application_name);
    const std::lock_guard lock(mutex_);
    const auto known = std::find(names_.begin(), names_.end(), wanted);
    if (known != names_.end()) return static_cast<std::size_t>(known - names_.begin());
    if (names_.size() == capacity) return other;
    names_.push_back(wanted);
    return names_.size() - 1;
}

std::vector<std::string> application_names::names() const {
    const std::lock_guard lock(mutex_);
    return names_;
}

}  // namespace pgweir::metrics
