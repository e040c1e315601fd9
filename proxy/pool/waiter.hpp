#pragma once

#include <cstdint>

#include "base/intrusive_list.hpp"
#include "base/time.hpp"

namespace pgweir::pool {

class wait_queue;

/// A client that wants a server; the shell's client derives from it. It is in at most one queue at a time.
///
/// Lock rule: as long as queued() is true, other threads reach it through the queue. So it is unlinked, and destroyed,
/// only under the pool's lock; call server_pool::abandon() before destroying it, which also keeps the measured
/// waiting time exact (destroying a queued waiter under the lock is safe, but is noticed only at the next call).
/// queued() itself needs the lock.
class waiter : public base::list_link<wait_queue> {
public:
    explicit waiter(std::uint32_t worker) noexcept : worker_(worker) {}

    /// The index of the worker that the client belongs to, for life.
    std::uint32_t worker() const noexcept { return worker_; }

    bool queued() const noexcept { return linked(); }

    /// When it last asked for a server, and when it must get its answer at the latest (base::never: no limit). Set by
    /// server_pool::acquire(); the shell watches the deadline and calls abandon().
    base::time_point since() const noexcept { return since_; }
    base::time_point deadline() const noexcept { return deadline_; }

    /// The identity of the session state it needs; see member::state_key(). Not changed while it is queued.
    const void* state_key() const noexcept { return state_key_; }
    void set_state_key(const void* key) noexcept { state_key_ = key; }

private:
    friend class wait_queue;
    friend class server_pool;

    base::time_point since_{};
    base::time_point deadline_ = base::never;
    const void* state_key_ = nullptr;
    std::uint64_t ticket_ = 0;
    std::uint32_t worker_;
};

}  // namespace pgweir::pool
