#include <gmock/gmock.h>

#include "session/script.hpp"

// What a client hears when its server is lost, and what becomes of time that has run out.

namespace pgweir::test {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;
using testing::ElementsAre;
using testing::StartsWith;

lines hears(lab& l, const std::string& bytes) {
    l.at(0).received.clear();
    l.client_says(0, bytes);
    l.run();
    return said(l.at(0).received);
}

TEST(ConversationFaults, IdleInTransaction) {
    lab l;
    l.add_client();
    hears(l, begin_on_server());
    l.lose_server(l.at(0));
    EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 08006"), "Z E"));
    EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
    EXPECT_THAT(hears(l, parse("", "SELECT 1") + bind_to("") + execute() + sync()),
                ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
    EXPECT_THAT(hears(l, query("ROLLBACK")), ElementsAre("C ROLLBACK", "Z I"));
    EXPECT_EQ(hears(l, query("SELECT 1")).back(), "Z I");
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, LostTransactionEndedByPreparedStatements) {
    lab l;
    l.add_client();
    hears(l, begin_on_server());
    l.lose_server(l.at(0));
    EXPECT_THAT(hears(l, parse("", "ROLLBACK") + bind_to("") + describe('P', "") + execute() + sync()),
                ElementsAre("1", "2", "n", "C ROLLBACK", "Z I"));
    EXPECT_EQ(l.at(0).server, nullptr);
}

// As in any failed transaction the first statement of a text decides.
TEST(ConversationFaults, LostTransactionAndTextsOfSeveralStatements) {
    for (const std::string text :
         {"INSERT; COMMIT", "INSERT; ROLLBACK; INSERT", "SELECT 1; END", "-- COMMIT\nINSERT"}) {
        lab l;
        l.add_client();
        hears(l, begin_on_server());
        l.lose_server(l.at(0));
        hears(l, query("SELECT 1"));
        l.database.executed.clear();
        EXPECT_THAT(hears(l, query(text)), ElementsAre(StartsWith("E ERROR 25P02"), "Z E")) << text;
        EXPECT_EQ(l.database.executed, lines{}) << text;
        EXPECT_THAT(hears(l, query("ROLLBACK")), ElementsAre("C ROLLBACK", "Z I")) << text;
    }
}

TEST(ConversationFaults, WhatStandsBehindTheEndOfALostTransactionIsExecuted) {
    lab l;
    l.add_client();
    hears(l, begin_on_server());
    l.lose_server(l.at(0));
    hears(l, query("SELECT 1"));
    EXPECT_THAT(hears(l, query(";COMMIT; BEGIN; INSERT")),
                ElementsAre("C ROLLBACK", "C BEGIN", StartsWith("C INSERT"), "Z T"));
    EXPECT_EQ(hears(l, query("ROLLBACK")).back(), "Z I");
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, LostTransactionThatIsEndedAndChained) {
    for (const std::string text : {"ROLLBACK AND CHAIN", "COMMIT AND CHAIN"}) {
        lab l;
        l.add_client();
        hears(l, begin_on_server());
        l.lose_server(l.at(0));
        hears(l, query("SELECT 1"));
        EXPECT_THAT(hears(l, query(text)), ElementsAre("C ROLLBACK", "Z T"));
        EXPECT_EQ(l.at(0).server, nullptr);
        EXPECT_EQ(hears(l, query("SELECT 1")).back(), "Z T");
        l.lose_server(l.at(0));
        hears(l, query("SELECT 1"));
        EXPECT_THAT(hears(l, parse("", text) + bind_to("") + execute() + sync()),
                    ElementsAre("1", "2", "C ROLLBACK", "Z T"));
        EXPECT_EQ(hears(l, query("SELECT 1")).back(), "Z T");
        EXPECT_EQ(hears(l, query("COMMIT")).back(), "Z I");
        EXPECT_EQ(l.broken, lines{});
    }
}

TEST(ConversationFaults, QueryInFlight) {
    lab l;
    l.add_client();
    l.client_says(0, query("INSERT") + query("SELECT 2"));
    l.lose_server(l.at(0));
    EXPECT_THAT(said(l.at(0).received),
                ElementsAre(StartsWith("E ERROR 08006"), "Z I", StartsWith("E ERROR 08006"), "Z I"));
    EXPECT_EQ(l.database.executed, lines{}) << "nothing is sent a second time";
    EXPECT_EQ(hears(l, query("SELECT 1")).back(), "Z I");
}

TEST(ConversationFaults, CommitInFlight) {
    lab l;
    l.add_client();
    hears(l, begin_on_server());
    l.at(0).received.clear();
    l.client_says(0, query("COMMIT"));
    l.lose_server(l.at(0));
    EXPECT_THAT(said(l.at(0).received), ElementsAre(StartsWith("E ERROR 08007"), "Z I"));
}

// The answers came, the Sync that commits them did not go: it must not be answered as if it had.
TEST(ConversationFaults, SyncBehindALostServer) {
    lab l;
    l.add_client();
    EXPECT_THAT(hears(l, parse("", "INSERT") + bind_to("") + execute() + flush()),
                ElementsAre("1", "2", "C INSERT 0 1"));
    l.lose_server(l.at(0));
    EXPECT_THAT(hears(l, sync()), ElementsAre(StartsWith("E ERROR 08006"), "Z I"));
    EXPECT_EQ(hears(l, query("SELECT 1")).back(), "Z I");
}

TEST(ConversationFaults, InTheMiddleOfALargeRow) {
    lab l;
    l.add_client();
    conversation& talk = l.at(0).talk;
    talk.from_client(query("SELECT 1"), start);
    talk.lend(l.servers[0]->state, start);
    talk.from_client(query("SELECT 1"), start);
    const std::string row = data_row(std::string(100000, 'x'));
    talk.from_server(std::string_view(row).substr(0, 90000), start);
    talk.server_lost(start);
    EXPECT_TRUE(talk.fatal());
    EXPECT_TRUE(talk.cut());
}

TEST(ConversationFaults, ServersLastWordsAreTold) {
    lab l;
    l.add_client();
    l.client_says(0, query("SELECT 1"));
    l.at(0).talk.from_server(error("57P01", "terminating connection due to administrator command", "FATAL"), start);
    l.lose_server(l.at(0));
    EXPECT_THAT(said(l.at(0).received),
                ElementsAre("E ERROR 57P01 terminating connection due to administrator command", "Z I"));
}

TEST(ConversationFaults, LostWhileItsSettingsAreSetUp) {
    lab l(1);
    l.add_client({{"application_name", "mine"}});
    l.client_says(0, query("SHOW application_name"));
    EXPECT_TRUE(l.at(0).talk.setting_up());
    l.lose_server(l.at(0));
    l.run();
    EXPECT_THAT(said(l.at(0).received), ElementsAre("T SHOW application_name", "D mine", "C SHOW", "Z I"));
}

session::settings with_timeouts() {
    session::settings limits;
    limits.query_timeout = 1s;
    limits.transaction_timeout = 10s;
    limits.idle_in_transaction_timeout = 3s;
    limits.client_idle_timeout = 60s;
    return limits;
}

TEST(ConversationFaults, QueryTimeoutCancelsAndTellsIt) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, query("COPY t FROM STDIN"));
    EXPECT_EQ(l.at(0).talk.deadline(), start + 1s);
    l.now = start + 1s;
    l.expire(l.at(0));
    EXPECT_EQ(l.at(0).cancels, 1U);
    l.run();
    EXPECT_THAT(said(l.at(0).received), ElementsAre("G", StartsWith("E ERROR 57014 query timeout"), "Z I"));
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_EQ(l.at(0).talk.deadline(), start + 61s);
}

TEST(ConversationFaults, NoQueryTimeoutWithoutAQuery) {
    session::settings limits;
    limits.query_timeout = 1s;
    lab l(1, true, limits);
    l.add_client();
    hears(l, begin_on_server());
    EXPECT_EQ(l.at(0).talk.deadline(), base::never);
}

TEST(ConversationFaults, ServerThatIgnoresTheCancelIsLost) {
    lab l(1, true, with_timeouts());
    l.add_client();
    l.client_says(0, query("SELECT 1"));
    l.now = start + 1s;
    l.expire(l.at(0));
    EXPECT_EQ(l.at(0).talk.deadline(), start + 6s);
    l.now = start + 6s;
    l.expire(l.at(0));
    EXPECT_THAT(said(l.at(0).received), ElementsAre(StartsWith("E ERROR 57014 query timeout"), "Z I"));
    EXPECT_EQ(l.at(0).talk.pending(), 0U);
    EXPECT_EQ(l.retired.size(), 1U);
}

// The patience with a cancelled statement is not that of the one behind it.
TEST(ConversationFaults, NextStatementGetsItsOwnTime) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, query("COPY t FROM STDIN"));
    l.now = start + 900ms;
    l.at(0).talk.from_client(copy_done() + query("SELECT 2"), l.now);
    l.now = start + 1s;
    l.at(0).talk.expire(l.now);
    l.at(0).talk.from_server(complete("COPY 0") + ready('I'), l.now);
    EXPECT_EQ(l.at(0).talk.deadline(), start + 2s) << "from when its turn came";
}

// The error may be read before ReadyForQuery is there.
TEST(ConversationFaults, WhatWasCancelledIsNotCancelledAgain) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    session::conversation& talk = l.at(0).talk;
    talk.from_client(query("SELECT pg_sleep(60)"), l.now);
    l.now = start + 1s;
    talk.expire(l.now);
    ASSERT_TRUE(talk.take_cancel());
    talk.from_server(error("57014", "canceling statement due to user request"), l.now);
    EXPECT_EQ(talk.deadline(), start + 6s);
    talk.expire(l.now + 1s);
    EXPECT_FALSE(talk.take_cancel());
    talk.from_server(ready('E'), l.now);
    EXPECT_EQ(talk.deadline(), start + 4s) << "of the idle transaction";
}

// In session mode, or in a transaction, the server that was cancelled stays: what is asked of it next would be struck.
TEST(ConversationFaults, NextStatementWaitsForTheCancelToEnd) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    session::conversation& talk = l.at(0).talk;
    const std::string next = query("ROLLBACK");
    talk.from_client(query("SELECT pg_sleep(60)"), l.now);
    talk.to_server().clear();
    l.now = start + 1s;
    talk.expire(l.now);
    ASSERT_TRUE(talk.take_cancel());
    talk.from_server(error("57014", "canceling statement due to user request") + ready('E'), l.now);
    EXPECT_EQ(talk.from_client(next, l.now).why, session::frontend_flow::stop::gated);
    EXPECT_TRUE(talk.to_server().empty());
    talk.cancel_ended();
    EXPECT_EQ(talk.from_client(next, l.now).consumed, next.size());
    EXPECT_EQ(talk.to_server().size(), next.size());
}

TEST(ConversationFaults, IdleInTransactionTimeoutRollsBackAndGivesBack) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    l.now = start + 3s;
    l.expire(l.at(0));
    l.run();
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 25P03"), "Z E"));
    EXPECT_THAT(hears(l, query("COMMIT")), ElementsAre("C ROLLBACK", "Z I"));
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, ServerLostWhileATransactionIsRolledBack) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    l.now = start + 3s;
    l.at(0).received.clear();
    l.expire(l.at(0));
    l.lose_server(l.at(0));
    EXPECT_EQ(l.at(0).received, "") << "the client asked for nothing";
    EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 25P03"), "Z E"));
    EXPECT_THAT(hears(l, query("ROLLBACK")), ElementsAre("C ROLLBACK", "Z I"));
}

TEST(ConversationFaults, RollbackBehindABatchThatFailed) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    hears(l, parse("", "SYNTAX") + flush());
    l.now = start + 3s;
    l.expire(l.at(0));
    l.run();
    EXPECT_EQ(l.at(0).server, nullptr) << "a server that skips to Sync ignores ROLLBACK";
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, TransactionTimeout) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    for (int i = 1; i <= 5; ++i) {
        l.now = start + i * 2s;
        if (i < 5) hears(l, query("SELECT 1"));
    }
    l.expire(l.at(0));
    l.run();
    EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 25P04"), "Z E"));
}

TEST(ConversationFaults, ClientIdleTimeoutEndsTheConversation) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, query("SELECT 1"));
    l.now = start + 60s;
    l.at(0).talk.expire(l.now);
    ASSERT_TRUE(l.at(0).talk.fatal());
    EXPECT_EQ(l.at(0).talk.fatal()->reason, session::outcome::client_idle_timeout);
}

TEST(ConversationFaults, TornClientInATransactionIsCancelledAndRolledBack) {
    lab l;
    l.add_client();
    hears(l, begin_on_server());
    l.client_says(0, query("INSERT"));
    l.leave(l.at(0), false);
    EXPECT_EQ(l.at(0).cancels, 1U);
    l.run();
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_EQ(l.servers[0]->model.status(), 'I');
    EXPECT_EQ(l.database.executed.back(), "ROLLBACK");
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, CommitOfATornClientIsNeverCancelled) {
    lab l;
    l.add_client();
    hears(l, begin_on_server());
    l.client_says(0, query("COMMIT"));
    l.leave(l.at(0), false);
    EXPECT_EQ(l.at(0).cancels, 0U);
    l.run();
    EXPECT_EQ(l.database.executed.back(), "COMMIT");
}

TEST(ConversationFaults, UnsyncedBatchOfAClientThatLeftIsNotCommitted) {
    for (const bool orderly : {true, false}) {
        lab l;
        l.add_client();
        hears(l, parse("", "SET application_name TO 'lost'") + bind_to("") + execute() + flush());
        l.leave(l.at(0), orderly);
        l.run();
        EXPECT_EQ(l.at(0).server, nullptr);
        EXPECT_EQ(l.servers[0]->model.setting("application_name"), "") << "rolled back";
        EXPECT_EQ(l.broken, lines{});
    }
}

TEST(ConversationFaults, RollbackOfOursTakesSettingsBack) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, begin_on_server());
    hears(l, query("SET TimeZone TO 'lost'"));
    l.now = start + 3s;
    l.at(0).received.clear();
    l.expire(l.at(0));
    l.run();
    EXPECT_THAT(said(l.at(0).received), ElementsAre("S TimeZone Etc/UTC"));
    EXPECT_EQ(l.at(0).talk.desired().find("timezone"), "Etc/UTC");
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, SessionModeDiscardsEverythingForTheNextClient) {
    lab l(1, false);
    l.add_client();
    l.add_client();
    hears(l, query("SET search_path TO 'mine'") + parse("s", "SELECT 1") + sync() + begin_on_server());
    EXPECT_NE(l.at(0).server, nullptr);
    l.client_says(1, query("SHOW search_path"));
    l.leave(l.at(0), true);
    while (l.step(l.at(0)) || l.step(l.at(1))) {}
    EXPECT_EQ(said(l.at(1).received)[1], "D public");
    EXPECT_EQ(l.servers[0]->model.statement_names(), lines{});
    EXPECT_EQ(l.broken, lines{});
}

TEST(ConversationFaults, FailedDiscardClosesTheServer) {
    lab l(1, false);
    l.add_client();
    conversation& talk = l.at(0).talk;
    hears(l, query("SELECT 1"));
    talk.client_left(true, start);
    talk.from_server(error("57014", "no") + ready('I'), start);
    EXPECT_EQ(talk.fate(), fate::close);
    EXPECT_EQ(talk.close_reason(), metrics::server_disconnect_reason::reset_failed);
}

}  // namespace
}  // namespace pgweir::test
