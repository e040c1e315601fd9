#include "sql/scan_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pgweir::test {
namespace {

TEST(scan_rules, hold_for_every_piece_of_a_text) {
    const std::string text =
        "SET a.b = 1; reset TIME ZONE; SELECT E'\\'', $a$ '$a$, \"t\"\"u\", U&'x' FROM t -- c\n"
        "; CREATE TEMP TABLE x () ON COMMIT DROP; /* /* */ */ DEALLOCATE PREPARE \"p\"; COPY t FROM STDIN;"
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT set_config('a', 'b', true); END; PREPARE TRANSACTION 'x';"
        "DISCARD ALL; DECLARE c CURSOR WITH HOLD FOR SELECT 1; (VALUES (.5e3)); ROLLBACK AND CHAIN;";
    for (std::size_t from = 0; from < text.size(); ++from)
        for (std::size_t size = 0; size <= std::min<std::size_t>(text.size() - from, 60); ++size)
            for (const bool conforming : {true, false}) {
                const std::string_view piece = std::string_view(text).substr(from, size);
                ASSERT_EQ(broken_token_rule(piece, conforming), "") << piece;
                ASSERT_EQ(broken_scan_rule(piece, conforming), "") << piece;
            }
}

}  // namespace
}  // namespace pgweir::test
