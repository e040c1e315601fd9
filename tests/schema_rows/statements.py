"""What has to be said of statements against the schema, by names."""
import typing

EVERYTHING = "everything"


class Row(typing.NamedTuple):
    statement: str
    reasons: str = ""  # codes; none: the result may be cached
    reads: str = ""  # what that depends on, views included
    writes: str = ""
    path: str = "public"
    runs: bool = True  # PostgreSQL executes it, in a transaction


def _select(statement, reads="", **more):
    return Row(statement, reads=reads, **more)


def _refused(statement, reasons, **more):
    return Row(statement, reasons=reasons, **more)


def _write(statement, writes, **more):
    return Row(statement, reasons="not_a_select", writes=writes, **more)


READS = [
    _select("SELECT 1"),
    _select("SELECT * FROM customer WHERE id = 1", "customer"),
    _select("SELECT * FROM customer c JOIN purchase p ON p.customer = c.id LEFT JOIN line l ON l.purchase = p.id",
            "customer purchase line"),
    _select("WITH customer AS (SELECT 1 AS id) SELECT * FROM customer"),
    _select("SELECT (SELECT max(id) FROM line), EXISTS (SELECT FROM remark)", "line remark"),
    _select('SELECT * FROM "Mixed_Case"', '"Mixed_Case"'),
    _refused("SELECT * FROM Mixed", "unknown_relation", writes=EVERYTHING, runs=False),  # it may be a temporary view
    # Names and paths
    _select("SELECT * FROM other.customer", "other.customer"),
    _select("SELECT * FROM customer", "other.customer", path="other"),
    _select("SELECT * FROM customer", "customer other.customer", path="other,public"),
    _select("SELECT * FROM customer", "customer other.customer", path="no_such,empty,public,other"),
    _select("SELECT * FROM public.customer", "customer", path="other,public"),
    _select("SELECT * FROM only_there", "other.only_there", path="public,other"),
    _refused("SELECT * FROM only_there", "unknown_relation", writes=EVERYTHING, runs=False),
    _refused("SELECT * FROM other.purchase", "unknown_relation", writes=EVERYTHING, runs=False),
    _refused("SELECT * FROM purchase", "unknown_relation", writes=EVERYTHING, path="empty", runs=False),
    # Partitions and inheritance
    _select("SELECT * FROM measurement", "measurement"),
    _select("SELECT * FROM measurement_2024_1", "measurement"),
    _select("SELECT * FROM ONLY animal", "animal"),
    _select("SELECT * FROM dog", "animal"),
    # Views
    _select("SELECT * FROM customers", "customers customer"),
    _select("SELECT * FROM purchases JOIN remark USING (id)", "purchases customers customer purchase remark"),
    _select("SELECT month FROM measurements", "measurements measurement"),
    _select("SELECT * FROM totals", "totals"),
    _select("SELECT * FROM best", "best totals customer"),
    _refused("SELECT * FROM of_now", "unstable_function"),
    _refused("SELECT * FROM above", "unstable_function"),
    _refused("SELECT * FROM of_clock", "clock_value"),
    _refused("SELECT * FROM of_words", "time_literal"),
    _refused("SELECT * FROM of_sample", "tablesample"),
    _refused("SELECT * FROM of_catalog", "system_relation"),
    _refused("SELECT * FROM of_information", "system_relation"),
    _refused("SELECT * FROM of_secret", "row_security"),
    _refused("SELECT * FROM of_remote", "foreign_relation", runs=False),
    _refused("SELECT * FROM of_sequence", "sequence"),
    _refused("SELECT * FROM of_function", "unstable_function"),
    _refused("SELECT * FROM of_operator", "unstable_operator"),
    _refused("SELECT * FROM of_system_column", "system_column"),
    _refused("SELECT * FROM of_domain", "unstable_type", runs=False),
    _refused("SELECT * FROM of_lock", "locks_rows"),
    # Relations
    _refused("SELECT * FROM secret", "row_security"),
    _refused("SELECT * FROM scratch", "unlogged_relation"),
    _refused("SELECT * FROM remote", "foreign_relation", runs=False),
    _refused("SELECT * FROM here", "foreign_relation"),
    _refused("SELECT last_value FROM numbers", "sequence"),
    _refused("SELECT * FROM pg_class", "system_relation"),
    _refused("SELECT * FROM information_schema.schemata", "system_relation"),
    _refused("SELECT * FROM schemata", "system_relation", path="information_schema"),
    _refused("SELECT ctid FROM customer", "system_column"),
    _refused("SELECT * FROM customer FOR SHARE", "locks_rows"),
    # Functions
    _select("SELECT initcap(name), count(*), to_char(max(at), 'YYYY'), date_trunc('day', min(at)),"
            " extract(year FROM min(at)), min(at) AT TIME ZONE 'UTC' FROM customer c"
            " JOIN purchase p ON p.customer = c.id GROUP BY name", "customer purchase"),
    _select("SELECT json_build_object('a', c), row_to_json(c), jsonb_agg(c) FROM customer c GROUP BY c", "customer"),
    _select("SELECT coalesce(name, 'x'), greatest(id, 2), format('%s', name) FROM customer", "customer"),
    _select("SELECT * FROM generate_series(1, 3) g JOIN customer ON id = g", "customer"),
    _select("SELECT to_tsvector('english', text) @@ to_tsquery('x') FROM remark", "remark"),
    _select("SELECT similarity(name, 'x') FROM customer", "customer"),
    _refused("SELECT now()", "unstable_function"),
    _refused("SELECT age(at) FROM purchase", "unstable_function"),
    _refused("SELECT random()", "unstable_function"),
    _refused("SELECT nextval('numbers')", "unstable_function"),
    _refused("SELECT current_setting('work_mem')", "unstable_function"),
    _refused("SELECT has_table_privilege('customer', 'select')", "unstable_function"),
    _refused("SELECT pg_relation_size('customer')", "unstable_function"),
    _refused("SELECT pg_advisory_xact_lock(1)", "unstable_function"),
    _refused("SELECT txid_current()", "unstable_function"),
    _refused("SELECT gen_random_uuid()", "unstable_function"),
    _refused("SELECT uuid_generate_v4()", "unstable_function"),
    _refused("SELECT unknown_function(1)", "unstable_function", writes=EVERYTHING, runs=False),
    _refused("SELECT reads_only(1)", "unstable_function"),
    _refused("SELECT pretends(1)", "unstable_function"),
    _refused("SELECT atomic(1)", "unstable_function"),
    _refused("SELECT own_sum(id) FROM customer", "unstable_function"),
    _refused("SELECT lower(name) FROM customer", "unstable_function"),
    _select("SELECT pg_catalog.lower(name) FROM customer", "customer"),
    _refused("SELECT upper(id) FROM customer", "unstable_function", path="other"),
    _refused("SELECT public.lower(1)", "unstable_function"),
    _refused("SELECT c.full_name FROM customer c", "unstable_function"),
    _select("SELECT c.name, c.id FROM customer c", "customer"),
    _refused("SELECT json_populate_record(NULL::pair, '{}')", "unstable_function,unstable_cast"),
    # Operators, types and casts
    _select("SELECT id + 1, name || 'x', id::text, '1 day'::interval, at - at FROM purchase"
            " JOIN customer USING (id)", "purchase customer"),
    _select("SELECT at + interval '1 day', at > '2020-01-01'::date FROM purchase", "purchase"),
    _refused("SELECT id === 'x' FROM customer", "unstable_operator"),
    _refused("SELECT * FROM customer WHERE name % 'x'", "unstable_operator"),  # depends on a setting of pg_trgm
    _select("SELECT 'sad'::mood, id FROM customer", "customer"),
    _refused("SELECT 'a@b'::email", "unstable_type"),
    _refused("SELECT email('a@b')", "unstable_function,unstable_type", writes=EVERYTHING),
    _select("SELECT 'x'::label"),
    _refused("SELECT 1::pair", "unstable_cast"),
    _select("SELECT * FROM typed", "typed"),
    _refused("SELECT * FROM timed", "clock_value"),
    _refused("SELECT '12:00'::timetz", "clock_value"),
    _refused("SELECT 'customer'::regclass", "catalog_cast"),
    _refused("SELECT NULL::customer", "unstable_type", writes=EVERYTHING),  # the rows of tables are not looked at
    _refused("SELECT 'x'::no_such_type", "unstable_type", writes=EVERYTHING, runs=False),
]

WRITES = [
    # Rows that lead to other rows
    _write("INSERT INTO customer VALUES (9)", "customer"),
    _write("INSERT INTO customer VALUES (1) ON CONFLICT DO NOTHING", "customer"),
    _write("INSERT INTO customer VALUES (2) ON CONFLICT (id) DO UPDATE SET id = 4", "customer purchase"),
    _write("UPDATE customer SET id = 8 WHERE id = 2", "customer purchase"),
    _write("DELETE FROM customer WHERE id = 2", "customer purchase line bill"),
    _write("DELETE FROM customer USING line WHERE customer.id = 2", "customer purchase line bill"),
    _write("DELETE FROM purchase WHERE id = 1", "purchase line bill"),
    _write("UPDATE purchase SET total = 0", "purchase"),
    _write("DELETE FROM line", "line"),
    _write("MERGE INTO customer c USING purchase p ON c.id = 2 AND p.id = 2 WHEN MATCHED THEN DELETE"
           " WHEN NOT MATCHED THEN DO NOTHING", "customer purchase line bill"),
    _write("TRUNCATE customer CASCADE", "customer purchase line bill remark"),
    _write("TRUNCATE line, log", "line log"),
    Row("WITH gone AS (DELETE FROM purchase WHERE id = 1 RETURNING *) SELECT * FROM gone", reasons="writes_in_cte",
        writes="purchase line bill"),
    _write("WITH gone AS (DELETE FROM purchase WHERE id = 1 RETURNING *) INSERT INTO remark (id) SELECT id + 10 FROM gone",
           "purchase line bill remark"),
    _write("COPY log FROM '/dev/null'", "log"),
    _write("COPY (SELECT * FROM customer) TO '/dev/null'", ""),
    _write("INSERT INTO other.customer SELECT id FROM customer", "other.customer"),
    _write("INSERT INTO customer VALUES (9)", "customer other.customer", path="other,public"),
    _write("EXPLAIN ANALYZE DELETE FROM line", "line"),
    _write("PREPARE p AS DELETE FROM line", "line"),
    Row("BEGIN; INSERT INTO log VALUES ('x'); DELETE FROM line; COMMIT", reasons="multi_statement,not_a_select",
        writes="log line", runs=False),
    # Partitions and inheritance
    _write("INSERT INTO measurement VALUES (3, '2024-03-03', 3)", "measurement"),
    _write("UPDATE measurement_2023 SET value = 7", "measurement comment_on"),
    _write("DELETE FROM measurement", "measurement comment_on"),
    _write("DELETE FROM measurement_2024_1", "measurement comment_on"),
    _write("UPDATE animal SET name = 'x'", "animal"),
    _write("INSERT INTO dog VALUES (3)", "animal"),
    # Triggers
    _write("UPDATE product SET name = 'x'", "product"),
    _write("INSERT INTO stock VALUES (2, 2)", "stock"),
    _write("UPDATE stock SET amount = 2", EVERYTHING),
    _write("DELETE FROM stock", EVERYTHING),
    _write("TRUNCATE stock", "stock"),
    _write("INSERT INTO quiet VALUES (1)", "quiet"),
    _write("UPDATE dated SET id = 1", "dated"),
    _write("UPDATE supplier SET id = 2", "supplier", runs=False),
    _write("DELETE FROM supplier", EVERYTHING),
    # What writing evaluates
    _write("INSERT INTO keyed DEFAULT VALUES", "keyed"),
    _write("INSERT INTO defaulted VALUES (1)", EVERYTHING),
    _write("DELETE FROM defaulted", "defaulted"),
    _write("INSERT INTO checked VALUES (1)", EVERYTHING),
    _write("INSERT INTO indexed VALUES (1)", "indexed"),
    _write("UPDATE generated SET id = 1", "generated"),
    # Views and rules
    _write("UPDATE customers SET name = 'x'", "customer purchase"),
    _write("DELETE FROM customers WHERE id = 2", "customer purchase line bill"),
    _write("INSERT INTO with_trigger VALUES (9, 'x')", EVERYTHING),
    _write("INSERT INTO with_rule VALUES (9, 'x')", EVERYTHING),
    _write("INSERT INTO ruled VALUES (1)", EVERYTHING),
    _write("REFRESH MATERIALIZED VIEW totals", "totals"),
    _write("REFRESH MATERIALIZED VIEW writing_totals", "writing_totals"),
    _write("REFRESH MATERIALIZED VIEW written", EVERYTHING),
    # Functions
    _refused("SELECT writes(1)", "unstable_function", writes=EVERYTHING),
    _refused("SELECT calls(1)", "unstable_function", writes=EVERYTHING),
    _refused("SELECT calls_on(1)", "unstable_function", writes=EVERYTHING),
    _refused("SELECT runs('SELECT 1')", "unstable_function", writes=EVERYTHING),
    _refused("SELECT logging_sum(id) FROM customer", "unstable_function", writes=EVERYTHING),
    _refused("SELECT c.logged_name FROM customer c", "unstable_function", writes=EVERYTHING),
    _refused("SELECT * FROM writing_view", "unstable_function", writes=EVERYTHING),
    _refused("SELECT * FROM over_writing_view", "unstable_function", writes=EVERYTHING),
    _refused("SELECT * FROM guarded", "row_security", writes=EVERYTHING),
    _refused("SELECT query_to_xml('SELECT writes(1)', true, true, '')", "unstable_function", writes=EVERYTHING),
    _refused("SELECT nextval('numbers'), setval('numbers', 7), pg_notify('a', 'b'), clock_timestamp(),"
             " set_config('a.b', 'c', true), lo_creat(-1)", "unstable_function"),
    _refused("SELECT * FROM not_known", "unknown_relation", writes=EVERYTHING, runs=False),
    _write("DECLARE c CURSOR FOR SELECT writes(1)", EVERYTHING),
    _write("DECLARE c CURSOR FOR SELECT * FROM customer", ""),
    _write("CALL proceeds()", EVERYTHING),
    _write("DO 'BEGIN PERFORM 1; END'", EVERYTHING),
    _write("EXECUTE p", EVERYTHING, runs=False),
    # The schema, and nothing
    _write("CREATE TABLE another (id int)", EVERYTHING),
    _write("ALTER TABLE log ADD n int", EVERYTHING),
    _write("DROP VIEW above", EVERYTHING),
    _write("GRANT SELECT ON log TO PUBLIC", EVERYTHING),
    _write("REINDEX TABLE customer", EVERYTHING),
    _refused("SELECT * INTO another FROM customer", "select_into", writes=EVERYTHING),
    _write("INSERT INTO not_known VALUES (1)", EVERYTHING, runs=False),
    _write("UPDATE pg_settings SET setting = 'x' WHERE name = 'a.b'", EVERYTHING),
    _write("COMMIT PREPARED 'a'", EVERYTHING, runs=False),
    Row("this is no SQL", reasons="unparsed", writes=EVERYTHING, runs=False),
    _write("ANALYZE customer", ""),
    _write("VACUUM customer", "", runs=False),
    _write("SET work_mem = '5MB'", ""),
    _write("SHOW work_mem", ""),
    _write("SAVEPOINT a", ""),
    _write("COMMIT", "", runs=False),
    _write("LOCK customer IN ROW SHARE MODE", ""),
    _write("LISTEN news", ""),
    _write("NOTIFY news", ""),
    _write("EXPLAIN SELECT * FROM customer", ""),
]
