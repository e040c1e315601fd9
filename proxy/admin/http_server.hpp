#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "admin/http_message.hpp"

namespace pgweir::admin {

/// As much HTTP as scrapers and probes need: one request for each connection, no body. One thread of its own; a peer
/// that is slow, silent or rude costs nothing but its connection, of which there is a limit.
class http_server {
public:
    /// Called on the server's thread. What it throws is answered with status 500.
    using handler = std::function<http_response(const http_request&)>;

    /// Throws std::runtime_error when it cannot listen; `address` as of http_endpoint.
    http_server(const std::string& address, handler answer);
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    /// Breaks off what is in progress.
    ~http_server();

    std::uint16_t port() const;

private:
    struct connection;

    void listen(const std::string& address);
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(std::shared_ptr<connection> peer);
    http_response answer_to(const http_request& request) const noexcept;

    handler answer_;
    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::acceptor acceptor_{context_};
    std::size_t connections_ = 0;
    std::thread thread_;
};

}  // namespace pgweir::admin
