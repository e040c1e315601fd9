#include "session/conversation.hpp"

#include "session/script.hpp"

namespace pgweir::test {
namespace {

const std::string one_row = row_description("a") + data_row("1") + complete("SELECT 1");

TEST(Conversation, SimpleQuery) {
    script()
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(one_row + ready('I'))
        .to_client(one_row + ready('I'))
        .given_back()
        .holds();
}

TEST(Conversation, SeveralStatementsInOneQuery) {
    script()
        .client(query("SELECT 1; SELECT 2"))
        .to_server(query("SELECT 1; SELECT 2"))
        .server(one_row + one_row)
        .to_client(one_row + one_row)
        .kept()
        .server(notice("careful") + ready('I'))
        .to_client(notice("careful") + ready('I'))
        .given_back()
        .holds();
}

TEST(Conversation, QueryThatFails) {
    script()
        .client(query("SELECT fail"))
        .to_server(query("SELECT fail"))
        .server(error("22012", "division by zero") + ready('I'))
        .to_client(error("22012", "division by zero") + ready('I'))
        .given_back()
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(one_row + ready('I'))
        .to_client(one_row + ready('I'))
        .holds();
}

TEST(Conversation, EmptyQueryNeedsNoServer) {
    script()
        .client(query(" -- ping"))
        .to_client(empty_query() + ready('I'))
        .client(sync())
        .to_client(ready('I'))
        .holds();
}

TEST(Conversation, TransactionKeepsItsServer) {
    script()
        .client(query("BEGIN READ WRITE"))
        .to_server(query("BEGIN READ WRITE"))
        .server(complete("BEGIN") + ready('T'))
        .to_client(complete("BEGIN") + ready('T'))
        .kept()
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
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

TEST(Conversation, ExtendedQuery) {
    const std::string asked = parse("", "SELECT 1") + bind_to("") + describe('P', "") + execute() + sync();
    const std::string answered = parse_complete() + bind_complete() + one_row + ready('I');
    script().client(asked).to_server(asked).server(answered).to_client(answered).given_back().holds();
}

TEST(Conversation, FlushIsHonouredWithoutSync) {
    const std::string asked = parse("", "SELECT 1") + describe('S', "") + flush();
    const std::string answered = parse_complete() + parameter_description() + row_description("a");
    script()
        .client(asked)
        .to_server(asked)
        .server(answered)
        .to_client(answered)
        .kept()
        .client(bind_to("") + execute() + sync())
        .to_server(bind_to("") + execute() + sync())
        .server(bind_complete() + data_row("1") + complete("SELECT 1") + ready('I'))
        .to_client(bind_complete() + data_row("1") + complete("SELECT 1") + ready('I'))
        .given_back()
        .holds();
}

TEST(Conversation, QueryBehindFlush) {
    const std::string asked = parse("", "INSERT") + bind_to("") + execute() + flush();
    script()
        .client(asked)
        .to_server(asked)
        .server(parse_complete() + bind_complete() + complete("INSERT 0 1"))
        .to_client(parse_complete() + bind_complete() + complete("INSERT 0 1"))
        .kept()
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(one_row + ready('I'))
        .to_client(one_row + ready('I'))
        .given_back()
        .holds();
}

// The server skips the Query as well: until Sync it reads nothing, so nobody else may have it.
TEST(Conversation, QueryBehindUnsyncedMessagesThatFailed) {
    const std::string asked = parse("", "SYNTAX") + query("SELECT 1");
    script()
        .client(asked)
        .to_server(asked)
        .server(error("42601", "syntax error"))
        .to_client(error("42601", "syntax error"))
        .kept()
        .client(query("SELECT 2"))
        .client(sync())
        .to_server(sync())
        .server(ready('I'))
        .to_client(ready('I'))
        .given_back()
        .holds();
}

TEST(Conversation, FunctionCall) {
    script()
        .client(function_call(1234))
        .to_server(function_call(1234))
        .server(function_result("42") + ready('I'))
        .to_client(function_result("42") + ready('I'))
        .kept()
        .holds();
}

TEST(Conversation, FunctionCallOfALargeObject) {
    constexpr std::uint32_t lo_open = 952;
    script()
        .client(function_call(lo_open))
        .to_server(function_call(lo_open))
        .server(function_result("0") + ready('I'))
        .to_client(function_result("0") + ready('I'))
        .given_back()
        .holds();
}

TEST(Conversation, HundredRequestsDeep) {
    std::string asked;
    std::string answered;
    for (int i = 0; i < 100; ++i) {
        const bool ends = i % 7 == 0 || i == 99;
        asked += parse("", "SELECT " + std::to_string(i)) + bind_to("") + execute();
        answered += parse_complete() + bind_complete() + data_row(std::to_string(i)) + complete("SELECT 1");
        if (i % 10 == 3) asked += flush();
        if (!ends) continue;
        asked += sync();
        answered += ready('I');
    }
    script().client(asked).to_server(asked).server(answered).to_client(answered).given_back().holds();
}

// Whatever fails, all behind it up to Sync is skipped, answers of the proxy's own as well, and the next batch runs.
TEST(Conversation, ErrorAtEachPositionOfABatch) {
    const std::vector<std::string> asked{parse("s", "SELECT 1"), bind_to("s"), describe('P', ""), execute(),
                                         close('S', "s")};
    const std::vector<std::string> sent{parse("$1", "SELECT 1"), bind_to("$1"), describe('P', ""), execute(), ""};
    const std::vector<std::string> answers{parse_complete(), bind_complete(), row_description("a"),
                                           data_row("1") + complete("SELECT 1"), close_complete()};
    for (std::size_t failing = 0; failing < 4; ++failing) {
        SCOPED_TRACE(failing);
        std::string said_by_client;
        std::string said_to_server;
        std::string said_by_server;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            said_by_client += asked[i];
            said_to_server += sent[i];
            if (i < failing) said_by_server += answers[i];
        }
        said_by_server += error("22012", "division by zero") + ready('I');
        // Without its Close the name is still taken, unless its Parse never worked.
        const std::string again = failing == 0 ? parse("s", "SELECT 1") : bind_to("s");
        const std::string again_sent = failing == 0 ? parse("$2", "SELECT 1") : "";
        script s;
        s.client(said_by_client + sync()).to_server(said_to_server + sync()).server(said_by_server);
        s.to_client(said_by_server).given_back().client(again);
        if (failing == 0)
            s.to_server(again_sent);
        else
            s.to_server(parse("$1", "SELECT 1") + bind_to("$1"));
        s.holds();
    }
}

TEST(Conversation, RefusalOfABatchSkipsToSync) {
    lab l(0);
    l.add_client();
    lab_client& client = l.at(0);
    l.client_says(0, parse("", "SELECT 1") + bind_to("") + describe('P', "") + execute());
    EXPECT_TRUE(client.waiting);
    l.refuse(client, {.reason = session::outcome::queue_timeout});
    EXPECT_EQ(said(client.received),
              (std::vector<std::string>{"E ERROR 53300 query_wait_timeout: no server connection became free in time"}));
    l.client_says(0, sync());
    EXPECT_EQ(l.last_said(0), "Z I");
    EXPECT_EQ(said(client.received).size(), 2U);
    EXPECT_FALSE(client.waiting);
}

TEST(Conversation, RefusalOfAQuery) {
    lab l(0);
    l.add_client();
    l.client_says(0, query("SELECT 1") + query("SELECT 2"));
    l.refuse(l.at(0), {.reason = session::outcome::queue_full});
    const auto lines = said(l.at(0).received);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].substr(0, 13), "E ERROR 53300");
    EXPECT_EQ(lines[1], "Z I");
    EXPECT_TRUE(l.at(0).waiting) << "the second query asks anew";
}

TEST(Conversation, LargeRowStreams) {
    const std::string row = data_row(std::string(70 * 1024, 'x'));
    script()
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(row_description("a") + row)
        .to_client(row_description("a") + row)
        .server(complete("SELECT 1") + ready('I'))
        .to_client(complete("SELECT 1") + ready('I'))
        .given_back()
        .holds();
}

TEST(Conversation, QueryOfTwoMegabytesStreamsAndPins) {
    const std::string large = query("SELECT '" + std::string(2 * 1024 * 1024, 'x') + "'");
    script()
        .client(large.substr(0, 100000))
        .to_server(large.substr(0, 100000))
        .client(large.substr(100000))
        .to_server(large.substr(100000))
        .server(one_row + ready('I'))
        .to_client(one_row + ready('I'))
        .kept()
        .once();
}

TEST(Conversation, BindOf200KibibytesStreams) {
    const std::string value(200 * 1024, 'v');
    const std::string asked = parse("s", "SELECT $1") + bind_to("s", {value}) + execute() + sync();
    const std::string sent = parse("$1", "SELECT $1") + bind_to("$1", {value}) + execute() + sync();
    const std::string answered = parse_complete() + bind_complete() + data_row("1") + complete("SELECT 1") + ready('I');
    script().client(asked).to_server(sent).server(answered).to_client(answered).given_back().holds();
}

TEST(Conversation, ServerThatMakesNoSenseIsClosedAndTheNextOneIsHeard) {
    std::string lost;
    session::append_failure(lost, {.reason = session::outcome::server_lost});
    script()
        .client(query("SELECT 1"))
        .to_server(query("SELECT 1"))
        .server(bind_complete())
        .to_client(lost + ready('I'))
        .closed()
        .once();
    lab l;
    l.add_client();
    conversation& talk = l.at(0).talk;
    lab_server& first = *l.servers[0];
    talk.from_client(query("SELECT 1"), start);
    talk.lend(first.state, start);
    talk.from_client(query("SELECT 1"), start);
    talk.from_server(bind_complete(), start);
    ASSERT_EQ(talk.fate(), fate::close);
    talk.server_lost(start);
    talk.to_client().clear();
    lab_server second(l.texts, l.database);
    talk.lend(second.state, start);
    talk.from_client(query("SELECT 1"), start);
    talk.from_server(one_row + ready('I'), start);
    EXPECT_EQ(talk.fate(), fate::give_back);
}

}  // namespace
}  // namespace pgweir::test
