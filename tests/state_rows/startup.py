"""What a client asks for when it connects, and what brings it back."""
from kit.script import Row

ROWS = [
    Row("a setting as a startup parameter of its own", """
        a: SHOW work_mem
        b: SHOW work_mem
        a: SHOW work_mem
    """, startup={"a": {"work_mem": "5MB"}}),
    Row("settings of two clients in their options", """
        a: SHOW work_mem
        b: SHOW work_mem
        c: SHOW work_mem
        a: SHOW work_mem
        b: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB"}, "b": {"options": "-c work_mem=6MB"}}),
    Row("options with two dashes", """
        a: SELECT current_setting('work_mem'), current_setting('statement_timeout')
        b: SELECT current_setting('work_mem'), current_setting('statement_timeout')
    """, startup={"a": {"options": "--work-mem=5MB --statement_timeout=55s"}}),
    Row("options with an escaped blank", """
        a: SHOW search_path
        b: SHOW search_path
        a: SELECT current_schemas(false)
    """, startup={"a": {"options": "-c search_path=pg_catalog,\\ public -c geqo=off"}}),
    Row("of one setting given twice in the options the last one counts", """
        a: SHOW work_mem
        b: SHOW work_mem
        a: RESET work_mem
        a: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB -c work_mem=6MB"}}),
    Row("a startup parameter is stronger than the options", """
        a: SHOW work_mem
        b: SHOW work_mem
        a: SET work_mem = '7MB'
        a: RESET work_mem
        a: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB", "work_mem": "6MB"}}),
    Row("a startup parameter is stronger than the options behind it", """
        a: SHOW work_mem
        b: SHOW work_mem
        a: SET work_mem = '7MB'
        a: RESET work_mem
        a: SHOW work_mem
    """, startup={"a": {"work_mem": "6MB", "options": "-c work_mem=5MB"}}),
    Row("a startup parameter that is reported is stronger than the options behind it", """
        a: SHOW DateStyle
        a: SELECT '2001-02-03'::date
        b: SELECT '2001-02-03'::date
    """, startup={"a": {"DateStyle": "German", "options": "-c DateStyle=SQL"}}),
    Row("a custom setting at startup", """
        a: SHOW app.tenant
        b: SELECT current_setting('app.tenant', true)
        a: SET app.tenant = '8'
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
        a: RESET app.tenant
        b: SELECT current_setting('app.tenant', true)
        a: SHOW app.tenant
    """, startup={"a": {"options": "-c app.tenant=7"}}),
    Row("two clients of two tenants from the start", """
        a: SHOW app.tenant
        b: SHOW app.tenant
        a: SHOW app.tenant
        b: SHOW app.tenant
    """, startup={"a": {"options": "-c app.tenant=7"}, "b": {"options": "-c app.tenant=8"}}),
    Row("what drivers ask for at startup is reported and kept", """
        a: SELECT '2001-02-03'::date, '14:00+00'::timetz
        b: SELECT '2001-02-03'::date
        a: SELECT '2001-02-03 04:05:06+00'::timestamptz
        b: SHOW application_name
        a: SHOW application_name
    """, startup={"a": {"application_name": "billing", "DateStyle": "German", "TimeZone": "Asia/Tokyo"}}),
    Row("the name of a startup parameter may be written in any case", """
        a: SHOW timezone
        b: SHOW timezone
        a: SHOW datestyle
    """, startup={"a": {"TIMEZONE": "asia/tokyo", "datestyle": "iso, dmy"}}),
    Row("DISCARD ALL is back to startup", """
        a: SET work_mem = '7MB'
        a: SET TimeZone = 'UTC'
        b: SHOW work_mem
        a: DISCARD ALL
        b: SHOW work_mem
        a: SELECT current_setting('work_mem'), current_setting('TimeZone')
    """, startup={"a": {"options": "-c work_mem=5MB", "TimeZone": "Asia/Tokyo"}}),
    Row("SET TO DEFAULT is back to startup", """
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a: SET work_mem TO DEFAULT
        b: SHOW work_mem
        a: SHOW work_mem
        a: SET SESSION work_mem = DEFAULT
        a: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB"}}),
    Row("RESET of a reported setting is back to startup", """
        a: SET application_name = 'other'
        b: SHOW application_name
        a: RESET application_name
        b: SHOW application_name
        a: SHOW application_name
        b: SET application_name = 'mine'
        b: RESET application_name
        b: SHOW application_name
    """, startup={"a": {"application_name": "billing"}}),
    Row("SET LOCAL over a startup setting ends at it", """
        a: BEGIN
        a: SET LOCAL work_mem = '7MB'
        a: SHOW work_mem
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=5MB"}}),
    Row("a rolled-back SET over a startup setting ends at it", """
        a: BEGIN
        a: SET work_mem = '7MB'
        a: SET application_name = 'other'
        a: ROLLBACK
        b: SHOW work_mem
        a: SELECT current_setting('work_mem'), current_setting('application_name')
    """, startup={"a": {"options": "-c work_mem=5MB", "application_name": "billing"}}),
    Row("a role at startup", """
        a: SELECT current_user, session_user
        b: SELECT current_user, session_user
        a: SET ROLE NONE
        a: SELECT current_user
        b: SELECT current_user
        a: RESET ROLE
        b: SELECT current_user
        a: SELECT current_user
    """, startup={"a": {"options": "-c role=pg_monitor"}}),
    Row("a client that only reads from the start", """
        a: CREATE TABLE nobody_makes_this ()
        b: CREATE TABLE somebody_makes_this ()
        a: DROP TABLE somebody_makes_this
        b: DROP TABLE somebody_makes_this
        a: SHOW transaction_read_only
    """, startup={"a": {"options": "-c default_transaction_read_only=on"}}),
    Row("a startup setting that is no value is refused", """
        a.
        b: SHOW work_mem
    """, startup={"a": {"options": "-c work_mem=nonsense"}}),
    Row("a startup setting that nobody knows is refused", """
        a.
        b: SELECT 1
    """, startup={"a": {"no_such_setting": "1"}}),
    Row("a startup setting that is not the client's to choose is refused", """
        a.
        b.
        c: SELECT 1
    """, startup={"a": {"options": "-c log_statement=all"}, "b": {"options": "-c shared_buffers=1GB"}}),
    Row("startup settings of one who left are nobody's", """
        a: SHOW work_mem
        b: SHOW work_mem
        a.
        c: SHOW work_mem
        b: SHOW application_name
    """, startup={"a": {"options": "-c work_mem=5MB", "application_name": "billing"}}),
]
