"""BEGIN takes no server, the first statement of its transaction does: nobody may notice but by the servers it takes."""
from kit.script import Row

ROWS = [
    Row("transactions with nothing in them take no server", """
        a: BEGIN
        b: START TRANSACTION;
        c: begin work
        d: /* framework */ BEGIN TRANSACTION -- here
        d: SELECT 1
        a: COMMIT
        b: ROLLBACK
        c: END
        d: ABORT
        a: COMMIT
    """, held=1),
    Row("more transactions than servers, one statement at a time", """
        a: CREATE TABLE hits (n int)
        a: BEGIN
        b: BEGIN
        c: BEGIN
        a: INSERT INTO hits VALUES (1)
        a: COMMIT
        b: INSERT INTO hits SELECT count(*) FROM hits
        b: ROLLBACK
        c: SELECT count(*) FROM hits
        b: BEGIN
        c: COMMIT
        b: SELECT count(*) FROM hits
        b: COMMIT
        a: DROP TABLE hits
    """, held=1),
    Row("two that have begun and two that have said something", """
        a: BEGIN
        b: BEGIN
        c: BEGIN
        d: BEGIN
        a: SELECT 1
        c: SELECT 2
        b: COMMIT
        d: ROLLBACK
        c: COMMIT
        b: BEGIN
        b: SELECT 3
        a: COMMIT
        b: COMMIT
    """, held=2),
    Row("empty queries and comments need none either", """
        a: BEGIN
        a:
        a: ;
        b: SELECT 1
        a: -- nothing
        a+ /* nothing */
        a: COMMIT
        b: BEGIN
        b:
        b: ROLLBACK
    """, held=1),
    Row("the first statement fails", """
        a: BEGIN
        b: BEGIN
        a: SELECT nothing
        a: SELECT 1
        a:
        a: COMMIT
        b: SELEC 1
        b+ SELECT 1
        b: ROLLBACK
        a: SELECT 1
    """, held=1),
    Row("the first statement fails in the extended protocol", """
        a: BEGIN
        a+ SELECT nothing
        a: SELECT 1
        a: ROLLBACK
        a: BEGIN
        a* SELECT 1 | SELECT 1/0 | SELECT 2
        a+ SELECT 1
        a+ ROLLBACK
        a: BEGIN
        a@ nobody
        a: COMMIT
        a: SELECT 1
    """),
    Row("an extended statement behind a simple BEGIN", """
        a: BEGIN
        b: BEGIN
        a+ SELECT 1
        a+ COMMIT
        b+ SET LOCAL work_mem = '7MB'
        b+ SHOW work_mem
        b: COMMIT
        b+ SHOW work_mem
        a: BEGIN
        a* INSERT INTO nowhere VALUES (1) | SELECT 1
        a+ ABORT
    """, held=1),
    Row("a pipeline behind a simple BEGIN", """
        a: BEGIN
        a* SELECT 1 | SET LOCAL work_mem = '7MB' | SHOW work_mem | COMMIT
        a: SHOW work_mem
        a: BEGIN
        a* COMMIT | SELECT 1
        a: BEGIN
        a* SAVEPOINT s | SELECT 2 | ROLLBACK TO s | RELEASE s
        a: COMMIT
    """),
    Row("a named statement of before", """
        a= s SELECT $1::int + 1
        b= s SELECT $1::int + 10
        a: BEGIN
        b: BEGIN
        a@ s 1
        a: COMMIT
        b@ s 1
        b- s
        b@ s 1
        b: ROLLBACK
        a: BEGIN
        a- s
        a: COMMIT
        a@ s 1
    """, held=1),
    Row("a statement is prepared in it", """
        a: BEGIN
        a= mine SELECT 'mine'
        b: BEGIN
        a@ mine
        a: ROLLBACK
        b= mine SELECT 'other'
        b@ mine
        b: COMMIT
        a: BEGIN
        a@ mine
        a: COMMIT
    """, held=1),
    Row("the unnamed statement ends with BEGIN and with COMMIT", """
        a+ SELECT 1
        a: BEGIN
        a@ nobody
        a: ROLLBACK
    """),
    Row("BEGIN is the first thing said behind BEGIN", """
        a: BEGIN
        a: BEGIN
        a: COMMIT
        a: BEGIN
        a+ BEGIN
        a: START TRANSACTION
        a: ROLLBACK
        a: BEGIN
        a: START TRANSACTION READ ONLY
        a: SHOW transaction_read_only
        a: COMMIT
    """),
    Row("COMMIT without BEGIN warns, whatever was before it", """
        a: BEGIN
        a: COMMIT
        a: COMMIT
        a: BEGIN
        a: ROLLBACK
        a: ROLLBACK
        a: BEGIN; COMMIT
        a: COMMIT
    """),
    Row("what is almost a plain BEGIN", """
        a: BEGIN WORK TRANSACTION
        a: START
        a: START WORK
        a: "BEGIN"
        a: BEGIN 1
        a: BEGIN /* open
        a: BEGIN;;
        a: COMMIT;;
        a: BEGIN; SELECT 1
        a: COMMIT; SELECT 2
        a: BEGIN
        a: COMMIT; SELECT 3
        a: BEGIN
        a: ROLLBACK; BEGIN
        a: COMMIT
    """),
    Row("a savepoint is the first thing said", """
        a: BEGIN
        b: BEGIN
        a: SAVEPOINT s
        a: SELECT nothing
        a: ROLLBACK TO s
        a: SELECT 1
        a: RELEASE s
        a: COMMIT
        b: ROLLBACK TO s
        b: ROLLBACK
        b: BEGIN
        b: RELEASE s
        b: COMMIT
    """, held=1),
    Row("chained transactions first", """
        a: BEGIN
        a: COMMIT AND CHAIN
        a: SELECT 1
        a: ROLLBACK AND CHAIN
        a: COMMIT AND NO CHAIN
        a: BEGIN
        a: ROLLBACK AND NO CHAIN
        a: COMMIT AND CHAIN
        b: SELECT 1
    """),
    Row("SET LOCAL first", """
        a: BEGIN
        b: BEGIN
        a: SET LOCAL work_mem = '7MB'
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        b: SET LOCAL TimeZone = 'Asia/Tokyo'
        b: SHOW TimeZone
        b: ROLLBACK
        a: SHOW TimeZone
        b: SHOW TimeZone
    """, held=1),
    Row("SET that is rolled back, and SET that is not", """
        a: SET work_mem = '5MB'
        a: BEGIN
        b: BEGIN
        a: SET work_mem = '7MB'
        a: SET TimeZone = 'Asia/Tokyo'
        a: ROLLBACK
        b: SET work_mem = '9MB'
        b: SET TimeZone = 'Asia/Tokyo'
        b: COMMIT
        a: SHOW work_mem
        a: SHOW TimeZone
        b: SHOW work_mem
        b: SHOW TimeZone
    """, held=1),
    Row("settings are there before the transaction begins", """
        a: SET work_mem = '7MB'
        a: SET search_path = pg_catalog
        b: SELECT 1
        a: BEGIN
        a: SELECT nothing
        a: ROLLBACK
        a: SHOW work_mem
        a: SHOW search_path
        b: SHOW work_mem
        b: SHOW search_path
    """, held=1),
    Row("SET TRANSACTION first, and too late", """
        a: BEGIN
        a: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
        a: BEGIN
        a: SELECT 1
        a: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
        a: ROLLBACK
        a: START TRANSACTION
        a+ SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
        a: SHOW transaction_isolation
        a: COMMIT
    """),
    Row("defaults of the session decide what BEGIN begins", """
        a: SET default_transaction_isolation = 'serializable'
        a: SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
        b: BEGIN
        a: BEGIN
        b: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        b: COMMIT
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: CREATE TABLE nobody_makes_this ()
        a: COMMIT
        a: BEGIN
        a: COMMIT
        a: SHOW transaction_isolation
    """, held=1),
    Row("defaults that were given at startup", """
        a: BEGIN
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_deferrable')
        a: COMMIT
        b: BEGIN
        b: SHOW transaction_isolation
        b: COMMIT
    """, held=1, startup={"a": {"default_transaction_isolation": "repeatable read",
                                "default_transaction_deferrable": "on"}}),
    Row("what is not allowed in a transaction", """
        a: BEGIN
        a: VACUUM
        a: ROLLBACK
        a: BEGIN
        a: DISCARD ALL
        a: COMMIT
        a: BEGIN
        a: PREPARE TRANSACTION 'x'
        a: SELECT 1
        a: BEGIN
        a: COMMIT PREPARED 'x'
        a: ROLLBACK
    """),
    Row("cursors and COPY first", """
        a: BEGIN
        b: BEGIN
        a: DECLARE c CURSOR FOR SELECT generate_series(1, 3)
        a: FETCH 2 FROM c
        a: COMMIT
        b: COPY (SELECT 1) TO STDOUT
        b: COPY nowhere FROM STDIN
        b: COMMIT
        a: FETCH c
    """, held=1),
    Row("a temporary table of the transaction, and one of the session", """
        a: BEGIN
        a: CREATE TEMP TABLE mine (n int) ON COMMIT DROP
        a: COMMIT
        a: SELECT * FROM mine
        a: BEGIN
        a: CREATE TEMP TABLE kept (n int)
        a: COMMIT
        a: BEGIN
        a: SELECT * FROM kept
        a: COMMIT
        a: DROP TABLE kept
        a: BEGIN
        b: SELECT 1
        a: COMMIT
    """, held=2),
    Row("LISTEN and NOTIFY in it", """
        a: LISTEN news
        a: BEGIN
        b: NOTIFY news, 'meanwhile'
        a: COMMIT
        a: BEGIN
        a: NOTIFY news, 'own'
        a: COMMIT
        a: UNLISTEN *
    """, held=2),
    Row("a client leaves with nothing but BEGIN", """
        a: BEGIN
        b: BEGIN
        a.
        b: SELECT 1
        b.
        c: SELECT 1
    """, held=1),
    Row("READ COMMITTED by name", """
        a: SET default_transaction_isolation = 'repeatable read'
        a: BEGIN ISOLATION LEVEL READ COMMITTED
        b: SELECT 1
        a: SHOW transaction_isolation
        a: COMMIT
        a: START TRANSACTION ISOLATION LEVEL READ COMMITTED;
        a: ROLLBACK
        a: BEGIN ISOLATION LEVEL READ COMMITTED
        a: BEGIN ISOLATION LEVEL READ COMMITTED
        a: SHOW transaction_isolation
        a: COMMIT
        a: BEGIN
        a: SHOW transaction_isolation
        a: ROLLBACK
    """),
    Row("modes by name, and nothing in it", """
        a: BEGIN ISOLATION LEVEL REPEATABLE READ
        b: START TRANSACTION READ ONLY, DEFERRABLE;
        c: begin work isolation level read uncommitted not deferrable -- so
        d: SELECT 1
        a: COMMIT
        b: ROLLBACK
        c: END
        a: COMMIT
        d: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
    """),
    Row("modes are there with the first statement", """
        a: BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE
        b: BEGIN READ ONLY
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: SHOW transaction_deferrable
        a: CREATE TABLE nobody_makes_this ()
        a: COMMIT
        b+ CREATE TABLE nobody_makes_this ()
        b: ROLLBACK
        b: SHOW transaction_read_only
        a: SHOW transaction_isolation
    """),
    Row("a snapshot is that of the first statement", """
        a: CREATE TABLE seen (n int)
        a: BEGIN ISOLATION LEVEL REPEATABLE READ
        b: INSERT INTO seen VALUES (1)
        a: SELECT count(*) FROM seen
        b: INSERT INTO seen VALUES (2)
        a: SELECT count(*) FROM seen
        a: COMMIT
        a: SELECT count(*) FROM seen
        a: DROP TABLE seen
    """, held=2),
    Row("SET TRANSACTION behind BEGIN", """
        a: BEGIN
        b: START TRANSACTION
        a: SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
        b: SET TRANSACTION READ ONLY
        b:
        b: SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, DEFERRABLE;
        c: SELECT 1
        b: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        b: SHOW transaction_deferrable
        b: COMMIT
        a: SHOW transaction_isolation
        a: COMMIT
        a: BEGIN
        a: SET TRANSACTION READ ONLY
        b: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
        a: SET TRANSACTION READ ONLY
        a: SHOW transaction_read_only
    """),
    Row("SERIALIZABLE and READ WRITE", """
        a: BEGIN ISOLATION LEVEL SERIALIZABLE
        a: COMMIT
        a: BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE
        b: SELECT 1
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
        a: SET default_transaction_read_only = on
        a: BEGIN READ WRITE
        b: SELECT 1
        a: SHOW transaction_read_only
        a: ROLLBACK
        a: BEGIN
        a: SET TRANSACTION READ WRITE
        b: SELECT 1
        a: SHOW transaction_read_only
        a: ROLLBACK
        a: BEGIN
        a: SHOW transaction_read_only
        a: SET TRANSACTION READ WRITE
        a: COMMIT
    """),
    Row("modes that contradict each other", """
        a: BEGIN READ ONLY READ WRITE
        a: SHOW transaction_read_only
        a: COMMIT
        a: BEGIN READ ONLY
        a: SET TRANSACTION READ WRITE
        a: SHOW transaction_read_only
        a: COMMIT
        a: BEGIN ISOLATION LEVEL SERIALIZABLE, ISOLATION LEVEL READ COMMITTED, DEFERRABLE, NOT DEFERRABLE
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_deferrable')
        a: COMMIT
        a: BEGIN ISOLATION LEVEL REPEATABLE READ
        a: SET TRANSACTION ISOLATION LEVEL READ COMMITTED
        a: SHOW transaction_isolation
        a: COMMIT
    """),
    Row("modes that come too late, or are none", """
        a: BEGIN
        a: SET TRANSACTION SNAPSHOT 'none'
        a: ROLLBACK
        a: BEGIN READ
        a: BEGIN READ ONLY,
        a: BEGIN ISOLATION LEVEL SNAPSHOT
        a: BEGIN READ ONLY
        a: SELECT 1
        a: SET TRANSACTION READ WRITE
        a: ROLLBACK
        a: BEGIN
        a: SET TRANSACTION READ ONLY
        a: SAVEPOINT s
        a: SET TRANSACTION READ WRITE
        a: ROLLBACK TO s
        a: SHOW transaction_read_only
        a: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
        a: ROLLBACK
    """),
    Row("modes and chains", """
        a: BEGIN ISOLATION LEVEL REPEATABLE READ
        a: COMMIT AND CHAIN
        a: SHOW transaction_isolation
        a: ROLLBACK AND CHAIN
        a: SHOW transaction_isolation
        a: COMMIT
        a: BEGIN READ ONLY
        a: BEGIN READ WRITE
        a: SHOW transaction_read_only
        a: COMMIT
        b: SHOW transaction_isolation
    """),
    Row("modes, and an extended statement behind them", """
        a: BEGIN READ ONLY
        b: BEGIN
        b: SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
        a* SHOW transaction_read_only | SET LOCAL work_mem = '7MB' | SHOW work_mem | COMMIT
        b+ SHOW transaction_isolation
        b+ SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
        b: ROLLBACK
        b+ SHOW transaction_isolation
    """),
]
