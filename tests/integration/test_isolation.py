"""What one client does in transaction mode is not seen by another, and what both say means to each what it would mean
alone. A connection that goes to PostgreSQL directly says what that is."""
import unittest

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.rawclient import error_of, rows_of, tags

LARGE = "SELECT 'large' /*" + "x" * (1100 * 1024) + "*/"


class Isolation(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("CREATE ROLE own; GRANT own TO app; CREATE SCHEMA mine AUTHORIZATION app;"
                         "CREATE TABLE mine.t AS SELECT 1 AS a; CREATE TABLE public.t AS SELECT 2 AS a, 'x' AS b;"
                         "CREATE SEQUENCE drawn; CREATE EXTENSION dblink; GRANT ALL ON mine.t, public.t TO app;"
                         "GRANT ALL ON SEQUENCE drawn TO app", database=DATABASE)  # fmt: skip

    def setUp(self):
        super().setUp()
        self.proxy = self.pgweir(database={"pool": {"size": 1}})

    def directly(self, **parameters):
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE, **parameters)
        return client

    @staticmethod
    def ask(client, *parts):
        client.send(*parts, messages.sync())
        return client.until_ready()

    def run_new(self, client, sql, values=()):
        """What a statement that the client prepares now answers."""
        return self.ask(client, messages.parse("s", sql), messages.bind("", "s", values), messages.execute(),
                        messages.close_statement("s"))  # fmt: skip

    def leaves(self, client):
        client.terminate()
        self.wait_until(lambda: self.proxy.state()["in_use"] == 0, message="the server to be free")

    def pins(self, client):
        port = str(client.socket.getsockname()[1])
        return next(row["pins"] for row in self.proxy.show("CLIENTS") if row["port"] == port)

    # Statements that are shared

    def test_literals_are_read_with_the_clients_own_settings(self):
        sql = "SELECT extract(epoch FROM '2020-01-01'::timestamptz)::bigint, '02/03/2020'::date::text"
        for settings in ({"TimeZone": "UTC", "DateStyle": "ISO, MDY"}, {"TimeZone": "Asia/Tokyo", "DateStyle": "ISO, DMY"}):
            direct, client = self.directly(**settings), self.login(self.proxy, **settings)
            self.assertEqual(rows_of(self.run_new(client, sql)), rows_of(self.run_new(direct, sql)))

    def test_now_is_the_moment_of_the_parse(self):
        sql = "SELECT 'now'::timestamptz >= $1::timestamptz"
        for _ in range(2):
            client = self.login(self.proxy)
            moment = client.value("SELECT clock_timestamp()")
            self.assertEqual(rows_of(self.run_new(client, sql, [moment])), [["t"]])

    def test_local_search_path(self):
        sql = "SELECT * FROM t"
        one, other = self.login(self.proxy), self.login(self.proxy)
        for local in ("SET LOCAL search_path = mine", "SELECT set_config('search_path', 'mine', true)"):
            with self.subTest(local):
                one.query("BEGIN")
                one.query(local)
                self.assertEqual(rows_of(self.run_new(one, sql)), [["1"]])
                one.query("COMMIT")
                self.assertEqual(rows_of(self.run_new(other, sql)), [["2", "x"]])
                self.assertEqual(rows_of(self.run_new(one, sql)), [["2", "x"]])

    def test_nobody_takes_statements_away(self):
        victim, other = self.login(self.proxy), self.login(self.proxy)
        self.assertEqual(tags(self.ask(victim, messages.parse("mine", "SELECT 42"))), "1Z")
        run = (messages.bind("", "mine"), messages.execute())
        for attack in (
            [messages.query("DEALLOCATE " + self.postgres_name(other))],
            [messages.query("SELECT 1; DEALLOCATE " + self.postgres_name(other))],
            [messages.parse("", "DEALLOCATE ALL"), messages.bind("p1"), messages.parse("", "SELECT 2"),
             messages.bind("p2"), messages.execute("p1"), messages.execute("p2"), messages.sync()],
        ):  # fmt: skip
            other.send(*attack)
            other.until_ready()
            self.assertEqual(rows_of(self.ask(victim, *run)), [["42"]])

    def postgres_name(self, client):
        """What the statement SELECT 42 is called on the server."""
        return client.value("SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT 42'")

    def test_large_statements(self):
        direct, client = self.directly(), self.login(self.proxy)
        for parts in (
            [messages.parse("s", "SELECT 7")],
            [messages.parse("s", LARGE)],  # the name is taken
            [messages.bind("", "s"), messages.execute()],
            [messages.parse("broken", LARGE.replace("SELECT", "SELEKT"))],
            [messages.parse("broken", "SELECT 8")],
            [messages.parse("large", LARGE)],
            [messages.bind("", "nosuch"), messages.close_statement("large")],  # skipped: it is still there
            [messages.bind("", "large"), messages.execute()],
            [messages.close_statement("large")],
            [messages.parse("large", "SELECT 9")],
            [messages.bind("", "large"), messages.execute()],
        ):
            wanted, got = self.ask(direct, *parts), self.ask(client, *parts)
            self.assertEqual(tags(got), tags(wanted))
            if error_of(wanted):
                self.assertEqual(error_of(got).sqlstate, error_of(wanted).sqlstate)
            else:
                self.assertEqual(rows_of(got), rows_of(wanted))

    # State of the server's session

    def test_sequences(self):
        one = self.login(self.proxy)
        one.query("SELECT nextval('drawn')")
        for sql in ("SELECT lastval()", "SELECT currval('drawn')"):
            for in_batch in (False, True):
                with self.subTest(sql, in_batch=in_batch):
                    other = self.login(self.proxy)
                    received = self.run_new(other, sql) if in_batch else other.query(sql)
                    self.assertEqual(error_of(received).sqlstate, "55000")  # as in a fresh session
                    self.leaves(other)
        one.query("BEGIN")
        drawn = one.value("SELECT nextval('drawn')")
        self.assertEqual(one.value("SELECT lastval()"), drawn)
        one.query("COMMIT")
        self.assertEqual(one.value("SELECT currval('drawn')"), drawn)

    def test_temporary_objects_by_any_name(self):
        for statements, values in (
            (["SELECT 1 AS a, 2 AS merge INTO TEMP leaked"], None),
            (["SELECT 1 AS a, 2 AS insert INTO TEMP leaked"], None),
            (["BEGIN", r"SET LOCAL search_path = E'\x70g_temp'", "CREATE TABLE leaked AS SELECT 1 AS a", "COMMIT"], None),
            (["BEGIN", "SELECT set_config('search_path', 'pg_' || 'temp', true)", "CREATE TABLE leaked AS SELECT 1 AS a",
              "COMMIT"], None),
            (["BEGIN", "SELECT set_config('search_path', $1, true)", "CREATE TABLE leaked AS SELECT 1 AS a", "COMMIT"],
             ["pg_temp"]),
        ):  # fmt: skip
            with self.subTest(statements):
                one = self.login(self.proxy)
                for sql in statements:
                    received = self.run_new(one, sql, values) if "$1" in sql else one.query(sql)
                    self.assertIsNone(error_of(received))
                self.assertTrue(self.pins(one))
                self.leaves(one)
                self.assertEqual(self.login(self.proxy).value("SELECT to_regclass('pg_temp.leaked')"), None)

    def test_a_text_that_a_setting_before_it_explains(self):
        one = self.login(self.proxy)
        one.send(messages.query("SET standard_conforming_strings = off"),
                 messages.query(r"SELECT '\'', pg_advisory_lock(1) --'"))
        one.until_ready()
        one.until_ready()
        self.assertIn("advisory_lock", self.pins(one))

    def test_settings_of_a_transaction_whose_server_was_lost(self):
        client = self.login(self.proxy)
        before = client.value("SHOW TimeZone")
        for setting in ("SET LOCAL TimeZone = 'Asia/Tokyo'", "SET TimeZone = 'Asia/Tokyo'"):
            client.query("BEGIN")
            client.query(setting)
            self.postgres.sql(f"SELECT pg_terminate_backend({client.value('SELECT pg_backend_pid()')})")
            self.wait_until(lambda: error_of(client.query("SELECT 1")), message="the loss to be told")
            client.query("ROLLBACK")
            self.assertEqual(client.value("SHOW TimeZone"), before)

    def test_what_no_discard_ends(self):
        for mode in ("transaction", "session"):
            for sql in ("SELECT dblink_connect('c', 'host=127.0.0.1 port=1')", "SELECT setseed(0.5)", "LOAD 'auto_explain'"):
                with self.subTest(sql, mode=mode):
                    proxy = self.pgweir(database={"pool": {"size": 1, "mode": mode}})
                    one = self.login(proxy)
                    pid = one.value("SELECT pg_backend_pid()")
                    one.query(sql)
                    one.query("DISCARD ALL")
                    one.terminate()
                    self.assertNotEqual(self.login(proxy).value("SELECT pg_backend_pid()"), pid)
                    self.assertEqual(proxy.metric("pgweir_server_disconnects_total", reason="uncleanable"), 1)

    def test_reset_role_is_back_to_startup(self):
        settings = {"options": "-c role=own"}
        for client in (self.directly(**settings), self.login(self.proxy, **settings)):
            client.query("RESET ROLE")
            self.assertEqual(client.value("SELECT current_user"), "own")


if __name__ == "__main__":
    unittest.main()
