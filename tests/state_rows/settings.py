"""SET, RESET, set_config(): settings that follow their client."""
from kit.script import Row

ROWS = [
    Row("settings beyond ASCII beside another encoding", """
        a: CREATE SCHEMA "é"
        a: CREATE TABLE "é".data AS SELECT 'tenant é' AS x
        a: CREATE TABLE data AS SELECT 'public' AS x
        a: SET search_path = "é", public
        a: SELECT set_config('app.tenant', 'é', false)
        b: SET client_encoding = LATIN1
        b: SELECT 1
        a: SELECT x, length(current_setting('app.tenant')) FROM data
        b: SELECT set_config('app.tenant', chr(233) || chr(234), false) IS NULL
        a: SELECT length(current_setting('app.tenant'))
        b: SELECT length(current_setting('app.tenant')), ascii(current_setting('app.tenant'))
        a: SET client_encoding = LATIN1
        b: SELECT 1
        a: SELECT length(current_setting('app.tenant')), length(current_setting('search_path'))
        a: RESET client_encoding
        b: SELECT 1
        a: SELECT x, length(current_setting('app.tenant')) FROM data
        a: DROP SCHEMA "é" CASCADE
        a: DROP TABLE public.data
    """),
    Row("a setting follows its client and nobody else", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: SHOW work_mem
        b: SET work_mem = '9MB'
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("in the extended protocol", """
        a+ SET work_mem = '7MB'
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a list is carried as it was meant", """
        a: SET search_path = "$user", public, pg_catalog
        b: SHOW search_path
        a: SHOW search_path
        a: SELECT current_schemas(false)
    """),
    Row("a rolled-back SET never happened", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SHOW work_mem
        a: ROLLBACK
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("a SET that was rolled back to a savepoint never happened, the one before it did", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SAVEPOINT s
        a: SET work_mem = '8MB'
        a: ROLLBACK TO s
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("set_config for the session", """
        a: SELECT set_config('work_mem', '7MB', false)
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a custom setting", """
        a: SET app.tenant = '7'
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
        b: SET app.tenant = '8'
        a: SHOW app.tenant
        b: SHOW app.tenant
    """),
    Row("reset of what was carried", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: RESET work_mem
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("reset of everything", """
        a: SET work_mem = '7MB'
        a: SET enable_seqscan = off
        a: SET app.tenant = '7'
        b: SHOW work_mem
        a: RESET ALL
        a: SHOW work_mem
        a: SHOW enable_seqscan
        a: SHOW app.tenant
    """),
    Row("reset is back to what was asked for at startup", """
        a: SHOW work_mem
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: RESET work_mem
        a: SHOW work_mem
        a: SET work_mem = '8MB'
        a: RESET ALL
        a: SHOW work_mem
        b: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB"}}),
    Row("SET SESSION says the same", """
        a: SET SESSION work_mem = '7MB'
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("names in capitals and in quotes", """
        a: SET WORK_MEM TO '7MB'
        a: SET "enable_seqscan" TO off
        b: SHOW work_mem
        a: SHOW Work_Mem
        a: SHOW "enable_seqscan"
        b: SHOW enable_seqscan
    """),
    Row("numbers and booleans said in other words", """
        a: SET work_mem = 2048
        a: SET enable_hashjoin TO 'no'
        a: SET random_page_cost = 1.25
        a: SET statement_timeout = '1.5min'
        b: SHOW random_page_cost
        a: SHOW work_mem; SHOW enable_hashjoin; SHOW random_page_cost; SHOW statement_timeout
        b: SHOW work_mem; SHOW enable_hashjoin; SHOW random_page_cost; SHOW statement_timeout
    """),
    Row("an empty search_path", """
        a: SET search_path = ''
        b: SELECT current_schema()
        a: SELECT current_schema()
        a: SHOW search_path
    """),
    Row("schemas whose names need quotes", """
        a: SET search_path TO "Upper", 'a, b', "say ""x"" twice", public
        b: SHOW search_path
        a: SHOW search_path
        a: SELECT current_schemas(false)
    """),
    Row("SET SCHEMA is search_path", """
        a: SET SCHEMA 'pg_catalog'
        b: SHOW search_path
        a: SHOW search_path
        a: SELECT current_schema()
    """),
    Row("two clients find two tables of one name", """
        x! CREATE SCHEMA rows_one; CREATE TABLE rows_one.place AS SELECT 'one' AS v
        x! CREATE SCHEMA rows_two; CREATE TABLE rows_two.place AS SELECT 'two' AS v
        x! GRANT USAGE ON SCHEMA rows_one, rows_two TO app; GRANT SELECT ON rows_one.place, rows_two.place TO app
        a: SET search_path = rows_one
        b: SET search_path = rows_two
        a: SELECT v FROM place
        b: SELECT v FROM place
        a: SELECT v FROM place
        c: SELECT v FROM place
        x! DROP SCHEMA rows_one, rows_two CASCADE
    """),
    Row("a policy sees each client's own tenant", """
        x! CREATE TABLE bills AS SELECT '7' AS tenant UNION ALL SELECT '8'
        x! ALTER TABLE bills ENABLE ROW LEVEL SECURITY
        x! CREATE POLICY own ON bills USING (tenant = current_setting('app.tenant', true)); GRANT SELECT ON bills TO app
        a: SET app.tenant = '7'
        b: SELECT tenant FROM bills
        a: SELECT tenant FROM bills
        b: SET app.tenant = '8'
        a: SELECT tenant FROM bills
        b: SELECT tenant FROM bills
        c: SELECT tenant FROM bills
        x! DROP TABLE bills
    """),
    Row("a custom setting that nobody set is unknown", """
        a: SET app.tenant = '7'
        b: SHOW app.tenant
        b: SELECT current_setting('app.tenant')
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
    """),
    Row("a custom setting's value is any text", """
        a: SET app.tenant = 'it''s "7", {a=b}; -- Zürich'
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
        a: SELECT length(current_setting('app.tenant'))
    """),
    Row("a custom setting that is empty is not unknown", """
        a: SET app.tenant = ''
        b: SELECT current_setting('app.tenant', true)
        a: SELECT current_setting('app.tenant', true) = ''
    """),
    Row("a custom setting's name may be written in capitals", """
        a: SET App.Tenant = '7'
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
        b: SELECT current_setting('APP.TENANT', true)
        a: SET "app.tenant" = '8'
        b: SELECT current_setting('app.tenant', true)
        a: SELECT current_setting('app.tenant')
    """),
    Row("a custom setting of three parts", """
        a: SET app.customer.id = '7'
        b: SELECT current_setting('app.customer.id', true), current_setting('app.customer', true)
        a: SELECT current_setting('app.customer.id', true), current_setting('app.customer', true)
    """),
    Row("a custom setting in a transaction that is rolled back", """
        a: SET app.tenant = '7'
        a: BEGIN
        a: SET app.tenant = '8'
        a: ROLLBACK
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
    """),
    Row("set_config in the extended protocol", """
        a= s SELECT set_config('app.tenant', $1, false)
        a@ s 7
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
        a@ s 8
        b@ s 9
        a: SHOW app.tenant
    """),
    Row("several set_configs in one statement", """
        a: SELECT set_config('work_mem','7MB',false), set_config('app.tenant','7',false), set_config('geqo','off',false)
        b: SELECT current_setting('work_mem'), current_setting('app.tenant', true), current_setting('geqo')
        a: SELECT current_setting('work_mem'), current_setting('app.tenant', true), current_setting('geqo')
    """),
    Row("set_config in the WHERE of another query", """
        a: SELECT 1 WHERE set_config('work_mem', '7MB', false) = '7MB'
        a: SELECT 1 WHERE false AND set_config('work_mem', '8MB', false) = '8MB'
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("set_config to NULL is RESET", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: SELECT set_config('work_mem', NULL, false)
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("an update of pg_settings is SET", """
        a: UPDATE pg_settings SET setting = '7MB' WHERE name = 'work_mem'
        b: SHOW work_mem
        a: SHOW work_mem
    """, held=2),
    Row("set_config of a name that is computed", """
        a: SELECT set_config('app.' || 'tenant', '7', false)
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
    """, held=2),
    Row("what a setting does, not only what it is called", """
        a: SET bytea_output = 'escape'
        a: SET extra_float_digits = 0
        b: SELECT decode('6100', 'hex'), 0.1::float8 + 0.2::float8
        a: SELECT decode('6100', 'hex'), 0.1::float8 + 0.2::float8
        b: SET extra_float_digits = -10
        b: SELECT 0.1::float8 + 0.2::float8, 1::float8 / 3
        a: SELECT 0.1::float8 + 0.2::float8, 1::float8 / 3
    """),
    Row("a dozen settings of two clients", """
        a: SET work_mem = '7MB'
        a: SET enable_seqscan = off
        a: SET enable_hashjoin = off
        a: SET enable_nestloop = off
        a: SET geqo = off
        a: SET lock_timeout = '17s'
        b: SET lock_timeout = '18s'
        b: SET statement_timeout = '19s'
        b: SET geqo_threshold = 20
        b: SET enable_hashjoin = on
        a: SELECT name, setting FROM pg_settings WHERE name ~ '^(work_mem|enable_(hash|seq)|geqo|lock_t|statement_t)'
        b: SELECT name, setting FROM pg_settings WHERE name ~ '^(work_mem|enable_(hash|seq)|geqo|lock_t|statement_t)'
        a: SET geqo = on
        b: SHOW geqo
        a: SELECT current_setting('geqo'), current_setting('enable_nestloop')
    """),
    Row("a setting set back by hand is set", """
        a: SET work_mem = '7MB'
        b: SET work_mem = '8MB'
        a: SET work_mem = '4MB'
        b: SHOW work_mem
        a: SHOW work_mem
        c: SHOW work_mem
    """),
    Row("a setting goes when its client leaves", """
        a: SET work_mem = '7MB'
        a: SET app.tenant = '7'
        b: SELECT 1
        a.
        b: SELECT current_setting('work_mem'), current_setting('app.tenant', true)
        c: SELECT current_setting('work_mem'), current_setting('app.tenant', true)
    """),
    Row("a setting in a block", """
        a: DO $$ BEGIN SET work_mem = '7MB'; END $$
        b: SHOW work_mem
        a: SHOW work_mem
        a: DISCARD ALL
        b: SHOW work_mem
        a: SHOW work_mem
    """, held=2),
    Row("a custom setting left by a client with a temporary table", """
        a: SET app.left = '1'
        a: CREATE TEMP TABLE mine ()
        a.
        b: SELECT current_setting('app.left', true)
    """),
    Row("a custom setting left by a client that listens", """
        a: SET app.left_listening = '1'
        a: LISTEN x
        a.
        b: SELECT current_setting('app.left_listening', true)
    """),
    Row("a custom setting of startup, left by a client with a temporary table", """
        a: SHOW app.started
        a: CREATE TEMP TABLE mine ()
        a.
        b: SELECT current_setting('app.started', true)
    """, startup={"a": {"app.started": "5"}}),
]
