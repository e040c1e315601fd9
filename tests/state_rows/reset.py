"""RESET, SET TO DEFAULT and DISCARD: what they end, and for whom."""
from kit.script import Row

ROWS = [
    Row("RESET on a server that never had the setting", """
        a: SET work_mem = '7MB'
        b: SET enable_seqscan = off
        a: RESET enable_seqscan
        b: RESET work_mem
        a: SHOW work_mem
        b: SHOW enable_seqscan
    """),
    Row("RESET of one setting leaves the others", """
        a: SET work_mem = '7MB'
        a: SET enable_seqscan = off
        b: SHOW work_mem
        a: RESET work_mem
        b: SHOW enable_seqscan
        a: SHOW work_mem; SHOW enable_seqscan
    """),
    Row("one client's RESET ALL is nobody else's", """
        a: SET work_mem = '7MB'
        b: SET work_mem = '8MB'
        c: RESET ALL
        b: RESET ALL
        a: SHOW work_mem
        b: SHOW work_mem
        c: SHOW work_mem
    """),
    Row("SET TO DEFAULT", """
        a: SET work_mem = '7MB'
        b: SET work_mem = '8MB'
        a: SET work_mem TO DEFAULT
        b: SHOW work_mem
        a: SHOW work_mem
        b: SET SESSION work_mem = DEFAULT
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("each way back to the own time zone", """
        a: SET TIME ZONE 'Asia/Tokyo'
        b: SHOW TimeZone
        a: SET TIME ZONE LOCAL
        b: SET TIME ZONE 'America/Lima'
        a: SHOW TimeZone
        b: SET TIME ZONE DEFAULT
        a: SET TimeZone = 'Asia/Tokyo'
        b: SHOW TimeZone
        a: RESET TIME ZONE
        b: SHOW TimeZone
        a: SHOW TimeZone
    """),
    Row("RESET that is rolled back", """
        a: SET work_mem = '7MB'
        a: BEGIN
        a: RESET work_mem
        a: SHOW work_mem
        a: ROLLBACK
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("RESET ALL that is rolled back", """
        a: SET work_mem = '7MB'
        a: SET application_name = 'billing'
        b: SHOW work_mem
        a: BEGIN
        a: RESET ALL
        a: SELECT current_setting('work_mem'), current_setting('application_name')
        a: ROLLBACK
        b: SHOW application_name
        a: SELECT current_setting('work_mem'), current_setting('application_name')
    """),
    Row("RESET ALL that is rolled back to a savepoint", """
        a: SET work_mem = '7MB'
        a: BEGIN
        a: SET enable_seqscan = off
        a: SAVEPOINT s
        a: RESET ALL
        a: ROLLBACK TO s
        a: COMMIT
        b: SHOW work_mem; SHOW enable_seqscan
        a: SHOW work_mem; SHOW enable_seqscan
    """),
    Row("RESET ALL and then SET in one transaction", """
        a: SET work_mem = '7MB'
        a: SET enable_seqscan = off
        a: BEGIN
        a: RESET ALL
        a: SET geqo = off
        a: COMMIT
        b: SHOW geqo
        a: SELECT current_setting('work_mem'), current_setting('enable_seqscan'), current_setting('geqo')
    """),
    Row("a custom setting that was reset is empty, not unknown", """
        a: SET app.tenant = '7'
        b: SELECT current_setting('app.tenant', true)
        a: RESET app.tenant
        b: SELECT current_setting('app.tenant', true)
        a: SELECT current_setting('app.tenant', true) = ''
    """),
    Row("RESET in the extended protocol", """
        a+ SET work_mem = '7MB'
        b+ SHOW work_mem
        a+ RESET work_mem
        b+ SHOW work_mem
        a+ SHOW work_mem
        a+ SET work_mem = '8MB'
        a+ RESET ALL
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a prepared RESET resets each time", """
        a= s RESET work_mem
        a: SET work_mem = '7MB'
        a@ s
        b: SHOW work_mem
        a: SHOW work_mem
        a: SET work_mem = '8MB'
        b: SHOW work_mem
        a@ s
        a: SHOW work_mem
    """),
    Row("DISCARD ALL ends everything of its client and nothing of another's", """
        a: SET work_mem = '7MB'
        a: PREPARE p AS SELECT 7
        a: CREATE TEMP TABLE mine ()
        a: SELECT pg_advisory_lock(7)
        b: SET work_mem = '8MB'
        a: DISCARD ALL
        b: SHOW work_mem
        a: SHOW work_mem
        a: EXECUTE p
        b: SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7)
        a: SELECT count(*) FROM pg_class WHERE relname = 'mine' AND relnamespace = pg_my_temp_schema()
    """, held=2),
    Row("DISCARD ALL is refused in a transaction", """
        a: SET work_mem = '7MB'
        a: BEGIN
        a: DISCARD ALL
        a: ROLLBACK
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("DISCARD ALL in the extended protocol", """
        a: SET work_mem = '7MB'
        a= s SELECT 7
        b: SHOW work_mem
        a+ DISCARD ALL
        b: SHOW work_mem
        a@ s
        a: SHOW work_mem
    """),
    Row("DISCARD TEMP ends temporary tables and nothing else", """
        a: SET work_mem = '7MB'
        a: CREATE TEMP TABLE mine AS SELECT 7 AS seven
        b: SHOW work_mem
        a: DISCARD TEMP
        b: SELECT 1
        a: SELECT seven FROM mine
        a: SHOW work_mem
    """, held=2),
    Row("DISCARD PLANS ends no prepared statement", """
        a: PREPARE p AS SELECT 7
        a= s SELECT 8
        a: DISCARD PLANS
        b: SELECT 1
        a: EXECUTE p
        a@ s
        a: DEALLOCATE p
        b: DISCARD PLANS
        a@ s
    """, held=2),
    Row("DISCARD SEQUENCES ends no setting", """
        a: SET work_mem = '7MB'
        b: DISCARD SEQUENCES
        a: DISCARD SEQUENCES
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET TRANSACTION over the session's characteristics leaves them", """
        a: SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE
        a: BEGIN
        a: SET TRANSACTION ISOLATION LEVEL READ COMMITTED
        a: SHOW transaction_isolation
        a: COMMIT
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
        a: RESET default_transaction_isolation
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
    """),
    Row("a RESET that is none", """
        a: RESET no_such_setting
        a: RESET shared_buffers
        a: SET work_mem = '7MB'
        a: RESET log_statement
        b: SHOW work_mem
        a: RESET server_version
        a: SHOW work_mem
    """),
    Row("a RESET fails with its text", """
        a: SET work_mem = '7MB'
        a: RESET work_mem; SELECT 1/0
        b: SELECT 1
        a: SHOW work_mem
        a: RESET ALL; SELECT 1/0
        b: SELECT 1
        a: SHOW work_mem
        a* RESET work_mem | SELECT 1/0
        b: SELECT 1
        a: SHOW work_mem
        a: BEGIN; RESET work_mem; ROLLBACK
        b: SELECT 1
        a: SHOW work_mem
        a: RESET work_mem
        b: SELECT 1
        a: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB"}}),
    Row("a RESET goes with its block", """
        a: SET work_mem = '7MB'
        a: BEGIN
        a: SAVEPOINT s
        a: RESET work_mem
        a: SHOW work_mem
        a: ROLLBACK TO s
        a: SHOW work_mem
        a: RESET ALL
        a: SHOW work_mem
        a: ROLLBACK
        b: SELECT 1
        a: SHOW work_mem
        a: BEGIN
        a: RESET work_mem
        a: COMMIT
        b: SELECT 1
        a: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB"}}),
    Row("a RESET ROLE fails with its text", """
        a: SET ROLE pg_read_all_stats
        a: SELECT current_user
        a: RESET ROLE; SELECT 1/0
        b: SELECT current_user
        a: SELECT current_user
        a: BEGIN; RESET ROLE; ROLLBACK
        b: SELECT current_user
        a: SELECT current_user
        a: RESET ROLE
        b: SELECT current_user
        a: SELECT current_user
    """, startup={"a": {"role": "pg_monitor"}}),
    Row("a RESET of a custom setting of the startup", """
        a: SET app.tenant = '7'
        a: RESET app.tenant; SELECT 1/0
        b: SELECT 1
        a: SHOW app.tenant
        a: BEGIN
        a: RESET ALL
        a: COMMIT
        b: SELECT 1
        a: SHOW app.tenant
    """, startup={"a": {"options": "-c app.tenant=6"}}),
    Row("a RESET with the BEGIN of a block that is rolled back", """
        a: SET app.tenant = '7'
        a: BEGIN; RESET app.tenant
        a: SHOW app.tenant
        a: ROLLBACK
        b: SELECT 1
        a: SHOW app.tenant
        a* BEGIN | RESET app.tenant
        a: ROLLBACK
        b: SELECT 1
        a: SHOW app.tenant
        b: SHOW app.tenant
    """, startup={"a": {"options": "-c app.tenant=6"}, "b": {"options": "-c app.tenant=6"}}),
]
