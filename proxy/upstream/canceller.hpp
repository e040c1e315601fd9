#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/address.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"

namespace pgweir::upstream {

/// Sends cancel requests on connections of their own, for one worker, and waits until the server has closed each:
/// from then on it can strike nobody (manual, "Canceling Requests in Progress").
class canceller {
public:
    /// `struck_or_harmless`: the server closed the connection in good order, or was never reached. False: the request
    /// may still be on its way.
    using callback = std::function<void(bool struck_or_harmless)>;

    canceller(net::reactor& host, net::deadline_queue& deadlines) : reactor_(host), deadlines_(deadlines) {}

    /// `done` is called once, in a tick of its own.
    void cancel(const net::socket_address& where, std::int32_t process_id, std::string secret_key, callback done);

    std::size_t under_way() const noexcept { return requests_.size(); }

private:
    class request;

    void finish(std::uint64_t id, bool harmless);

    net::reactor& reactor_;
    net::deadline_queue& deadlines_;
    std::unordered_map<std::uint64_t, std::shared_ptr<request>> requests_;
    std::uint64_t next_id_ = 1;
};

}  // namespace pgweir::upstream
