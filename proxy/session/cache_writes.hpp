#pragma once

#include <string_view>

#include "session/exchange.hpp"
#include "sql/effect.hpp"

namespace pgweir::session {

// When, on the wire, the cache has to be told what a client's transactions write: before a commit can happen what it
// may change is marked, and before the client hears that it has happened the stamps of that are bumped. In the extended
// protocol CommandComplete comes before the commit of an implicit transaction, which only ReadyForQuery tells. All of
// these do nothing without a cache.

/// A simple query of this text is forwarded as `entry`. Requires a server.
void note_query(exchange& x, std::string_view text, sql::effect flags, pending_request& entry);
/// A statement of this text is bound; without a text it may be anything.
void note_bind(exchange& x, std::string_view text, sql::effect flags);
void note_unknown_bind(exchange& x);
/// Where servers are not shared a statement's text is not kept: for note_effects_bind() data_modifying when executing it
/// may write, and call when it may commit by itself.
sql::effect unshared_writes(exchange& x, std::string_view text, sql::effect flags);
void note_effects_bind(exchange& x, sql::effect remembered);
/// A portal is executed by `entry`; null: one that was not bound.
void mark_execute(exchange& x, const bound_portal* portal, pending_request& entry);
void mark_sync(exchange& x, pending_request& entry);
/// A message that was not looked at, and ends with its own ReadyForQuery.
void mark_unknown(exchange& x, pending_request& entry);

/// CommandComplete or ReadyForQuery of the request that is answered now is about to be relayed.
void bump_marked(exchange& x);
/// `entry` is answered, and what is marked was bumped for that.
void release_mark(exchange& x, pending_request& entry);
/// It was skipped, or failed behind a commit inside of it.
void bump_and_release(exchange& x, pending_request& entry);
/// ReadyForQuery is about to be relayed.
void cycle_ended(exchange& x, char status);
/// The server is gone. Requires that its requests are still pending.
void marks_lost(exchange& x, std::int32_t process_id);

}  // namespace pgweir::session
