#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "session/lab.hpp"

namespace pgweir::test {

/// What a script is played on: one conversation, whose client is lent the next server whenever it needs one. What both
/// say is written down elsewhere, in between the calls of the conversation.
class stage {
public:
    stage(bool shares, const session::settings& limits) : talk(limits, counters, texts, schema, shares, 7) {
        new_server();
    }
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    void client_says(std::string_view bytes) {
        client_unread += bytes;
        feed();
    }

    void server_says(std::string_view bytes) {
        if (server == nullptr) return;
        lab_server& from = *server;
        from.unread += bytes;
        const std::string input = from.unread;
        const auto progress = talk.from_server(input, start);
        collect();
        from.unread.erase(0, progress.consumed);
        settle();
        if (stopped != frontend_flow::stop::need_more) feed();
    }

    /// The conversation goes on with what its client has said.
    void feed() {
        while (!gone) {
            const std::string input = client_unread;
            const auto progress = talk.from_client(input, start);
            collect();
            client_unread.erase(0, progress.consumed);
            stopped = progress.why;
            if (talk.fatal()) return on_fatal();
            if (stopped != frontend_flow::stop::need_server || server != nullptr || busy) return;
            lend();
        }
    }

    void lend() {
        server = &servers.back();
        last_fate = "kept";
        talk.lend(server->state, start);
        collect();
        settle();
    }

    /// To be settled then.
    void leave(bool orderly) {
        gone = true;
        talk.client_left(orderly, start);
        collect();
    }

    void lose() {
        if (server == nullptr) return;
        server = nullptr;
        talk.server_lost(start);
        collect();
        new_server();
    }

    void settle() {
        talk.take_cancel();
        const fate now = talk.fate();
        if (now == fate::keep || now == fate::none) return;
        last_fate = now == fate::close ? "closed" : "given back";
        if (talk.breaks_off())
            talk.server_lost(start);
        else
            talk.take_back(start);
        collect();
        server = nullptr;
        new_server();
    }

    base::interner texts;
    base::shared_counter schema;
    metrics::pool_counters counters;
    conversation talk;
    model_database database;
    std::deque<lab_server> servers;
    lab_server* server = nullptr;  ///< that is lent
    std::string client_unread;
    frontend_flow::stop stopped = frontend_flow::stop::need_more;
    std::string last_fate = "none";
    bool gone = false;
    bool busy = false;  ///< who needs a server is not lent one

protected:
    ~stage() = default;

private:
    /// Takes what the conversation has said.
    virtual void collect() = 0;
    virtual void on_fatal() {}

    void new_server() {
        servers.emplace_back(texts, database);
        servers.back().state.process_id = static_cast<std::int32_t>(100 + servers.size());
    }
};

}  // namespace pgweir::test
