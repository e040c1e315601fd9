#pragma once

#include <cstdint>
#include <optional>

#include "session/outcome.hpp"

namespace pgweir::session {

/// A transaction block that the client is still in although its server is gone (lost, or rolled back by a timeout).
/// It is answered as PostgreSQL answers in a failed transaction, with no server, until the client ends it.
struct lost_transaction {
    bool active = false;
    enum class block_end : std::uint8_t { none, rollback, commit };
    block_end end_bound = block_end::none;  ///< what the portal bound last would do
    bool end_chains = false;  ///< and begin another block
    std::optional<failure> untold;   ///< why, if the client was not told yet: the next statement's error
};

}  // namespace pgweir::session
