"""LISTEN, NOTIFY and UNLISTEN: who listens holds no server, and is told what PostgreSQL would tell it.

pg_listening_channels() is asked for in order: PostgreSQL's is that of the LISTENs."""
from kit.script import Row

CHANNELS = "SELECT string_agg(c, ',' ORDER BY c) FROM pg_listening_channels() c"

ROWS = [
    Row("who listens holds no server", """
        a: LISTEN news
        b: NOTIFY news, 'one'
        a: SELECT 1
        b: NOTIFY news, 'two'
        b: NOTIFY others, 'three'
        a: SELECT 2
    """),
    Row("what a session tells itself comes before it is ready", """
        a: LISTEN news
        a: NOTIFY news, 'mine'
        a: SELECT pg_notify('news', 'by a function')
        a+ NOTIFY news
        a: NOTIFY news, '1'; NOTIFY news, '2'
    """),
    Row("notified in a transaction", """
        a: LISTEN news
        a: BEGIN
        a: NOTIFY news, 'at commit'
        a: SELECT 1
        a! NOTIFY news, 'meanwhile'
        a: SELECT 2
        a: COMMIT
        a: SELECT 3
    """),
    Row("a transaction that notifies and is rolled back", """
        a: LISTEN news
        a: BEGIN
        a: NOTIFY news, 'never'
        a: ROLLBACK
        a: SELECT 1
    """),
    Row("a LISTEN that is rolled back", f"""
        a: BEGIN
        a: LISTEN news
        a: ROLLBACK
        b: NOTIFY news, 'nobody'
        a: {CHANNELS}
    """),
    Row("a LISTEN counts from its commit on", f"""
        a: BEGIN
        a: LISTEN news
        b: NOTIFY news, 'too early'
        a: {CHANNELS}
        a: COMMIT
        b: NOTIFY news, 'heard'
        a: {CHANNELS}
    """, held=2),
    Row("LISTEN and NOTIFY in one transaction", """
        a: BEGIN
        a: LISTEN news
        a: NOTIFY news, 'own'
        a: COMMIT
        a: SELECT 1
    """),
    Row("a LISTEN in a savepoint that is rolled back", f"""
        a: BEGIN
        a: LISTEN kept
        a: SAVEPOINT s
        a: LISTEN lost
        a: ROLLBACK TO s
        a: COMMIT
        b: NOTIFY lost, 'no'; NOTIFY kept, 'yes'
        a: {CHANNELS}
    """),
    Row("a LISTEN whose text fails", f"""
        a: LISTEN news; SELECT 1/0
        b: NOTIFY news, 'nobody'
        a: {CHANNELS}
    """),
    Row("UNLISTEN", f"""
        a: LISTEN one; LISTEN two
        b: NOTIFY one, '1'; NOTIFY two, '2'
        a: {CHANNELS}
        a: UNLISTEN one
        b: NOTIFY one, '3'; NOTIFY two, '4'
        a: {CHANNELS}
        a: UNLISTEN *
        b: NOTIFY one, '5'; NOTIFY two, '6'
        a: {CHANNELS}
    """),
    Row("an UNLISTEN that is rolled back", f"""
        a: LISTEN one; LISTEN two
        a: BEGIN
        a: UNLISTEN one
        a: ROLLBACK
        a: BEGIN
        a: SAVEPOINT s
        a: UNLISTEN *
        a: ROLLBACK TO s
        a: UNLISTEN two
        a: COMMIT
        b: NOTIFY one, 'yes'; NOTIFY two, 'no'
        a: {CHANNELS}
    """),
    Row("UNLISTEN and NOTIFY in one transaction", f"""
        a: LISTEN one; LISTEN two; LISTEN three; LISTEN four
        a: UNLISTEN one; NOTIFY one, '1'; NOTIFY two, '2'
        a: BEGIN; NOTIFY two, '3'; UNLISTEN two; NOTIFY three, '4'; COMMIT
        a: BEGIN
        a: NOTIFY three, '5'
        a! NOTIFY four, '6'
        a: UNLISTEN three
        a: COMMIT
        a: {CHANNELS}
        a: NOTIFY four, '7'; UNLISTEN *
        a: {CHANNELS}
    """),
    Row("UNLISTEN of what nobody listens to", f"""
        a: UNLISTEN nothing
        a: LISTEN news
        a: UNLISTEN nothing
        b: NOTIFY news
        a: {CHANNELS}
    """),
    Row("twice is once", f"""
        a: LISTEN news
        a: LISTEN news
        b: NOTIFY news, 'once'
        a: {CHANNELS}
        a: UNLISTEN news
        b: NOTIFY news, 'not at all'
        a: {CHANNELS}
    """),
    Row("DISCARD ALL ends it", f"""
        a: LISTEN news
        a: DISCARD ALL
        b: NOTIFY news, 'nobody'
        a: {CHANNELS}
        a: LISTEN news
        b: NOTIFY news, 'again'
        a: SELECT 1
    """),
    Row("several who listen", """
        a: LISTEN news
        b: LISTEN news
        c: LISTEN news; LISTEN sport
        a: NOTIFY news, 'from a'
        b: SELECT 1
        c: NOTIFY sport, 'from c'
        a: SELECT 1
        b: NOTIFY news, 'from b'
        c: SELECT 1
        a: SELECT 2
        b: UNLISTEN news
        a: NOTIFY news, 'again'
        b: SELECT 2
        c: SELECT 2
    """),
    Row("each LISTEN adds one more", f"""
        a: LISTEN a
        a: LISTEN b
        b: NOTIFY a, '1'; NOTIFY b, '2'; NOTIFY c, '3'
        a: LISTEN c
        b: NOTIFY a, '4'; NOTIFY b, '5'; NOTIFY c, '6'
        a: {CHANNELS}
    """),
    Row("names and payloads as they are", f"""
        a: LISTEN "Two Words"
        a: LISTEN "with ""quotes"" and 'others'"
        a: LISTEN FOLDED
        b: NOTIFY "Two Words", 'it''s'; NOTIFY "with ""quotes"" and 'others'", 'a\\b'; NOTIFY folded
        a: {CHANNELS}
        b: SELECT pg_notify('folded', repeat('x', 7999))
        a: SELECT 1
    """),
    Row("the same twice in a transaction is told once", """
        a: LISTEN news
        b: BEGIN
        b: NOTIFY news, 'x'
        b: NOTIFY news, 'x'
        b: NOTIFY news, 'y'
        b: COMMIT
        a: SELECT 1
    """),
    Row("a hundred in their order", """
        a: LISTEN news
        b: SELECT pg_notify('news', i::text) FROM generate_series(1, 100) i
        a: SELECT 1
    """),
    Row("LISTEN in the extended protocol", f"""
        a+ LISTEN news
        b+ NOTIFY news, 'one'
        a+ {CHANNELS}
        a+ UNLISTEN news
        b+ NOTIFY news, 'two'
        a+ {CHANNELS}
    """),
    Row("prepared and executed again", f"""
        a= l LISTEN news
        a= u UNLISTEN news
        a@ l
        b: NOTIFY news, 'one'
        a: SELECT 1
        a@ u
        b: NOTIFY news, 'two'
        a: {CHANNELS}
        a@ l
        b: NOTIFY news, 'three'
        a: {CHANNELS}
    """),
    Row("in a pipeline", f"""
        a* SELECT 1 | LISTEN news | SELECT 2
        b: NOTIFY news, 'one'
        a* SELECT 3 | SELECT pg_notify('news', 'two') | SELECT 4
        a: {CHANNELS}
    """),
    Row("a block that listens", f"""
        a: DO $$ BEGIN EXECUTE 'LISTEN news'; END $$
        b: NOTIFY news, 'one'
        a: {CHANNELS}
    """, held=2),
    Row("who is pinned for another reason listens, too", f"""
        a: CREATE TEMP TABLE mine (n int)
        a: LISTEN news
        b: NOTIFY news, 'one'
        a: {CHANNELS}
        a: NOTIFY news, 'two'
        a: DROP TABLE mine
        b: NOTIFY news, 'three'
        a: {CHANNELS}
        a: UNLISTEN *
        b: NOTIFY news, 'four'
        a: {CHANNELS}
    """, held=2),
    Row("who thinks better of it at once holds no server", f"""
        a: LISTEN news
        a: UNLISTEN news
        b: NOTIFY news, 'one'
        a: {CHANNELS}
        a: LISTEN sport
        b: NOTIFY sport, 'two'
        a: UNLISTEN *
        b: NOTIFY sport, 'three'
    """),
    Row("settings and channels together", f"""
        a: SET work_mem = '7MB'
        a: LISTEN news
        b: NOTIFY news, 'one'
        a: SHOW work_mem
        a: SET work_mem = '8MB'; UNLISTEN news
        b: NOTIFY news, 'two'
        a: SHOW work_mem
        a: {CHANNELS}
    """),
    Row("another encoding", f"""
        a: LISTEN news
        a: SET client_encoding = 'LATIN1'
        b: NOTIFY news, 'one'
        a: SHOW client_encoding
        a: SET client_encoding = 'UTF8'; NOTIFY news, 'two'
        b: SELECT pg_notify('news', U&'\\00e4')
        a: SHOW client_encoding
        a: BEGIN
        a: SET client_encoding = 'LATIN9'
        a: NOTIFY news, 'three'
        a! NOTIFY news, 'four'
        a: COMMIT
        b: NOTIFY news, 'five'
        a: {CHANNELS}
        a: RESET ALL
        b: SELECT pg_notify('news', U&'\\00e4')
        a: {CHANNELS}
    """),
    Row("the name of our own channel", f"""
        a: LISTEN pgweir_turn
        b: NOTIFY pgweir_turn, 'one'
        a: {CHANNELS}
        b: {CHANNELS}
        a: LISTEN news
        b: NOTIFY pgweir_turn, 'two'; NOTIFY news, 'three'
        a: {CHANNELS}
        a: UNLISTEN pgweir_turn
        b: NOTIFY pgweir_turn, 'four'; NOTIFY news, 'five'
        b: {CHANNELS}
        a: {CHANNELS}
        a: LISTEN pgweir_turn
        a: UNLISTEN *
        b: NOTIFY pgweir_turn, 'six'
        b: {CHANNELS}
        a: {CHANNELS}
    """, held=2),
    Row("an error tells what was notified before", """
        a: LISTEN news
        b: NOTIFY news, 'one'
        a: SELECT 1/0
        a: BEGIN
        a: SELECT 1/0
        b: NOTIFY news, 'two'
        a: SELECT 1
        a: ROLLBACK
    """, held=2),
    Row("an empty query, too", """
        a: LISTEN news
        a: SELECT 1
        a: ;
        a: SELECT 2
    """),
]
