#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/effect.hpp"

namespace pgweir::sql {

/// What a function of a database's own may leave in the session of whoever calls it.
struct routine_body {
    /// effect::own_routine where the server can be asked afterwards what it was; set_config where it cannot, because a
    /// custom setting is given a value whose name nobody can read; and what else no question brings to light.
    effect flags = effect::none;
    std::vector<std::string> custom_settings;  ///< (dotted) that it may set, as written
};

/// Of a body in that language. Of others than SQL and PL/pgSQL nothing is known, so they may do anything. What other
/// functions do that it calls is not in it. A statement that is put together at run time may do anything as well; but
/// the names of custom settings that only such a statement sets are not found.
routine_body read_routine_body(std::string_view language, std::string_view body);

/// Of a call of one of pinning_functions(), whose arguments nobody has read.
effect left_by_function(std::string_view name) noexcept;

/// Of all bodies in quotes that a text with CREATE FUNCTION has: any of its strings may be one.
routine_body read_made_routines(std::string_view text, bool standard_conforming_strings);

}  // namespace pgweir::sql
