#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::redis {

/// Keys in the order in which they were added first, each once. Keeps its memory when it is cleared.
class key_set {
public:
    /// The index of the key, which is added if it is not there.
    std::uint32_t add(std::string_view key);

    std::size_t size() const noexcept { return keys_.size(); }
    /// Requires index < size(). Valid until the next add().
    std::string_view operator[](std::size_t index) const noexcept {
        return std::string_view(bytes_).substr(keys_[index].offset, keys_[index].length);
    }

    void clear() noexcept;

private:
    struct entry {
        std::size_t offset;
        std::size_t length;
        std::uint64_t hash;
    };

    void grow();
    std::size_t place(std::uint64_t hash) const noexcept { return hash & (table_.size() - 1); }

    static constexpr std::size_t kept_bytes = std::size_t{64} * 1024;

    std::string bytes_;
    std::vector<entry> keys_;
    std::vector<std::uint32_t> table_;  ///< index + 1 of the key at its place or one behind it, 0: free; a power of two
};

}  // namespace pgweir::redis
