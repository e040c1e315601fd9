#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// BEGIN and the like by the extended protocol, as psycopg 3 and pgjdbc say them, take no server either. A batch of which
// only a part is here is a server's affair.

namespace pgweir::test {
namespace {

using how = scripted_cache::how;

std::string command(std::string_view text) {
    return parse("", text) + bind_to("") + describe('P', "") + execute();
}

TEST(DeferredBatch, NothingInIt) {
    cache_script()
        .client_at_once(command("BEGIN") + sync())
        .happens({"< 1", "< 2", "< n", "< C BEGIN", "< Z T"})
        .client_at_once(parse("", "SET TRANSACTION READ ONLY") + bind_to("") + execute(1) + sync())
        .happens({"< 1", "< 2", "< C SET", "< Z T"})
        .client_at_once(command("COMMIT") + sync())
        .happens({"< 1", "< 2", "< n", "< C COMMIT", "< Z I"})
        .client_at_once(command("START TRANSACTION") + command("ROLLBACK") + sync())
        .happens({"< 1", "< 2", "< n", "< C START TRANSACTION", "< 1", "< 2", "< n", "< C ROLLBACK", "< Z I"})
        .no_server()
        .holds();
}

TEST(DeferredBatch, FirstStatementTakesTheServer) {
    cache_script()
        .answers("SELECT 1", how::run)
        .client_at_once(command("BEGIN") + sync() + batch("SELECT 1") + sync())
        .happens({"< 1", "< 2", "< n", "< C BEGIN", "< Z T", "ask SELECT 1", "> P BEGIN", "> B", "> E", "> P SELECT 1",
                  "> B", "> D", "> E", "> S"})
        .server(begin_done + parse_complete() + bind_complete() + row("SELECT 1") + ready('T'))
        .happens({"< 1", "< 2", "< T SELECT 1", "< D SELECT 1", "< C SELECT 1", "< Z T"})
        .kept()
        .holds();
}

// pgjdbc sends it in front of the first statement, with one Sync for both, and names it when it was used often.
TEST(DeferredBatch, InOneBatchWithTheFirstStatement) {
    cache_script()
        .client(parse("S_1", "BEGIN") + sync())
        .server(parse_complete() + ready('I'))
        .skips()
        .answers("SELECT 1", how::hit)
        .client_at_once(bind_to("S_1") + execute(1) + batch("SELECT 1") + sync())
        .happens({"< 2", "< C BEGIN", "ask SELECT 1: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1",
                  "< C SELECT 1", "< Z T"})
        .no_server()
        .answers("SELECT 1", how::run)
        .client_at_once(batch("SELECT 1") + sync())
        .happens({"ask SELECT 1", "> P BEGIN", "> B", "> E", "> P SELECT 1", "> B", "> D", "> E", "> S"})
        .kept()
        .holds();
}

TEST(DeferredBatch, WhatIsMoreTakesTheServer) {
    for (const std::string& asked :
         {parse("x", "BEGIN") + bind_to("x") + execute() + sync(), parse("", "BEGIN") + bind_to("", {"1"}) + execute(),
          parse("", "BEGIN") + bind_to("") + describe('S', "") + execute() + sync(),
          parse("", "BEGIN") + bind_to("") + execute() + execute() + sync(), command("BEGIN; SELECT 1") + sync(),
          command("BEGIN ISOLATION LEVEL SERIALIZABLE") + sync(), command("COMMIT") + sync()})
        cache_script().client_at_once(asked).skips().kept().holds();
}

}  // namespace
}  // namespace pgweir::test
