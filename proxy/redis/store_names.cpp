#include "redis/store_names.hpp"

#include "base/hash.hpp"
#include "redis/hex.hpp"

namespace pgweir::redis {

store_names::store_names(std::string_view database, std::string_view epoch)
    : prefix_("pgweir:" + std::string(database) + ":" + std::string(epoch) + ":") {}

std::string store_names::of(char what, cache::relation_id which) const {
    return prefix_ + what + ":" + std::to_string(which);
}

std::string store_names::of_key(char what, std::string_view key) const {
    std::string name = prefix_ + what + ":";
    append_hex(name, base::fingerprint(key, 1));
    append_hex(name, base::fingerprint(key, 2));
    return name;
}

}  // namespace pgweir::redis
