#include "relay/worker.hpp"

#include <utility>

#include "relay/client_id.hpp"

namespace pgweir::relay {

worker::worker(std::uint32_t index, const worker_common& common, std::shared_ptr<const service_settings> settings)
    : deadlines_(reactor_),
      silence_(reactor_, deadlines_),
      common_(common),
      lender_(index, reactor_, deadlines_, random_, common.directory, common.others),
      judge_(random_.number(), settings->cache.rules),
      audits_(random_.number()),
      looks_(random_.number()),
      services_{.reactor = reactor_,
                .deadlines = deadlines_,
                .random = random_,
                .servers = lender_,
                .directory = common.directory,
                .cancels = common.cancels,
                .home = *this,
                .listening = common.listening,
                .caching = common.caching,
                .judge = judge_,
                .audits = audits_,
                .looks = looks_,
                .store = nullptr,
                .console = common.console,
                .applications = common.applications,
                .settings = std::move(settings),
                .index = index} {}

worker::~worker() = default;

void worker::run() {
    reactor_.run();
}

void worker::stop() {
    reactor_.stop();
}

void worker::accept(base::unique_fd socket, const net::socket_address& peer, pool::admission place, bool too_many) {
    // Those who never log in must not keep out those who do.
    if (too_many && !newcomers_.empty() && newcomers_.front()->give_way()) too_many = false;
    const std::uint64_t id = make_client_id(next_client_++, services_.index);
    auto fresh = std::make_unique<client>(services_, id, std::move(socket), peer, std::move(place), too_many);
    client& added = *fresh;
    newcomers_.push_back(added);
    clients_.emplace(id, std::move(fresh));
    load_.store(clients_.size(), std::memory_order_relaxed);
    added.begin();
}

borrower* worker::find(std::uint64_t client) const {
    const auto found = clients_.find(client);
    return found == clients_.end() ? nullptr : &found->second->as_borrower();
}

void worker::tell(std::uint64_t client, const session::hub_answer& what) {
    const auto found = clients_.find(client);
    if (found != clients_.end()) found->second->on_hub_answer(what);
}

void worker::cache_moved(std::uint64_t client) {
    const auto found = clients_.find(client);
    if (found != clients_.end()) found->second->on_cache_moved();
}

void worker::destroy(client& which) {
    const auto found = clients_.find(which.id());
    if (found == clients_.end()) return;
    undertaker_.dead.push_back(std::move(found->second));
    clients_.erase(found);
    load_.store(clients_.size(), std::memory_order_relaxed);
    reactor_.defer(undertaker_);
}

void worker::request_cancel(client_address where, std::function<void()> done) {
    const std::uint32_t back = services_.index;
    common_.others.cancel(where, [this, back, done = std::move(done)] { common_.others.post(back, done); });
}

void worker::cancel(std::uint64_t client, std::function<void()> done) {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return done();
    found->second->cancel_requested(std::move(done));
}

void worker::shut_down(bool at_once) {
    services_.shutting_down = true;
    for (auto& [id, client] : clients_) client->shut_down(at_once);
}

worker_view worker::view() {
    worker_view seen;
    for (const auto& [id, client] : clients_) seen.clients.push_back(client->view());
    seen.connecting = lender_.connecting();
    seen.cancelling = lender_.cancelling();
    return seen;
}

}  // namespace pgweir::relay
