#include "upstream/connector.hpp"

#include <array>
#include <utility>

#include "upstream/connect_attempt.hpp"

namespace pgweir::upstream {

connector::connector(net::reactor& host, net::deadline_queue& deadlines, net::random_source& random,
                     base::interner& texts)
    : reactor_(host), deadlines_(deadlines), random_(random), texts_(texts), resolver_(host) {}

connector::~connector() = default;

void connector::open(const settings& where, opening_request request, open_callback done) {
    std::array<char, 18> nonce{};
    random_.fill(nonce);
    const std::uint64_t id = next_id_++;
    auto attempt = std::make_unique<connect_attempt>(*this, id, where, std::move(request),
                                                     base::bytes_view(nonce.data(), nonce.size()));
    attempt->done = std::move(done);
    attempts_.emplace(id, std::move(attempt));
    resolver_.resolve(where.host, where.port, [this, id](base::result<std::vector<net::socket_address>> found) {
        const auto waiting = attempts_.find(id);
        if (waiting == attempts_.end()) return;
        if (found)
            waiting->second->begin(std::move(*found));
        else
            waiting->second->fail(pool::connect_failure::unreachable, found.error().message());
    });
}

void connector::finish(std::uint64_t id, open_result result) {
    const auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    // The attempt is on the call stack below us: it is destroyed, with its callback, in a tick of its own.
    std::shared_ptr<connect_attempt> over(std::move(found->second));
    attempts_.erase(found);
    auto shared = std::make_shared<open_result>(std::move(result));
    reactor_.post([over, shared, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) over->done(std::move(*shared));
    });
}

}  // namespace pgweir::upstream
