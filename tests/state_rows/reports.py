"""What PostgreSQL reports by itself when it changes (ParameterStatus), to whom, and when."""
from kit.script import Row

ROWS = [
    Row("the time zone is reported to whom set it", """
        a: SET TimeZone = 'Asia/Tokyo'
        b: SHOW TimeZone
        a: SHOW TimeZone
        b: SET TimeZone = 'America/Lima'
        a: SHOW TimeZone
        b: SHOW TimeZone
    """),
    Row("what is set to what it is already is not reported", """
        a: SET TimeZone = 'Asia/Tokyo'
        b: SET TimeZone = 'Asia/Tokyo'
        a: SET TimeZone = 'Asia/Tokyo'
        b: RESET TimeZone
        b: RESET TimeZone
        a: SET TimeZone = 'Asia/Tokyo'
    """),
    Row("what is set twice in one text is reported once", """
        a: SET application_name = 'one'; SET application_name = 'two'
        b: SHOW application_name
        a: SET application_name = 'three'; SET application_name = 'two'
        b: SHOW application_name
        a: SHOW application_name
    """),
    Row("a report that a rollback takes back", """
        a: BEGIN
        a: SET TimeZone = 'Asia/Tokyo'
        b: SHOW TimeZone
        a: ROLLBACK
        b: SHOW TimeZone
        a: SHOW TimeZone
    """, held=2),
    Row("a report that a rollback to a savepoint takes back", """
        a: BEGIN
        a: SET application_name = 'one'
        a: SAVEPOINT s
        a: SET application_name = 'two'
        a: ROLLBACK TO s
        a: COMMIT
        b: SHOW application_name
        a: SHOW application_name
    """),
    Row("a report of what was set for the transaction", """
        a: SET application_name = 'session'
        a: BEGIN
        a: SET LOCAL application_name = 'transaction'
        b: SHOW application_name
        a: COMMIT
        b: SHOW application_name
        a: SHOW application_name
    """, held=2),
    Row("nothing is reported of a SET that came and went in one text", """
        a: SET TimeZone = 'Asia/Tokyo'; SELECT 1/0
        a: SET LOCAL TimeZone = 'Asia/Tokyo'; SHOW TimeZone
        b: SHOW TimeZone
        a: BEGIN; SET TimeZone = 'Asia/Tokyo'; ROLLBACK
        a: SHOW TimeZone
    """),
    Row("an error in a transaction takes a report back at once", """
        a: BEGIN
        a: SET TimeZone = 'Asia/Tokyo'
        a: SELECT 1/0
        a: ROLLBACK
        b: SHOW TimeZone
        a: SHOW TimeZone
    """),
    Row("RESET ALL reports everything that it changes", """
        a: SET DateStyle = 'SQL, DMY'
        a: SET IntervalStyle = 'iso_8601'
        a: SET TimeZone = 'Asia/Tokyo'
        b: SHOW DateStyle
        a: RESET ALL
        b: RESET ALL
        a: SELECT '2001-02-03'::date, '1 day 02:03:04'::interval
    """),
    Row("DISCARD ALL reports everything that it changes", """
        a: SET DateStyle = 'SQL, DMY'
        a: SET application_name = 'billing'
        b: SET application_name = 'shipping'
        a: DISCARD ALL
        b: SHOW application_name
        a: SHOW DateStyle
        b: DISCARD ALL
    """),
    Row("half a DateStyle", """
        a: SET DateStyle = 'DMY'
        b: SET DateStyle TO German
        a: SHOW DateStyle
        a: SET DateStyle = 'SQL'
        b: SELECT '03.02.2001'::date
        a: SELECT '03/02/2001'::date
        b: SET DateStyle = ISO, YMD
        b: SELECT '2001-02-03'::date
        a: SHOW DateStyle
    """),
    Row("time zones as numbers and intervals", """
        a: SET TIME ZONE -3
        b: SET TIME ZONE INTERVAL '+05:30' HOUR TO MINUTE
        a: SHOW TimeZone
        b: SHOW TimeZone
        a: SELECT '2001-02-03 04:05:06+00'::timestamptz
        b: SELECT '2001-02-03 04:05:06+00'::timestamptz
        a: SET TIME ZONE 'EST5EDT'
        b: SELECT '2001-02-03 04:05:06+00'::timestamptz
        a: SELECT '2001-07-03 04:05:06+00'::timestamptz
    """),
    Row("a value is reported in PostgreSQL's own words", """
        a: SET TimeZone = 'utc'
        a: SET IntervalStyle = 'SQL_Standard'
        a: SET standard_conforming_strings = 'no'
        a: SET client_encoding = 'utf-8'
        b: SHOW TimeZone
        a: SHOW TimeZone; SHOW IntervalStyle; SHOW standard_conforming_strings; SHOW client_encoding
    """),
    Row("the application's name is cleaned", """
        a: SET application_name = 'Zürich'
        b: SHOW application_name
        a: SHOW application_name
        a: SET application_name = 'it''s "7"'
        b: SHOW application_name
        a: SHOW application_name
    """),
    Row("client_encoding by its names", """
        a: SET client_encoding = 'LATIN1'
        b: SHOW client_encoding
        a: SHOW client_encoding
        b: SET NAMES 'SQL_ASCII'
        a: SET NAMES DEFAULT
        b: SHOW client_encoding
        a: SHOW client_encoding
        b: RESET client_encoding
        b: SHOW client_encoding
    """),
    Row("standard_conforming_strings", """
        a: SET standard_conforming_strings = off
        a: SELECT 'a' || length('b\\\\c')
        b: SELECT 'a' || length('b\\\\c')
        a: SHOW standard_conforming_strings
        b: SHOW standard_conforming_strings
        a: SET standard_conforming_strings = on
        b: SELECT length('b\\\\c')
        a: SELECT length('b\\\\c')
    """),
    Row("a default of transactions is reported", """
        a: SET default_transaction_read_only = on
        b: SHOW default_transaction_read_only
        a: SHOW transaction_read_only
        a: SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
        b: SHOW transaction_read_only
        a: SHOW transaction_read_only
    """),
    Row("a role is not reported", """
        a: SET ROLE pg_monitor
        b: SHOW is_superuser
        a: SHOW is_superuser
        a: SHOW session_authorization
        b: SHOW session_authorization
    """),
    Row("a report in the extended protocol", """
        a+ SET TimeZone = 'Asia/Tokyo'
        b+ SHOW TimeZone
        a+ SHOW TimeZone
        a= s SET TimeZone = 'America/Lima'
        b+ SHOW TimeZone
        a@ s
        a@ s
        b+ SHOW TimeZone
        a+ RESET TimeZone
        a+ SHOW TimeZone
    """),
    Row("set_config is reported, too", """
        a: SELECT set_config('TimeZone', 'Asia/Tokyo', false)
        b: SHOW TimeZone
        a: BEGIN
        a: SELECT set_config('application_name', 'for now', true)
        a: COMMIT
        b: SHOW application_name
        a: SHOW TimeZone; SHOW application_name
    """),
    Row("who leaves takes a reported setting along", """
        a: SET TimeZone = 'Asia/Tokyo'
        a: SET application_name = 'billing'
        a.
        b: SHOW TimeZone
        c: SHOW application_name
        b: SET TimeZone = 'Asia/Tokyo'
    """),
    Row("two clients that differ in everything that is reported", """
        a: SHOW DateStyle; SHOW IntervalStyle; SHOW TimeZone; SHOW application_name; SHOW client_encoding
        b: SHOW DateStyle; SHOW IntervalStyle; SHOW TimeZone; SHOW application_name; SHOW client_encoding
        a: SET application_name = 'two'; SET DateStyle = 'SQL, DMY'
        b: SET application_name = 'one'; SET DateStyle = 'German'
        a: SHOW DateStyle; SHOW IntervalStyle; SHOW TimeZone; SHOW application_name; SHOW client_encoding
        b: SHOW DateStyle; SHOW IntervalStyle; SHOW TimeZone; SHOW application_name; SHOW client_encoding
    """, startup={
        "a": {"DateStyle": "German", "IntervalStyle": "iso_8601", "TimeZone": "Asia/Tokyo", "application_name": "one"},
        "b": {"DateStyle": "SQL, DMY", "TimeZone": "UTC", "client_encoding": "LATIN1", "application_name": "two"},
    }),
]
