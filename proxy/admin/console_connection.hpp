#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/unique_fd.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "net/transport.hpp"
#include "relay/console_session.hpp"
#include "relay/login_flow.hpp"
#include "relay/virtual_database.hpp"
#include "session/outcome.hpp"

namespace pgweir::admin {

/// One connection to the console's own socket, of somebody who was found to be entitled to all of it: asked for no
/// password, and served nothing but the console. Lives on one worker's thread. A client's place, queue and pools are
/// not for it: it has to work when everything else is full.
class console_connection final : net::event_handler, net::deadline_handler, net::deferred {
public:
    struct parts {
        net::reactor& reactor;
        net::deadline_queue& deadlines;
        relay::virtual_database& console;
        std::uint32_t worker;  ///< whose thread it is
    };

    /// `over` is called once, when the socket is closed; it must not destroy the connection before the tick ends.
    console_connection(const parts& at, base::unique_fd socket, std::function<void()> over);
    console_connection(const console_connection&) = delete;
    console_connection& operator=(const console_connection&) = delete;
    ~console_connection();

    /// It has to have logged in by then; base::never: whenever it likes.
    void begin(base::time_point login_ends);
    /// Tells it that the process ends, as far as the socket takes it at once.
    void shut_down();

private:
    void on_ready(int tag, net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;
    void run() override;

    void read();
    bool may_read() const;
    void feed();
    void feed_login();
    void feed_session();
    void answered(const std::string& reply);
    void fail(const session::failure& why);
    void flush();
    void end();

    parts at_;
    net::transport transport_;
    net::registration watched_;
    net::deadline deadline_{*this, 0};  ///< of the login, then of the farewell
    std::function<void()> over_;
    relay::login_flow login_;
    std::optional<relay::console_session> session_;  ///< once it has logged in
    base::byte_queue unread_;
    base::byte_queue unsent_;
    bool readable_ = false;
    bool leaving_ = false;  ///< was told why; ends when it has closed, or after a while
    /// Gone when the connection is: an answer may come later.
    std::shared_ptr<console_connection*> self_;
};

}  // namespace pgweir::admin
