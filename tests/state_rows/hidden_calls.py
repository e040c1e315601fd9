"""What runs unseen: PostgreSQL's own functions behind views, defaults, rules, policies and operators; views behind functions that
run queries; indexes behind maintenance."""
from kit.script import Row

ROWS = [
    Row("a view of a built-in function that sets", """
        a: CREATE VIEW setting_view AS SELECT set_config('app.secret', '42', false) AS v
        b: SELECT 1
        a: SELECT v FROM setting_view
        b: SELECT current_setting('app.secret', true)
        a: SELECT current_setting('app.secret', true)
        a: DROP VIEW setting_view
        a.
        b: SELECT current_setting('app.secret', true)
    """, held=2),
    Row("a function that reads a view of a built-in function that locks", """
        a: CREATE VIEW locking AS SELECT pg_advisory_lock(79)::text AS v
        a: CREATE FUNCTION reads() RETURNS void LANGUAGE sql AS 'SELECT v FROM locking'
        b: SELECT 1
        a: SELECT reads()
        b: SELECT pg_try_advisory_lock(79)
        a: SELECT pg_advisory_unlock_all()
        a: DROP FUNCTION reads(); DROP VIEW locking
    """, held=2),
    Row("a default that locks", """
        a: CREATE TABLE filled (v int, w text DEFAULT pg_advisory_lock(80)::text)
        b: SELECT 1
        a: INSERT INTO filled (v) VALUES (1)
        b: SELECT pg_try_advisory_lock(80)
        a: SELECT pg_advisory_unlock_all()
        a: DROP TABLE filled
    """, held=2),
    Row("a rule that sets", """
        a: CREATE TABLE ruled (v int)
        a: CREATE RULE r AS ON INSERT TO ruled DO ALSO SELECT set_config('work_mem', '7MB', false)
        b: SELECT 1
        a: INSERT INTO ruled VALUES (1)
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE ruled
    """, held=2),
    Row("a policy that sets", """
        a: CREATE TABLE guarded AS SELECT 1 AS v
        a: ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY
        a: CREATE POLICY p ON guarded USING (set_config('work_mem', '7MB', false) IS NOT NULL)
        b: SELECT 1
        a: SELECT v FROM guarded
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE guarded
    """, held=2),
    Row("an operator that locks", """
        a: CREATE OPERATOR ### (FUNCTION = pg_try_advisory_lock, LEFTARG = int, RIGHTARG = int)
        b: SELECT 1
        a: SELECT 8 ### 1
        b: SELECT pg_try_advisory_lock(8, 1)
        a: SELECT pg_advisory_unlock(8, 1)
        a: DROP OPERATOR ### (int, int)
    """, held=2),
    Row("a column of a domain that exists already", """
        a: CREATE FUNCTION sets(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN true; END $$
        a: CREATE DOMAIN checked AS int CHECK (sets(VALUE))
        b: SELECT 1
        a: CREATE TABLE holds (v checked)
        a: CREATE TABLE gets (v int)
        b: SELECT 1
        a: INSERT INTO holds VALUES (1)
        b: SHOW work_mem
        a: RESET work_mem
        a: ALTER TABLE gets ADD COLUMN w checked
        b: SELECT 1
        a: INSERT INTO gets VALUES (1, 1)
        b: SHOW work_mem
        a: DROP TABLE holds; DROP TABLE gets; DROP DOMAIN checked; DROP FUNCTION sets(int)
    """),
    Row("an index on what a function says that exists already", """
        a: CREATE FUNCTION sets(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 1; END $$
        a: CREATE TABLE indexed (v int)
        b: SELECT 1
        a: CREATE INDEX ON indexed (sets(v))
        b: SELECT 1
        a: INSERT INTO indexed VALUES (1)
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE indexed; DROP FUNCTION sets(int)
    """),
    *(Row(f"a view that sets, run by {call}", f"""
        a: CREATE FUNCTION sets() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 'set'; END $$
        a: CREATE SCHEMA shown
        a: CREATE VIEW shown.setting AS SELECT sets()
        a: SELECT {call} IS NULL
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP SCHEMA shown CASCADE
        a: DROP FUNCTION sets()
    """, held=2) for call in ("table_to_xml('shown.setting', true, true, '')",
                              "schema_to_xml_and_xmlschema('shown', true, true, '')")),  # fmt: skip
    Row("maintenance that names nothing", """
        a: CREATE FUNCTION locks(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(77); RETURN $1; END $$
        a: CREATE SCHEMA kept
        a: CREATE TABLE kept.numbers AS SELECT 1 AS v
        a: CREATE INDEX ON kept.numbers (locks(v))
        a: SELECT pg_advisory_unlock_all()
        a: REINDEX SCHEMA kept
        b: SELECT pg_try_advisory_lock(77)
        a: SELECT pg_advisory_unlock(77)
        a: SELECT pg_advisory_unlock_all()
        b: SELECT pg_try_advisory_lock(77)
        b: SELECT pg_advisory_unlock(77)
        a: DROP SCHEMA kept CASCADE
        a: DROP FUNCTION locks(int)
    """, held=2),  # fmt: skip
]
