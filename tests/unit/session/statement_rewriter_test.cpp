#include "session/statement_rewriter.hpp"

#include "session/script.hpp"

namespace pgweir::test {
namespace {

const std::string one_row = data_row("1") + complete("SELECT 1");
const std::string bound = bind_complete() + one_row + ready('I');

std::string told(session::outcome reason, std::string message = {}) {
    std::string out;
    session::append_failure(out, {.reason = reason, .message = std::move(message)});
    return out;
}

/// A client that prepared `s` on a server that it has no more.
script prepared(session::settings with = {}) {
    script s(true, with);
    s.client(parse("s", "SELECT 1") + sync())
        .to_server(parse("$1", "SELECT 1") + sync())
        .server(parse_complete() + ready('I'))
        .to_client(parse_complete() + ready('I'))
        .given_back();
    return s;
}

/// The same, and described it.
script described() {
    const std::string answer = parse_complete() + parameter_description() + row_description("a") + ready('I');
    script s;
    s.client(parse("s", "SELECT 1") + describe('S', "s") + sync())
        .to_server(parse("$1", "SELECT 1") + describe('S', "$1") + sync())
        .server(answer)
        .to_client(answer)
        .given_back();
    return s;
}

TEST(StatementRewriter, NamedStatementOnAnotherServer) {
    prepared()
        .client(bind_to("s") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + bind_to("$1") + execute() + sync())
        .server(parse_complete() + bound)
        .to_client(bound)
        .given_back()
        .holds();
}

TEST(StatementRewriter, UnnamedStatementIsKeptAcrossSync) {
    script()
        .client(parse("", "SELECT 1") + sync())
        .to_server(parse("", "SELECT 1") + sync())
        .server(parse_complete() + ready('I'))
        .to_client(parse_complete() + ready('I'))
        .given_back()
        .client(bind_to("") + execute() + sync())
        .to_server(parse("", "SELECT 1") + bind_to("") + execute() + sync())
        .server(parse_complete() + bound)
        .to_client(bound)
        .given_back()
        .holds();
}

TEST(StatementRewriter, DescriptionIsComparedWhenPreparedAnew) {
    described()
        .client(bind_to("s") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + describe('S', "$1") + flush())
        .server(parse_complete() + parameter_description() + row_description("a"))
        .to_server(bind_to("$1") + execute() + sync())
        .server(bound)
        .to_client(bound)
        .given_back()
        .holds();
}

TEST(StatementRewriter, ChangedDescriptionIsRefusedAndNothingRuns) {
    described()
        .client(bind_to("s") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + describe('S', "$1") + flush())
        .server(parse_complete() + parameter_description() + row_description("a", 23))
        .to_server(bind_to("pgweir_none") + execute() + sync())
        .server(error("26000", "prepared statement \"pgweir_none\" does not exist") + ready('I'))
        .to_client(told(session::outcome::result_type_changed) + ready('I'))
        .given_back()
        .client(close('S', "s") + sync())
        .to_client(close_complete() + ready('I'))
        .holds();
}

// pgjdbc never describes a statement, only what it has bound it to.
TEST(StatementRewriter, ThePortalsDescriptionIsComparedToo) {
    const std::string whole = bind_complete() + row_description("a") + one_row + ready('I');
    prepared()
        .client(bind_to("s") + describe('P', "") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + bind_to("$1") + describe('P', "") + execute() + sync())
        .server(parse_complete() + whole)
        .to_client(whole)
        .given_back()
        .client(bind_to("s") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + describe('S', "$1") + flush())
        .server(parse_complete() + parameter_description() + row_description("a", 23))
        .to_server(bind_to("pgweir_none") + execute() + sync())
        .server(error("26000", "prepared statement \"pgweir_none\" does not exist") + ready('I'))
        .to_client(told(session::outcome::result_type_changed) + ready('I'))
        .given_back()
        .holds();
}

TEST(StatementRewriter, AnotherPortalsDescriptionIsNotTheStatements) {
    prepared()
        .client(bind_to("s") + describe('P', "elsewhere") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + bind_to("$1") + describe('P', "elsewhere") + execute() + sync())
        .server(parse_complete() + bind_complete() + row_description("a") + one_row + ready('I'))
        .to_client(bind_complete() + row_description("a") + one_row + ready('I'))
        .given_back()
        .client(bind_to("s") + execute() + sync())
        .to_server(parse("$1", "SELECT 1") + bind_to("$1") + execute() + sync())
        .server(parse_complete() + bound)
        .to_client(bound)
        .given_back()
        .holds();
}

TEST(StatementRewriter, DuplicateNameInPostgresqlsWords) {
    script()
        .client(parse("s", "SELECT 1") + parse("s", "SELECT 2") + sync())
        .to_server(parse("$1", "SELECT 1") + bind_to("pgweir_none") + sync())
        .server(parse_complete() + error("26000", "no") + ready('I'))
        .to_client(parse_complete() +
                   told(session::outcome::duplicate_statement, "prepared statement \"s\" already exists") + ready('I'))
        .given_back()
        .holds();
}

TEST(StatementRewriter, UnknownNamesInPostgresqlsWords) {
    script()
        .client(bind_to("nothing") + execute() + sync())
        .to_server(bind_to("pgweir_none") + execute() + sync())
        .server(error("26000", "no") + ready('I'))
        .to_client(told(session::outcome::unknown_statement, "prepared statement \"nothing\" does not exist") +
                   ready('I'))
        .given_back()
        .client(describe('S', "") + sync())
        .to_server(bind_to("pgweir_none") + sync())
        .server(error("26000", "no") + ready('I'))
        .to_client(told(session::outcome::unknown_unnamed_statement) + ready('I'))
        .given_back()
        .holds();
}

TEST(StatementRewriter, FailedParseLeavesNothing) {
    script()
        .client(parse("s", "SYNTAX") + sync())
        .to_server(parse("$1", "SYNTAX") + sync())
        .server(error("42601", "syntax error") + ready('I'))
        .to_client(error("42601", "syntax error") + ready('I'))
        .given_back()
        .client(bind_to("s") + sync())
        .to_server(bind_to("pgweir_none") + sync())
        .server(error("26000", "no") + ready('I'))
        .to_client(told(session::outcome::unknown_statement, "prepared statement \"s\" does not exist") + ready('I'))
        .holds();
}

TEST(StatementRewriter, CloseIsTheClientsOwn) {
    prepared()
        .client(close('S', "s") + close('S', "never") + sync())
        .to_client(close_complete() + close_complete() + ready('I'))
        .holds();
}

TEST(StatementRewriter, EvictionInsideABatch) {
    session::settings with;
    with.max_prepared = 1;
    script(true, with)
        .client(parse("a", "SELECT 1") + bind_to("a") + execute() + parse("b", "SELECT 2") + bind_to("a") + execute() +
                sync())
        .to_server(parse("$1", "SELECT 1") + bind_to("$1") + execute() + close('S', "$1") + parse("$2", "SELECT 2") +
                   close('S', "$2") + parse("$1", "SELECT 1") + bind_to("$1") + execute() + sync())
        .server(parse_complete() + bind_complete() + one_row + close_complete() + parse_complete() + close_complete() +
                parse_complete() + bound)
        .to_client(parse_complete() + bind_complete() + one_row + parse_complete() + bound)
        .given_back()
        .holds();
}

// What a batch prepared on the way is gone when an error skips it: the next batch must not rely on it.
TEST(StatementRewriter, BatchBehindOneThatMayFailWaits) {
    prepared()
        .client(parse("", "SYNTAX") + bind_to("s") + execute() + sync() + bind_to("s") + execute() + sync())
        .to_server(parse("", "SYNTAX") + parse("$1", "SELECT 1") + bind_to("$1") + execute() + sync())
        .server(error("42601", "syntax error") + ready('I'))
        .to_client(error("42601", "syntax error") + ready('I'))
        .to_server(parse("$1", "SELECT 1") + bind_to("$1") + execute() + sync())
        .server(parse_complete() + bound)
        .to_client(bound)
        .given_back()
        .play_cut();
}

TEST(StatementRewriter, DeallocateOfWhatWasParsed) {
    prepared()
        .client(query("DEALLOCATE s"))
        .to_server(close('S', "pgweir_gone") + parse("pgweir_gone", "") + query("DEALLOCATE pgweir_gone"))
        .server(close_complete() + parse_complete() + complete("DEALLOCATE") + ready('I'))
        .to_client(complete("DEALLOCATE") + ready('I'))
        .given_back()
        .holds();
}

TEST(StatementRewriter, OtherClientsShareWhatAServerHas) {
    lab l;
    l.add_client();
    l.add_client();
    const std::string asked = parse("mine", "SELECT 1") + bind_to("mine") + execute() + sync();
    l.client_says(0, asked);
    l.run();
    l.client_says(1, asked);
    l.run();
    EXPECT_EQ(l.at(0).received, l.at(1).received);
    EXPECT_EQ(l.servers[0]->model.statement_names().size(), 1U);
    EXPECT_EQ(l.counters.server_parses.get(), 1U);
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

// A plan that no longer fits is told to the client as it is, and prepared afresh at its next use.
TEST(StatementRewriter, OutdatedPlanIsForwardedAndPreparedAfresh) {
    lab l;
    l.add_client();
    l.client_says(0, parse("s", "SELECT shape") + bind_to("s") + execute() + sync());
    l.run();
    ++l.database.shape;
    const auto again = [&l] {
        l.at(0).received.clear();
        l.client_says(0, bind_to("s") + execute() + sync());
        l.run();
        return said(l.at(0).received);
    };
    EXPECT_EQ(again().front(), "E ERROR 0A000 cached plan must not change result type");
    EXPECT_EQ(again(), (std::vector<std::string>{"2", "D SELECT shape", "C SELECT 1", "Z I"}));
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

// A client that prepares anew is never told of a plan that was made before, whichever server it meets.
TEST(StatementRewriter, PreparedAnewAfterTheTableChanged) {
    const std::string asked = parse("s", "SELECT shape") + bind_to("s") + execute() + sync();
    const std::vector<std::string> answered{"1", "2", "D SELECT shape", "C SELECT 1", "Z I"};
    for (const bool told_by_tag : {true, false}) {
        lab l(2);
        for (int i = 0; i < 4; ++i) l.add_client();
        const auto say = [&l](std::size_t client, const std::string& bytes) {
            l.at(client).received.clear();
            l.client_says(client, bytes);
            l.run();
            return said(l.at(client).received);
        };
        for (const std::size_t client : {0U, 1U}) ASSERT_EQ(say(client, asked), answered);
        if (told_by_tag) {
            ASSERT_EQ(say(2, query("ALTER TABLE t")).front(), "C ALTER TABLE");
        } else {
            ++l.database.shape;
            ASSERT_EQ(say(0, bind_to("s") + sync()).front(), "E ERROR 0A000 cached plan must not change result type");
        }
        for (const std::size_t client : {2U, 3U, 2U, 3U}) {
            ASSERT_EQ(say(client, asked + close('S', "s") + sync()).front(), "1") << told_by_tag;
            ASSERT_EQ(l.at(client).received.find("cached plan"), std::string::npos) << told_by_tag;
        }
        EXPECT_EQ(l.broken, std::vector<std::string>{});
    }
}

TEST(StatementRewriter, PreparedAnewAfterTheTableChangedInTheSameTransaction) {
    const std::string again = close('S', "s") + parse("s", "SELECT shape") + bind_to("s") + execute() + sync();
    lab l;
    l.add_client();
    l.client_says(0, query("BEGIN") + query("ALTER TABLE t") + again + query("ALTER TABLE t") + again);
    l.run();
    EXPECT_EQ(l.at(0).received.find("cached plan"), std::string::npos);
    l.client_says(0, query("ROLLBACK") + again);
    l.run();
    EXPECT_EQ(l.at(0).received.find("cached plan"), std::string::npos);
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

TEST(StatementRewriter, WhatIsPreparedWhileTheTableChangesIsNobodyElses) {
    const std::string asked = parse("s", "SELECT shape") + bind_to("s") + execute() + sync();
    lab l(2);
    l.add_client();
    l.add_client();
    l.client_says(0, query("BEGIN") + query("ALTER TABLE t") + asked);
    l.run();
    EXPECT_EQ(l.last_said(0), "Z T");
    l.client_says(1, asked);
    l.run();
    EXPECT_EQ(l.counters.server_parses.get(), 2U);
    l.client_says(0, query("ROLLBACK"));
    l.run();
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

// The Describe that asks a server for its copy's description opens an implicit transaction there, as any message does.
TEST(StatementRewriter, AskingForADescriptionKeepsTheServer) {
    lab l(2);
    l.add_client();
    l.add_client();
    const auto say = [&l](std::size_t client, const std::string& bytes) {
        l.client_says(client, bytes);
        l.run();
    };
    say(0, parse("s", "SELECT 1") + describe('S', "s") + sync());  // on the first server
    say(1, parse("s", "SELECT 1") + bind_to("s") + sync());         // on the second, and not described there
    say(0, query("SELECT 2"));                                      // on the first
    l.at(0).received.clear();
    say(0, query("INSERT") + bind_to("s") + execute() + sync());
    EXPECT_EQ(said(l.at(0).received),
              (std::vector<std::string>{"C INSERT 0 1", "Z I", "2", "D SELECT 1", "C SELECT 1", "Z I"}));
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

// A Parse that could be answered here must not succeed where the server would have refused it.
TEST(StatementRewriter, ParseBehindAFailedTransactionIsRefused) {
    lab l;
    l.add_client();
    l.add_client();
    l.client_says(0, parse("s", "SELECT 1") + sync());
    l.run();
    l.client_says(1, query("BEGIN") + query("SELECT fail") + parse("s", "SELECT 1") + sync() + query("ROLLBACK"));
    l.run();
    EXPECT_EQ(said(l.at(1).received),
              (std::vector<std::string>{"C BEGIN", "Z T", "T SELECT fail", "E ERROR 22012 division by zero", "Z E",
                                        "E ERROR 25P02 current transaction is aborted", "Z E", "C ROLLBACK", "Z I"}));
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

TEST(StatementRewriter, SettingUpAServerDestroysItsUnnamedStatement) {
    lab l;
    l.add_client();
    l.add_client({{"application_name", "other"}});
    l.client_says(0, parse("", "SELECT 1") + sync());
    l.run();
    l.client_says(1, parse("n", "SELECT 2") + sync());
    l.run();
    l.at(0).received.clear();
    l.client_says(0, bind_to("") + execute() + sync());
    l.run();
    EXPECT_EQ(said(l.at(0).received), (std::vector<std::string>{"2", "D SELECT 1", "C SELECT 1", "Z I"}));
}

}  // namespace
}  // namespace pgweir::test
