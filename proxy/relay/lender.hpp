#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metrics/labels.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "relay/borrower.hpp"
#include "relay/cancel_registry.hpp"
#include "relay/pool_directory.hpp"
#include "relay/question.hpp"
#include "relay/shared_pool.hpp"
#include "session/hub_messages.hpp"
#include "upstream/canceller.hpp"
#include "upstream/connector.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

/// The way from a lender to the clients of its own and of other workers.
class worker_switch {
public:
    /// Runs `work` on the worker's thread. Any thread.
    virtual void post(std::uint32_t worker, std::function<void()> work) = 0;
    /// nullptr when it is gone. To be asked on that worker's thread.
    virtual borrower* find(std::uint32_t worker, std::uint64_t client) = 0;
    /// On that worker's thread.
    virtual class lender& lender_of(std::uint32_t worker) = 0;
    /// On that client's worker's thread. Nothing happens if it is gone.
    virtual void tell_client(std::uint64_t client, const session::hub_answer& what) = 0;
    /// What that client waited for in its cache has moved. On its worker's thread; nothing happens if it is gone.
    virtual void cache_moved(std::uint64_t client) = 0;
    /// Cancels what that client runs; `done` is called on the client's worker. Any thread.
    virtual void cancel(client_address where, std::function<void()> done) = 0;

protected:
    ~worker_switch() = default;
};

/// One worker's hands on the shared pools: does what they say, opens, hands over, closes, cancels and watches servers.
/// Calls of the pools are made under the directory's mutex, everything else outside it.
class lender final : upstream::idle_watcher, net::deadline_handler {
public:
    lender(std::uint32_t worker, net::reactor& host, net::deadline_queue& deadlines, net::random_source& random,
           pool_directory& directory, worker_switch& others);

    struct loan {
        enum pool::acquisition::kind kind;
        /// If granted and on this worker already; else it comes by on_lent().
        std::unique_ptr<upstream::server> server;
    };
    /// `again`: the server lent before died before it did anything, and the client keeps its turn.
    loan borrow(borrower& who, shared_pool& from, bool again = false);

    void abandon(borrower& who, shared_pool& from);

    void give_back(std::unique_ptr<upstream::server> server);
    void close(std::unique_ptr<upstream::server> server, metrics::server_disconnect_reason why);

    /// Asks the server to cancel what it runs for the client that it is lent to; it is not lent to another before the
    /// request is over. `done` may be empty.
    void cancel(upstream::server& server, std::function<void()> done);

    /// Whether a client of this worker still exists.
    bool knows(std::uint64_t client) const { return others_.find(worker_, client) != nullptr; }

    std::shared_ptr<const database_settings> settings_of(const shared_pool& pool) const;
    /// A connection outside the pools.
    void open_dedicated(shared_pool& like, std::vector<std::pair<std::string, std::string>> parameters,
                        upstream::open_callback done);

    /// By these settings from now on: at the start, and after a reload when all workers have them. On one worker.
    void serve_by(const std::shared_ptr<const service_settings>& what);

    /// Sends Terminate on every idle server and closes it. At the end of the process.
    void close_idle();

    std::size_t connecting() const noexcept { return connector_.under_way(); }
    std::size_t cancelling() const noexcept { return canceller_.under_way(); }

private:
    void on_idle_server(upstream::server& which, net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;

    /// Where a server goes that the pool has given away: read under the mutex, used outside it.
    struct destination {
        std::unique_ptr<upstream::server> server;
        bool to_client = false;
        std::uint32_t worker = 0;
        std::uint64_t client = 0;
        std::uint64_t wait = 0;
        borrower* here = nullptr;
    };
    destination read_under_lock(pool::handover what, shared_pool& pool);
    void deliver(destination what, shared_pool& pool);
    void move_to(std::uint32_t worker, std::uint64_t client, std::uint64_t wait,
                 std::unique_ptr<upstream::server> server);
    void arrive_from_afar(std::uint64_t client, std::uint64_t wait, std::unique_ptr<upstream::server> server);
    void arrive(std::uint64_t client, std::uint64_t wait, std::unique_ptr<upstream::server> server);

    void place_came_free(const shared_pool& in);
    void open_connections(shared_pool& pool);
    void open_one(shared_pool& pool, pool::slot place, const database_settings& how, const auth::credentials& secret);
    void opened(shared_pool& pool, pool::slot place, upstream::opened what);
    void not_opened(shared_pool& pool, const upstream::opening_failure& why);
    void ask(std::unique_ptr<upstream::server> server, std::string_view sql, question::callback done);
    struct reading;
    using use = std::function<void(std::unique_ptr<upstream::server>)>;
    /// `then` gets the server when it has answered, and none when it was lost. `fresh`: it is not in the pool yet, and
    /// then is only called with one.
    void read_routines(std::unique_ptr<upstream::server> server, use then, bool fresh = false);
    use give_back_read();
    /// To the client that waits for it, if it still does.
    use lend_read(std::uint64_t client, std::uint64_t wait);
    void read_role_settings(std::unique_ptr<upstream::server> server, const std::shared_ptr<reading>& how);
    void replace_servers_unlike(const upstream::server& asked, const std::string& stamp);
    void go_on_reading(std::unique_ptr<upstream::server> server, const std::shared_ptr<reading>& how);
    struct schema_in_reading;
    void read_schema(std::unique_ptr<upstream::server> server, const std::shared_ptr<reading>& after);
    void go_on_reading_schema(std::unique_ptr<upstream::server> server, const std::shared_ptr<schema_in_reading>& how);
    void schema_read(shared_pool& pool, schema_in_reading& how, bool sound);
    void end_reading(std::unique_ptr<upstream::server> server, reading& how, bool broken);
    void routines_read(shared_pool& pool, reading& how);
    void routines_not_read(shared_pool& pool, bool refused);
    void lost_before_use(std::unique_ptr<upstream::server> server);
    void admit(shared_pool& pool, std::unique_ptr<upstream::server> server);
    void count_places(std::unique_ptr<upstream::server> server);
    void counted(question::answer told);
    void look_after(base::time_point at);
    void part_with(std::unique_ptr<upstream::server> server, metrics::server_disconnect_reason why);

    std::uint32_t worker_;
    net::reactor& reactor_;
    net::deadline_queue& deadlines_;
    net::random_source& random_;
    pool_directory& directory_;
    worker_switch& others_;
    upstream::connector connector_;
    upstream::canceller canceller_;
    net::deadline housekeeping_;
    std::unordered_map<std::uint64_t, std::unique_ptr<question>> questions_;  ///< nearly always empty
    std::uint64_t questions_asked_ = 0;
};

}  // namespace pgweir::relay
