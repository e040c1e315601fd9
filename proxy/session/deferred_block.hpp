#pragma once

#include "base/time.hpp"

namespace pgweir::session {

/// A transaction block that the client was told has begun, and that no server knows of yet.
struct deferred_block {
    bool active = false;
    base::time_point since{};
};

}  // namespace pgweir::session
