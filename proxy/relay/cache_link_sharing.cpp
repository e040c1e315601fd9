#include <algorithm>
#include <optional>
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
    const std::string_view role = session_defaults::read(pool_context()).role;
    const bool has_role =
        what.settings.find("role") || what.settings.find("session_authorization") || (!role.empty() && role != "none");
    if (has_role || !looks_into_one_schema()) return false;
    shared_shape_ = verdict->of_shape;
    shared_rule_ = verdict->rule;
    return true;
}

bool cache_link::may_see(const std::optional<cache::moment>& at) const {
    return !shared_shape_ || (at && shared_shape_->answered == at);
}

// As exchange::identity() has it, but without the pool's user in front; behind it what a server gave a session of that
// user by itself, settings of its role among that, and the rule, as databases of other names, which other rules are about,
// may be the same.
const base::interned& cache_link::without_user(const base::interned& own) {
    const std::string_view defaults = pool_context();
    context_of_all& known = of_all_;
    const bool same = known.own == own && known.scope == scope_ && known.defaults == context_.value;
    if (same && known.rule == shared_rule_) return known.context;
    std::string text(own.text().substr(own.text().find('\0')));
    text += defaults;
    for (const std::string& schema : scope_->schemas)
        if (scope_->map->has_schema(schema)) text.append(schema).push_back('\0');
    text += std::to_string(shared_rule_);
    known = {own, scope_, context_.value, shared_rule_, with_.texts.intern(text)};
    return known.context;
}

session::cache_answer cache_link::ask(const session::cache_question& what, base::time_point now) {
    shared_shape_ = nullptr;
    if (!shares_ || !is_for_all_users(what)) return ask_as(what, now);
    session::cache_question shared = what;
    shared.context = &without_user(*what.context);
    shared_key_ = session::cache_key::in_context(what.key, shared.context->id());
    shared.key = shared_key_;
    return ask_as(shared, now);
}

}  // namespace pgweir::relay
