#include <gtest/gtest.h>

#include "sql/effect.hpp"

namespace pgweir::sql {
namespace {

TEST(pin_rules, reasons) {
    EXPECT_EQ(pin_reason(effect::none), "");
    EXPECT_EQ(pin_reason(effect::plain_read | effect::execute | effect::set_transaction), "");
    EXPECT_EQ(pin_reason(effect::set_named), "set");
    EXPECT_EQ(pin_reason(effect::session_characteristics | effect::data_modifying), "set");
    EXPECT_EQ(pin_reason(effect::set_session_authorization), "set_role");
    EXPECT_EQ(pin_reason(effect::lastval_currval), "sequence");
    EXPECT_EQ(pin_reason(effect::set_named | effect::temp_object), "temp_table");
    EXPECT_EQ(pin_reason(effect::discard_all | effect::reset_all | effect::large_object), "");
}

TEST(pin_rules, each_state_has_one_row) {
    effect seen = effect::none;
    for (const pin_rule& rule : pin_rules) {
        EXPECT_FALSE(has(seen, rule.cause)) << rule.reason;
        EXPECT_EQ(has(pinning_effects, rule.cause), rule.pins) << rule.reason;
        seen |= rule.cause;
    }
}

}  // namespace
}  // namespace pgweir::sql
