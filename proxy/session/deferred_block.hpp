#pragma once

#include "base/time.hpp"

namespace pgweir::session {

/// A transaction block that the client was told has begun, and that no server knows of yet.
struct deferred_block {
    bool active = false;
    bool read_committed = false;  ///< as it was begun; otherwise as sessions have it by default
    base::time_point since{};
};

}  // namespace pgweir::session
