#include "relay/statement_judge.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/hash.hpp"
#include "cache/rule_match.hpp"
#include "sql/shape.hpp"
#include "sql/understand.hpp"

namespace pgweir::relay {

namespace {

// `table` or `schema.table`, as the configuration has it.
sql::qualified_name table_name(const std::string& written) {
    const auto dot = written.find('.');
    if (dot == std::string::npos) return {{}, written};
    return {written.substr(0, dot), written.substr(dot + 1)};
}

bool have_common(const std::vector<catalog::relation_id>& a, const std::vector<catalog::relation_id>& b) {
    return std::any_of(a.begin(), a.end(),
                       [&](catalog::relation_id each) { return std::binary_search(b.begin(), b.end(), each); });
}

}  // namespace

statement_judge::statement_judge(std::uint64_t seed, std::deque<cache::rule> rules)
    : seed_(seed), rules_(std::move(rules)), memo_(memo_bytes, seed) {}

statement_judge::scope_pointer statement_judge::scope_of(judge_scope wanted) {
    const auto same = [&](const scope_pointer& each) {
        return each->map == wanted.map && each->schemas == wanted.schemas && each->user == wanted.user &&
               each->database == wanted.database;
    };
    const auto known = std::find_if(scopes_.begin(), scopes_.end(), same);
    if (known != scopes_.end()) {
        std::rotate(scopes_.begin(), known, known + 1);
        return scopes_.front();
    }
    const catalog::name_scope names{wanted.schemas};
    std::uint32_t number = 0;
    for (const cache::rule& each : rules_) {
        ++number;
        if (!cache::lists(each.users, wanted.user) || !cache::lists(each.databases, wanted.database)) continue;
        judge_scope::applicable_rule rule{number, &each, {}};
        for (const std::string& table : each.tables) {
            const auto found = wanted.map->relations_named(table_name(table), names);
            rule.tables.insert(rule.tables.end(), found.begin(), found.end());
        }
        std::sort(rule.tables.begin(), rule.tables.end());
        wanted.rules_by_text = wanted.rules_by_text || each.pattern != "*";
        wanted.rules.push_back(std::move(rule));
    }
    wanted.number = ++scopes_made_;
    if (scopes_.size() == most_scopes) scopes_.pop_back();
    scopes_.insert(scopes_.begin(), std::make_shared<const judge_scope>(std::move(wanted)));
    return scopes_.front();
}

// Sessions of several users ask the same.
std::uint64_t statement_judge::place_of(std::string_view text, const scope_pointer& scope) const {
    return base::fingerprint(text, seed_) + scope->number;
}

// Texts that are asked for again are few, so it is enough that most of them fall apart.
std::uint64_t statement_judge::place_by_ends(std::string_view text) const {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (text.size() < sizeof begin) return text.size();
    std::memcpy(&begin, text.data(), sizeof begin);
    std::memcpy(&end, text.data() + text.size() - sizeof end, sizeof end);
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    return (((begin ^ seed_) * odd + end) * odd + text.size()) * odd >> 32;
}

// A number in them would be another each time.
std::size_t statement_judge::place_by_begin(std::string_view text) const {
    std::array<std::uint64_t, 3> begin{};
    if (text.size() < sizeof begin)
        std::memcpy(begin.data(), text.data(), text.size());
    else
        std::memcpy(begin.data(), text.data(), sizeof begin);  // a known size costs no call
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    std::uint64_t mixed = seed_;
    for (const std::uint64_t each : begin) mixed = (mixed ^ each) * odd;
    return (mixed >> 32) % alike_.size();
}

const statement_judge::verdict& statement_judge::judge(std::string_view text, const scope_pointer& scope) {
    if (text.size() > longest_kept) return *find_by_shape(text, scope);
    verdict_table::slot& place = texts_.at(place_by_ends(text) + scope->number);
    if (verdict_table::is_of(place, text, scope)) return *place.found;
    // Copying such a text costs as much as comparing it again.
    const alike& known = alike_[place_by_begin(text)];
    if (known.scope == scope && known.integers.are_all_that_differs(text, known.text)) return *known.found;
    place.keep(text, scope, find_by_shape(text, scope));
    return *place.found;
}

statement_judge::verdict statement_judge::work_out(std::string_view text, const judge_scope& scope) {
    sql::write_shape(text, shape_);
    verdict found = work_out_shape(scope);
    found.rule = rule_of(text, found, scope);
    return found;
}

const statement_judge::verdict_pointer& statement_judge::find_by_shape(std::string_view text,
                                                                       const scope_pointer& scope) {
    sql::write_shape(text, shape_, integers_);
    const verdict_pointer& shared = of_shape(scope);
    if (!scope->rules_by_text) {
        if (!integers_.empty() && text.size() <= longest_kept)
            alike_[place_by_begin(text)] = {std::string(text), scope, shared, integers_};
        return shared;
    }
    const std::uint32_t rule = rule_of(text, *shared, *scope);
    if (rule == shared->rule) return shared;
    auto own = std::make_shared<verdict>(*shared);
    own->rule = rule;
    return unkept_ = std::move(own);
}

// Of shape_. Where rules go by the text none is said here.
const statement_judge::verdict_pointer& statement_judge::of_shape(const scope_pointer& scope) {
    verdict_table::slot& place = shapes_.at(place_of(shape_, scope));
    if (verdict_table::is_of(place, shape_, scope)) return place.found;
    auto found = std::make_shared<verdict>(work_out_shape(*scope));
    if (!scope->rules_by_text) found->rule = rule_of({}, *found, *scope);
    if (shape_.size() > longest_kept) return unkept_ = std::move(found);
    place.keep(shape_, scope, std::move(found));
    return place.found;
}

statement_judge::verdict statement_judge::work_out_shape(const judge_scope& scope) {
    sql::memo::facts_pointer facts = memo_.find(shape_);
    if (!facts) {
        facts = std::make_shared<const sql::statement_facts>(sql::understand(shape_));
        memo_.keep(shape_, facts);
    }
    const catalog::name_scope names{scope.schemas};
    return {.reads = scope.map->reads_of(*facts, names), .writes = scope.map->writes_of(*facts, names)};
}

std::uint32_t statement_judge::rule_of(std::string_view text, const verdict& of, const judge_scope& scope) {
    for (const auto& [number, rule, tables] : scope.rules) {
        const bool reads_one = rule->tables.empty() || have_common(of.reads.depends_on, tables);
        if (reads_one && cache::is_like(text, rule->pattern)) return number;
    }
    return 0;
}

}  // namespace pgweir::relay
