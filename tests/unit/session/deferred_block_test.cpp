#include <gmock/gmock.h>

#include "session/script.hpp"

// BEGIN takes no server: the first statement does.

namespace pgweir::test {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;
using session::outcome;
using testing::Contains;
using testing::ElementsAre;
using testing::StartsWith;

const std::string begun = complete("BEGIN") + ready('T');
const std::string begin_sent = parse("", "BEGIN") + bind_to("") + execute();
const std::string begin_done = parse_complete() + bind_complete() + complete("BEGIN");
const std::string one_row = row_description("SELECT 1") + data_row("SELECT 1") + complete("SELECT 1");

lines hears(lab& l, const std::string& bytes, std::size_t i = 0) {
    l.at(i).received.clear();
    l.client_says(i, bytes);
    l.run();
    return said(l.at(i).received);
}

TEST(DeferredBlock, NothingInIt) {
    script()
        .client(query("BEGIN"))
        .to_client(begun)
        .client(query("COMMIT"))
        .to_client(complete("COMMIT") + ready('I'))
        .client(query("START TRANSACTION;"))
        .to_client(complete("START TRANSACTION") + ready('T'))
        .client(query("-- nothing"))
        .to_client(empty_query() + ready('T'))
        .client(sync())
        .to_client(ready('T'))
        .client(query("abort work"))
        .to_client(complete("ROLLBACK") + ready('I'))
        .client(query("/* more */ begin transaction") + query("end"))
        .to_client(begun + complete("COMMIT") + ready('I'))
        .client(query("COMMIT"))
        .to_server(query("COMMIT"))
        .server(notice("there is no transaction in progress") + complete("COMMIT") + ready('I'))
        .to_client(notice("there is no transaction in progress") + complete("COMMIT") + ready('I'))
        .given_back()
        .holds();
}

TEST(DeferredBlock, FirstStatementTakesTheServer) {
    script()
        .client(query("BEGIN"))
        .to_client(begun)
        .client(query("SELECT 1"))
        .to_server(begin_sent + query("SELECT 1"))
        .server(begin_done)
        .to_client("")
        .server(one_row + ready('T'))
        .to_client(one_row + ready('T'))
        .kept()
        .client(query("COMMIT"))
        .to_server(query("COMMIT"))
        .server(complete("COMMIT") + ready('I'))
        .to_client(complete("COMMIT") + ready('I'))
        .given_back()
        .holds();
}

TEST(DeferredBlock, FirstStatementByTheExtendedProtocol) {
    const std::string asked = parse("", "SELECT 1") + bind_to("") + describe('P', "") + execute() + sync();
    const std::string answered = parse_complete() + bind_complete() + one_row + ready('T');
    script()
        .client(query("BEGIN"))
        .to_client(begun)
        .client(asked)
        .to_server(begin_sent + asked)
        .server(begin_done + answered)
        .to_client(answered)
        .kept()
        .holds();
}

TEST(DeferredBlock, AskedForInOneGoWithAllThatFollows) {
    script()
        .client(query("BEGIN") + query("SELECT 1") + query("COMMIT") + query("BEGIN"))
        .to_server(begin_sent + query("SELECT 1") + query("COMMIT") + query("BEGIN"))
        .to_client(begun)
        .server(begin_done + one_row + ready('T') + complete("COMMIT") + ready('I') + begun)
        .to_client(one_row + ready('T') + complete("COMMIT") + ready('I') + begun)
        .kept()
        .holds();
}

TEST(DeferredBlock, WhatMayFailOrIsMoreTakesTheServer) {
    for (const std::string text :
         {"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN; SELECT 1", "START TRANSACTION READ WRITE"})
        script().client(query(text)).to_server(query(text)).server(begun).to_client(begun).kept().holds();
    for (const std::string text : {"BEGIN", "SAVEPOINT s", "COMMIT AND CHAIN", "SET TRANSACTION READ WRITE",
                                   "COMMIT; SELECT 1", "SET TRANSACTION SNAPSHOT 'x'", "START TRANSACTION READ ONLY"})
        script()
            .client(query("BEGIN"))
            .to_client(begun)
            .client(query(text))
            .to_server(begin_sent + query(text))
            .kept()
            .holds();
}

TEST(DeferredBlock, ModesAreToldInTheirOrder) {
    const std::string modes = "ISOLATION LEVEL REPEATABLE READ, READ ONLY DEFERRABLE, isolation level read committed";
    script()
        .client(query("START TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        .to_client(complete("START TRANSACTION") + ready('T'))
        .client(query("SET TRANSACTION READ ONLY DEFERRABLE;"))
        .to_client(complete("SET") + ready('T'))
        .client(query("") + query("set transaction isolation level read committed"))
        .to_client(empty_query() + ready('T') + complete("SET") + ready('T'))
        .client(query("SELECT 1"))
        .to_server(parse("", "BEGIN " + modes) + bind_to("") + execute() + query("SELECT 1"))
        .server(begin_done + one_row + ready('T'))
        .to_client(one_row + ready('T'))
        .kept()
        .client(query("SET TRANSACTION READ ONLY"))
        .to_server(query("SET TRANSACTION READ ONLY"))
        .holds();
    script()
        .client(query("BEGIN READ ONLY"))
        .to_client(begun)
        .client(query("COMMIT"))
        .to_client(complete("COMMIT") + ready('I'))
        .client(query("BEGIN"))
        .to_client(begun)
        .client(query("SELECT 1"))
        .to_server(begin_sent + query("SELECT 1"))
        .holds();
}

TEST(DeferredBlock, WhatAStandbyRefusesIsItsAffair) {
    for (const bool standby : {false, true}) {
        lab l;
        l.servers[0]->state.reported.emplace_back("in_hot_standby", standby ? "on" : "off");
        l.add_client();
        hears(l, query("BEGIN READ WRITE"));
        EXPECT_NE(l.at(0).server, nullptr) << "nobody has told yet";
        hears(l, query("COMMIT"));
        hears(l, query("BEGIN ISOLATION LEVEL SERIALIZABLE"));
        EXPECT_EQ(l.at(0).server != nullptr, standby);
        hears(l, query("COMMIT") + query("BEGIN") + query("SET TRANSACTION READ WRITE"));
        EXPECT_EQ(l.at(0).server != nullptr, standby);
        hears(l, query("COMMIT"));
    }
}

TEST(DeferredBlock, AnotherServerMayBeAStandby) {
    lab l;
    l.servers[0]->state.reported.emplace_back("in_hot_standby", "off");
    l.add_client();
    hears(l, query("BEGIN READ WRITE") + query("COMMIT"));
    l.servers[0]->state.reported.back().second = "on";
    hears(l, query("BEGIN READ WRITE"));
    EXPECT_EQ(l.at(0).server, nullptr);
    hears(l, query("SELECT 1"));
    hears(l, query("COMMIT"));
    hears(l, query("BEGIN READ WRITE"));
    EXPECT_NE(l.at(0).server, nullptr) << "once is enough";
}

TEST(DeferredBlock, ModesHaveABound) {
    std::string most = "READ ONLY";
    while (most.size() < 240) most += ", READ ONLY";
    lab l;
    l.add_client();
    EXPECT_THAT(hears(l, query("BEGIN " + most)), ElementsAre("C BEGIN", "Z T"));
    EXPECT_EQ(l.at(0).server, nullptr);
    hears(l, query("SET TRANSACTION READ ONLY, DEFERRABLE"));
    EXPECT_NE(l.at(0).server, nullptr);
}

// The statement must not be executed outside of a transaction.
TEST(DeferredBlock, ServerThatDoesNotBeginIsClosed) {
    const std::string refused = error("57014", "canceling statement due to user request");
    for (const std::string& statement : {query("INSERT"), parse("", "INSERT") + bind_to("") + execute() + sync()}) {
        script()
            .client(query("BEGIN"))
            .to_client(begun)
            .client(statement)
            .to_server(begin_sent + statement)
            .server(refused)
            .to_client(refused + ready('E'))
            .closed()
            .client(query("SELECT 1"))
            .to_client(
                error("25P02", "current transaction is aborted, commands ignored until end of transaction block") +
                ready('E'))
            .client(query("COMMIT"))
            .to_client(complete("ROLLBACK") + ready('I'))
            .holds();
    }
}

TEST(DeferredBlock, SettingsAreAppliedBeforeIt) {
    lab l(2);
    l.add_client({{"application_name", "mine"}});
    l.add_client({{"application_name", "other"}});
    hears(l, query("SELECT 1"), 1);
    hears(l, query("SELECT 1"), 1);
    EXPECT_THAT(hears(l, query("BEGIN")), ElementsAre("C BEGIN", "Z T"));
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_THAT(hears(l, query("SHOW application_name")),
                ElementsAre("T SHOW application_name", "D mine", "C SHOW", "Z T"));
    hears(l, query("ROLLBACK"));
    EXPECT_THAT(hears(l, query("SHOW application_name")), Contains("D mine")) << "it is not rolled back";
    EXPECT_EQ(l.broken, lines{});
}

TEST(DeferredBlock, SettingsOfTheTransactionGoWithIt) {
    for (const bool lost : {false, true}) {
        lab l(2);
        l.add_client();
        hears(l, query("SET TimeZone TO 'kept'"));
        hears(l, query("BEGIN"));
        hears(l, query("SET TimeZone TO 'gone'"));
        if (lost) l.lose_server(l.at(0));
        hears(l, query("ROLLBACK"));
        for (int i = 0; i < 3; ++i) EXPECT_THAT(hears(l, query("SHOW TimeZone")), Contains("D kept"));
        EXPECT_EQ(l.broken, lines{});
    }
}

TEST(DeferredBlock, ManyClientsAndOneServer) {
    lab l;
    for (std::size_t i = 0; i < 20; ++i) {
        l.add_client();
        EXPECT_THAT(hears(l, query("BEGIN"), i), ElementsAre("C BEGIN", "Z T"));
    }
    EXPECT_THAT(hears(l, query("INSERT"), 7), ElementsAre("C INSERT 0 1", "Z T"));
    EXPECT_THAT(hears(l, query("COMMIT"), 3), ElementsAre("C COMMIT", "Z I"));
    l.client_says(5, query("INSERT"));
    EXPECT_THAT(hears(l, query("COMMIT"), 7), ElementsAre("C COMMIT", "Z I"));
    EXPECT_EQ(l.last_said(5), "Z T");
    EXPECT_THAT(hears(l, query("ROLLBACK"), 5), ElementsAre("C ROLLBACK", "Z I"));
    EXPECT_EQ(l.database.executed, (lines{"BEGIN", "INSERT", "COMMIT", "BEGIN", "INSERT", "ROLLBACK"}));
    EXPECT_EQ(l.broken, lines{});
}

TEST(DeferredBlock, NoServerCanBeHad) {
    const std::string extended = parse("", "SELECT 1") + bind_to("") + execute() + sync();
    for (const std::string& first : {query("SELECT 1"), extended, query(std::string(2000000, ' ') + "SELECT 1")}) {
        lab l(0);
        l.add_client();
        EXPECT_THAT(hears(l, query("BEGIN")), ElementsAre("C BEGIN", "Z T"));
        l.at(0).received.clear();
        l.client_says(0, first);
        ASSERT_TRUE(l.at(0).waiting);
        l.refuse(l.at(0), {.reason = outcome::queue_timeout});
        EXPECT_THAT(said(l.at(0).received), ElementsAre(StartsWith("E ERROR 53300"), "Z E"));
        EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
        EXPECT_THAT(hears(l, extended), ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
        EXPECT_THAT(hears(l, query("")), ElementsAre("I", "Z E"));
        EXPECT_THAT(hears(l, query("COMMIT")), ElementsAre("C ROLLBACK", "Z I"));
        EXPECT_FALSE(l.at(0).waiting);
    }
}

// asyncpg waits for the description before it asks on, and keeps it with the statement.
TEST(DeferredBlock, NoServerCanBeHadThatDescribes) {
    lab l(1);
    l.add_client();
    l.add_client();
    hears(l, parse("known", "SELECT 1") + describe('S', "known") + sync());
    hears(l, query("BEGIN"), 1);
    hears(l, query("INSERT"), 1);
    hears(l, query("BEGIN"));
    EXPECT_THAT(hears(l, parse("again", "SELECT 1") + describe('S', "again") + flush()), ElementsAre("1"));
    l.at(0).received.clear();
    l.refuse(l.at(0), {.reason = outcome::queue_timeout});
    EXPECT_THAT(said(l.at(0).received), ElementsAre(StartsWith("E ERROR 53300")));
    EXPECT_THAT(hears(l, sync()), ElementsAre("Z E"));
    EXPECT_THAT(hears(l, describe('S', "known") + sync()), ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
    EXPECT_THAT(hears(l, describe('P', "") + sync()), ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
    const std::string end = parse("", "ROLLBACK") + describe('S', "") + bind_to("") + describe('P', "") + execute();
    EXPECT_THAT(hears(l, end + sync()), ElementsAre("1", "t", "n", "2", "n", "C ROLLBACK", "Z I"));
    EXPECT_EQ(l.broken, lines{});
}

TEST(DeferredBlock, CancelledWhileItWaits) {
    lab l(0);
    l.add_client();
    hears(l, query("BEGIN"));
    l.at(0).received.clear();
    l.client_says(0, query("SELECT 1"));
    l.refuse(l.at(0), {.reason = outcome::cancelled});
    EXPECT_THAT(said(l.at(0).received), ElementsAre(StartsWith("E ERROR 57014"), "Z E"));
    EXPECT_THAT(hears(l, query("ROLLBACK")), ElementsAre("C ROLLBACK", "Z I"));
}

TEST(DeferredBlock, SettingsCannotBeApplied) {
    lab l;
    l.add_client({{"TimeZone", "nonsense"}});
    EXPECT_THAT(hears(l, query("BEGIN")), ElementsAre("C BEGIN", "Z T"));
    EXPECT_THAT(hears(l, query("INSERT")), ElementsAre(StartsWith("E ERROR 22023"), "Z E"));
    EXPECT_THAT(hears(l, query("INSERT")), ElementsAre(StartsWith("E ERROR 25P02"), "Z E"));
    EXPECT_THAT(hears(l, query("ROLLBACK")), ElementsAre("C ROLLBACK", "Z I"));
    EXPECT_THAT(l.database.executed, testing::Not(Contains("INSERT")));
    EXPECT_EQ(l.broken, lines{});
}

// Nothing of the client's was sent: it gets another one.
TEST(DeferredBlock, ServerLostWhileItsSettingsAreSetUp) {
    lab l;
    l.add_client({{"application_name", "mine"}});
    hears(l, query("BEGIN"));
    l.at(0).received.clear();
    l.client_says(0, query("INSERT"));
    ASSERT_TRUE(l.at(0).talk.setting_up());
    l.lose_server(l.at(0));
    l.run();
    EXPECT_THAT(said(l.at(0).received), ElementsAre("C INSERT 0 1", "Z T"));
}

TEST(DeferredBlock, ServerLostBehindBegin) {
    lab l;
    l.add_client();
    hears(l, query("BEGIN"));
    l.at(0).received.clear();
    l.client_says(0, query("INSERT") + query("COMMIT"));
    l.lose_server(l.at(0));
    EXPECT_THAT(said(l.at(0).received),
                ElementsAre(StartsWith("E ERROR 08006"), "Z E", StartsWith("E ERROR 08007"), "Z I"));
}

TEST(DeferredBlock, CommitInTheTextThatIsLostWithItsServer) {
    lab l;
    l.add_client();
    hears(l, query("BEGIN"));
    l.at(0).received.clear();
    l.client_says(0, query("INSERT; COMMIT"));
    l.lose_server(l.at(0));
    EXPECT_THAT(said(l.at(0).received), ElementsAre(StartsWith("E ERROR 08007"), "Z I"));
}

TEST(DeferredBlock, ClientLeaves) {
    for (const bool orderly : {false, true}) {
        lab l;
        l.add_client();
        l.add_client();
        hears(l, query("BEGIN"));
        l.leave(l.at(0), orderly);
        hears(l, query("BEGIN"), 1);
        l.client_says(1, query("INSERT"));
        l.leave(l.at(1), orderly);
        l.run();
        EXPECT_EQ(l.at(1).cancels, orderly ? 0U : 1U);
        EXPECT_EQ(l.servers[0]->model.status(), 'I');
        EXPECT_EQ(l.database.executed, (lines{"BEGIN", "INSERT", "ROLLBACK"}));
        EXPECT_EQ(l.broken, lines{});
    }
}

session::settings with_timeouts() {
    session::settings limits;
    limits.transaction_timeout = 10s;
    limits.idle_in_transaction_timeout = 3s;
    limits.client_idle_timeout = 5s;
    return limits;
}

TEST(DeferredBlock, IdleInTransaction) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, query("BEGIN"));
    EXPECT_EQ(l.at(0).talk.deadline(), start + 3s);
    l.now = start + 3s;
    l.expire(l.at(0));
    EXPECT_FALSE(l.at(0).talk.fatal());
    EXPECT_THAT(hears(l, query("SELECT 1")), ElementsAre(StartsWith("E ERROR 25P03"), "Z E"));
    EXPECT_THAT(hears(l, query("ROLLBACK")), ElementsAre("C ROLLBACK", "Z I"));
    EXPECT_EQ(l.database.executed, lines{});
}

TEST(DeferredBlock, CommitBehindATimeout) {
    lab l(1, true, with_timeouts());
    l.add_client();
    hears(l, query("BEGIN"));
    for (int i = 1; i <= 5; ++i) {
        l.now = start + i * 2s;
        if (i < 5) hears(l, query(""));
    }
    l.expire(l.at(0));
    EXPECT_THAT(hears(l, query("COMMIT")), ElementsAre(StartsWith("E ERROR 25P04"), "Z I"));
}

// How long it waits is the queue's affair.
TEST(DeferredBlock, NoIdleTimeoutInTheQueue) {
    lab l(0, true, with_timeouts());
    l.add_client();
    hears(l, query("BEGIN"));
    l.client_says(0, query("SELECT 1"));
    EXPECT_EQ(l.at(0).talk.deadline(), base::never);
    l.add_client();
    hears(l, query(""), 1);
    EXPECT_EQ(l.at(1).talk.deadline(), start + 5s);
    l.client_says(1, query("SELECT 1"));
    EXPECT_EQ(l.at(1).talk.deadline(), base::never);
}

TEST(DeferredBlock, SessionModeHasItsServer) {
    lab l(1, false);
    l.add_client();
    EXPECT_THAT(hears(l, query("BEGIN")), ElementsAre("C BEGIN", "Z T"));
    EXPECT_EQ(l.database.executed, lines{"BEGIN"});
}

TEST(DeferredBlock, UnnamedStatementIsGone) {
    lab l;
    l.add_client();
    hears(l, parse("", "SELECT 1") + sync());
    hears(l, query("BEGIN"));
    EXPECT_THAT(hears(l, bind_to("") + execute() + sync()), ElementsAre(StartsWith("E ERROR 26000"), "Z E"));
    EXPECT_EQ(l.broken, lines{});
}

}  // namespace
}  // namespace pgweir::test
