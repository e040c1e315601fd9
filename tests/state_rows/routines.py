"""Functions of the database's own that change the session, and what leads to them: nothing in the text says so."""
from kit.script import Row

SETS = "BEGIN PERFORM set_config('work_mem', '7MB', false); RETURN NEW; END"
QUIET = "BEGIN IF true THEN UPDATE counted SET v = v + 1; END IF; SET LOCAL work_mem = '7MB'; END"

ROWS = [
    Row("a function that sets", """
        a: CREATE FUNCTION sets() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 'set'; END $$
        a: SELECT sets()
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP FUNCTION sets()
        b: SHOW work_mem
    """),
    Row("a function that sets a setting of its own", """
        a: CREATE FUNCTION tenant(text) RETURNS void LANGUAGE sql AS $$ SELECT set_config('app.tenant', $1, false) $$
        a: SELECT tenant('one')
        b: SELECT current_setting('app.tenant', true)
        b: SELECT tenant('two')
        a: SELECT current_setting('app.tenant')
        b: SELECT current_setting('app.tenant')
        c: SELECT coalesce(current_setting('app.tenant', true), '') = ''
        a: DROP FUNCTION tenant(text)
    """),
    Row("a function that makes a temporary table", """
        a: CREATE FUNCTION makes() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE made (v int); END $$
        a: SELECT makes()
        b: SELECT count(*) FROM pg_class WHERE relname = 'made' AND relnamespace = pg_my_temp_schema()
        a: INSERT INTO made VALUES (1)
        a: DROP TABLE made
        a: DROP FUNCTION makes()
    """, held=2),
    Row("a function that locks for the session", """
        a: CREATE FUNCTION locks() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_lock(77) $$
        a: SELECT locks()
        b: SELECT pg_try_advisory_lock(77)
        a: SELECT pg_advisory_unlock(77)
        b: SELECT pg_try_advisory_lock(77)
        b: SELECT pg_advisory_unlock(77)
        a: DROP FUNCTION locks()
    """, held=2),
    Row("a function that puts its statement together", """
        a: CREATE FUNCTION does(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE what; END $$
        a: SELECT does('SET work_mem = ''7MB''')
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP FUNCTION does(text)
    """),
    Row("a function that calls one that sets", """
        a: CREATE FUNCTION sets() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 'set'; END $$
        a: CREATE FUNCTION calls() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN sets(); END $$
        a: CREATE FUNCTION "Calls more"() RETURNS text LANGUAGE sql AS $$ SELECT calls() $$
        a: SELECT "Calls more"()
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP FUNCTION "Calls more"(); DROP FUNCTION calls(); DROP FUNCTION sets()
    """),
    Row("a trigger", f"""
        a: CREATE TABLE watched (v int)
        a: CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ {SETS} $$
        a: CREATE TRIGGER fires BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fires()
        a: INSERT INTO watched VALUES (1)
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE watched
        a: DROP FUNCTION fires()
    """),
    Row("a trigger that a foreign key leads to", """
        a: CREATE TABLE parents (id int PRIMARY KEY)
        a: CREATE TABLE children (parent int REFERENCES parents ON DELETE CASCADE)
        a: CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN OLD; END $$
        a: CREATE TRIGGER fires BEFORE DELETE ON children FOR EACH ROW EXECUTE FUNCTION fires()
        a: INSERT INTO parents VALUES (1)
        a: INSERT INTO children VALUES (1)
        a: SHOW work_mem
        a: DELETE FROM parents
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE children; DROP TABLE parents; DROP FUNCTION fires()
    """),
    Row("a trigger that fires at the commit", f"""
        a: CREATE TABLE watched (v int)
        a: CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ {SETS} $$
        a: CREATE CONSTRAINT TRIGGER fires AFTER INSERT ON watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fires()
        a: BEGIN
        a: INSERT INTO watched VALUES (1)
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE watched
        a: DROP FUNCTION fires()
    """),
    Row("a default", """
        a: CREATE FUNCTION sets() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 'set'; END $$
        a: CREATE TABLE filled (v int, w text DEFAULT sets())
        a: INSERT INTO filled (v) VALUES (1)
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE filled
        a: DROP FUNCTION sets()
    """),
    Row("a view, by another view", """
        a: CREATE FUNCTION sets() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 'set'; END $$
        a: CREATE VIEW inner_view AS SELECT sets() AS v
        a: CREATE VIEW outer_view AS SELECT v FROM inner_view
        a: SELECT v FROM outer_view
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP VIEW outer_view; DROP VIEW inner_view; DROP FUNCTION sets()
    """),
    Row("a domain's check", """
        a: CREATE FUNCTION sets(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN true; END $$
        a: CREATE DOMAIN checked AS int CHECK (sets(VALUE))
        a: SELECT 1::checked
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP DOMAIN checked; DROP FUNCTION sets(int)
    """),
    Row("an operator", """
        a: CREATE FUNCTION sets(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 1; END $$
        a: CREATE OPERATOR ### (FUNCTION = sets, LEFTARG = int, RIGHTARG = int)
        a: SELECT 1 ### 2
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP OPERATOR ### (int, int); DROP FUNCTION sets(int, int)
    """),
    Row("a policy", """
        a: CREATE FUNCTION sets() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN true; END $$
        a: CREATE TABLE guarded AS SELECT 1 AS v
        a: ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY
        a: CREATE POLICY p ON guarded USING (sets())
        a: SELECT v FROM guarded
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE guarded; DROP FUNCTION sets()
    """),
    Row("an index on what a function says", """
        a: CREATE FUNCTION sets(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 1; END $$
        a: CREATE TABLE indexed (v int)
        a: CREATE INDEX ON indexed (sets(v))
        a: SHOW work_mem
        b: INSERT INTO indexed VALUES (1)
        a: SHOW work_mem
        b: SHOW work_mem
        a: DROP TABLE indexed; DROP FUNCTION sets(int)
    """),
    Row("an aggregate", """
        a: CREATE FUNCTION sets(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 1; END $$
        a: CREATE AGGREGATE summed (int) (SFUNC = sets, STYPE = int, INITCOND = '0')
        a: SELECT summed(v) FROM generate_series(1, 3) v
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP AGGREGATE summed(int); DROP FUNCTION sets(int, int)
    """),
    Row("an event trigger", """
        a: CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; END $$
        a: CREATE EVENT TRIGGER fires ON ddl_command_end EXECUTE FUNCTION fires()
        b: CREATE TABLE made ()
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP EVENT TRIGGER fires
        a: DROP TABLE made; DROP FUNCTION fires()
    """),
    Row("a prepared statement, prepared before the function was replaced", """
        a: CREATE FUNCTION changes() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'harmless'; END $$
        b+ PARSE s SELECT changes()
        b+ EXECUTE s
        a: CREATE OR REPLACE FUNCTION changes() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; RETURN 'x'; END $$
        b+ EXECUTE s
        a: SHOW work_mem
        b: SHOW work_mem
        a: DROP FUNCTION changes()
    """),
    Row("a function that seeds", """
        a: CREATE FUNCTION seeds() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM setseed(0.5); END $$
        a: SELECT seeds()
        b: SELECT 1
        a: SELECT random()
        a: DROP FUNCTION seeds()
    """, held=2),
    Row("a function that draws from a sequence", """
        a: CREATE SEQUENCE numbers
        a: CREATE FUNCTION draws() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('numbers') $$
        a: SELECT draws(); SELECT lastval()
        a: DROP SEQUENCE numbers CASCADE; DROP FUNCTION draws()
    """),
    Row("a function that changes nothing but rows", f"""
        a: CREATE TABLE counted (v int)
        a: CREATE FUNCTION adds() RETURNS void LANGUAGE plpgsql AS $$ {QUIET} $$
        a: SELECT adds()
        b: SELECT adds()
        a: SHOW work_mem
        b: SHOW work_mem
        a: DROP TABLE counted; DROP FUNCTION adds()
    """),
    Row("a procedure that changes nothing but rows", """
        a: CREATE TABLE counted (v int)
        a: CREATE PROCEDURE adds() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO counted VALUES (1); COMMIT; END $$
        a: CALL adds()
        b: CALL adds()
        a: SELECT count(*) FROM counted
        a: DROP TABLE counted; DROP PROCEDURE adds()
    """),
    Row("a procedure that sets", """
        a: CREATE PROCEDURE sets() LANGUAGE plpgsql AS $$ BEGIN SET app.tenant = 'one'; COMMIT; SET work_mem = '7MB'; END $$
        a: CALL sets()
        b: SELECT coalesce(current_setting('app.tenant', true), ''), current_setting('work_mem')
        a+ CALL sets()
        a: SELECT current_setting('app.tenant'), current_setting('work_mem')
        a: DROP PROCEDURE sets()
    """),
    Row("a function made, called and dropped in one text", """
        a: BEGIN; CREATE FUNCTION makes() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE made (v int); END $$; SELECT makes(); DROP FUNCTION makes(); COMMIT
        b: SELECT count(*) FROM made
        a: SELECT count(*) FROM made
        a: DROP TABLE made
    """, held=2),
    Row("a function made, called and dropped in one text without a block", """
        a: CREATE FUNCTION sets() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; END $$; SELECT sets(); DROP FUNCTION sets()
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a function made, called and dropped in one pipeline", """
        a* CREATE FUNCTION sets() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET app.tenant = 'one'; SET work_mem = '7MB'; END $$ | SELECT sets() | DROP FUNCTION sets()
        b: SELECT coalesce(current_setting('app.tenant', true), ''), current_setting('work_mem')
        a: SELECT current_setting('app.tenant', true), current_setting('work_mem')
    """),
    Row("a function made and called in a block that fails", """
        a: BEGIN
        a: CREATE FUNCTION locks() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_lock(78)'
        a: SELECT locks(), 1 / (SELECT 0)
        a: ROLLBACK
        b: SELECT pg_try_advisory_lock(78)
        a: SELECT pg_advisory_unlock(78)
        b: SELECT pg_try_advisory_lock(78)
        b: SELECT pg_advisory_unlock_all()
    """, held=2),
    Row("a function replaced in the block that calls it", """
        a: CREATE FUNCTION changes() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$
        a: BEGIN
        a: CREATE OR REPLACE FUNCTION changes() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET work_mem = '7MB'; END $$
        a: SELECT changes()
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP FUNCTION changes()
    """),
    Row("a trigger made in the block that fires it", f"""
        a: BEGIN
        a: CREATE TABLE watched (v int)
        a: CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ {SETS} $$
        a: CREATE TRIGGER fires BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fires()
        a: INSERT INTO watched VALUES (1)
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
        a: DROP TABLE watched; DROP FUNCTION fires()
    """),
    Row("a custom setting by a function made, called and dropped in one block", """
        a: BEGIN
        a+ CREATE FUNCTION sets(text) RETURNS text LANGUAGE sql AS 'SELECT set_config(''app.own'', $1, false)'
        a: SELECT sets('mine')
        a: DROP FUNCTION sets(text)
        a: COMMIT
        b: SELECT coalesce(current_setting('app.own', true), '')
        a: SELECT current_setting('app.own', true)
    """),
    Row("a function that seeds, made, called and dropped in one block", """
        a: BEGIN; CREATE FUNCTION seeds() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM setseed(0.5); END $$; SELECT seeds(); DROP FUNCTION seeds(); COMMIT
        b: SELECT 1
        a: SELECT random()
    """, held=2),
    *(Row(f"a function that is called by a message {what}", f"""
        c: CREATE FUNCTION hidden() RETURNS void LANGUAGE plpgsql AS 'BEGIN {body}; END'
        c.
        a+ SELECT hidden()
        b: {look}
        a: DROP FUNCTION hidden()
    """, held=held) for what, body, look, held in (
        ("locks", "PERFORM pg_advisory_lock(77)", "SELECT pg_try_advisory_lock(77)", 2),
        ("seeds", "PERFORM setseed(0.5)", "SELECT 1", 2),
        ("sets", "PERFORM set_config(''work_mem'', ''7MB'', false)", "SHOW work_mem", 1),
    )),
    Row("a view that seeds, by messages", """
        c: CREATE VIEW seeds AS SELECT setseed(0.25) IS NULL AS done
        c.
        a+ SELECT * FROM seeds
        b: SELECT 1
        a: SELECT random()
        a: DROP VIEW seeds
    """, held=2),
    Row("a function that seeds, made and called by messages", """
        a: BEGIN
        a+ CREATE FUNCTION seeds() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM setseed(0.25); END'
        a+ SELECT seeds()
        a+ DROP FUNCTION seeds()
        a: COMMIT
        b: SELECT 1
        a: SELECT random()
    """, held=2),
]
