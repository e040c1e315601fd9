#include "admin/http_endpoint.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "admin/http_message.hpp"
#include "base/unique_fd.hpp"
#include "metrics/exporter/exporter.hpp"
#include "metrics/sample_snapshot.hpp"

namespace pgweir::admin {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class http_endpoint_test : public testing::Test {
protected:
    std::unique_ptr<http_endpoint> start(const std::string& address = "127.0.0.1:0") {
        return std::make_unique<http_endpoint>(
            address, std::make_shared<metrics::exporter>(test::sample_snapshot), [this] { return healthy_.load(); },
            [this]() -> std::string {
                if (broken_) throw std::runtime_error("broken");
                return not_ready_;
            });
    }

    static base::unique_fd connect(const http_endpoint& endpoint) {
        base::unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.bound_port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return fd;
    }

    // The whole answer, up to the end of the connection.
    static std::string ask(const http_endpoint& endpoint, const std::string& request) {
        const base::unique_fd fd = connect(endpoint);
        const std::string text = request + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
        if (::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
            return "not sent";
        std::string answer;
        char piece[4096];
        for (ssize_t got; (got = ::recv(fd.get(), piece, sizeof piece, 0)) > 0;)
            answer.append(piece, static_cast<std::size_t>(got));
        return answer;
    }

    static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

    std::atomic<bool> healthy_{true};
    std::atomic<bool> broken_{false};
    std::string not_ready_;
};

TEST_F(http_endpoint_test, metrics) {
    const auto endpoint = start();
    const std::string answer = ask(*endpoint, "GET /metrics");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    EXPECT_THAT(answer, HasSubstr("\npgweir_pool_size{pool=\"app\"} 20\n"));
    EXPECT_THAT(answer, Not(HasSubstr("exposer_")));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: " + std::to_string(body_of(answer).size()) + "\r\n"));
    EXPECT_EQ(body_of(ask(*endpoint, "GET /metrics?name[]=x")).substr(0, 6), "# HELP");
}

TEST_F(http_endpoint_test, head_has_no_body) {
    const auto endpoint = start();
    for (const std::string path : {"/metrics", "/healthz", "/readyz", "/"}) {
        const std::string answer = ask(*endpoint, "HEAD " + path);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n")) << path;
        EXPECT_THAT(answer, Not(HasSubstr("Content-Length: 0\r\n"))) << path;
        EXPECT_EQ(body_of(answer), "") << path;
    }
}

TEST_F(http_endpoint_test, health) {
    const auto endpoint = start();
    EXPECT_THAT(ask(*endpoint, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
    healthy_ = false;
    EXPECT_THAT(ask(*endpoint, "GET /healthz"), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(ask(*endpoint, "GET /readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_endpoint_test, readiness_says_why) {
    not_ready_ = "draining";
    const auto endpoint = start();
    const std::string answer = ask(*endpoint, "GET /readyz");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(body_of(answer), "draining\n");
    EXPECT_THAT(ask(*endpoint, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_endpoint_test, exact_paths_only) {
    const auto endpoint = start();
    EXPECT_THAT(body_of(ask(*endpoint, "GET /")), HasSubstr("/metrics"));
    for (const std::string path : {"/metrics/", "/metrics/x", "/metricsx", "/nothing", "/../etc/passwd", "/index.html"})
        EXPECT_THAT(ask(*endpoint, "GET " + path), StartsWith("HTTP/1.1 404 Not Found\r\n")) << path;
}

TEST_F(http_endpoint_test, only_get_and_head) {
    const auto endpoint = start();
    for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
        const std::string answer = ask(*endpoint, method + " /metrics");
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n")) << method;
        EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n")) << method;
    }
}

TEST_F(http_endpoint_test, an_exception_is_an_answer) {
    const auto endpoint = start();
    broken_ = true;
    EXPECT_THAT(ask(*endpoint, "GET /readyz"), StartsWith("HTTP/1.1 500 "));
    broken_ = false;
    EXPECT_THAT(ask(*endpoint, "GET /readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_endpoint_test, what_is_no_request) {
    const auto endpoint = start();
    EXPECT_THAT(ask(*endpoint, "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(ask(*endpoint, "GET /" + std::string(longest_http_request, 'a')), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(*endpoint, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_endpoint_test, a_body_does_not_cost_the_answer) {
    const auto endpoint = start();
    const std::string answer = ask(*endpoint, "POST /metrics HTTP/1.1\r\n\r\n" + std::string(20000, 'x'));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
}

TEST_F(http_endpoint_test, silent_peers_hold_up_nobody) {
    const auto endpoint = start();
    std::vector<base::unique_fd> silent;
    for (int i = 0; i < 20; ++i) silent.push_back(connect(*endpoint));
    EXPECT_THAT(ask(*endpoint, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_endpoint_test, a_busy_port_fails_the_start_and_says_so) {
    const auto first = start();
    const std::string address = "127.0.0.1:" + std::to_string(first->bound_port());
    try {
        start(address);
        FAIL() << "started twice on " << address;
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(address));
        EXPECT_THAT(error.what(), HasSubstr("Address already in use"));
    }
    EXPECT_THAT(ask(*first, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_endpoint_test, the_port_is_free_again_at_the_end) {
    std::string address;
    {
        const auto endpoint = start();
        address = "127.0.0.1:" + std::to_string(endpoint->bound_port());
        ask(*endpoint, "GET /");
    }
    EXPECT_NO_THROW(start(address));
}

TEST_F(http_endpoint_test, addresses) {
    for (const char* wrong : {"", "9127", ":9127", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
                              "127.0.0.1:1s", "127.0.0.1:0,127.0.0.1:0", "::1:0", "[]:0"}) {
        try {
            start(wrong);
            ADD_FAILURE() << "started on " << wrong;
        } catch (const std::runtime_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("expected host:port")) << wrong;
        }
    }
    EXPECT_NO_THROW(start("localhost:0"));
    EXPECT_NO_THROW(start("0.0.0.0:0"));
    EXPECT_NO_THROW(start("[::1]:0"));
}

}  // namespace
}  // namespace pgweir::admin
