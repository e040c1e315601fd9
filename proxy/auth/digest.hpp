#pragma once

#include <array>
#include <string>

#include "base/bytes.hpp"

namespace pgweir::auth {

/// The 32 bytes of a SHA-256: a hash, a key or a proof. Wiped when it goes.
class digest {
public:
    static constexpr std::size_t size = 32;

    digest() = default;
    digest(const digest&) = default;
    digest& operator=(const digest&) = default;
    ~digest();

    /// Requires bytes.size() == size.
    static digest from(base::bytes_view bytes);

    base::bytes_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }
    char* data() noexcept { return bytes_.data(); }

    /// Takes the same time wherever they differ.
    bool operator==(const digest& other) const noexcept;

    digest operator^(const digest& other) const noexcept;

private:
    std::array<char, size> bytes_{};
};

// An OpenSSL without SHA-256 ends the process: a digest that was not computed must never be compared with another.

digest sha256(base::bytes_view data);
digest hmac_sha256(base::bytes_view key, base::bytes_view data);

/// Takes the same time wherever they differ. Lengths are not hidden: compare digests where a length is a secret.
bool equal_in_constant_time(base::bytes_view left, base::bytes_view right) noexcept;

/// Overwrites the text and its spare capacity, and leaves it empty.
void wipe(std::string& text) noexcept;

}  // namespace pgweir::auth
