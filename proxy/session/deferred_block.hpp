#pragma once

#include <string>

#include "base/time.hpp"

namespace pgweir::session {

/// A transaction block that the client was told has begun, and that no server knows of yet.
struct deferred_block {
    bool active = false;
    bool isolates = false;  ///< it was begun with another isolation level than READ COMMITTED
    bool needs_primary = false;  ///< a standby would refuse its modes
    bool read = false;  ///< it was answered a read
    std::string modes;  ///< as it was begun, beside what sessions have by default
    base::time_point since{};
};

}  // namespace pgweir::session
