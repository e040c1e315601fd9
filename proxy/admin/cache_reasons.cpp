#include "admin/cache_reasons.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/reason.hpp"

namespace pgweir::admin {

namespace {

using metrics::cache_bypass;

// Those that are no sql::reason, which says its own.
constexpr std::array sentences{
    std::pair{cache_bypass::in_transaction, "The transaction may have written."},
    std::pair{cache_bypass::not_read_committed,
              "Transactions see one moment (REPEATABLE READ or SERIALIZABLE), the cache has another."},
    std::pair{cache_bypass::pinned, "The session is pinned to its server: it may see what others do not."},
    std::pair{cache_bypass::state_unknown, "The settings of the session are not known for sure at this moment."},
    std::pair{cache_bypass::pipelined, "Other statements are under way in the same pipeline."},
    std::pair{cache_bypass::row_limit, "The client asks for a part of the rows."},
    std::pair{cache_bypass::named_portal, "The statement is executed in a named portal."},
    std::pair{cache_bypass::starting, "It is not known yet whether this pgweir is alone with the database."},
    std::pair{cache_bypass::another_pgweir,
              "Another pgweir uses the database, and a cache in memory would not see its writes."},
    std::pair{cache_bypass::another_store,
              "Another pgweir uses the database that names another Redis, or none: its writes would not be seen."},
    std::pair{cache_bypass::store_unreachable,
              "Redis cannot be reached, is full, or has not been told of all writes through this pgweir yet."},
    std::pair{cache_bypass::standby, "The server is a standby: its rows change without a write that is seen."},
    std::pair{cache_bypass::catalog_unread, "The catalogs are not read yet, or are being read again after a change."},
    std::pair{cache_bypass::pending_writer, "A write to what the statement reads is being committed."},
    std::pair{cache_bypass::waited, "Another client executes the same; it took longer than cache.wait."},
    std::pair{cache_bypass::not_worth, "It is not asked for often enough for what it costs the server."},
    std::pair{cache_bypass::no_rule, "No rule is about it (cache.mode is rules), or its rule says ttl: off."},
    std::pair{cache_bypass::hint, "A comment in front of the statement says no-cache."},
    std::pair{cache_bypass::audit, "It was executed to compare what is kept with what the server says."},
    std::pair{cache_bypass::audit_failed,
              "An audit found other rows than were kept: its rule is off until pgweir is restarted."},
    std::pair{cache_bypass::other, "Something that is not looked at further."},
};

}  // namespace

std::string_view sentence_of(cache_bypass why) {
    for (const auto& [reason, sentence] : sentences)
        if (reason == why) return sentence;
    const auto same = [code = metrics::name_of(why)](const auto& each) { return each.code == code; };
    const auto found = std::find_if(sql::reason_descriptions.begin(), sql::reason_descriptions.end(), same);
    return found == sql::reason_descriptions.end() ? std::string_view() : found->sentence;
}

}  // namespace pgweir::admin
