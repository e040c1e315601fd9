"""What SET means in transactions that are chained, that fail, that are rolled back in part; their characteristics."""
from kit.script import Row

ROWS = [
    Row("SET TRANSACTION ends with the transaction", """
        a: BEGIN
        a: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY
        a: SHOW transaction_isolation
        a: CREATE TABLE nobody_makes_this ()
        a: ROLLBACK
        a: SHOW transaction_isolation
        b: SHOW transaction_isolation
        b: SHOW transaction_read_only
    """),
    Row("the characteristics of BEGIN are of this transaction only", """
        a: BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
        b: SHOW transaction_isolation
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
        a: START TRANSACTION
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
    """, held=2),
    Row("the transaction's own settings as settings", """
        a: BEGIN
        a: SET transaction_isolation = 'repeatable read'
        a: SET transaction_read_only = on
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
        b: SHOW transaction_isolation
        a: SHOW transaction_read_only
    """),
    Row("it is too late for another isolation level", """
        a: BEGIN
        a: SELECT 1
        a: SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
        a: COMMIT
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
    """),
    Row("SESSION CHARACTERISTICS follow their client", """
        a: SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
        b: SHOW default_transaction_isolation
        a: SHOW default_transaction_isolation
        a: BEGIN
        a: SHOW transaction_isolation
        a: COMMIT
    """),
    Row("a client that only reads, by SESSION CHARACTERISTICS", """
        a: SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
        b: CREATE TABLE only_b_makes_this ()
        a: DROP TABLE only_b_makes_this
        b: DROP TABLE only_b_makes_this
        a: SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
        b: SHOW transaction_read_only
        a: SHOW transaction_read_only
    """),
    Row("SESSION CHARACTERISTICS that are rolled back", """
        a: BEGIN
        a: SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ
        a: SHOW transaction_isolation
        a: SHOW default_transaction_isolation
        a: ROLLBACK
        b: SHOW default_transaction_isolation
        a: SHOW default_transaction_isolation
    """),
    Row("a default isolation level set by its name", """
        a: SET default_transaction_isolation = 'repeatable read'
        a: SET default_transaction_deferrable = on
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
        a: SHOW transaction_deferrable
        b: SHOW transaction_deferrable
    """),
    Row("a chained transaction has the same characteristics", """
        a: BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY
        a: SELECT 1
        a: COMMIT AND CHAIN
        b: SHOW transaction_isolation
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: ROLLBACK AND CHAIN
        a: SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')
        a: COMMIT
        b: SHOW transaction_isolation
        a: SHOW transaction_isolation
    """, held=2),
    Row("COMMIT AND CHAIN keeps a SET, ROLLBACK AND CHAIN does not", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: COMMIT AND CHAIN
        a: SHOW work_mem
        a: SET work_mem = '8MB'
        a: ROLLBACK AND CHAIN
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("COMMIT AND CHAIN without a transaction", """
        a: SET work_mem = '7MB'
        a: COMMIT AND CHAIN
        b: SHOW work_mem
        a: ROLLBACK AND CHAIN
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("in a failed transaction nothing is set", """
        a: SET work_mem = '7MB'
        a: BEGIN
        a: SET work_mem = '8MB'
        a: SELECT 1/0
        a: SET work_mem = '9MB'
        a: RESET ALL
        a: ROLLBACK
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("COMMIT of a failed transaction rolls its SET back", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SET TIME ZONE 'Asia/Tokyo'
        a: SELECT 1/0
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
        a: SHOW TimeZone
    """),
    Row("a failed transaction goes on from a savepoint", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SAVEPOINT s
        a: SET enable_seqscan = off
        a: SELECT 1/0
        a: ROLLBACK TO SAVEPOINT s
        a: SHOW enable_seqscan
        a: SET geqo = off
        a: COMMIT
        b: SELECT current_setting('work_mem'), current_setting('enable_seqscan'), current_setting('geqo')
        a: SELECT current_setting('work_mem'), current_setting('enable_seqscan'), current_setting('geqo')
    """),
    Row("two savepoints of one name", """
        a: BEGIN
        a: SET work_mem = '5MB'
        a: SAVEPOINT s
        a: SET work_mem = '6MB'
        a: SAVEPOINT s
        a: SET work_mem = '7MB'
        a: ROLLBACK TO s
        a: SHOW work_mem
        a: RELEASE s
        a: ROLLBACK TO s
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a savepoint that is not there fails the transaction", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: ROLLBACK TO nowhere
        a: COMMIT
        b: SHOW work_mem
        a: SAVEPOINT s
        a: RELEASE s
        a: SHOW work_mem
    """),
    Row("a transaction in two phases that cannot be prepared is rolled back", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: PREPARE TRANSACTION 'rows'
        b: SHOW work_mem
        a: SHOW work_mem
        a: COMMIT PREPARED 'rows'
        a: ROLLBACK PREPARED 'rows'
    """),
    Row("three clients in transactions of their own", """
        a: BEGIN
        a: SET work_mem = '5MB'
        b: BEGIN
        b: SET work_mem = '6MB'
        c: BEGIN
        c: SET LOCAL work_mem = '7MB'
        a: SHOW work_mem
        b: SHOW work_mem
        c: SHOW work_mem
        b: COMMIT
        a: ROLLBACK
        c: COMMIT
        a: SHOW work_mem
        b: SHOW work_mem
        c: SHOW work_mem
    """, held=3),
    Row("a transaction by its other words", """
        a: BEGIN WORK
        a: SET work_mem = '7MB'
        a: END TRANSACTION
        b: BEGIN TRANSACTION
        b: SET work_mem = '8MB'
        b: ABORT
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("nothing of a transaction that was cut off by its client's leaving", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: CREATE TEMP TABLE mine ()
        a.
        b: SHOW work_mem
        b: SELECT count(*) FROM pg_class WHERE relname = 'mine' AND relnamespace = pg_my_temp_schema()
    """),
]
