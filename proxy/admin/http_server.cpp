#include "admin/http_server.hpp"

#include <charconv>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

namespace pgweir::admin {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t most_connections = 64;
constexpr auto longest_connection = std::chrono::seconds(10);
constexpr auto accept_pause = std::chrono::milliseconds(100);

struct host_and_port {
    std::string host;
    std::string port;
};

host_and_port split(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon != std::string::npos && colon > 0) {
        std::string host = address.substr(0, colon);
        const std::string port = address.substr(colon + 1);
        std::uint16_t number = 0;
        const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
        if (bracketed) host = host.substr(1, host.size() - 2);
        if (error == std::errc{} && stop == port.data() + port.size() &&
            (bracketed || host.find_first_of(":[]") == std::string::npos))
            return {host, port};
    }
    throw std::runtime_error("cannot serve HTTP on \"" + address + "\": expected host:port or [v6]:port");
}

}  // namespace

struct http_server::connection {
    explicit connection(tcp::socket accepted) : socket(std::move(accepted)), deadline(socket.get_executor()) {}

    tcp::socket socket;
    asio::steady_timer deadline;
    std::string input;
    std::string output;
};

http_server::http_server(const std::string& address, handler answer) : answer_(std::move(answer)) {
    listen(address);
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

http_server::~http_server() {
    context_.stop();
    thread_.join();
}

std::uint16_t http_server::port() const {
    return acceptor_.local_endpoint().port();
}

void http_server::listen(const std::string& address) {
    const host_and_port where = split(address);
    try {
        const auto found = tcp::resolver(context_).resolve(where.host, where.port,
                                                           tcp::resolver::passive | tcp::resolver::numeric_service);
        const tcp::endpoint endpoint = found.begin()->endpoint();
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(endpoint);
        acceptor_.listen();
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("cannot serve HTTP on \"" + address + "\": " + error.code().message());
    }
}

asio::awaitable<void> http_server::accept() {
    asio::steady_timer pause(context_);
    for (;;) {
        error_code failed;
        tcp::socket accepted = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (failed) {
            // No descriptor is free: the next attempt would fail at once again.
            pause.expires_after(accept_pause);
            co_await pause.async_wait(asio::use_awaitable);
        } else if (connections_ < most_connections) {
            ++connections_;
            asio::co_spawn(context_, serve(std::make_shared<connection>(std::move(accepted))),
                           [this](const std::exception_ptr&) { --connections_; });
        }
    }
}

asio::awaitable<void> http_server::serve(std::shared_ptr<connection> peer) {
    peer->deadline.expires_after(longest_connection);
    peer->deadline.async_wait([peer](error_code cancelled) {
        error_code ignored;
        if (!cancelled) peer->socket.close(ignored);
    });
    error_code failed;
    const auto outcome = [&failed] { return asio::redirect_error(asio::use_awaitable, failed); };
    co_await asio::async_read_until(peer->socket, asio::dynamic_buffer(peer->input, longest_http_request), "\r\n\r\n",
                                    outcome());
    // A request that is too long is answered like any other that is not understood.
    if (!failed || failed == asio::error::not_found) {
        const auto request = failed ? std::nullopt : parse_http_request(peer->input);
        const http_response response = request ? answer_to(*request) : http_response{400, "bad request\n"};
        peer->output = to_text(response, !request || request->method != "HEAD");
        co_await asio::async_write(peer->socket, asio::buffer(peer->output), outcome());

        // Closing while a body is on its way would reset the connection, and the answer with it.
        error_code ignored;
        peer->socket.shutdown(tcp::socket::shutdown_send, ignored);
        peer->input.resize(longest_http_request);
        while (!failed) co_await peer->socket.async_read_some(asio::buffer(peer->input), outcome());
    }
    peer->deadline.cancel();
}

http_response http_server::answer_to(const http_request& request) const noexcept {
    try {
        return answer_(request);
    } catch (const std::exception& error) {
        return {500, std::string(error.what()) + "\n"};
    }
}

}  // namespace pgweir::admin
