"""The extended protocol: SET and its like in batches, errors in the middle of them."""
from kit.script import Row

ROWS = [
    Row("a SET in a pipeline holds for what follows", """
        a* SET work_mem = '7MB' | SHOW work_mem
        b* SHOW work_mem
        a* SHOW work_mem
    """),
    Row("two SETs and a query between them", """
        a* SET work_mem = '7MB' | SHOW work_mem | SET work_mem = '8MB'
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("an error in a pipeline undoes its SETs", """
        a+ SET work_mem = '7MB'
        a* SET work_mem = '8MB' | SELECT 1/0 | SET work_mem = '9MB'
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a statement that cannot be parsed undoes the pipeline's SETs", """
        a* SET work_mem = '8MB' | SELEC 1 | SHOW work_mem
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a transaction in a pipeline", """
        a* BEGIN | SET work_mem = '7MB' | SET LOCAL enable_seqscan = off | SHOW enable_seqscan | COMMIT
        b* SHOW work_mem | SHOW enable_seqscan
        a* SHOW work_mem | SHOW enable_seqscan
    """),
    Row("a transaction in a pipeline that is rolled back", """
        a* BEGIN | SET work_mem = '7MB' | SHOW work_mem | ROLLBACK | SHOW work_mem
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a transaction that stays open behind a pipeline", """
        a* BEGIN | SET work_mem = '7MB'
        b+ SHOW work_mem
        a* SHOW work_mem | COMMIT
        b+ SHOW work_mem
        a+ SHOW work_mem
    """, held=2),
    Row("an error in a pipeline's transaction leaves it failed", """
        a* BEGIN | SET work_mem = '7MB' | SELECT 1/0 | COMMIT
        b+ SHOW work_mem
        a+ SHOW work_mem
        a+ ROLLBACK
        b+ SHOW work_mem
        a+ SHOW work_mem
    """, held=2),
    Row("COMMIT in a pipeline keeps what was before it", """
        a* SET work_mem = '7MB' | COMMIT | SELECT 1/0
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a savepoint in a pipeline", """
        a* BEGIN | SET work_mem = '7MB' | SAVEPOINT s | SET work_mem = '8MB' | ROLLBACK TO s | COMMIT
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("set_config in a pipeline", """
        a* SELECT set_config('work_mem', '7MB', false) | SELECT set_config('enable_seqscan', 'off', true)
        b* SHOW work_mem | SHOW enable_seqscan
        a* SHOW work_mem | SHOW enable_seqscan
    """),
    Row("a custom setting in a pipeline", """
        a* SET app.tenant = '7' | SELECT current_setting('app.tenant')
        b+ SELECT current_setting('app.tenant', true)
        a* SELECT current_setting('app.tenant') | SET app.tenant = '8' | SHOW app.tenant
        b+ SELECT current_setting('app.tenant', true)
        a+ SHOW app.tenant
    """),
    Row("RESET in a pipeline", """
        a* SET work_mem = '7MB' | SET enable_seqscan = off
        b* RESET work_mem | SHOW work_mem
        a* RESET work_mem | SHOW work_mem | SHOW enable_seqscan
        a* SET work_mem = '8MB' | RESET ALL | SHOW work_mem
        b+ SHOW work_mem
        a* SHOW work_mem | SHOW enable_seqscan
    """),
    Row("a reported setting in a pipeline", """
        a* SET TIME ZONE 'Asia/Tokyo' | SELECT '2001-02-03 04:05:06+00'::timestamptz | SET application_name = 'billing'
        b* SHOW TimeZone | SHOW application_name
        a* SHOW TimeZone | SHOW application_name
        a* SET TIME ZONE 'UTC' | SELECT 1/0
        b+ SHOW TimeZone
        a+ SHOW TimeZone
    """),
    Row("PREPARE and EXECUTE in a pipeline", """
        a* PREPARE p AS SELECT 7 | EXECUTE p
        b+ EXECUTE p
        a* EXECUTE p | DEALLOCATE p
        b+ SELECT 1
        a+ EXECUTE p
    """, held=2),
    Row("a temporary table in a pipeline", """
        a* CREATE TEMP TABLE mine AS SELECT 7 AS seven | SELECT seven FROM mine
        b+ SELECT seven FROM mine
        a* SELECT seven FROM mine | DROP TABLE mine
        b+ SELECT 1
        a* CREATE TEMP TABLE mine AS SELECT 7 AS seven | SELECT 1/0
        b+ SELECT 1
        a+ SELECT seven FROM mine
    """, held=2),
    Row("locks in a pipeline", """
        a* SELECT pg_advisory_lock(7) | SELECT pg_advisory_xact_lock(8)
        b* SELECT pg_try_advisory_lock(7) | SELECT pg_try_advisory_xact_lock(8)
        a* SELECT pg_advisory_unlock(7) | SELECT 1/0
        b* SELECT pg_try_advisory_lock(7) | SELECT pg_advisory_unlock(7)
        a+ SELECT 1
    """, held=2),
    Row("named statements that set", """
        a= on SET enable_seqscan = on
        a= off SET enable_seqscan = off
        a= show SHOW enable_seqscan
        a@ off
        b: SHOW enable_seqscan
        a@ show
        a@ on
        b: SHOW enable_seqscan
        a@ show
        a@ off
        a- off
        b: SHOW enable_seqscan
        a@ show
    """),
    Row("a statement sees the settings of when it is executed", """
        a= s SELECT current_setting('work_mem'), current_setting('app.tenant', true), current_user
        b= s SELECT current_setting('work_mem'), current_setting('app.tenant', true), current_user
        a* SET work_mem = '7MB' | SET app.tenant = '7' | SET ROLE pg_monitor
        b@ s
        a@ s
        b: SET work_mem = '8MB'
        a@ s
        b@ s
        a: RESET ROLE
        a@ s
    """),
    Row("the unnamed statement and a SET between its uses", """
        a+ SELECT current_setting('work_mem')
        b+ SELECT current_setting('work_mem')
        a: SET work_mem = '7MB'
        a+ SELECT current_setting('work_mem')
        b+ SELECT current_setting('work_mem')
    """),
]
