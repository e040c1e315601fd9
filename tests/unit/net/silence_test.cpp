#include "net/silence.hpp"

#include <linux/filter.h>
#include <netinet/tcp.h>

#include <chrono>
#include <string>

#include "net/support.hpp"

namespace pgweir::net {
namespace {

using namespace std::chrono_literals;

/// From now on the socket's side of the connection behaves as if its machine were off: its kernel drops all segments.
void power_off(int fd) {
    sock_filter drop_all{};
    drop_all.code = BPF_RET | BPF_K;
    const sock_fprog program{.len = 1, .filter = &drop_all};
    check(::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), "SO_ATTACH_FILTER");
}

tcp_info info_of(int fd) {
    tcp_info info{};
    socklen_t length = sizeof(info);
    check(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
    return info;
}

void fill(int fd) {
    const std::string block(65536, 'x');
    while (::send(fd, block.data(), block.size(), MSG_NOSIGNAL) > 0) {}
}

struct silence_test : loop_test {
    silence_test() {
        auto [first, second] = tcp_pair();
        ours = std::move(first);
        theirs = std::move(second);
    }

    base::unique_fd ours;
    base::unique_fd theirs;
};

TEST_F(silence_test, a_peer_that_is_off_is_silent) {
    EXPECT_FALSE(peer_is_silent(ours.get(), 0s)) << "nothing was sent";
    power_off(theirs.get());
    send_text(ours, "select 1");
    EXPECT_FALSE(peer_is_silent(ours.get(), 300ms));
    EXPECT_TRUE(run_until([&] { return peer_is_silent(ours.get(), 300ms); }));
    EXPECT_FALSE(peer_is_silent(ours.get(), 1h));
}

TEST_F(silence_test, a_peer_that_does_not_read_is_not_silent) {
    fill(ours.get());
    // By then the kernel has asked several times whether the window is open again.
    ASSERT_TRUE(run_until([&] {
        const tcp_info seen = info_of(ours.get());
        EXPECT_FALSE(peer_is_silent(ours.get(), 100ms))
            << "retransmits " << unsigned{seen.tcpi_retransmits} << ", probes " << unsigned{seen.tcpi_probes}
            << ", unacked " << seen.tcpi_unacked << ", last ack " << seen.tcpi_last_ack_recv << " ms ago, last sent "
            << seen.tcpi_last_data_sent << " ms ago";
        return seen.tcpi_backoff >= 3 || HasFailure();
    }));
    EXPECT_GE(info_of(ours.get()).tcpi_last_ack_recv, 0U);
}

TEST_F(silence_test, a_peer_that_stopped_reading_and_then_went_off_is_silent) {
    fill(ours.get());
    ASSERT_TRUE(run_until([&] { return info_of(ours.get()).tcpi_backoff >= 1; }));
    power_off(theirs.get());
    EXPECT_TRUE(run_until([&] { return peer_is_silent(ours.get(), 300ms); }));
}

TEST_F(silence_test, an_idle_connection_and_other_sockets_are_not_silent) {
    const auto [left, right] = socket_pair();
    EXPECT_FALSE(peer_is_silent(left.get(), 0s));
    EXPECT_FALSE(peer_is_silent(-1, 0s));
    EXPECT_FALSE(peer_is_silent(STDIN_FILENO, 0s));
}

TEST_F(silence_test, the_sweep_ends_a_connection_to_a_silent_peer_and_no_other) {
    deadline_queue deadlines(loop);
    const silence_sweep sweep(loop, deadlines, 200ms);
    auto [good, good_peer] = tcp_pair();
    recorder seen;
    const registration watched = loop.watch(ours.get(), seen, 1);
    const registration good_watched = loop.watch(good.get(), seen, 2);
    power_off(theirs.get());
    send_text(ours, "select 1");
    fill(good.get());
    std::size_t ends = 0;
    seen.then = [&](int tag, readiness ready) {
        EXPECT_TRUE(tag == 1 || !ready.ended);
        ends += ready.ended ? 1 : 0;
    };
    ASSERT_TRUE(run_until([&] { return ends > 0; }));
    char byte = 0;
    EXPECT_EQ(::recv(ours.get(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace pgweir::net
