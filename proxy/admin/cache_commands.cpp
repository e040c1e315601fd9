#include "admin/cache_commands.hpp"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/cache_entries.hpp"
#include "admin/cache_explain.hpp"
#include "admin/cache_lookup.hpp"
#include "admin/cache_walk.hpp"
#include "admin/memory_trial.hpp"
#include "admin/result_table.hpp"
#include "admin/shared_trial.hpp"
#include "admin/steps.hpp"
#include "base/time.hpp"
#include "relay/cache_clearing.hpp"
#include "relay/session_names.hpp"
#include "wire/backend.hpp"

namespace pgweir::admin {

namespace {

using relay::console_access;

std::string reply_of(const result_table& table) {
    std::string reply;
    table.append_to(reply);
    return reply;
}

std::string refusal(std::string_view sqlstate, std::string_view message, std::string_view hint) {
    std::string reply;
    wire::append_error(reply, {.severity = "ERROR", .sqlstate = sqlstate, .message = message, .hint = hint});
    return reply;
}

std::string no_such_table(const sql::qualified_name& name) {
    const std::string shown = name.schema.empty() ? name.name : name.schema + "." + name.name;
    return refusal("42P01", "no cache knows a table \"" + shown + "\"",
                   name.schema.empty() ? "It is looked for in search_path as servers have it: try schema.table."
                                       : "What is cached of a database is known when its catalogs were read.");
}

std::string names_of(const std::set<std::string>& all) {
    std::string list;
    for (const std::string& each : all) list.append(list.empty() ? "" : ", ").append(each);
    return list;
}

/// The one that is meant; nothing, and the reply why, when there is none or several may be meant.
std::optional<cached_pool> choose_pool(std::vector<cached_pool> pools, const explain_arguments& what,
                                       std::string& problem) {
    std::erase_if(pools, [&](const cached_pool& each) {
        const bool same_user = !what.user || each.forces_user || each.pool->user() == *what.user;
        return (what.database && each.pool->database() != *what.database) || !same_user;
    });
    std::set<std::string> databases;
    std::set<std::string> users;
    for (const cached_pool& each : pools) {
        databases.insert(each.pool->database());
        users.insert(each.pool->user());
    }
    if (pools.size() == 1) return std::move(pools.front());
    if (pools.empty())
        problem = refusal("55000", "nothing of that is cached: there is no pool of it with a cache",
                          "cache.mode says whether there are caches; a pool of clients' own users begins with the "
                          "first client.");
    else if (databases.size() > 1)
        problem = refusal("42P09", "several databases are cached: " + names_of(databases),
                          "EXPLAIN CACHE (DATABASE name) SELECT ...");
    else
        problem = refusal("42P09", "several users have a pool: " + names_of(users),
                          "EXPLAIN CACHE (DATABASE name, USER name) SELECT ...");
    return std::nullopt;
}

using targets = std::map<relay::cache_domain*, relay::clear_target>;

targets find_table(const std::vector<cached_pool>& pools, const sql::qualified_name& name) {
    targets found;
    for (const cached_pool& each : pools) {
        if (!each.map || !each.parse_context) continue;
        const auto names = relay::names_of_session(*each.pool, each.map, *each.parse_context, {}, {});
        auto relations = each.map->relations_named(name, {names.schemas});
        if (relations.empty()) continue;
        auto& all = found[each.cache];
        all.is = relay::clear_target::kind::relations;
        all.relations.insert(all.relations.end(), relations.begin(), relations.end());
    }
    return found;
}

/// All that one CACHE CLEAR clears.
struct clearings {
    std::deque<relay::cache_clearing> caches;
    std::size_t done = 0;

    bool step() {
        if (done < caches.size() && !caches[done].step()) ++done;
        return done < caches.size();
    }

    result_table table() const {
        result_table told({{"cache"}, {"dropped", result_table::type::number}});
        for (const relay::cache_clearing& each : caches)
            told.add({each.domain().name(), std::to_string(each.dropped())});
        return told;
    }
};

/// One behind the other, so that none is measured while another one is.
class trial_series : public std::enable_shared_from_this<trial_series> {
public:
    trial_series(std::vector<std::unique_ptr<store_trial>> trials, std::uint32_t worker, command_reply reply)
        : trials_(std::move(trials)), worker_(worker), reply_(std::move(reply)) {}

    void next() {
        if (done_ == trials_.size()) return reply_(reply_of(told_));
        store_trial& now = *trials_[done_++];
        now.run(worker_, [self = shared_from_this(), &now](const std::vector<trial_line>& lines) {
            for (const trial_line& each : lines)
                self->told_.add({std::string(now.store()), each.what, each.passed ? "passed" : "FAILED",
                                 each.per_second == 0 ? std::nullopt : std::optional(std::to_string(each.per_second))});
            self->next();
        });
    }

private:
    std::vector<std::unique_ptr<store_trial>> trials_;
    std::uint32_t worker_;
    command_reply reply_;
    std::size_t done_ = 0;
    result_table told_{{{"store"}, {"test"}, {"result"}, {"per_second", result_table::type::number}}};
};

// In Redis: a name that no database has, and no other trial had, in whatever process.
std::string name_of_trial() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return "test-" + std::to_string(getpid()) + "-" + std::to_string(now.count());
}

}  // namespace

void cache_commands::add_to(console& whose) {
    whose.add(
        {.words = "show cache entries",
         .needs = console_access::look,
         .meaning = "up to 1000 cached replies, first those that have saved the most time",
         .run = [this](const command_request& request, const command_reply& reply) { show_entries(request, reply); }});
    whose.add({.words = "show cache rules",
               .needs = console_access::look,
               .meaning = "the rules of the cache in their order, with what is kept by each",
               .run = [this](const command_request&, const command_reply& reply) {
                   reply(reply_of(show_cache_rules(find_caches(directory_))));
               }});
    whose.add({.words = "explain cache",
               .needs = console_access::look,
               .takes_arguments = true,
               .meaning = "[(DATABASE name, USER name, ROLE name, SEARCH_PATH 'list')] statement: what is made of it",
               .run = [this](const command_request& request, const command_reply& reply) { explain(request, reply); }});
    whose.add({.words = "cache clear",
               .takes_arguments = true,
               .meaning = "[ALL | TABLE name | RULE name]: drop what is cached; answers how many entries were dropped",
               .run = [this](const command_request& request, const command_reply& reply) { clear(request, reply); }});
    whose.add({.words = "cache test",
               .meaning =
                   "how fast the cache's store is, and whether it keeps to the protocol; what is served is not touched",
               .run = [this](const command_request& request, const command_reply& reply) { test(request, reply); }});
}

void cache_commands::show_entries(const command_request& request, const command_reply& reply) const {
    constexpr std::size_t most_shown = 1000;
    struct visit {
        std::vector<relay::cache_domain*> caches;
        std::size_t next = 0;
        std::optional<cache_walk> walk;
        best_entries best{most_shown};

        bool step() {
            if (next == caches.size()) return false;
            relay::cache_domain& of = *caches[next];
            if (!walk) walk.emplace(of);
            if (walk->step([&](const cache::memory_store::slot& each) { best.add(of, each); })) return true;
            walk.reset();
            return ++next < caches.size();
        }
    };
    auto all = std::make_shared<visit>();
    all->caches = find_caches(directory_);
    run_in_steps(source_, request.worker, [this, all, reply] {
        if (all->step()) return true;
        reply(reply_of(all->best.table(find_cached_pools(directory_), base::clock::now())));
        return false;
    });
}

void cache_commands::test(const command_request& request, const command_reply& reply) const {
    const auto caches = find_caches(directory_);
    std::vector<std::unique_ptr<store_trial>> trials;
    trials.push_back(
        std::make_unique<memory_trial>(source_, caches.empty() ? cache::settings() : caches.front()->settings()));
    if (cache::shared_store* shared = source_.store_of(request.worker))
        trials.push_back(std::make_unique<shared_trial>(*shared, name_of_trial()));
    std::make_shared<trial_series>(std::move(trials), request.worker, reply)->next();
}

void cache_commands::explain(const command_request& request, const command_reply& reply) const {
    const auto what = explain_arguments::read(request.arguments);
    if (!what)
        return reply(refusal("42601", "EXPLAIN CACHE does not know: " + request.arguments,
                             "EXPLAIN CACHE [(DATABASE name, USER name, ROLE name, SEARCH_PATH 'a, b')] SELECT ..."));
    std::string problem;
    const auto pool = choose_pool(find_cached_pools(directory_), *what, problem);
    if (!pool) return reply(std::move(problem));
    struct visit {
        cached_pool by;
        std::string text;
        cache_explanation found;
        std::optional<cache_walk> walk;
    };
    auto all = std::make_shared<visit>();
    all->by = *pool;
    all->text = text_in_keys(what->statement);
    all->found = admin::explain(*pool, *what, directory_.texts(), directory_.schema().get());
    all->walk.emplace(*pool->cache);
    run_in_steps(source_, request.worker, [all, reply] {
        const base::time_point now = base::clock::now();
        const bool more = all->walk->step(
            [&](const cache::memory_store::slot& each) { count_entry(all->found, all->by, each, all->text, now); });
        if (!more) reply(reply_of(all->found.table(now)));
        return more;
    });
}

void cache_commands::clear(const command_request& request, const command_reply& reply) const {
    const auto what = clear_arguments::read(request.arguments);
    if (!what)
        return reply(refusal("42601", "CACHE CLEAR does not know: " + request.arguments,
                             "CACHE CLEAR [ALL | TABLE name | RULE name]"));
    targets found;
    if (what->table) {
        found = find_table(find_cached_pools(directory_), *what->table);
        if (found.empty()) return reply(no_such_table(*what->table));
    } else {
        for (relay::cache_domain* each : find_caches(directory_)) {
            relay::clear_target target;
            if (what->rule) {
                const auto number = find_rule(*each, *what->rule);
                if (!number) continue;
                target = {.is = relay::clear_target::kind::rule, .relations = {}, .rule = *number};
            }
            found.emplace(each, std::move(target));
        }
        if (found.empty() && what->rule)
            return reply(refusal("42704", "no cache has a rule \"" + *what->rule + "\"", "Try SHOW CACHE RULES."));
    }
    auto all = std::make_shared<clearings>();
    for (const auto& [cache, target] : found) all->caches.emplace_back(*cache, target);
    run_in_steps(source_, request.worker, [all, reply] {
        if (all->step()) return true;
        reply(reply_of(all->table()));
        return false;
    });
}

}  // namespace pgweir::admin
