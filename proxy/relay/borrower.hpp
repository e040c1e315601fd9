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

    /// A server was handed over; what is to be done with it is done at the end of the tick.
    virtual void on_lent(std::unique_ptr<upstream::server> server) = 0;
    /// No server can be had, and the borrower has left the queue.
    virtual void on_not_lent(const session::failure& why) = 0;

protected:
    ~borrower() = default;

private:
    std::uint64_t id_;
};

}  // namespace pgweir::relay
