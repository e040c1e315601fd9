#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pgweir::admin {

/// The longest request that is read, its body not included.
inline constexpr std::size_t longest_http_request = 8192;

/// What is used of a request; points into its text.
struct http_request {
    std::string_view method;
    std::string_view path;  ///< without query; not decoded, as none of our paths has anything to decode
};

/// `head` begins with the request line of an HTTP/1 request (RFC 9112, section 3). Empty if it is not one.
std::optional<http_request> parse_http_request(std::string_view head);

struct http_response {
    int status = 200;
    std::string body;
    std::string_view content_type = "text/plain; charset=utf-8";
};

/// The whole answer, after which the connection is closed. Without body, as HEAD wants it, the length is still told.
std::string to_text(const http_response& response, bool with_body);

/// What somebody else's server has answered.
struct http_answer {
    int status = 0;
    std::string body;
};

/// `text` is all that came until the server closed the connection, with its body as it is: asked by HTTP/1.0 no server
/// encodes it. Empty if it does not begin with a status line (RFC 9112, section 4) and a complete head.
std::optional<http_answer> parse_http_answer(std::string_view text);

}  // namespace pgweir::admin
