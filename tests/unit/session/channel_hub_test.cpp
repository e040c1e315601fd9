#include "session/channel_hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/thousand_more.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::test {
namespace {

using session::channel_hub;
using session::hub_answer;
using session::hub_request;
using testing::ElementsAre;
using testing::IsEmpty;
using words = std::vector<std::string>;

// A hub, and the server that it listens on.
class ChannelHub : public testing::Test {
protected:
    static hub_request listen(words channels) {
        return {.what = hub_request::kind::listen, .channels = std::move(channels), .encoding = {}};
    }
    static hub_request drop(words channels) {
        return {.what = hub_request::kind::drop, .channels = std::move(channels), .encoding = {}};
    }
    static hub_request ping() { return {.what = hub_request::kind::ping, .channels = {}, .encoding = {}}; }

    void ask(std::uint64_t who, const hub_request& what) { hub_.ask(who, what, out_); }
    void leave(std::uint64_t who) { hub_.leave(who, out_); }
    void connect() { hub_.connected(out_); }

    // What the server was asked, each text without the header and the NUL.
    words asked() {
        words texts;
        for (std::size_t at = 0; at < out_.size();) {
            wire::header header;
            EXPECT_EQ(wire::read_frontend_header(std::string_view(out_).substr(at), header),
                      wire::header_state::complete);
            texts.push_back(out_.substr(at + wire::header_size, header.size - wire::header_size - 1));
            at += header.size;
        }
        out_.clear();
        return texts;
    }

    bool server_says(const std::string& bytes) {
        std::size_t consumed = 0;
        const bool sound = hub_.receive(bytes, consumed, out_);
        EXPECT_TRUE(!sound || consumed == bytes.size());
        return sound;
    }
    void server_is_ready() {
        std::string bytes;
        wire::append_command_complete(bytes, "LISTEN");
        wire::append_ready_for_query(bytes, 'I');
        EXPECT_TRUE(server_says(bytes));
    }
    void server_fails() {
        std::string bytes;
        wire::append_error(bytes, {.sqlstate = "53200", .message = "out of memory"});
        wire::append_ready_for_query(bytes, 'I');
        EXPECT_TRUE(server_says(bytes));
    }
    void server_notifies(std::string_view channel, std::string_view payload) {
        std::string bytes;
        wire::append_notification(bytes, 7, channel, payload);
        EXPECT_TRUE(server_says(bytes));
    }

    // "client kind", for notifications with the payload.
    words told() {
        words all;
        for (const auto& [to, what] : hub_.take_deliveries()) {
            std::string line = std::to_string(to);
            switch (what.what) {
                case hub_answer::kind::listening:
                    line += " listening";
                    token_ = what.token;
                    break;
                case hub_answer::kind::refused: line += " refused"; break;
                case hub_answer::kind::ponged: line += " ponged"; break;
                case hub_answer::kind::missed: line += " missed"; break;
                case hub_answer::kind::notified: {
                    const auto told =
                        wire::decode_notification(base::bytes_view(*what.message).substr(wire::header_size));
                    line += " " + std::string(told->channel) + "=" + std::string(told->payload);
                    EXPECT_EQ(told->process_id, 1007);
                }
            }
            all.push_back(std::move(line));
        }
        return all;
    }

    // Client `who` listens, up to its turn.
    void joins(std::uint64_t who, words channels) {
        ask(who, listen(std::move(channels)));
        server_is_ready();
        EXPECT_THAT(told(), ElementsAre(std::to_string(who) + " listening"));
        server_notifies(session::turn_channel, token_);
        EXPECT_THAT(told(), IsEmpty());
        asked();
    }

    thousand_more names_;
    channel_hub hub_{1, names_};
    std::string out_;
    std::string token_;
};

TEST_F(ChannelHub, IsNotNeededByNobody) {
    EXPECT_FALSE(hub_.needed());
    ask(1, listen({"news"}));
    EXPECT_TRUE(hub_.needed());
    EXPECT_THAT(asked(), IsEmpty()) << "there is no connection yet";
    leave(1);
    EXPECT_FALSE(hub_.needed());
}

TEST_F(ChannelHub, ListensForWhoWaitedForTheConnection) {
    ask(1, listen({"news", "it's \"quoted\""}));
    connect();
    EXPECT_THAT(asked(), ElementsAre("LISTEN \"it's \"\"quoted\"\"\"; LISTEN \"news\"; LISTEN \"pgweir_turn\"; "));
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 listening"));
}

TEST_F(ChannelHub, TellsFromTheTurnOn) {
    ask(1, listen({"news"}));
    connect();
    server_notifies("news", "too early");
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 listening"));
    server_notifies("news", "the server of the session tells it");
    server_notifies(session::turn_channel, "of another hub");
    server_notifies("news", "still");
    server_notifies(session::turn_channel, token_);
    server_notifies("news", "first");
    server_notifies("other", "nobody listens");
    EXPECT_THAT(told(), ElementsAre("1 news=first"));
}

TEST_F(ChannelHub, AsksOneThingAtATime) {
    connect();
    asked();
    ask(1, listen({"a"}));
    ask(2, listen({"b"}));
    ask(3, ping());
    EXPECT_THAT(asked(), IsEmpty());
    server_is_ready();
    EXPECT_THAT(told(), IsEmpty()) << "nothing of it has been asked yet";
    EXPECT_THAT(asked(), ElementsAre("LISTEN \"a\"; LISTEN \"b\"; "));
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 listening", "2 listening", "3 ponged"));
}

TEST_F(ChannelHub, APingIsAnEmptyQuery) {
    connect();
    server_is_ready();
    asked();
    ask(1, ping());
    EXPECT_THAT(asked(), ElementsAre(""));
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 ponged"));
}

TEST_F(ChannelHub, UnlistensWhenTheLastHasGone) {
    connect();
    server_is_ready();
    joins(1, {"news"});
    joins(2, {"news", "sport"});
    server_notifies("news", "both");
    EXPECT_THAT(told(), testing::UnorderedElementsAre("1 news=both", "2 news=both"));
    ask(2, drop({"news"}));
    EXPECT_THAT(asked(), IsEmpty());
    leave(1);
    EXPECT_THAT(asked(), ElementsAre("UNLISTEN \"news\"; "));
    server_is_ready();
    leave(2);
    EXPECT_THAT(asked(), ElementsAre("UNLISTEN \"sport\"; "));
    EXPECT_TRUE(hub_.busy());
    server_is_ready();
    EXPECT_FALSE(hub_.needed());
}

TEST_F(ChannelHub, WhoListensAgainAtOnceIsNotUnlistened) {
    connect();
    server_is_ready();
    joins(1, {"news"});
    ask(2, ping());  // keeps the connection busy
    asked();
    leave(1);
    ask(3, listen({"news"}));
    server_is_ready();
    EXPECT_THAT(asked(), ElementsAre("LISTEN \"news\"; "));
}

TEST_F(ChannelHub, AFailureIsARefusal) {
    connect();
    server_is_ready();
    ask(1, listen({"news"}));
    server_fails();
    EXPECT_THAT(told(), ElementsAre("1 refused"));
    EXPECT_FALSE(hub_.needed());
}

TEST_F(ChannelHub, WhoStopsBeforeTheAnswerIsToldAsWell) {
    connect();
    ask(1, listen({"news"}));
    ask(1, drop({"news"}));
    server_is_ready();
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 refused"));
    EXPECT_FALSE(hub_.needed());
}

TEST_F(ChannelHub, ALossRefusesAnswersAndIsToldLater) {
    connect();
    server_is_ready();
    joins(1, {"news"});
    ask(2, listen({"sport"}));
    ask(3, ping());
    hub_.lost();
    EXPECT_THAT(told(), testing::UnorderedElementsAre("2 refused", "3 ponged"));
    asked();
    connect();
    EXPECT_THAT(asked(), ElementsAre("LISTEN \"news\"; LISTEN \"pgweir_turn\"; "));
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 missed"));
    server_notifies("news", "again");
    EXPECT_THAT(told(), ElementsAre("1 news=again"));
}

TEST_F(ChannelHub, ALossInTheTurnIsItsEnd) {
    // The session's own server has the notification already: it tells nothing more.
    connect();
    server_is_ready();
    ask(1, listen({"news"}));
    server_is_ready();
    told();
    hub_.lost();
    connect();
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 missed"));
    server_notifies("news", "told");
    EXPECT_THAT(told(), ElementsAre("1 news=told"));
}

TEST_F(ChannelHub, EachTurnHasItsOwnPlace) {
    // The next one is asked for before the notification of the first has come here.
    connect();
    server_is_ready();
    ask(1, listen({"news"}));
    server_is_ready();
    told();
    const std::string first = token_;
    ask(1, listen({"sport"}));
    server_notifies("news", "the server of the session tells it");
    server_is_ready();
    EXPECT_THAT(told(), ElementsAre("1 listening"));
    server_notifies(session::turn_channel, first);
    server_notifies("news", "told");
    server_notifies("sport", "not yet");
    server_notifies(session::turn_channel, token_);
    server_notifies("sport", "told");
    EXPECT_THAT(told(), ElementsAre("1 news=told", "1 sport=told"));
}

TEST_F(ChannelHub, ATurnThatWasGivenUpIsNone) {
    connect();
    server_is_ready();
    ask(1, listen({"news"}));
    server_is_ready();
    told();
    const std::string given_up = token_;
    ask(1, drop({"news"}));
    ask(1, listen({"news"}));
    server_is_ready();
    server_is_ready();
    told();
    server_notifies(session::turn_channel, given_up);
    server_notifies("news", "not yet");
    EXPECT_THAT(told(), IsEmpty());
    server_notifies(session::turn_channel, token_);
    server_notifies("news", "told");
    EXPECT_THAT(told(), ElementsAre("1 news=told"));
}

TEST_F(ChannelHub, BytesComeInAnyPieces) {
    connect();
    std::string bytes;
    wire::append_command_complete(bytes, "LISTEN");
    wire::append_notification(bytes, 7, "news", "x");
    wire::append_ready_for_query(bytes, 'I');
    std::string kept;
    for (const char c : bytes) {
        kept.push_back(c);
        std::size_t consumed = 0;
        ASSERT_TRUE(hub_.receive(kept, consumed, out_));
        kept.erase(0, consumed);
    }
    EXPECT_TRUE(kept.empty());
    EXPECT_FALSE(hub_.busy());
}

TEST_F(ChannelHub, WhatMakesNoSenseEndsTheConnection) {
    connect();
    server_is_ready();
    std::string ready;
    wire::append_ready_for_query(ready, 'I');
    EXPECT_FALSE(server_says(ready)) << "nothing was asked";
    EXPECT_FALSE(server_says(std::string("D\0\0\0\4", 5)));
    EXPECT_FALSE(server_says(std::string("A\0\0\0\1", 5)));
}

}  // namespace
}  // namespace pgweir::test
