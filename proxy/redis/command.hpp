#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pgweir::redis {

/// The words of one command, its name first; at least one. They may hold any bytes.
using command = std::span<const std::string_view>;

/// As an array of bulk strings, which is how Redis reads commands.
void append_command(std::string& out, command words);

/// No fewer bytes than append_command() appends.
std::size_t size_bound(command words) noexcept;

}  // namespace pgweir::redis
