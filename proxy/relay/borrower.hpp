#pragma once

#include <cstdint>
#include <memory>

#include "pool/waiter.hpp"
#include "session/outcome.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

/// A client as its worker's lender sees it. Lives on one worker; other workers know it by its id only.
class borrower : public pool::waiter {
public:
    borrower(std::uint32_t worker, std::uint64_t id) noexcept : pool::waiter(worker), id_(id) {}

    std::uint64_t id() const noexcept { return id_; }

    /// A server was handed over, for this wait: one that comes late, when the wait has ended otherwise, is given back.
    /// What is to be done with it is done at the end of the tick.
    virtual void on_lent(std::unique_ptr<upstream::server> server, std::uint64_t wait) = 0;
    /// No server can be had for this wait, and the borrower has left the queue.
    virtual void on_not_lent(const session::failure& why, std::uint64_t wait) = 0;

    /// Counts this borrower's requests for a server. Written by its own thread under the pools' mutex, so that thread
    /// may read it without, others with the mutex.
    std::uint64_t wait_number() const noexcept { return wait_; }
    void begin_wait() noexcept { ++wait_; }

protected:
    ~borrower() = default;

private:
    std::uint64_t id_;
    std::uint64_t wait_ = 0;
};

}  // namespace pgweir::relay
