"""Functions of the database's own: what they do to a session is found out, whoever makes or changes them."""
import unittest

from kit.case import DATABASE, Case

SETS = """CREATE OR REPLACE FUNCTION sets() RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN SET work_mem = '7MB'; RETURN 'done'; END $$"""


class Routines(Case):
    def setUp(self):
        super().setUp()
        self.proxy = None
        self.addCleanup(self.postgres.sql, "DROP FUNCTION IF EXISTS sets() CASCADE", database=DATABASE)

    def client(self):
        self.proxy = self.proxy or self.pgweir(database={"pool": {"size": 2}})
        return self.login(self.proxy)

    def holders(self):
        return [row for row in self.proxy.show("CLIENTS") if row["database"] == DATABASE and int(row["link"] or "0", 16)]

    def surveys(self):
        return self.proxy.metric("pgweir_session_surveys_total")

    def test_a_function_that_was_there_before(self):
        self.postgres.sql(SETS, database=DATABASE)
        one, other = self.client(), self.client()
        self.assertEqual(one.value("SELECT sets()"), "done")
        self.assertEqual(one.value("SHOW work_mem"), "7MB")
        self.assertEqual(other.value("SHOW work_mem"), "4MB")

    def test_a_function_that_somebody_else_makes(self):
        one, other = self.client(), self.client()
        one.query("SELECT 1")
        self.postgres.sql(SETS, database=DATABASE)

        def seen():
            before = self.surveys()
            one.query("SELECT sets()")
            return self.surveys() > before

        self.wait_until(seen, 20, "the new function is known")
        self.assertEqual(one.value("SHOW work_mem"), "7MB")
        other.query("DISCARD ALL")  # what came before it was known
        self.assertEqual(other.value("SHOW work_mem"), "4MB")

    def test_where_nothing_is_suspicious_nothing_is_asked(self):
        self.postgres.sql("CREATE OR REPLACE FUNCTION sets() RETURNS int LANGUAGE sql AS 'SELECT 1'", database=DATABASE)
        one, other = self.client(), self.client()
        for client in (one, other) * 5:
            client.query("SELECT sets()")
            client.query("BEGIN; SELECT sets(); COMMIT")
        self.assertEqual(self.surveys(), 0)
        self.assertEqual(self.proxy.metric("pgweir_session_pins_total", reason="routine"), 0)

    def test_a_change_by_a_client_counts_at_once(self):
        one, other = self.client(), self.client()
        for _ in range(5):
            one.query(SETS)
            other.query("SELECT sets()")
            self.assertEqual(one.value("SHOW work_mem"), "4MB")
            self.assertEqual(other.value("SHOW work_mem"), "7MB")
            other.query("RESET work_mem")
            one.query("DROP FUNCTION sets()")

    def test_a_server_that_cannot_be_asked_costs_surveys_and_no_answer(self):
        # Nobody may look at pg_proc's bodies here: the question is refused.
        self.postgres.sql("REVOKE SELECT ON pg_proc FROM PUBLIC", database=DATABASE)
        self.addCleanup(self.postgres.sql, "GRANT SELECT ON pg_proc TO PUBLIC", database=DATABASE)
        self.postgres.sql(SETS, database=DATABASE)
        one, other = self.client(), self.client()
        one.query("SELECT sets()")
        self.assertEqual(one.value("SHOW work_mem"), "7MB")
        self.assertEqual(other.value("SHOW work_mem"), "4MB")
        self.assertGreater(self.surveys(), 0)

    def test_a_server_that_dies_while_it_is_asked(self):
        # It was idle and is gone: whoever borrows it next, to be asked about a change first, gets another one.
        one, other = self.client(), self.client()
        for _ in range(5):
            one.query(SETS)
            # Who has made a function is looked after first, and would be lost with the server.
            self.wait_until(lambda: not self.holders(), message="the server to be given back")
            self.postgres.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                              " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                              f" AND datname = '{DATABASE}'")  # fmt: skip
            self.assertEqual(other.value("SELECT 1"), "1")


if __name__ == "__main__":
    unittest.main()
