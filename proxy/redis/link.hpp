#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

#include "base/time.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "net/resolver.hpp"
#include "net/transport.hpp"
#include "redis/back_off.hpp"
#include "redis/breaker.hpp"
#include "redis/command.hpp"
#include "redis/connect_attempt.hpp"
#include "redis/connection_machine.hpp"
#include "redis/counters.hpp"
#include "redis/settings.hpp"

namespace pgweir::redis {

/// What a link tells, inside of a tick of its reactor. They must not throw and not destroy the link; either may be
/// empty.
struct link_events {
    /// Requests are taken from now on. Another epoch than the last time: what is known of the store is void.
    std::function<void(const server_identity&)> on_connected{};
    /// No more are taken, and those that wait are failed next.
    std::function<void()> on_lost{};
};

/// One worker's connection to the shared Redis. It connects and connects again by itself; while it is not connected, or
/// has just failed, requests fail at once. Requests do not wait for each other: all that are made in one tick of the
/// reactor leave in one write at its end, and a request whose reply is late fails together with all others that wait,
/// since the connection is closed then: a late reply must never be taken for that to another request.
///
/// Nothing here blocks, and the name service is asked on a thread of this link's own: an answer for Redis that does not
/// come holds up no question of others. Belongs to the reactor's thread.
class link final : net::event_handler, net::deadline_handler, net::deferred {
public:
    /// All of it outlives the link.
    struct parts {
        net::reactor& reactor;
        net::deadline_queue& deadlines;
        net::random_source& random;
    };

    link(const parts& with, settings how, link_events told);
    link(const link&) = delete;
    link& operator=(const link&) = delete;
    /// What waits is not told; stop() does.
    ~link() = default;

    /// Begins to connect. Once.
    void start();

    /// For good: what waits fails as lost. Not from inside of a callback of this link.
    void stop();

    /// Sends a command, which is counted as `op`. `done` is called once on this thread: from inside this call when the
    /// request fails at once (not_connected, too_many_requests), else later with the reply, or with `lost` or
    /// `timed_out`. It may call anything here but stop(), and must not destroy the link. Empty: nobody wants to know.
    void send(metrics::store_op op, command words, answer_callback done) { send_all(op, {&words, 1}, std::move(done)); }

    /// Sends commands, at least one, that no other of this link's comes between. `done` gets the reply to the last one,
    /// or the first reply that is an error; the commands behind it are executed all the same.
    void send_all(metrics::store_op op, std::span<const command> commands, answer_callback done);

    /// For those who were sent a reply that cannot be one to their request: ends the connection, at the latest with the
    /// tick.
    void give_up(std::error_code why);

    /// False: all requests fail at once.
    bool is_connected() const noexcept { return machine_ != nullptr && !doomed_; }
    const redis::breaker& breaker() const noexcept { return breaker_; }
    /// Of the current connection, or the last one; nothing when there was none.
    const std::optional<server_identity>& server() const noexcept { return server_; }
    /// When it will be tried to connect; base::never while it is, and when connected.
    base::time_point next_attempt() const noexcept { return pause_.when(); }
    /// How often it has begun to write: what was sent since this last changed has not left yet.
    std::uint64_t writes() const noexcept { return writes_; }
    /// Requests without all of their replies.
    std::size_t waiting() const noexcept { return machine_ ? machine_->waiting() : 0; }
    const link_counters& counters() const noexcept { return counters_; }

private:
    void on_ready(int tag, net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;
    void run() override;

    void connect();
    void attempted(connect_attempt::outcome what);
    void adopt(connected what);
    void pause_after(refusal why, const std::string& address);
    void write();
    void read();
    void deliver();
    void answered(const connection_machine::event& told);
    void arm_oldest();
    void check_server();
    void oldest_is_due();
    void lost(refusal why, std::error_code told);
    void fail(request_queue waiting, std::error_code why);

    parts with_;
    settings how_;
    link_events told_;
    net::resolver names_;
    net::transport stream_;
    net::registration watched_;
    std::unique_ptr<connect_attempt> attempt_;
    std::unique_ptr<connection_machine> machine_;  ///< there is a connection, greeted
    std::optional<server_identity> server_;
    std::optional<std::error_code> doomed_;  ///< why the connection is to be closed
    net::deadline pause_;  ///< the next attempt to connect
    net::deadline oldest_;  ///< the reply to the oldest request
    net::deadline check_;
    back_off back_off_;
    redis::breaker breaker_;
    link_counters counters_;
    std::uint64_t writes_ = 0;
    std::string logged_;  ///< the last failure to connect: each is logged once
    bool stopped_ = false;
    bool blocked_ = false;  ///< the socket took not all, and has not reported room since
    bool ended_ = false;  ///< the server will send no more
    bool others_went_first_ = false;  ///< see run()
};

}  // namespace pgweir::redis
