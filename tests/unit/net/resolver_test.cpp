#include "net/resolver.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/error.hpp"
#include "net/support.hpp"

namespace pgweir::net {
namespace {

struct resolver_test : loop_test {
    using answer = base::result<std::vector<socket_address>>;

    answer ask(const std::string& host, std::uint16_t port = 5432) {
        std::optional<answer> got;
        const std::uint64_t ticks = loop.ticks();
        names.resolve(host, port, [&](const answer& result) { got = result; });
        EXPECT_FALSE(got) << "called from inside the call";
        if (!run_until([&] { return got.has_value(); })) return error_code::name_service_failed;
        EXPECT_GT(loop.ticks(), ticks);
        return *got;
    }

    resolver names{loop};
};

TEST_F(resolver_test, answers_numeric_addresses) {
    const answer v4 = ask("192.0.2.1");
    ASSERT_TRUE(v4);
    ASSERT_EQ(v4->size(), 1U);
    EXPECT_EQ(v4->front().to_string(), "192.0.2.1:5432");
    EXPECT_EQ(ask("::1")->front().to_string(), "[::1]:5432");
}

TEST_F(resolver_test, answers_directories) {
    EXPECT_EQ(ask("/run/postgresql")->front().to_string(), "/run/postgresql/.s.PGSQL.5432");
    EXPECT_EQ(ask("/" + std::string(200, 'x')).error(), error_code::bad_address);
}

TEST_F(resolver_test, asks_for_names) {
    const answer found = ask("localhost", 1234);
    ASSERT_TRUE(found) << found.error().message();
    for (const socket_address& each : *found) {
        EXPECT_TRUE(each.is_loopback()) << each.to_string();
        EXPECT_EQ(each.port(), 1234);
    }
    for (std::size_t index = 1; index < found->size(); ++index) EXPECT_FALSE((*found)[index] == (*found)[index - 1]);
}

TEST_F(resolver_test, says_when_there_is_no_such_name) {
    EXPECT_EQ(ask("").error(), error_code::bad_address);
    // Without a name server the answer is the other one of the two.
    const std::error_code error = ask("no such name.invalid").error();
    EXPECT_TRUE(error == error_code::name_not_resolved || error == error_code::name_service_failed) << error.message();
}

TEST_F(resolver_test, no_answer_comes_after_its_end) {
    auto brief = std::make_unique<resolver>(loop);
    int calls = 0;
    brief->resolve("localhost", 1, [&](const answer&) { ++calls; });
    brief->resolve("127.0.0.1", 1, [&](const answer&) { ++calls; });
    brief.reset();
    EXPECT_TRUE(ask("localhost"));
    settle();
    EXPECT_EQ(calls, 0);
}

TEST_F(resolver_test, a_callback_may_end_the_resolver) {
    auto brief = std::make_unique<resolver>(loop);
    int calls = 0;
    const auto end_it = [&](const answer&) {
        ++calls;
        brief.reset();
    };
    brief->resolve("localhost", 1, end_it);
    brief->resolve("localhost", 1, end_it);
    ASSERT_TRUE(run_until([&] { return calls > 0; }));
    EXPECT_TRUE(ask("localhost"));
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace pgweir::net
