#include "sql/row_order.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

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

// What looks like a column and is a value.
constexpr std::array values = std::to_array<std::string_view>(
    {"null", "true", "false", "default", "user", "current_user", "session_user", "current_role", "current_catalog",
     "current_schema", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"});

template <std::size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& all, std::string_view word) noexcept {
    return std::any_of(all.begin(), all.end(), [word](auto each) { return same_word(word, each); });
}

bool is_one(std::string_view word) noexcept {
    return is_one_of(words, word);
}

bool is_word(const token& which, std::string_view word) noexcept {
    return which.kind == token_kind::identifier && same_word(which.text, word);
}

std::size_t depth_behind(const token& next, std::size_t depth) noexcept {
    if (next.text == "(" || next.text == "[") return depth + 1;
    const bool closes = next.text == ")" || next.text == "]";
    return closes && depth > 0 ? depth - 1 : depth;
}

// Of the statement itself, not of a part in parentheses.
bool skip_to_order_by(tokens& all) noexcept {
    std::size_t depth = 0;
    bool behind_order = false;
    for (token next = all.next(); next.kind != token_kind::end; next = all.next()) {
        if (behind_order && is_word(next, "by")) return true;
        behind_order = depth == 0 && is_word(next, "order");
        depth = depth_behind(next, depth);
    }
    return false;
}

bool ends_order_by(const token& next) noexcept {
    constexpr std::array ends = std::to_array<std::string_view>({"limit", "offset", "fetch", "for"});
    return next.kind == token_kind::semicolon || (next.kind == token_kind::identifier && is_one_of(ends, next.text));
}

// Which way they are sorted does not matter here.
bool is_direction(const token& which) noexcept {
    constexpr std::array directions = std::to_array<std::string_view>({"asc", "desc", "nulls", "first", "last"});
    return which.kind == token_kind::identifier && is_one_of(directions, which.text);
}

std::optional<sort_column> column_of(const std::vector<token>& item) {
    if (item.empty() || !std::all_of(item.begin() + 1, item.end(), is_direction)) return std::nullopt;
    const token& which = item.front();
    sort_column found;
    if (which.kind == token_kind::number) {
        const char* end = which.text.data() + which.text.size();
        const auto read = std::from_chars(which.text.data(), end, found.number);
        if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
        return found;
    }
    const bool quoted = which.kind == token_kind::quoted_identifier && which.text.front() == '"';
    const bool named = which.kind == token_kind::identifier && !is_one_of(values, which.text);
    if (!quoted && !named) return std::nullopt;
    found.name = identifier_value(which.text);
    return found;
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

std::vector<sort_column> sort_columns(std::string_view text) {
    tokens all(text);
    if (!skip_to_order_by(all)) return {};
    std::vector<sort_column> found;
    std::vector<token> item;
    std::size_t depth = 0;
    while (true) {
        const token next = all.next();
        const bool outside = depth == 0;
        if (outside && (next.kind == token_kind::end || next.text == "," || ends_order_by(next))) {
            if (auto column = column_of(item)) found.push_back(std::move(*column));
            item.clear();
            if (next.text != ",") break;
            continue;
        }
        if (next.kind == token_kind::end) break;
        depth = depth_behind(next, depth);
        item.push_back(next);
    }
    return found;
}

}  // namespace pgweir::sql
