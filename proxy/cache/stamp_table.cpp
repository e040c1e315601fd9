#include "cache/stamp_table.hpp"

namespace pgweir::cache {

stamp_table::cell& stamp_table::at(relation_id relation) {
    const auto [place, fresh] = cells_.try_emplace(relation);
    if (fresh) bump(place->second);
    return place->second;
}

}  // namespace pgweir::cache
