#include "net/transport.hpp"

#include <string>
#include <utility>

#include "net/support.hpp"

namespace pgweir::net {
namespace {

io_result read_some(transport& from, std::string& into, std::size_t limit = 65536) {
    std::string buffer(limit, '\0');
    const io_result result = from.read(buffer);
    into.append(buffer, 0, result.bytes);
    return result;
}

struct transport_test : ::testing::Test {
    transport_test() {
        auto [first, second] = socket_pair();
        ours = transport(std::move(first));
        theirs = transport(std::move(second));
    }

    /// Without a bound: the socket's own.
    std::size_t fill(transport& which) {
        const std::string block(65536, 'x');
        std::size_t written = 0;
        io_result last{.status = io_status::done};
        while (last.status == io_status::done) {
            last = which.write(block);
            written += last.bytes;
        }
        EXPECT_EQ(last.status, io_status::want_write);
        return written;
    }

    transport ours;
    transport theirs;
};

TEST_F(transport_test, an_empty_transport_is_closed) {
    const transport none;
    EXPECT_FALSE(none.is_open());
    EXPECT_EQ(none.fd(), -1);
}

TEST_F(transport_test, nothing_to_read_wants_read) {
    std::string text;
    const io_result result = read_some(ours, text);
    EXPECT_EQ(result.status, io_status::want_read);
    EXPECT_EQ(result.bytes, 0U);
    EXPECT_TRUE(result.drained);
    EXPECT_FALSE(result.error);
}

TEST_F(transport_test, a_read_says_whether_it_emptied_the_socket) {
    ASSERT_EQ(theirs.write("abcdef").bytes, 6U);
    std::string text;
    EXPECT_FALSE(read_some(ours, text, 4).drained);
    EXPECT_TRUE(read_some(ours, text, 4).drained);
    EXPECT_EQ(text, "abcdef");
    EXPECT_EQ(read_some(ours, text).status, io_status::want_read);
}

TEST_F(transport_test, two_stretches_go_out_in_order) {
    EXPECT_EQ(ours.write("head ", "tail").bytes, 9U);
    EXPECT_EQ(ours.write("", " third").bytes, 6U);
    EXPECT_EQ(ours.write(" fourth", "").bytes, 7U);
    const io_result nothing = ours.write("", "");
    EXPECT_EQ(nothing.status, io_status::done);
    EXPECT_EQ(nothing.bytes, 0U);
    EXPECT_EQ(receive_text(theirs.fd()), "head tail third fourth");
}

TEST_F(transport_test, a_short_write_is_done_with_fewer_bytes) {
    const std::string large(8 << 20, 'y');
    const io_result result = ours.write(large);
    EXPECT_EQ(result.status, io_status::done);
    EXPECT_GT(result.bytes, 0U);
    EXPECT_LT(result.bytes, large.size());
    const io_result full = ours.write("z");
    EXPECT_EQ(full.status, io_status::want_write);
    EXPECT_EQ(full.bytes, 0U);
}

TEST_F(transport_test, a_short_gathering_write_loses_and_repeats_nothing) {
    std::string first;
    std::string second;
    for (int index = 0; index < 100'000; ++index) first += std::to_string(index);
    for (int index = 0; index < 500'000; ++index) second += std::to_string(index);
    const std::string all = first + second;
    std::string received;
    std::size_t sent = 0;
    bool was_short = false;
    while (received.size() < all.size()) {
        base::bytes_view rest_first = base::bytes_view(first).substr(std::min(sent, first.size()));
        base::bytes_view rest_second = base::bytes_view(second).substr(sent > first.size() ? sent - first.size() : 0);
        const io_result result = ours.write(rest_first, rest_second);
        ASSERT_NE(result.status, io_status::failed);
        sent += result.bytes;
        was_short = was_short || sent < all.size();
        read_some(theirs, received);
    }
    EXPECT_TRUE(was_short);
    EXPECT_EQ(received, all);
}

TEST_F(transport_test, what_was_drained_makes_room) {
    const std::size_t written = fill(ours);
    std::string text;
    while (read_some(theirs, text).status == io_status::done) {}
    EXPECT_EQ(text.size(), written);
    EXPECT_EQ(ours.write("more").bytes, 4U);
}

TEST_F(transport_test, the_end_comes_after_the_last_bytes) {
    ASSERT_EQ(theirs.write("last").bytes, 4U);
    theirs.close();
    EXPECT_FALSE(theirs.is_open());
    std::string text;
    EXPECT_EQ(read_some(ours, text).status, io_status::done);
    EXPECT_EQ(text, "last");
    EXPECT_EQ(read_some(ours, text).status, io_status::closed);
}

TEST_F(transport_test, writing_to_a_closed_peer_fails_without_a_signal) {
    theirs.close();
    const io_result plain = ours.write("x");
    EXPECT_EQ(plain.status, io_status::failed);
    EXPECT_EQ(plain.error, std::errc::broken_pipe);
    EXPECT_EQ(ours.write("x", "y").status, io_status::failed);
}

TEST_F(transport_test, a_half_closed_stream_still_reads) {
    ours.shutdown_write();
    std::string text;
    EXPECT_EQ(read_some(theirs, text).status, io_status::closed);
    ASSERT_EQ(theirs.write("answer").bytes, 6U);
    EXPECT_EQ(read_some(ours, text).status, io_status::done);
    EXPECT_EQ(text, "answer");
    EXPECT_EQ(ours.write("x").status, io_status::failed);
}

/// A half-closed stream is writable, so who shuts down whenever it is would hear of it without end.
TEST_F(loop_test, a_stream_is_shut_down_once_however_often_it_is_asked) {
    for (auto& [near, far] : {tcp_pair(), socket_pair()}) {
        transport stream(base::unique_fd(::dup(near.get())));
        recorder told;
        told.then = [&](int, readiness) { stream.shutdown_write(); };
        const registration watched = loop.watch(stream.fd(), told, 0);
        for (int turn = 0; turn < 10; ++turn) loop.run_once(base::duration::zero());
        EXPECT_GE(told.events.size(), 1U);
        EXPECT_LE(told.events.size(), 2U);
    }
}

TEST_F(transport_test, a_reset_is_a_failure_with_its_reason) {
    auto [first, second] = tcp_pair();
    transport survivor(std::move(first));
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(second.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    second.reset();
    std::string text;
    io_result result = read_some(survivor, text);
    while (result.status == io_status::want_read) result = read_some(survivor, text);
    EXPECT_EQ(result.status, io_status::failed);
    EXPECT_EQ(result.error, std::errc::connection_reset);
}

TEST_F(transport_test, a_closed_descriptor_fails) {
    ours.close();
    std::string text;
    EXPECT_EQ(read_some(ours, text).error, std::errc::bad_file_descriptor);
    EXPECT_EQ(ours.write("x").error, std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace pgweir::net
