#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace pgweir::pool {

/// How many server connections a pool (or all pools of one database) has, by what they are doing. Atomic, because a
/// slot may be destroyed by a thread that does not hold the pool's lock; everything else happens under it.
struct slot_counts {
    std::atomic<std::uint32_t> connecting{0};
    std::atomic<std::uint32_t> open{0};
    std::atomic<std::uint32_t> leaving{0};  ///< given out to be closed, and not destroyed yet

    std::uint32_t taken() const noexcept {
        return connecting.load(std::memory_order_relaxed) + open.load(std::memory_order_relaxed) +
               leaving.load(std::memory_order_relaxed);
    }
};

/// The right to have one server connection. The connect in flight owns it, then the member that came of it, so that
/// no path that drops a connection can forget to give its place back: destroying the slot does it, with or without
/// the pool's lock, also when the pool is gone already.
class slot {
public:
    enum class stage { connecting, open, leaving };

    slot() = default;

    /// Counts as `connecting` in both. `database` is null where the database has no limit of its own. `generation`
    /// is the pool's own mark.
    slot(std::shared_ptr<slot_counts> pool, std::shared_ptr<slot_counts> database, std::uint64_t generation);

    slot(slot&& other) noexcept;
    slot& operator=(slot&& other) noexcept;
    ~slot();

    /// False for a default-constructed or moved-from slot, which counts nowhere.
    explicit operator bool() const noexcept { return pool_ != nullptr; }

    /// Only the pool calls this, under its lock.
    void enter(stage next) noexcept;

    stage current_stage() const noexcept { return stage_; }
    std::uint64_t generation() const noexcept { return generation_; }

    /// Whether it was taken from the pool that counts with `counts`.
    bool belongs_to(const slot_counts& counts) const noexcept { return pool_.get() == &counts; }

private:
    void release() noexcept;

    std::shared_ptr<slot_counts> pool_;
    std::shared_ptr<slot_counts> database_;
    std::uint64_t generation_ = 0;
    stage stage_ = stage::connecting;
};

}  // namespace pgweir::pool
