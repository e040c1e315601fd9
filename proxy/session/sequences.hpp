#pragma once

#include "session/exchange.hpp"
#include "sql/effect.hpp"

namespace pgweir::session {

/// Before a text with these effects goes to a server that is shared: lastval() and currval() must not tell what an
/// earlier client of that server drew from a sequence. Unless this client may have drawn something itself since it was
/// lent the server, the server forgets (DISCARD SEQUENCES), and the answer is that of a fresh session. `in_batch`: the
/// text comes in the extended protocol, where a Query in between would commit. A client that is known to ask later keeps
/// the server on which it may have drawn something. Requires a server.
void guard_sequences(exchange& x, sql::effect flags, bool in_batch);

}  // namespace pgweir::session
