#pragma once

#include <optional>

#include "metrics/cache_labels.hpp"

namespace pgweir::session {

/// What the result cache made of a statement.
struct cache_verdict {
    std::optional<metrics::cache_result> result;  ///< none: it was not asked
    metrics::cache_bypass why = metrics::cache_bypass::other;  ///< of a bypass
};

}  // namespace pgweir::session
