#pragma once

#include <string_view>

namespace pgweir::session {

/// Selects the oid of the role that has logged in, which no SET SESSION AUTHORIZATION changes.
inline constexpr std::string_view login_role_query =
    "SELECT usesysid FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())";

}  // namespace pgweir::session
