#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interner.hpp"
#include "base/outbox.hpp"
#include "base/published.hpp"
#include "base/shared_counter.hpp"
#include "base/time.hpp"
#include "metrics/pin_reason.hpp"
#include "metrics/pool_counters.hpp"
#include "session/cache_fill.hpp"
#include "session/cycle_texts.hpp"
#include "session/deferred_block.hpp"
#include "session/listening.hpp"
#include "session/lost_transaction.hpp"
#include "session/outcome.hpp"
#include "session/parameters.hpp"
#include "session/pending_request.hpp"
#include "session/phase_clock.hpp"
#include "session/pins.hpp"
#include "session/portals.hpp"
#include "session/server_state.hpp"
#include "session/setting_lesson.hpp"
#include "session/setting_memo.hpp"
#include "session/settings.hpp"
#include "session/statements.hpp"
#include "session/survey.hpp"
#include "sql/suspects.hpp"

namespace pgweir::session {

/// A message up to this size moves as a whole; a larger one that is only forwarded streams in constant memory.
inline constexpr std::size_t max_whole_message = std::size_t{64} * 1024;
/// A Query or Parse up to this size is looked at; a larger one pins the session and streams.
inline constexpr std::size_t max_text_message = std::size_t{1024} * 1024;
/// Requests without an answer; reading stops there until some are answered.
inline constexpr std::size_t max_pending_requests = 4096;
inline constexpr std::size_t max_statements_per_client = 10000;
inline constexpr std::size_t max_statement_bytes_per_client = std::size_t{64} * 1024 * 1024;

/// COPY changes what the messages mean.
enum class copy_phase : std::uint8_t { none, in, both };

/// A message whose rest is moved without being looked at.
struct message_rest {
    std::uint32_t remaining = 0;
    bool forwarded = false;  ///< else dropped
};

/// What became of one message of the client.
enum class message_verdict : std::uint8_t {
    done,         ///< taken from the input, or the part of it that is here
    need_more,    ///< not whole yet
    need_server,  ///< stays in the input until a server is there, or until a gate opens
    need_answer,  ///< stays in the input until the server has answered
    terminated,   ///< the client says good-bye
    failed,       ///< exchange::fatal says how the conversation ends
};

/// A request that took longer than log.slow_query. No parameter values: only what stood in the statement's text.
struct slow_request {
    std::string text;
    base::duration took{};  ///< the server
    cache_verdict cache{};
    base::duration waited{};  ///< for what another client had executed; of a hit
};

/// What RESET and DISCARD ALL returned to the server's own defaults.
struct resets {
    bool all = false;
    bool identity = false;  ///< and the role, which RESET ALL leaves alone
    bool surveyed = false;  ///< exchange::desired says what has been set since
    std::vector<std::string> names;

    bool any() const noexcept { return all || !names.empty(); }
};

/// What the two directions of one conversation share. frontend_flow, backend_flow and statement_rewriter each move
/// it on by the messages of their side; conversation owns it and decides about the server.
struct exchange {
    exchange(const session::settings& with, metrics::pool_counters& count_in, base::interner& interner,
             base::shared_counter& epoch, bool shares_servers, std::uint64_t id)
        : limits(&with),
          counters(&count_in),
          texts(&interner),
          schema(&epoch),
          rewrites(shares_servers),
          client_id(id) {}

    const session::settings* limits;
    metrics::pool_counters* counters;
    base::interner* texts;
    /// The times when tables, views and the like were seen to change, in the whole process. What a text means belongs to
    /// the time when it was prepared: a copy of the same text from before is another statement, on whatever server.
    base::shared_counter* schema;
    bool rewrites;  ///< transaction mode: statements are renamed and what leaves state behind pins
    std::uint64_t client_id;

    server_state* server = nullptr;  ///< the one lent, or none
    base::outbox to_client;
    base::outbox to_server;

    request_queue pending;
    client_statements statements;
    std::string parse_scope;  ///< the pool: what one database parses another may not know
    std::string parse_identity;  ///< of statements this client prepares now, by identity()
    base::interned context_text;  ///< parse_identity, as the cache's keys name it
    std::uint64_t identity_epoch = 0;  ///< in which parse_identity was worked out
    std::uint64_t identity_number = 0;  ///< how often it was: as long as it stays, so does parse_identity
    bool identity_stale = true;  ///< what it depends on has changed since
    /// Grows with what changes the meaning of texts until its transaction ends, or until the server has told what a
    /// setting is now: what is prepared meanwhile is nobody else's.
    unsigned unshared = 0;
    bool schema_changed = false;  ///< in its transaction, which may yet be rolled back
    bool schema_suspected = false;  ///< the same, perhaps: it called what may have done so
    bool made_something = false;  ///< there, which it may have called: nobody could look behind that yet
    bool syntax_unsure = false;  ///< a setting that says how texts are read has changed, and was not told yet
    unsigned own_statements = 0;  ///< numbers those that are shared with nobody
    parameters looked_at;  ///< `desired`, when the next one was found
    std::optional<bool> own_path_finds_temp;  ///< it has a search_path, with pg_temp in it or without
    bool conforming_strings = true;  ///< standard_conforming_strings of this client's session
    bool scannable = true;  ///< its encoding cannot hide a quote or a backslash in another character
    pin_set pins;
    parameters startup;  ///< what the client asked for when it came: RESET returns to it
    parameters initial;  ///< `desired` of a session that has set nothing, as servers spell it
    parameters desired;
    parameters settled;  ///< `desired` when no transaction was open: what a lost server takes it back to
    lost_transaction lost;
    deferred_block deferred;
    std::size_t answered_head = 0;  ///< bytes of the next Query's text whose statement was answered: see lost_flow
    bool on_primary = false;  ///< as the server that was lent last said of itself when it mattered
    session::listening listening;
    survey seen;  ///< of the server's session: the last one, or the one that is under way
    bool survey_due = false;  ///< something may have changed what a survey would see
    bool carries = false;  ///< `desired` has settings that are neither reported nor asked for at startup
    bool names_unknown = false;  ///< custom settings were set, perhaps, whose names could not be read
    std::set<std::string> custom_names;  ///< custom (dotted) settings of this client, in lower case
    sql::effect prepared_effects = sql::effect::none;  ///< of all that was prepared by SQL and may be executed
    phase_clock phases;
    base::time_point now{};
    base::time_point cycle_began{};  ///< when what is answered next, up to its ReadyForQuery, had its turn

    char client_status = 'I';  ///< as last told by ReadyForQuery
    /// Cancel requests of ours that may still be on their way to the server: they would strike what is sent next.
    std::uint32_t cancels = 0;
    bool yields = false;  ///< others wait for the server: nothing new is begun on it while answers are under way
    bool discarding = false;  ///< the client's messages are dropped until Sync, after an error
    bool unsynced = false;  ///< the server got extended messages and no Sync behind them
    bool client_gone = false;
    bool asks_sequences = false;  ///< clients of its kind have asked what was drawn: it may ask in a later transaction
    bool own_sequences = false;  ///< what lastval() tells on the server that is lent can only be this client's
    bool may_notify = false;  ///< the server that is lent has executed for this client what may notify
    bool begin_failed = false;  ///< a deferred BEGIN, on the server that is lent
    bool uncleanable = false;  ///< the server holds what no DISCARD ends
    /// Since a RESET that goes back to what the client asked for at startup: what it was told of settings, and the
    /// ReadyForQuery it is not told before they are so. That of one who listens waits for the hub, too.
    bool holding_reports = false;
    std::vector<std::pair<std::string, std::string>> told;
    std::string held_ready;
    unsigned forward_gates = 0;  ///< pending requests that hold back the client's next message
    unsigned text_gates = 0;  ///< those of them that let Sync pass
    copy_phase copy = copy_phase::none;
    bool copying_out = false;  ///< the server sends data that nobody may want any more
    bound_portals portals;
    /// What was executed without a Sync behind it so far, answered or not.
    bool batch_did_more = false;
    bool batch_may_end_block = false;
    /// Bound last, to a statement of that name whose result was not described yet.
    std::string undescribed_portal;
    std::string undescribed_statement;  ///< empty: there is none
    prepared_statement to_deallocate;  ///< by the unnamed statement parsed last that is a DEALLOCATE
    resets reset_due;  ///< of settings, to what the client asked for at startup
    message_rest from_client;
    message_rest from_server;

    result_cache* cache = nullptr;  ///< none: nothing is cached. Outlives the exchange.
    cache_fill fill;
    bool block_did_more = false;  ///< the open transaction has done more than read, or is not of the default kind
    unsigned marks = 0;  ///< pending requests that hold one

    setting_memo* known_settings = nullptr;  ///< none: SET is always a server's affair. Outlives the exchange.
    setting_lesson lesson;

    cycle_texts texts_sent;
    cache_verdict asked_cache;  ///< about what is taken from the input now
    std::optional<slow_request> slow;
    /// The server was asked to cancel because time ran out: its next answer to a cancel is told in these words,
    /// whichever request of a batch it belongs to.
    std::optional<failure> timed_out;
    std::optional<failure> refusal;  ///< the next request that needs a server is answered with it
    std::optional<failure> injected_failure;  ///< what an injected query of ours failed with
    std::optional<failure> fatal;  ///< the conversation ends with it

    /// Between two transactions, with nothing under way, where all that is known of the session is all there is.
    bool at_rest() const noexcept {
        return rewrites && scannable && client_status == 'I' && pending.empty() && !pins.any() && !refusal;
    }

    /// Requires the whole text.
    void note_text(std::string_view text) {
        if (limits->slow_query != base::off) texts_sent.note(text, asked_cache);
    }

    pending_request& push(request_kind kind) {
        if (pending.empty()) {
            cycle_began = now;
            texts_sent.forget_sent();
        }
        pending_request& entry = pending.push(kind);
        if (!ends_cycle(kind)) return entry;
        texts_sent.cycle_sent();
        entry.after_more = std::exchange(batch_did_more, false);
        entry.may_end_block = std::exchange(batch_may_end_block, false);
        return entry;
    }

    /// What is known of functions of the database's own; null: they are not looked for. Outlives the exchange.
    const base::published<sql::suspects>* routines = nullptr;
    base::published<sql::suspects>::copy known_routines;

    /// The effects of a text with what scan() cannot see of it: see effect::own_routine.
    sql::effect judged(std::string_view text, sql::effect scanned);
    /// The same of a text that nobody has.
    sql::effect judged(sql::effect scanned);

    sql::scan_result scan(std::string_view text) const noexcept;

    /// What the meaning of a text depends on beside the text: equal texts of different identity are different
    /// statements. Good until the next call.
    const std::string& identity();

    /// The same for the cache. Requires that nothing is pinned or unshared.
    const base::interned& context();
    /// Whether it would be prepared as the same statement again.
    bool is_of_now(const prepared_statement& statement) { return statement.identity() == identity(); }

    /// A Parse without a name. The cache wants to know under what identity().
    void set_unnamed(std::string_view text, base::bytes_view parameter_types, sql::effect effects) {
        statements.set_unnamed(text, parameter_types, effects);
        if (cache == nullptr) return;
        identity();
        statements.no_name().identity = identity_number;
    }
    bool is_unnamed_of_now() {
        identity();
        return statements.no_name().identity == identity_number;
    }

    /// To be called when `desired`, the pins or `unshared` have changed: how texts are read, and identity().
    void desired_changed();

    /// An answer of our own, in its turn.
    void answer(std::string_view reply);

    /// After the head of the queue went: answers of our own whose turn has come.
    void release_local_answers();

    /// The request is answered, or is not waited for any more.
    void open_gate(pending_request& of) noexcept;

    /// The transaction has ended, or may have.
    void tell_schema() noexcept {
        if (std::exchange(schema_changed, false))
            schema->add();
        else if (schema_suspected)
            schema->add_now_and_then(now);
        schema_suspected = false;
    }

    /// A RESET was executed.
    void hold_reports();
    /// What was executed so far may have been rolled back: whether settings were reset the server is asked.
    void doubt_resets() {
        if (!rewrites || !reset_due.any() || startup.empty()) return;
        survey_due = true;
    }
    /// The client is told what has changed since, what it was notified of, and that the server is ready.
    void release_ready();

    /// Tells what was kept for a moment when nothing is under way, if this is one.
    void tell_notifications() {
        if (!listening.untold.empty() || listening.missed) tell_notifications_if_quiet();
    }
    void tell_notifications_if_quiet();

    /// Takes back what a request that failed or was skipped had changed in advance.
    void undo(pending_request& skipped);

    void pop_front();

private:
    /// Of the functions that the text makes, which may be called in the same transaction.
    sql::effect made_effects(std::string_view text);
    /// False when there is nothing to look for.
    bool routines_matter();
    bool routines_are_stale() const noexcept {
        return !known_routines.value || known_routines.value->read_at != schema->get();
    }
};

}  // namespace pgweir::session
