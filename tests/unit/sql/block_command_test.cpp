#include "sql/block_command.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::sql {
namespace {

void expect_all(block_command wanted, std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) EXPECT_EQ(find_block_command(text), wanted) << text;
}

TEST(BlockCommand, Plain) {
    expect_all(block_command::begin, {"BEGIN", "begin", "BEGIN;", " \n\tBegin  Work ;", "BEGIN TRANSACTION", "BEGIN;;",
                                      "/* app */ BEGIN /* by /* its */ framework */ WORK -- here\n;"});
    expect_all(block_command::start_transaction, {"START TRANSACTION", "start transaction;"});
    expect_all(block_command::commit, {"COMMIT", "end", "COMMIT WORK", "END TRANSACTION;", "-- done\nCOMMIT"});
    expect_all(block_command::rollback, {"ROLLBACK", "abort", "ROLLBACK TRANSACTION", "ABORT WORK ; "});
}

TEST(BlockCommand, WithOptionsOrMoreOrSomethingElse) {
    expect_all(block_command::none, {"",
                                     ";",
                                     "SELECT 1",
                                     ";BEGIN",
                                     "BEGIN READ ONLY",
                                     "BEGIN ISOLATION LEVEL SERIALIZABLE",
                                     "BEGIN TRANSACTION DEFERRABLE",
                                     "BEGIN WORK TRANSACTION",
                                     "BEGIN; SELECT 1",
                                     "BEGIN; COMMIT",
                                     "START",
                                     "START WORK",
                                     "START TRANSACTION READ WRITE",
                                     "COMMIT AND CHAIN",
                                     "COMMIT AND NO CHAIN",
                                     "COMMIT PREPARED 'x'",
                                     "ROLLBACK TO s",
                                     "ROLLBACK TO SAVEPOINT s",
                                     "ROLLBACK WORK AND CHAIN",
                                     "ROLLBACK PREPARED 'x'",
                                     "ABORT AND CHAIN",
                                     "SAVEPOINT s",
                                     "RELEASE s",
                                     "PREPARE TRANSACTION 'x'"});
}

TEST(BlockCommand, ReadCommittedByName) {
    for (const std::string_view text : {"BEGIN ISOLATION LEVEL READ COMMITTED", "begin isolation level read committed;",
                                        "BEGIN TRANSACTION /* app */ ISOLATION LEVEL READ COMMITTED ;;"})
        EXPECT_EQ(find_block_command(text), block_command::begin_read_committed) << text;
    EXPECT_EQ(find_block_command("START TRANSACTION ISOLATION LEVEL READ COMMITTED"),
              block_command::start_read_committed);
    for (const std::string_view text :
         {"BEGIN ISOLATION LEVEL", "BEGIN ISOLATION LEVEL READ UNCOMMITTED", "BEGIN ISOLATION LEVEL REPEATABLE READ",
          "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE",
          "BEGIN \"isolation\" LEVEL READ COMMITTED", "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT 1",
          "COMMIT ISOLATION LEVEL READ COMMITTED", "START ISOLATION LEVEL READ COMMITTED",
          "BEGIN ISOLATION LEVEL READ COMMITTED /* open", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"})
        EXPECT_EQ(find_block_command(text), block_command::none) << text;
}

// What PostgreSQL would refuse, or read as something else.
TEST(BlockCommand, Malformed) {
    expect_all(block_command::none, {"\"begin\"", "\"BEGIN\" WORK", "BEGIN 'WORK'", "BEGIN /* open", "BEGIN; /* open",
                                     "BEGINS", "BEGIN_", "BEGIN$", "BEGIN 1", "BEGIN \"x", "BEGIN -", "(BEGIN)",
                                     "\xC2\xA0"
                                     "BEGIN",
                                     "B'EGIN'"});
    EXPECT_EQ(find_block_command(std::string("BEGIN\0SELECT", 12)), block_command::none);
    EXPECT_EQ(find_block_command(std::string(100000, 'b')), block_command::none);
}

TEST(BlockCommand, Tags) {
    EXPECT_EQ(command_tag(block_command::begin), "BEGIN");
    EXPECT_EQ(command_tag(block_command::start_transaction), "START TRANSACTION");
    EXPECT_EQ(command_tag(block_command::commit), "COMMIT");
    EXPECT_EQ(command_tag(block_command::rollback), "ROLLBACK");
}

}  // namespace
}  // namespace pgweir::sql
