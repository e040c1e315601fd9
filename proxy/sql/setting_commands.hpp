#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace pgweir::sql {

/// A text of SETs and nothing else, as drivers say when they connect, whose outcome is known by the text and by what the
/// settings that it names were before: no catalog, no right, no configuration has a say in it. So it is only of settings
/// of which that is known, and of values as plain as they come.
class setting_commands {
public:
    /// Empty for any other text.
    static setting_commands find(std::string_view text) noexcept;

    /// What is set, in lower case.
    std::span<const std::string_view> targets() const noexcept { return {targets_.data(), count_}; }
    bool empty() const noexcept { return count_ == 0; }
    bool several() const noexcept { return several_; }

private:
    bool add(std::string_view name) noexcept;

    std::array<std::string_view, 8> targets_{};
    std::size_t count_ = 0;
    bool several_ = false;

    friend class setting_reader;
};

}  // namespace pgweir::sql
