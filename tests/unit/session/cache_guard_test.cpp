#include "session/cache_guard.hpp"

#include <gmock/gmock.h>

#include "session/messages.hpp"

// Whom a cache in memory waits for: processes that were lost in a commit, until PostgreSQL says that they are gone.

namespace pgweir::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class cache_guard_test : public testing::Test {
protected:
    // Alone from the first question about processes on: nobody else is there, and nobody is busy.
    cache_guard_test() {
        guard_.connected(now_, sent_);
        answer(data_row("f"));
        answer(data_row("t"));
        look();
        answer("");
        EXPECT_TRUE(guard_.alone());
    }

    void look() {
        now_ += 5s;
        guard_.tick(now_, sent_);
    }

    void answer(const std::string& rows) {
        sent_.clear();
        const std::string reply = rows + ready('I');
        std::size_t consumed = 0;
        EXPECT_TRUE(guard_.receive(reply, consumed, now_, sent_));
        EXPECT_EQ(consumed, reply.size());
    }

    session::cache_guard guard_{"1"};
    base::time_point now_{};
    std::string sent_;
};

TEST_F(cache_guard_test, process_is_watched_until_it_is_gone) {
    guard_.watch(7);
    look();
    EXPECT_THAT(sent_, HasSubstr("'{7}'"));
    answer(data_row("7"));
    EXPECT_THAT(guard_.take_gone(), IsEmpty());
    look();
    answer("");
    EXPECT_THAT(guard_.take_gone(), ElementsAre(7));
    look();
    EXPECT_THAT(sent_, HasSubstr("'{}'"));
}

TEST_F(cache_guard_test, answer_says_nothing_of_who_was_lost_since_it_was_asked_for) {
    look();
    guard_.watch(7);
    answer("");
    EXPECT_THAT(guard_.take_gone(), IsEmpty());
    look();
    EXPECT_THAT(sent_, HasSubstr("'{7}'"));
    answer("");
    EXPECT_THAT(guard_.take_gone(), ElementsAre(7));
}

TEST(cache_standby_test, nobody_serves_from_a_standby) {
    session::cache_guard guard("1");
    base::time_point now{};
    std::string sent;
    guard.connected(now, sent);
    for (const bool standby : {true, true, false}) {
        const std::string reply = data_row(standby ? "t" : "f") + ready('I');
        std::size_t consumed = 0;
        sent.clear();
        ASSERT_TRUE(guard.receive(reply, consumed, now, sent));
        EXPECT_FALSE(guard.alone());
        EXPECT_EQ(guard.why_not() == metrics::cache_bypass::standby, standby);
        if (!standby) break;
        // Asked again whether it still is one, and for no lock.
        EXPECT_THAT(sent, IsEmpty());
        guard.tick(now += 5s, sent);
        EXPECT_THAT(sent, HasSubstr("pg_is_in_recovery"));
    }
    EXPECT_THAT(sent, HasSubstr("pg_try_advisory_lock"));
}

}  // namespace
}  // namespace pgweir::test
