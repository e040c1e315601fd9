#include "sql/effect.hpp"

namespace pgweir::sql {

std::string_view pin_reason(effect flags) noexcept {
    if (!has(flags, pinning_effects)) return {};
    for (const pin_rule& rule : pin_rules)
        if (rule.pins && has(flags, rule.cause)) return rule.reason;
    return {};
}

}  // namespace pgweir::sql
