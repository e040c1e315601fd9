#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "metrics/labels.hpp"
#include "session/backend_flow.hpp"
#include "session/exchange.hpp"
#include "session/frontend_flow.hpp"
#include "session/hub_messages.hpp"

namespace pgweir::session {

/// One client's conversation from the end of its login to the return of its last server: what is said in both
/// directions, when a server is needed, and when it may go. Knows no socket and no clock. After every call that takes
/// bytes or tells of an event the shell writes out `to_client` and `to_server` and asks fate(), finished() and
/// take_cancel().
class conversation {
public:
    /// `shares_servers`: transaction mode. Everything referred to outlives the conversation.
    conversation(const session::settings& limits, metrics::pool_counters& counters, base::interner& texts,
                 base::shared_counter& schema, bool shares_servers, std::uint64_t client_id)
        : x_(limits, counters, texts, schema, shares_servers, client_id), frontend_(x_), backend_(x_) {}

    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

    /// What the client wants its session to be. `startup` is what RESET means; `scope` names the pool, whose
    /// prepared statements are shared.
    void set_state(parameters startup, parameters desired, std::string scope);

    frontend_flow::progress from_client(base::bytes_view input, base::time_point now);
    backend_flow::progress from_server(base::bytes_view input, base::time_point now);

    base::outbox& to_client() noexcept { return x_.to_client; }
    base::outbox& to_server() noexcept { return x_.to_server; }

    /// A server is lent. Its session state is brought to the client's first, in a round trip of its own if need be;
    /// until then from_client() answers `gated`. `server` stays valid until take_back() or server_lost().
    /// `probe`: it has been idle for so long that it must answer something before it is trusted with a request.
    void lend(server_state& server, base::time_point now, bool probe = false);

    enum class server_fate : std::uint8_t { none, keep, give_back, close };
    /// What becomes of the server that is lent; `none` without one.
    server_fate fate() const;
    /// Why fate() says close.
    metrics::server_disconnect_reason close_reason() const noexcept { return close_reason_; }
    /// Requests were sent to the server that is to be closed, so that it is lost: server_lost(), not take_back().
    bool breaks_off() const noexcept {
        return close_ && (x_.begin_failed || close_reason_ == metrics::server_disconnect_reason::protocol_error);
    }
    /// The server leaves the conversation, to be given back or closed.
    void take_back(base::time_point now);

    /// No server can be had: the request that waits for one is answered with `why`.
    void refuse(failure why);

    /// The server's connection ended. The conversation no longer has one.
    void server_lost(base::time_point now);

    /// Others wait for the server that is lent: it is to be given back at the next boundary, however much the client has
    /// sent ahead.
    void yield() noexcept { x_.yields = x_.rewrites; }

    /// The client's connection ended, or said Terminate. What must still be finished on the server is finished.
    void client_left(bool orderly, base::time_point now);

    /// True once when a cancel request should be sent for the server that is lent. Until cancel_ended(), or the server
    /// has left, from_client() answers `gated`.
    bool take_cancel() noexcept {
        x_.cancels += cancel_due_ ? 1 : 0;
        return std::exchange(cancel_due_, false);
    }
    /// One of these requests has struck, or cannot strike any more.
    void cancel_ended() noexcept { x_.cancels -= x_.cancels > 0 ? 1 : 0; }
    /// The client asks for its running statement to be cancelled. False when nothing runs.
    bool cancel_running() const noexcept { return x_.server != nullptr && !x_.pending.empty() && !x_.client_gone; }

    /// Set when the client must be told and disconnected.
    const std::optional<failure>& fatal() const noexcept { return x_.fatal; }
    /// True when the client is, or was left, in the middle of a message, so that not even an error can be sent.
    bool cut() const noexcept { return cut_ || (x_.from_server.remaining > 0 && x_.from_server.forwarded); }

    /// Reasons for which the session has come to stay on its server since the last call.
    pin_set take_new_pins() noexcept { return std::exchange(new_pins_, {}); }

    /// Once for each slow request.
    std::optional<slow_request> take_slow() noexcept { return std::exchange(x_.slow, std::nullopt); }

    /// The nearest of the configured timeouts, or never; expire() acts on those that are due.
    base::time_point deadline() const;
    /// True when the server did not answer a round trip of ours, or not even the cancel: it left the conversation and
    /// must be closed, for close_reason().
    bool expire(base::time_point now);

    /// Counts the time that the server has been held so far, for who is about to look.
    void count_held_time(base::time_point now) noexcept { x_.phases.flush(now, *x_.counters); }

    /// What is known of functions of the database's own, which may be published anew at any time. Outlives the
    /// conversation.
    void use_routines(const base::published<sql::suspects>& known) noexcept { x_.routines = &known; }

    /// Sessions like this one have used lastval() or currval(): it keeps its server as soon as it may have drawn from a
    /// sequence, so that they have something to tell.
    void expect_sequences() noexcept { x_.asks_sequences = true; }

    /// What is known of SET on servers of the pool. Outlives the conversation.
    void use_settings(setting_memo& known) noexcept { x_.known_settings = &known; }

    /// Reads may be answered from it, and it is told of writes. Outlives the conversation.
    void use_cache(result_cache& cache) noexcept { x_.cache = &cache; }
    /// A read waits for another client's: from_client() is to be called again when that has ended.
    bool awaits_cache() const noexcept { return x_.fill.is == cache_fill::state::waiting; }

    // ---- LISTEN without a server: conversation_listen.cpp ----

    /// There is a hub, which take_hub_requests() are for and which says hub_says(). `names` outlives the conversation.
    void use_hub(const notifier_names& names) noexcept;
    /// By which the client knows itself, and others that it notifies.
    void set_process_id(std::int32_t id) noexcept { x_.listening.process_id = id; }
    bool asks_hub() const noexcept { return !hub_requests_.empty(); }
    std::vector<hub_request> take_hub_requests() noexcept { return std::exchange(hub_requests_, {}); }
    void hub_says(const hub_answer& what, base::time_point now);

    /// For what is shown.
    bool has_server() const noexcept { return x_.server != nullptr; }
    bool settled() const noexcept { return !applying_ && x_.forward_gates == 0; }
    /// Nothing of the client's was sent on the server that is lent.
    bool setting_up() const noexcept { return applying_; }
    bool pinned() const noexcept { return x_.pins.any(); }
    const pin_set& pins() const noexcept { return x_.pins; }
    /// Between transactions, too: a pin that may have ended with its transaction is looked at first.
    bool stays_pinned() const noexcept { return x_.pins.any() && counted_pins_.any(); }
    /// The server waits for the client's data.
    bool copying_in() const noexcept { return x_.copy != copy_phase::none; }
    /// By the server that is lent.
    bool may_notify() const noexcept { return x_.may_notify; }
    /// In a transaction that has taken no server yet.
    bool defers() const noexcept { return x_.deferred.active; }
    bool in_transaction() const noexcept { return x_.client_status != 'I'; }
    /// Between two transactions, with nothing under way.
    bool idle() const noexcept {
        return x_.pending.empty() && x_.client_status == 'I' && !x_.unsynced && x_.copy == copy_phase::none &&
               x_.fill.is == cache_fill::state::none;
    }
    /// When the client was last heard or answered.
    base::time_point last_heard() const noexcept { return idle_since_; }
    std::size_t pending() const noexcept { return x_.pending.size(); }
    std::size_t gates() const noexcept { return x_.forward_gates; }
    std::size_t statements() const noexcept { return x_.statements.size(); }
    const parameters& desired() const noexcept { return x_.desired; }
    /// What the setting up of a server failed with, if the client's settings were at fault.
    const std::optional<failure>& refusal() const noexcept { return x_.refusal; }
    /// The client does not read: the server's time is spent on it.
    void client_stalled(bool stalled, base::time_point now);

private:
    void after_server(base::time_point now);
    void applied();
    void begin_survey();
    void surveyed();
    /// The session stays on its server, for reasons that have not ended with the transaction.
    void count_pins();
    bool survey_wanted() const;
    std::string hosting_commands() const;
    void ask_hub(hub_request::kind what, std::vector<std::string> channels = {});
    void settle_channels();
    void begin_turn();
    void continue_turn();
    void end_turn();
    void give_up_turn();
    bool in_old_encoding() const;
    void listen_in_new_encoding();
    bool host_can_go() const;
    bool waits_for_injected() const noexcept {
        return applying_ || cleaning_ || surveying_ || unhosting_ || turn_ == turn::notifying || turn_ == turn::tidying;
    }
    void move_listening_on();
    void ping_hub();
    void settle_answers();
    void forget_host();
    /// RESET went to the server's own defaults; for this client it means what it asked for at startup.
    void return_to_startup();
    bool has_default(const std::string& name, bool surveyed) const;
    void finish_for_gone_client();
    void inject(std::string_view sql);
    void close_server(metrics::server_disconnect_reason why);
    void abandon_transaction(failure why);
    void forget_pending();
    bool at_boundary() const;

    exchange x_;
    frontend_flow frontend_;
    backend_flow backend_;
    base::time_point idle_since_{};
    bool wants_server_ = false;  ///< the next message waits for one
    base::time_point transaction_since_{};
    metrics::server_disconnect_reason close_reason_ = metrics::server_disconnect_reason::lost;
    bool applying_ = false;  ///< session state is on its way to the server
    bool takes_over_ = false;  ///< ... of a server with settings of another client
    bool took_over_in_vain_ = false;  ///< it failed on the server before this one
    bool surveying_ = false;  ///< the server is asked what its session holds
    bool survey_again_ = false;  ///< it did not say
    pin_set counted_pins_;
    pin_set new_pins_;
    /// From a server that listens to the hub that does.
    enum class turn : std::uint8_t {
        none,
        asked,  ///< the hub is to listen
        notifying,  ///< the server notifies of the token
        tidying,  ///< it stops to listen to the token's channel
    };
    turn turn_ = turn::none;
    bool survey_after_turn_ = false;  ///< more was listened to meanwhile
    bool ping_sent_ = false;  ///< for the ReadyForQuery that is held
    bool encoding_pursued_ = false;  ///< a survey was asked for, to leave the old one's hub
    bool unhosting_ = false;  ///< the server stops to listen
    std::vector<hub_request> hub_requests_;
    bool probing_ = false;  ///< it is only asked whether it still answers
    base::time_point injected_at_{};  ///< when our last round trip began
    bool cleaning_ = false;  ///< DISCARD ALL or ROLLBACK of ours is on its way
    bool clean_ = false;  ///< the server was discarded for the next client
    bool close_ = false;
    bool served_ = false;  ///< the client has used the server that is lent
    bool cancel_due_ = false;
    base::time_point cancelled_at_ = base::never;  ///< when the running request was cancelled by a timeout
    bool cut_ = false;
};

}  // namespace pgweir::session
