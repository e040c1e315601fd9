#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.hpp"
#include "net/address.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

/// Host names to addresses, without blocking the worker: Asio asks the name service on one thread of its own for each
/// io_context, a question after the other. Nothing is remembered, because a database that failed over has the same
/// name and another address.
class resolver {
public:
    using callback = std::function<void(base::result<std::vector<socket_address>>)>;

    explicit resolver(reactor& host);

    /// `host` is a name, a numeric address, or a directory that begins with '/' and holds PostgreSQL's unix socket.
    /// `done` is called once, in a tick of its own, never from inside this call, and not at all when the resolver was
    /// destroyed. The addresses are in the order to try them in, and there is at least one.
    void resolve(const std::string& host, std::uint16_t port, callback done);

private:
    using asio_resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

    void answer_soon(base::result<std::vector<socket_address>> answer, callback done);

    reactor& reactor_;
    /// Gone when the resolver is.
    std::shared_ptr<bool> alive_;
    asio_resolver resolver_;
};

}  // namespace pgweir::net
