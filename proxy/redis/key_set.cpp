#include "redis/key_set.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace pgweir::redis {

std::uint32_t key_set::add(std::string_view key) {
    if (keys_.size() * 2 >= table_.size()) grow();
    const std::uint64_t hash = base::fingerprint(key);
    std::size_t at = place(hash);
    for (; table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
        const std::uint32_t index = table_[at] - 1;
        if (keys_[index].hash == hash && (*this)[index] == key) return index;
    }
    keys_.push_back({.offset = bytes_.size(), .length = key.size(), .hash = hash});
    bytes_.append(key);
    table_[at] = static_cast<std::uint32_t>(keys_.size());
    return table_[at] - 1;
}

void key_set::grow() {
    constexpr std::size_t first_size = 32;
    table_.assign(std::max(first_size, table_.size() * 2), 0);
    for (std::uint32_t index = 0; index < keys_.size(); ++index) {
        std::size_t at = place(keys_[index].hash);
        while (table_[at] != 0) at = (at + 1) & (table_.size() - 1);
        table_[at] = index + 1;
    }
}

void key_set::clear() noexcept {
    if (bytes_.capacity() > kept_bytes) {
        *this = key_set();
        return;
    }
    bytes_.clear();
    keys_.clear();
    std::fill(table_.begin(), table_.end(), 0);
}

}  // namespace pgweir::redis
