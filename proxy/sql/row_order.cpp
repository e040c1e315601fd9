#include "sql/row_order.hpp"

#include <algorithm>
#include <array>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

// Beside functions that look into windows, which have OVER: those that put values one behind another, and those whose
// sums of floating-point numbers are rounded in another order.
constexpr std::array words = std::to_array<std::string_view>({"limit",
                                                              "fetch",
                                                              "offset",
                                                              "over",
                                                              "array_agg",
                                                              "string_agg",
                                                              "json_agg",
                                                              "jsonb_agg",
                                                              "xmlagg",
                                                              "json_object_agg",
                                                              "jsonb_object_agg",
                                                              "json_arrayagg",
                                                              "json_objectagg",
                                                              "tablesample",
                                                              "mode",
                                                              "json_agg_strict",
                                                              "jsonb_agg_strict",
                                                              "json_object_agg_strict",
                                                              "json_object_agg_unique",
                                                              "json_object_agg_unique_strict",
                                                              "jsonb_object_agg_strict",
                                                              "jsonb_object_agg_unique",
                                                              "jsonb_object_agg_unique_strict",
                                                              "stddev",
                                                              "stddev_pop",
                                                              "stddev_samp",
                                                              "variance",
                                                              "var_pop",
                                                              "var_samp",
                                                              "corr",
                                                              "covar_pop",
                                                              "covar_samp",
                                                              "regr_avgx",
                                                              "regr_avgy",
                                                              "regr_intercept",
                                                              "regr_r2",
                                                              "regr_slope",
                                                              "regr_sxx",
                                                              "regr_sxy",
                                                              "regr_syy"});

bool is_one(std::string_view word) noexcept {
    return std::any_of(words.begin(), words.end(), [word](auto each) { return same_word(word, each); });
}

}  // namespace

bool may_depend_on_row_order(std::string_view text) noexcept {
    tokens all(text);
    bool behind_distinct = false;
    for (token next = all.next(); next.kind != token_kind::end; next = all.next()) {
        std::string_view word = next.text;
        if (next.kind == token_kind::quoted_identifier) word = word.substr(1, word.size() - 2);
        if (is_one(word) || (behind_distinct && same_word(word, "on"))) return true;
        behind_distinct = same_word(word, "distinct");
    }
    return all.ended_inside();
}

}  // namespace pgweir::sql
