"""Several statements in one simple query: one transaction unless they say otherwise."""
from kit.script import Row

ROWS = [
    Row("several SETs in one text", """
        a: SET work_mem = '7MB'; SET enable_seqscan = off; SHOW work_mem
        b: SHOW work_mem; SHOW enable_seqscan
        a: SHOW work_mem; SHOW enable_seqscan
    """),
    Row("of two SETs of one setting the last one counts", """
        a: SET work_mem = '7MB'; SET work_mem = '8MB'
        b: SHOW work_mem
        a: SHOW work_mem
        a: SET work_mem = '9MB'; RESET work_mem
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("an error half-way undoes the SETs before it", """
        a: SET work_mem = '7MB'
        a: SET work_mem = '8MB'; SET enable_seqscan = off; SELECT 1/0; SET geqo = off
        b: SHOW work_mem
        a: SHOW work_mem; SHOW enable_seqscan; SHOW geqo
    """),
    Row("an error at the end undoes a RESET ALL", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: RESET ALL; SELECT 1/0
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a text that cannot be parsed does nothing", """
        a: SET work_mem = '7MB'; SELEC 1; SET work_mem = '8MB'
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("COMMIT inside keeps what was before it", """
        a: SET work_mem = '7MB'; COMMIT; SELECT 1/0
        b: SHOW work_mem
        a: SHOW work_mem
        a: SET work_mem = '8MB'; ROLLBACK; SHOW work_mem
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a transaction inside, and an error behind it", """
        a: BEGIN; SET work_mem = '7MB'; COMMIT; SET work_mem = '8MB'; SELECT 1/0
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a transaction that begins inside stays open", """
        a: SET enable_seqscan = off; BEGIN; SET work_mem = '7MB'
        b: SHOW work_mem
        a: SHOW work_mem
        a: ROLLBACK
        b: SHOW work_mem
        a: SHOW work_mem; SHOW enable_seqscan
    """, held=2),
    Row("a transaction that begins inside and fails stays open", """
        a: SET work_mem = '7MB'; BEGIN; SELECT 1/0; COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """, held=2),
    Row("one transaction ends and the next one begins in one text", """
        a: BEGIN; SET work_mem = '7MB'
        a: COMMIT; BEGIN; SET work_mem = '8MB'
        a: SHOW work_mem
        a: ROLLBACK; SHOW work_mem
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL lasts to the end of the text", """
        a: SET LOCAL work_mem = '7MB'; SHOW work_mem
        b: SHOW work_mem
        a: SHOW work_mem
        a: BEGIN; SET LOCAL work_mem = '8MB'; COMMIT; SHOW work_mem
    """),
    Row("a role for one text", """
        a: SET ROLE pg_monitor; SELECT current_user; RESET ROLE
        b: SELECT current_user
        a: SELECT current_user
        a: SET ROLE pg_monitor; SELECT 1/0
        b: SELECT current_user
        a: SELECT current_user
    """),
    Row("a savepoint in a text without a transaction", """
        a: SET work_mem = '7MB'; SAVEPOINT s; SET work_mem = '8MB'; ROLLBACK TO s
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("PREPARE, EXECUTE and DEALLOCATE in one text", """
        a: PREPARE p AS SELECT 7; EXECUTE p; DEALLOCATE p
        b: EXECUTE p
        a: EXECUTE p
    """),
    Row("PREPARE is not undone by an error behind it", """
        a: PREPARE p AS SELECT 7; SELECT 1/0
        b: EXECUTE p
        a: EXECUTE p
        a: DEALLOCATE p; SELECT 1/0
        b: SELECT 1
        a: EXECUTE p
    """, held=2),
    Row("a session's lock is not undone by an error behind it", """
        a: SELECT pg_advisory_lock(7); SELECT 1/0
        b: SELECT pg_try_advisory_lock(7)
        a: SELECT pg_advisory_unlock(7); SELECT 1/0
        b: SELECT pg_try_advisory_lock(7); SELECT pg_advisory_unlock(7)
        a: SELECT 1
    """, held=2),
    Row("a temporary table in one text", """
        a: CREATE TEMP TABLE mine (v int); INSERT INTO mine VALUES (7); SELECT v FROM mine
        b: SELECT v FROM mine
        a: SELECT v FROM mine; DROP TABLE mine
        b: SELECT 1
        a: CREATE TEMP TABLE mine (v int); SELECT 1/0
        b: SELECT 1
        a: SELECT v FROM mine
    """, held=2),
    Row("a held cursor in one text", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 3); FETCH c
        b: FETCH c
        a: FETCH c; CLOSE c
        b: SELECT 1
        a: FETCH c
    """, held=2),
    Row("DISCARD ALL among others is refused", """
        a: SET work_mem = '7MB'
        a: SELECT 1; DISCARD ALL
        b: SHOW work_mem
        a: DISCARD ALL; SELECT 1
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("empty texts and comments", """
        a: SET work_mem = '7MB' ;; ; -- and no more
        b: ;
        a: /* nothing; SET work_mem = '8MB' */
        b: SHOW work_mem
        a: -- SET work_mem = '8MB'
        a: /* first */ SHOW /* second */ work_mem;
    """),
    Row("texts that speak of SET and do none", """
        a: SELECT 'SET work_mem = ''7MB'''; SELECT 1 AS "SET work_mem = 7"
        a: SELECT $$SET work_mem = '7MB'; RESET ALL$$ AS set
        b: SHOW work_mem
        a: SHOW work_mem
    """),
]
