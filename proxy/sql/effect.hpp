#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pgweir::sql {

/// What a text does beyond the rows it returns: a set of bits, gathered over all its statements.
enum class effect : std::uint64_t {
    none = 0,

    // Settings. All but set_transaction outlive the transaction.
    set_named = 1ULL << 0,  ///< SET [SESSION] of the settings in scan_result::set_targets
    set_other = 1ULL << 1,  ///< a SET whose setting could not be read
    set_transaction = 1ULL << 2,  ///< SET LOCAL, SET TRANSACTION, SET CONSTRAINTS: gone with the transaction
    set_role = 1ULL << 3,         ///< SET or RESET of the role
    set_session_authorization = 1ULL << 4,
    session_characteristics = 1ULL << 5,
    set_config = 1ULL << 6,  ///< the function, unless for the transaction only (local_config); UPDATE pg_settings
    reset = 1ULL << 7,       ///< RESET of settings in scan_result::set_targets, or SET to their default
    reset_all = 1ULL << 8,
    discard_all = 1ULL << 9,
    discard_other = 1ULL << 10,  ///< DISCARD PLANS, SEQUENCES or TEMP

    // SQL-level prepared statements.
    prepare = 1ULL << 11,
    execute = 1ULL << 12,
    deallocate = 1ULL << 13,  ///< of scan_result::deallocate_name
    deallocate_all = 1ULL << 14,

    // Other state of a server session.
    listen = 1ULL << 15,
    unlisten = 1ULL << 16,
    temp_object = 1ULL << 17,  ///< anything temporary that lives longer than its transaction
    with_hold = 1ULL << 18,
    declare_cursor = 1ULL << 19,  ///< with or without hold
    advisory_lock = 1ULL << 20,   ///< taken for the session
    setseed = 1ULL << 21,
    load = 1ULL << 22,
    do_block = 1ULL << 23,
    call = 1ULL << 24,
    large_object = 1ULL << 25,
    lastval_currval = 1ULL << 26,   ///< asks what this session's last nextval() was
    session_function = 1ULL << 27,  ///< a built-in function that keeps other state or runs SQL given as text

    // Transactions.
    begins_transaction = 1ULL << 28,  ///< BEGIN, START TRANSACTION, and COMMIT or ROLLBACK ... AND CHAIN
    ends_transaction = 1ULL << 29,    ///< COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION
    explicit_commit = 1ULL << 30,     ///< COMMIT, END, COMMIT PREPARED
    rollback_to = 1ULL << 31,
    prepare_transaction = 1ULL << 32,

    // The kind of text.
    copy = 1ULL << 33,
    data_modifying = 1ULL << 34,  ///< may write: INSERT, UPDATE, ... anywhere, DDL, and whatever is not known
    plain_read = 1ULL << 35,  ///< only SELECT, SHOW, VALUES, TABLE, WITH, EXPLAIN or FETCH, and nothing that writes
    multi_statement = 1ULL << 36,
    empty = 1ULL << 37,  ///< only white space, comments and semicolons

    local_config = 1ULL << 38,  ///< set_config() for the transaction, of a setting that cannot make temporary objects
    releases = 1ULL << 41,  ///< CLOSE, DROP, pg_advisory_unlock(): may end what was left in the session
    draws = 1ULL << 40,  ///< nextval() or setval(); by a column's default perhaps INSERT and MERGE, too
    own_routine =
        1ULL << 42,  ///< may reach a function of the database's own that may do any of this: not seen by scan()
    creates_routine = 1ULL << 43,  ///< CREATE FUNCTION or PROCEDURE: what its body does may be done in this transaction
    defines = 1ULL << 44,  ///< may reach a function of the database's own that changes the schema: not seen by scan()
    time_literal = 1ULL << 39,  ///< a string that may name a moment, such as 'now': a constant from when it was parsed
};

constexpr effect operator|(effect a, effect b) noexcept {
    return static_cast<effect>(static_cast<std::uint64_t>(a) | static_cast<std::uint64_t>(b));
}
constexpr effect operator&(effect a, effect b) noexcept {
    return static_cast<effect>(static_cast<std::uint64_t>(a) & static_cast<std::uint64_t>(b));
}
constexpr effect operator~(effect a) noexcept {
    return static_cast<effect>(~static_cast<std::uint64_t>(a));
}
constexpr effect& operator|=(effect& a, effect b) noexcept {
    return a = a | b;
}

/// Whether `flags` has any of `wanted`.
constexpr bool has(effect flags, effect wanted) noexcept {
    return (flags & wanted) != effect::none;
}

/// One row for each kind of session state: whether a client that causes it must keep its server, and why, in the
/// words of metrics::pin_reason.
struct pin_rule {
    effect cause;
    bool pins;
    std::string_view reason;
};

/// In the order in which reasons are preferred when a text has several.
inline constexpr std::array pin_rules{
    pin_rule{effect::set_role, true, "set_role"},
    pin_rule{effect::set_session_authorization, true, "set_role"},
    pin_rule{effect::temp_object, true, "temp_table"},
    pin_rule{effect::with_hold, true, "with_hold_cursor"},
    pin_rule{effect::advisory_lock, true, "advisory_lock"},
    pin_rule{effect::listen, true, "listen"},
    pin_rule{effect::prepare, true, "prepare"},
    pin_rule{effect::setseed, true, "setseed"},
    pin_rule{effect::load, true, "load"},
    pin_rule{effect::set_config, true, "set_config"},
    // The session lets a SET pass unpinned when every setting in set_targets is one that follows the client.
    pin_rule{effect::set_named, true, "set"},
    pin_rule{effect::set_other, true, "set"},
    pin_rule{effect::session_characteristics, true, "set"},
    pin_rule{effect::do_block, true, "do_block"},
    pin_rule{effect::call, true, "call"},
    pin_rule{effect::lastval_currval, true, "sequence"},
    pin_rule{effect::own_routine, true, "routine"},
    pin_rule{effect::session_function, true, "other"},
    // Descriptors of large objects are closed at the end of the transaction (manual, section 35.3).
    pin_rule{effect::large_object, false, "large_object"},
    // These take state away from the server and leave none, but what is known about the server has to follow:
    // its settings are those of its start again, and its prepared statements may be gone.
    pin_rule{effect::discard_all, false, "discard"},
    pin_rule{effect::discard_other, false, "discard"},
    pin_rule{effect::reset, false, "set"},
    pin_rule{effect::reset_all, false, "set"},
    pin_rule{effect::deallocate, false, "prepare"},
    pin_rule{effect::deallocate_all, false, "prepare"},
    // Finds only what an earlier PREPARE, which pinned, left.
    pin_rule{effect::execute, false, "prepare"},
};

/// Every effect that pins.
inline constexpr effect pinning_effects = [] {
    effect all = effect::none;
    for (const pin_rule& rule : pin_rules)
        if (rule.pins) all |= rule.cause;
    return all;
}();

/// The first reason for a pin among `flags`; empty when none of them pins.
std::string_view pin_reason(effect flags) noexcept;

}  // namespace pgweir::sql
