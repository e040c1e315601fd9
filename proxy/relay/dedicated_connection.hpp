#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "net/fault_points.hpp"
#include "net/reactor.hpp"
#include "net/transport.hpp"
#include "relay/lender.hpp"
#include "upstream/connector.hpp"

namespace pgweir::relay {

/// What is said on a dedicated_connection.
class dedicated_user {
public:
    /// It is greeted. What is put into unsent() here and in the other calls is sent when they have returned.
    virtual void on_connected() = 0;
    /// False when it makes no sense: the connection is given up.
    virtual bool on_received(base::bytes_view input, std::size_t& consumed) = 0;
    /// It could not be had, or is no longer there: what was asked will not be answered. Nothing is said on it any more.
    virtual void on_lost() = 0;
    /// Behind each of these, and whatever else has come in: to write(), and to see when something is due next.
    virtual void settle() = 0;

protected:
    ~dedicated_user() = default;
};

/// A connection to PostgreSQL that is no server of a pool: pgweir itself has something to say on it. It is opened when
/// its user says so, and tells by pause() and next_attempt() when to say so again. On one worker's thread.
class dedicated_connection final : net::event_handler {
public:
    struct description {
        std::string_view failed;  ///< events of the log
        std::string_view lost;
        net::fault_point due;  ///< bytes are about to be written
        net::fault_point sent;
    };
    using parameters = std::vector<std::pair<std::string, std::string>>;

    /// `like`: whose upstream and credentials it connects with. All that is referred to outlives the connection.
    dedicated_connection(net::reactor& host, lender& servers, shared_pool& like, const description& what,
                         dedicated_user& user)
        : reactor_(host), servers_(servers), like_(like), what_(what), user_(user) {}

    /// Requires that it is neither open nor connecting.
    void connect(parameters startup);
    bool is_open() const noexcept { return transport_.is_open(); }
    bool is_connecting() const noexcept { return connecting_; }

    /// Bytes put here are sent by write(); without an open connection nobody may.
    std::string& unsent() { return unsent_.storage(); }
    void write();

    /// Closes it as one that is lost; logged with `why`.
    void lose(const char* why);
    /// Closes it in good order: the user is not told.
    void disconnect();

    /// The last attempt has failed, or what it made was lost.
    bool has_failed() const noexcept { return pause_ > base::duration{}; }
    /// Not before; in the past when nothing has failed.
    base::time_point next_attempt() const noexcept { return next_attempt_; }
    /// As if nothing had failed.
    void forget_failures() noexcept { pause_ = {}; }

private:
    void on_ready(int tag, net::readiness ready) override;

    void opened(upstream::open_result result);
    void read();
    void fail(std::string_view event, std::string why, base::duration pause);

    net::reactor& reactor_;
    lender& servers_;
    shared_pool& like_;
    description what_;
    dedicated_user& user_;
    net::transport transport_;
    net::registration watched_;
    base::byte_queue unread_;
    base::byte_queue unsent_;
    base::duration pause_{};  ///< between two attempts
    base::time_point next_attempt_{};
    bool connecting_ = false;
};

}  // namespace pgweir::relay
