#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/time.hpp"
#include "metrics/labels.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "pool/waiter.hpp"
#include "session/outcome.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

class shared_pool;
struct worker_services;

/// A client's side of borrowing: its place in its pool's queue, its deadline there, and what came of it. Lives on one
/// worker; other workers know it by its id only.
class borrower final : public pool::waiter, net::deadline_handler {
public:
    /// `owner` is run at the end of the tick in which a server or a refusal has come. Both outlive the borrower.
    borrower(worker_services& services, std::uint64_t id, net::deferred& owner);

    std::uint64_t id() const noexcept { return id_; }

    /// Where servers are borrowed from. To be called once, before the first ask(); `application` is its label.
    void join(shared_pool& from, std::uint8_t application) noexcept;

    enum class answer : std::uint8_t {
        lent,     ///< take_server()
        refused,  ///< take_refusal()
        waits,    ///< what comes is told later
    };
    /// Requires that nothing is waited for. `state_key`: as of session::parameters.
    answer ask(const void* state_key);

    /// A server was lent and did nothing for the client: the next ask() keeps the turn and the deadline.
    void keep_turn(bool keep) noexcept { keeps_turn_ = keep; }

    /// Queued, or its server is on the way from another worker.
    bool waits() const noexcept { return waiting_; }
    bool has_server() const noexcept { return server_ != nullptr; }
    bool was_refused() const noexcept { return refusal_.has_value(); }
    std::unique_ptr<upstream::server> take_server() noexcept { return std::move(server_); }
    std::optional<session::failure> take_refusal() noexcept { return std::exchange(refusal_, std::nullopt); }

    /// The client has gone or is sent away. No effect unless it waits.
    void leave();
    /// The client asked for what it waits to be cancelled: a refusal.
    void cancel();

    /// Of the last ask() that was answered.
    base::duration last_wait() const noexcept { return last_wait_; }
    /// Of the one that waits.
    base::duration waiting_for() const;

    // ---- the lender's calls ----

    /// A server was handed over, for this wait: one that comes late, when the wait has ended otherwise, is given back.
    void on_lent(std::unique_ptr<upstream::server> server, std::uint64_t wait);
    /// The server that was lent for this wait was lost on its way: another is asked for, in its place in the queue.
    void on_lost(std::uint64_t wait);
    /// No server can be had for this wait, and the borrower has left the queue.
    void on_not_lent(const session::failure& why, std::uint64_t wait);

    /// Counts this borrower's requests for a server. Written by its own thread under the pools' mutex, so that thread
    /// may read it without, others with the mutex.
    std::uint64_t wait_number() const noexcept { return wait_; }
    void begin_wait() noexcept { ++wait_; }

private:
    void on_deadline(int tag, base::time_point now) override;
    void stop_waiting(metrics::checkout_result result);
    void count(metrics::checkout_result result);
    void refuse(session::failure why);
    session::failure waited_too_long() const;

    worker_services& services_;
    net::deferred& owner_;
    std::uint64_t id_;
    std::uint64_t wait_ = 0;
    shared_pool* pool_ = nullptr;
    std::unique_ptr<upstream::server> server_;
    std::optional<session::failure> refusal_;
    base::time_point asked_at_{};
    base::duration last_wait_{};
    net::deadline deadline_;
    std::uint8_t application_ = 0;
    bool waiting_ = false;
    bool keeps_turn_ = false;
};

}  // namespace pgweir::relay
