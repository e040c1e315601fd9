#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pgweir::wire {

/// Appends messages to a string that somebody else owns. What stands in the string already is never touched.
class writer {
public:
    explicit writer(std::string& out) noexcept : out_(out) {}

    /// Writes the tag and keeps room for the length.
    void begin(char tag);

    /// For the messages at the start of a connection, which have a length but no tag.
    void begin_untagged();

    void int8(int value) { out_.push_back(static_cast<char>(value)); }
    void int16(int value);  ///< the low 16 bits; a count up to 65535 is welcome
    void int32(std::int32_t value);

    /// Ends at the first NUL of the text, if it has one: the bytes behind it would be read as further fields.
    void c_string(std::string_view text);

    void bytes(base::bytes_view raw) { out_.append(raw); }

    /// Fills in the length. Requires a message below 2 GiB.
    void end();

private:
    std::string& out_;
    std::size_t length_at_ = 0;
};

/// The part of a text that a message can carry in a string field: up to its first NUL.
std::string_view without_nul(std::string_view text) noexcept;

}  // namespace pgweir::wire
