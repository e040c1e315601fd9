#include "session/statement_rewriter.hpp"

#include <utility>

#include "session/cache_writes.hpp"
#include "session/effects.hpp"
#include "session/sequences.hpp"
#include "session/statement_names.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

void statement_rewriter::parse(const wire::parse_message& message, base::bytes_view raw,
                               const sql::scan_result& found) {
    x_.counters->client_parses.add();
    if (message.statement.empty())
        parse_unnamed(message, raw, found.flags);
    else
        parse_named(message, raw, found.flags);
}

void statement_rewriter::parse_unnamed(const wire::parse_message& message, base::bytes_view raw, sql::effect effects) {
    // The server keeps it under the same name: the message is forwarded as it is.
    x_.set_unnamed(message.text, message.parameter_types, effects);
    x_.server->unnamed_client = x_.client_id;
    x_.server->unnamed_generation = x_.statements.no_name().generation;
    pending_request& entry = x_.push(request_kind::parse);
    entry.unnamed_parse = true;
    entry.unnamed_generation = x_.statements.no_name().generation;
    x_.to_server.relay(raw);
    x_.unsynced = true;
    x_.counters->server_parses.add();
}

void statement_rewriter::parse_named(const wire::parse_message& message, base::bytes_view raw, sql::effect effects) {
    if (!may_enter(message.statement)) return;
    if (may_be_made_by_sql(message.statement)) {
        // SQL's PREPARE may have taken the name, and only the server knows.
        x_.statements.add(message.statement, {.statement = {}, .description = {}, .effects = effects, .raw = true});
        auto detail = std::make_unique<request_detail>();
        detail->statement_change = request_detail::change::client_added;
        detail->client_name = message.statement;
        x_.to_server.relay(raw);
        x_.pending.attach(x_.push(request_kind::parse), std::move(detail));
        x_.unsynced = true;
        return;
    }
    // A moment such as 'now' in the text is that of its Parse.
    const bool own = sql::has(effects, sql::effect::time_literal);
    std::string identity = x_.identity();
    if (own) identity += "own " + std::to_string(x_.client_id) + '/' + std::to_string(++x_.own_statements);
    const auto statement = prepared_statement::make(*x_.texts, message.parameter_types, identity, message.text);
    x_.statements.add(message.statement, {.statement = statement, .description = {}, .effects = effects, .own = own});

    auto detail = std::make_unique<request_detail>();
    detail->statement_change = request_detail::change::client_added;
    detail->client_name = message.statement;
    detail->statement = statement;

    // In a failed transaction the server must refuse it in its own words, so it is never answered here then.
    const bool fresh = x_.server->statements.state_of(statement) != server_statements::presence::current;
    if (!fresh && !transaction_may_have_failed()) {
        x_.counters->prepared_requests[metrics::prepared_result::hit].add();
        std::string reply;
        wire::append_parse_complete(reply);
        pending_request& entry = x_.push(request_kind::local_answer);
        detail->reply = std::move(reply);
        x_.pending.attach(entry, std::move(detail));
        x_.unsynced = true;
        if (x_.pending.size() == 1) x_.release_local_answers();
        return;
    }
    if (!fresh) {
        // The name is taken on the server, so the text goes in unnamed: what is wanted is the server's refusal.
        x_.server->unnamed_client = 0;
        wire::append_parse(x_.to_server.own(), "", message.text, message.parameter_types);
        x_.pending.attach(x_.push(request_kind::parse), std::move(detail));
        x_.unsynced = true;
        return;
    }
    send_parse(statement, false);
    detail->server_added = true;
    x_.pending.attach(x_.pending.back(), std::move(detail));
}

// Else the failure is on its way.
bool statement_rewriter::may_enter(std::string_view name) {
    if (x_.statements.find(name) != nullptr) return fail_on_server(name_is_taken(name));
    if (x_.statements.size() >= max_statements_per_client ||
        x_.statements.text_bytes() >= max_statement_bytes_per_client)
        return fail_on_server({.reason = outcome::too_many_statements});
    return true;
}

bool statement_rewriter::parse_large(std::string_view statement) {
    if (!statement.empty() && !may_enter(statement)) return false;
    pin(x_, metrics::pin_reason::large_message);
    pending_request& entry = x_.push(request_kind::parse);
    if (statement.empty()) {
        x_.statements.set_unnamed({}, {}, sql::effect::none);
        entry.unnamed_parse = true;
        entry.unnamed_generation = x_.statements.no_name().generation;
        x_.server->unnamed_client = x_.client_id;
        x_.server->unnamed_generation = x_.statements.no_name().generation;
        return true;
    }
    x_.statements.add(statement, {.statement = {}, .description = {}, .effects = sql::effect::none, .raw = true});
    auto detail = std::make_unique<request_detail>();
    detail->statement_change = request_detail::change::client_added;
    detail->client_name = statement;
    x_.pending.attach(entry, std::move(detail));
    return true;
}

bool statement_rewriter::parse_without_server(const wire::parse_message& message) {
    if (message.statement.empty()) return false;
    if (!x_.scannable || x_.statements.size() >= max_statements_per_client ||
        x_.statements.text_bytes() >= max_statement_bytes_per_client)
        return false;
    const auto statement = prepared_statement::make(*x_.texts, message.parameter_types, x_.identity(), message.text);
    if (!statement.parsed_before()) return false;
    const sql::scan_result found = x_.scan(message.text);
    if (sql::has(found.flags, sql::pinning_effects | sql::effect::deallocate | sql::effect::time_literal)) return false;
    if (!x_.statements.add(message.statement, {.statement = statement, .description = {}, .effects = found.flags}))
        return false;
    x_.counters->client_parses.add();
    std::string reply;
    wire::append_parse_complete(reply);
    x_.answer(reply);
    return true;
}

void statement_rewriter::send_parse(const prepared_statement& statement, bool injected) {
    const std::string name = statement.server_name();
    x_.unsynced = true;
    if (x_.server->statements.state_of(statement) == server_statements::presence::outdated) {
        close_on_server(statement);
        x_.server->statements.remove(statement);
    }
    if (const auto evicted = x_.server->statements.add(statement, x_.limits->max_prepared)) {
        x_.counters->prepared_requests[metrics::prepared_result::evicted].add();
        close_on_server(*evicted);
    }
    wire::append_parse(x_.to_server.own(), name, statement.text(), statement.parameter_types());
    pending_request& entry = x_.push(request_kind::parse);
    entry.injected = injected;
    x_.counters->server_parses.add();
}

void statement_rewriter::close_on_server(const prepared_statement& statement) {
    wire::append_close(x_.to_server.own(), 'S', statement.server_name());
    pending_request& entry = x_.push(request_kind::close);
    entry.injected = true;
    auto detail = std::make_unique<request_detail>();
    detail->statement = statement;
    detail->server_removed = true;
    x_.pending.attach(entry, std::move(detail));
}

void statement_rewriter::ensure_on_server(const client_statement& wanted) {
    if (x_.server->statements.contains(wanted.statement)) {
        x_.counters->prepared_requests[metrics::prepared_result::hit].add();
        return;
    }
    x_.counters->prepared_requests[metrics::prepared_result::reprepared].add();
    send_parse(wanted.statement, true);
    auto detail = std::make_unique<request_detail>();
    detail->statement = wanted.statement;
    detail->server_added = true;
    x_.pending.attach(x_.pending.back(), std::move(detail));
}

// Where it has to be prepared again, that happens under the settings of now, so it is what others prepare under them.
void statement_rewriter::follow_settings(client_statement& wanted) {
    const auto& there = x_.server->statements;
    if (wanted.own || there.state_of(wanted.statement) == server_statements::presence::current) return;
    if (wanted.statement.identity() != x_.identity()) renew(wanted);
}

void statement_rewriter::renew(client_statement& wanted) {
    wanted.statement =
        prepared_statement::make(*x_.texts, wanted.statement.parameter_types(), x_.identity(), wanted.statement.text());
}

bool statement_rewriter::ensure_unnamed_on_server() {
    const auto& unnamed = x_.statements.no_name();
    if (x_.server->unnamed_client == x_.client_id && x_.server->unnamed_generation == unnamed.generation) return false;
    x_.counters->prepared_requests[metrics::prepared_result::reprepared].add();
    wire::append_parse(x_.to_server.own(), "", unnamed.text, unnamed.parameter_types);
    pending_request& entry = x_.push(request_kind::parse);
    entry.injected = true;
    entry.unnamed_parse = true;
    entry.unnamed_generation = unnamed.generation;
    x_.unsynced = true;
    x_.server->unnamed_client = x_.client_id;
    x_.server->unnamed_generation = unnamed.generation;
    return true;
}

bool statement_rewriter::prepare_for_use(std::string_view name) {
    if (unsettled(name)) return true;
    if (name.empty()) {
        const auto& unnamed = x_.statements.no_name();
        if (!unnamed.present || !ensure_unnamed_on_server()) return false;
        if (!unnamed.description) return false;
        inject_describe("", *unnamed.description);
        x_.pending.back().detail->client_name.clear();
        return true;
    }
    client_statement* known = x_.statements.find(name);
    if (known == nullptr || known->raw) return false;
    if (known->result_changed) {
        if (known->own || known->changed_at == x_.schema->get()) return false;
        // Tables may be what they were again. A copy that was prepared meanwhile would be refused.
        known->result_changed = false;
        renew(*known);
    }
    follow_settings(*known);
    ensure_on_server(*known);
    if (!known->description) return false;
    // Another client may have prepared it here, when it described itself otherwise.
    const auto here = x_.server->statements.description_of(known->statement);
    if (here && *here == *known->description) return false;
    inject_describe(known->statement.server_name(), *known->description);
    x_.pending.back().detail->client_name = name;
    x_.pending.back().detail->statement = known->statement;
    return true;
}

void statement_rewriter::inject_describe(std::string_view server_name, description_print expected) {
    wire::append_describe(x_.to_server.own(), 'S', server_name);
    wire::append_flush(x_.to_server.own());
    pending_request& entry = x_.push(request_kind::describe_statement);
    entry.injected = true;
    entry.compare_description = true;
    entry.wait_before_forwarding = true;
    ++x_.forward_gates;
    // It opened an implicit transaction, which only a Sync ends: until then the server is nobody else's.
    x_.unsynced = true;
    entry.detail = std::make_unique<request_detail>();
    entry.detail->expected_description = expected;
}

bool statement_rewriter::bind(const wire::bind_head& head, base::bytes_view raw, std::size_t size) {
    x_.counters->binds.add();
    bound_portal& portal = x_.portals.last();
    x_.undescribed_statement.clear();
    const client_statement* known = nullptr;
    const auto& unnamed = x_.statements.no_name();
    if (head.statement.empty()) {
        if (!unnamed.present) return fail_on_server(unknown_statement(""));
        if (unnamed.result_changed) return fail_on_server({.reason = outcome::result_type_changed});
        portal.effects |= x_.judged(unnamed.text, unnamed.effects);
        if (x_.texts_sent.is_blank()) x_.note_text(unnamed.text);  // parsed in an earlier cycle
    } else {
        known = x_.statements.find(head.statement);
        if (known == nullptr && may_be_made_by_sql(head.statement)) {
            portal.effects |= sql::effect::execute;
            portal.keep("EXECUTE it");
            note_unknown_bind(x_);
            x_.to_server.relay(raw);
            x_.push(request_kind::bind);
            x_.unsynced = true;
            return true;
        }
        if (known == nullptr) return fail_on_server(unknown_statement(head.statement));
        if (known->result_changed) return fail_on_server({.reason = outcome::result_type_changed});
        portal.effects |= known->raw ? x_.judged(known->effects) : x_.judged(known->statement.text(), known->effects);
        if (!known->raw) x_.note_text(known->statement.text());
    }
    // What the text itself says was seen to when it was parsed.
    const sql::effect hidden = portal.effects & ~(known == nullptr ? unnamed.effects : known->effects);
    if (sql::has(hidden, sql::effect::lastval_currval)) guard_sequences(x_, hidden, true);
    const bool whole_text =
        known == nullptr ? !unnamed.text.empty() || sql::has(unnamed.effects, sql::effect::empty) : !known->raw;
    const std::string_view text = known == nullptr ? unnamed.text
                                  : whole_text     ? known->statement.text()
                                                   : std::string_view{};
    // Of a CALL that leaves no session state behind judged() says no more that it is one.
    const sql::effect effects = portal.effects | (known == nullptr ? unnamed.effects : known->effects);
    whole_text ? note_bind(x_, text, effects) : note_unknown_bind(x_);
    if (text_matters(portal.effects)) portal.keep(text);
    if (known != nullptr && !known->raw && !known->description) {
        x_.undescribed_portal = head.portal;
        x_.undescribed_statement = head.statement;
    }
    if (known != nullptr && !known->raw) {
        const std::size_t handled = wire::header_size + head.size;
        wire::append_bind_head(x_.to_server.own(), head.portal, known->statement.server_name(), size - handled);
        x_.to_server.relay(raw.substr(handled));
    } else {
        x_.to_server.relay(raw);
    }
    x_.push(request_kind::bind);
    x_.unsynced = true;
    return true;
}

void statement_rewriter::describe(std::string_view name, base::bytes_view raw) {
    bool remember = false;
    const client_statement* known = nullptr;
    if (name.empty()) {
        if (!x_.statements.no_name().present) {
            fail_on_server(unknown_statement(""));
            return;
        }
        remember = !x_.statements.no_name().description;
    } else {
        known = x_.statements.find(name);
        if (known == nullptr && !may_be_made_by_sql(name)) {
            fail_on_server(unknown_statement(name));
            return;
        }
        remember = known != nullptr && !known->description;
    }
    if (known != nullptr && !known->raw)
        wire::append_describe(x_.to_server.own(), 'S', known->statement.server_name());
    else
        x_.to_server.relay(raw);
    pending_request& entry = x_.push(request_kind::describe_statement);
    x_.unsynced = true;
    if (!remember) return;
    entry.capture_description = true;
    entry.unnamed_generation = x_.statements.no_name().generation;
    // The unnamed one needs no name to be found again, so that a driver that never names any costs no allocation.
    if (name.empty()) return;
    entry.detail = std::make_unique<request_detail>();
    entry.detail->client_name = name;
    entry.detail->statement = known->statement;
}

void statement_rewriter::describe_by_portal(std::string_view portal, pending_request& entry) {
    if (x_.undescribed_statement.empty() || x_.undescribed_portal != portal) return;
    const client_statement* known = x_.statements.find(x_.undescribed_statement);
    if (known == nullptr) return;
    entry.capture_description = true;
    entry.detail = std::make_unique<request_detail>();
    entry.detail->client_name = x_.undescribed_statement;
    entry.detail->statement = known->statement;
}

void statement_rewriter::close(std::string_view name) {
    std::string reply;
    wire::append_close_complete(reply);
    if (name.empty()) {
        x_.statements.drop_unnamed();
        x_.answer(reply);
        return;
    }
    auto taken = x_.statements.remove(name);
    const bool by_sql = !taken && may_be_made_by_sql(name);
    const bool on_server = ((taken && taken->raw) || by_sql) && x_.server != nullptr;
    x_.survey_due = x_.survey_due || on_server;
    if (x_.pending.empty() && !on_server) {
        x_.answer(reply);
        return;
    }
    auto detail = std::make_unique<request_detail>();
    if (taken) {
        detail->statement_change = request_detail::change::client_removed;
        detail->client_name = name;
        detail->statement = taken->statement;
        detail->removed = std::move(*taken);
    }
    if (on_server) {
        // It stands on the pinned server under the client's own name.
        wire::append_close(x_.to_server.own(), 'S', name);
        x_.unsynced = true;
        x_.pending.attach(x_.push(request_kind::close), std::move(detail));
        return;
    }
    detail->reply = std::move(reply);
    x_.pending.attach(x_.push(request_kind::local_answer), std::move(detail));
}

bool statement_rewriter::fail_on_server(failure what) {
    pending_request& entry = provoke_error(x_);
    entry.detail = std::make_unique<request_detail>();
    entry.detail->substitute = std::move(what);
    return false;
}

pending_request& provoke_error(exchange& x) {
    constexpr std::size_t no_formats_no_values = 6;
    wire::append_bind_head(x.to_server.own(), "", no_such_statement, no_formats_no_values);
    x.to_server.own().append(no_formats_no_values, '\0');
    x.unsynced = true;
    return x.push(request_kind::bind);
}

}  // namespace pgweir::session
