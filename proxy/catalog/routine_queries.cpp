#include "catalog/routine_queries.hpp"

#include "sql/words.hpp"

namespace pgweir::catalog {

// A row that is changed has another xmin, and one that was put in the place of another as well.
const std::string_view fingerprint_query =
    "SELECT pg_catalog.string_agg(what, ' ') FROM ("
    "SELECT pg_catalog.concat_ws(':', of, pg_catalog.count(*), pg_catalog.sum(version)) AS what FROM ("
    "SELECT 'p' AS of, xmin::pg_catalog.text::pg_catalog.int8 AS version FROM pg_catalog.pg_proc"
    " WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    " UNION ALL SELECT 't', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_trigger"
    " UNION ALL SELECT 'r', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_rewrite"
    " WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    " UNION ALL SELECT 'd', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_attrdef"
    " UNION ALL SELECT 'c', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_constraint"
    " WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    " UNION ALL SELECT 'l', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_policy"
    " UNION ALL SELECT 'e', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_event_trigger"
    " UNION ALL SELECT 'i', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_inherits"
    " UNION ALL SELECT 'o', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_operator"
    " WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    // A column of a domain, an index on an expression, an operator class. What every table brings along does not count.
    " UNION ALL SELECT 'n', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_depend"
    " WHERE objid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    " AND refclassid OPERATOR(pg_catalog.=) ANY ('{pg_catalog.pg_proc,pg_catalog.pg_type,pg_catalog.pg_operator,"
    "pg_catalog.pg_opclass,pg_catalog.pg_opfamily}'::pg_catalog.regclass[]::pg_catalog.oid[])"
    " AND (refclassid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_type'::pg_catalog.regclass"
    " OR deptype OPERATOR(pg_catalog.<>) 'i')"
    " UNION ALL SELECT 'y', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_type"
    " WHERE typtype OPERATOR(pg_catalog.=) 'd' AND oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    " UNION ALL SELECT 'k', xmin::pg_catalog.text::pg_catalog.int8 FROM pg_catalog.pg_cast"
    " WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
    ") AS rows GROUP BY of) AS sums";

namespace {

// That something depends on a function of PostgreSQL's own it does not note: it stands in the expressions, as they are
// kept, by its oid. Read like this they lock nothing.
std::string calls_of_known_functions() {
    std::string sql =
        "WITH known AS MATERIALIZED (SELECT oid, proname FROM pg_catalog.pg_proc WHERE proname"
        " OPERATOR(pg_catalog.=) ANY ('{";
    for (const std::string_view name : sql::pinning_functions()) sql.append(name).push_back(',');
    sql.back() = '}';
    sql +=
        "'::pg_catalog.name[])), tree AS MATERIALIZED (SELECT class, oid, calls FROM ("
        "SELECT 'pg_catalog.pg_rewrite' AS class, oid, pg_catalog.concat(ev_qual, ev_action) AS calls"
        " FROM pg_catalog.pg_rewrite WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_attrdef', oid, adbin::pg_catalog.text FROM pg_catalog.pg_attrdef"
        " UNION ALL SELECT 'pg_catalog.pg_constraint', oid, conbin::pg_catalog.text FROM pg_catalog.pg_constraint"
        " WHERE conbin IS NOT NULL AND oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_policy', oid, pg_catalog.concat(polqual, polwithcheck)"
        " FROM pg_catalog.pg_policy"
        " UNION ALL SELECT 'pg_catalog.pg_trigger', oid, tgqual::pg_catalog.text FROM pg_catalog.pg_trigger"
        " WHERE tgqual IS NOT NULL"
        " UNION ALL SELECT 'pg_catalog.pg_type', oid, typdefaultbin::pg_catalog.text FROM pg_catalog.pg_type"
        " WHERE typdefaultbin IS NOT NULL AND oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_proc', oid, proargdefaults::pg_catalog.text FROM pg_catalog.pg_proc"
        " WHERE proargdefaults IS NOT NULL AND oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_proc', aggfnoid, pg_catalog.concat(':funcid ', aggtransfn::pg_catalog.oid,"
        " ' :funcid ', aggfinalfn::pg_catalog.oid, ' ') FROM pg_catalog.pg_aggregate"
        " WHERE aggfnoid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_operator', oid, pg_catalog.concat(':funcid ', oprcode::pg_catalog.oid, ' ')"
        " FROM pg_catalog.pg_operator WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_cast', oid, pg_catalog.concat(':funcid ', castfunc, ' ')"
        " FROM pg_catalog.pg_cast WHERE oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        ") AS every WHERE calls OPERATOR(pg_catalog.~) (SELECT pg_catalog.concat(':funcid (',"
        " pg_catalog.string_agg(oid::pg_catalog.text, '|'), ') ') FROM known)) ";
    return sql;
}

}  // namespace

// From PostgreSQL 14 on the body of a function in plain SQL (BEGIN ATOMIC) is kept as a tree.
std::string bodies_query(int server_version) {
    std::string sql = calls_of_known_functions();
    sql +=
        "SELECT oid, proname, lanname::pg_catalog.text,"
        " CASE WHEN pg_catalog.octet_length(body) OPERATOR(pg_catalog.<=) ";
    sql += std::to_string(longest_body);
    sql +=
        " THEN body END FROM ("
        "SELECT p.oid, p.proname, l.lanname, ";
    sql += server_version >= 14 ? "coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)" : "p.prosrc";
    sql +=
        " AS body FROM pg_catalog.pg_proc AS p"
        " JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang"
        " WHERE p.oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid"
        " AND l.lanname OPERATOR(pg_catalog.<>) ALL ('{internal,c}'::pg_catalog.name[])"
        " LIMIT ";
    sql += std::to_string(most_routines + 1);
    sql += ") AS routines UNION ALL SELECT tree.oid, known.proname, pg_catalog.concat('";
    sql += calling_class;
    return sql +
           "', tree.class), NULL FROM tree JOIN known ON pg_catalog.strpos(tree.calls,"
           " pg_catalog.concat(':funcid ', known.oid, ' ')) OPERATOR(pg_catalog.>) 0";
}

// Up from functions: what depends on them, and whose it is. A foreign key makes the rows of the table that it refers to
// lead to the one that has it, by ON DELETE; not the other way round, though PostgreSQL notes that dependency.
std::string led_there_query(std::string_view classes, std::string_view oids, std::string_view flags) {
    std::string sql =
        "WITH RECURSIVE led(class, id, flags) AS ("
        "SELECT one.class::pg_catalog.oid, one.id, one.flags FROM ROWS FROM (pg_catalog.unnest('";
    sql += classes;
    sql += "'::pg_catalog.regclass[]), pg_catalog.unnest('";
    sql += oids;
    sql += "'::pg_catalog.oid[]), pg_catalog.unnest('";
    sql += flags;
    sql +=
        "'::pg_catalog.int8[])) AS one(class, id, flags)"
        " UNION SELECT up.class, up.id, led.flags FROM led CROSS JOIN LATERAL ("
        "SELECT d.classid AS class, d.objid AS id FROM pg_catalog.pg_depend AS d"
        " WHERE d.refclassid OPERATOR(pg_catalog.=) led.class AND d.refobjid OPERATOR(pg_catalog.=) led.id"
        " AND d.deptype OPERATOR(pg_catalog.<>) 'e' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS f"
        " WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid"
        " AND f.oid OPERATOR(pg_catalog.=) d.objid AND f.contype OPERATOR(pg_catalog.=) 'f')"
        " UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, whose.relation FROM ("
        "SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass AS of, oid, adrelid AS relation FROM pg_catalog.pg_attrdef"
        " UNION ALL SELECT 'pg_catalog.pg_constraint', oid, conrelid FROM pg_catalog.pg_constraint"
        " UNION ALL SELECT 'pg_catalog.pg_trigger', oid, tgrelid FROM pg_catalog.pg_trigger"
        " UNION ALL SELECT 'pg_catalog.pg_policy', oid, polrelid FROM pg_catalog.pg_policy"
        " UNION ALL SELECT 'pg_catalog.pg_rewrite', oid, ev_class FROM pg_catalog.pg_rewrite"
        " UNION ALL SELECT 'pg_catalog.pg_class', indexrelid, indrelid FROM pg_catalog.pg_index"
        " UNION ALL SELECT 'pg_catalog.pg_class', inhrelid, inhparent FROM pg_catalog.pg_inherits"
        " UNION ALL SELECT 'pg_catalog.pg_class', conrelid, confrelid FROM pg_catalog.pg_constraint"
        " WHERE contype OPERATOR(pg_catalog.=) 'f') AS whose"
        " WHERE whose.of::pg_catalog.oid OPERATOR(pg_catalog.=) led.class"
        " AND whose.oid OPERATOR(pg_catalog.=) led.id AND whose.relation OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid"
        " UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, contypid"
        " FROM pg_catalog.pg_constraint"
        " WHERE led.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid"
        " AND oid OPERATOR(pg_catalog.=) led.id AND contypid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid"
        ") AS up)"
        " SELECT CASE WHEN led.class OPERATOR(pg_catalog.=)"
        " 'pg_catalog.pg_event_trigger'::pg_catalog.regclass::pg_catalog.oid THEN 'schema'"
        " WHEN led.class OPERATOR(pg_catalog.=) ANY ('{pg_catalog.pg_operator,pg_catalog.pg_cast,pg_catalog.pg_opclass,"
        "pg_catalog.pg_opfamily,pg_catalog.pg_amop,pg_catalog.pg_amproc,pg_catalog.pg_conversion,pg_catalog.pg_"
        "transform,"
        "pg_catalog.pg_language}'::pg_catalog.regclass[]::pg_catalog.oid[]) THEN 'everything'"
        " WHEN p.oid IS NOT NULL OR r.relkind OPERATOR(pg_catalog.=) 'v' THEN 'name' ELSE 'table' END,"
        " coalesce(r.relname, p.proname, t.typname), led.flags FROM led"
        " LEFT JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) led.id"
        " AND led.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid"
        " LEFT JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) led.id"
        " AND led.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid"
        " LEFT JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) led.id"
        " AND led.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid";
    return sql;
}

}  // namespace pgweir::catalog
