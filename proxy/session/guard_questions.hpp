#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace pgweir::session {

/// What a cache_guard asks PostgreSQL.
enum class guard_question : std::uint8_t {
    recovery,  ///< is it in recovery, and which database is it
    take,  ///< the lock, alone
    listen,
    notify,
    share,
    name,  ///< the store
    others_serve,  ///< from another store
    yield,
    promote,
    unshare,
    serve,
    others_lend,  ///< who do not name the store
    stop,
    busy,  ///< sessions in transactions
    processes,  ///< those that are left
};

struct guard_facts {
    std::uint32_t store = 0;  ///< its number
    std::string_view greeting;  ///< what others are told
    const std::set<std::int32_t>& processes;  ///< that are asked for
};

inline constexpr std::string_view guard_channel = "pgweir_cache";

std::string guard_text(guard_question what, const guard_facts& with);

}  // namespace pgweir::session
