#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/conversation.hpp"
#include "session/messages.hpp"
#include "session/model_server.hpp"

namespace pgweir::test {

using session::conversation;
using session::frontend_flow;
using fate = conversation::server_fate;

inline constexpr base::time_point start{std::chrono::hours(1000)};

/// A model server behind a connection: its bytes wait on both ways until somebody moves them.
struct lab_server {
    lab_server(base::interner& texts, model_database& database) : model(database) {
        std::vector<session::parameters::entry> entries;
        for (std::size_t i = 0; i < model_server::reported_count; ++i) {
            entries.push_back(model_server::defaults()[i]);
            state.reported.push_back(model_server::defaults()[i]);
        }
        state.reported.emplace_back("server_version", "15.6");
        entries.push_back(model_server::defaults()[model_server::reported_count]);
        state.baseline = session::parameters::make(texts, std::move(entries));
        state.actual = state.baseline;
    }

    model_server model;
    session::server_state state;
    std::string inbound;   ///< not yet seen by the server
    std::string outbound;  ///< not yet read by us
    std::string unread;    ///< read, not yet a whole message
    std::string seen;      ///< all that it was ever sent
    bool idle = true;
};

struct lab_client {
    lab_client(const session::settings& limits, metrics::pool_counters& counters, base::interner& texts,
               base::shared_counter& schema, bool shares, std::uint64_t id)
        : talk(limits, counters, texts, schema, shares, id) {}

    conversation talk;
    std::string unread;
    std::string received;
    lab_server* server = nullptr;
    bool waiting = false;
    bool gone = false;
    frontend_flow::stop stopped = frontend_flow::stop::need_more;
    unsigned cancels = 0;
};

/// Conversations, model servers and the simplest of pools, joined the way the shell does it. What breaks a rule that
/// holds whatever the clients say is noted in `broken`.
class lab {
public:
    explicit lab(std::size_t server_count = 1, bool shares = true, session::settings with = {})
        : limits(with), shares_(shares) {
        for (std::size_t i = 0; i < server_count; ++i) add_server();
    }

    std::size_t add_client(std::vector<session::parameters::entry> startup = {}) {
        clients.push_back(std::make_unique<lab_client>(limits, counters, texts, schema, shares_, clients.size() + 1));
        const auto wanted = session::parameters::make(texts, std::move(startup));
        const server_defaults base(texts);
        clients.back()->talk.use_settings(known_settings);
        clients.back()->talk.set_state(wanted, base.state.overlaid(texts, wanted), "app.alice");
        return clients.size() - 1;
    }

    void add_server() { servers.push_back(std::make_unique<lab_server>(texts, database)); }

    lab_client& at(std::size_t i) { return *clients[i]; }

    void client_says(std::size_t i, std::string_view bytes) {
        clients[i]->unread += bytes;
        feed(*clients[i]);
    }

    /// Everything moves until nothing moves any more.
    void run() {
        bool moved = true;
        while (moved) {
            moved = false;
            for (const auto& one : clients) moved = step(*one) || moved;
        }
    }

    /// One piece of bytes moves: up to `size` to the server or from it. False when there is none.
    bool step(lab_client& client, std::size_t size = std::string::npos) {
        lab_server* server = client.server;
        if (server == nullptr) return false;
        if (!server->inbound.empty()) {
            const std::string piece = server->inbound.substr(0, size);
            server->inbound.erase(0, piece.size());
            server->seen += piece;
            server->model.receive(piece);
            server->outbound += server->model.take_output();
            return true;
        }
        if (server->outbound.empty()) return false;
        const std::string piece = server->outbound.substr(0, size);
        server->outbound.erase(0, piece.size());
        server->unread += piece;
        read_server(client);
        return true;
    }

    void lose_server(lab_client& client) {
        lab_server* server = std::exchange(client.server, nullptr);
        if (server == nullptr) return;
        client.talk.server_lost(now);
        collect(client);
        retire(server);
        if (!client.gone) feed(client);
    }

    void leave(lab_client& client, bool orderly) {
        if (client.gone) return;
        client.gone = true;
        client.waiting = false;
        client.unread.clear();
        client.talk.client_left(orderly, now);
        collect(client);
        settle(client);
    }

    void refuse(lab_client& client, session::failure why) {
        client.waiting = false;
        client.talk.refuse(std::move(why));
        feed(client);
    }

    void feed(lab_client& client) {
        if (client.gone) return;
        while (true) {
            const std::string input = client.unread;
            const auto progress = client.talk.from_client(input, now);
            collect(client);
            client.unread.erase(0, progress.consumed);
            client.stopped = progress.why;
            if (client.stopped != frontend_flow::stop::need_server || client.waiting) break;
            note_if(client.server != nullptr, "a server is asked for while one is lent");
            if (client.server != nullptr) break;
            lab_server* free = take_idle();
            if (free == nullptr) {
                client.waiting = true;
                waiters_.push_back(&client);
                break;
            }
            lend(client, *free);
        }
        if (client.stopped == frontend_flow::stop::terminated)
            leave(client, true);
        else if (client.talk.fatal() && !client.gone)
            leave(client, false);
    }

    void expire(lab_client& client) {
        const bool closed = client.talk.expire(now);
        collect(client);
        if (closed) retire(std::exchange(client.server, nullptr));
        settle(client);
        if (!client.gone) feed(client);
    }

    /// The client's last word.
    std::string last_said(std::size_t i) const {
        const auto lines = said(clients[i]->received);
        return lines.empty() ? std::string() : lines.back();
    }

    /// Nothing may be open once every client has its answers or has gone.
    void expect_rest(const lab_client& client) {
        note_if(client.talk.pending() != 0, "requests pending at rest");
        note_if(client.talk.gates() != 0, "gates at rest");
        if (client.gone) note_if(client.server != nullptr, "a client that left holds a server");
        if (client.talk.pinned() || !client.gone) return;
        note_if(client.talk.fate() != fate::none, "a fate without a server");
    }

    /// What is known of a server that is in the pool, against what it is.
    void check_idle(const lab_server& server) {
        note_if(!server.inbound.empty() || !server.outbound.empty() || !server.unread.empty(),
                "bytes are under way to or from a server that was given back");
        note_if(!server.model.quiet(), "a server was given back that is not idle");
        note_if(server.state.transaction_status != 'I', "a server was given back in a transaction");
        note_if(server.state.statements.size() != server.model.statement_names().size(),
                "a server has " + std::to_string(server.model.statement_names().size()) + " statements, not " +
                    std::to_string(server.state.statements.size()));
        if (server.state.actual) {
            for (const auto& [name, value] : server.state.actual->entries())
                note_if(server.model.setting(name) != value,
                        "setting " + name + " is '" + server.model.setting(name) + "', not '" + value + "'");
        }
        for (const auto& [name, value] : server.state.reported)
            note_if(!session::is_read_only_report(name) && server.model.setting(name) != value, "reported " + name);
    }

    void note_if(bool wrong, std::string what) {
        if (wrong) broken.push_back(std::move(what));
    }

    model_database database;
    base::interner texts;
    base::shared_counter schema;
    base::shared_counter other_servers;
    session::setting_memo known_settings{other_servers};
    session::settings limits;
    metrics::pool_counters counters;
    std::vector<std::unique_ptr<lab_server>> servers;
    std::vector<std::unique_ptr<lab_server>> retired;
    std::vector<std::unique_ptr<lab_client>> clients;
    std::vector<std::string> broken;
    base::time_point now = start;

private:
    struct server_defaults {
        explicit server_defaults(base::interner& texts) {
            const auto all = model_server::defaults();
            state = session::parameters::make(texts, {all.begin(), all.end()});
        }
        session::parameters state;
    };

    void lend(lab_client& client, lab_server& server) {
        server.idle = false;
        client.server = &server;
        client.talk.lend(server.state, now);
        collect(client);
        settle(client);
    }

    void read_server(lab_client& client) {
        lab_server& server = *client.server;
        const std::string input = server.unread;
        const auto progress = client.talk.from_server(input, now);
        collect(client);
        server.unread.erase(0, progress.consumed);
        settle(client);
        if (!client.gone && client.stopped != frontend_flow::stop::need_more && !client.waiting) feed(client);
    }

    /// Moves what the conversation wants written.
    static void collect(lab_client& client) {
        const auto drain = [](base::outbox& from, std::string& to) {
            to += from.first();
            to += from.second();
            from.clear();
        };
        if (client.server != nullptr) drain(client.talk.to_server(), client.server->inbound);
        if (!client.gone) drain(client.talk.to_client(), client.received);
    }

    void settle(lab_client& client) {
        if (client.server == nullptr) return;
        if (client.talk.take_cancel()) {
            ++client.cancels;
            client.server->model.cancel();
            client.server->outbound += client.server->model.take_output();
            client.talk.cancel_ended();
        }
        switch (client.talk.fate()) {
            case fate::none: note_if(true, "no fate of a server that is lent"); return;
            case fate::keep: return;
            case fate::give_back: {
                lab_server* server = std::exchange(client.server, nullptr);
                client.talk.take_back(now);
                give_back(*server);
                return;
            }
            case fate::close: {
                lab_server* server = std::exchange(client.server, nullptr);
                const bool bad = client.talk.close_reason() == metrics::server_disconnect_reason::protocol_error;
                note_if(bad, "a server that speaks the protocol was called broken");
                const bool lost = client.talk.breaks_off();
                if (lost)
                    client.talk.server_lost(now);
                else
                    client.talk.take_back(now);
                collect(client);
                retire(server);
                if (lost && !client.gone && !client.waiting) feed(client);
                return;
            }
        }
    }

    void give_back(lab_server& server) {
        check_idle(server);
        server.idle = true;
        serve_waiters();
    }

    void serve_waiters() {
        while (!waiters_.empty()) {
            lab_client* next = waiters_.front();
            if (!next->waiting || next->gone) {
                waiters_.pop_front();
                continue;
            }
            lab_server* free = take_idle();
            if (free == nullptr) return;
            waiters_.pop_front();
            next->waiting = false;
            lend(*next, *free);
            feed(*next);
        }
    }

    lab_server* take_idle() {
        for (std::size_t i = 0; i < servers.size(); ++i) {
            // In turn, so that a client meets them all.
            lab_server& candidate = *servers[(turn_ + i) % servers.size()];
            if (!candidate.idle) continue;
            turn_ = (turn_ + i + 1) % servers.size();
            return &candidate;
        }
        return nullptr;
    }

    /// A closed server is replaced, as the pool would.
    void retire(lab_server* server) {
        for (auto& place : servers) {
            if (place.get() != server) continue;
            retired.push_back(std::move(place));
            place = std::make_unique<lab_server>(texts, database);
        }
        serve_waiters();
    }

    bool shares_;
    std::size_t turn_ = 0;
    std::deque<lab_client*> waiters_;
};

}  // namespace pgweir::test
