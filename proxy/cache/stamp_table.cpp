#include "cache/stamp_table.hpp"

namespace pgweir::cache {

stamp_table::cell& stamp_table::at(relation_id relation) {
    const auto [place, fresh] = cells_.try_emplace(relation);
    if (fresh) {
        place->second.relation = relation;
        bump(place->second);
    }
    return place->second;
}

}  // namespace pgweir::cache
