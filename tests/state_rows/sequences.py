"""What nextval(), setval() and setseed() leave behind for currval(), lastval() and random()."""
from kit.script import Row

ROWS = [
    Row("in a fresh session nothing was drawn", """
        x! CREATE SEQUENCE rows_fresh; GRANT ALL ON SEQUENCE rows_fresh TO app
        a: SELECT currval('rows_fresh')
        b: SELECT lastval()
        a: SELECT lastval()
        b: SELECT currval('rows_fresh')
        x! DROP SEQUENCE rows_fresh
    """, held=2),
    Row("nobody hears what another one drew", """
        x! CREATE SEQUENCE rows_other; GRANT ALL ON SEQUENCE rows_other TO app
        a: SELECT nextval('rows_other')
        b: SELECT currval('rows_other')
        c: SELECT lastval()
        a: SELECT nextval('rows_other')
        b: SELECT nextval('rows_other')
        b: SELECT currval('rows_other'), lastval()
        c: SELECT currval('rows_other')
        x! DROP SEQUENCE rows_other
    """, held=3),
    Row("who asks hears it from then on", """
        x! CREATE SEQUENCE rows_asked; GRANT ALL ON SEQUENCE rows_asked TO app
        a: SELECT currval('rows_asked')
        a: SELECT nextval('rows_asked')
        b: SELECT nextval('rows_asked')
        a: SELECT currval('rows_asked'), lastval()
        b: SELECT nextval('rows_asked')
        a: SELECT currval('rows_asked')
        x! DROP SEQUENCE rows_asked
    """, held=2),
    Row("drawn and asked in one transaction", """
        x! CREATE SEQUENCE rows_together; GRANT ALL ON SEQUENCE rows_together TO app
        a: BEGIN
        a: SELECT nextval('rows_together')
        b: SELECT nextval('rows_together')
        a: SELECT currval('rows_together'), lastval()
        a: COMMIT
        b: SELECT nextval('rows_together')
        a: SELECT currval('rows_together'), lastval()
        x! DROP SEQUENCE rows_together
    """, held=2),
    Row("drawn and asked in one statement", """
        x! CREATE SEQUENCE rows_statement; GRANT ALL ON SEQUENCE rows_statement TO app
        a: SELECT nextval('rows_statement'), currval('rows_statement'), lastval()
        b: SELECT nextval('rows_statement')
        a+ SELECT nextval('rows_statement'), currval('rows_statement'), lastval()
        b: SELECT nextval('rows_statement')
        a: SELECT lastval()
        x! DROP SEQUENCE rows_statement
    """, held=2),
    Row("drawn and asked in one text", """
        x! CREATE SEQUENCE rows_text; GRANT ALL ON SEQUENCE rows_text TO app
        a: SELECT nextval('rows_text'); SELECT currval('rows_text')
        b: SELECT currval('rows_text')
        a: SELECT lastval()
        b: SELECT nextval('rows_text'); SELECT lastval()
        a: SELECT lastval()
        x! DROP SEQUENCE rows_text
    """, held=2),
    Row("drawn and asked in a pipeline", """
        x! CREATE SEQUENCE rows_pipeline; GRANT ALL ON SEQUENCE rows_pipeline TO app
        a* SELECT nextval('rows_pipeline') | SELECT currval('rows_pipeline') | SELECT lastval()
        b* SELECT currval('rows_pipeline') | SELECT nextval('rows_pipeline')
        b+ SELECT nextval('rows_pipeline')
        a+ SELECT currval('rows_pipeline')
        x! DROP SEQUENCE rows_pipeline
    """, held=2),
    Row("an identity column is a sequence", """
        x! CREATE TABLE rows_identity (id int GENERATED ALWAYS AS IDENTITY, v text)
        x! ALTER TABLE rows_identity OWNER TO app
        a: BEGIN
        a: INSERT INTO rows_identity (v) VALUES ('x')
        b: INSERT INTO rows_identity (v) VALUES ('y') RETURNING id
        a: SELECT lastval()
        a: COMMIT
        b: INSERT INTO rows_identity (v) VALUES ('z') RETURNING id, lastval()
        a: SELECT lastval()
        x! DROP TABLE rows_identity
    """, held=2),
    Row("a serial column of a temporary table", """
        a: CREATE TEMP TABLE mine (id serial, v text)
        a: INSERT INTO mine (v) VALUES ('x'), ('y')
        b: SELECT 1
        a: SELECT lastval(), currval('mine_id_seq')
        a: DROP TABLE mine
        b: SELECT lastval()
    """, held=2),
    Row("a sequence is not rolled back", """
        x! CREATE SEQUENCE rows_rollback; GRANT ALL ON SEQUENCE rows_rollback TO app
        a: BEGIN
        a: SELECT nextval('rows_rollback')
        a: SELECT nextval('rows_rollback')
        a: ROLLBACK
        b: SELECT nextval('rows_rollback')
        a: SELECT last_value, is_called FROM rows_rollback
        x! DROP SEQUENCE rows_rollback
    """),
    Row("what was drawn is remembered behind a rollback", """
        x! CREATE SEQUENCE rows_behind; GRANT ALL ON SEQUENCE rows_behind TO app
        a: BEGIN
        a: SELECT nextval('rows_behind'), currval('rows_behind')
        a: ROLLBACK
        b: SELECT nextval('rows_behind')
        a: SELECT currval('rows_behind'), lastval()
        x! DROP SEQUENCE rows_behind
    """, held=2),
    Row("setval and what it tells", """
        x! CREATE SEQUENCE rows_setval; GRANT ALL ON SEQUENCE rows_setval TO app
        a: BEGIN
        a: SELECT setval('rows_setval', 40)
        a: SELECT currval('rows_setval')
        a: SELECT lastval()
        a: ROLLBACK
        b: SELECT nextval('rows_setval')
        a: SELECT currval('rows_setval')
        x! DROP SEQUENCE rows_setval
    """, held=2),
    Row("setval of a value that was not yet called", """
        x! CREATE SEQUENCE rows_uncalled; GRANT ALL ON SEQUENCE rows_uncalled TO app
        a: SELECT setval('rows_uncalled', 40, false)
        b: SELECT nextval('rows_uncalled')
        a: SELECT nextval('rows_uncalled')
        b: SELECT last_value, is_called FROM rows_uncalled
        x! DROP SEQUENCE rows_uncalled
    """),
    Row("DISCARD SEQUENCES forgets what was drawn", """
        x! CREATE SEQUENCE rows_discard; GRANT ALL ON SEQUENCE rows_discard TO app
        a: SELECT nextval('rows_discard'), lastval()
        b: SELECT nextval('rows_discard')
        a: SELECT lastval()
        a: DISCARD SEQUENCES
        b: SELECT nextval('rows_discard')
        a: SELECT lastval()
        a: SELECT currval('rows_discard')
        x! DROP SEQUENCE rows_discard
    """, held=2),
    Row("DISCARD ALL forgets what was drawn and holds nothing", """
        x! CREATE SEQUENCE rows_nothing; GRANT ALL ON SEQUENCE rows_nothing TO app
        a: SELECT nextval('rows_nothing'), lastval()
        a: DISCARD ALL
        b: SELECT nextval('rows_nothing')
        a: SELECT lastval()
        x! DROP SEQUENCE rows_nothing
    """, startup={"b": {"application_name": "which asks for nothing"}}),
    Row("lastval is of the sequence that was drawn last", """
        x! CREATE SEQUENCE rows_first; CREATE SEQUENCE rows_second START 100
        x! GRANT ALL ON SEQUENCE rows_first, rows_second TO app
        a: BEGIN
        a: SELECT nextval('rows_first')
        a: SELECT nextval('rows_second')
        a: SELECT nextval('rows_first')
        b: SELECT nextval('rows_second')
        a: SELECT lastval(), currval('rows_first'), currval('rows_second')
        a: COMMIT
        b: SELECT currval('rows_first')
        x! DROP SEQUENCE rows_first, rows_second
    """, held=2),
    Row("a dropped sequence has no lastval", """
        a: CREATE SEQUENCE rows_dropped
        a: SELECT nextval('rows_dropped'), lastval()
        b: DROP SEQUENCE rows_dropped
        a: SELECT lastval()
        a: SELECT currval('rows_dropped')
    """, held=2),
    Row("a sequence that is not this user's", """
        x! CREATE SEQUENCE rows_forbidden
        a: SELECT nextval('rows_forbidden')
        b: SELECT currval('rows_forbidden')
        a: SELECT setval('rows_forbidden', 7)
        a: SELECT last_value FROM rows_forbidden
        x! DROP SEQUENCE rows_forbidden
    """, held=2),
    Row("the same seed, the same numbers", """
        a: SELECT setseed(0.25)
        b: SELECT setseed(0.25)
        a: SELECT random()
        b: SELECT random()
        a: SELECT random()
        b: SELECT random()
    """, held=2),
    Row("a seed by SET, kept through DISCARD ALL", """
        a: SET seed = 0.5
        a: SELECT random()
        b: SELECT 1
        a: DISCARD ALL
        b: SELECT 1
        a: SELECT random()
        a: SET SEED TO 0.5
        a: SELECT random()
    """, held=2),
    Row("an application that has asked once is answered in later sessions, too", """
        x! CREATE TABLE rows_keyed (id serial, v text); GRANT ALL ON rows_keyed, rows_keyed_id_seq TO app
        a: SELECT lastval()
        a.
        b: INSERT INTO rows_keyed (v) VALUES ('one')
        b: SELECT lastval()
        c+ INSERT INTO rows_keyed (v) VALUES ('two')
        c: SELECT currval('rows_keyed_id_seq')
        b: SELECT lastval()
        x! DROP TABLE rows_keyed
    """, held=2),
    Row("RESET ALL leaves a role alone that was taken on behind a sequence", """
        a: SELECT nextval('drawn') = lastval()
        a: SET ROLE pg_read_all_stats
        a: RESET ALL
        a: SELECT current_user, current_setting('application_name')
        a: RESET ROLE
        a: SELECT current_user
    """, startup={"a": {"options": "-c role=pg_monitor -c work_mem=5MB"}}),
]
