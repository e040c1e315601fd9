#pragma once

#include "base/bytes.hpp"
#include "session/exchange.hpp"

namespace pgweir::session {

/// A read is forwarded as `entry`: the one that is executed for the cache, perhaps.
inline void begin_fill(exchange& x, pending_request& entry) {
    if (x.fill.is != cache_fill::state::owned) return;
    entry.fills = true;
    x.fill.is = cache_fill::state::executing;
    x.fill.began = x.now;
}

/// A message of the server, or the part of it that is here, while a read is executed for the cache. What is kept is a
/// reply without anything unusual in it: rows, and a CommandComplete that counts them.
void capture(exchange& x, char tag, base::bytes_view message);
/// The next part of that message.
void capture_more(exchange& x, base::bytes_view part);
/// ReadyForQuery is about to be relayed.
void finish_fill(exchange& x, char status);

/// The read that was to be executed for the cache is not, or its reply is not seen to its end.
void drop_fill(exchange& x);

}  // namespace pgweir::session
