#include "net/acceptor.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/connect.hpp"
#include "net/error.hpp"
#include "net/support.hpp"

namespace pgweir::net {
namespace {

/// No descriptor with this number or above can be opened while it lives.
class descriptor_limit {
public:
    explicit descriptor_limit(int limit) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit lowered = before_;
        lowered.rlim_cur = static_cast<rlim_t>(limit);
        check(::setrlimit(RLIMIT_NOFILE, &lowered), "setrlimit");
    }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

/// What the next one opened would get.
int next_descriptor() {
    const base::unique_fd probe(::dup(STDIN_FILENO));
    check(probe.get(), "dup");
    return probe.get();
}

struct acceptor_test : loop_test {
    deadline_queue deadlines{loop};

    std::unique_ptr<acceptor> open(const std::string& address) {
        return std::make_unique<acceptor>(loop, deadlines, address,
                                          [this](base::unique_fd client, socket_address peer) {
                                              clients.push_back(std::move(client));
                                              peers.push_back(peer);
                                              if (then) then();
                                          });
    }

    static base::unique_fd dial(const acceptor& where) {
        auto fd = start_connect(*socket_address::parse("127.0.0.1", where.local_port()));
        EXPECT_TRUE(fd) << fd.error().message();
        return std::move(fd).value();
    }

    bool wait_for_clients(std::size_t count) {
        return run_until([&] { return clients.size() >= count; });
    }

    /// Before the descriptors run out: UndefinedBehaviorSanitizer opens a pipe when it sees a kind of object for the
    /// first time, and takes a failure for a bad object.
    void accept_one(const acceptor& where) {
        const base::unique_fd client = dial(where);
        ASSERT_TRUE(wait_for_clients(1));
    }

    std::vector<base::unique_fd> clients;
    std::vector<socket_address> peers;
    std::function<void()> then;
};

TEST_F(acceptor_test, accepts_with_the_peers_address_and_the_right_flags) {
    const auto listening = open("127.0.0.1:0");
    ASSERT_NE(listening->local_port(), 0);
    const base::unique_fd client = dial(*listening);
    ASSERT_TRUE(wait_for_clients(1));
    EXPECT_EQ(peers[0], socket_address::local_of(client.get()));
    EXPECT_NE(::fcntl(clients[0].get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(clients[0].get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(acceptor_test, a_crowd_is_accepted_in_turns_and_completely) {
    const auto listening = open("127.0.0.1:0");
    std::vector<base::unique_fd> crowd;
    for (int index = 0; index < 300; ++index) crowd.push_back(dial(*listening));
    std::size_t most_at_once = 0;
    std::size_t before = 0;
    std::uint64_t tick = loop.ticks();
    then = [&] {
        if (loop.ticks() != tick) before = clients.size() - 1;
        tick = loop.ticks();
        most_at_once = std::max(most_at_once, clients.size() - before);
    };
    ASSERT_TRUE(wait_for_clients(300));
    EXPECT_LE(most_at_once, 64U);
}

TEST_F(acceptor_test, listens_on_ipv4_and_ipv6_of_one_port) {
    const auto any = open("*:0");
    const base::unique_fd v4 = dial(*any);
    ASSERT_TRUE(wait_for_clients(1));
    const auto v6 = start_connect(*socket_address::parse("::1", any->local_port()));
    if (!v6 || connect_outcome(v6->get())) GTEST_SKIP() << "no IPv6 here";
    ASSERT_TRUE(wait_for_clients(2));
    EXPECT_EQ(peers[1].host(), "::1");
}

TEST_F(acceptor_test, listens_on_a_name) {
    const auto named = open("localhost:0");
    const base::unique_fd client = dial(*named);
    ASSERT_TRUE(wait_for_clients(1));
}

TEST_F(acceptor_test, a_port_that_is_taken_is_an_error) {
    const auto first = open("127.0.0.1:0");
    try {
        open("127.0.0.1:" + std::to_string(first->local_port()));
        FAIL() << "bound twice";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::address_in_use);
        EXPECT_NE(std::string(error.what()).find(std::to_string(first->local_port())), std::string::npos);
    }
}

TEST_F(acceptor_test, an_address_that_is_none_is_an_error) {
    EXPECT_THROW(open("nonsense:nonsense"), std::system_error);
    EXPECT_THROW(open("192.0.2.1:1"), std::system_error);
    EXPECT_THROW(open("/nonexistent/directory"), std::system_error);
    EXPECT_THROW(open("no such name.invalid:1"), std::system_error);
}

TEST_F(acceptor_test, stops_from_inside_its_callback) {
    const auto listening = open("127.0.0.1:0");
    std::vector<base::unique_fd> crowd;
    for (int index = 0; index < 5; ++index) crowd.push_back(dial(*listening));
    then = [&] { listening->stop(); };
    ASSERT_TRUE(wait_for_clients(1));
    settle();
    EXPECT_EQ(clients.size(), 1U);
}

TEST_F(acceptor_test, a_pause_keeps_newcomers_waiting) {
    const auto listening = open("127.0.0.1:0");
    listening->pause();
    const base::unique_fd client = dial(*listening);
    settle();
    EXPECT_TRUE(clients.empty());
    listening->resume();
    ASSERT_TRUE(wait_for_clients(1));
}

TEST_F(acceptor_test, work_of_an_acceptor_that_is_gone_is_dropped) {
    auto listening = open("127.0.0.1:0");
    listening->resume();
    listening.reset();
    settle();
    EXPECT_TRUE(clients.empty());
}

TEST_F(acceptor_test, without_descriptors_newcomers_are_closed_and_counted) {
    const auto listening = open("127.0.0.1:0");
    accept_one(*listening);
    std::vector<base::unique_fd> crowd;
    for (int index = 0; index < 3; ++index) crowd.push_back(dial(*listening));
    {
        const descriptor_limit limit(next_descriptor());
        ASSERT_TRUE(run_until([&] { return listening->refused_for_descriptors() == 3; }));
        for (const base::unique_fd& each : crowd) {
            char byte = 0;
            ASSERT_TRUE(run_until([&] { return ::recv(each.get(), &byte, 1, 0) == 0; }));
        }
        // Linux reports EMFILE even when nobody waits: that must not keep the loop busy.
        settle();
        const std::uint64_t ticks = loop.ticks();
        run_for(std::chrono::milliseconds(50));
        EXPECT_LE(loop.ticks(), ticks + 1);
    }
    const base::unique_fd late = dial(*listening);
    ASSERT_TRUE(wait_for_clients(2));
    EXPECT_EQ(listening->refused_for_descriptors(), 3U);
}

TEST_F(acceptor_test, when_not_even_the_reserve_helps_it_tries_again_later_without_spinning) {
    const int reserve = next_descriptor();
    const auto listening = open("127.0.0.1:0");
    accept_one(*listening);
    const base::unique_fd client = dial(*listening);
    {
        const descriptor_limit limit(reserve);
        const std::uint64_t ticks = loop.ticks();
        run_for(std::chrono::milliseconds(250));
        EXPECT_LT(loop.ticks(), ticks + 10);
        EXPECT_EQ(listening->refused_for_descriptors(), 0U);
        EXPECT_EQ(clients.size(), 1U);
    }
    // No new event comes: it must look by itself.
    ASSERT_TRUE(wait_for_clients(2));
}

struct unix_acceptor_test : acceptor_test {
    unix_acceptor_test() {
        std::string pattern = (std::filesystem::temp_directory_path() / "pgweir-net-XXXXXX").string();
        directory = ::mkdtemp(pattern.data());
        path = directory + "/.s.PGSQL.6432";
    }
    ~unix_acceptor_test() override { std::filesystem::remove_all(directory); }

    base::unique_fd dial_path() const {
        auto fd = start_connect(*socket_address::unix_path(path));
        EXPECT_TRUE(fd) << fd.error().message();
        return fd ? std::move(fd).value() : base::unique_fd();
    }

    std::string directory;
    std::string path;
};

TEST_F(unix_acceptor_test, listens_at_postgresqls_name_and_cleans_up) {
    {
        const auto listening = open(directory);
        struct stat status{};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0777U);
        const base::unique_fd client = dial_path();
        ASSERT_TRUE(wait_for_clients(1));
        EXPECT_TRUE(peers[0].is_unix());
        EXPECT_EQ(listening->local_port(), 0);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(unix_acceptor_test, replaces_what_a_killed_process_left_but_not_a_living_one) {
    {
        const base::unique_fd killed(::socket(AF_UNIX, SOCK_STREAM, 0));
        const socket_address address = *socket_address::unix_path(path);
        ASSERT_EQ(::bind(killed.get(), address.native(), address.size()), 0);
        ASSERT_EQ(::listen(killed.get(), 1), 0);
        EXPECT_THROW(open(directory), std::system_error);
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    const auto listening = open(directory);
    const base::unique_fd client = dial_path();
    ASSERT_TRUE(wait_for_clients(1));
}

TEST_F(unix_acceptor_test, does_not_remove_the_socket_of_a_successor) {
    auto first = open(directory);
    std::filesystem::rename(path, path + ".old");
    const auto second = open(directory);
    first.reset();
    EXPECT_TRUE(std::filesystem::exists(path));
    const base::unique_fd client = dial_path();
    ASSERT_TRUE(wait_for_clients(1));
}

TEST_F(unix_acceptor_test, takes_sockets_that_are_there) {
    std::vector<listener> only;
    only.push_back(open_unix_listener(path, 0600));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << "whatever the umask";
    {
        const acceptor listening(loop, deadlines, std::move(only), [this](base::unique_fd client, socket_address) {
            clients.push_back(std::move(client));
        });
        const base::unique_fd client = dial_path();
        ASSERT_TRUE(wait_for_clients(1));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(unix_acceptor_test, a_path_that_cannot_be_bound_is_an_error_that_names_it) {
    for (const std::string& wrong : {directory + "/no/such/directory", "/" + std::string(200, 'p'), std::string()}) {
        try {
            open_unix_listener(wrong, 0600);
            ADD_FAILURE() << "bound " << wrong;
        } catch (const std::system_error& error) {
            EXPECT_NE(std::string(error.what()).find(wrong), std::string::npos) << error.what();
        }
    }
}

TEST_F(unix_acceptor_test, does_not_replace_a_file_that_is_no_socket) {
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
    EXPECT_THROW(open(directory), std::system_error);
    EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace pgweir::net
