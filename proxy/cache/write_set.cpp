#include "cache/write_set.hpp"

#include <algorithm>

namespace pgweir::cache {

void write_set::add(bool all, std::span<const relation_id> more) {
    everything = everything || all;
    if (everything) {
        relations.clear();
        return;
    }
    for (const relation_id each : more) {
        const auto place = std::lower_bound(relations.begin(), relations.end(), each);
        if (place == relations.end() || *place != each) relations.insert(place, each);
    }
}

}  // namespace pgweir::cache
