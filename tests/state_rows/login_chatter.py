"""What drivers, frameworks and tools say when they connect and when they give a connection back."""
from kit.script import Row

ROWS = [
    Row("asyncpg: connect, and the reset of its pool", """
        a* SELECT current_setting('jit') AS cur, set_config('jit', 'off', false) AS new
        a: SET work_mem = '7MB'
        a: SELECT pg_advisory_lock(7)
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 7
        b: SHOW work_mem
        a: SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;
        b: SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7)
        a: SHOW work_mem
        b: SELECT 1
    """, held=2, startup={"a": {"client_encoding": "'utf-8'"}, "b": {"client_encoding": "'utf-8'"}}),
    Row("asyncpg: the reset of a connection that has nothing", """
        a: SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;
        b: SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;
        a= __asyncpg_stmt_1__ SELECT $1::int
        b= __asyncpg_stmt_1__ SELECT $1::int
        a@ __asyncpg_stmt_1__ 7
        a: SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;
        b@ __asyncpg_stmt_1__ 8
        a@ __asyncpg_stmt_1__ 9
    """),
    Row("Rails: connect", """
        a: SET client_min_messages TO 'warning'
        a: SET standard_conforming_strings = on
        a: SET SESSION intervalstyle TO iso_8601
        a: SET SESSION timezone TO 'UTC'
        b: SET SESSION timezone TO 'America/Lima'
        a: SHOW max_identifier_length
        b: SHOW client_min_messages
        a: SELECT '1 day 02:03:04'::interval, '2001-02-03 04:05:06+00'::timestamptz
        b: SELECT '1 day 02:03:04'::interval, '2001-02-03 04:05:06+00'::timestamptz
        a: DROP TABLE IF EXISTS nobody_made_this
        b: DROP TABLE IF EXISTS nobody_made_this
    """),
    Row("Rails: prepared statements and reset", """
        a= a1 SELECT $1::int
        b= a1 SELECT $1::text
        a@ a1 7
        b@ a1 7
        a: DEALLOCATE a1
        b@ a1 8
        a: ROLLBACK
        a: DISCARD ALL
        a: SET client_min_messages TO 'warning'
        b: SHOW client_min_messages
        a: SHOW client_min_messages
    """),
    Row("Rails: the lock of a migration", """
        a: SELECT pg_try_advisory_lock(2053462845)
        b: SELECT pg_try_advisory_lock(2053462845)
        a: BEGIN
        a: CREATE TABLE rows_migrated ()
        a: COMMIT
        a: SELECT pg_advisory_unlock(2053462845)
        b: SELECT pg_try_advisory_lock(2053462845)
        b: DROP TABLE rows_migrated
        b: SELECT pg_advisory_unlock(2053462845)
        a: SELECT 1
    """, held=2),
    Row("Sequelize: connect", """
        a: SET client_min_messages TO warning;SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE;
        b: SET client_min_messages TO warning;SET TIME ZONE INTERVAL '-05:30' HOUR TO MINUTE;
        a: SHOW TimeZone
        b: SHOW TimeZone
        a: SELECT '2001-02-03 04:05:06+00'::timestamptz
        b: SELECT '2001-02-03 04:05:06+00'::timestamptz
        c: SHOW client_min_messages
        a: SHOW client_min_messages
    """),
    Row("pgjdbc: connect", """
        a+ SET extra_float_digits = 3
        a+ SET application_name = 'PostgreSQL JDBC Driver'
        b+ SHOW extra_float_digits
        a+ SHOW extra_float_digits
        b+ SHOW application_name
        a+ SHOW application_name
    """, startup={"a": {"client_encoding": "UTF8", "DateStyle": "ISO", "TimeZone": "UTC", "extra_float_digits": "2"}}),
    Row("pgjdbc: setReadOnly, setTransactionIsolation and setSchema", """
        a+ SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
        a+ SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ
        a+ SET SESSION search_path TO 'pg_catalog'
        b+ SHOW transaction_isolation
        a* BEGIN | SHOW transaction_isolation
        a* SHOW transaction_read_only | SELECT current_schema()
        a+ COMMIT
        b+ SHOW transaction_read_only
        a+ SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
        b+ SELECT current_schema()
        a+ SHOW transaction_read_only
    """),
    Row("pgjdbc: a statement that became a named one", """
        a= S_1 BEGIN
        a@ S_1
        a= S_2 SELECT $1::int
        a@ S_2 7
        a= S_3 COMMIT
        a@ S_3
        b= S_1 SELECT 'theirs'
        b@ S_1
        a@ S_1
        a@ S_2 8
        a@ S_3
        b@ S_1
    """),
    Row("SQLAlchemy: probes", """
        a: select pg_catalog.version()
        a: select current_schema()
        a: show standard_conforming_strings
        a: BEGIN
        a: SELECT CAST('test plain returns' AS VARCHAR(60)) AS anon_1
        a: ROLLBACK
        b: show transaction isolation level
        a: SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE
        b: show transaction isolation level
        a: show transaction isolation level
    """),
    Row("psycopg2: set_session and reset", """
        a: SET default_transaction_isolation TO 'serializable'
        a: SET default_transaction_read_only TO 'on'
        a: SET datestyle TO 'ISO'
        b: SHOW transaction_isolation
        a: BEGIN
        a: SHOW transaction_isolation
        a: ABORT
        a: RESET ALL
        a: SET SESSION AUTHORIZATION DEFAULT
        b: SHOW transaction_read_only
        a: SHOW transaction_read_only
        a: SHOW transaction_isolation
    """),
    Row("Django: connect", """
        a: SELECT set_config('TimeZone', 'Europe/Berlin', false)
        a: SET TIME ZONE 'UTC'
        b: SET TIME ZONE 'America/Lima'
        a: SELECT '2001-02-03 04:05:06+00'::timestamptz
        b: SELECT '2001-02-03 04:05:06+00'::timestamptz
        b: SELECT set_config('TimeZone', 'Europe/Berlin', false)
        a: SHOW TimeZone
        b: SHOW TimeZone
    """, startup={"a": {"client_encoding": "UTF8"}, "b": {"client_encoding": "UTF8"}}),
    Row("Django: a role, and atomic blocks in one another", """
        a: SET ROLE "pg_monitor"
        a: BEGIN
        a: SAVEPOINT "s1_x1"
        a: SELECT 1/0
        a: ROLLBACK TO SAVEPOINT "s1_x1"
        a: RELEASE SAVEPOINT "s1_x1"
        a: SELECT current_user
        a: COMMIT
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("PDO: statements of its own names", """
        a= pdo_stmt_00000001 SELECT $1::int
        a@ pdo_stmt_00000001 7
        b= pdo_stmt_00000001 SELECT $1::text
        a: DEALLOCATE pdo_stmt_00000001
        b@ pdo_stmt_00000001 8
        a= pdo_stmt_00000002 SELECT 'two'
        a@ pdo_stmt_00000002
        b: DEALLOCATE pdo_stmt_00000001
        a: DEALLOCATE pdo_stmt_00000002
        b@ pdo_stmt_00000001 9
    """),
    Row("Laravel: connect", """
        a: set names 'utf8'
        a: set search_path to "public"
        a: set time zone 'UTC'
        a: set session synchronous_commit to 'off'
        b: set names 'utf8'
        b: set time zone 'Europe/Berlin'
        a: show synchronous_commit
        b: show synchronous_commit
        a: show search_path
        b: show search_path
        a: show time zone
    """),
    Row("lib/pq: startup and its ping", """
        a: ;
        a: SHOW extra_float_digits
        b: SHOW extra_float_digits
        a: SHOW DateStyle
        a: ;
        b: ;
    """, startup={"a": {"client_encoding": "UTF8", "datestyle": "ISO, MDY", "extra_float_digits": "2"}}),
    Row("pgx: statements that are prepared once and thrown away", """
        a= stmtcache_1 select current_setting('search_path')
        a@ stmtcache_1
        b= stmtcache_1 select current_setting('work_mem')
        a: set search_path = 'public'
        a@ stmtcache_1
        b@ stmtcache_1
        a: deallocate all
        b@ stmtcache_1
        a@ stmtcache_1
    """),
    Row("Npgsql: the long way to reset", """
        a: SET ROLE pg_monitor
        a: SET work_mem = '7MB'
        a: CREATE TEMP TABLE mine ()
        a: SELECT pg_advisory_lock(7)
        b: SHOW work_mem
        a: SET SESSION AUTHORIZATION DEFAULT;RESET ALL;CLOSE ALL;UNLISTEN *;SELECT pg_advisory_unlock_all();DISCARD TEMP
        b: SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7)
        a: SELECT current_user, current_setting('work_mem')
        b: SELECT 1
    """, held=2),
    Row("deadpool: the clean way to recycle", """
        a: SET work_mem = '7MB'
        a= s0 SELECT 7
        a: CLOSE ALL;SET SESSION AUTHORIZATION DEFAULT;RESET ALL;UNLISTEN *;SELECT pg_advisory_unlock_all();DISCARD TEMP
        b: SHOW work_mem
        a: SHOW work_mem
        b: SELECT 1
        a@ s0
    """),
    Row("pgAdmin: connect", """
        a: SET DateStyle=ISO; SET client_min_messages=notice; SET client_encoding='utf-8';
        a: SELECT set_config('bytea_output','hex',false) FROM pg_show_all_settings() WHERE name = 'bytea_output'
        b: SHOW client_encoding
        a: SHOW client_encoding
        b: SHOW client_min_messages
        a: SELECT decode('6100', 'hex')
    """),
    Row("pg_dump: connect", """
        a: SELECT pg_catalog.set_config('search_path', '', false)
        a: SET DATESTYLE = ISO
        a: SET INTERVALSTYLE = POSTGRES
        a: SET extra_float_digits TO 3
        a: SET synchronize_seqscans TO off
        a: SET statement_timeout = 0
        a: SET idle_in_transaction_session_timeout = 0
        a: SET row_security = off
        b: SELECT current_schema()
        a: BEGIN
        a: SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
        b: SHOW row_security
        a: SELECT current_schema(), current_setting('transaction_isolation'), current_setting('row_security')
        a: COMMIT
        b: SHOW synchronize_seqscans
        a: SHOW synchronize_seqscans
    """, held=2),
    Row("postgres_fdw: connect and its transactions", """
        a: SET search_path = pg_catalog
        a: SET timezone = 'UTC'
        a: SET datestyle = ISO
        a: SET intervalstyle = postgres
        a: SET extra_float_digits = 3
        b: SHOW search_path
        a: START TRANSACTION ISOLATION LEVEL REPEATABLE READ
        a: DECLARE c1 CURSOR FOR SELECT generate_series(1, 3)
        a: FETCH 2 FROM c1
        a: CLOSE c1
        a: COMMIT TRANSACTION
        a: DEALLOCATE ALL
        b: SHOW TimeZone
        a: SHOW search_path
    """),
    Row("PostgREST: a transaction for each request", """
        a: SET work_mem = '7MB'
        a= q select set_config('search_path',$1,true), set_config('role',$2,true), set_config('app.method',$3,true)
        a* BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY
        a@ q pg_catalog pg_monitor GET
        a+ SELECT current_user, current_schema(), current_setting('app.method'), current_setting('work_mem')
        a* COMMIT
        b+ SELECT current_user, current_schema(), current_setting('work_mem')
        a+ SELECT current_user, current_schema(), current_setting('work_mem')
    """),
    Row("resets of sessions that have nothing, by a pool whose servers others hold", """
        b: BEGIN; SELECT 1
        a: SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;
        a: DISCARD ALL
        a: RESET ALL; CLOSE ALL
        a: SELECT pg_advisory_unlock_all()
        b: COMMIT
        a: RESET ALL; DISCARD ALL
        a: SET work_mem = '7MB'
        a: SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;
        a: SHOW work_mem
        b: BEGIN; SELECT 1
        a: RESET ALL
        b: COMMIT
        a: DISCARD ALL
        a= s SELECT 1
        a: DISCARD ALL
        a@ s
    """),
    Row("resets of a session with settings of its own from startup", """
        a: DISCARD ALL
        a: SHOW work_mem
        a: SET TimeZone = 'Asia/Tokyo'
        a: RESET ALL
        a: RESET ALL
        a: SELECT current_setting('work_mem'), current_setting('TimeZone')
    """, startup={"a": {"options": "-c work_mem=5MB", "TimeZone": "UTC"}}),
    Row("the same is set by one after the other", """
        a: SET TimeZone = 'UTC'
        b: SET TimeZone = 'UTC'
        c: SET TimeZone = 'UTC'
        b: SET TimeZone = 'UTC'
        c: SET TimeZone = 'Asia/Tokyo'
        b: SET client_min_messages TO 'warning'
        c: SET client_min_messages TO 'warning'
        b: DROP TABLE IF EXISTS nobody_made_this
        c: SET client_min_messages TO 'notice'
        c: DROP TABLE IF EXISTS nobody_made_this
        b: SELECT current_setting('TimeZone'), current_setting('client_min_messages')
        c: SELECT current_setting('TimeZone'), current_setting('client_min_messages')
        d: SELECT current_setting('TimeZone'), current_setting('client_min_messages')
    """),
    Row("what a setting becomes depends on what it was", """
        a: SET DateStyle = ISO
        b: SET DateStyle = 'German, DMY'
        b: SET DateStyle = ISO
        a: SHOW DateStyle
        b: SHOW DateStyle
        c: SET DateStyle = 'German, DMY'
        c: SET DateStyle = ISO
        c: SHOW DateStyle
        a: SET DateStyle = MDY, SQL; SHOW DateStyle; SET DateStyle = Postgres
        b: SET DateStyle = MDY, SQL; SHOW DateStyle; SET DateStyle = Postgres
        a: SHOW DateStyle
        b: SHOW DateStyle
    """),
    Row("what was set without a server is reset with one", """
        a: SET statement_timeout = '30s'
        a: SET lock_timeout = 500
        b: SET statement_timeout = '30s'
        b: SET lock_timeout = 500
        b: RESET statement_timeout
        b: SELECT current_setting('statement_timeout'), current_setting('lock_timeout')
        c: SET statement_timeout = '30s'
        c: RESET ALL
        c: SELECT current_setting('statement_timeout'), current_setting('lock_timeout')
        d: SET statement_timeout = '30s'
        d: DISCARD ALL
        d: SHOW statement_timeout
    """),
    Row("what was set without a server is there in a transaction, and behind one", """
        a: SET TimeZone = 'UTC'
        a: SET jit = off
        b: SET TimeZone = 'UTC'
        b: SET jit = off
        b: BEGIN
        b: SET TimeZone = 'Asia/Tokyo'
        b: SET jit = on
        b: ROLLBACK
        b: SELECT current_setting('TimeZone'), current_setting('jit')
        c: BEGIN
        c: SET TimeZone = 'UTC'
        c: COMMIT
        c: SHOW TimeZone
    """),
    Row("an extended SET is set by one after the other", """
        a+ SET extra_float_digits = 3
        b+ SET extra_float_digits = 3
        b+ SET application_name = 'mine'
        c+ SET application_name = 'mine'
        c+ SET extra_float_digits = 0
        d+ SET extra_float_digits = 3
        d+ SET extra_float_digits = 0
        b+ SHOW extra_float_digits
        c+ SHOW application_name
        b* SET extra_float_digits = 3 | SHOW extra_float_digits
        c* SET extra_float_digits = 3 | SELECT 1/0 | SHOW extra_float_digits
        c+ SHOW extra_float_digits
        c: SET extra_float_digits = 3
        c+ SHOW extra_float_digits
        d: SHOW extra_float_digits
    """),
    Row("how literals are read is set by one after the other", r"""
        a: SET standard_conforming_strings = off
        a: SET escape_string_warning = off
        b: SET standard_conforming_strings = off
        b: SET escape_string_warning = off
        b: SELECT 'a\'b'
        b: SET standard_conforming_strings = on
        b: SELECT 'a\'
        c: SELECT 'a\'
    """),
    Row("SET that fails, by one after the other", """
        a: SET extra_float_digits = 300
        b: SET extra_float_digits = 300
        a: SET jit = on; SET TimeZone = 'Nowhere/Land'
        b: SET jit = on; SET TimeZone = 'Nowhere/Land'
        b: SET TimeZone = 'Nowhere/Land'
        b: SET DateStyle = 'ISO', nothing
        b: SHOW DateStyle
    """),
]
