#include "relay/listeners.hpp"

#include "relay/client_id.hpp"

namespace pgweir::relay {

void listeners::ask(std::uint64_t client, shared_pool& of, session::hub_request what) {
    workers_.post(first_worker,
                  [this, client, &of, what = std::move(what)] { listener_of(of, what.encoding).ask(client, what); });
}

void listeners::leave(std::uint64_t client, shared_pool& of) {
    workers_.post(first_worker, [this, client, &of] {
        for (auto& [where, each] : listeners_) {
            if (where.first == of.database()) each->leave(client);
        }
    });
}

void listeners::reconfigured() {
    workers_.post(first_worker, [this] {
        for (auto& [where, each] : listeners_) each->reconfigured();
    });
}

listener& listeners::listener_of(shared_pool& pool, const std::string& encoding) {
    auto& found = listeners_[{pool.database(), encoding}];
    if (!found) {
        found = std::make_unique<listener>(
            with_, pool, encoding, random_.number(), [this](std::uint64_t client, const session::hub_answer& what) {
                workers_.post(worker_of(client), [this, client, what] { workers_.tell_client(client, what); });
            });
    }
    return *found;
}

}  // namespace pgweir::relay
