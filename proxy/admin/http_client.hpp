#pragma once

#include <cstdint>
#include <string>

#include "admin/http_message.hpp"
#include "base/time.hpp"

namespace pgweir::admin {

/// Asks once, over a connection of its own, and waits for at most `limit`; only the name service, for a `host` that is
/// a name, takes the time it takes. Throws std::runtime_error, whose text says why there is no answer.
http_answer http_get(const std::string& host, std::uint16_t port, const std::string& path, base::duration limit);

}  // namespace pgweir::admin
