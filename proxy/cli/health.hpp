#pragma once

#include <string>

#include "base/time.hpp"
#include "config/addresses.hpp"

namespace pgweir::cli {

struct health_question {
    config::listen_address where;  ///< the HTTP endpoint; where it listens on every interface, loopback is asked
    bool ready = false;            ///< whether it can serve clients, not only whether it works
    base::duration limit;          ///< how long to wait for an answer
};

/// Prints what a running pgweir says of itself. Returns the exit code: 0 if all is well, else 1.
int ask_health(const health_question& question);

}  // namespace pgweir::cli
