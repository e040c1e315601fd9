#include "admin/http_message.hpp"

#include <charconv>
#include <system_error>

namespace pgweir::admin {

namespace {

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 503: return "Service Unavailable";
        default: return "Internal Server Error";
    }
}

// Up to the blank, which is taken from the rest; empty if there is none.
std::string_view take_word(std::string_view& rest) {
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return {};
    const std::string_view word = rest.substr(0, blank);
    rest.remove_prefix(blank + 1);
    return word;
}

// From http://host/path?query, which a server has to accept too, and /path?query.
std::string_view path_of(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    if (target.starts_with(scheme)) {
        const std::size_t slash = target.find('/', scheme.size());
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    return target.substr(0, target.find_first_of("?#"));
}

}  // namespace

std::optional<http_request> parse_http_request(std::string_view head) {
    std::string_view line = head.substr(0, head.find("\r\n"));
    http_request request;
    request.method = take_word(line);
    request.path = path_of(take_word(line));
    if (request.method.empty() || request.path.empty() || !line.starts_with("HTTP/1.")) return std::nullopt;
    return request;
}

std::string to_text(const http_response& response, bool with_body) {
    std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
    text.append(reason_phrase(response.status));
    text.append("\r\nContent-Type: ").append(response.content_type);
    text.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
    if (response.status == 405) text.append("\r\nAllow: GET, HEAD");
    text.append("\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
    if (with_body) text.append(response.body);
    return text;
}

std::optional<http_answer> parse_http_answer(std::string_view text) {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    const std::size_t head = text.find(end_of_head);
    std::string_view line = text.substr(0, text.find("\r\n"));
    if (head == std::string_view::npos || !take_word(line).starts_with("HTTP/1.")) return std::nullopt;
    const std::string_view code = line.substr(0, line.find(' '));
    http_answer answer;
    const auto [stop, error] = std::from_chars(code.begin(), code.end(), answer.status);
    if (error != std::errc{} || stop != code.end() || answer.status < 100 || answer.status > 999) return std::nullopt;
    answer.body = text.substr(head + end_of_head.size());
    return answer;
}

}  // namespace pgweir::admin
