#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace pgweir::net {

struct listen_settings {
    /// `host:port`, `[v6]:port`, or an absolute path of a unix socket directory (then `.s.PGSQL.<port>` in it).
    std::vector<std::string> addresses{"0.0.0.0:6432"};
    std::uint32_t max_clients = 10000;
    base::duration login_timeout = std::chrono::seconds(15);
};

}  // namespace pgweir::net
