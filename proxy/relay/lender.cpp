#include "relay/lender.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

#include "net/fault_points.hpp"
#include "wire/frontend.hpp"

namespace pgweir::relay {

namespace {

using metrics::server_disconnect_reason;

// Time in a pool moves in steps: lifetimes, idle timeouts, retries. Looked at this often, each pool costs nothing.
constexpr base::duration housekeeping_interval = std::chrono::milliseconds(100);
constexpr base::duration soonest_look = std::chrono::milliseconds(5);

}  // namespace

lender::lender(std::uint32_t worker, net::reactor& host, net::deadline_queue& deadlines, net::random_source& random,
               pool_directory& directory, worker_switch& others)
    : worker_(worker),
      reactor_(host),
      deadlines_(deadlines),
      random_(random),
      directory_(directory),
      others_(others),
      connector_(host, deadlines, random, directory.texts()),
      canceller_(host, deadlines),
      housekeeping_(*this, 0) {
    look_after(host.now() + housekeeping_interval);
}

lender::loan lender::borrow(borrower& who, shared_pool& from, bool again) {
    pool::acquisition answer{pool::acquisition::kind::queued, nullptr};
    bool wanted = false;
    bool reads = false;
    {
        const std::lock_guard lock(directory_.mutex());
        who.begin_wait();
        answer = again ? from.servers.reacquire(who, reactor_.now()) : from.servers.acquire(who, reactor_.now());
        wanted = answer.what == pool::acquisition::kind::queued && from.servers.connects_wanted(reactor_.now()) > 0;
        reads = answer.server && answer.server->worker() == worker_ && from.shares_servers() &&
                from.reading.behind(directory_.schema().get());
        if (answer.server && answer.server->worker() != worker_) from.servers.handoff_started();
    }
    if (wanted) open_connections(from);
    loan result{answer.what, as_server(std::move(answer.server))};
    if (reads)
        read_routines(std::move(result.server), lend_read(who.id(), who.wait_number()));
    else if (result.server && result.server->worker() != worker_)
        move_to(worker_, who.id(), who.wait_number(), std::move(result.server));
    return result;
}

void lender::abandon(borrower& who, shared_pool& from) {
    const std::lock_guard lock(directory_.mutex());
    from.servers.abandon(who, reactor_.now());
}

void lender::give_back(std::unique_ptr<upstream::server> server) {
    net::pass(net::fault_point::server_given_back);
    shared_pool& pool = pool_of(*server);
    server->set_user(nullptr);
    server->set_state_key(server->state.actual ? server->state.actual->key() : nullptr);
    if (!server->drained) {
        // An edge that nobody used up: whatever stands in the socket belongs to no request.
        char byte = 0;
        if (server->transport.read({&byte, 1}).status != net::io_status::want_read) server->state.dirty = true;
        server->drained = true;
    }
    if (!server->unread.empty() || server->state.dirty)
        return close(std::move(server), server_disconnect_reason::dirty);
    destination next;
    bool reads = false;
    {
        const std::lock_guard lock(directory_.mutex());
        const bool askable = !pool.servers.is_being_cancelled(server->id());
        reads = askable && pool.shares_servers() && pool.reading.due(directory_.schema().get(), reactor_.now());
        if (reads)
            pool.reading.started(reactor_.now());
        else if (askable && pool.servers.count_due(reactor_.now()))
            pool.servers.count_started(reactor_.now(), random_.number());
        else
            next = read_under_lock(pool.servers.give_back(std::move(server), reactor_.now()), pool);
    }
    if (reads) return read_routines(std::move(server), give_back_read());
    if (server) return count_places(std::move(server));
    deliver(std::move(next), pool);
}

void lender::close(std::unique_ptr<upstream::server> server, server_disconnect_reason why) {
    shared_pool& pool = pool_of(*server);
    server->set_user(nullptr);
    server->doom();
    pool.counters(worker_).server_disconnects[why].add();
    destination gone;
    {
        const std::lock_guard lock(directory_.mutex());
        gone = read_under_lock(pool.servers.give_back(std::move(server), reactor_.now()), pool);
    }
    gone.server.reset();
    place_came_free(pool);
}

// Under limits.servers another pool of the database may be the one to open a connection there.
void lender::place_came_free(const shared_pool& in) {
    std::vector<shared_pool*> wanting;
    {
        const std::lock_guard lock(directory_.mutex());
        directory_.for_each([&](shared_pool& pool) {
            if (pool.database() == in.database() && pool.servers.connects_wanted(reactor_.now()) > 0)
                wanting.push_back(&pool);
        });
    }
    for (shared_pool* pool : wanting) open_connections(*pool);
}

void lender::part_with(std::unique_ptr<upstream::server> server, server_disconnect_reason why) {
    if (!server) return;
    pool_of(*server).counters(worker_).server_disconnects[why].add();
    // Terminate is a courtesy: PostgreSQL logs an unexpected EOF without it.
    std::string farewell;
    wire::append_terminate(farewell);
    static_cast<void>(server->transport.write(farewell));
    const std::uint32_t home = server->worker();
    if (home == worker_) return;
    // Only its own worker may take it out of the reactor: no copy may be left here that could be the last one.
    others_.post(home, [dying = std::shared_ptr<upstream::server>(std::move(server))] {});
}

void lender::cancel(upstream::server& server, std::function<void()> done) {
    shared_pool& pool = pool_of(server);
    const std::uint64_t id = server.id();
    {
        const std::lock_guard lock(directory_.mutex());
        pool.servers.cancel_started(id);
    }
    canceller_.cancel(server.address(), server.state.process_id, server.state.secret_key,
                      [this, &pool, id, told = std::move(done)](bool harmless) {
                          destination next;
                          {
                              const std::lock_guard lock(directory_.mutex());
                              next = read_under_lock(harmless ? pool.servers.cancel_finished(id, reactor_.now())
                                                              : pool.servers.cancel_lost(id, reactor_.now()),
                                                     pool);
                          }
                          deliver(std::move(next), pool);
                          if (told) told();
                      });
}

lender::destination lender::read_under_lock(pool::handover what, shared_pool& pool) {
    destination next;
    if (what.to != nullptr) {
        next.to_client = true;
        next.worker = what.to->worker();
        auto* to = static_cast<borrower*>(what.to);
        next.client = to->id();
        next.wait = to->wait_number();
        if (next.worker == worker_) next.here = to;
        if (what.server->worker() != next.worker) pool.servers.handoff_started();
    }
    next.server = as_server(std::move(what.server));
    return next;
}

void lender::deliver(destination what, shared_pool& pool) {
    if (!what.server) return;
    if (!what.to_client) {
        const auto why = what.server->leaves_because();
        part_with(std::move(what.server), why);
        place_came_free(pool);
        return;
    }
    if (what.server->worker() != what.worker)
        move_to(what.worker, what.client, what.wait, std::move(what.server));
    else if (what.here != nullptr)
        what.here->on_lent(std::move(what.server), what.wait);
    else
        others_.post(what.worker, [this, what = std::make_shared<destination>(std::move(what))] {
            others_.lender_of(what->worker).arrive(what->client, what->wait, std::move(what->server));
        });
}

void lender::move_to(std::uint32_t worker, std::uint64_t client, std::uint64_t wait,
                     std::unique_ptr<upstream::server> server) {
    // Only the worker that watches a server may take it out of its reactor; then it is the other worker's.
    const std::uint32_t home = server->worker();
    auto moving = std::make_shared<std::unique_ptr<upstream::server>>(std::move(server));
    auto leave = [this, moving, worker, client, wait] {
        (*moving)->detach();
        others_.post(worker, [this, moving, worker, client, wait] {
            (*moving)->set_worker(worker);
            lender& there = others_.lender_of(worker);
            (*moving)->attach(there.reactor_, there);
            there.arrive_from_afar(client, wait, std::move(*moving));
        });
    };
    if (home == worker_)
        leave();
    else
        others_.post(home, std::move(leave));
}

void lender::arrive(std::uint64_t client, std::uint64_t wait, std::unique_ptr<upstream::server> server) {
    borrower* to = others_.find(worker_, client);
    if (to != nullptr)
        to->on_lent(std::move(server), wait);
    else
        give_back(std::move(server));
}

void lender::arrive_from_afar(std::uint64_t client, std::uint64_t wait, std::unique_ptr<upstream::server> server) {
    shared_pool& pool = pool_of(*server);
    bool reads = false;
    {
        const std::lock_guard lock(directory_.mutex());
        pool.servers.handoff_finished();
        reads = pool.shares_servers() && pool.reading.behind(directory_.schema().get());
    }
    if (reads) return read_routines(std::move(server), lend_read(client, wait));
    arrive(client, wait, std::move(server));
}

void lender::on_idle_server(upstream::server& which, net::readiness ready) {
    if (!ready.readable && !ready.hung_up) return;
    char byte = 0;
    const net::io_result result = which.transport.read({&byte, 1});
    if (result.status == net::io_status::want_read) {
        which.drained = true;
        return;
    }
    const auto why =
        result.status == net::io_status::done ? server_disconnect_reason::dirty : server_disconnect_reason::lost;
    shared_pool& pool = pool_of(which);
    std::unique_ptr<upstream::server> gone;
    {
        const std::lock_guard lock(directory_.mutex());
        gone = as_server(pool.servers.take_idle(which.id(), reactor_.now()));
    }
    if (!gone) {
        // On its way to a client: what was read belongs in front of what that client will read.
        if (result.status == net::io_status::done) which.unread.append({&byte, 1});
        return;
    }
    pool.counters(worker_).server_disconnects[why].add();
    gone.reset();
    open_connections(pool);
}

void lender::look_after(base::time_point at) {
    const base::time_point now = reactor_.now();
    const base::time_point when = std::clamp(at, now + soonest_look, now + housekeeping_interval);
    if (!housekeeping_.is_armed() || when < housekeeping_.when()) deadlines_.arm(housekeeping_, when);
}

void lender::on_deadline(int, base::time_point now) {
    directory_.schema().settle(now);
    std::vector<std::unique_ptr<upstream::server>> leaving;
    std::vector<shared_pool*> wanting;
    std::vector<std::unique_ptr<upstream::server>> asked;
    std::vector<std::unique_ptr<upstream::server>> read;
    base::time_point next_look = base::never;
    {
        const std::lock_guard lock(directory_.mutex());
        directory_.for_each([&](shared_pool& pool) {
            if (pool.shares_servers() && pool.reading.due(directory_.schema().get(), now)) {
                if (auto server = as_server(pool.servers.lend_for_question(worker_, now))) {
                    pool.reading.started(now);
                    read.push_back(std::move(server));
                }
            }
            if (pool.servers.count_due(now)) {
                if (auto server = as_server(pool.servers.lend_for_question(worker_, now))) {
                    pool.servers.count_started(now, random_.number());
                    asked.push_back(std::move(server));
                }
            }
            for (auto& member : pool.servers.tend(now)) leaving.push_back(as_server(std::move(member)));
            if (pool.servers.connects_wanted(now) > 0) wanting.push_back(&pool);
            next_look = std::min(next_look, pool.servers.next_event());
        });
    }
    for (auto& server : leaving) {
        const auto why = server->leaves_because();
        part_with(std::move(server), why);
    }
    for (shared_pool* pool : wanting) open_connections(*pool);
    for (auto& server : read) read_routines(std::move(server), give_back_read());
    for (auto& server : asked) count_places(std::move(server));
    look_after(next_look);
}

void lender::serve_by(const std::shared_ptr<const service_settings>& what) {
    std::vector<std::unique_ptr<pool::member>> leaving;
    std::vector<shared_pool*> all;
    {
        const std::lock_guard lock(directory_.mutex());
        leaving = directory_.serve_by(what, reactor_.now());
        directory_.for_each([&](shared_pool& pool) { all.push_back(&pool); });
    }
    for (auto& server : leaving) part_with(as_server(std::move(server)), server_disconnect_reason::reconfigured);
    for (shared_pool* pool : all) open_connections(*pool);
    look_after(reactor_.now());
}

void lender::close_idle() {
    std::vector<std::unique_ptr<pool::member>> leaving;
    {
        const std::lock_guard lock(directory_.mutex());
        directory_.for_each([&](shared_pool& pool) {
            for (auto& server : pool.servers.retire_all(reactor_.now())) leaving.push_back(std::move(server));
        });
    }
    for (auto& server : leaving) part_with(as_server(std::move(server)), server_disconnect_reason::shutdown);
}

}  // namespace pgweir::relay
