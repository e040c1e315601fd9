#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pgweir::sql {

/// With which drivers and their pools clean a session that they give back.
enum class reset_command : std::uint8_t {
    unlock_all,  ///< SELECT pg_advisory_unlock_all()
    close_all,
    unlisten_all,
    reset_all,
    discard_all,
};

/// The statements of a text that consists of nothing else; empty for any other.
class reset_commands {
public:
    static reset_commands find(std::string_view text) noexcept;

    std::span<const reset_command> all() const noexcept { return {commands_.data(), count_}; }

private:
    std::array<reset_command, 8> commands_{};
    std::size_t count_ = 0;
};

}  // namespace pgweir::sql
