#include "wire/message_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pgweir::wire {
namespace {

TEST(message_table, finds_every_frontend_message_by_its_tag) {
    std::set<char> tags;
    for (const auto& info : frontend_messages) {
        EXPECT_EQ(find_frontend(info.tag), &info);
        tags.insert(info.tag);
    }
    EXPECT_EQ(tags.size(), frontend_messages.size());
}

TEST(message_table, finds_every_backend_message_by_its_tag) {
    std::set<char> tags;
    for (const auto& info : backend_messages) {
        EXPECT_EQ(find_backend(info.tag), &info);
        tags.insert(info.tag);
    }
    EXPECT_EQ(tags.size(), backend_messages.size());
}

TEST(message_table, knows_no_other_tag) {
    int frontend_count = 0;
    int backend_count = 0;
    for (int tag = 0; tag < 256; ++tag) {
        if (find_frontend(static_cast<char>(tag)) != nullptr) ++frontend_count;
        if (find_backend(static_cast<char>(tag)) != nullptr) ++backend_count;
    }
    EXPECT_EQ(frontend_count, 14);
    EXPECT_EQ(backend_count, 24);
    EXPECT_EQ(find_frontend('\0'), nullptr);
    EXPECT_EQ(find_backend('\xff'), nullptr);
}

TEST(message_table, names_what_the_enumerators_name) {
    const auto frontend_name = [](frontend tag) { return find_frontend(static_cast<char>(tag))->name; };
    EXPECT_EQ(frontend_name(frontend::query), "Query");
    EXPECT_EQ(frontend_name(frontend::sync), "Sync");
    EXPECT_EQ(frontend_name(frontend::flush), "Flush");
    EXPECT_EQ(frontend_name(frontend::copy_fail), "CopyFail");
    EXPECT_EQ(frontend_name(frontend::function_call), "FunctionCall");
    const auto backend_name = [](backend tag) { return find_backend(static_cast<char>(tag))->name; };
    EXPECT_EQ(backend_name(backend::key_data), "BackendKeyData");
    EXPECT_EQ(backend_name(backend::ready_for_query), "ReadyForQuery");
    EXPECT_EQ(backend_name(backend::copy_both), "CopyBothResponse");
    EXPECT_EQ(backend_name(backend::parameter_description), "ParameterDescription");
    EXPECT_EQ(backend_name(backend::negotiate_protocol_version), "NegotiateProtocolVersion");
}

// Reading a header relies on both ends: no message is shorter than its header or longer than a signed length says.
TEST(message_table, limits_leave_no_room_for_a_length_that_wraps) {
    const auto check = [](const message_info& info) {
        EXPECT_GE(info.minimum_size, 5u) << info.name;
        EXPECT_LE(info.minimum_size, info.maximum_size) << info.name;
        EXPECT_LE(info.maximum_size, 0x7fffffffu) << info.name;
    };
    for (const auto& info : frontend_messages) check(info);
    for (const auto& info : backend_messages) check(info);
}

static_assert(find_frontend('Q')->allows(0x3fffffff) && !find_frontend('Q')->allows(0x40000000));
// To the byte what a server of version 15 accepts.
static_assert(find_frontend('D')->allows(10001) && !find_frontend('D')->allows(10002));
static_assert(find_backend('Z')->allows(6) && !find_backend('Z')->allows(5) && !find_backend('Z')->allows(7));
// A server describes more parameters than its 16 bits can count, which Parse accepts.
static_assert(find_backend('t')->allows(1 + 4 + 2 + 4 * 100'000));

}  // namespace
}  // namespace pgweir::wire
