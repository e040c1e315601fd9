#pragma once

#include <cstddef>
#include <string_view>

namespace pgweir::cache {

/// Calls `look(message)` for each message as a server sends them: a byte of tag and a length that counts itself. False
/// when they are not whole; those in front were looked at.
template <class Function>
bool for_each_message(std::string_view messages, Function&& look) {
    constexpr std::size_t length_size = 4;
    while (!messages.empty()) {
        if (messages.size() < 1 + length_size) return false;
        std::size_t length = 0;
        for (std::size_t i = 1; i <= length_size; ++i) length = length << 8 | static_cast<unsigned char>(messages[i]);
        if (length < length_size || length > messages.size() - 1) return false;
        look(messages.substr(0, 1 + length));
        messages.remove_prefix(1 + length);
    }
    return true;
}

}  // namespace pgweir::cache
