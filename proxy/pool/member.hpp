#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "metrics/labels.hpp"
#include "pool/slot.hpp"

namespace pgweir::pool {

/// A server connection as its pool sees it; upstream's server derives from it. It has one owner at any time: the
/// pool (idle or in limbo) or whoever it is lent to. The owner may use it without the pool's lock.
class member {
public:
    /// `id` is unique in this process. `worker` is the index of the worker whose reactor watches the socket.
    /// `entropy` is any 64 random bits: it decides how much earlier than others this one ends its life.
    member(std::uint64_t id, std::uint32_t worker, slot place, base::time_point created,
           std::uint64_t entropy) noexcept;

    member(const member&) = delete;
    member& operator=(const member&) = delete;
    virtual ~member();

    std::uint64_t id() const noexcept { return id_; }
    base::time_point created() const noexcept { return created_; }

    /// When it last came back to the pool (or was opened).
    base::time_point last_used() const noexcept { return last_used_; }

    /// So long that it has to be probed before it is used again; `limit` may be off.
    bool unused_for(base::duration limit, base::time_point now) const noexcept {
        return limit != base::off && now - last_used_ > limit;
    }

    /// When it should be replaced: its lifetime less up to a fifth. Known once the pool has seen it; base::never if
    /// lifetimes are off.
    base::time_point expires() const noexcept { return expires_; }

    std::uint32_t worker() const noexcept { return worker_; }
    /// Its owner moves it to another worker's reactor.
    void set_worker(std::uint32_t worker) noexcept { worker_ = worker; }

    /// The identity of its session state: the pool prefers a member whose key equals the client's, so that nothing
    /// has to be set. Null is a key like any other.
    const void* state_key() const noexcept { return state_key_; }
    void set_state_key(const void* key) noexcept { state_key_ = key; }

    /// Not to be lent again: its owner found it broken, dirty or in an unknown state. For good.
    void doom() noexcept { doomed_ = true; }
    bool doomed() const noexcept { return doomed_; }

    /// Why the pool has given it up to be closed.
    metrics::server_disconnect_reason leaves_because() const noexcept { return leaves_because_; }

private:
    friend class server_pool;

    std::uint64_t id_;
    std::uint64_t entropy_;
    base::time_point created_;
    base::time_point last_used_;
    base::time_point expires_ = base::never;
    const void* state_key_ = nullptr;
    slot slot_;
    std::uint32_t worker_;
    bool doomed_ = false;
    bool unused_ = false;  ///< lent by the pool for a question of its own
    metrics::server_disconnect_reason leaves_because_ = metrics::server_disconnect_reason::surplus;
};

}  // namespace pgweir::pool
