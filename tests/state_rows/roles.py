"""SET ROLE and SET SESSION AUTHORIZATION."""
from kit.script import Row

ROWS = [
    Row("a role follows its client", """
        a: SET ROLE pg_monitor
        b: SELECT current_user, session_user
        a: SELECT current_user, session_user
        a: RESET ROLE
        a: SELECT current_user
        b: SELECT current_user
    """),
    Row("a role and settings", """
        a: SET work_mem = '7MB'
        a: SET ROLE pg_monitor
        b: SET work_mem = '8MB'
        a: SHOW work_mem
        a: SELECT current_user
        a: SET ROLE NONE
        b: SELECT current_user
        a: SHOW work_mem
    """),
    Row("SET ROLE goes when its client leaves", """
        a: SET ROLE pg_monitor
        a: SELECT current_user
        a.
        b: SELECT current_user
        c: SELECT current_user
    """),
    Row("two clients of two roles", """
        a: SET ROLE pg_monitor
        b: SET ROLE pg_read_all_stats
        c: SELECT current_user
        a: SELECT current_user
        b: SELECT current_user
        a: SHOW role
        b: SHOW role
        c: SHOW role
    """),
    Row("SET ROLE written in other ways", """
        a: SET SESSION ROLE 'pg_monitor'
        b: SELECT current_user
        a: SELECT current_user
        a: SET ROLE TO DEFAULT
        a: SET ROLE = 'none'
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("a role by set_config", """
        a: SELECT set_config('role', 'pg_monitor', false)
        b: SELECT current_user
        a: SELECT current_user
        a: SELECT set_config('role', 'none', false)
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("SET ROLE of the role that one is", """
        a: SET ROLE app
        b: SHOW role
        a: SHOW role
        a: SELECT current_user, session_user
        a: RESET ROLE
        b: SHOW role
        a: SHOW role
    """),
    Row("SET LOCAL ROLE ends with the transaction", """
        a: BEGIN
        a: SET LOCAL ROLE pg_monitor
        b: SELECT current_user
        a: SELECT current_user
        a: COMMIT
        b: SELECT current_user
        a: SELECT current_user
    """, held=2),
    Row("a role of the transaction, as gateways set it", """
        a: BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY
        a: SELECT set_config('search_path', '"public"', true), set_config('role', 'pg_monitor', true)
        a: SELECT current_user, current_schema()
        a: COMMIT
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("SET ROLE that is rolled back", """
        a: SET ROLE pg_read_all_stats
        a: BEGIN
        a: SET ROLE pg_monitor
        a: SELECT current_user
        a: ROLLBACK
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("SET ROLE that is rolled back to a savepoint", """
        a: BEGIN
        a: SAVEPOINT s
        a: SET ROLE pg_monitor
        a: ROLLBACK TO s
        a: SELECT current_user
        a: COMMIT
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("a role that nobody has, and one that is not for this user", """
        a: SET ROLE nobody_is_called_this
        a: SET ROLE postgres
        b: SELECT current_user
        a: SELECT current_user
        a: SET ROLE pg_monitor
        a: SET ROLE pg_write_server_files
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("RESET ALL does not end a role", """
        a: SET ROLE pg_monitor
        a: SET work_mem = '7MB'
        a: RESET ALL
        b: SELECT current_user
        a: SELECT current_user
        a: SHOW work_mem
    """),
    Row("RESET ALL does not bring back the role of startup, DISCARD ALL does", """
        a: SET ROLE pg_read_all_stats
        a: RESET ALL
        b: SELECT current_user
        a: SELECT current_user
        a: DISCARD ALL
        b: SELECT current_user
        a: SELECT current_user
    """, startup={"a": {"options": "-c role=pg_monitor -c work_mem=5MB"}}),
    Row("DISCARD ALL ends a role", """
        a: SET ROLE pg_monitor
        b: SELECT current_user
        a: DISCARD ALL
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("another's session authorization is refused", """
        a: SET SESSION AUTHORIZATION postgres
        b: SELECT session_user
        a: SET SESSION AUTHORIZATION pg_monitor
        a: SET SESSION AUTHORIZATION nobody_is_called_this
        b: SELECT session_user
        a: SELECT session_user, current_user
    """),
    Row("one's own session authorization ends a role", """
        a: SET ROLE pg_monitor
        b: SELECT current_user
        a: SET SESSION AUTHORIZATION app
        b: SELECT current_user
        a: SELECT session_user, current_user
        a: SHOW role
    """),
    Row("session authorization, back to the default", """
        a: SET ROLE pg_monitor
        a: SET SESSION AUTHORIZATION DEFAULT
        b: SELECT current_user
        a: SELECT session_user, current_user
        a: SET ROLE pg_monitor
        a: RESET SESSION AUTHORIZATION
        b: SELECT current_user
        a: SELECT session_user, current_user
    """),
    Row("SET LOCAL SESSION AUTHORIZATION", """
        a: SET ROLE pg_monitor
        a: BEGIN
        a: SET LOCAL SESSION AUTHORIZATION app
        a: SELECT current_user
        a: COMMIT
        b: SELECT current_user
        a: SELECT session_user, current_user
    """),
    Row("what a role makes is its own", """
        x! CREATE ROLE rows_maker; GRANT rows_maker TO app; GRANT CREATE ON SCHEMA public TO rows_maker
        a: SET ROLE rows_maker
        b: CREATE TABLE made_by_app ()
        a: CREATE TABLE made_by_maker ()
        b: SELECT tablename, tableowner FROM pg_tables WHERE tablename LIKE 'made_by%' ORDER BY 1
        a: DROP TABLE made_by_app
        a: DROP TABLE made_by_maker
        a: RESET ROLE
        b: DROP TABLE made_by_app
        x! DROP OWNED BY rows_maker; DROP ROLE rows_maker
    """),
    Row("a role in a pipeline and in the extended protocol", """
        a* SET ROLE pg_monitor | SELECT current_user
        b+ SELECT current_user
        a+ SELECT current_user
        a+ RESET ROLE
        b+ SELECT current_user
        a+ SELECT current_user
    """),
    Row("a role and a search_path that names its user", """
        x! CREATE SCHEMA app AUTHORIZATION app
        x! CREATE SCHEMA rows_reader; GRANT USAGE ON SCHEMA app, rows_reader TO pg_monitor
        a: SET search_path = "$user", rows_reader
        a: SELECT current_schema()
        a: SET ROLE pg_monitor
        b: SELECT current_schema()
        a: SELECT current_schema()
        a: RESET ROLE
        b: SELECT current_schema()
        a: SELECT current_schema()
        x! DROP SCHEMA app, rows_reader
    """),
    *(Row(f"{way_out} of a role that was dropped", f"""
        x! CREATE ROLE rows_gone; GRANT rows_gone TO app
        a: SET ROLE rows_gone
        x! DROP ROLE rows_gone
        b: SELECT current_user
        a: {way_out}
        b: SELECT current_user
        a: SELECT current_user
    """) for way_out in ("RESET ROLE", "SET ROLE NONE", "DISCARD ALL")),
    Row("RESET of a setting whose object was dropped", """
        x! CREATE TEXT SEARCH CONFIGURATION public.rows_gone (COPY = simple)
        a: SET default_text_search_config = 'public.rows_gone'
        x! DROP TEXT SEARCH CONFIGURATION public.rows_gone
        b: SHOW default_text_search_config
        a: RESET default_text_search_config
        b: SHOW default_text_search_config
        a: SHOW default_text_search_config
    """),
]
