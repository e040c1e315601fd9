#include "catalog/type_reasons.hpp"

#include <algorithm>

namespace pgweir::catalog {

namespace {

using sql::reason;

// timetz and timetz[] of pg_type.dat. A zone's offset is that of today when no date stands beside the time.
constexpr oid time_with_time_zone = 1266;
constexpr oid times_with_time_zone = 1270;

// Reading and writing a value may depend on settings, so these functions need not be immutable.
bool is_trusted(const schema_rows::routine& one) {
    if (one.id < first_own_oid) return true;
    return one.of_extension && one.volatility != 'v' && is_compiled(one);
}

}  // namespace

type_reasons::type_reasons(const schema_rows& rows, const routine_traits& routines) : routines_(routines) {
    for (const schema_rows::type& one : rows.types) types_.emplace(one.id, &one);
    for (const schema_rows::link& one : rows.links)
        if (one.kind == schema_rows::link_kind::column) attributes_[one.from].push_back(one.to);
}

reason type_reasons::when_read(oid type) {
    return look_up(type).read;
}

reason type_reasons::when_cast(oid type) {
    return look_up(type).cast;
}

const type_reasons::known& type_reasons::look_up(oid type) {
    // What is not known yet counts as nothing while it is worked out: types may be made of arrays of themselves.
    const auto [place, added] = known_.try_emplace(type);
    if (!added) return place->second;
    if (type == time_with_time_zone || type == times_with_time_zone) {
        place->second = {reason::clock_value, reason::clock_value};
    } else if (const auto found = types_.find(type); found != types_.end()) {
        const known result = work_out(*found->second);
        known_[type] = result;
    } else if (type >= first_own_oid) {
        place->second = {reason::unstable_type, reason::unstable_type};
    }
    return known_.find(type)->second;
}

type_reasons::known type_reasons::work_out(const schema_rows::type& type) {
    known result;
    const auto add = [&](oid part) {
        const known below = look_up(part);
        result.read |= below.read;
        result.cast |= below.cast;
    };
    if (type.made_of != 0) add(type.made_of);
    if (const auto parts = attributes_.find(type.row_of); type.row_of != 0 && parts != attributes_.end())
        for (const oid part : parts->second) add(part);
    const bool trusted = std::ranges::all_of(type.routines, [this](oid id) {
        const schema_rows::routine* one = routines_.find(id);
        return id < first_own_oid || (one != nullptr && is_trusted(*one));
    });
    // Of which range a multirange is made is on record from PostgreSQL 14 on only.
    const bool complete = type.kind != 'm' || type.id < first_own_oid;
    if (!trusted || !complete) result.read |= reason::unstable_type;
    result.cast |= result.read;
    if (type.checked) result.cast |= reason::unstable_type;
    return result;
}

}  // namespace pgweir::catalog
