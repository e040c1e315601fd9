#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "base/bytes.hpp"
#include "wire/error.hpp"

namespace pgweir::wire {

/// Takes the fields of one message body from front to back. Never reads outside the view. The first field that is
/// not there makes every later one zero or empty, so that a decoder checks once, at its end.
class reader {
public:
    explicit reader(base::bytes_view body) noexcept : left_(body) {}

    std::int8_t int8() noexcept;
    std::int16_t int16() noexcept;  ///< in network order, as all integers of the protocol
    std::int32_t int32() noexcept;

    /// An Int16 that counts something. The manual calls it signed; server and libpq read 0 to 65535, and clients
    /// send that many parameters.
    std::uint16_t count() noexcept;

    /// One byte as it is, for a kind or a status.
    char byte() noexcept;

    /// A negative length is a failure like one that is too large.
    base::bytes_view bytes(std::int64_t length) noexcept;

    /// Without its terminator.
    std::string_view c_string() noexcept;

    /// Everything that is left, which may be nothing.
    base::bytes_view rest() noexcept;

    /// Makes the reader fail, for a value that was read well but makes no sense. The first reason stays.
    void fail(error_code reason) noexcept;

    bool ok() const noexcept { return !failure_; }
    bool at_end() const noexcept { return left_.empty(); }
    std::size_t left() const noexcept { return left_.size(); }

    /// Empty while ok().
    std::error_code error() const noexcept { return failure_; }

    /// What a decoder returns at its end: error(), and trailing_bytes when something is left.
    std::error_code finish() const noexcept;

private:
    const char* take(std::size_t size) noexcept;

    base::bytes_view left_;
    std::error_code failure_;
};

}  // namespace pgweir::wire
