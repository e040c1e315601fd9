#include "admin/http_client.hpp"

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include "config/values.hpp"

namespace pgweir::admin {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// What is longer is cut.
constexpr std::size_t longest_answer = 65536;

class exchange {
public:
    exchange(std::string host, std::string port, const std::string& path)
        : host_(std::move(host)),
          port_(std::move(port)),
          text_("GET " + path + " HTTP/1.0\r\nHost: " + host_ + "\r\n\r\n") {}

    /// All that was answered. Throws like http_get.
    std::string run(base::duration limit) {
        std::optional<std::exception_ptr> outcome;
        asio::co_spawn(context_, converse(), [&outcome](std::exception_ptr failure) { outcome = std::move(failure); });
        context_.run_for(limit);
        if (!outcome) throw std::runtime_error("no answer within " + config::format_duration(limit));
        if (*outcome) std::rethrow_exception(*outcome);
        return std::move(text_);
    }

private:
    asio::awaitable<void> converse() {
        const auto found =
            co_await resolver_.async_resolve(host_, port_, tcp::resolver::numeric_service, asio::use_awaitable);
        co_await asio::async_connect(socket_, found, asio::use_awaitable);
        co_await asio::async_write(socket_, asio::buffer(text_), asio::use_awaitable);
        text_.clear();
        error_code ended;
        co_await asio::async_read(socket_, asio::dynamic_buffer(text_, longest_answer),
                                  asio::redirect_error(asio::use_awaitable, ended));
        if (ended && ended != asio::error::eof) throw boost::system::system_error(ended);
    }

    asio::io_context context_{1};
    tcp::resolver resolver_{context_};
    tcp::socket socket_{context_};
    std::string host_;
    std::string port_;
    std::string text_;  ///< the request, then the answer
};

}  // namespace

http_answer http_get(const std::string& host, std::uint16_t port, const std::string& path, base::duration limit) {
    std::string text;
    try {
        text = exchange(host, std::to_string(port), path).run(limit);
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error(error.code().message());
    }
    auto answer = parse_http_answer(text);
    if (!answer) throw std::runtime_error(text.empty() ? "closed the connection without an answer" : "answers no HTTP");
    return std::move(*answer);
}

}  // namespace pgweir::admin
