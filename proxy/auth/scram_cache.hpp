#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>

#include "auth/digest.hpp"
#include "base/bytes.hpp"

namespace pgweir::auth {

/// Remembers SaltedPassword for (password, salt, iterations), so that twenty connects to one server cost one PBKDF2.
/// Holds no password, only a hash of the question. Single-threaded: a worker owns one.
class scram_cache {
public:
    static constexpr std::size_t capacity = 64;

    /// The least recently used answer makes room. Requires what auth::salted_password() requires.
    digest salted_password(std::string_view password, base::bytes_view salt, std::uint32_t iterations);

    std::size_t size() const noexcept { return entries_.size(); }

    /// Answers that cost a PBKDF2.
    std::uint64_t misses() const noexcept { return misses_; }

private:
    struct entry {
        digest question;
        digest answer;
    };

    /// Most recently used first. Short enough to be searched from the front.
    std::list<entry> entries_;
    std::uint64_t misses_ = 0;
};

}  // namespace pgweir::auth
