#include "net/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace pgweir::net {

void random_source::fill(std::span<char> into) {
    while (!into.empty()) {
        if (left_ == 0) {
            // Up to 256 bytes arrive whole or not at all; more may be cut short by a signal (getrandom(2)).
            const ssize_t got = ::getrandom(pool_.data(), pool_.size(), 0);
            if (got < 0) {
                if (errno == EINTR) continue;
                throw std::system_error(errno, std::system_category(), "getrandom");
            }
            left_ = static_cast<std::size_t>(got);
            continue;
        }
        const std::size_t count = into.size() < left_ ? into.size() : left_;
        char* const from = pool_.data() + (left_ - count);
        std::memcpy(into.data(), from, count);
        std::memset(from, 0, count);
        left_ -= count;
        into = into.subspan(count);
    }
}

std::uint64_t random_source::number() {
    std::array<char, sizeof(std::uint64_t)> bytes{};
    fill(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
}

}  // namespace pgweir::net
