#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/intrusive_list.hpp"
#include "base/outbox.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "net/transport.hpp"
#include "pool/limits.hpp"
#include "relay/borrower.hpp"
#include "relay/cache_link.hpp"
#include "relay/console_session.hpp"
#include "relay/login_flow.hpp"
#include "relay/shared_pool.hpp"
#include "relay/tunnel.hpp"
#include "relay/views.hpp"
#include "session/conversation.hpp"
#include "upstream/connector.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

struct worker_services;

/// Of the list of those that have not logged in yet, oldest first.
struct newcomer_tag;

/// One client connection on its worker, from accept to the return of its last server: moves bytes between sockets and
/// the state machines (login_flow, session::conversation, console_session, tunnel) and does what they ask for.
/// Owned by its worker, which it asks to destroy it; that happens at the end of a tick.
class client final : public base::list_link<newcomer_tag>,
                     net::event_handler,
                     net::deferred,
                     net::deadline_handler,
                     upstream::server_user,
                     public tunnel::watcher {
public:
    client(worker_services& services, std::uint64_t id, base::unique_fd socket, net::socket_address peer,
           pool::admission place, bool too_many);
    ~client();

    /// After construction, once it can be found by its id.
    void begin();

    std::uint64_t id() const noexcept { return borrower_.id(); }
    borrower& as_borrower() noexcept { return borrower_; }

    /// A cancel request with this client's key. `done` is called when it has had its effect.
    void cancel_requested(std::function<void()> done);

    /// Makes room for another newcomer, if this one has taken its time to log in.
    bool give_way();

    /// The process ends: idle clients are told and leave, others when they reach a boundary.
    void shut_down(bool at_once);

    /// What the hub says that listens for this client.
    void on_hub_answer(const session::hub_answer& what);
    /// Another client's read that it waited for has ended, or its servers may be lent now.
    void on_cache_moved();

    /// Brings the counters up to date, too.
    client_view view();

private:
    enum class phase : std::uint8_t {
        login,       ///< until it has proved who it is
        greeting,    ///< waits for a server that says what clients are greeted with
        relaying,    ///< conversation_ is the truth
        console,
        tunnelling,  ///< replication
        leaving,     ///< told why, or gone; ends when socket and server are free
        over,
    };
    void on_ready(int tag, net::readiness ready) override;
    void on_server_ready(net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;
    void on_tunnel_over() override;
    void run() override;

    // client.cpp: the connection
    void read_client();
    bool may_read() const;
    void take_input(base::bytes_view fresh);
    void feed_console();
    void flush_client();
    bool flush(base::outbox& out);
    void client_gone(bool orderly);
    void close_with(const session::failure& why);
    void log_end(const session::failure& why) const;
    void close_when_flushed();
    void end_if_free();
    base::time_point now() const;

    // client_login.cpp: from the first byte to the first ReadyForQuery
    void feed_login();
    void forward_cancel();
    bool may_operate() const;
    void logged_in();
    void enter_console();
    std::shared_ptr<const database_settings> choose_database();
    bool admit();
    void start_session();
    void greet(const named_greeting& what);
    void ask_for_greeting();
    void greeted_by_server();
    void choose_key(std::optional<std::int32_t> process_id);
    void start_tunnel();
    void tunnel_opened(upstream::open_result result);
    void reject(const session::failure& why, metrics::client_connect_result result);

    // client_relay.cpp: between the client and the servers it is lent
    void feed(base::bytes_view fresh);
    /// Goes on where it stopped.
    void feed_if_stopped();
    void read_server();
    bool read_server_once();
    void flush_server();
    void after_events();
    void settle_server();
    void cancel_own();
    void yield_to_waiters();
    bool borrow();
    void take_server(std::unique_ptr<upstream::server> server);
    void lost_server();
    void ask_hub();
    bool cache_holds_back();
    void log_pins();
    void count_as_pinned(bool pinned);
    void arm_session_deadline();
    void measure_overhead();
    void log_slow(const session::slow_request& slow) const;

    worker_services& services_;
    net::socket_address peer_;
    net::transport transport_;
    net::registration watched_;
    pool::admission place_;      ///< among all connections
    pool::admission admission_;  ///< of its database, user and address
    base::byte_queue unread_;    ///< came from the client and was not taken yet
    base::outbox to_client_;     ///< goes out before what the conversation says
    std::unique_ptr<login_flow> login_;
    std::shared_ptr<const database_settings> served_by_;  ///< as at its login: a reload is for later ones
    std::unique_ptr<cache_link> cache_;  ///< outlives the conversation
    std::unique_ptr<session::conversation> conversation_;
    std::unique_ptr<console_session> console_;
    std::unique_ptr<tunnel> tunnel_;
    shared_pool* pool_ = nullptr;
    borrower borrower_;
    std::unique_ptr<upstream::server> server_;  ///< lent to this client
    session::parameters startup_;  ///< without application_name: what greetings are remembered by
    std::string user_;
    std::string database_;
    std::string application_name_;
    std::string_view replication_ = "none";  ///< as SHOW CLIENTS says it
    std::string secret_key_;
    std::int32_t process_id_ = 0;
    base::time_point connected_at_;
    base::time_point lent_at_{};
    base::time_point waits_since_ = base::never;  ///< for another client's read
    unsigned replies_ = 0;
    net::deadline session_deadline_;
    session::frontend_flow::stop stopped_ = session::frontend_flow::stop::need_more;
    phase phase_ = phase::login;
    bool client_drained_ = true;   ///< nothing to read until the next edge
    bool client_ended_ = false;    ///< the client will send no more: what is left is to be read to its end
    bool shutting_down_ = false;
    bool terminated_ = false;      ///< said Terminate: not read any more
    bool known_to_hub_ = false;
    bool counted_as_pinned_ = false;  ///< in shared_pool::pinned
    bool pinned_too_many_ = false;  ///< over limits.pinned: it is ended when its transaction is
    bool too_many_ = false;        ///< over listen.max_clients
};

}  // namespace pgweir::relay
