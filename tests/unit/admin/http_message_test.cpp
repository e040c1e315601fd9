#include "admin/http_message.hpp"

#include <gtest/gtest.h>

namespace pgweir::admin {
namespace {

TEST(http_message, request_lines) {
    const auto request = parse_http_request("GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "GET");
    EXPECT_EQ(request->path, "/metrics");
    EXPECT_EQ(parse_http_request("HEAD http://host:9127/readyz#x HTTP/1.0\r\n")->path, "/readyz");
    EXPECT_EQ(parse_http_request("GET http://host HTTP/1.1\r\n")->path, "/");
}

TEST(http_message, what_is_no_request_line) {
    for (const char* line : {"", "\r\n", "GET", "GET /", "GET  HTTP/1.1", " / HTTP/1.1", "GET / HTTP/2", "GET / x",
                             "GET ?a HTTP/1.1", "\r\nGET / HTTP/1.1"})
        EXPECT_FALSE(parse_http_request(line)) << line;
}

TEST(http_message, answers) {
    EXPECT_EQ(to_text({200, "ok\n"}, true),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
              "Cache-Control: no-store\r\nConnection: close\r\n\r\nok\n");
    EXPECT_EQ(to_text({503, "ok\n", "a/b"}, false),
              "HTTP/1.1 503 Service Unavailable\r\nContent-Type: a/b\r\nContent-Length: 3\r\n"
              "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
}

TEST(http_message, answers_of_others) {
    const auto answer = parse_http_answer("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nnot ready\r\n\r\nyet\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503);
    EXPECT_EQ(answer->body, "not ready\r\n\r\nyet\n");
    EXPECT_EQ(parse_http_answer(to_text({200, "ok\n"}, true))->body, "ok\n");
    EXPECT_EQ(parse_http_answer("HTTP/1.0 204\r\n\r\n")->status, 204);
}

TEST(http_message, what_is_no_answer) {
    for (const char* text : {"", "\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 \r\n\r\n",
                             "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n",
                             "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "200 OK\r\n\r\n"})
        EXPECT_FALSE(parse_http_answer(text)) << text;
}

}  // namespace
}  // namespace pgweir::admin
