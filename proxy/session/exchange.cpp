#include "session/exchange.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "session/cache_capture.hpp"
#include "session/cache_writes.hpp"
#include "sql/routine_body.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

namespace {

// Of a whole schema or database, too: it names nothing of what its indexes call.
bool maintains(std::string_view text) {
    static constexpr std::array<std::string_view, 5> words{"analyse", "analyze", "cluster", "reindex", "vacuum"};
    const sql::token first = sql::tokens(text).next();
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return sql::same_word(first.text, word); });
}

// Encodings whose characters may hold a byte that reads as a quote or a backslash (manual, "Character Set Support").
bool hides_ascii(std::string_view encoding) {
    static constexpr std::array<std::string_view, 7> unsafe{"SJIS",    "BIG5",  "GBK",           "UHC",
                                                            "GB18030", "JOHAB", "SHIFT_JIS_2004"};
    return std::find(unsafe.begin(), unsafe.end(), encoding) != unsafe.end();
}

// What a session notifies itself of in the transaction of its UNLISTEN is not for it. All that it has notified itself of
// earlier was told before the answer to that; of others' nobody knows whether it was earlier.
void append_listened_to(std::string& out, const listening& by) {
    base::bytes_view untold = by.untold;
    wire::header header;
    while (wire::read_backend_header(untold, header) == wire::header_state::complete) {
        const base::bytes_view message = untold.substr(0, header.size);
        const auto told = wire::decode_notification(message.substr(wire::header_size));
        if (told && (told->process_id != by.process_id || by.hears(told->channel))) out += message;
        untold.remove_prefix(message.size());
    }
}

}  // namespace

void exchange::desired_changed() {
    identity_stale = true;
    desired.for_each([this](std::string_view name, std::string_view value) {
        if (name == "standard_conforming_strings") conforming_strings = value == "on";
        if (name == "client_encoding") scannable = !hides_ascii(value);
    });
}

const std::string& exchange::identity() {
    if (!identity_stale && identity_epoch == schema->get()) return parse_identity;
    // Constants in a text are read with DateStyle, TimeZone, lc_monetary and more: all settings count but these.
    static constexpr std::array<std::string_view, 4> no_matter{"application_name", "statement_timeout", "lock_timeout",
                                                               "idle_in_transaction_session_timeout"};
    identity_stale = false;
    ++identity_number;
    identity_epoch = schema->get();
    parse_identity = parse_scope;
    parse_identity.push_back('\0');
    parse_identity.append(std::to_string(identity_epoch)).push_back('\0');
    desired.for_each([this](std::string_view name, std::string_view value) {
        if (std::find(no_matter.begin(), no_matter.end(), name) != no_matter.end()) return;
        parse_identity.append(name).push_back('\0');
        parse_identity.append(value).push_back('\0');
    });
    if (pins.any() || unshared > 0) {
        parse_identity.append(std::to_string(client_id)).push_back('/');
        parse_identity += std::to_string(unshared);
    }
    return parse_identity;
}

const base::interned& exchange::context() {
    const std::string& current = identity();
    if (!context_text || context_text.text() != current) context_text = texts->intern(current);
    return context_text;
}

sql::scan_result exchange::scan(std::string_view text) const noexcept {
#ifdef PGWEIR_UNTRACKED
    // What looking at texts costs is measured against a build that does not. Never served with.
    sql::scan_result nothing;
    nothing.flags = sql::begins_with_word(text) ? sql::effect::plain_read : sql::effect::empty;
    return nothing;
#else
    return sql::scan(text, conforming_strings);
#endif
}

bool exchange::routines_matter() {
#ifdef PGWEIR_UNTRACKED
    return false;
#else
    if (!rewrites || routines == nullptr) return false;
    routines->renew(known_routines);
    return routines_are_stale() || !known_routines.value->none();
#endif
}

sql::effect exchange::judged(sql::effect scanned) {
    return routines_matter() ? scanned | sql::effect::own_routine : scanned;
}

// What no survey finds has to be known before: a function may be called, and dropped, before its body can be read.
sql::effect exchange::made_effects(std::string_view text) {
    const sql::routine_body made = sql::read_made_routines(text, conforming_strings);
    for (const std::string& name : made.custom_settings) custom_names.insert(lower_case(name));
    names_unknown = names_unknown || sql::has(made.flags, sql::effect::set_config);
    return made.flags & (sql::effect::setseed | sql::effect::load | sql::effect::session_function);
}

sql::effect exchange::judged(std::string_view text, sql::effect scanned) {
    using sql::effect;
    if (rewrites && sql::has(scanned, effect::creates_routine)) scanned |= made_effects(text);
    const bool matter = routines_matter();
    if (sql::has(scanned, effect::call)) {
        // What a procedure does is known by its body, or not at all.
        if (routines == nullptr || routines_are_stale())
            names_unknown = names_unknown || rewrites;
        else
            scanned = scanned & ~effect::call;
    }
    if (!matter) return scanned;
    if (sql::has(scanned, effect::execute)) return scanned | effect::own_routine | (prepared_effects & effect::defines);
    if (routines_are_stale()) {
        const bool runs_something = sql::has(scanned, effect::plain_read | effect::data_modifying);
        // What was read before is as likely to define something as it was.
        if (known_routines.value) scanned |= known_routines.value->look(text, conforming_strings) & effect::defines;
        return runs_something ? scanned | effect::own_routine : scanned;
    }
    effect found = known_routines.value->look(text, conforming_strings);
    if (!sql::has(scanned, effect::plain_read) && maintains(text)) found |= effect::own_routine;
    if (sql::has(found, effect::own_routine | effect::set_config)) {
        const auto& settings = known_routines.value->custom_settings();
        custom_names.insert(settings.begin(), settings.end());
    }
    names_unknown = names_unknown || sql::has(found, effect::set_config);
    return scanned | (found & ~effect::set_config);
}

void exchange::answer(std::string_view reply) {
    if (pending.empty()) {
        to_client.own().append(reply);
        return;
    }
    pending_request& entry = push(request_kind::local_answer);
    entry.detail = std::make_unique<request_detail>();
    entry.detail->reply = reply;
}

void exchange::release_local_answers() {
    while (!pending.empty() && pending.front().kind == request_kind::local_answer) {
        const pending_request& head = pending.front();
        if (head.detail) to_client.own().append(head.detail->reply);
        bump_and_release(*this, pending.front());  // of a Sync that a server in COPY has ignored
        pending.pop_front();
    }
}

void exchange::hold_reports() {
    if (holding_reports || startup.empty()) return;
    holding_reports = true;
    told = server->reported;
}

void exchange::release_ready() {
    if (std::exchange(holding_reports, false)) {
        for (const auto& entry : server->reported) {
            if (!is_read_only_report(entry.first) && std::find(told.begin(), told.end(), entry) == told.end())
                wire::append_parameter_status(to_client.own(), entry.first, entry.second);
        }
        told.clear();
    }
    const std::string ready = std::exchange(held_ready, {});
    tell_notifications();
    to_client.own().append(ready);
}

void exchange::tell_notifications_if_quiet() {
    const bool quiet = pending.empty() && client_status == 'I' && !unsynced && copy == copy_phase::none &&
                       from_server.remaining == 0 && held_ready.empty();
    if (!quiet) return;
    if (!client_gone) {
        append_listened_to(to_client.own(), listening);
        if (listening.missed)
            wire::append_notice(to_client.own(), {.severity = "WARNING",
                                                  .sqlstate = "01000",
                                                  .message = "notifications may have been missed",
                                                  .detail = "The connection that listens for this session was lost, or "
                                                            "more was notified than is kept."});
    }
    listening.untold.clear();
    listening.missed = false;
}

void exchange::open_gate(pending_request& of) noexcept {
    if (!std::exchange(of.wait_before_forwarding, false)) return;
    --forward_gates;
    if (of.lets_sync_pass) --text_gates;
}

void exchange::pop_front() {
    open_gate(pending.front());
    release_mark(*this, pending.front());
    if (ends_cycle(pending.front().kind)) texts_sent.cycle_answered();
    pending.pop_front();
    release_local_answers();
}

void exchange::undo(pending_request& skipped) {
    open_gate(skipped);
    if (skipped.fills) drop_fill(*this);
    if (skipped.unnamed_parse) {
        // Unless a later batch has parsed another one.
        const std::uint64_t mine = skipped.unnamed_generation;
        if (!skipped.injected && statements.no_name().generation == mine) statements.drop_unnamed();
        if (server != nullptr && server->unnamed_generation == mine) server->unnamed_client = 0;
    }
    if (!skipped.detail) return;
    request_detail& detail = *skipped.detail;
    switch (detail.statement_change) {
        case request_detail::change::none:
        case request_detail::change::client_cleared: break;
        case request_detail::change::client_added: statements.remove(detail.client_name); break;
        case request_detail::change::client_removed:
            statements.add(detail.client_name, std::move(detail.removed));
            break;
    }
    if (server == nullptr) return;
    if (detail.server_added) server->statements.remove(detail.statement);
    if (detail.server_removed) server->statements.add_last(detail.statement);
}

}  // namespace pgweir::session
