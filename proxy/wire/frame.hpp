#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

#include "base/bytes.hpp"
#include "wire/message_table.hpp"

namespace pgweir::wire {

/// The tag and the length field, which every message but the first ones of a connection begins with.
inline constexpr std::size_t header_size = 5;

struct header {
    char tag = 0;
    std::uint32_t size = 0;  ///< of the whole message in bytes, tag and length field included: at least header_size
};

enum class header_state {
    complete,    ///< the header is here and legal; the body may still be on its way
    incomplete,  ///< nothing wrong so far, but fewer than header_size bytes
    invalid,     ///< the stream cannot be followed any further: why_invalid_*() says why
};

namespace detail {

inline std::uint32_t load_uint32(const char* from) noexcept {
    const auto byte = [from](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(from[i])}; };
    return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

inline header_state read_header(base::bytes_view input, const message_info* info, header& found) noexcept {
    if (info == nullptr) return header_state::invalid;
    if (input.size() < header_size) return header_state::incomplete;
    const std::uint32_t length = load_uint32(input.data() + 1);
    // The length field counts itself but not the tag. Adding the tag may wrap round to 0, which is below every
    // minimum, and what the signed field means as negative is above every maximum: the table holds both.
    if (!info->allows(length + 1)) return header_state::invalid;
    found = {info->tag, length + 1};
    return header_state::complete;
}

}  // namespace detail

/// Reads the header at the front of what a client sent after its startup packet. Writes `found` only when complete.
/// An unknown tag is invalid from its first byte on.
inline header_state read_frontend_header(base::bytes_view input, header& found) noexcept {
    if (input.empty()) return header_state::incomplete;
    return detail::read_header(input, find_frontend(input.front()), found);
}

/// Likewise for what a server sent. The one byte with which a server answers SSLRequest or GSSENCRequest is no message.
inline header_state read_backend_header(base::bytes_view input, header& found) noexcept {
    if (input.empty()) return header_state::incomplete;
    return detail::read_header(input, find_backend(input.front()), found);
}

/// Takes the next message off what a client sent, if it is whole and of this kind: its body.
std::optional<base::bytes_view> take_frontend_message(base::bytes_view& input, char tag) noexcept;

/// The reason for header_state::invalid with the same input; the empty error_code when the header is not invalid.
std::error_code why_invalid_frontend(base::bytes_view input) noexcept;
std::error_code why_invalid_backend(base::bytes_view input) noexcept;

}  // namespace pgweir::wire
