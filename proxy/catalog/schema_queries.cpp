#include "catalog/schema_queries.hpp"

#include <algorithm>
#include <array>

#include "catalog/routine_queries.hpp"

namespace pgweir::catalog {

namespace {

// In front of queries that have PostgreSQL print others: for that it locks what those read, and itself asks queries whose
// operators it finds by search_path. With this one, what is not PostgreSQL's own is printed with its schema. SET LOCAL
// ends with the implicit transaction of the whole message.
constexpr std::string_view in_a_clean_session =
    "SET LOCAL lock_timeout TO 200; SET LOCAL search_path TO pg_catalog, pg_temp; ";

/// The query with its operators qualified: below they stand between blanks, in symbols only, and nowhere in a string.
std::string qualified(std::string_view query) {
    static constexpr std::array<std::string_view, 6> operators{"=", "<>", ">=", "<=", "+", "*"};
    std::string result;
    result.reserve(query.size() * 2);
    while (!query.empty()) {
        const std::size_t end = std::min(query.find_first_of(" \n"), query.size());
        const std::string_view word = query.substr(0, end);
        if (std::ranges::find(operators, word) != operators.end())
            result.append("OPERATOR(pg_catalog.").append(word).append(")");
        else
            result.append(word);
        if (end < query.size()) result += ' ';
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return result;
}

std::string limited(std::string query) {
    return query + " LIMIT " + std::to_string(most_schema_rows + 1);
}

}  // namespace

// A row that is changed has another xmin, which is greater: of as many rows as before the sum is greater as well. What
// VACUUM and ANALYZE note in pg_class they write over what is there. A crash throws away the statistics, and the time of
// their last reset is that of the crash. What settings a session without its own has is asked of the session: the time
// at which the configuration was loaded is another one in each. Those with a dot come when a library is loaded or when
// somebody names them, two come from who connects, and those of roles and databases count by pg_db_role_setting, as a
// session keeps what it found there. Columns are most of the rows: those of temporary tables are taken off, which
// costs less than to ask of each whether it is one.
std::string schema_fingerprint_query() {
    return qualified(R"sql(
WITH temporary_schema AS MATERIALIZED (
    SELECT oid FROM pg_catalog.pg_namespace
    WHERE pg_catalog.starts_with(nspname::pg_catalog.text, 'pg_temp_')
       OR pg_catalog.starts_with(nspname::pg_catalog.text, 'pg_toast_temp_')
), temporary AS MATERIALIZED (
    SELECT oid FROM pg_catalog.pg_class WHERE relpersistence = 't'
), version(of, rows, xid) AS (
    SELECT 'class', pg_catalog.count(*), xmin FROM pg_catalog.pg_class WHERE relpersistence <> 't' GROUP BY xmin
    UNION ALL SELECT 'attribute', pg_catalog.count(*), xmin FROM pg_catalog.pg_attribute GROUP BY xmin
    UNION ALL SELECT 'attribute', pg_catalog.count(*) * -1, a.xmin
        FROM temporary AS t JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid GROUP BY a.xmin
    UNION ALL SELECT 'attrdef', pg_catalog.count(*), xmin FROM pg_catalog.pg_attrdef
        WHERE NOT adrelid = ANY (SELECT oid FROM temporary) GROUP BY xmin
    UNION ALL SELECT 'constraint', pg_catalog.count(*), xmin FROM pg_catalog.pg_constraint
        WHERE NOT connamespace = ANY (SELECT oid FROM temporary_schema) GROUP BY xmin
    UNION ALL SELECT 'trigger', pg_catalog.count(*), xmin FROM pg_catalog.pg_trigger
        WHERE NOT tgrelid = ANY (SELECT oid FROM temporary) GROUP BY xmin
    UNION ALL SELECT 'inherits', pg_catalog.count(*), xmin FROM pg_catalog.pg_inherits
        WHERE NOT inhrelid = ANY (SELECT oid FROM temporary) GROUP BY xmin
    UNION ALL SELECT 'rewrite', pg_catalog.count(*), xmin FROM pg_catalog.pg_rewrite
        WHERE NOT ev_class = ANY (SELECT oid FROM temporary) GROUP BY xmin
    UNION ALL SELECT 'policy', pg_catalog.count(*), xmin FROM pg_catalog.pg_policy
        WHERE NOT polrelid = ANY (SELECT oid FROM temporary) GROUP BY xmin
    UNION ALL SELECT 'namespace', pg_catalog.count(*), xmin FROM pg_catalog.pg_namespace
        WHERE NOT oid = ANY (SELECT oid FROM temporary_schema) GROUP BY xmin
    UNION ALL SELECT 'type', pg_catalog.count(*), xmin FROM pg_catalog.pg_type
        WHERE NOT typnamespace = ANY (SELECT oid FROM temporary_schema) GROUP BY xmin
    UNION ALL SELECT 'proc', pg_catalog.count(*), xmin FROM pg_catalog.pg_proc
        WHERE NOT pronamespace = ANY (SELECT oid FROM temporary_schema) GROUP BY xmin
    UNION ALL SELECT 'aggregate', pg_catalog.count(*), xmin FROM pg_catalog.pg_aggregate GROUP BY xmin
    UNION ALL SELECT 'operator', pg_catalog.count(*), xmin FROM pg_catalog.pg_operator GROUP BY xmin
    UNION ALL SELECT 'cast', pg_catalog.count(*), xmin FROM pg_catalog.pg_cast GROUP BY xmin
    UNION ALL SELECT 'enum', pg_catalog.count(*), xmin FROM pg_catalog.pg_enum GROUP BY xmin
    UNION ALL SELECT 'opclass', pg_catalog.count(*), xmin FROM pg_catalog.pg_opclass GROUP BY xmin
    UNION ALL SELECT 'amop', pg_catalog.count(*), xmin FROM pg_catalog.pg_amop GROUP BY xmin
    UNION ALL SELECT 'amproc', pg_catalog.count(*), xmin FROM pg_catalog.pg_amproc GROUP BY xmin
    UNION ALL SELECT 'conversion', pg_catalog.count(*), xmin FROM pg_catalog.pg_conversion GROUP BY xmin
    UNION ALL SELECT 'collation', pg_catalog.count(*), xmin FROM pg_catalog.pg_collation GROUP BY xmin
    UNION ALL SELECT 'ts_config', pg_catalog.count(*), xmin FROM pg_catalog.pg_ts_config GROUP BY xmin
    UNION ALL SELECT 'ts_config_map', pg_catalog.count(*), xmin FROM pg_catalog.pg_ts_config_map GROUP BY xmin
    UNION ALL SELECT 'ts_dict', pg_catalog.count(*), xmin FROM pg_catalog.pg_ts_dict GROUP BY xmin
    UNION ALL SELECT 'setting', pg_catalog.count(*), xmin FROM pg_catalog.pg_db_role_setting GROUP BY xmin
    UNION ALL SELECT 'member', pg_catalog.count(*), xmin FROM pg_catalog.pg_auth_members GROUP BY xmin
), what(text) AS (
    SELECT pg_catalog.concat_ws(':', of, pg_catalog.sum(rows),
                                pg_catalog.sum(rows * xid::pg_catalog.text::pg_catalog.int8))
    FROM version GROUP BY of
    UNION ALL SELECT pg_catalog.concat_ws(':', 'role', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(
        pg_catalog.concat_ws(' ', oid, rolsuper, rolinherit, rolbypassrls, rolname), 0)))
    FROM pg_catalog.pg_roles
    UNION ALL SELECT pg_catalog.concat_ws(':', 'default', pg_catalog.sum(pg_catalog.hashtextextended(
        pg_catalog.concat_ws(' ', s.name, s.reset_val), 0)))
    FROM pg_catalog.pg_settings AS s
    WHERE pg_catalog.strpos(s.name, '.') = 0
        AND NOT s.name = ANY ('{application_name,client_encoding}'::pg_catalog.text[])
        AND NOT s.name = ANY (
            SELECT pg_catalog.split_part(own.setting, '=', 1) FROM pg_catalog.pg_db_role_setting AS d
            CROSS JOIN LATERAL pg_catalog.unnest(d.setconfig) AS own(setting)
            WHERE (d.setdatabase = '0'::pg_catalog.oid OR d.setdatabase = (
                    SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
                AND (d.setrole = '0'::pg_catalog.oid OR d.setrole = (
                    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user)))
    UNION ALL SELECT pg_catalog.concat_ws(':', event, pg_catalog.to_char(
        pg_catalog.timezone('UTC', happened), 'YYYYMMDDHH24MISSUS'))
    FROM (SELECT 'start', pg_catalog.pg_postmaster_start_time()
          UNION ALL SELECT 'reset', pg_catalog.pg_stat_get_bgwriter_stat_reset_time()) AS moment(event, happened)
)
SELECT pg_catalog.string_agg(text, ' ' ORDER BY text) FROM what)sql");
}

std::string relations_query() {
    return limited(qualified(R"sql(
SELECT r.oid, n.nspname, r.relname, r.relkind, r.relpersistence, r.relrowsecurity,
    r.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = r.oid AND w.ev_type <> '1')
FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind = ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[]) AND r.relpersistence <> 't')sql"));
}

// Types of arguments: record, any, anyelement, anynonarray, anycompatible, anycompatiblenonarray; of results: trigger and
// event_trigger (pg_type.dat). From PostgreSQL 14 on the body of a function in plain SQL is kept as a tree.
std::string routines_query(int server_version) {
    const std::string body =
        server_version >= 14 ? "coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)" : "p.prosrc";
    const std::string query = qualified(R"sql(
SELECT p.oid, n.nspname, p.proname, p.prokind, p.provolatile, e.objid IS NOT NULL,
    p.pronargs >= 1 AND p.pronargs <= (p.pronargdefaults + 1)
        AND (a.typtype = ANY ('{c,d}'::pg_catalog."char"[])
             OR a.oid = ANY ('{2249,2276,2283,2776,5077,5079}'::pg_catalog.oid[])),
    p.prokind <> 'p' AND NOT p.prorettype = ANY ('{2279,3838}'::pg_catalog.oid[]), l.lanname,
    CASE WHEN p.oid >= '16384'::pg_catalog.oid AND l.lanname = ANY ('{sql,plpgsql}'::pg_catalog.name[]) THEN (
        SELECT CASE WHEN pg_catalog.octet_length(own.body) <= )sql" +
                                        std::to_string(longest_body) + R"sql( THEN own.body END
        FROM (SELECT )sql" + body + R"sql( AS body OFFSET 0) AS own) END
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_type AS a ON a.oid = p.proargtypes[0]
LEFT JOIN pg_catalog.pg_depend AS e ON e.objid = p.oid AND e.deptype = 'e'
    AND e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
WHERE NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp_'))sql");
    return std::string(in_a_clean_session) + limited(query);
}

std::string operators_query() {
    return limited(qualified(R"sql(
SELECT DISTINCT n.nspname, o.oprname, o.oprcode::pg_catalog.oid
FROM pg_catalog.pg_operator AS o JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
WHERE o.oprcode::pg_catalog.oid <> '0'::pg_catalog.oid)sql"));
}

std::string types_query() {
    return limited(qualified(R"sql(
SELECT t.oid, n.nspname, t.typname, t.typtype,
    EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c'),
    CASE WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.typtype = 'r' THEN s.rngsubtype ELSE t.typelem END, t.typrelid,
    ARRAY[t.typinput::pg_catalog.oid, t.typoutput::pg_catalog.oid, t.typreceive::pg_catalog.oid,
          t.typsend::pg_catalog.oid]
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_range AS s ON s.rngtypid = t.oid
LEFT JOIN pg_catalog.pg_class AS r ON r.oid = t.typrelid
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
LEFT JOIN pg_catalog.pg_class AS er ON er.oid = e.typrelid
WHERE coalesce(r.relkind, 'c') = 'c' AND coalesce(er.relkind, 'c') = 'c'
    AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp_'))sql"));
}

// to_json() and the like look for a cast to json (114) or jsonb (3802) by themselves.
std::string casts_query() {
    return limited(qualified(R"sql(
SELECT c.castcontext = 'i' OR c.casttarget = ANY ('{114,3802}'::pg_catalog.oid[]),
    n.nspname, t.typname, c.castfunc
FROM pg_catalog.pg_cast AS c
JOIN pg_catalog.pg_type AS t ON t.oid = c.casttarget
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE c.oid >= '16384'::pg_catalog.oid AND c.castfunc <> '0'::pg_catalog.oid)sql"));
}

// timetz is 1266, timetz[] is 1270.
std::string links_query() {
    return limited(qualified(R"sql(
WITH call(class, id, routine) AS MATERIALIZED (
    SELECT classid, objid, refobjid FROM pg_catalog.pg_depend
    WHERE refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
        AND refobjid >= '16384'::pg_catalog.oid AND deptype <> 'e'
)
SELECT 'i', i.inhrelid, i.inhparent, NULL FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS r ON r.oid = i.inhrelid AND r.relkind = ANY ('{r,p,f}'::pg_catalog."char"[])
UNION ALL SELECT 'v', w.ev_class, d.refobjid, NULL FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_rewrite AS w ON w.oid = d.objid AND w.ev_type = '1' AND w.ev_class <> d.refobjid
    WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
    GROUP BY w.ev_class, d.refobjid
UNION ALL SELECT 'k', conrelid, confrelid, pg_catalog.concat(confupdtype, confdeltype) FROM pg_catalog.pg_constraint
    WHERE contype = 'f'
UNION ALL SELECT 't', tgrelid, tgfoid, tgtype::pg_catalog.text FROM pg_catalog.pg_trigger
    WHERE NOT tgisinternal AND tgenabled <> 'D'
UNION ALL SELECT 't', t.tgrelid, c.routine, t.tgtype::pg_catalog.text FROM call AS c
    JOIN pg_catalog.pg_trigger AS t ON t.oid = c.id AND NOT t.tgisinternal AND t.tgenabled <> 'D'
    WHERE c.class = 'pg_catalog.pg_trigger'::pg_catalog.regclass::pg_catalog.oid AND c.routine <> t.tgfoid
UNION ALL SELECT 'c', a.adrelid, c.routine, NULL FROM call AS c JOIN pg_catalog.pg_attrdef AS a ON a.oid = c.id
    WHERE c.class = 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid
UNION ALL SELECT 'c', k.conrelid, c.routine, NULL FROM call AS c JOIN pg_catalog.pg_constraint AS k ON k.oid = c.id
    WHERE c.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
        AND k.conrelid <> '0'::pg_catalog.oid
UNION ALL SELECT 'c', coalesce(x.indrelid, c.id), c.routine, NULL FROM call AS c
    LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.id
    WHERE c.class = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
UNION ALL SELECT 'w', p.polrelid, c.routine, NULL FROM call AS c JOIN pg_catalog.pg_policy AS p ON p.oid = c.id
    WHERE c.class = 'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid
UNION ALL SELECT 'a', x.indrelid, c.routine, NULL FROM call AS c JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.id
    WHERE c.class = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
UNION ALL SELECT 'a', s.stxrelid, c.routine, NULL FROM call AS c
    JOIN pg_catalog.pg_statistic_ext AS s ON s.oid = c.id
    WHERE c.class = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass::pg_catalog.oid
UNION ALL SELECT 'y', a.attrelid, a.atttypid, NULL FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid AND r.relpersistence <> 't'
        AND r.relkind = ANY ('{r,p,v,m,f,c}'::pg_catalog."char"[])
    WHERE a.attnum >= 1 AND NOT a.attisdropped AND (a.atttypid >= '16384'::pg_catalog.oid
        OR a.atttypid = ANY ('{1266,1270}'::pg_catalog.oid[]))
    GROUP BY a.attrelid, a.atttypid
UNION ALL SELECT 'p', g.aggfnoid::pg_catalog.oid, part.id, NULL FROM pg_catalog.pg_aggregate AS g
    CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[
        g.aggtransfn::pg_catalog.oid, g.aggfinalfn::pg_catalog.oid, g.aggcombinefn::pg_catalog.oid,
        g.aggserialfn::pg_catalog.oid, g.aggdeserialfn::pg_catalog.oid, g.aggmtransfn::pg_catalog.oid,
        g.aggminvtransfn::pg_catalog.oid, g.aggmfinalfn::pg_catalog.oid]) AS part(id)
    WHERE g.aggfnoid::pg_catalog.oid >= '16384'::pg_catalog.oid AND part.id <> '0'::pg_catalog.oid
UNION ALL SELECT 'r', c.id, c.routine, NULL FROM call AS c
    WHERE c.class = 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid AND c.id <> c.routine
UNION ALL SELECT 'h', NULL, c.routine, NULL FROM call AS c
    WHERE c.class = ANY ('{pg_catalog.pg_operator,pg_catalog.pg_cast,pg_catalog.pg_type,pg_catalog.pg_opclass,pg_catalog.pg_opfamily,pg_catalog.pg_amop,pg_catalog.pg_amproc,pg_catalog.pg_conversion,pg_catalog.pg_transform,pg_catalog.pg_ts_parser,pg_catalog.pg_ts_template}'::pg_catalog.regclass[]::pg_catalog.oid[])
UNION ALL SELECT 'h', NULL, c.routine, NULL FROM call AS c
    JOIN pg_catalog.pg_constraint AS k ON k.oid = c.id AND k.contypid <> '0'::pg_catalog.oid
    WHERE c.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
UNION ALL SELECT 's', NULL, p.amproc::pg_catalog.oid, NULL FROM pg_catalog.pg_amproc AS p
    JOIN pg_catalog.pg_opfamily AS f ON f.oid = p.amprocfamily
    JOIN pg_catalog.pg_am AS m ON m.oid = f.opfmethod AND m.amname = ANY ('{btree,hash}'::pg_catalog.name[])
    WHERE p.amproc::pg_catalog.oid >= '16384'::pg_catalog.oid
UNION ALL SELECT 's', NULL, o.oprcode::pg_catalog.oid, NULL FROM pg_catalog.pg_amop AS p
    JOIN pg_catalog.pg_am AS m ON m.oid = p.amopmethod AND m.amname = ANY ('{btree,hash}'::pg_catalog.name[])
    JOIN pg_catalog.pg_operator AS o ON o.oid = p.amopopr
    WHERE o.oprcode::pg_catalog.oid >= '16384'::pg_catalog.oid)sql"));
}

std::string definitions_query(std::string_view oids) {
    const std::string query =
        qualified("SELECT oid, CASE WHEN pg_catalog.octet_length(definition) <= " + std::to_string(longest_definition) +
                  " THEN definition END FROM (SELECT view.oid, pg_catalog.pg_get_viewdef(view.oid) AS definition"
                  " FROM pg_catalog.unnest('" +
                  std::string(oids) + "'::pg_catalog.oid[]) AS view(oid)) AS views");
    return std::string(in_a_clean_session) + query;
}

}  // namespace pgweir::catalog
