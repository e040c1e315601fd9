#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace pgweir::runtime {

struct connection_finding {
    enum class kind { connected, not_tried, failed };

    std::string key;  ///< of the configuration
    kind how = kind::failed;
    std::string message;  ///< who is there, or why not; no secrets
};

/// Connects as serving would to all that the configuration names: to each database with the upstream's user, else with
/// the first of auth.users whose password is known, and to the cache's Redis. Blocks, for as long as the configured time
/// limits allow at most, one behind the other. Throws std::system_error when there is no descriptor left.
std::vector<connection_finding> try_connections(const config::settings& configured);

}  // namespace pgweir::runtime
