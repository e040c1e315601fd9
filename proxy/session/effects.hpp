#pragma once

#include <memory>
#include <string_view>

#include "metrics/pin_reason.hpp"
#include "session/exchange.hpp"
#include "sql/scan.hpp"

namespace pgweir::session {

/// The session keeps its server from now on.
void pin(exchange& x, metrics::pin_reason reason);

/// Whether by search_path, the client's or the role's own, what the session creates may be temporary without a word of it.
/// Requires a server.
bool finds_temp(exchange& x);

/// Where servers are shared, pins for everything a text may leave behind that cannot be carried. A SET of what the
/// server reports by ParameterStatus is carried. Requires a server.
void note_effects(exchange& x, const sql::scan_result& found);

/// Whether the end of a statement with these effects changes what is known of the client or the server.
bool needs_follow_up(sql::effect flags);

/// Whether the text of a statement with these effects has to be looked at again when it is executed.
bool text_matters(sql::effect flags);

/// Whether what the client says next can only be understood when a text with these effects was executed: it takes
/// away prepared statements or changes settings.
bool holds_back(const exchange& x, sql::effect flags);

/// What follow_up() will have to know.
std::unique_ptr<request_detail> follow_up_of(const sql::scan_result& found);

/// No client message but Sync is read past `entry` until it is answered.
void hold_back(exchange& x, pending_request& entry);

/// A text with these effects is executed now, or a portal is.
void note_execution(exchange& x, sql::effect flags);
void note_execution(exchange& x, const bound_portal& portal);

/// A statement was executed and has this CommandComplete tag; `request` is null when its text had no follow-up.
void completed(exchange& x, const request_detail* request, std::string_view tag);

/// Of a statement whose text nobody has looked at, as far as the cache is concerned: it may write, and commit.
inline constexpr sql::effect unread_effects =
    sql::effect::data_modifying | sql::effect::call | sql::effect::ends_transaction | sql::effect::multi_statement;

/// Where servers are not shared, statements keep their names and only their effects are remembered. Of those that are
/// not it is unread_effects.
void remember_effects(exchange& x, std::string_view statement, sql::effect flags);
sql::effect effects_of(const exchange& x, std::string_view statement);

}  // namespace pgweir::session
