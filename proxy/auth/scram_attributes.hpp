#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace pgweir::auth {

/// Reads the attributes of a SCRAM message (RFC 5802 section 5.1): `x=value`, separated by commas.
class scram_attributes {
public:
    explicit scram_attributes(base::bytes_view message) noexcept : message_(message), left_(message) {}

    /// The next attribute's value if it has this name. Else nothing, and the attribute stays the next one.
    std::optional<std::string_view> take(char name) noexcept;

    /// Takes attributes as long as they are well-formed and not of this name: extensions that may be ignored.
    void skip_until(char name) noexcept;

    /// The message up to the next attribute, without the comma between them.
    std::string_view taken() const noexcept;

    bool at_end() const noexcept { return left_.empty(); }

private:
    /// Size of the next attribute without its comma; 0 if it is none.
    std::size_t next_size() const noexcept;
    void advance(std::size_t size) noexcept;

    base::bytes_view message_;
    base::bytes_view left_;
};

/// A nonce: printable ASCII without the comma, not empty.
bool is_scram_nonce(std::string_view text) noexcept;

}  // namespace pgweir::auth
