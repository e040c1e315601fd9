#pragma once

#include "admin/result_table.hpp"
#include "admin/state_source.hpp"

namespace pgweir::admin {

/// SHOW CACHE: a row for each PostgreSQL database whose replies are cached, with what the reads of all its pools came to.
result_table show_cache(const proxy_state& state);

}  // namespace pgweir::admin
