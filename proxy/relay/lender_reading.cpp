#include "relay/lender_reading.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "catalog/routine_reading.hpp"
#include "upstream/role_settings.hpp"

// How a worker asks, on servers of the pools, what a database's own functions may do to a session. A connection of its
// own would take one of the places for connections, and could not log in where only clients have passwords.

namespace pgweir::relay {

void lender::ask(std::unique_ptr<upstream::server> server, std::string_view sql, question::callback done) {
    const std::uint64_t number = ++questions_asked_;
    auto asking = std::make_unique<question>(reactor_, deadlines_, std::move(server),
                                             [this, number, tell = std::move(done)](question::answer told) {
                                                 reactor_.post([this, number] { questions_.erase(number); });
                                                 tell(std::move(told));
                                             });
    question& asked = *asking;
    questions_.emplace(number, std::move(asking));
    asked.ask(sql);
}

lender::use lender::give_back_read() {
    return [this](std::unique_ptr<upstream::server> server) {
        if (server) give_back(std::move(server));
    };
}

lender::use lender::lend_read(std::uint64_t client, std::uint64_t wait) {
    return [this, client, wait](std::unique_ptr<upstream::server> server) {
        if (server) return arrive(client, wait, std::move(server));
        // Perhaps before borrow() has returned.
        reactor_.post([this, client, wait] {
            if (borrower* left_without = others_.find(worker_, client)) left_without->on_lost(wait);
        });
    };
}

void lender::read_routines(std::unique_ptr<upstream::server> server, use then, bool fresh) {
    const int version = server->state.major_version();
    std::shared_ptr<reading> how;
    {
        const std::lock_guard lock(directory_.mutex());
        how = std::make_shared<reading>(reading{pool_of(*server).reading.begin(version), directory_.schema().get(),
                                                reactor_.now(), fresh, std::move(then)});
    }
    if (fresh) return go_on_reading(std::move(server), how);
    read_role_settings(std::move(server), how);
}

// Who logs in after an ALTER ROLE or ALTER DATABASE is to have what it set, whichever server is lent.
void lender::read_role_settings(std::unique_ptr<upstream::server> server, const std::shared_ptr<reading>& how) {
    ask(std::move(server), upstream::role_settings_query(), [this, how](question::answer told) {
        shared_pool& pool = pool_of(*told.server);
        if (told.how == session::inquiry::step::broken) {
            routines_not_read(pool, false);
            return end_reading(std::move(told.server), *how, true);
        }
        const bool sound = told.how == session::inquiry::step::answered && told.rows.size() == 1 &&
                           told.rows[0].size() == 1 && told.rows[0][0];
        if (!sound) return go_on_reading(std::move(told.server), how);
        replace_servers_unlike(*told.server, *told.rows[0][0]);
        if (*told.rows[0][0] == told.server->state.role_settings) return go_on_reading(std::move(told.server), how);
        close(std::move(told.server), metrics::server_disconnect_reason::reconfigured);
        how->then(nullptr);
    });
}

// A server that was opened in between is replaced with the others: nobody says which of two stamps is the newer one.
void lender::replace_servers_unlike(const upstream::server& asked, const std::string& stamp) {
    shared_pool& pool = pool_of(asked);
    const std::string where = asked.address().to_string();
    std::vector<std::unique_ptr<pool::member>> leaving;
    {
        const std::lock_guard lock(directory_.mutex());
        const bool known = !pool.role_settings.stamp.empty() && pool.role_settings.of == where;
        const bool changed = known && pool.role_settings.stamp != stamp;
        pool.role_settings = {stamp, where};
        const bool outdated = asked.state.role_settings != stamp && !pool.servers.is_replaced(asked);
        if (!changed && !outdated) return;
        leaving = pool.replace_servers(reactor_.now());
    }
    base::log::event(base::log::level::info, "role_settings_changed", {{"pool", pool.servers.name()}});
    for (auto& server : leaving)
        part_with(as_server(std::move(server)), metrics::server_disconnect_reason::reconfigured);
}

void lender::go_on_reading(std::unique_ptr<upstream::server> server, const std::shared_ptr<reading>& how) {
    ask(std::move(server), how->what.question(), [this, how](question::answer told) {
        const bool sound = told.how == session::inquiry::step::answered && how->what.take(told.rows);
        if (sound && !how->what.question().empty()) return go_on_reading(std::move(told.server), how);
        shared_pool& pool = pool_of(*told.server);
        const bool broken = told.how == session::inquiry::step::broken;
        if (sound)
            routines_read(pool, *how);
        else
            routines_not_read(pool, !broken);
        if (!broken && pool.cache() != nullptr) return read_schema(std::move(told.server), how);
        end_reading(std::move(told.server), *how, broken);
    });
}

void lender::end_reading(std::unique_ptr<upstream::server> server, reading& how, bool broken) {
    if (broken) {
        if (how.fresh) return lost_before_use(std::move(server));
        close(std::move(server), metrics::server_disconnect_reason::check_failed);
    }
    how.then(std::move(server));
}

void lender::routines_read(shared_pool& pool, reading& how) {
    base::published<sql::suspects>::copy before;
    pool.routines.renew(before);
    std::shared_ptr<sql::suspects> found = how.what.result();
    // The same as before, but of now.
    if (!found && before.value && before.value->read_at != how.schema)
        found = std::make_shared<sql::suspects>(*before.value);
    {
        const std::lock_guard lock(directory_.mutex());
        pool.reading.ended(how.what.fingerprint(), how.schema, how.since, reactor_.now());
    }
    const bool overtaken = before.value && before.value->read_at > how.schema;
    if (!found || overtaken) return;
    found->read_at = how.schema;
    if (!found->none() && (!before.value || before.value->size() != found->size()))
        base::log::event(base::log::level::info, "routines_read",
                         {{"pool", pool.servers.name()}, {"names", std::to_string(found->size())}});
    pool.routines.publish(std::move(found));
}

// What is not known is looked behind: every transaction is followed by a survey, until there is an answer.
void lender::routines_not_read(shared_pool& pool, bool refused) {
    bool lost = false;
    {
        const std::lock_guard lock(directory_.mutex());
        lost = pool.reading.gave_up(refused, directory_.schema().get(), reactor_.now());
    }
    if (!lost) return;
    base::log::event(base::log::level::warning, "routines_unknown", {{"pool", pool.servers.name()}});
    pool.routines.publish(nullptr);
}

// A server that does not answer its first question was never had.
void lender::lost_before_use(std::unique_ptr<upstream::server> server) {
    shared_pool& pool = pool_of(*server);
    upstream::opening_failure why;
    if (server->state.last_words) why.words = *server->state.last_words;
    why.words.detail = "The server was lost before it was used.";
    pool.counters(worker_).server_disconnects[metrics::server_disconnect_reason::check_failed].add();
    server.reset();
    not_opened(pool, why);
}

}  // namespace pgweir::relay
