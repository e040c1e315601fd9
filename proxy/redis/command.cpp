#include "redis/command.hpp"

#include <array>
#include <cassert>
#include <charconv>

namespace pgweir::redis {
namespace {

/// A mark, the digits of a 64-bit number, and the ends of two lines.
constexpr std::size_t most_framing = 1 + 20 + 2 + 2;

void append_length(std::string& out, char mark, std::size_t length) {
    std::array<char, most_framing> line{mark};
    char* const end = std::to_chars(line.data() + 1, line.data() + line.size(), length).ptr;
    end[0] = '\r';
    end[1] = '\n';
    out.append(line.data(), end + 2);
}

}  // namespace

void append_command(std::string& out, command words) {
    assert(!words.empty());
    append_length(out, '*', words.size());
    for (const std::string_view word : words) {
        append_length(out, '$', word.size());
        out.append(word);
        out.append("\r\n");
    }
}

std::size_t size_bound(command words) noexcept {
    std::size_t bytes = most_framing;
    for (const std::string_view word : words) bytes += most_framing + word.size();
    return bytes;
}

}  // namespace pgweir::redis
