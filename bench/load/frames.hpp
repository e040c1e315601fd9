#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The little of the protocol that a load generator and a stub need. Not the proxy's own `wire`: what measures it
/// must not change with it.
namespace pgweir::bench {

inline std::uint32_t load_uint32(const char* from) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
}

inline void append_uint32(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

/// A message with its length; tag 0 for the startup packet, which has none.
inline std::string message(char tag, std::string_view body) {
    std::string out;
    if (tag != 0) out.push_back(tag);
    append_uint32(out, static_cast<std::uint32_t>(body.size() + 4));
    out.append(body);
    return out;
}

/// Follows a stream of tagged messages from read to read and keeps nothing of their bodies.
class tag_reader {
public:
    /// Calls `seen(tag)` at the end of each message.
    template <class Seen>
    void read(std::string_view input, Seen&& seen) {
        while (!input.empty()) {
            if (held_ < header_.size()) {
                const std::size_t taken = std::min(header_.size() - held_, input.size());
                std::copy_n(input.data(), taken, header_.data() + held_);
                held_ += taken;
                input.remove_prefix(taken);
                if (held_ < header_.size()) return;
                left_ = load_uint32(header_.data() + 1) - 4;
            }
            const std::size_t skipped = std::min(left_, input.size());
            left_ -= skipped;
            input.remove_prefix(skipped);
            if (left_ != 0) return;
            held_ = 0;
            seen(header_[0]);
        }
    }

private:
    std::array<char, 5> header_{};
    std::size_t held_ = 0;  ///< bytes of the header
    std::size_t left_ = 0;  ///< bytes of the body still to come
};

}  // namespace pgweir::bench
