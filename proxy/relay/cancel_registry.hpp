#pragma once

#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace pgweir::relay {

/// Where a client lives.
struct client_address {
    std::uint32_t worker = 0;
    std::uint64_t client = 0;
};

/// Which client a cancel key belongs to. Any thread.
class cancel_registry {
public:
    /// False when another client has this key.
    bool add(std::int32_t process_id, const std::string& secret, client_address where) {
        const std::lock_guard lock(mutex_);
        return keys_.emplace(key(process_id, secret), where).second;
    }
    void remove(std::int32_t process_id, const std::string& secret) {
        const std::lock_guard lock(mutex_);
        keys_.erase(key(process_id, secret));
    }
    std::optional<client_address> find(std::int32_t process_id, const std::string& secret) const {
        const std::lock_guard lock(mutex_);
        const auto found = keys_.find(key(process_id, secret));
        return found == keys_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    // The secret is found by hash and then compared as a whole: which byte differed cannot be timed from outside.
    static std::string key(std::int32_t process_id, const std::string& secret) {
        std::string both(sizeof process_id, '\0');
        std::memcpy(both.data(), &process_id, sizeof process_id);
        return both += secret;
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::string, client_address> keys_;
};

}  // namespace pgweir::relay
