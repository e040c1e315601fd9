#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "session/conversation.hpp"
#include "session/lab.hpp"
#include "session/messages.hpp"
#include "session/thousand_more.hpp"

namespace pgweir::test {
namespace {

using session::hub_answer;
using session::hub_request;
using testing::ElementsAre;
using testing::IsEmpty;
using words = std::vector<std::string>;

bool is_survey(std::string_view text) {
    return text.starts_with("SELECT 'setting'");
}

// A server that knows LISTEN, UNLISTEN, NOTIFY and SET client_encoding, each text one transaction, and answers surveys.
class channel_server {
public:
    std::set<std::string> channels;

    std::string answer(std::string_view text) {
        std::string out;
        if (is_survey(text)) {
            for (const std::string& channel : channels) row(out, "channel", channel);
            row(out, "complete", "");
        }
        words notified;
        for (const std::string& command : commands_in(text)) run(command, out, notified);
        for (const std::string& each : notified) out += notification(each);
        wire::append_ready_for_query(out, 'I');
        return out;
    }

    std::string notification(const std::string& channel_and_payload) {
        const auto comma = channel_and_payload.find(',');
        const std::string channel = channel_and_payload.substr(0, comma);
        std::string out;
        if (channels.contains(channel))
            wire::append_notification(out, 7, channel, channel_and_payload.substr(comma + 1));
        return out;
    }

private:
    static void row(std::string& out, std::string_view kind, std::string_view name) {
        wire::append_data_row(out, std::vector<std::optional<std::string>>{std::string(kind), std::string(name), ""});
    }

    static words commands_in(std::string_view text) {
        words all;
        while (!text.empty()) {
            const auto end = text.find("; ");
            all.emplace_back(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
        }
        return all;
    }

    void run(const std::string& command, std::string& out, words& notified) {
        std::string name;
        for (const char c : command.substr(command.find(' ') + 1))
            if (c != '"' && c != '\'' && c != ' ') name += c;
        if (command.starts_with("LISTEN")) channels.insert(name);
        if (command == "UNLISTEN *") channels.clear();
        if (command.starts_with("UNLISTEN")) channels.erase(name);
        if (command.starts_with("NOTIFY")) notified.push_back(name);
        if (command.starts_with("SET")) wire::append_parameter_status(out, "client_encoding", "LATIN1");
        wire::append_command_complete(out, command.substr(0, command.find(' ')));
    }
};

// A client, its server, and a hub that is played by the test.
class Listening : public testing::Test {
protected:
    Listening() {
        talk_.use_hub(names_);
        talk_.set_process_id(own_id);
        talk_.set_state({}, server_.state.baseline, "app.alice");
    }

    // What the server was asked by the proxy or the client, until nothing moves.
    void run() {
        for (bool moved = true; moved;) {
            moved = false;
            give_back_if_free();
            const auto progress = talk_.from_client(unread_, now_);
            talk_.to_server().settle();
            unread_.erase(0, progress.consumed);
            if (progress.why == frontend_flow::stop::need_server && !lent_) {
                lent_ = true;
                talk_.lend(server_.state, now_);
                moved = true;
            }
            moved = move() || moved;
            give_back_if_free();
        }
    }

    void give_back_if_free() {
        if (!lent_ || talk_.fate() != fate::give_back) return;
        talk_.take_back(now_);
        lent_ = false;
    }

    bool move() {
        std::string bytes = taken(talk_.to_server());
        if (bytes.empty() || !lent_) return false;
        for (std::size_t at = 0; at < bytes.size();) {
            wire::header header;
            wire::read_frontend_header(std::string_view(bytes).substr(at), header);
            const std::string text = bytes.substr(at + wire::header_size, header.size - wire::header_size - 1);
            at += header.size;
            asked_.push_back(is_survey(text) ? "survey" : text);
            if (asked_.back() == "survey" && before_survey_) std::exchange(before_survey_, nullptr)();
            from_server(model_.answer(text));
        }
        return true;
    }

    void from_server(const std::string& bytes) {
        std::size_t done = 0;
        while (done < bytes.size() && lent_) {
            const auto progress = talk_.from_server(std::string_view(bytes).substr(done), now_);
            talk_.to_client().settle();
            if (progress.consumed == 0) break;
            done += progress.consumed;
        }
    }

    static std::string taken(base::outbox& from) {
        from.settle();
        std::string bytes(from.first());
        from.consume(bytes.size());
        return bytes;
    }

    void query(const std::string& sql) {
        unread_ += test::query(sql);
        run();
    }

    void hub_says(hub_answer::kind what, std::string token = {}) {
        talk_.hub_says({.what = what, .token = std::move(token)}, now_);
        run();
    }

    void hub_notifies(const std::string& channel, const std::string& payload) {
        std::string message;
        wire::append_notification(message, payload == "own" ? own_id : 1, channel, payload);
        talk_.hub_says({.what = hub_answer::kind::notified, .message = std::make_shared<const std::string>(message)},
                       now_);
        run();
    }

    words requests() {
        words all;
        for (const hub_request& each : talk_.take_hub_requests()) {
            std::string line = each.what == hub_request::kind::listen ? "listen"
                               : each.what == hub_request::kind::drop ? "drop"
                                                                      : "ping";
            for (const std::string& channel : each.channels) line += " " + channel;
            all.push_back(line);
        }
        return all;
    }

    words asked() { return std::exchange(asked_, {}); }

    // Tags of what the client was told; of notifications, channel and payload.
    words told() {
        words all;
        const std::string bytes = taken(talk_.to_client());
        for (std::size_t at = 0; at < bytes.size();) {
            wire::header header;
            wire::read_backend_header(std::string_view(bytes).substr(at), header);
            const auto body = std::string_view(bytes).substr(at + wire::header_size, header.size - wire::header_size);
            at += header.size;
            std::string line(1, header.tag);
            if (header.tag == 'A') {
                const auto heard = wire::decode_notification(body);
                line += " " + std::string(heard->channel) + "=" + std::string(heard->payload);
            }
            all.push_back(line);
        }
        return all;
    }

    // The client listens by the hub, and holds no server.
    void listen_by_hub(const std::string& channel) {
        query("LISTEN " + channel);
        EXPECT_THAT(requests(), ElementsAre("listen " + channel));
        hub_says(hub_answer::kind::listening, "token");
        EXPECT_FALSE(lent_);
        EXPECT_THAT(model_.channels, IsEmpty());
        told();
        asked();
    }

    static constexpr std::int32_t own_id = 5;

    session::settings limits_;
    metrics::pool_counters counters_;
    base::interner texts_;
    base::shared_counter schema_;
    model_database database_;
    thousand_more names_;
    session::conversation talk_{limits_, counters_, texts_, schema_, true, 1};
    lab_server server_{texts_, database_};
    channel_server model_;
    base::time_point now_ = start;
    std::string unread_;
    bool lent_ = false;
    words asked_;
    std::function<void()> before_survey_;
};

TEST_F(Listening, MovesToTheHub) {
    query("LISTEN news");
    EXPECT_THAT(told(), ElementsAre("C", "Z")) << "the client does not wait for the hub";
    EXPECT_THAT(asked(), ElementsAre("LISTEN news", "survey"));
    EXPECT_THAT(requests(), ElementsAre("listen news"));
    EXPECT_TRUE(lent_) << "until the hub listens its server does";
    from_server(model_.notification("news,by the server"));
    hub_says(hub_answer::kind::listening, "token");
    EXPECT_THAT(asked(), ElementsAre("LISTEN \"pgweir_turn\"; NOTIFY \"pgweir_turn\", 'token'", "UNLISTEN *"));
    EXPECT_FALSE(lent_);
    hub_notifies("news", "by the hub");
    EXPECT_THAT(told(), ElementsAre("A news=by the server", "A news=by the hub"));
}

TEST_F(Listening, ARefusalLeavesItWithItsServer) {
    query("LISTEN news");
    hub_says(hub_answer::kind::refused);
    EXPECT_TRUE(lent_);
    EXPECT_TRUE(talk_.pins().has(metrics::pin_reason::listen));
    told();
    from_server(model_.notification("news,all the same"));
    EXPECT_THAT(told(), ElementsAre("A news=all the same"));
}

TEST_F(Listening, ARefusalOfWhatIsNotListenedToAnyMoreFreesTheServer) {
    query("LISTEN news");
    query("UNLISTEN news");
    EXPECT_THAT(requests(), ElementsAre("listen news", "drop news"));
    EXPECT_TRUE(lent_) << "the hub has not answered yet";
    hub_says(hub_answer::kind::refused);
    EXPECT_FALSE(lent_);
}

TEST_F(Listening, WhatWasListenedToBeforeARefusalGoesToTheHub) {
    query("LISTEN news");
    query("UNLISTEN news");
    query("LISTEN sport");
    asked();
    requests();
    hub_says(hub_answer::kind::refused);
    EXPECT_THAT(requests(), ElementsAre("listen sport"));
}

TEST_F(Listening, WhatItIsLentListensToo) {
    listen_by_hub("news");
    query("UNLISTEN news");
    EXPECT_THAT(asked(), ElementsAre("LISTEN \"news\"", "UNLISTEN news", "survey", "UNLISTEN *"));
    EXPECT_THAT(requests(), ElementsAre("ping", "drop news"));
    EXPECT_THAT(told(), ElementsAre("C"));
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("Z"));
    EXPECT_FALSE(lent_);
}

TEST_F(Listening, ItsAnswerWaitsForTheHub) {
    listen_by_hub("news");
    query("NOTIFY news, 'own'");
    EXPECT_THAT(requests(), ElementsAre("ping"));
    EXPECT_THAT(told(), ElementsAre("C")) << "what its server tells of the channel is dropped";
    query("SELECT next");
    EXPECT_THAT(told(), IsEmpty());
    hub_notifies("news", "own");
    EXPECT_THAT(told(), IsEmpty());
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("A news=own", "Z", "C"));
    EXPECT_THAT(requests(), ElementsAre("ping"));
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("Z"));
    EXPECT_FALSE(lent_);
    EXPECT_THAT(model_.channels, IsEmpty());
}

TEST_F(Listening, EachOfSeveralAnswersHasItsOwn) {
    listen_by_hub("news");
    unread_ = test::query("NOTIFY news, 'one'") + test::query("NOTIFY news, 'two'");
    run();
    hub_notifies("news", "one");
    hub_says(hub_answer::kind::ponged);
    hub_notifies("news", "two");
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("C", "A news=one", "Z", "C", "A news=two", "Z"));
}

TEST_F(Listening, WhatItDoesNotListenToAnyMoreIsNotTold) {
    query("LISTEN news; LISTEN sport");
    hub_says(hub_answer::kind::listening, "token");
    told();
    before_survey_ = [this] {
        hub_notifies("news", "own");
        hub_notifies("sport", "own");
    };
    query("NOTIFY news, 'own'; NOTIFY sport, 'own'; UNLISTEN news");
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("C", "C", "C", "A sport=own", "Z"));
}

TEST_F(Listening, OfWhatTheHubSaysTooLateItsOwnIsNotTold) {
    listen_by_hub("news");
    query("NOTIFY news, 'own'; UNLISTEN news");
    EXPECT_THAT(requests(), ElementsAre("ping", "drop news"));
    // On their way when it was asked to stop.
    hub_notifies("news", "from elsewhere, before");
    hub_notifies("news", "own");
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("C", "C", "A news=from elsewhere, before", "Z"));
}

TEST_F(Listening, AnotherEncodingIsAnotherHub) {
    listen_by_hub("news");
    query("SET client_encoding = 'LATIN1'; NOTIFY news, 'own'");
    EXPECT_THAT(requests(), ElementsAre("ping")) << "what it notified itself of is with the hub that it had";
    hub_notifies("news", "own");
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(requests(), ElementsAre("drop news", "listen news"));
    EXPECT_TRUE(lent_);
    from_server(model_.notification("news,by the server"));
    hub_says(hub_answer::kind::listening, "other");
    EXPECT_FALSE(lent_);
    hub_notifies("news", "by the hub");
    EXPECT_THAT(told(), ElementsAre("S", "C", "C", "A news=own", "Z", "A news=by the server", "A news=by the hub"));
}

TEST_F(Listening, TheChannelOfTheTurnsIsLeftToTheServer) {
    query("LISTEN pgweir_turn");
    query("LISTEN news");
    EXPECT_THAT(requests(), IsEmpty());
    EXPECT_TRUE(lent_);
    from_server(model_.notification("pgweir_turn,x") + model_.notification("news,y"));
    EXPECT_THAT(told(), ElementsAre("C", "Z", "C", "Z", "A pgweir_turn=x", "A news=y"));
    query("UNLISTEN pgweir_turn");
    EXPECT_THAT(requests(), ElementsAre("listen news"));
    hub_says(hub_answer::kind::listening, "token");
    EXPECT_FALSE(lent_);
}

TEST_F(Listening, AnAnswerOfTheHubThatComesTooLateForATurn) {
    query("LISTEN news");
    query("LISTEN pgweir_turn");
    EXPECT_THAT(requests(), ElementsAre("listen news"));
    asked();
    hub_says(hub_answer::kind::listening, "token");
    EXPECT_THAT(requests(), ElementsAre("drop news"));
    EXPECT_TRUE(lent_);
    EXPECT_THAT(model_.channels, ElementsAre("news", "pgweir_turn"));
}

TEST_F(Listening, AWarningWhenSomethingMayBeMissed) {
    listen_by_hub("news");
    hub_says(hub_answer::kind::missed);
    EXPECT_THAT(told(), ElementsAre("N"));
}

TEST_F(Listening, WhatIsKeptForIsBounded) {
    listen_by_hub("news");
    query("SELECT busy");
    const std::string large(7000, 'x');
    for (int i = 0; i < 2000; ++i) hub_notifies("news", large);
    hub_says(hub_answer::kind::ponged);
    const words all = told();
    EXPECT_EQ(std::count(all.begin(), all.end(), "N"), 1);
    EXPECT_LT(std::count(all.begin(), all.end(), "A news=" + large), 1300);
    EXPECT_EQ(all.back(), "Z");
}

TEST_F(Listening, ATransactionWithoutAServerIsOneToo) {
    listen_by_hub("news");
    query("BEGIN");
    EXPECT_THAT(told(), ElementsAre("C", "Z"));
    hub_notifies("news", "in it");
    EXPECT_THAT(told(), IsEmpty());
    query("COMMIT");
    EXPECT_THAT(told(), ElementsAre("C")) << "what others have said meanwhile may be on its way";
    EXPECT_THAT(requests(), ElementsAre("ping"));
    hub_notifies("news", "in it, too");
    query("BEGIN");
    EXPECT_THAT(told(), IsEmpty());
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("A news=in it", "A news=in it, too", "Z", "C", "Z"));
    query("COMMIT");
    hub_says(hub_answer::kind::ponged);
    EXPECT_THAT(told(), ElementsAre("C", "Z"));
    EXPECT_THAT(asked(), IsEmpty());
    hub_notifies("news", "behind it");
    EXPECT_THAT(told(), ElementsAre("A news=behind it"));
}

TEST_F(Listening, TheServerIsLostWhereverItIs) {
    // Behind the turn the client loses nothing; before it, its channels: then its session ends, as directly.
    query("LISTEN news");
    talk_.server_lost(now_);
    lent_ = false;
    EXPECT_TRUE(talk_.fatal());
    EXPECT_THAT(requests(), ElementsAre("listen news", "drop news"));
}

TEST_F(Listening, TheServerIsLostWhileTheAnswerWaits) {
    listen_by_hub("news");
    query("SELECT 1");
    talk_.server_lost(now_);
    lent_ = false;
    EXPECT_FALSE(talk_.fatal());
    EXPECT_THAT(told(), ElementsAre("C", "Z"));
    hub_says(hub_answer::kind::ponged);
    hub_notifies("news", "still");
    EXPECT_THAT(told(), ElementsAre("A news=still"));
}

TEST_F(Listening, TheClientGoesInTheTurn) {
    query("LISTEN news");
    talk_.client_left(false, now_);
    run();
    EXPECT_THAT(asked(), ElementsAre("LISTEN news", "survey", "DISCARD ALL"));
    EXPECT_FALSE(lent_);
}

TEST_F(Listening, AForeignNotificationMakesAServerDirty) {
    query("SELECT 1");
    lent_ = true;
    talk_.lend(server_.state, now_);
    from_server(std::string("A\0\0\0\x0f\0\0\0\x07news\0x\0", 16));
    EXPECT_TRUE(server_.state.dirty);
}

}  // namespace
}  // namespace pgweir::test
