#include "cache/lifetime.hpp"

#include <algorithm>

namespace pgweir::cache {

bool keeps_by_age(const settings& how) {
    std::uint32_t number = 0;
    bool any = how.is_by_age(0);
    for ([[maybe_unused]] const rule& each : how.rules) any = how.is_by_age(++number) || any;
    return how.mode != mode::off && any;
}

// What a rule keeps out stays out, whatever a statement says.
lifetime lifetime_of(const settings& how, std::uint32_t rule, const sql::cache_hint& hint) {
    lifetime found;
    if (rule != 0)
        found.usual = how.rules[rule - 1].ttl;
    else if (how.mode == mode::automatic)
        found.usual = how.ttl;
    found.longest = found.usual;
    found.by_age = how.is_by_age(rule);
    const bool kept_out = rule != 0 && found.usual == base::off;
    if (how.hints == hints::widen && hint.ttl && !kept_out) found.longest = std::max(found.usual, *hint.ttl);
    return found;
}

asker asker_of(const settings& how, const sql::cache_hint& hint, base::time_point now) {
    return {.now = now, .max_age = hint.ttl.value_or(base::off), .by_age_alone = how.hints == hints::widen};
}

bool asks_to_keep(const settings& how, const sql::cache_hint& hint) {
    return hint.refresh || (hint.ttl && how.hints == hints::widen);
}

}  // namespace pgweir::cache
