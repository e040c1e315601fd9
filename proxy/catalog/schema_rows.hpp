#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/statement_facts.hpp"

namespace pgweir::catalog {

/// The oid of a relation in its database.
using relation_id = std::uint32_t;
using oid = std::uint32_t;

/// Objects with lower ones are PostgreSQL's own (manual, "OID Assignment").
inline constexpr oid first_own_oid = 16384;

/// What the queries of schema_queries.hpp brought, read into numbers and flags; letters are those of the catalogs.
struct schema_rows {
    struct relation {
        relation_id id = 0;
        std::string schema;
        std::string name;
        char kind = 'r';         ///< r, p, v, m, f or S, as pg_class.relkind
        char persistence = 'p';  ///< p or u; temporary ones are not read
        bool row_security = false;
        bool rules = false;  ///< other than the one that makes it a view
    };

    struct routine {
        oid id = 0;
        std::string schema;
        std::string name;
        char kind = 'f';        ///< as pg_proc.prokind
        char volatility = 'i';  ///< as pg_proc.provolatile
        bool of_extension = false;
        bool takes_row = false;  ///< t.f may be a call of it
        bool callable = true;    ///< in an expression: no procedure, and not for triggers only
        std::string language;
        std::optional<std::string> body;  ///< of own ones in SQL and PL/pgSQL, unless it is too long
    };

    struct operation {
        std::string schema;
        std::string name;
        oid routine = 0;
    };

    struct type {
        oid id = 0;
        std::string schema;
        std::string name;
        char kind = 'b';       ///< as pg_type.typtype
        bool checked = false;  ///< a domain with CHECK constraints
        oid made_of = 0;       ///< element, base type of a domain, subtype of a range
        oid row_of = 0;        ///< of a composite type: the relation whose columns are its attributes
        std::vector<oid> routines = {};  ///< of own base types: input, output, receive and send
    };

    struct cast {
        bool implicit = false;  ///< also those that to_json() and the like apply by themselves
        std::string schema;     ///< and name of the type it is made to
        std::string name;
        oid routine = 0;
    };

    enum class link_kind : std::uint8_t {
        inherits,   ///< a relation, from its parent or partitioned table
        view,       ///< a view reads a relation
        key,  ///< a foreign key: the table that has it, the one it refers to, and its actions on update and delete
        trigger,  ///< a relation runs a function, on the events in `detail`
        calls,  ///< writing the relation may call an own function: defaults, constraints, indexes
        watches,  ///< reading it may, too: policies
        analyzes,  ///< VACUUM and ANALYZE may call it: indexes and statistics of the relation
        column,  ///< the relation, or composite type, has a column of this type
        component,  ///< an aggregate runs a function
        routine,  ///< a function is known to call another
        hidden,  ///< behind an operator, a cast, a type or its order: a function that no name leads to
        sorts,  ///< of an own operator class: a function that any comparison may call
    };
    struct link {
        link_kind kind = link_kind::view;
        oid from = 0;
        oid to = 0;
        std::string detail = {};
    };

    struct view {
        relation_id id = 0;
        std::optional<sql::statement_facts> definition;  ///< nothing: it could not be read or understood
    };

    std::vector<relation> relations;
    std::vector<routine> routines;
    std::vector<operation> operations;
    std::vector<type> types;
    std::vector<cast> casts;
    std::vector<link> links;
    std::vector<view> views;
};

/// Nobody but who installs programs on the server can make one.
inline bool is_compiled(const schema_rows::routine& one) noexcept {
    return one.language == "c" || one.language == "internal";
}

}  // namespace pgweir::catalog
