#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace pgweir::base {

/// A value that is replaced as a whole now and then, and that many threads look at often. Who keeps a copy of the
/// pointer with its version asks for another only when there is one.
template <class T>
class published {
public:
    struct copy {
        std::shared_ptr<const T> value;  ///< null: nothing was published yet
        std::uint64_t version = 0;
    };

    void publish(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        value_ = std::move(value);
        version_.fetch_add(1, std::memory_order_release);
    }

    /// Leaves a copy alone that is up to date.
    void renew(copy& mine) const {
        if (mine.version == version_.load(std::memory_order_acquire)) return;
        const std::lock_guard lock(mutex_);
        mine = {value_, version_.load(std::memory_order_relaxed)};
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
    std::atomic<std::uint64_t> version_{0};
};

}  // namespace pgweir::base
