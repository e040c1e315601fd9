#include "pool/slot.hpp"

#include <utility>

namespace pgweir::pool {
namespace {

std::atomic<std::uint32_t>& counter(slot_counts& counts, slot::stage stage) noexcept {
    switch (stage) {
        case slot::stage::connecting: return counts.connecting;
        case slot::stage::open: return counts.open;
        case slot::stage::leaving: break;
    }
    return counts.leaving;
}

// Relaxed: whoever acts on a freed place takes the pool's lock after the slot was destroyed, which orders the two.
void add(slot_counts* counts, slot::stage stage) noexcept {
    if (counts != nullptr) counter(*counts, stage).fetch_add(1, std::memory_order_relaxed);
}

void subtract(slot_counts* counts, slot::stage stage) noexcept {
    if (counts != nullptr) counter(*counts, stage).fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

slot::slot(std::shared_ptr<slot_counts> pool, std::shared_ptr<slot_counts> database, std::uint64_t generation)
    : pool_(std::move(pool)), database_(std::move(database)), generation_(generation) {
    add(pool_.get(), stage_);
    add(database_.get(), stage_);
}

slot::slot(slot&& other) noexcept
    : pool_(std::move(other.pool_)),
      database_(std::move(other.database_)),
      generation_(other.generation_),
      stage_(other.stage_) {}

slot& slot::operator=(slot&& other) noexcept {
    if (this != &other) {
        release();
        pool_ = std::move(other.pool_);
        database_ = std::move(other.database_);
        generation_ = other.generation_;
        stage_ = other.stage_;
    }
    return *this;
}

slot::~slot() {
    release();
}

void slot::enter(stage next) noexcept {
    if (pool_ == nullptr || next == stage_) return;
    // Added before it is subtracted: a reader without the lock may see one place too many, never one too few.
    add(pool_.get(), next);
    add(database_.get(), next);
    subtract(pool_.get(), stage_);
    subtract(database_.get(), stage_);
    stage_ = next;
}

void slot::release() noexcept {
    subtract(pool_.get(), stage_);
    subtract(database_.get(), stage_);
    pool_.reset();
    database_.reset();
}

}  // namespace pgweir::pool
