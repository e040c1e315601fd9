"""Cursors WITH HOLD, which outlive their transaction, and those that do not."""
from kit.script import Row

ROWS = [
    Row("a held cursor is where it was left", """
        a: BEGIN
        a: DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT generate_series(1, 5)
        a: FETCH 2 FROM c
        a: COMMIT
        b: FETCH c
        a: FETCH c
        a: FETCH PRIOR FROM c
        a: MOVE 2 IN c
        a: FETCH ALL FROM c
        a: CLOSE c
    """, held=2),
    Row("a held cursor declared outside of a transaction", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 7
        b: SELECT name, is_holdable FROM pg_cursors
        a: SELECT name, is_holdable FROM pg_cursors
        a: FETCH c
        a: FETCH c
        a: CLOSE c
        b: SELECT 1
        a: CLOSE c
    """, held=2),
    Row("two clients have held cursors of one name", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 'a'
        b: DECLARE c CURSOR WITH HOLD FOR SELECT 'b'
        a: FETCH c
        b: FETCH c
        b: CLOSE c
        a: FETCH c
        a: CLOSE ALL
        b: FETCH c
    """, held=2),
    Row("a cursor without HOLD ends with its transaction", """
        a: BEGIN
        a: DECLARE c CURSOR FOR SELECT generate_series(1, 3)
        a: FETCH c
        b: FETCH c
        a: COMMIT
        b: SELECT count(*) FROM pg_cursors
        a: FETCH c
    """, held=2),
    Row("a cursor without HOLD outside of a transaction is refused", """
        a: DECLARE c CURSOR FOR SELECT 7
        b: SELECT 1
        a: FETCH c
        a: CLOSE c
    """),
    Row("CLOSE ALL ends what holds the server", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 7
        a: DECLARE d CURSOR WITH HOLD FOR SELECT 8
        a: CLOSE c
        b: SELECT 1
        a: FETCH d
        a: CLOSE ALL
        b: CLOSE ALL
        a: FETCH d
    """, held=2),
    Row("a held cursor that is rolled back", """
        a: BEGIN
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 7
        a: FETCH c
        a: ROLLBACK
        b: SELECT 1
        a: FETCH c
    """),
    Row("a held cursor whose query fails at COMMIT", """
        a: BEGIN
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 1 / (3 - n) FROM generate_series(1, 3) AS n
        a: FETCH c
        a: SET work_mem = '7MB'
        a: COMMIT
        b: SELECT 1
        a: FETCH c
        a: SHOW work_mem
    """),
    Row("a held cursor that is closed in a transaction that is rolled back is closed", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 7
        a: BEGIN
        a: CLOSE c
        a: ROLLBACK
        b: SELECT 1
        a: FETCH c
    """),
    Row("RESET ALL leaves a held cursor, DISCARD ALL does not", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 2)
        a: RESET ALL
        b: SELECT 1
        a: FETCH c
        a: DISCARD ALL
        b: SELECT 1
        a: FETCH c
    """, held=2),
    Row("a held cursor in the extended protocol", """
        a+ DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 2)
        b+ FETCH c
        a+ FETCH c
        a+ FETCH c
        a+ CLOSE c
        b+ SELECT 1
        a+ FETCH c
    """, held=2),
]
