#include <memory>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "catalog/schema_reading.hpp"
#include "relay/cache_domain.hpp"
#include "relay/lender_reading.hpp"

// How a worker finds out, on servers of a pool whose replies are cached, what the database's relations, functions and
// operators are. Behind each look at the functions' bodies, and as often.

namespace pgweir::relay {

struct lender::schema_in_reading {
    catalog::schema_reading what;
    base::published<catalog::schema_map>::copy before;
    std::shared_ptr<reading> after;
};

void lender::read_schema(std::unique_ptr<upstream::server> server, const std::shared_ptr<reading>& after) {
    base::published<catalog::schema_map>::copy before;
    pool_of(*server).schema_map.renew(before);
    const int version = server->state.major_version();
    std::string known = before.value ? before.value->fingerprint() : std::string();
    go_on_reading_schema(std::move(server),
                         std::make_shared<schema_in_reading>(schema_in_reading{
                             catalog::schema_reading(version, std::move(known)), std::move(before), after}));
}

void lender::go_on_reading_schema(std::unique_ptr<upstream::server> server,
                                  const std::shared_ptr<schema_in_reading>& how) {
    ask(std::move(server), how->what.question(), [this, how](question::answer told) {
        const bool sound = told.how == session::inquiry::step::answered && how->what.take(told.rows);
        if (sound && !how->what.question().empty()) return go_on_reading_schema(std::move(told.server), how);
        schema_read(pool_of(*told.server), *how, sound);
        end_reading(std::move(told.server), *how->after, told.how == session::inquiry::step::broken);
    });
}

// What is not known is not cached, and is looked for again at the next reading.
void lender::schema_read(shared_pool& pool, schema_in_reading& how, bool sound) {
    const std::uint64_t at = how.after->schema;
    base::published<catalog::schema_map>::copy now;
    pool.schema_map.renew(now);
    if (now.value && now.value->read_at > at) return;  // one that began later was faster
    if (!sound) {
        pool.schema_map.publish(nullptr);
        if (!now.value) return;
        base::log::event(base::log::level::warning, "schema_unknown", {{"pool", pool.servers.name()}});
        pool.cache()->schema_changed();  // when it is read again nobody will know what has changed since
        return;
    }
    std::shared_ptr<catalog::schema_map> found = how.what.result();
    if (!found && now.value == how.before.value && now.value->read_at == at) return;
    // The same as before, but of now.
    if (!found) found = std::make_shared<catalog::schema_map>(*how.before.value);
    found->read_at = at;
    const bool changed = now.value && now.value->fingerprint() != found->fingerprint();
    if (now.value && !changed && now.value->read_at == at) return;  // another server was faster
    pool.schema_map.publish(std::move(found));
    // Who looked at the map before this has begun before, and what it has begun is not kept.
    if (changed) pool.cache()->schema_changed();
    // By somebody else: sessions that go by the counter hear of it, too.
    if (changed && now.value->read_at == at) directory_.schema().add();
}

}  // namespace pgweir::relay
