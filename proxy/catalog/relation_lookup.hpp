#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "catalog/schema_contents.hpp"
#include "sql/statement_facts.hpp"

namespace pgweir::catalog {

/// Finds relations by names, with one search path. Refers to the contents.
class relation_lookup {
public:
    relation_lookup(const schema_contents& contents, std::span<const std::string> schemas) : contents_(contents) {
        path_.reserve(schemas.size() + 1);
        path_.push_back(contents.number_of("pg_catalog"));
        for (const std::string& schema : schemas) path_.push_back(contents.number_of(schema));
    }

    /// Calls `visit(const schema_contents::relation&)` for each relation that the name may stand for. False: there is
    /// none.
    template <class Visit>
    bool for_each(const sql::qualified_name& name, Visit&& visit) const {
        bool found = false;
        const bool qualified = !name.schema.empty();
        const schema_number only = qualified ? contents_.number_of(name.schema) : schema_contents::no_schema;
        for (const name_table::entry& one : contents_.relation_names.find(name.name)) {
            if (qualified ? one.schema != only : std::ranges::find(path_, one.schema) == path_.end()) continue;
            visit(contents_.relations[one.value]);
            found = true;
        }
        return found;
    }

private:
    const schema_contents& contents_;
    std::vector<schema_number> path_;
};

}  // namespace pgweir::catalog
