"""Temporary objects and the like: a client keeps its server as long as they live."""
from kit.script import Row

ROWS = [
    Row("a temporary table, until it is dropped", """
        a: CREATE TEMP TABLE mine AS SELECT 7 AS seven
        b: SELECT count(*) FROM pg_class WHERE relname = 'mine' AND relnamespace = pg_my_temp_schema()
        a: SELECT seven FROM mine
        a: DROP TABLE mine
        b: SELECT 1
    """, held=2),
    Row("after the drop no server is held", """
        a: CREATE TEMP TABLE mine ()
        a: DROP TABLE mine
        b: SELECT 1
        a: SELECT 1
    """),
    Row("a held cursor, until it is closed", """
        a: BEGIN
        a: DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 3)
        a: COMMIT
        a: FETCH c
        a: CLOSE c
        b: SELECT count(*) FROM pg_cursors
        a: FETCH c
    """),
    Row("a lock for the session, until it is given back", """
        a: SELECT pg_advisory_lock(7)
        b: SELECT pg_try_advisory_lock(7)
        a: SELECT pg_advisory_unlock(7)
        b: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_advisory_unlock_all()
        a: SELECT 1
    """, held=2),
    Row("a prepared statement, until it is deallocated", """
        a: PREPARE p AS SELECT 7
        a: EXECUTE p
        a: DEALLOCATE p
        b: EXECUTE p
        a: EXECUTE p
    """),
    Row("two clients have two temporary tables of one name", """
        a: CREATE TEMP TABLE mine AS SELECT 'a' AS v
        b: CREATE TEMP TABLE mine AS SELECT 'b' AS v
        a: SELECT v FROM mine
        b: SELECT v FROM mine
        c: SELECT v FROM mine
        b: DROP TABLE mine
        a: SELECT v FROM mine
        b: SELECT v FROM mine
        a: DROP TABLE mine
    """, held=3),
    Row("a temporary table hides a permanent one from its client", """
        a: CREATE TABLE hidden AS SELECT 'permanent' AS v
        a: CREATE TEMP TABLE hidden AS SELECT 'temporary' AS v
        b: SELECT v FROM hidden
        a: SELECT v FROM hidden
        a: SELECT v FROM public.hidden
        a: DROP TABLE hidden
        a: SELECT v FROM hidden
        b: DROP TABLE hidden
    """, held=2),
    Row("SELECT INTO TEMP", """
        a: SELECT 7 AS seven INTO TEMP mine
        b: SELECT seven FROM mine
        a: SELECT seven FROM mine
        a: SELECT 8 AS eight INTO TEMPORARY TABLE other
        a: DROP TABLE mine
        b: SELECT eight FROM other
        a: SELECT eight FROM other
        a: DROP TABLE other
        b: SELECT 1
    """, held=2),
    Row("a table in the schema pg_temp", """
        a: CREATE TABLE pg_temp.mine AS SELECT 7 AS seven
        b: SELECT seven FROM pg_temp.mine
        a: SELECT seven FROM mine
        a: DROP TABLE pg_temp.mine
        b: SELECT 1
        a: SELECT seven FROM mine
    """, held=2),
    Row("temporary tables by a search_path", """
        a: SET search_path = pg_temp, public
        a: CREATE TABLE mine AS SELECT 7 AS seven
        b: SELECT seven FROM mine
        a: SELECT seven FROM mine
        a: RESET search_path
        a: SELECT seven FROM mine
        a: DROP TABLE mine
        b: SELECT 1
    """, held=2),
    Row("a temporary view", """
        a: CREATE TEMP VIEW seen AS SELECT 7 AS seven
        b: SELECT seven FROM seen
        a: SELECT seven FROM seen
        a: CREATE OR REPLACE TEMP VIEW seen AS SELECT 8 AS seven
        a: SELECT seven FROM seen
        a: DROP VIEW seen
        b: SELECT 1
        a: SELECT seven FROM seen
    """, held=2),
    Row("a view of a temporary table is temporary", """
        a: CREATE TEMP TABLE mine AS SELECT 7 AS seven
        a: CREATE VIEW seen AS SELECT seven + 1 AS eight FROM mine
        b: SELECT eight FROM seen
        a: SELECT eight FROM seen
        a: DROP TABLE mine
        a: DROP TABLE mine CASCADE
        b: SELECT 1
        a: SELECT eight FROM seen
    """, held=2),
    Row("a temporary sequence", """
        a: CREATE TEMP SEQUENCE counted
        b: SELECT nextval('counted')
        a: SELECT nextval('counted')
        a: SELECT nextval('counted')
        a: DROP SEQUENCE counted
        b: SELECT 1
        a: SELECT nextval('counted')
    """, held=2),
    Row("ON COMMIT DROP holds nothing behind the transaction", """
        a: BEGIN
        a: CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT 7 AS seven
        b: SELECT seven FROM mine
        a: SELECT seven FROM mine
        a: COMMIT
        b: SELECT 1
        a: SELECT seven FROM mine
    """, held=2),
    Row("ON COMMIT DELETE ROWS leaves the table", """
        a: BEGIN
        a: CREATE TEMP TABLE mine (v int) ON COMMIT DELETE ROWS
        a: INSERT INTO mine VALUES (7)
        a: SELECT v FROM mine
        a: COMMIT
        b: SELECT v FROM mine
        a: SELECT count(*) FROM mine
        a: INSERT INTO mine VALUES (8)
        a: SELECT count(*) FROM mine
        a: DROP TABLE mine
    """, held=2),
    Row("a temporary table that is rolled back", """
        a: BEGIN
        a: CREATE TEMP TABLE mine AS SELECT 7 AS seven
        a: ROLLBACK
        b: SELECT 1
        a: SELECT seven FROM mine
    """),
    Row("a temporary table that is dropped and rolled back", """
        a: CREATE TEMP TABLE mine AS SELECT 7 AS seven
        a: BEGIN
        a: DROP TABLE mine
        a: ROLLBACK
        b: SELECT seven FROM mine
        a: SELECT seven FROM mine
        a: BEGIN
        a: DROP TABLE mine
        a: COMMIT
        b: SELECT 1
        a: SELECT seven FROM mine
    """, held=2),
    Row("a temporary table behind a savepoint", """
        a: BEGIN
        a: CREATE TEMP TABLE kept ()
        a: SAVEPOINT s
        a: CREATE TEMP TABLE lost ()
        a: ROLLBACK TO s
        a: COMMIT
        b: SELECT 1
        a: SELECT count(*) FROM kept
        a: SELECT count(*) FROM lost
        a: DROP TABLE kept
        b: SELECT 1
    """, held=2),
    Row("IF NOT EXISTS and IF EXISTS of a temporary table", """
        a: CREATE TEMP TABLE IF NOT EXISTS mine (v int)
        a: CREATE TEMP TABLE IF NOT EXISTS mine (v int)
        b: DROP TABLE IF EXISTS mine
        a: INSERT INTO mine VALUES (7) RETURNING v
        a: DROP TABLE IF EXISTS mine
        b: DROP TABLE IF EXISTS mine
        a: DROP TABLE IF EXISTS mine
    """, held=2),
    Row("a temporary table and settings that follow their client", """
        a: SET work_mem = '7MB'
        a: CREATE TEMP TABLE mine ()
        a: SET enable_seqscan = off
        b: SHOW work_mem
        a: DROP TABLE mine
        b: SHOW enable_seqscan
        a: SELECT current_setting('work_mem'), current_setting('enable_seqscan')
    """, held=2),
    Row("a temporary table in a block", """
        a: DO $$ BEGIN CREATE TEMP TABLE mine AS SELECT 7 AS seven; END $$
        b: SELECT seven FROM mine
        a: SELECT seven FROM mine
        a: DROP TABLE mine
        b: SELECT 1
        a: DO $$ BEGIN RAISE NOTICE 'nothing stays'; END $$
        b: SELECT 1
    """, held=2),
]
