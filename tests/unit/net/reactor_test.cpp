#include "net/reactor.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/support.hpp"

namespace pgweir::net {
namespace {

using ::testing::ElementsAre;

using reactor_test = loop_test;

TEST_F(reactor_test, reports_at_once_what_is_ready_already) {
    auto [ours, theirs] = socket_pair();
    send_text(theirs, "x");
    recorder seen;
    const registration watched = loop.watch(ours.get(), seen, 7);
    ASSERT_TRUE(run_until([&] { return !seen.events.empty(); }));
    EXPECT_EQ(seen.events.front().tag, 7);
    EXPECT_TRUE(seen.events.front().ready.readable);
    EXPECT_TRUE(seen.events.front().ready.writable);
    EXPECT_FALSE(seen.events.front().ready.hung_up);
    EXPECT_FALSE(seen.events.front().ready.ended);
}

TEST_F(reactor_test, tells_an_edge_once_even_if_bytes_are_left) {
    auto [ours, theirs] = socket_pair();
    recorder seen;
    const registration watched = loop.watch(ours.get(), seen, 0);
    settle();
    seen.events.clear();

    send_text(theirs, "ab");
    ASSERT_TRUE(run_until([&] { return seen.readable() == 1; }));
    EXPECT_EQ(receive_text(ours.get(), 1), "a");
    settle();
    EXPECT_EQ(seen.readable(), 1U);

    send_text(theirs, "c");
    ASSERT_TRUE(run_until([&] { return seen.readable() == 2; }));
    EXPECT_EQ(receive_text(ours.get()), "bc");
}

TEST_F(reactor_test, reports_room_after_a_full_socket_was_drained) {
    auto [ours, theirs] = socket_pair();
    recorder seen;
    const registration watched = loop.watch(ours.get(), seen, 0);
    const std::string block(65536, 'x');
    while (::send(ours.get(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {}
    settle();
    seen.events.clear();
    settle();
    EXPECT_TRUE(seen.events.empty());
    while (!receive_text(theirs.get()).empty()) {}
    ASSERT_TRUE(run_until([&] { return !seen.events.empty(); }));
    EXPECT_TRUE(seen.events.back().ready.writable);
}

TEST_F(reactor_test, an_end_that_comes_with_the_last_bytes_is_told_with_them) {
    auto [ours, theirs] = tcp_pair();
    send_text(theirs, "last words");
    ASSERT_EQ(::shutdown(theirs.get(), SHUT_WR), 0);
    // The end is there before anybody looks.
    std::array<char, 64> bytes{};
    ASSERT_TRUE(run_until([&] { return ::recv(ours.get(), bytes.data(), bytes.size(), MSG_PEEK) == 10; }));
    recorder seen;
    const registration watched = loop.watch(ours.get(), seen, 0);
    ASSERT_TRUE(run_until([&] { return !seen.events.empty(); }));
    EXPECT_TRUE(seen.events.back().ready.readable);
    EXPECT_TRUE(seen.events.back().ready.ended);
    EXPECT_FALSE(seen.events.back().ready.hung_up);
}

TEST_F(reactor_test, a_reset_connection_is_hung_up) {
    auto [ours, theirs] = tcp_pair();
    recorder seen;
    const registration watched = loop.watch(ours.get(), seen, 0);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(theirs.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    theirs.reset();
    ASSERT_TRUE(run_until([&] { return !seen.events.empty() && seen.events.back().ready.hung_up; }));
    EXPECT_TRUE(seen.events.back().ready.ended);
}

TEST_F(reactor_test, an_event_of_the_same_batch_does_not_reach_who_was_removed_meanwhile) {
    auto [first, first_peer] = socket_pair();
    auto [second, second_peer] = socket_pair();
    send_text(first_peer, "x");
    send_text(second_peer, "x");
    std::array<registration, 2> watched;
    recorder seen;
    seen.then = [&](int tag, readiness) { watched[static_cast<std::size_t>(1 - tag)].reset(); };
    watched[0] = loop.watch(first.get(), seen, 0);
    watched[1] = loop.watch(second.get(), seen, 1);
    ASSERT_TRUE(run_until([&] { return !seen.events.empty(); }));
    settle();
    EXPECT_EQ(seen.events.size(), 1U);
}

TEST_F(reactor_test, an_event_of_the_same_batch_does_not_reach_who_got_the_slot_meanwhile) {
    auto [first, first_peer] = socket_pair();
    auto [second, second_peer] = socket_pair();
    auto [silent, silent_peer] = socket_pair();
    send_text(first_peer, "x");
    send_text(second_peer, "x");
    std::array<registration, 2> watched;
    recorder heir;
    registration heir_watched;
    recorder seen;
    seen.then = [&](int tag, readiness) {
        watched[static_cast<std::size_t>(1 - tag)].reset();
        if (!heir_watched) heir_watched = loop.watch(silent.get(), heir, 5);
    };
    watched[0] = loop.watch(first.get(), seen, 0);
    watched[1] = loop.watch(second.get(), seen, 1);
    ASSERT_TRUE(run_until([&] { return !heir.events.empty(); }));
    settle();
    EXPECT_EQ(loop.slot_count(), 2U) << "the slot was not used again, so this proves nothing";
    EXPECT_EQ(heir.readable(), 0U);
    EXPECT_EQ(seen.events.size(), 1U);
}

TEST_F(reactor_test, a_handler_may_destroy_itself_and_its_registration) {
    struct session final : event_handler {
        void on_ready(int, readiness) override { owner->reset(); }
        std::optional<session>* owner = nullptr;
        registration watched;
    };
    auto [ours, theirs] = socket_pair();
    std::optional<session> only(std::in_place);
    only->owner = &only;
    only->watched = loop.watch(ours.get(), *only, 0);
    ASSERT_TRUE(run_until([&] { return !only.has_value(); }));
    send_text(theirs, "x");
    settle();
}

TEST_F(reactor_test, slots_are_used_again) {
    auto [ours, theirs] = socket_pair();
    recorder seen;
    for (int round = 0; round < 100; ++round) {
        const registration watched = loop.watch(ours.get(), seen, round);
        EXPECT_EQ(loop.descriptor_at(0), ours.get());
        settle();
        EXPECT_EQ(seen.events.back().tag, round);
    }
    EXPECT_EQ(loop.slot_count(), 1U);
    EXPECT_EQ(loop.descriptor_at(0), -1);
}

TEST_F(reactor_test, a_registration_moves) {
    auto [ours, theirs] = socket_pair();
    recorder seen;
    registration first = loop.watch(ours.get(), seen, 0);
    registration second = std::move(first);
    EXPECT_FALSE(first);
    EXPECT_TRUE(second);
    first.reset();
    send_text(theirs, "x");
    ASSERT_TRUE(run_until([&] { return seen.readable() == 1; }));
    second = {};
    send_text(theirs, "x");
    settle();
    EXPECT_EQ(seen.readable(), 1U);
}

TEST_F(reactor_test, more_events_than_one_round_takes_are_all_delivered) {
    std::vector<std::pair<base::unique_fd, base::unique_fd>> pairs;
    std::vector<registration> watched;
    recorder seen;
    for (int index = 0; index < 3000; ++index) {
        pairs.push_back(socket_pair());
        send_text(pairs.back().second, "x");
        watched.push_back(loop.watch(pairs.back().first.get(), seen, index));
    }
    ASSERT_TRUE(run_until([&] { return seen.readable() == 3000; }));
}

TEST_F(reactor_test, refuses_what_is_no_descriptor) {
    recorder seen;
    EXPECT_FALSE(loop.watch(-1, seen, 0));
    auto [ours, theirs] = socket_pair();
    const registration watched = loop.watch(ours.get(), seen, 0);
    EXPECT_FALSE(loop.watch(ours.get(), seen, 1));
}

struct noted final : deferred {
    noted(std::vector<int>& into, int what) : into_(into), what_(what) {}
    void run() override {
        into_.push_back(what_);
        if (then) then();
    }

    std::vector<int>& into_;
    int what_;
    std::function<void()> then;
};

TEST_F(reactor_test, deferred_work_runs_after_all_events_of_the_batch_in_order_and_once) {
    std::vector<int> order;
    noted first(order, 1);
    noted second(order, 2);
    auto [left, left_peer] = socket_pair();
    auto [right, right_peer] = socket_pair();
    recorder seen;
    seen.then = [&](int, readiness) {
        order.push_back(0);
        loop.defer(first);
        loop.defer(second);
        loop.defer(first);
    };
    const registration left_watched = loop.watch(left.get(), seen, 0);
    const registration right_watched = loop.watch(right.get(), seen, 1);
    ASSERT_TRUE(run_until([&] { return order.size() >= 4; }));
    EXPECT_THAT(order, ElementsAre(0, 0, 1, 2));
}

TEST_F(reactor_test, deferred_work_may_defer_more_for_the_same_tick) {
    std::vector<int> order;
    noted second(order, 2);
    noted first(order, 1);
    first.then = [&] { loop.defer(second); };
    bool tick_over = false;
    loop.post([&] { loop.defer(first); });
    loop.post([&] { tick_over = order.size() == 2; });
    settle();
    EXPECT_THAT(order, ElementsAre(1, 2));
    EXPECT_TRUE(tick_over);
}

TEST_F(reactor_test, destroying_deferred_work_withdraws_it) {
    std::vector<int> order;
    loop.post([&] {
        noted gone(order, 1);
        loop.defer(gone);
    });
    settle();
    EXPECT_TRUE(order.empty());
}

TEST_F(reactor_test, work_deferred_outside_a_tick_gets_one) {
    std::vector<int> order;
    noted work(order, 1);
    loop.defer(work);
    EXPECT_TRUE(order.empty());
    ASSERT_TRUE(run_until([&] { return order.size() == 1; }));
}

TEST_F(reactor_test, posts_from_other_threads_run_here_each_as_a_tick) {
    constexpr int threads = 4;
    constexpr int posts = 250;
    const auto here = std::this_thread::get_id();
    const std::uint64_t ticks_before = loop.ticks();
    int done = 0;
    std::vector<std::thread> others;
    for (int index = 0; index < threads; ++index) {
        others.emplace_back([&] {
            for (int count = 0; count < posts; ++count) {
                loop.post([&] {
                    EXPECT_EQ(std::this_thread::get_id(), here);
                    ++done;
                });
            }
        });
    }
    EXPECT_TRUE(run_until([&] { return done == threads * posts; }));
    for (std::thread& each : others) each.join();
    EXPECT_GE(loop.ticks() - ticks_before, std::uint64_t{threads} * posts);
}

TEST_F(reactor_test, the_time_is_read_once_for_each_tick) {
    const base::time_point start = loop.now();
    base::time_point first;
    base::time_point later;
    loop.post([&] {
        first = loop.now();
        while (base::clock::now() - first < std::chrono::milliseconds(2)) {}
        EXPECT_EQ(loop.now(), first);
    });
    loop.post([&] { later = loop.now(); });
    settle();
    EXPECT_GT(first, start);
    EXPECT_GE(later - first, std::chrono::milliseconds(2));
    EXPECT_GE(loop.busy_nanoseconds(), 2'000'000U);
}

TEST_F(reactor_test, busy_sockets_do_not_starve_posted_work) {
    auto [ours, theirs] = socket_pair();
    recorder seen;
    bool stop = false;
    // Each event makes the next one.
    seen.then = [&](int, readiness) {
        receive_text(ours.get());
        if (!stop) send_text(theirs, "x");
    };
    const registration watched = loop.watch(ours.get(), seen, 0);
    int turns = 0;
    loop.post([&] { loop.post([&] { loop.post([&] { stop = ++turns == 1; }); }); });
    ASSERT_TRUE(run_until([&] { return stop; }));
    EXPECT_LT(seen.events.size(), 1000U);
}

TEST_F(reactor_test, the_scratch_buffer_is_64_kib) {
    EXPECT_EQ(loop.scratch().size(), 65536U);
}

}  // namespace
}  // namespace pgweir::net
