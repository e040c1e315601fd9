"""Advisory locks: those of the session hold its server, those of the transaction do not outlive it."""
from kit.script import Row

ROWS = [
    Row("a lock that was taken twice is given back twice", """
        a: SELECT pg_advisory_lock(7)
        a: SELECT pg_advisory_lock(7)
        a: SELECT pg_advisory_unlock(7)
        b: SELECT pg_try_advisory_lock(7)
        a: SELECT pg_advisory_unlock(7)
        b: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_advisory_unlock(7)
        a: SELECT pg_advisory_unlock(7)
    """, held=2),
    Row("a lock that was tried for", """
        a: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_try_advisory_lock(8)
        a: SELECT pg_try_advisory_lock(8)
        b: SELECT pg_advisory_unlock(8)
        a: SELECT pg_try_advisory_lock(8)
        a: SELECT pg_advisory_unlock(7), pg_advisory_unlock(8)
        b: SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7)
    """, held=2),
    Row("shared locks", """
        a: SELECT pg_advisory_lock_shared(7)
        b: SELECT pg_try_advisory_lock_shared(7)
        c: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_advisory_unlock_shared(7)
        a: SELECT pg_advisory_unlock_shared(7)
        c: SELECT pg_try_advisory_lock(7)
        a: SELECT pg_try_advisory_lock_shared(7)
        c: SELECT pg_advisory_unlock(7)
    """, held=3),
    Row("locks of two keys", """
        a: SELECT pg_advisory_lock(1, 2)
        b: SELECT pg_try_advisory_lock(1, 2)
        b: SELECT pg_try_advisory_lock(2, 1)
        b: SELECT pg_advisory_unlock(2, 1)
        a: SELECT pg_advisory_unlock(1, 2)
        b: SELECT pg_try_advisory_lock(1, 2)
        b: SELECT pg_advisory_unlock(1, 2)
        a: SELECT 1
    """, held=2),
    Row("one key is another lock than two", """
        a: SELECT pg_advisory_lock(4294967298)
        b: SELECT pg_try_advisory_lock(1, 2)
        a: SELECT pg_advisory_unlock(1, 2)
        b: SELECT pg_advisory_unlock(1, 2)
        a: SELECT pg_advisory_unlock(4294967298)
        b: SELECT 1
    """, held=2),
    Row("unlock_all", """
        a: SELECT pg_advisory_lock(7), pg_advisory_lock_shared(8), pg_advisory_lock(9, 9)
        b: SELECT pg_try_advisory_lock(7), pg_try_advisory_lock(8), pg_try_advisory_lock(9, 9)
        a: SELECT pg_advisory_unlock_all()
        b: SELECT pg_try_advisory_lock(7), pg_try_advisory_lock(8), pg_try_advisory_lock(9, 9)
        b: SELECT pg_advisory_unlock_all()
        a: SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    """, held=2),
    Row("a lock of the transaction ends with it", """
        a: BEGIN
        a: SELECT pg_advisory_xact_lock(7)
        b: SELECT pg_try_advisory_xact_lock(7)
        a: COMMIT
        b: SELECT pg_try_advisory_xact_lock(7)
        a: SELECT pg_try_advisory_xact_lock(7)
    """, held=2),
    Row("a shared lock of the transaction, and one of two keys", """
        a: BEGIN
        a: SELECT pg_advisory_xact_lock_shared(7), pg_advisory_xact_lock(1, 2)
        b: SELECT pg_try_advisory_xact_lock_shared(7), pg_try_advisory_xact_lock(7)
        b: SELECT pg_try_advisory_xact_lock_shared(1, 2)
        a: ROLLBACK
        b: SELECT pg_try_advisory_xact_lock(7), pg_try_advisory_xact_lock(1, 2)
        a: SELECT 1
    """, held=2),
    Row("a lock of the transaction cannot be given back", """
        a: BEGIN
        a: SELECT pg_advisory_xact_lock(7)
        a: SELECT pg_advisory_unlock(7)
        a: SELECT pg_advisory_unlock_all()
        b: SELECT pg_try_advisory_xact_lock(7)
        a: COMMIT
        b: SELECT pg_try_advisory_xact_lock(7)
    """, held=2),
    Row("a lock of the transaction behind a savepoint", """
        a: BEGIN
        a: SAVEPOINT s
        a: SELECT pg_advisory_xact_lock(7)
        a: ROLLBACK TO s
        b: SELECT pg_try_advisory_xact_lock(7)
        a: COMMIT
        b: SELECT 1
    """, held=2),
    Row("a lock of the session outlives a rolled-back transaction", """
        a: BEGIN
        a: SELECT pg_advisory_lock(7)
        a: ROLLBACK
        b: SELECT pg_try_advisory_lock(7)
        a: SELECT pg_advisory_unlock(7)
        b: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_advisory_unlock(7)
        a: SELECT 1
    """, held=2),
    Row("a lock that was given back stays given back when that is rolled back", """
        a: SELECT pg_advisory_lock(7)
        a: BEGIN
        a: SELECT pg_advisory_unlock(7)
        a: ROLLBACK
        b: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_advisory_unlock(7)
        a: SELECT 1
    """),
    Row("unlocking what one has not", """
        a: SELECT pg_advisory_unlock(7)
        b: SELECT pg_advisory_lock(7)
        a: SELECT pg_advisory_unlock(7)
        a: SELECT pg_advisory_unlock_shared(7)
        b: SELECT pg_advisory_unlock_shared(7)
        b: SELECT pg_advisory_unlock(7)
        a: SELECT pg_advisory_unlock_all()
    """, held=2),
    Row("DISCARD ALL gives locks back, RESET ALL does not", """
        a: SELECT pg_advisory_lock(7)
        a: RESET ALL
        b: SELECT pg_try_advisory_lock(7)
        a: DISCARD ALL
        b: SELECT pg_try_advisory_lock(7)
        b: SELECT pg_advisory_unlock(7)
        a: SELECT 1
    """, held=2),
    Row("a lock in the extended protocol, as migrations take it", """
        a= lock SELECT pg_try_advisory_lock($1)
        a= unlock SELECT pg_advisory_unlock($1)
        b= lock SELECT pg_try_advisory_lock($1)
        a@ lock 7205759403792793
        b@ lock 7205759403792793
        a@ unlock 7205759403792793
        b@ lock 7205759403792793
        a@ lock 7205759403792793
        b: DISCARD ALL
        a: SELECT 1
    """, held=2),
    Row("a lock that a condition never took", """
        a: SELECT pg_advisory_lock(7) WHERE false
        b: SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7)
        a: SELECT 1
    """),
]
