#include "relay/store_link.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "cache/stored_reply.hpp"

namespace pgweir::relay {

store_link::store_link(const parts& with, std::function<void()> wake,
                       std::function<void(const std::string& writer)> widen)
    : with_(with),
      wake_(std::move(wake)),
      widen_(std::move(widen)),
      waiting_(std::make_shared<acknowledgements>(with.counters)) {
    waiting_->owner = this;
}

store_link::~store_link() {
    forget();
    waiting_->owner = nullptr;
}

void store_link::acknowledgements::expect(std::size_t& which) {
    if (marks + bumps == 0) since = base::clock::now();
    ++which;
}

void store_link::acknowledgements::came(std::size_t& which) {
    --which;
    if (marks + bumps > 0) return;
    counters.cache_cost_nanoseconds[metrics::cache_cost::invalidate].add(base::clock::now() - since);
}

std::string_view store_link::database() {
    with_.domain.store_name().renew(name_);
    return name_.value ? std::string_view(*name_.value) : std::string_view();
}

bool store_link::ask(question what, base::time_point now) {
    forget();
    const auto asked = std::make_shared<lookup>();
    asked->what = std::move(what);
    asked->at = now;
    asked->owner = this;
    asked->found.searched = !asked->what.stored.empty();
    asked_ = asked;
    send(asked);
    return !asked->told || !asked->found.failed;
}

void store_link::check(std::shared_ptr<const cache::entry> what, base::time_point now, std::function<void(bool)> told) {
    const auto asked = std::make_shared<lookup>();
    asked->what.relations = what->relations();
    asked->at = now;
    asked->checked = std::move(what);
    asked->tell = std::move(told);
    send(asked);
}

void store_link::send(const std::shared_ptr<lookup>& asked) {
    const question& of = asked->what;
    const std::string_view name = database();
    with_.store.ask({.database = name,
                     .relations = of.relations,
                     .key = of.stored,
                     .make_stamps = !of.stored.empty(),
                     .holder = of.lease ? std::string_view(with_.domain.holder()) : std::string_view(),
                     .lease = with_.domain.settings().wait},
                    [asked, with = with_, kept_name = name_.value](const auto& told) {
                        answered(*asked, with.domain, with.schema, told);
                        // Whoever wanted to execute it has gone.
                        if (asked->owner == nullptr && asked->found.leased)
                            with.store.release(*kept_name, asked->what.stored, with.domain.holder());
                    });
}

// The stamps are compared in the moment in which they are seen: another worker may have seen older ones since.
void store_link::answered(lookup& of, cache_domain& domain, base::shared_counter& schema,
                          const base::result<cache::store_answer>& told) {
    of.told = true;
    of.found.failed = !told;
    bool holds = false;
    if (told) {
        of.found.leased = told->leased;
        of.found.leased_to_another = told->leased_to_another;
        of.found.is_complete = true;
        for (const cache::shared_stamp& each : told->stamps)
            of.found.is_complete = of.found.is_complete && each.now != cache::no_stamp;
        const std::lock_guard lock(domain.mutex());
        // Under the lock, so that whoever sees the same stamp next sees the count, too.
        if (domain.saw_catalogs(told->catalogs)) schema.add();
        domain.store().observe(of.what.relations, told->stamps);
        domain.saw_marks(of.what.relations, told->stamps, of.at);
        if (of.checked) {
            holds = domain.serves() && of.checked->holds();
        } else if (domain.serves()) {
            if (!told->reply.empty()) adopt(of.what, domain.store(), *told, of.at);
            of.found.found = domain.store().find(of.what.key, of.what.who);
            of.found.at = domain.store().current_moment();
        }
    }
    if (of.tell) of.tell(holds);
    if (of.owner != nullptr) of.owner->wake_();
}

// What memory has and may serve is as good.
void store_link::adopt(const question& what, cache::result_cache& memory, const cache::store_answer& told,
                       base::time_point now) {
    const auto known = memory.peek(what.key);
    if (known && known->holds() && known->is_young_for(what.who)) return;
    const auto stored = cache::from_stored(told.reply, what.stored);
    if (!stored) return;
    cache::entry kept;
    kept.created = now - std::max(stored->lifetime - told.left, base::duration());
    kept.rule = what.rule;
    kept.expires = now + told.left;
    kept.fresh_until = std::min(kept.created + what.usual, kept.expires);
    if (kept.is_young_for(what.who)) memory.adopt(what.key, what.relations, *stored, std::move(kept));
}

std::optional<store_link::outcome> store_link::take(std::string_view key) {
    if (asked_ == nullptr || !asked_->told || asked_->what.key != key) return std::nullopt;
    const auto told = std::exchange(asked_, nullptr);
    return std::move(told->found);
}

void store_link::forget() {
    if (asked_) asked_->owner = nullptr;
    if (asked_ && asked_->found.leased) release(asked_->what.stored);
    asked_.reset();
}

void store_link::keep(const cache::entry& what, std::string_view stored_key, base::time_point now) {
    with_.store.keep(database(), stored_key, cache::to_stored(what, stored_key), what.expires - now);
}

// Without a name nobody could be told: what is written then is told when there is one.
std::string store_link::mark(const cache::write_set& what, std::int32_t process_id, std::uint64_t noted_in) {
    if (database().empty() || is(cache::mutant::store_not_marked)) return {};
    std::string writer = std::to_string(process_id) + ":" + with_.domain.new_writer();
    waiting_->expect(waiting_->marks);
    const bool everything = what.everything;
    with_.store.mark(database(), writer, what,
                     [=, waiting = waiting_, with = with_, name = name_.value](const base::result<cache::stamp>& told) {
                         waiting->came(waiting->marks);
                         const bool changed = told && !everything && names_changed(with, *name, *told, noted_in);
                         if (waiting->owner == nullptr) return;
                         if (changed) waiting->owner->widen_(writer);
                         waiting->owner->wake_();
                     });
    return writer;
}

// Another pgweir has changed the schema, and ours has not been read again since.
bool store_link::names_changed(const parts& with, std::string_view database, cache::stamp catalogs,
                               std::uint64_t noted_in) {
    const auto saw = [domain = &with.domain, schema = &with.schema](cache::stamp now) {
        const std::lock_guard lock(domain->mutex());
        if (domain->saw_catalogs(now)) schema->add();
    };
    saw(catalogs);
    if (catalogs != cache::no_stamp) return with.schema.get() != noted_in;
    // It was changed this moment, or Redis is full.
    with.store.ask({.database = database, .relations = {}, .key = {}, .make_stamps = true},
                   [saw](const base::result<cache::store_answer>& told) {
                       if (told) saw(told->catalogs);
                   });
    return true;
}

void store_link::bump(const cache::write_set& what, bool schema) {
    if (is(cache::mutant::store_not_bumped)) return;
    if (database().empty()) return with_.domain.missed({what, {}});
    if (schema) bump(with_, waiting_, name_.value, {.everything = false, .relations = {cache::catalogs}});
    bump(with_, waiting_, name_.value, what);
}

// What the store cannot be told now it is told later, and until then nothing is served here. Others go on: to them it
// is as if the write had not come through a pgweir.
void store_link::bump(const parts& with, const std::shared_ptr<acknowledgements>& waiting,
                      const std::shared_ptr<const std::string>& database, const cache::write_set& what) {
    waiting->expect(waiting->bumps);
    const bool by_name = !what.everything && what.relations.front() != cache::catalogs;
    const auto told = [=, known = with.schema.get()](const base::result<cache::stamp>& catalogs) {
        // Of two primaries another pgweir may still ask the other one, until it knows of us that we do not.
        if (!catalogs || !with.domain.others_know_the_store()) {
            with.domain.missed({what, {}});
        } else if (by_name && names_changed(with, *database, *catalogs, known)) {
            const cache::write_set everything{.everything = true, .relations = {}};
            {
                const std::lock_guard lock(with.domain.mutex());
                with.domain.store().bump(everything);
            }
            bump(with, waiting, database, everything);
        }
        waiting->came(waiting->bumps);
        if (waiting->owner != nullptr) waiting->owner->wake_();
    };
    with.store.bump(*database, what, told);
}

void store_link::unmark(const std::string& writer, const cache::write_set& what) {
    if (writer.empty()) return;
    with_.store.unmark(database(), writer, what, [&domain = with_.domain, what, writer](base::status failed) {
        if (failed) domain.missed({what, writer});
    });
}

}  // namespace pgweir::relay
