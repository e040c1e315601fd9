#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "relay/cache_link.hpp"
#include "relay/session_names.hpp"
#include "session/cache_key.hpp"

// Replies that a rule keeps for all users. A user is given one when the server itself has answered a statement of that
// shape to it since the last change that may have been one of rights: no list of ours is as good as PostgreSQL's own check,
// and a reply that differs by more than rights is nobody else's (by_user below).

namespace pgweir::relay {

// A role may look into some of the schemas of a path and not into others, so that a name means another table to it than
// to the next one: PostgreSQL passes over those it may not use.
bool cache_link::looks_into_one_schema() const {
    const auto counts = [&](const std::string& schema) {
        return schema != "pg_catalog" && scope_->map->has_schema(schema);
    };
    return std::ranges::count_if(scope_->schemas, counts) <= 1;
}

bool cache_link::is_for_all_users(const session::cache_question& what) {
    metrics::cache_bypass why_not{};
    const statement_judge::verdict* verdict = judge(what, why_not);
    if (verdict == nullptr || verdict->reads.by_user) return false;
    const cache::rule* rule = with_.domain.settings().find_rule(verdict->rule);
    if (rule == nullptr || rule->shared_by != cache::audience::all_users) return false;
    // What is served although it is outdated may be older than the right of who asks: rows that it never could have seen.
    const bool may_be_outdated =
        rule->stale != base::off || cache::lifetime_of(with_.domain.settings(), verdict->rule, what.hint).by_age;
    if (may_be_outdated) return false;
    const std::string_view role = session_defaults::read(pool_context()).role;
    const bool has_role =
        what.settings.find("role") || what.settings.find("session_authorization") || (!role.empty() && role != "none");
    if (has_role || !looks_into_one_schema()) return false;
    shared_shape_ = verdict->of_shape;
    shared_rule_ = verdict->rule;
    return true;
}

bool cache_link::may_see() {
    if (!shared_shape_) return true;
    const auto now = with_.domain.store().now();
    return now && shared_shape_->answered == now;
}

// As exchange::identity() has it, but without the pool's user in front; behind it what a server gave a session of that
// user by itself, the settings of its role among that.
const base::interned& cache_link::context_of_all(const base::interned& own) {
    const std::string_view defaults = pool_context();
    if (shared_from_ == own && shared_scope_ == scope_ && shared_defaults_ == context_.value &&
        context_rule_ == shared_rule_)
        return shared_context_;
    std::string text(own.text().substr(own.text().find('\0')));
    text += defaults;
    for (const std::string& schema : scope_->schemas)
        if (scope_->map->has_schema(schema)) text.append(schema).push_back('/');
    text += std::to_string(shared_rule_);  // databases of other names, with other rules, may be the same
    context_rule_ = shared_rule_;
    shared_context_ = with_.texts.intern(text);
    shared_from_ = own;
    shared_scope_ = scope_;
    shared_defaults_ = context_.value;
    return shared_context_;
}

session::cache_answer cache_link::ask(const session::cache_question& what, base::time_point now) {
    shared_shape_ = nullptr;
    if (!with_.domain.settings().shares_between_users() || !is_for_all_users(what)) return ask_as(what, now);
    session::cache_question shared{.key = {},
                                   .context = context_of_all(what.context),
                                   .text = what.text,
                                   .statement = what.statement,
                                   .settings = what.settings,
                                   .bind = what.bind,
                                   .described = what.described,
                                   .may_fill = what.may_fill,
                                   .may_wait = what.may_wait,
                                   .in_block = what.in_block,
                                   .hint = what.hint};
    shared_key_ = session::cache_key::in_context(what.key, shared.context.id());
    shared.key = shared_key_;
    return ask_as(shared, now);
}

}  // namespace pgweir::relay
