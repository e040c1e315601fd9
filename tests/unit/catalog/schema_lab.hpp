#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/schema_builder.hpp"
#include "catalog/schema_map.hpp"
#include "catalog/schema_rows.hpp"
#include "sql/understand.hpp"

namespace pgweir::test {

struct relation_options {
    std::string schema = "public";
    char kind = 'r';
    char persistence = 'p';
    bool row_security = false;
    bool rules = false;
    catalog::relation_id id = 0;
};

struct routine_options {
    std::string schema = "public";
    char kind = 'f';
    char volatility = 'v';
    bool of_extension = false;
    bool takes_row = false;
    bool callable = true;
    std::string language = "plpgsql";
    std::optional<std::string> body = "BEGIN RETURN 1; END";
};

struct type_options {
    char kind = 'b';
    bool checked = false;
    catalog::oid made_of = 0;
    catalog::oid row_of = 0;
    std::vector<catalog::oid> routines = {};
};

/// Rows of catalogs by hand, and what a map of them says. Some of PostgreSQL's own functions, operators and types are
/// there from the start. Relations are told by name, those of other schemas than public with it.
class schema_lab {
public:
    using rows = catalog::schema_rows;
    using link_kind = rows::link_kind;

    schema_lab() {
        for (const char* name : {"lower", "count", "int4pl", "int4eq"}) builtin(name, 'i');
        for (const char* name : {"to_char", "to_json", "now", "version", "table_to_xml", "timezone"})
            builtin(name, 's');
        for (const char* name : {"random", "nextval", "query_to_xml", "pg_import_system_collations"})
            builtin(name, 'v');
        operation("+", builtins_.at("int4pl"), "pg_catalog");
        operation("=", builtins_.at("int4eq"), "pg_catalog");
        for (const char* name : {"int4", "text", "date"}) builtin_type(next_builtin_++, name);
        builtin_type(1266, "timetz");
        relation("pg_class", {.schema = "pg_catalog", .id = 1259});
        relation("tables", {.schema = "information_schema", .kind = 'v', .id = 13000});
    }

    catalog::relation_id relation(const std::string& name, relation_options how) {
        const catalog::relation_id id = how.id != 0 ? how.id : next_++;
        made_.relations.push_back({id, how.schema, name, how.kind, how.persistence, how.row_security, how.rules});
        names_[id] = how.schema == "public" ? name : how.schema + '.' + name;
        return id;
    }
    catalog::relation_id table(const std::string& name) { return relation(name, {}); }

    /// Without a text the definition could not be read.
    catalog::relation_id view(const std::string& name, std::initializer_list<catalog::relation_id> below,
                              const char* definition, relation_options how = {.kind = 'v'}) {
        const catalog::relation_id id = relation(name, how);
        for (const catalog::relation_id one : below) link(link_kind::view, id, one);
        made_.views.push_back({id, definition == nullptr ? std::nullopt : std::optional(sql::understand(definition))});
        return id;
    }

    catalog::oid function(const std::string& name, const routine_options& how) {
        made_.routines.push_back({next_, how.schema, name, how.kind, how.volatility, how.of_extension, how.takes_row,
                                  how.callable, how.language, how.body});
        return next_++;
    }
    catalog::oid block(const std::string& name, const std::string& body) {
        routine_options how;
        how.body = body;
        return function(name, how);
    }
    catalog::oid compiled(const std::string& name, char volatility, bool of_extension = true) {
        routine_options how;
        how.language = "c";
        how.body.reset();
        how.volatility = volatility;
        how.of_extension = of_extension;
        return function(name, how);
    }
    /// One that writes.
    catalog::oid writer(const std::string& name) { return block(name, "BEGIN INSERT INTO t VALUES (1); END"); }

    void operation(const std::string& name, catalog::oid function, const std::string& schema = "public") {
        made_.operations.push_back({schema, name, function});
    }

    catalog::oid type(const std::string& name, const type_options& how) {
        made_.types.push_back({next_, "public", name, how.kind, how.checked, how.made_of, how.row_of, how.routines});
        return next_++;
    }
    void cast_to(const std::string& type, catalog::oid function, bool implicit) {
        made_.casts.push_back({implicit, "public", type, function});
    }

    void link(link_kind kind, catalog::oid from, catalog::oid to, std::string detail = {}) {
        made_.links.push_back({kind, from, to, std::move(detail)});
    }
    /// `actions`: on update and on delete, as pg_constraint has them.
    void key(catalog::relation_id from, catalog::relation_id to, std::string actions) {
        link(link_kind::key, from, to, std::move(actions));
    }
    /// `events`: those of pg_trigger.tgtype.
    void trigger(catalog::relation_id on, catalog::oid function, unsigned events) {
        link(link_kind::trigger, on, function, std::to_string(events));
    }

    const catalog::schema_map& map() {
        if (!map_) map_ = std::make_unique<catalog::schema_map>(catalog::build_contents(made_, "as it is"));
        return *map_;
    }

    using path = std::vector<std::string>;

    /// Reasons, or else what the result depends on.
    std::string reads(std::string_view text, const path& schemas = {"public"}) {
        const auto verdict = map().reads_of(sql::understand(text), {schemas});
        if (verdict.reasons == sql::reason::none) return listed(verdict.depends_on);
        std::string codes = "no:";
        for (const sql::reason_description& one : sql::reason_descriptions)
            if (has(verdict.reasons, one.value)) codes.append(" ").append(one.code);
        return codes;
    }

    std::string writes(std::string_view text, const path& schemas = {"public"}) {
        const auto verdict = map().writes_of(sql::understand(text), {schemas});
        return verdict.everything ? "everything" : listed(verdict.relations);
    }

private:
    void builtin_type(catalog::oid id, const std::string& name) {
        made_.types.push_back({.id = id, .schema = "pg_catalog", .name = name});
    }
    void builtin(const std::string& name, char volatility) {
        builtins_[name] = next_builtin_;
        made_.routines.push_back(
            {next_builtin_++, "pg_catalog", name, 'f', volatility, false, false, true, "internal", {}});
    }

    std::string listed(const std::vector<catalog::relation_id>& ids) const {
        std::set<std::string> sorted;
        for (const catalog::relation_id id : ids) sorted.insert(names_.at(id));
        std::string all;
        for (const std::string& one : sorted) all.append(all.empty() ? "" : " ").append(one);
        return all;
    }

    rows made_;
    catalog::oid next_builtin_ = 2000;
    catalog::oid next_ = catalog::first_own_oid;
    std::map<std::string, catalog::oid> builtins_;
    std::map<catalog::relation_id, std::string> names_;
    std::unique_ptr<catalog::schema_map> map_;
};

}  // namespace pgweir::test
