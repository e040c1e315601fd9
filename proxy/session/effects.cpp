#include "session/effects.hpp"

#include <optional>
#include <utility>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::session {

namespace {

using sql::effect;

constexpr effect sets = effect::set_named | effect::set_other | effect::set_transaction | effect::set_role |
                        effect::set_session_authorization | effect::set_config | effect::local_config | effect::reset |
                        effect::reset_all;
constexpr effect takes_statements = effect::discard_all | effect::deallocate_all | effect::deallocate;
// What no DISCARD ends: the state of random(), loaded libraries, connections of dblink, a replication origin.
constexpr effect uncleanable_effects = effect::setseed | effect::load | effect::session_function;

constexpr effect resetting = effect::reset | effect::reset_all | effect::discard_all;
// What counts when it is executed, however long ago it was parsed.
constexpr effect noted_again = sql::pinning_effects | effect::reset | effect::reset_all | effect::discard_all |
                               effect::discard_other | effect::releases | effect::unlisten | effect::deallocate |
                               effect::deallocate_all | effect::execute;
constexpr effect ends_state = resetting | effect::releases | effect::unlisten | effect::deallocate |
                              effect::deallocate_all | effect::discard_other;

// Of those that may be set in a session pg_settings shows these to few roles: not to the one, perhaps, that asks.
bool is_hidden(std::string_view lower_case_name) {
    return lower_case_name == "dynamic_library_path" || lower_case_name == "session_preload_libraries";
}

// PostgreSQL lists no custom settings: their names are remembered.
void note_names(exchange& x, const sql::scan_result& found) {
    x.names_unknown = x.names_unknown || found.unread_names;
    const auto note = [&x](std::string_view name) {
        const std::string folded = lower_case(name);
        if (is_hidden(folded)) {
            x.uncleanable = true;
            pin(x, metrics::pin_reason::other);
        }
        if (name.find('.') != std::string_view::npos) x.custom_names.insert(folded);
    };
    for (std::size_t i = 0; i < found.set_target_count; ++i) note(found.set_targets[i]);
    for (std::size_t i = 0; i < found.config_name_count; ++i)
        note(found.config_names[i].substr(1, found.config_names[i].size() - 2));
}

bool touches_syntax(const sql::scan_result& found) {
    if (sql::has(found.flags, effect::set_other | effect::reset_all) || found.too_many_targets) return true;
    for (std::size_t i = 0; i < found.set_target_count; ++i) {
        const std::string name = lower_case(found.set_targets[i]);
        if (name == "standard_conforming_strings" || name == "client_encoding") return true;
    }
    return false;
}

bool all_reported(const server_state& server, const sql::scan_result& found) {
    if (found.too_many_targets) return false;
    for (std::size_t i = 0; i < found.set_target_count; ++i) {
        if (!server.reports(lower_case(found.set_targets[i]))) return false;
    }
    return true;
}

void forget_session(exchange& x) {
    x.server->statements.clear();
    x.server->unnamed_client = 0;
    x.statements.clear();
    x.pins.discard();
    // No DISCARD takes a custom setting away, and nobody knows its name.
    if (std::exchange(x.names_unknown, false)) x.server->dirty = true;
    x.prepared_effects = effect::none;
    x.desired_changed();
    x.reset_due.all = x.reset_due.identity = true;
    x.hold_reports();
}

// What RESET ALL makes of how texts are read is what it is already.
bool syntax_is_default(const exchange& x) {
    const auto same = [&x](std::string_view name) { return x.desired.find(name) == x.server->baseline.find(name); };
    return same("standard_conforming_strings") && same("client_encoding");
}

}  // namespace

void pin(exchange& x, metrics::pin_reason reason) {
    x.survey_due = true;
    if (!x.pins.add(reason)) return;
    // Its settings are not known for sure: until they are, what it prepares is nobody else's.
    x.desired_changed();
}

bool finds_temp(exchange& x) {
    // A client is lent servers far more often than it changes its settings.
    if (!(x.looked_at == x.desired)) {
        const auto path = x.desired.find("search_path");
        x.own_path_finds_temp = path ? std::optional(sql::mentions_pg_temp(*path)) : std::nullopt;
        x.looked_at = x.desired;
    }
    return x.own_path_finds_temp ? *x.own_path_finds_temp : sql::mentions_pg_temp(x.server->parse_context);
}

void note_effects(exchange& x, const sql::scan_result& found) {
    x.uncleanable = x.uncleanable || sql::has(found.flags, uncleanable_effects);
    if (!x.rewrites) return;
    if (!x.scannable || x.syntax_unsure) pin(x, metrics::pin_reason::other);
    note_names(x, found);
    sql::effect flags = found.flags;
    if (sql::has(flags, effect::prepare)) x.prepared_effects |= flags;
    if (sql::has(flags, effect::execute)) flags |= x.prepared_effects & ~effect::prepare;
    const bool holds = x.pins.any() || x.listening.any();
    if (sql::has(flags, holds ? ends_state : resetting) && (holds || x.carries)) x.survey_due = true;
    if (!sql::has(flags, sql::pinning_effects)) return;
    for (const sql::pin_rule& rule : sql::pin_rules) {
        if (!rule.pins || !sql::has(flags, rule.cause)) continue;
        if (rule.cause == effect::set_named && all_reported(*x.server, found)) continue;
        pin(x, metrics::from_name<metrics::pin_reason>(rule.reason).value_or(metrics::pin_reason::other));
    }
}

bool text_matters(sql::effect flags) {
    return needs_follow_up(flags) || sql::has(flags, noted_again & ~effect::own_routine);
}

bool needs_follow_up(sql::effect flags) {
    return sql::has(flags, takes_statements | sets);
}

bool holds_back(const exchange& x, sql::effect flags) {
    // Settings are known again, and statements are, when it has ended.
    if (x.rewrites && sql::has(flags, takes_statements | sets)) return true;
    return sql::has(flags, effect::discard_all | effect::reset_all | effect::reset) && x.startup.key() != nullptr &&
           !x.startup.entries().empty();
}

void note_execution(exchange& x, const bound_portal& portal) {
    note_execution(x, portal.effects);
    if (!x.rewrites || !sql::has(portal.effects, noted_again)) return;
    sql::scan_result found = x.scan(portal.text);
    if (portal.text.empty()) found.unread_names = sql::has(portal.effects, sets | effect::do_block);
    found.flags = portal.effects;  // what functions do is not in the text
    note_effects(x, found);
}

void note_execution(exchange& x, sql::effect flags) {
    if (!x.rewrites || !sql::has(flags, effect::local_config | effect::set_config)) return;
    ++x.unshared;
    x.desired_changed();
}

std::unique_ptr<request_detail> follow_up_of(const sql::scan_result& found) {
    auto detail = std::make_unique<request_detail>();
    detail->effects = found.flags;
    detail->changes_syntax = touches_syntax(found);
    if (sql::has(found.flags, effect::deallocate)) detail->client_name = sql::identifier_value(found.deallocate_name);
    if (sql::has(found.flags, effect::reset)) {
        for (std::size_t i = 0; i < found.set_target_count; ++i)
            detail->reset_names.push_back(lower_case(found.set_targets[i]));
    }
    return detail;
}

void hold_back(exchange& x, pending_request& entry) {
    entry.wait_before_forwarding = entry.lets_sync_pass = true;
    ++x.forward_gates;
    ++x.text_gates;
}

namespace {

// By its command tag. What functions change is found out by the error that it causes.
bool changes_schema(const exchange& x, std::string_view tag) {
    // Temporary tables are the session's own affair.
    if (tag.starts_with("CREATE TABLE")) return !x.pins.has(metrics::pin_reason::temp_table);
    return tag.starts_with("CREATE ") || tag.starts_with("ALTER ") || tag.starts_with("DROP ") || tag == "CALL" ||
           tag == "DO" || tag == "COMMIT PREPARED";
}

void deallocated(exchange& x, const request_detail* request) {
    const bool known = request != nullptr && sql::has(request->effects, effect::deallocate) && request->statement;
    if (request != nullptr) {
        // A raw one stands on the server under the client's own name, which the server has just forgotten.
        const client_statement* named = x.statements.find(request->client_name);
        if (named != nullptr && (named->raw || named->statement == request->statement))
            x.statements.remove(request->client_name);
    }
    if (known)
        x.server->statements.remove(request->statement);
    else if (!x.pins.has(metrics::pin_reason::prepare))
        x.server->statements.outdate_all();  // it may have been any of ours
}

}  // namespace

void completed(exchange& x, const request_detail* request, std::string_view tag) {
    if (x.pending.front().defines) x.schema_suspected = true;
    if (x.server == nullptr || !x.rewrites) {
        if (x.server != nullptr && changes_schema(x, tag)) x.schema_changed = true;
        if (x.server == nullptr || request == nullptr) return;
    }
    if (tag == "ROLLBACK") {
        x.doubt_resets();
    } else if (tag == "COMMIT") {
        // Also in a chain of blocks.
        x.tell_schema();
    } else if (changes_schema(x, tag)) {
        x.schema_changed = true;
        // A table alone calls nothing but what the text that makes it speaks of.
        const bool makes = tag.starts_with("CREATE ") || tag.starts_with("ALTER ");
        x.made_something = x.made_something || (makes && tag != "CREATE TABLE");
        ++x.unshared;
        x.desired_changed();
    } else if (tag == "DISCARD ALL") {
        forget_session(x);
    } else if (tag == "DEALLOCATE ALL") {
        x.server->statements.clear();
        x.statements.clear_named();
    } else if (tag == "DEALLOCATE") {
        deallocated(x, request);
    } else if (tag == "SET" || tag == "RESET") {
        ++x.unshared;
        x.desired_changed();
        if (request == nullptr) return;
        const bool only_resets =
            !sql::has(request->effects, effect::set_named | effect::set_other | effect::set_config);
        if (request->changes_syntax && x.unsynced && !(only_resets && syntax_is_default(x))) x.syntax_unsure = true;
        if (!sql::has(request->effects, effect::reset | effect::reset_all)) return;
        x.reset_due.surveyed = false;
        x.reset_due.all = x.reset_due.all || sql::has(request->effects, effect::reset_all);
        x.reset_due.names.insert(x.reset_due.names.end(), request->reset_names.begin(), request->reset_names.end());
        x.hold_reports();
    }
}

void remember_effects(exchange& x, std::string_view statement, sql::effect flags) {
    if (statement.empty()) {
        x.statements.no_name().effects = flags;
        return;
    }
    x.statements.remove(statement);
    if (x.statements.size() < max_statements_per_client)
        x.statements.add(statement, {.statement = {}, .description = {}, .effects = flags, .raw = true});
}

sql::effect effects_of(const exchange& x, std::string_view statement) {
    return x.statements.effects_of(statement, unread_effects);
}

}  // namespace pgweir::session
