#include "admin/cache_explain.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <mutex>
#include <utility>

#include "admin/cache_reasons.hpp"
#include "cache/lifetime.hpp"
#include "config/values.hpp"
#include "relay/session_names.hpp"
#include "relay/statement_judge.hpp"
#include "session/cache_key.hpp"
#include "session/parameters.hpp"
#include "sql/comments.hpp"
#include "sql/reason.hpp"

namespace pgweir::admin {

namespace {

using cell = std::optional<std::string>;
using metrics::cache_bypass;
constexpr auto number = result_table::type::number;

cell joined(const std::vector<std::string>& parts, std::string_view between) {
    if (parts.empty()) return std::nullopt;
    std::string all;
    for (const std::string& each : parts) all.append(all.empty() ? "" : between).append(each);
    return all;
}

cell milliseconds(base::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

void add_reason(cache_explanation& to, std::string_view code, std::string_view sentence) {
    to.reasons.emplace_back(code);
    to.sentences.emplace_back(sentence);
}

void add_reason(cache_explanation& to, cache_bypass why) {
    add_reason(to, metrics::name_of(why), sentence_of(why));
}

session::parameters settings_of(const explain_arguments& what, base::interner& texts) {
    std::vector<session::parameters::entry> set;
    if (what.search_path) set.emplace_back("search_path", *what.search_path);
    if (what.role) set.emplace_back("role", *what.role);
    return session::parameters::make(texts, std::move(set));
}

// What holds for whatever the pool's clients ask.
void look_at_sessions(cache_explanation& to, const cached_pool& by, const relay::session_defaults& defaults) {
    if (!by.pool->shares_servers())
        add_reason(to, "session_mode", "In session mode nothing is cached: sessions may have state that nobody knows.");
    if (defaults.standby) add_reason(to, cache_bypass::standby);
    if (defaults.isolation != "read committed") add_reason(to, cache_bypass::not_read_committed);
}

void look_at_rule(cache_explanation& to, const cache::settings& how, std::uint32_t rule, const sql::cache_hint& hint) {
    if (rule != 0) to.rule = how.rules[rule - 1].name;
    to.ttl = cache::lifetime_of(how, rule, hint).longest;
    if (to.ttl == base::off) add_reason(to, cache_bypass::no_rule);
    if (hint.ttl) to.ttl = std::min(to.ttl, *hint.ttl);
    if (hint.no_cache) add_reason(to, cache_bypass::hint);
}

std::string without_comments(std::string_view statement) {
    std::string text;
    sql::append_without_comments(text, statement, true);
    return text;
}

std::string words_of(const sql::cache_hint& hint, std::string_view statement) {
    std::string words;
    const auto add = [&words](std::string_view word) { words.append(words.empty() ? "" : ", ").append(word); };
    if (hint.no_cache) add("no-cache");
    if (hint.refresh) add("refresh");
    if (hint.ttl) add("ttl=" + config::format_duration(*hint.ttl));
    if (hint.unknown > 0) add("unknown: " + sql::unknown_words(statement));
    return words;
}

}  // namespace

cache_explanation explain(const cached_pool& by, const explain_arguments& what, base::interner& texts,
                          std::uint64_t schema) {
    cache_explanation found;
    found.database = by.pool->database();
    found.user = what.user.value_or(by.pool->user());
    found.state = by.cache->serves() ? "on" : metrics::name_of(by.cache->why_not());
    if (!by.map || by.map->read_at != schema || !by.parse_context || by.parse_context->empty()) {
        add_reason(found, cache_bypass::catalog_unread);
        return found;
    }
    look_at_sessions(found, by, relay::session_defaults::read(*by.parse_context));
    // No text is remembered, so that nobody's knowledge makes it easier to find.
    relay::statement_judge judge(0, by.cache->settings().rules);
    const auto names = judge.scope_of(
        relay::names_of_session(*by.pool, by.map, *by.parse_context, settings_of(what, texts), found.user));
    const relay::statement_judge::verdict verdict = judge.work_out(without_comments(what.statement), *names);
    for (const sql::reason_description& each : sql::reason_descriptions)
        if (sql::has(verdict.reads.reasons, each.value)) add_reason(found, each.code, each.sentence);
    for (const sql::qualified_name& each : by.map->names_of(verdict.reads.depends_on))
        found.reads.push_back(each.schema + "." + each.name);
    for (const sql::qualified_name& each : by.map->names_of(verdict.writes.relations))
        found.writes.push_back(each.schema + "." + each.name);
    if (verdict.writes.everything) found.writes = {"perhaps anything"};
    const cache::settings& how = by.cache->settings();
    const auto hint = how.hints == cache::hints::off ? sql::cache_hint() : sql::read_cache_hint(what.statement);
    found.hint = words_of(hint, what.statement);
    look_at_rule(found, how, verdict.rule, hint);
    const std::lock_guard lock(by.cache->mutex());
    if (by.cache->store().is_switched_off(verdict.rule)) add_reason(found, cache_bypass::audit_failed);
    return found;
}

std::string text_in_keys(std::string_view statement) {
    std::string text = without_comments(statement);
    text.erase(text.find_last_not_of("; \t\r\n") + 1);
    return text;
}

void count_entry(cache_explanation& to, const cached_pool& by, const cache::memory_store::slot& entry,
                 std::string_view text, base::time_point now) {
    const auto key = session::cache_key::read(entry.what->key);
    if (!key || key->text.substr(0, key->text.find_last_not_of("; \t\r\n") + 1) != text) return;
    const std::string_view context = by.cache->context(key->context);
    const std::string_view scope = context.substr(0, context.find('\0'));
    if (context.empty() || (!scope.empty() && scope != by.pool->scope())) return;  // empty: for all users
    if (entry.what->expires <= now || !entry.what->holds()) return;
    ++to.entries;
    to.hits += entry.hits;
    if (entry.what->created < to.newest) return;
    to.newest = entry.what->created;
    to.expires = entry.what->expires;
}

result_table cache_explanation::table(base::time_point now) const {
    result_table told({{"database"},
                       {"user"},
                       {"cache"},
                       {"cacheable"},
                       {"reason"},
                       {"why"},
                       {"reads"},
                       {"writes"},
                       {"rule"},
                       {"ttl"},
                       {"hint"},
                       {"entries", number},
                       {"hits", number},
                       {"age_ms", number},
                       {"ttl_left_ms", number}});
    told.add({database, user, state, reasons.empty() ? "yes" : "no", joined(reasons, ", "), joined(sentences, " "),
              joined(reads, ", "), joined(writes, ", "), rule.empty() ? cell() : cell(rule),
              reasons.empty() ? cell(config::format_duration(ttl)) : cell(), hint.empty() ? cell() : cell(hint),
              std::to_string(entries), std::to_string(hits), entries == 0 ? cell() : milliseconds(now - newest),
              entries == 0 ? cell() : milliseconds(expires - now)});
    return told;
}

}  // namespace pgweir::admin
