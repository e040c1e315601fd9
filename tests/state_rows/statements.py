"""Statements prepared by SQL and by the protocol, which share one set of names."""
from kit.script import Row

ROWS = [
    Row("two clients prepare two statements of one name by SQL", """
        a: PREPARE p AS SELECT 'mine'
        b: PREPARE p AS SELECT 'theirs'
        a: EXECUTE p
        b: EXECUTE p
        b: DEALLOCATE p
        a: EXECUTE p
        b: EXECUTE p
    """, held=2),
    Row("two clients prepare two statements of one name by the protocol", """
        a= s SELECT 'mine'
        b= s SELECT 'theirs'
        a@ s
        b@ s
        a- s
        b@ s
        a@ s
    """),
    Row("the same statement of two clients, closed by one", """
        a= s SELECT $1::int + 1
        b= s SELECT $1::int + 1
        a@ s 1
        b@ s 2
        a- s
        a@ s 3
        b@ s 4
    """),
    Row("PREPARE twice", """
        a: PREPARE p AS SELECT 7
        a: PREPARE p AS SELECT 8
        a: EXECUTE p
        b: EXECUTE p
        a: DEALLOCATE p
        b: PREPARE p AS SELECT 9
        b: EXECUTE p
        b: DEALLOCATE p
        a: EXECUTE p
    """, held=2),
    Row("parameters of PREPARE", """
        a: PREPARE p (int, text) AS SELECT $1 + 1, $2
        a: EXECUTE p (1, 'x')
        a: EXECUTE p (1)
        b: EXECUTE p (1, 'x')
        a: EXECUTE p ('2', NULL)
        a: DEALLOCATE PREPARE p
        a: EXECUTE p (1, 'x')
    """, held=2),
    Row("Bind of what SQL has prepared", """
        a: PREPARE p AS SELECT $1::int + 1
        b@ p 1
        a@ p 1
        a@ p 2
        a: DEALLOCATE p
        b@ p 1
        a@ p 3
    """, held=2),
    Row("Parse of a name that SQL has taken", """
        a: PREPARE p AS SELECT 7
        a= p SELECT 8
        a@ p
        b= p SELECT 9
        a: EXECUTE p
        b@ p
        a: DEALLOCATE p
        a= p SELECT 8
        a@ p
    """, held=2),
    Row("PREPARE of a name that the protocol has taken", """
        a= p SELECT 8
        a: PREPARE p AS SELECT 7
        b: SELECT 1
        a@ p
    """),
    Row("Close of what SQL has prepared", """
        a: PREPARE p AS SELECT 7
        a: EXECUTE p
        a- p
        b: SELECT 1
        a: EXECUTE p
        a@ p
    """),
    Row("DEALLOCATE of what the protocol has prepared", """
        a= s SELECT 7
        b= s SELECT 8
        a@ s
        b: DEALLOCATE s
        a@ s
        b@ s
        b= s SELECT 9
        b@ s
        a@ s
    """),
    Row("DEALLOCATE ALL is one client's", """
        a= s SELECT 7
        b= s SELECT 8
        a: PREPARE p AS SELECT 17
        a: DEALLOCATE ALL
        b@ s
        a@ s
        a: EXECUTE p
        a= s SELECT 9
        b@ s
        a@ s
    """),
    Row("DEALLOCATE of a name that is not there", """
        a: DEALLOCATE nobody
        b= nobody SELECT 7
        a: DEALLOCATE nobody
        a: DEALLOCATE PREPARE nobody
        b@ nobody
        a- nobody
        b@ nobody
    """),
    Row("names with capitals and quotes", """
        a= Upper SELECT 7
        a: DEALLOCATE Upper
        b: SELECT 1
        a@ Upper
        a: DEALLOCATE "Upper"
        a@ Upper
        a: PREPARE "a ""b"" c" AS SELECT 8
        b: EXECUTE "a ""b"" c"
        a: EXECUTE "a ""b"" c"
        a: DEALLOCATE "a ""b"" c"
    """, held=2),
    Row("a PREPARE that is rolled back stays, and so does a DEALLOCATE", """
        a: BEGIN
        a: PREPARE p AS SELECT 7
        a: ROLLBACK
        b: EXECUTE p
        a: EXECUTE p
        a: BEGIN
        a: DEALLOCATE p
        a: ROLLBACK
        b: SELECT 1
        a: EXECUTE p
    """, held=2),
    Row("a PREPARE that fails leaves nothing", """
        a: PREPARE p AS SELECT nothing
        a: PREPARE p AS SELECT FROM WHERE
        b: SELECT 1
        a: EXECUTE p
        a: PREPARE p AS SELECT 1/0
        a: EXECUTE p
        b: EXECUTE p
        a: DEALLOCATE p
        b: SELECT 1
    """, held=2),
    Row("a Parse that fails leaves nothing", """
        a= s SELECT nothing
        b= s SELECT 7
        a@ s
        b@ s
        a= s SELECT 8
        a@ s
        b@ s
    """),
    Row("Parse of a name that Parse has taken", """
        a= s SELECT 7
        b: SELECT 1
        a= s SELECT 8
        a@ s
        a- s
        a= s SELECT 8
        b= s SELECT 9
        a@ s
    """),
    Row("a failed transaction refuses Parse and Bind, and keeps Close", """
        a= s SELECT 7
        a: BEGIN
        a: SELECT 1/0
        a= t SELECT 8
        a@ s
        a- s
        a: ROLLBACK
        b: SELECT 1
        a@ s
        a@ t
        a= t SELECT 9
        a@ t
    """),
    Row("a SET that was prepared sets each time", """
        a= s SET work_mem = '7MB'
        a@ s
        b@ s
        b: SHOW work_mem
        a: SHOW work_mem
        a: RESET work_mem
        a@ s
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a statement follows its client's search_path", """
        x! CREATE SCHEMA rows_path; CREATE TABLE rows_path.found AS SELECT 'path' AS v
        x! CREATE TABLE public.found AS SELECT 'public' AS v
        x! GRANT USAGE ON SCHEMA rows_path TO app; GRANT SELECT ON rows_path.found, public.found TO app
        a= s SELECT v FROM found
        a@ s
        a: SET search_path = rows_path
        b: SELECT v FROM found
        a@ s
        b= s SELECT v FROM found
        a@ s
        b@ s
        x! DROP SCHEMA rows_path CASCADE; DROP TABLE public.found
    """),
    Row("a table made from EXECUTE", """
        a: PREPARE p AS SELECT 7 AS seven
        a: CREATE TEMP TABLE from_p AS EXECUTE p
        a: DEALLOCATE p
        b: SELECT 1
        a: SELECT seven FROM from_p
        a: EXPLAIN (COSTS OFF) EXECUTE p
        a: DROP TABLE from_p
        b: SELECT 1
    """, held=2),
    Row("what is prepared by SQL is listed for its client only", """
        a: PREPARE p (int) AS SELECT $1
        b: SELECT name, statement, from_sql FROM pg_prepared_statements WHERE from_sql
        a: SELECT name, statement, from_sql FROM pg_prepared_statements WHERE from_sql
        a: DEALLOCATE ALL
        b: SELECT 1
        a: SELECT count(*) FROM pg_prepared_statements WHERE from_sql
    """, held=2),
]
