#pragma once

#include <optional>

#include "session/outcome.hpp"

namespace pgweir::session {

/// A transaction block that the client is still in although its server is gone (lost, or rolled back by a timeout).
/// It is answered as PostgreSQL answers in a failed transaction, with no server, until the client ends it.
struct lost_transaction {
    bool active = false;
    bool rollback_bound = false;     ///< the portal bound last would end the block
    std::optional<failure> untold;   ///< why, if the client was not told yet: the next statement's error
};

}  // namespace pgweir::session
