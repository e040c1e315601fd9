#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "metrics/cache_labels.hpp"
#include "redis/reply.hpp"

namespace pgweir::redis {

/// A reply, which may be an error of Redis's, valid inside the call only; or why there is none.
using answer = base::result<reply>;
/// Must not throw. Two words of captures fit into it without an allocation.
using answer_callback = std::function<void(const answer&)>;

/// Commands that are answered together.
struct waiting_request {
    answer_callback done;  ///< empty when it has been told already
    base::time_point asked_at;
    std::size_t bytes = 0;      ///< of its commands, an upper bound
    std::uint32_t replies = 0;  ///< that have not come yet
    metrics::store_op op = metrics::store_op::other;
};

/// Requests in the order in which they were sent, which is that of their replies. A ring that keeps the memory of the
/// deepest pipeline seen.
class request_queue {
public:
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    /// Of all requests in it.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Requires !empty().
    waiting_request& front() noexcept { return ring_[head_]; }
    const waiting_request& front() const noexcept { return ring_[head_]; }

    void push(waiting_request what);
    /// Requires !empty().
    waiting_request pop();

private:
    std::vector<waiting_request> ring_;  ///< size is zero or a power of two
    std::size_t head_ = 0;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace pgweir::redis
