#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/statement_facts.hpp"

namespace pgweir::admin {

/// What stands behind CACHE CLEAR: nothing or ALL, TABLE name, RULE name.
struct clear_arguments {
    std::optional<sql::qualified_name> table;
    std::optional<std::string> rule;  ///< as it is written in the configuration

    /// Nothing when it is something else.
    static std::optional<clear_arguments> read(std::string_view text);
};

/// What stands behind EXPLAIN CACHE: options in parentheses, as (DATABASE app, USER eve, SEARCH_PATH 'a, b'), and the
/// statement.
struct explain_arguments {
    std::optional<std::string> database;
    std::optional<std::string> user;
    std::optional<std::string> role;
    std::optional<std::string> search_path;
    std::string statement;

    static std::optional<explain_arguments> read(std::string_view text);
};

}  // namespace pgweir::admin
