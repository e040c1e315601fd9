#include "session/effects.hpp"

namespace pgweir::session {

namespace {

using sql::effect;

constexpr effect with_follow_up =
    effect::reset | effect::reset_all | effect::discard_all | effect::deallocate_all | effect::deallocate;

bool all_reported(const server_state& server, const sql::scan_result& found) {
    if (found.too_many_targets) return false;
    for (std::size_t i = 0; i < found.set_target_count; ++i) {
        if (!server.reports(lower_case(found.set_targets[i]))) return false;
    }
    return true;
}

void reset_to_startup(exchange& x) {
    if (x.startup.entries().empty()) return;
    // RESET went to the server's own defaults; for this client it means what it asked for at startup.
    if (x.server != nullptr) x.server->actual.reset();
    x.desired = x.server == nullptr ? x.startup : x.server->baseline.overlaid(*x.texts, x.startup);
    x.desired_changed();
    x.told_differs = true;
}

void forget_session(exchange& x) {
    x.server->statements.clear();
    x.server->unnamed_client = 0;
    x.statements.clear();
    x.pins.clear();
    reset_to_startup(x);
}

}  // namespace

void pin(exchange& x, metrics::pin_reason reason) {
    if (!x.pins.add(reason)) return;
    x.counters->pins[reason].add();
    // From here on its settings are not known for sure: what it prepares is nobody else's.
    x.desired_changed();
}

void note_effects(exchange& x, const sql::scan_result& found) {
    if (!x.scannable) pin(x, metrics::pin_reason::other);
    if (!sql::has(found.flags, sql::pinning_effects)) return;
    for (const sql::pin_rule& rule : sql::pin_rules) {
        if (!rule.pins || !sql::has(found.flags, rule.cause)) continue;
        if (rule.cause == effect::set_named && all_reported(*x.server, found)) continue;
        pin(x, metrics::from_name<metrics::pin_reason>(rule.reason).value_or(metrics::pin_reason::other));
    }
}

bool needs_follow_up(sql::effect flags) {
    return sql::has(flags, with_follow_up);
}

bool holds_back(sql::effect flags) {
    return sql::has(flags, effect::discard_all | effect::deallocate_all | effect::deallocate);
}

void follow_up(exchange& x, const request_detail& request, std::string_view tag) {
    if (x.server == nullptr) return;
    if (tag == "DISCARD ALL") {
        forget_session(x);
    } else if (tag == "DEALLOCATE ALL") {
        x.server->statements.clear();
        x.statements.clear_named();
    } else if (tag == "DEALLOCATE") {
        if (const auto taken = x.statements.remove(request.client_name)) x.server->statements.remove(taken->statement);
    } else if (tag == "RESET") {
        reset_to_startup(x);
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
    if (statement.empty()) return x.statements.no_name().effects;
    const client_statement* known = x.statements.find(statement);
    return known == nullptr ? effect::none : known->effects;
}

void pin_large_parse(exchange& x, std::string_view statement) {
    pin(x, metrics::pin_reason::large_message);
    if (statement.empty()) {
        x.statements.set_unnamed({}, {}, effect::none);
        x.server->unnamed_client = x.client_id;
        x.server->unnamed_generation = x.statements.no_name().generation;
        return;
    }
    x.statements.add(statement, {.statement = {}, .description = {}, .effects = effect::none, .raw = true});
}

}  // namespace pgweir::session
