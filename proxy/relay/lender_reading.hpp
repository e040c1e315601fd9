#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "catalog/routine_reading.hpp"
#include "relay/lender.hpp"

namespace pgweir::relay {

/// What is asked on one server of a pool before it is lent, or now and then.
struct lender::reading {
    catalog::routine_reading what;
    std::uint64_t schema;  ///< the counter of changes when it began
    base::time_point since;
    bool fresh;  ///< the server is not in the pool yet
    use then;
};

}  // namespace pgweir::relay
