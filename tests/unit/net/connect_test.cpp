#include "net/connect.hpp"

#include <netinet/tcp.h>

#include <cstdlib>
#include <string>

#include "net/support.hpp"

namespace pgweir::net {
namespace {

int option(int fd, int level, int name) {
    int value = -1;
    socklen_t length = sizeof(value);
    EXPECT_EQ(::getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

struct connect_test : loop_test {
    connect_test() : listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const socket_address any = *socket_address::parse("127.0.0.1", 0);
        check(::bind(listening.get(), any.native(), any.size()), "bind");
    }

    std::error_code outcome_of(int fd) {
        recorder seen;
        const registration watched = loop.watch(fd, seen, 0);
        run_until([&] { return !seen.events.empty() && seen.events.back().ready.writable; });
        return connect_outcome(fd);
    }

    base::unique_fd listening;
};

TEST_F(connect_test, connects_without_blocking_and_sets_the_options) {
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    const auto fd = start_connect(socket_address::local_of(listening.get()));
    ASSERT_TRUE(fd) << fd.error().message();
    EXPECT_FALSE(outcome_of(fd->get()));
    EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(option(fd->get(), IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_NE(option(fd->get(), SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_EQ(option(fd->get(), IPPROTO_TCP, TCP_KEEPIDLE), 30);
    // Would tear off a stream into a server that lives but does not read for a while.
    EXPECT_EQ(option(fd->get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

TEST_F(connect_test, a_refused_connection_says_so) {
    const auto fd = start_connect(socket_address::local_of(listening.get()));
    ASSERT_TRUE(fd);
    EXPECT_EQ(outcome_of(fd->get()), std::errc::connection_refused);
}

TEST_F(connect_test, a_unix_socket_that_is_not_there_fails_at_once) {
    const auto fd = start_connect(*socket_address::unix_path("/nonexistent/.s.PGSQL.5432"));
    EXPECT_EQ(fd.error(), std::errc::no_such_file_or_directory);
}

TEST_F(connect_test, no_address_is_an_error) {
    EXPECT_FALSE(start_connect(socket_address()));
}

}  // namespace
}  // namespace pgweir::net
