#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "base/result.hpp"
#include "net/address.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

/// Host names to addresses, without blocking the worker: the name service is asked on one thread, started for the first
/// name, a question after the other. Nothing is remembered, because a database that failed over has the same
/// name and another address.
class resolver {
public:
    using callback = std::function<void(base::result<std::vector<socket_address>>)>;

    explicit resolver(reactor& host) : reactor_(host), alive_(std::make_shared<bool>(true)) {}
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;

    /// `host` is a name, a numeric address, or a directory that begins with '/' and holds PostgreSQL's unix socket.
    /// `done` is called once, in a tick of its own, never from inside this call, and not at all when the resolver was
    /// destroyed. The addresses are in the order to try them in, and there is at least one.
    void resolve(const std::string& host, std::uint16_t port, callback done);

    ~resolver();

private:
    void answer_soon(base::result<std::vector<socket_address>> answer, callback done);

    reactor& reactor_;
    /// Gone when the resolver is.
    std::shared_ptr<bool> alive_;
    std::unique_ptr<boost::asio::thread_pool> asking_;  ///< null until there is a name to ask for
};

}  // namespace pgweir::net
