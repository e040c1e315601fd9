#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/enum_array.hpp"

namespace pgweir::metrics {

/// What the result cache made of a read.
enum class cache_result : std::uint8_t {
    hit,
    coalesced,  ///< a hit on what another client had executed meanwhile
    miss,       ///< executed, and its reply captured
    bypass,     ///< executed, and not looked at further: see cache_bypass
    stale,      ///< a hit on what is too old, while another client has a new one made
    error,      ///< executed, since a store that others share was asked and did not say
};

template <>
struct label_traits<cache_result> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 6> values{"hit", "coalesced", "miss", "bypass", "stale", "error"};
};

/// Why a read was neither answered from the cache nor kept in it. Those that are also sql::reason have its codes:
/// from_name() maps.
enum class cache_bypass : std::uint8_t {
    // What the session is in the middle of.
    in_transaction,
    not_read_committed,
    pinned,
    state_unknown,
    pipelined,
    row_limit,
    named_portal,
    // What the cache is in the middle of.
    starting,
    another_pgweir,
    another_store,
    store_unreachable,
    standby,
    catalog_unread,
    pending_writer,
    waited,
    not_worth,
    no_rule,
    hint,
    audit,
    audit_failed,
    // What the statement is.
    too_long,
    too_deep,
    unparsed,
    empty,
    multi_statement,
    not_a_select,
    writes_in_cte,
    select_into,
    locks_rows,
    clock_value,
    time_literal,
    tablesample,
    system_column,
    system_relation,
    catalog_cast,
    temporary_relation,
    // What only the catalogs say of it.
    catalog_too_large,
    unknown_relation,
    row_security,
    foreign_relation,
    unlogged_relation,
    sequence,
    unread_view,
    unstable_function,
    unstable_operator,
    unstable_type,
    unstable_cast,
    other,
};

template <>
struct label_traits<cache_bypass> {
    static constexpr std::string_view label = "reason";
    static constexpr std::array<std::string_view, 48> values{
        "in_transaction",
        "not_read_committed",
        "pinned",
        "state_unknown",
        "pipelined",
        "row_limit",
        "named_portal",
        "starting",
        "another_pgweir",
        "another_store",
        "store_unreachable",
        "standby",
        "catalog_unread",
        "pending_writer",
        "waited",
        "not_worth",
        "no_rule",
        "hint",
        "audit",
        "audit_failed",
        "too_long",
        "too_deep",
        "unparsed",
        "empty",
        "multi_statement",
        "not_a_select",
        "writes_in_cte",
        "select_into",
        "locks_rows",
        "clock_value",
        "time_literal",
        "tablesample",
        "system_column",
        "system_relation",
        "catalog_cast",
        "temporary_relation",
        "catalog_too_large",
        "unknown_relation",
        "row_security",
        "foreign_relation",
        "unlogged_relation",
        "sequence",
        "unread_view",
        "unstable_function",
        "unstable_operator",
        "unstable_type",
        "unstable_cast",
        "other",
    };
};

/// What comments in front of reads ask of the cache.
enum class cache_hint : std::uint8_t {
    no_cache,
    refresh,
    ttl,
    unknown,  ///< a word that means nothing
};

template <>
struct label_traits<cache_hint> {
    static constexpr std::string_view label = "hint";
    static constexpr std::array<std::string_view, 4> values{"no_cache", "refresh", "ttl", "unknown"};
};

/// What came out when a hit was executed, and what is kept compared with what the server said.
enum class cache_audit : std::uint8_t {
    same,
    different,
    unknown,  ///< something was written meanwhile, say
};

template <>
struct label_traits<cache_audit> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 3> values{"same", "different", "unknown"};
};

/// Why what stood in a cache does no longer.
enum class cache_invalidation : std::uint8_t {
    write,   ///< a relation whose rows were changed, or may have been
    ttl,     ///< an entry that had become too old
    manual,  ///< an entry that an operator has cleared
    schema,  ///< all of it, since the catalogs say something else
};

template <>
struct label_traits<cache_invalidation> {
    static constexpr std::string_view label = "reason";
    static constexpr std::array<std::string_view, 4> values{"write", "ttl", "manual", "schema"};
};

/// Why a reply that was captured for the cache, or was to be, did not come into it.
enum class cache_rejection : std::uint8_t {
    too_large,     ///< for cache.largest_reply or its rule's, or for all of the memory
    written,       ///< what it reads was written, or marked to be, while it was executed
    dropped,       ///< the schema was changed meanwhile, or the cache is off
    superseded,    ///< a hint has had it made anew meanwhile
    other_server,  ///< its server was replaced meanwhile
    incomplete,    ///< it failed, or its reply is more than rows: a notice, say
};

template <>
struct label_traits<cache_rejection> {
    static constexpr std::string_view label = "reason";
    static constexpr std::array<std::string_view, 6> values{"too_large",  "written",      "dropped",
                                                            "superseded", "other_server", "incomplete"};
};

/// What somebody waited for the cache to do.
enum class cache_cost : std::uint8_t {
    get,         ///< to ask Redis, or to have the same read of another client executed
    set,         ///< to take in a reply, which its client gets behind that
    invalidate,  ///< to tell Redis of a write, before the server or the client is told
};

template <>
struct label_traits<cache_cost> {
    static constexpr std::string_view label = "op";
    static constexpr std::array<std::string_view, 3> values{"get", "set", "invalidate"};
};

/// What a shared store is asked to do.
enum class store_op : std::uint8_t {
    get,         ///< replies and stamps to be looked up
    set,         ///< replies and stamps to be kept
    invalidate,  ///< marks and bumps
    other,       ///< to say what it is
};

template <>
struct label_traits<store_op> {
    static constexpr std::string_view label = "op";
    static constexpr std::array<std::string_view, 4> values{"get", "set", "invalidate", "other"};
};

enum class store_result : std::uint8_t {
    ok,
    error,  ///< it refused, or did not answer in time
};

template <>
struct label_traits<store_result> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 2> values{"ok", "error"};
};

}  // namespace pgweir::metrics
