#pragma once

#include "admin/result_table.hpp"
#include "admin/state_source.hpp"

namespace pgweir::admin {

/// SHOW CLIENTS and SHOW SERVERS: PgBouncer's columns, then `pins`.
result_table show_clients(const proxy_state& state);
result_table show_servers(const proxy_state& state);

}  // namespace pgweir::admin
