"""SET LOCAL and set_config(.., true): settings of one transaction."""
from kit.script import Row

ROWS = [
    Row("SET LOCAL ends with COMMIT", """
        a: BEGIN
        a: SET LOCAL work_mem = '7MB'
        b: SHOW work_mem
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """, held=2),
    Row("SET LOCAL ends with ROLLBACK", """
        a: BEGIN
        a: SET LOCAL work_mem = '7MB'
        a: ROLLBACK
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("SET LOCAL over SET leaves the SET", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: BEGIN
        a: SET LOCAL work_mem = '8MB'
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET and then SET LOCAL in one transaction", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SET LOCAL work_mem = '8MB'
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL and then SET in one transaction", """
        a: BEGIN
        a: SET LOCAL work_mem = '8MB'
        a: SET work_mem = '7MB'
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET and then SET LOCAL, rolled back", """
        a: SET work_mem = '6MB'
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SET LOCAL work_mem = '8MB'
        a: ROLLBACK
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("RESET behind SET LOCAL", """
        a: SET work_mem = '7MB'
        a: BEGIN
        a: SET LOCAL work_mem = '8MB'
        a: RESET work_mem
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL TO DEFAULT", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: BEGIN
        a: SET LOCAL work_mem TO DEFAULT
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL behind a savepoint that is released", """
        a: BEGIN
        a: SAVEPOINT s
        a: SET LOCAL work_mem = '7MB'
        a: RELEASE s
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL behind a savepoint that is rolled back to", """
        a: BEGIN
        a: SET LOCAL work_mem = '7MB'
        a: SAVEPOINT s
        a: SET LOCAL work_mem = '8MB'
        a: ROLLBACK TO s
        a: SHOW work_mem
        a: COMMIT
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("SET LOCAL and an error", """
        a: BEGIN
        a: SET LOCAL work_mem = '7MB'
        a: SELECT 1/0
        a: SHOW work_mem
        a: ROLLBACK
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL ends where the next transaction is chained", """
        a: BEGIN
        a: SET LOCAL work_mem = '7MB'
        a: COMMIT AND CHAIN
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("set_config for the transaction", """
        a: BEGIN
        a: SELECT set_config('work_mem', '7MB', true)
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("set_config for the transaction outside of one", """
        a: SELECT set_config('work_mem', '7MB', true)
        a: SHOW work_mem
        b: SHOW work_mem
    """),
    Row("set_config once for the transaction and once for the session", """
        a: BEGIN
        a: SELECT set_config('work_mem', '7MB', true), set_config('enable_seqscan', 'off', false)
        a: COMMIT
        b: SELECT current_setting('work_mem'), current_setting('enable_seqscan')
        a: SELECT current_setting('work_mem'), current_setting('enable_seqscan')
    """),
    Row("set_config whose last argument is given by Bind", """
        a= s SELECT set_config('work_mem', $1, $2)
        a@ s 7MB true
        b: SHOW work_mem
        a: SHOW work_mem
        a@ s 8MB false
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("SET LOCAL search_path", """
        a: BEGIN
        a: SET LOCAL search_path = pg_catalog
        a: SELECT current_schema()
        b: SELECT current_schema()
        a: COMMIT
        a: SELECT current_schema()
    """, held=2),
    Row("SET LOCAL of something that is reported", """
        a: BEGIN
        a: SET LOCAL TIME ZONE 'Asia/Tokyo'
        a: SELECT '2001-02-03 04:05:06+00'::timestamptz
        b: SHOW TimeZone
        a: COMMIT
        a: SHOW TimeZone
    """, held=2),
    Row("SET LOCAL in the extended protocol", """
        a+ BEGIN
        a+ SET LOCAL work_mem = '7MB'
        a+ SHOW work_mem
        a+ COMMIT
        b+ SHOW work_mem
        a+ SHOW work_mem
    """),
    Row("a custom setting of the transaction, seen in it", """
        a: BEGIN
        a: SET LOCAL app.request = '7'
        a: SHOW app.request
        b: SELECT current_setting('app.request', true)
        a: SELECT current_setting('app.request')
        a: COMMIT
    """, held=2),
    Row("set_config for the transaction with parameters, as frameworks ask for it", """
        a= s SELECT set_config($1, $2, true)
        a@ s work_mem 7MB
        b: SHOW work_mem
        a: BEGIN
        a@ s search_path pg_temp,public
        a: CREATE TABLE mine AS SELECT 7 AS seven
        a: COMMIT
        b: SELECT seven FROM mine
        a: SELECT seven FROM mine
        a: DROP TABLE mine
        b: SELECT current_setting('work_mem'), current_setting('search_path')
        a: SELECT current_setting('work_mem'), current_setting('search_path')
    """, held=2),
    Row("set_config for the transaction with parameters keeps no server", """
        a= s SELECT set_config($1, $2, true)
        a@ s work_mem 7MB
        b: SHOW work_mem
        a@ s work_mem 8MB
        b: SHOW work_mem
    """),
]
