#pragma once

#include <string_view>

#include "metrics/cache_labels.hpp"

namespace pgweir::admin {

/// For people: why a read was neither answered from the cache nor kept in it.
std::string_view sentence_of(metrics::cache_bypass why);

}  // namespace pgweir::admin
