#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "session/hub_messages.hpp"

namespace pgweir::relay {

/// Which client commits by a server, or has done so last, by the process id that PostgreSQL knows the server by: a
/// notification names its sender so. One that comes when the next client commits names that one. Any thread.
class notifiers final : public session::notifier_names {
public:
    /// The process id that the client was told at login, or 0.
    using holder = std::shared_ptr<std::atomic<std::int32_t>>;

    /// For one server, as long as the holder lives. Outlived by the notifiers.
    holder add(std::int32_t backend) {
        holder made(new std::atomic<std::int32_t>(0), [this, backend](std::atomic<std::int32_t>* gone) {
            {
                const std::lock_guard lock(mutex_);
                const auto found = holders_.find(backend);
                if (found != holders_.end() && found->second == gone) holders_.erase(found);
            }
            delete gone;
        });
        const std::lock_guard lock(mutex_);
        holders_[backend] = made.get();
        return made;
    }

    std::int32_t client_of(std::int32_t backend) const override {
        const std::lock_guard lock(mutex_);
        const auto found = holders_.find(backend);
        if (found == holders_.end()) return backend;
        const std::int32_t client = found->second->load(std::memory_order_relaxed);
        return client == 0 ? backend : client;
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::int32_t, std::atomic<std::int32_t>*> holders_;
};

}  // namespace pgweir::relay
