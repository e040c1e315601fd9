"""What the catalogs say of statements, read from a real server, against what the server does when it executes them."""
import os
import signal
import unittest

import psycopg2

from kit.case import DATABASE, USER, Case
from kit.schema_probe import SchemaProbe
from schema_rows.builtins import CHANGES_BY_ITSELF, MAY_WRITE
from schema_rows.schema import SCHEMA
from schema_rows.statements import EVERYTHING, READS, WRITES

# Modes that who reads rows, and who writes them, at least has (manual, section 13.3.1).
READING = ["AccessShareLock"]
WRITING = ["RowExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]


class SchemaMap(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql(SCHEMA, database=DATABASE)
        cls.probe = SchemaProbe(cls.postgres, DATABASE)
        cls.addClassCleanup(cls.probe.close)

    def named(self, names):
        """What stands for the relations in verdicts."""
        names = [name.strip() for name in names.split()]
        oids = self.postgres.sql("SELECT name::regclass::oid::int FROM unnest(%s::text[]) AS name", (names,),
                                 database=DATABASE)  # fmt: skip
        return {self.probe.group(oid) for (oid,) in oids}

    def locked(self, cursor, modes):
        """What stands for the relations with rows, but catalogs', that the transaction has locked in one of the modes."""
        cursor.execute(
            "SELECT l.relation::int, l.relation::regclass::text FROM pg_locks AS l JOIN pg_class AS r ON r.oid = l.relation"
            " WHERE l.pid = pg_backend_pid() AND l.mode = ANY (%s) AND r.oid >= 16384"
            " AND r.relkind = ANY ('{r,p,m,f}')", (modes,))  # fmt: skip
        return {self.probe.group(oid): name for oid, name in cursor.fetchall()}

    def execute(self, row):
        """What it reads and what it writes, as PostgreSQL's locks tell: names by what stands for them."""
        connection = self.postgres.connect(DATABASE)
        connection.autocommit = False
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL search_path = {row.path}")
                cursor.execute(row.statement)
                return self.locked(cursor, READING), self.locked(cursor, WRITING)
        finally:
            connection.rollback()
            connection.close()

    def assert_nothing_missed(self, row, verdict):
        if not row.runs:
            return
        read, written = self.execute(row)
        if not verdict.reasons:
            missed = {name for group, name in read.items() if group not in verdict.depends_on}
            self.assertFalse(missed, "PostgreSQL read them")
        if verdict.writes != EVERYTHING:
            missed = {name for group, name in written.items() if group not in verdict.writes}
            self.assertFalse(missed, "PostgreSQL wrote them")

    def check(self, row):
        verdict = self.probe.verdict(row.statement, row.path)
        wanted = set(filter(None, row.reasons.split(",")))
        if "not_a_select" in wanted:  # whatever else there is
            self.assertIn("not_a_select", verdict.reasons)
        else:
            self.assertEqual(verdict.reasons, wanted)
        if not row.reasons:
            self.assertEqual(verdict.depends_on, self.named(row.reads))
        self.assertEqual(verdict.writes, EVERYTHING if row.writes == EVERYTHING else self.named(row.writes))
        self.assert_nothing_missed(row, verdict)

    def test_what_is_read(self):
        for row in READS:
            with self.subTest(row.statement, path=row.path):
                self.check(row)

    def test_what_is_written(self):
        for row in WRITES:
            with self.subTest(row.statement, path=row.path):
                self.check(row)

    def test_statements_that_do_not_run_are_told_so(self):
        # A row that is marked by mistake would not be held against PostgreSQL.
        harmless = ("COMMIT", "BEGIN; INSERT", "VACUUM")
        for row in READS + WRITES:
            if row.runs or row.statement.startswith(harmless):
                continue
            with self.subTest(row.statement), self.assertRaises(psycopg2.Error):
                self.execute(row)

    def test_each_builtin_function_is_on_one_list(self):
        rows = self.postgres.sql(
            "SELECT proname, bool_or(provolatile = 'v') FROM pg_proc WHERE oid < 16384 AND provolatile <> 'i'"
            " GROUP BY proname", database=DATABASE)  # fmt: skip
        self.assertGreater(len(rows), 600)
        for name, volatile in rows:
            with self.subTest(name):
                listed = self.probe.builtin(name)
                self.assertEqual("settled" in listed, name not in CHANGES_BY_ITSELF, "settled by settings, or not")
                if volatile:
                    self.assertEqual("harmless" in listed, name not in MAY_WRITE, "writes no table, or may")

    def test_names_that_are_listed_for_nothing(self):
        known = {name for (name,) in self.postgres.sql("SELECT proname FROM pg_proc WHERE oid < 16384")}
        self.assertFalse((CHANGES_BY_ITSELF | MAY_WRITE) - known)

    def test_catalogs_that_begin_with_pg(self):
        # So that a name tells a relation of a catalog, as PostgreSQL has no record of a view that reads one.
        self.assertEqual(self.postgres.sql("SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace"
                                           " AND NOT starts_with(relname, 'pg_')"), [])  # fmt: skip


class SchemaChanges(Case):
    """What is noticed, and what is not worth a reading."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql(SCHEMA, database=DATABASE)
        cls.postgres.sql("CREATE ROLE reader; CREATE ROLE readers; GRANT readers TO reader")
        cls.probe = SchemaProbe(cls.postgres, DATABASE)
        cls.addClassCleanup(cls.probe.close)

    def tell(self, *statements):
        connection = self.postgres.connect(DATABASE)
        try:
            for statement in statements:
                with connection.cursor() as cursor:
                    for part in statement.split("; "):  # ALTER SYSTEM is for itself
                        cursor.execute(part)
        finally:
            connection.close()

    def test_what_is_noticed(self):
        for statement in (
            "CREATE TABLE new_one (a int)",
            "ALTER TABLE new_one RENAME a TO b",
            "ALTER TABLE new_one ADD c varchar(10)",
            "ALTER TABLE new_one ALTER c TYPE varchar(20)",
            "ALTER TABLE new_one ALTER b SET DEFAULT 7",
            "ALTER TABLE new_one ADD CHECK (b > 0)",
            "ALTER TABLE new_one ADD UNIQUE (b)",
            "CREATE INDEX ON new_one (c)",
            "ALTER TABLE new_one DROP c",
            "ALTER TABLE new_one ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON new_one USING (true)",
            "ALTER POLICY p ON new_one USING (b = 1)",
            "GRANT SELECT ON new_one TO reader",
            "REVOKE SELECT ON new_one FROM reader",
            "GRANT SELECT (b) ON new_one TO reader",
            "REVOKE SELECT (b) ON new_one FROM reader",
            "GRANT USAGE ON SCHEMA other TO reader",
            "REVOKE readers FROM reader",
            "GRANT readers TO reader",
            "ALTER ROLE reader BYPASSRLS",
            "ALTER ROLE reader RENAME TO reads",
            "ALTER ROLE reads SET search_path = other",
            f"ALTER DATABASE {DATABASE} SET timezone = 'Asia/Tokyo'",
            "CREATE TABLE child () INHERITS (new_one)",
            "ALTER TABLE child NO INHERIT new_one",
            "CREATE TRIGGER t BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION touch()",
            "ALTER TABLE child DISABLE TRIGGER t",
            "CREATE VIEW looks AS SELECT b FROM new_one",
            "CREATE OR REPLACE VIEW looks AS SELECT b FROM new_one WHERE b > 1",
            "REFRESH MATERIALIZED VIEW totals",
            "TRUNCATE log",
            "CREATE OR REPLACE FUNCTION pretends(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * a'",
            "ALTER FUNCTION pretends(int) VOLATILE",
            "REVOKE EXECUTE ON FUNCTION pretends FROM PUBLIC",
            "CREATE OPERATOR ~~~~ (LEFTARG = int, RIGHTARG = text, FUNCTION = equals)",
            "CREATE CAST (text AS pair) WITH INOUT",
            "ALTER TYPE mood ADD VALUE 'calm'",
            "ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'",
            "ALTER DOMAIN label ADD CHECK (VALUE <> '')",
            "ALTER TEXT SEARCH CONFIGURATION english DROP MAPPING FOR email",
            "ALTER SCHEMA empty RENAME TO still_empty",
            "DROP TABLE child",
            "ALTER SYSTEM SET bytea_output = 'escape'; SELECT pg_reload_conf()",
        ):
            with self.subTest(statement):
                self.tell(statement)
                self.wait_until(self.probe.read, message="the change is noticed")
                self.assertFalse(self.probe.read())

    def test_what_changes_nothing(self):
        for statements in (
            ["INSERT INTO log VALUES ('x')"],
            ["ANALYZE customer, purchase"],
            ["VACUUM customer"],
            ["COMMENT ON TABLE customer IS 'x'"],
            ["CREATE TEMP TABLE t (a int PRIMARY KEY DEFAULT 1 CHECK (a > 0), b text)", "CREATE TEMP VIEW v AS TABLE t",
             "CREATE INDEX ON t (b)", "CREATE TEMP TABLE u (a int REFERENCES t)", "CREATE TEMP TABLE w () INHERITS (t)"],
            ["CREATE TEMP SEQUENCE s", "SELECT nextval('s')"],
            ["SELECT pg_reload_conf()"],
        ):  # fmt: skip
            with self.subTest(statements):
                self.tell(*statements)
                self.assertFalse(self.probe.read())
        connection = self.postgres.connect(DATABASE)
        self.addCleanup(connection.close)
        connection.cursor().execute("CREATE TEMP TABLE t (a serial, CHECK (a > 0)); CREATE TEMP VIEW v AS TABLE t")
        self.assertFalse(self.probe.read(), "while they exist")


class Crash(Case):
    def test_it_is_noticed(self):
        with SchemaProbe(self.postgres, DATABASE) as probe:
            before = probe.fingerprint()
            with SchemaProbe(self.postgres, DATABASE) as other:
                self.assertEqual(other.fingerprint(), before)
            connection = self.postgres.connect(DATABASE)
            self.addCleanup(connection.close)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                os.kill(cursor.fetchone()[0], signal.SIGKILL)
        self.assertNotEqual(self.wait_until(self.fingerprint, message="PostgreSQL after its crash"), before)

    def fingerprint(self):
        """None while PostgreSQL cannot be asked."""
        try:
            with SchemaProbe(self.postgres, DATABASE) as probe:
                return probe.fingerprint()
        except RuntimeError:
            return None


class DeceivedSession(Case):
    """A role that has replaced what a query without schemas would find, and settings that change how things are said."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql(SCHEMA, database=DATABASE)
        cls.postgres.sql(
            f"""CREATE SCHEMA traps AUTHORIZATION {USER};
            SET ROLE {USER}; SET search_path = traps, pg_catalog;
            CREATE FUNCTION never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
            CREATE FUNCTION never("char", "char") RETURNS boolean LANGUAGE sql AS 'SELECT false';
            CREATE FUNCTION never(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT false';
            CREATE OPERATOR traps.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = never);
            CREATE OPERATOR traps.= (LEFTARG = "char", RIGHTARG = "char", FUNCTION = never);
            CREATE OPERATOR traps.= (LEFTARG = name, RIGHTARG = name, FUNCTION = never);
            CREATE OPERATOR traps.>= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = never);
            CREATE OPERATOR traps.<> (LEFTARG = "char", RIGHTARG = "char", FUNCTION = never);
            CREATE FUNCTION traps.count() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
            CREATE FUNCTION traps.pg_get_viewdef(oid) RETURNS text LANGUAGE sql AS 'SELECT ''SELECT 1''';
            CREATE FUNCTION traps.unnest(oid[]) RETURNS SETOF oid LANGUAGE sql AS 'SELECT 0::oid';
            CREATE FUNCTION traps.concat_ws(text, text, bigint) RETURNS text LANGUAGE sql AS 'SELECT ''''';
            CREATE TABLE traps.pg_class (oid oid); CREATE TABLE traps.pg_proc (oid oid);
            CREATE TABLE traps.pg_depend (objid oid); CREATE DOMAIN traps.oid AS pg_catalog.int4;
            CREATE DOMAIN traps.text AS pg_catalog.text; CREATE DOMAIN traps.timetz AS pg_catalog.text""",
            database=DATABASE,
        )

    def test_it_says_the_same(self):
        with SchemaProbe(self.postgres, DATABASE, USER) as plain, SchemaProbe(self.postgres, DATABASE, USER) as other:
            other.execute(
                "SET search_path = traps, pg_catalog", "SET standard_conforming_strings = off",
                "SET quote_all_identifiers = on", "SET TimeZone = 'Asia/Tokyo'", "SET DateStyle = German",
                "SET IntervalStyle = iso_8601", "SET extra_float_digits = -5", "SET transform_null_equals = on",
                "SET array_nulls = off", "SET app.tenant = 'x'", "SET application_name = 'x'", "SET client_encoding = latin1",
                "SELECT public.similarity('a', 'b')",  # loads a library, which has settings of its own
                "SET default_transaction_isolation = serializable", "SET default_transaction_read_only = on",
            )  # fmt: skip
            self.assertFalse(other.read(), "what was set changes nothing")
            self.assertEqual(other.fingerprint(), plain.fingerprint())
        with SchemaProbe(self.postgres, DATABASE, USER) as plain, SchemaProbe(self.postgres, DATABASE, USER, read=False) as other:
            other.execute("SET search_path = traps, pg_catalog", "SET quote_all_identifiers = on",
                          "SET standard_conforming_strings = off", "SET transform_null_equals = on")  # fmt: skip
            other.read()
            for row in READS + WRITES:
                with self.subTest(row.statement, path=row.path):
                    self.assertEqual(other.verdict(row.statement, row.path), plain.verdict(row.statement, row.path))


if __name__ == "__main__":
    unittest.main()
