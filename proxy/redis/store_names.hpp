#pragma once

#include <string>
#include <string_view>

#include "cache/stamp_table.hpp"

namespace pgweir::redis {

/// The key that says of which epoch the data are.
inline constexpr std::string_view epoch_key = "pgweir:epoch";

/// What keys are called that one database's cache has in one epoch.
class store_names {
public:
    /// `database`: as the cache's shell calls it, without spaces.
    store_names(std::string_view database, std::string_view epoch);

    std::string stamp(cache::relation_id which) const { return of('s', which); }
    /// There while somebody has marked the relation.
    std::string mark(cache::relation_id which) const { return of('p', which); }
    /// Those who have, as fields of a hash.
    std::string writers(cache::relation_id which) const { return of('w', which); }
    std::string reply(std::string_view key) const { return of_key('e', key); }
    /// Who executes it.
    std::string lease(std::string_view key) const { return of_key('l', key); }

private:
    std::string of(char what, cache::relation_id which) const;
    std::string of_key(char what, std::string_view key) const;

    std::string prefix_;
};

}  // namespace pgweir::redis
