#include "cache/stamp_table.hpp"

namespace pgweir::cache {

stamp_table::cell& stamp_table::at(relation_id relation) {
    return known(cells_, relation, relation);
}

stamp_table::cell& stamp_table::of_rule(std::uint32_t number) {
    return known(rules_, number, no_relation);
}

stamp_table::cell& stamp_table::of_clearing(relation_id relation) {
    return known(clearings_, relation, no_relation);
}

stamp_table::cell& stamp_table::known(std::unordered_map<std::uint32_t, cell>& among, std::uint32_t number,
                                      relation_id relation) {
    const auto [place, fresh] = among.try_emplace(number);
    if (fresh) {
        place->second.relation = relation;
        bump(place->second);
    }
    return place->second;
}

}  // namespace pgweir::cache
