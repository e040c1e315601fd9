#include "sql/block_command.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::sql {
namespace {

void expect_all(block_command wanted, std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) EXPECT_EQ(find_block_statement(text).is, wanted) << text;
}

std::string_view modes_of(std::string_view text) {
    return find_block_statement(text).modes;
}

TEST(BlockCommand, Plain) {
    expect_all(block_command::begin, {"BEGIN", "begin", "BEGIN;", " \n\tBegin  Work ;", "BEGIN TRANSACTION", "BEGIN;;",
                                      "/* app */ BEGIN /* by /* its */ framework */ WORK -- here\n;"});
    expect_all(block_command::start_transaction, {"START TRANSACTION", "start transaction;"});
    expect_all(block_command::commit, {"COMMIT", "end", "COMMIT WORK", "END TRANSACTION;", "-- done\nCOMMIT"});
    expect_all(block_command::rollback, {"ROLLBACK", "abort", "ROLLBACK TRANSACTION", "ABORT WORK ; "});
}

TEST(BlockCommand, MoreOrSomethingElse) {
    expect_all(block_command::none, {"",
                                     ";",
                                     "SELECT 1",
                                     ";BEGIN",
                                     "BEGIN WORK TRANSACTION",
                                     "BEGIN; SELECT 1",
                                     "BEGIN; COMMIT",
                                     "START",
                                     "START WORK",
                                     "COMMIT AND CHAIN",
                                     "COMMIT AND NO CHAIN",
                                     "COMMIT PREPARED 'x'",
                                     "COMMIT READ ONLY",
                                     "ROLLBACK TO s",
                                     "ROLLBACK TO SAVEPOINT s",
                                     "ROLLBACK WORK AND CHAIN",
                                     "ROLLBACK PREPARED 'x'",
                                     "ABORT AND CHAIN",
                                     "SAVEPOINT s",
                                     "RELEASE s",
                                     "PREPARE TRANSACTION 'x'"});
}

TEST(BlockCommand, Modes) {
    EXPECT_EQ(modes_of("BEGIN"), "");
    EXPECT_EQ(modes_of("BEGIN READ ONLY;"), "READ ONLY");
    EXPECT_EQ(modes_of("begin work isolation level read committed ;;"), "isolation level read committed");
    EXPECT_EQ(modes_of("START TRANSACTION /* app */ ISOLATION LEVEL SERIALIZABLE, READ WRITE -- so"),
              "ISOLATION LEVEL SERIALIZABLE, READ WRITE");
    EXPECT_EQ(modes_of("SET TRANSACTION not deferrable read only , Isolation Level Repeatable Read"),
              "not deferrable read only , Isolation Level Repeatable Read");
    EXPECT_EQ(modes_of("BEGIN TRANSACTION ISOLATION LEVEL READ UNCOMMITTED DEFERRABLE"),
              "ISOLATION LEVEL READ UNCOMMITTED DEFERRABLE");
    expect_all(block_command::begin, {"BEGIN READ ONLY", "BEGIN WORK NOT DEFERRABLE"});
    expect_all(block_command::start_transaction, {"START TRANSACTION DEFERRABLE"});
    expect_all(block_command::set_transaction, {"SET TRANSACTION READ ONLY", "set transaction deferrable;"});
}

TEST(BlockCommand, WhatModesAskFor) {
    for (const char* text : {"BEGIN", "BEGIN READ ONLY", "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN DEFERRABLE"}) {
        EXPECT_FALSE(find_block_statement(text).isolates) << text;
        EXPECT_FALSE(find_block_statement(text).needs_primary) << text;
    }
    for (const char* level : {"SERIALIZABLE", "REPEATABLE READ", "READ UNCOMMITTED"})
        EXPECT_TRUE(find_block_statement(std::string("BEGIN READ ONLY, ISOLATION LEVEL ") + level).isolates) << level;
    EXPECT_TRUE(find_block_statement("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY").needs_primary);
    EXPECT_TRUE(find_block_statement("SET TRANSACTION READ WRITE, READ ONLY").needs_primary);
    EXPECT_FALSE(find_block_statement("BEGIN ISOLATION LEVEL REPEATABLE READ").needs_primary);
}

TEST(BlockCommand, MalformedModes) {
    expect_all(block_command::none, {"BEGIN ISOLATION LEVEL",
                                     "BEGIN ISOLATION",
                                     "BEGIN READ",
                                     "BEGIN NOT",
                                     "BEGIN NOT READ ONLY",
                                     "BEGIN ISOLATION LEVEL REPEATABLE",
                                     "BEGIN ISOLATION LEVEL COMMITTED",
                                     "BEGIN READ ONLY,",
                                     "BEGIN , READ ONLY",
                                     "BEGIN READ ONLY,, DEFERRABLE",
                                     "BEGIN \"isolation\" LEVEL READ COMMITTED",
                                     "BEGIN ISOLATION LEVEL 'serializable'",
                                     "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT 1",
                                     "BEGIN READ ONLY /* open",
                                     "START ISOLATION LEVEL READ COMMITTED",
                                     "SET TRANSACTION",
                                     "SET READ ONLY",
                                     "SET WORK READ ONLY",
                                     "SET TRANSACTION SNAPSHOT 'x'",
                                     "SET TRANSACTION READ ONLY SNAPSHOT 'x'",
                                     "SET TRANSACTION TO x",
                                     "SET TRANSACTION_ISOLATION = serializable",
                                     "SET LOCAL TRANSACTION READ ONLY",
                                     "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"});
}

// What PostgreSQL would refuse, or read as something else.
TEST(BlockCommand, Malformed) {
    expect_all(block_command::none, {"\"begin\"", "\"BEGIN\" WORK", "BEGIN 'WORK'", "BEGIN /* open", "BEGIN; /* open",
                                     "BEGINS", "BEGIN_", "BEGIN$", "BEGIN 1", "BEGIN \"x", "BEGIN -", "(BEGIN)",
                                     "\xC2\xA0"
                                     "BEGIN",
                                     "B'EGIN'"});
    EXPECT_EQ(find_block_statement(std::string("BEGIN\0SELECT", 12)).is, block_command::none);
    EXPECT_EQ(find_block_statement(std::string(100000, 'b')).is, block_command::none);
}

TEST(BlockCommand, Tags) {
    EXPECT_EQ(command_tag(block_command::begin), "BEGIN");
    EXPECT_EQ(command_tag(block_command::start_transaction), "START TRANSACTION");
    EXPECT_EQ(command_tag(block_command::set_transaction), "SET");
    EXPECT_EQ(command_tag(block_command::commit), "COMMIT");
    EXPECT_EQ(command_tag(block_command::rollback), "ROLLBACK");
}

}  // namespace
}  // namespace pgweir::sql
