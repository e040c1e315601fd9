#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "readiness/sockets.hpp"

namespace pgweir::bench {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;
using task = asio::awaitable<void, executor>;
using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

/// No coroutine frame for each operation (as use_awaitable has), no exception for each error.
inline constexpr auto as_result = asio::as_tuple(asio::deferred);

/// The two sockets of a session, shared by its two coroutines, one for each direction.
struct socket_pair {
    socket client;
    socket server;

    socket_pair(const executor& where, base::unique_fd client_fd, base::unique_fd server_fd)
        : client(where, asio::ip::tcp::v4(), client_fd.release()),
          server(where, asio::ip::tcp::v4(), server_fd.release()) {
        client.non_blocking(true);
        server.non_blocking(true);
    }

    /// Ends the other direction too.
    void close() {
        boost::system::error_code ignored;
        client.close(ignored);
        server.close(ignored);
    }
};

/// What the socket took at once of `bytes`. A full socket is no error, any other failure is set in `error`.
inline std::size_t send_now(socket& to, std::span<const char> bytes, boost::system::error_code& error) {
    const std::size_t sent = to.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (error == asio::error::would_block) error = {};
    return sent;
}

/// The rare rest, after send_now: a coroutine of its own, so that a message that fits costs no frame. Owns the bytes,
/// because the caller's buffer may serve other sessions meanwhile. False when the socket is broken.
inline asio::awaitable<bool, executor> send_rest(socket& to, std::string bytes) {
    boost::system::error_code error;
    while (!bytes.empty()) {
        const auto [failed] = co_await to.async_wait(socket::wait_write, as_result);
        if (failed) co_return false;
        bytes.erase(0, send_now(to, bytes, error));
        if (error) co_return false;
    }
    co_return true;
}

/// Accepts for ever; `start` gets a shared socket_pair for each client.
template <class Start>
task accept_clients(const executor where, const ports numbers, Start start) {
    asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor(where, asio::ip::tcp::v4(),
                                                                  listen_on(numbers.listen).release());
    for (;;) {
        const auto [failed] = co_await acceptor.async_wait(socket::wait_read, as_result);
        if (failed) co_return;
        while (base::unique_fd client = accept_client(acceptor.native_handle())) {
            base::unique_fd server = connect_to(numbers.server);
            if (server) start(std::make_shared<socket_pair>(where, std::move(client), std::move(server)));
        }
    }
}

}  // namespace pgweir::bench
