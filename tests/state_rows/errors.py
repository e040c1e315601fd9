"""Statements that fail, and those that warn: what is said, and what they leave."""
from kit.script import Row

ROWS = [
    Row("a SET that fails leaves what was there", """
        a: SET work_mem = '7MB'
        a: SET work_mem = 'a lot'
        b: SHOW work_mem
        a: SET work_mem = -1
        b: SET work_mem = '1TB of it'
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("a setting that nobody knows", """
        a: SET no_such_setting = 1
        b: SHOW no_such_setting
        a: SELECT current_setting('no_such_setting')
        a: SELECT current_setting('no_such_setting', true)
        b: SELECT set_config('no_such_setting', '1', false)
        a: RESET no_such_setting
    """),
    Row("settings that are not this user's to change", """
        a: SET log_statement = 'all'
        a: SET session_replication_role = 'replica'
        a: SET shared_buffers = '1GB'
        b: SET autovacuum = off
        a: SET server_version = '1'
        b: SELECT set_config('log_statement', 'all', false)
        a: SELECT current_setting('log_statement'), current_setting('session_replication_role')
    """),
    Row("values that reported settings do not have", """
        a: SET TimeZone = 'Nowhere/At All'
        a: SET DateStyle = 'nonsense'
        b: SET client_encoding = 'nonsense'
        a: SET IntervalStyle = 'nonsense'
        b: SET standard_conforming_strings = 'nonsense'
        a: SHOW TimeZone; SHOW DateStyle; SHOW IntervalStyle
        b: SHOW client_encoding; SHOW standard_conforming_strings
    """),
    Row("a number that is not of its unit", """
        a: SET statement_timeout = '5 elephants'
        a: SET statement_timeout = '12345.6'
        b: SHOW statement_timeout
        a: SHOW statement_timeout
        a: SET random_page_cost = 'NaN'
        a: SET geqo_effort = 11
        b: SHOW geqo_effort
        a: SHOW geqo_effort
    """),
    Row("SET LOCAL without a transaction warns and does nothing", """
        a: SET LOCAL work_mem = '7MB'
        b: SHOW work_mem
        a: SHOW work_mem
        a: SET LOCAL work_mem = 'a lot'
        b: SET LOCAL ROLE pg_monitor
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("SET TRANSACTION without a transaction warns and does nothing", """
        a: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
        a: SET CONSTRAINTS ALL DEFERRED
        b: SHOW transaction_read_only
    """),
    Row("COMMIT and ROLLBACK without a transaction warn", """
        a: SET work_mem = '7MB'
        a: COMMIT
        b: ROLLBACK
        a: ROLLBACK
        b: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("BEGIN in a transaction warns", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: BEGIN
        b: SHOW work_mem
        a: START TRANSACTION READ ONLY
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """, held=2),
    Row("notices that a client does not want are its own affair", """
        a: SET client_min_messages = error
        a: DROP TABLE IF EXISTS nobody_made_this
        b: DROP TABLE IF EXISTS nobody_made_this
        a: COMMIT
        b: COMMIT
        a: DROP TABLE IF EXISTS nobody_made_this
    """),
    Row("notices of every level", """
        a: DO $$ BEGIN RAISE DEBUG 'd'; RAISE LOG 'l'; RAISE INFO 'i'; RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$
        b: SET client_min_messages = debug1
        a: SET client_min_messages = warning
        b: RESET client_min_messages
        a: DO $$ BEGIN RAISE DEBUG 'd'; RAISE LOG 'l'; RAISE INFO 'i'; RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$
        b: DO $$ BEGIN RAISE DEBUG 'd'; RAISE LOG 'l'; RAISE INFO 'i'; RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$
    """),
    Row("an error in a block undoes what it set", """
        a: SET work_mem = '7MB'
        a: DO $$ BEGIN SET work_mem = '8MB'; RAISE EXCEPTION 'no' USING ERRCODE = 'P0042', HINT = 'a hint'; END $$
        b: SHOW work_mem
        a: SHOW work_mem
        a: DISCARD ALL
        b: SHOW work_mem
    """, held=2),
    Row("an exception that a block catches undoes what was set inside", """
        a: DO $$ BEGIN SET geqo = off; BEGIN SET work_mem = '8MB'; RAISE 'no'; EXCEPTION WHEN OTHERS THEN END; END $$
        b: SHOW work_mem; SHOW geqo
        a: SHOW work_mem; SHOW geqo
        a: DISCARD ALL
        b: SHOW geqo
        a: SHOW geqo
    """, held=2),
    Row("a custom name that cannot be one", """
        a: SET "app.no good" = '7'
        a: SELECT set_config('app.1st', '7', false)
        b: SELECT current_setting('app.1st', true)
        a: SELECT current_setting('app.no good', true)
    """),
    Row("errors between the settings of two clients", """
        a: SET work_mem = '7MB'
        b: SELECT nothing
        a: SELECT 1/0
        b: SHOW work_mem
        a: SELECT FROM nowhere
        a: SHOW work_mem
        b: SET app.tenant = '8'
        b: SELECT 'x'::int
        a: SELECT current_setting('app.tenant', true)
        b: SHOW app.tenant
    """),
    Row("a statement that takes longer than its client's timeout", """
        a: SET statement_timeout = '200ms'
        b: SHOW statement_timeout
        a: SELECT pg_sleep(20)
        b: SELECT pg_sleep(0.25)
        a: SHOW statement_timeout
        b: SHOW statement_timeout
        a: SET statement_timeout = 0
        a: SELECT pg_sleep(0.25)
    """),
    Row("SHOW of what is set to nothing", """
        a: SET search_path = ''
        a: SET application_name = ''
        a: SET default_tablespace = ''
        b: SHOW search_path
        a: SHOW search_path
        a: SHOW application_name
        a: SHOW default_tablespace
    """),
]
