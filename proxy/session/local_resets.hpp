#pragma once

#include <string_view>

#include "session/exchange.hpp"

namespace pgweir::session {

/// What pools of drivers say when they give a connection back (DISCARD ALL, RESET ALL, UNLISTEN *, ...) is answered here
/// for a session that has nothing to be reset. True if the text was answered. Requires that there is no server.
bool answer_resets(exchange& x, std::string_view text);

}  // namespace pgweir::session
