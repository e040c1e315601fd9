#pragma once

#include <string_view>

#include "session/exchange.hpp"

namespace pgweir::session {

/// What pools of drivers say when they give a connection back (DISCARD ALL, RESET ALL, UNLISTEN *, ...) is answered here
/// for a session that has nothing to be reset. True if the text was answered. Requires that there is no server.
bool answer_resets(exchange& x, std::string_view text);

/// What a text that does nothing else resets need not be set before it is executed. This is how a session goes on whose
/// settings no server takes any more: its role was dropped, say. False: it is no such text, or nothing was set.
bool leave_out_resets(exchange& x, std::string_view text);

}  // namespace pgweir::session
