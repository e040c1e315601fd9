#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "cache/entry.hpp"
#include "cache/settings.hpp"
#include "sql/cache_hint.hpp"

namespace pgweir::cache {

/// How long a reply may be served, from when it was made; by its age alone, from before it was asked for.
struct lifetime {
    base::duration usual{};  ///< to who asks for nothing else; off: not at all
    base::duration longest{};  ///< to anybody; off: it is not kept
    bool by_age = false;  ///< consistency::ttl
};

/// `rule`: by which it is kept; 0: by none.
lifetime lifetime_of(const settings& how, std::uint32_t rule, const sql::cache_hint& hint);

/// Whether anything is kept so.
bool keeps_by_age(const settings& how);

asker asker_of(const settings& how, const sql::cache_hint& hint, base::time_point now);

/// Whoever writes such a hint knows that the reply is worth its place.
bool asks_to_keep(const settings& how, const sql::cache_hint& hint);

}  // namespace pgweir::cache
