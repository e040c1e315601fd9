#include "admin/cache_entries.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "base/utf8.hpp"
#include "config/values.hpp"
#include "session/cache_key.hpp"
#include "sql/words.hpp"

namespace pgweir::admin {

namespace {

using cell = std::optional<std::string>;
constexpr auto number = result_table::type::number;

std::string milliseconds(base::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

std::string microseconds(base::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

// Under the mutex of its cache.
std::string_view state_of(const cache::entry& one, base::time_point now) {
    if (one.expires <= now) return "expired";
    if (one.is_marked()) return "being written";
    return one.holds() ? "served" : "outdated";
}

// Under the mutex of the cache.
const relay::shared_pool* pool_of(const relay::cache_domain& of, std::uint64_t context,
                                  const std::vector<cached_pool>& pools) {
    const std::string_view settings = of.context(context);
    const std::string_view scope = settings.substr(0, settings.find('\0'));
    const auto same = [&](const cached_pool& each) { return each.cache == &of && each.pool->scope() == scope; };
    const auto found = std::find_if(pools.begin(), pools.end(), same);
    return found == pools.end() ? nullptr : found->pool;
}

std::string names(const std::vector<std::string>& all) {
    std::string list;
    for (const std::string& each : all) list.append(list.empty() ? "" : ", ").append(each);
    return list;
}

}  // namespace

std::string shortened(std::string_view statement) {
    constexpr std::size_t longest = 200;
    if (sql::mentions_password(statement)) return "(not shown: it speaks of a password)";
    std::string shown;
    while (!statement.empty()) {
        const std::size_t length = std::max<std::size_t>(base::utf8_character_length(statement), 1);
        if (shown.size() + length > longest) return shown + "...";
        const bool is_space = length == 1 && static_cast<unsigned char>(statement.front()) <= ' ';
        if (!is_space)
            shown += statement.substr(0, length);
        else if (!shown.ends_with(' '))
            shown += ' ';
        statement.remove_prefix(length);
    }
    return shown;
}

void best_entries::add(relay::cache_domain& of, const cache::memory_store::slot& entry) {
    const auto saved = entry.what->took * static_cast<base::duration::rep>(entry.hits);
    entries_.push_back({&of, entry.what, entry.hits, saved});
    if (entries_.size() >= 2 * most_) keep_the_best();
}

void best_entries::keep_the_best() {
    const auto better = [](const seen& a, const seen& b) {
        return std::pair(a.saved, a.hits) > std::pair(b.saved, b.hits);
    };
    std::sort(entries_.begin(), entries_.end(), better);
    if (entries_.size() > most_) entries_.resize(most_);
}

result_table best_entries::table(const std::vector<cached_pool>& pools, base::time_point now) {
    keep_the_best();
    result_table shown({{"statement"},
                        {"user"},
                        {"database"},
                        {"rule"},
                        {"state"},
                        {"bytes", number},
                        {"rows", number},
                        {"age_ms", number},
                        {"ttl_left_ms", number},
                        {"hits", number},
                        {"cost_us", number}});
    for (const seen& each : entries_) {
        const cache::entry& entry = *each.what;
        const auto key = session::cache_key::read(entry.key);
        if (!key) continue;
        const std::lock_guard lock(each.of->mutex());
        const relay::shared_pool* pool = pool_of(*each.of, key->context, pools);
        shown.add({shortened(key->text), pool == nullptr ? cell() : cell(pool->user()),
                   pool == nullptr ? cell() : cell(pool->database()), name_of_rule(*each.of, entry.rule),
                   std::string(state_of(entry, now)), std::to_string(entry.bytes()), std::to_string(entry.row_count),
                   milliseconds(now - entry.created), milliseconds(std::max(entry.expires - now, base::duration())),
                   std::to_string(each.hits), microseconds(entry.took)});
    }
    return shown;
}

result_table show_cache_rules(const std::vector<relay::cache_domain*>& caches) {
    result_table shown({{"cache"},
                        {"number", number},
                        {"rule"},
                        {"tables"},
                        {"users"},
                        {"databases"},
                        {"pattern"},
                        {"ttl"},
                        {"consistency"},
                        {"stale_while_revalidate"},
                        {"shared_by"},
                        {"largest_reply", number},
                        {"state"},
                        {"entries", number},
                        {"bytes", number},
                        {"hits", number}});
    for (relay::cache_domain* each : caches) {
        const cache::settings& how = each->settings();
        const std::lock_guard lock(each->mutex());
        cache::result_cache& store = each->store();
        std::uint32_t place = 0;
        const auto add = [&](const cache::rule* rule, std::uint32_t id, base::duration ttl) {
            const bool by_age = how.is_by_age(id);
            const auto share = store.entries().share_of(id);
            shown.add(
                {each->name(), rule == nullptr ? cell() : cell(std::to_string(id)),
                 rule == nullptr ? cell() : cell(rule->name), rule == nullptr ? cell() : cell(names(rule->tables)),
                 rule == nullptr ? cell() : cell(names(rule->users)),
                 rule == nullptr ? cell() : cell(names(rule->databases)),
                 rule == nullptr ? cell() : cell(rule->pattern), config::format_duration(ttl), by_age ? "ttl" : "fleet",
                 config::format_duration(rule == nullptr ? base::off : rule->stale),
                 rule != nullptr && rule->shared_by == cache::audience::all_users ? "all_users" : "one_user",
                 std::to_string(how.largest_reply_of(id)), store.is_switched_off(id) ? "audit_failed" : "on",
                 std::to_string(share.entries), std::to_string(share.bytes), std::to_string(store.hits_of_rule(id))});
        };
        for (const cache::rule& rule : how.rules) add(&rule, ++place, rule.ttl);
        if (how.mode == cache::mode::automatic) add(nullptr, 0, how.ttl);
    }
    return shown;
}

}  // namespace pgweir::admin
