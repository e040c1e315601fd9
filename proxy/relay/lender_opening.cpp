#include <memory>
#include <mutex>
#include <utility>
#include <variant>

#include "base/log.hpp"
#include "net/fault_points.hpp"
#include "relay/lender.hpp"

// How a worker opens server connections for the pools, and beside them.

namespace pgweir::relay {

using metrics::server_connect_result;

namespace {

const std::string& server_database(const shared_pool& pool, const database_settings& how) {
    return how.upstream.database.empty() ? pool.database() : how.upstream.database;
}

server_connect_result result_of(pool::connect_failure kind) {
    switch (kind) {
        case pool::connect_failure::unreachable:
        case pool::connect_failure::starting_up: return server_connect_result::unreachable;
        case pool::connect_failure::timed_out: return server_connect_result::timeout;
        case pool::connect_failure::refused_by_limit: return server_connect_result::refused;
        case pool::connect_failure::login_rejected: break;
    }
    return server_connect_result::rejected;
}

}  // namespace

void lender::open_connections(shared_pool& pool) {
    std::vector<pool::slot> places;
    auth::credentials secret;
    std::shared_ptr<const database_settings> how;
    {
        const std::lock_guard lock(directory_.mutex());
        while (pool.servers.connects_wanted(reactor_.now()) > 0) {
            places.push_back(pool.servers.begin_connect(reactor_.now()));
        }
        if (places.empty()) return;
        secret = pool.credentials;
        how = pool.settings();
    }
    for (auto& place : places) open_one(pool, std::move(place), *how, secret);
}

void lender::open_one(shared_pool& pool, pool::slot place, const database_settings& how,
                      const auth::credentials& secret) {
    upstream::opening_request request{
        .database = server_database(pool, how), .credentials = secret, .parameters = {}, .read_baseline = true};
    auto held = std::make_shared<pool::slot>(std::move(place));
    connector_.open(how.upstream, std::move(request), [this, &pool, held](upstream::open_result result) {
        if (auto* success = std::get_if<upstream::opened>(&result)) {
            opened(pool, std::move(*held), std::move(*success));
            return;
        }
        *held = pool::slot();
        not_opened(pool, std::get<upstream::opening_failure>(result));
    });
}

void lender::opened(shared_pool& pool, pool::slot place, upstream::opened what) {
    net::pass(net::fault_point::server_opened);
    auto& counters = pool.counters(worker_);
    counters.server_connects[server_connect_result::ok].add();
    counters.server_connect.observe(what.took);
    auto server = std::make_unique<upstream::server>(pool, random_.number(), worker_, std::move(place), reactor_.now(),
                                                     random_.number(), std::move(what.connection), what.address,
                                                     std::move(what.state));
    server->set_state_key(server->state.baseline.key());
    server->set_holder(directory_.who_notifies().add(server->state.process_id));
    server->attach(reactor_, *this);
    bool reads = false;
    {
        const std::lock_guard lock(directory_.mutex());
        reads = pool.shares_servers() && pool.reading.behind(directory_.schema().get());
        if (reads) pool.reading.started(reactor_.now());
    }
    if (reads)
        return read_routines(std::move(server), [this, &pool](auto sound) { admit(pool, std::move(sound)); }, true);
    admit(pool, std::move(server));
}

void lender::admit(shared_pool& pool, std::unique_ptr<upstream::server> server) {
    destination next;
    replace_servers_unlike(*server, server->state.role_settings);
    {
        const std::lock_guard lock(directory_.mutex());
        if (!pool.servers.is_replaced(*server)) pool.server_opened(server->state);
        next = read_under_lock(pool.servers.connected(std::move(server), reactor_.now()), pool);
    }
    deliver(std::move(next), pool);
    open_connections(pool);
}

void lender::not_opened(shared_pool& pool, const upstream::opening_failure& why) {
    pool.counters(worker_).server_connects[result_of(why.kind)].add();
    base::log::event(base::log::level::warning, "server_connect_failed",
                     {{"pool", pool.servers.name()},
                      {"result", std::string(metrics::name_of(result_of(why.kind)))},
                      {"message", why.why()}});
    struct failed_wait {
        std::uint32_t worker;
        std::uint64_t client;
        std::uint64_t wait;
    };
    std::vector<failed_wait> failed;
    base::time_point next_look = base::never;
    {
        const std::lock_guard lock(directory_.mutex());
        pool.last_failure = why.words;
        for (pool::waiter* each : pool.servers.connect_failed(why.kind, reactor_.now(), random_.number())) {
            const auto& who = static_cast<const borrower&>(*each);
            failed.push_back({who.worker(), who.id(), who.wait_number()});
        }
        next_look = pool.servers.next_event();
    }
    for (const failed_wait& each : failed) {
        others_.post(each.worker, [this, each, words = why.words] {
            if (borrower* told = others_.find(each.worker, each.client)) told->on_not_lent(words, each.wait);
        });
    }
    look_after(next_look);
}

std::shared_ptr<const database_settings> lender::settings_of(const shared_pool& pool) const {
    const std::lock_guard lock(directory_.mutex());
    return pool.settings();
}

void lender::open_dedicated(shared_pool& like, std::vector<std::pair<std::string, std::string>> parameters,
                            upstream::open_callback done) {
    upstream::opening_request request{
        .database = {}, .credentials = {}, .parameters = std::move(parameters), .read_baseline = false};
    std::shared_ptr<const database_settings> how;
    {
        const std::lock_guard lock(directory_.mutex());
        request.credentials = like.credentials;
        how = like.settings();
    }
    request.database = server_database(like, *how);
    connector_.open(how->upstream, std::move(request), std::move(done));
}

}  // namespace pgweir::relay
