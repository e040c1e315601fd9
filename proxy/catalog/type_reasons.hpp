#pragma once

#include <unordered_map>
#include <vector>

#include "catalog/routine_traits.hpp"
#include "catalog/schema_rows.hpp"
#include "sql/reason.hpp"

namespace pgweir::catalog {

/// Why values of a type keep a result from being cached: their text depends on what is known of no function, or on the
/// day, as that of a time with time zone does.
class type_reasons {
public:
    /// Both must outlive this.
    type_reasons(const schema_rows& rows, const routine_traits& routines);

    /// Of a value that is read from a table.
    sql::reason when_read(oid type);
    /// Of a cast to the type, by its name or by the place where a literal stands.
    sql::reason when_cast(oid type);

private:
    struct known {
        sql::reason read = sql::reason::none;
        sql::reason cast = sql::reason::none;
    };
    const known& look_up(oid type);
    known work_out(const schema_rows::type& type);

    const routine_traits& routines_;
    std::unordered_map<oid, const schema_rows::type*> types_;
    std::unordered_map<oid, std::vector<oid>> attributes_;  // of composite types, by their relation
    std::unordered_map<oid, known> known_;
};

}  // namespace pgweir::catalog
