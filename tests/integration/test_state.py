"""Session state in transaction mode: it follows its client, or pins it, and never reaches another one."""
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.rawclient import error_of, rows_of, tags


VIRGIN = """SELECT (SELECT string_agg(name || '=' || setting, ',') FROM pg_settings WHERE source = 'session'),
    (SELECT count(*) FROM pg_prepared_statements WHERE from_sql), (SELECT count(*) FROM pg_cursors WHERE is_holdable),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    (SELECT count(*) FROM pg_listening_channels()),
    (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()), current_user"""


class Pins(Case):
    """Each of these leaves something behind on its server, so it keeps the server until it is gone."""

    KINDS = (
        ("SELECT set_config('work' || '_mem', '7MB', false)", "set_config", "SHOW work_mem", "7MB"),
        ("CREATE TEMP TABLE mine AS SELECT 7 AS seven", "temp_table", "SELECT seven FROM mine", "7"),
        ("SELECT 7 AS seven INTO TEMPORARY mine", "temp_table", "SELECT seven FROM mine", "7"),
        ("SELECT pg_advisory_lock(7)", "advisory_lock", "SELECT pg_advisory_unlock(7)", "t"),
        ("PREPARE mine AS SELECT 7", "prepare", "EXECUTE mine", "7"),
        ("BEGIN; DECLARE mine CURSOR WITH HOLD FOR SELECT 7; COMMIT", "with_hold_cursor", "FETCH mine", "7"),
        ("SELECT setseed(0.5)", "setseed", "SELECT 7", "7"),
        ("DO $$ BEGIN PERFORM set_config('work_mem', '7MB', false); END $$", "do_block", "SHOW work_mem", "7MB"),
        ("SET search_path TO pg_temp, public", "temp_table", "SHOW search_path", "pg_temp, public"),
    )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.postgres.sql("GRANT pg_monitor TO app")
        self.proxy = self.pgweir(database={"pool": {"size": 2}})

    def pins(self, user="app"):
        return [row["pins"] for row in self.proxy.show("CLIENTS") if row["user"] == user and row["pins"]]

    def assert_virgin(self):
        """Every server is as new, for a fresh client of each."""
        clients = [self.login(self.proxy) for _ in range(2)]
        for client in clients:
            client.query("BEGIN")
        for client in clients:
            self.assertEqual(client.rows(VIRGIN), [[None, "0", "0", "0", "0", "0", "app"]])
        for client in clients:
            client.query("COMMIT")
            client.terminate()

    def test_each_kind(self):
        for statement, reason, question, answer in self.KINDS:
            for extended in (False, True):
                if extended and ";" in statement:
                    continue
                with self.subTest(statement, extended=extended):
                    self.check_kind(statement, reason, question, answer, extended)

    def test_what_a_role_with_more_rights_has_set_is_kept_where_it_is(self):
        self.postgres.sql("CREATE ROLE boss SUPERUSER; GRANT boss TO app")
        self.addCleanup(self.postgres.sql, "DROP ROLE boss")
        client, other = self.login(self.proxy), self.login(self.proxy)
        client.query("BEGIN; SET LOCAL ROLE boss; SET session_replication_role = replica; COMMIT")
        self.wait_until(lambda: self.pins() == ["set"], message=lambda: f"the pin: {self.pins()}")
        for _ in range(3):
            self.assertEqual(other.value("SHOW session_replication_role"), "origin")
            self.assertEqual(client.value("SHOW session_replication_role"), "replica")
        client.query("BEGIN; SET LOCAL ROLE boss; RESET session_replication_role; COMMIT")
        self.wait_until(lambda: self.pins() == [], message="the end of the pin")
        self.assert_virgin()

    def test_temp_buffers_stay_where_they_were_set(self):
        client, other = self.login(self.proxy), self.login(self.proxy)
        client.query("SET temp_buffers = 3000")
        self.wait_until(lambda: self.pins() == ["set"], message=lambda: f"the pin: {self.pins()}")
        other.query("CREATE TEMP TABLE used (a int)")
        other.query("DISCARD ALL")
        self.assertEqual([client.value("SHOW temp_buffers") for _ in range(3)], ["24000kB"] * 3)
        self.wait_until(lambda: self.pins() == ["set"], message=lambda: f"its pin alone: {self.pins()}")
        client.query("RESET temp_buffers")
        self.wait_until(lambda: self.pins() == [], message="the end of the pin")

    def test_what_cannot_be_taken_back_costs_nobody_else_an_error(self):
        self.postgres.sql("ALTER ROLE app SUPERUSER")
        self.addCleanup(self.postgres.sql, "ALTER ROLE app NOSUPERUSER")
        client, other = self.login(self.proxy), self.login(self.proxy)
        self.assertIsNone(error_of(client.query("SET log_min_duration_statement = '1h'")))
        self.wait_until(lambda: self.proxy.state()["in_use"] == 0, message="the server to be given back")
        self.postgres.sql("ALTER ROLE app NOSUPERUSER")
        self.assertEqual(other.value("SELECT 1"), "1")

    def check_kind(self, statement, reason, question, answer, extended):
        counted = self.proxy.metric("pgweir_session_pins_total", reason=reason)
        client = self.login(self.proxy)
        if extended:
            client.send(messages.parse("", statement), messages.bind(), messages.execute(), messages.sync())
            self.assertIsNone(error_of(client.until_ready()))
        else:
            self.assertIsNone(error_of(client.query(statement)))
        # Once the server was asked what there is.
        self.wait_until(lambda: self.pins() == [reason], message=lambda: f"the pin: {self.pins()}")
        self.wait_until(lambda: self.proxy.metric("pgweir_session_pins_total", reason=reason) == counted + 1)
        self.assertEqual(self.proxy.metric("pgweir_pinned_clients", reason=reason), 1)
        # Others, on whatever server, do not see it.
        others = [self.login(self.proxy) for _ in range(3)]
        for other in others:
            self.assertEqual(other.rows(VIRGIN)[0][1:], ["0", "0", "0", "0", "0", "app"])
        self.assertEqual(client.value(question), answer)
        client.terminate()
        self.wait_until(lambda: not self.pins(), message="the pin's end")
        self.assert_virgin()

    def test_the_first_pin_of_a_kind_is_logged(self):
        def lines():
            return [line for line in self.proxy.log().splitlines() if " session_pinned " in line]

        for _ in range(3):
            client = self.login(self.proxy, application_name="billing")
            client.query("CREATE TEMP TABLE mine ()")
            self.wait_until(lambda: self.pins() == ["temp_table"])
            client.terminate()
            self.wait_until(lambda: not self.pins())
        (line,) = lines()
        self.assertRegex(line, "user=app .*application=billing .*reason=temp_table")
        self.login(self.proxy).query("SELECT pg_advisory_lock(7)")
        self.wait_until(lambda: len(lines()) == 2, message="the line of the second kind")

    def test_what_does_not_pin(self):
        """Nothing is counted; while the server is asked what the session holds, its client has it."""
        client, counted = self.login(self.proxy), self.proxy.metric("pgweir_session_pins_total", reason="routine")
        for statement in ("SELECT 1", "BEGIN; SET LOCAL work_mem TO '7MB'; COMMIT", "SET TimeZone TO 'Asia/Tokyo'",
                          "SET application_name TO 'x'", "SELECT set_config('work_mem', '7MB', true)",
                          "SELECT pg_advisory_xact_lock(7)", "NOTIFY news", "RESET ALL", "DISCARD ALL",
                          "BEGIN; DECLARE c CURSOR FOR SELECT 1; FETCH c; COMMIT", "SELECT 'SET work_mem TO 7'",
                          "CREATE TABLE IF NOT EXISTS permanent ()", "SET TRANSACTION READ ONLY"):  # fmt: skip
            with self.subTest(statement):
                self.assertIsNone(error_of(client.query(statement)))
                if not statement.startswith("CREATE"):
                    self.assertEqual(self.pins(), [])
                self.wait_until(lambda: not self.pins(), message="the end of the survey")
        self.assertEqual(self.proxy.metric("pgweir_session_pins_total", reason="routine"), counted)

    def test_large_objects_of_libpq_do_not_pin(self):
        """It calls functions by their numbers; a write may be larger than what is looked at as a whole."""
        connection = psycopg2.connect(host="127.0.0.1", port=self.proxy.port, user=USER, dbname=DATABASE)
        self.addCleanup(connection.close)
        holder = self.login(self.proxy)
        for size in (7, 200_000):
            written = connection.lobject(0, "wb")
            written.write(b"x" * size)
            connection.commit()
            holder.hold_server()  # so that it is another one from now on
            read = connection.lobject(written.oid, "rwb")
            self.assertEqual(len(read.read()), size)
            read.seek(5)
            read.truncate(5)
            self.assertEqual(read.tell(), 5)
            read.unlink()
            connection.commit()
            holder.query("COMMIT")
            self.assertEqual(self.pins(), [])

    def test_functions_that_are_called_by_number(self):
        numbers = self.postgres.sql("""SELECT oid FROM pg_proc WHERE proname IN ('lo_open', 'lo_close', 'lo_creat',
            'lo_create', 'lo_unlink', 'lo_lseek', 'lo_lseek64', 'lo_tell', 'lo_tell64', 'lo_truncate', 'lo_truncate64',
            'loread', 'lowrite') AND pronamespace = 'pg_catalog'::regnamespace""")
        self.assertEqual(len(numbers), 13)
        client = self.login(self.proxy)
        for (oid,) in numbers:
            client.send(messages.function_call(oid))
            self.assertEqual(error_of(client.until_ready()).sqlstate, "08P01")
            self.assertEqual(self.pins(), [], oid)
        setseed = self.postgres.value("SELECT 'setseed'::regproc::oid")
        client.send(messages.function_call(setseed, ["0.5"]))
        self.assertEqual(tags(client.until_ready()), "VZ")
        self.wait_until(lambda: self.pins() == ["other"], message=lambda: f"the pin: {self.pins()}")
        client.query("DISCARD ALL")
        self.assertEqual(self.pins(), ["other"])
        client.terminate()
        self.wait_until(lambda: self.proxy.metric("pgweir_server_disconnects_total", reason="uncleanable") == 1)

    def test_the_end_of_its_cause_ends_the_pin(self):
        client = self.login(self.proxy)
        for cause, end in (("CREATE TEMP TABLE mine ()", "DROP TABLE mine"),
                           ("SELECT pg_advisory_lock(7)", "SELECT pg_advisory_unlock(7)"),
                           ("PREPARE mine AS SELECT 7", "DEALLOCATE mine"),
                           ("BEGIN; DECLARE mine CURSOR WITH HOLD FOR SELECT 7; COMMIT", "CLOSE mine"),
                           ("CREATE TEMP TABLE mine ()", "DISCARD TEMP"), ("PREPARE mine AS SELECT 7", "DEALLOCATE ALL"),
                           ("SELECT pg_advisory_lock(7)", "SELECT pg_advisory_unlock_all()")):  # fmt: skip
            with self.subTest(cause, end=end):
                self.assertIsNone(error_of(client.query(cause)))
                self.assertEqual(len(self.pins()), 1)
                self.assertIsNone(error_of(client.query(end)))
                self.wait_until(lambda: not self.pins(), message=lambda: f"the pin's end: {self.pins()}")
        self.assert_virgin()

    def test_what_was_never_got_pins_nothing(self):
        one, other = self.login(self.proxy), self.login(self.proxy)
        one.query("SELECT pg_advisory_lock(7)")
        for statement in ("SELECT pg_try_advisory_lock(7)", "BEGIN; CREATE TEMP TABLE mine (); ROLLBACK",
                          "SELECT pg_advisory_lock(8) WHERE false", "PREPARE mine AS SELECT no_such_column"):  # fmt: skip
            with self.subTest(statement):
                other.query(statement)
                self.wait_until(lambda: self.pins() == ["advisory_lock"], message=lambda: f"{self.pins()}")

    def test_a_survey_that_fails_leaves_the_session_where_it_is(self):
        client, other = self.login(self.proxy), self.login(self.proxy)
        self.assertIsNone(error_of(client.query("SET statement_timeout TO '1ms'; SET work_mem TO '7MB'")))
        for _ in range(3):
            self.assertEqual(other.value("SHOW work_mem"), "4MB")
        self.assertIsNone(error_of(client.query("RESET statement_timeout")))
        self.wait_until(lambda: not self.pins(), message=lambda: f"the pin's end: {self.pins()}")
        self.assertEqual(client.value("SHOW work_mem"), "7MB")
        self.assertEqual(other.value("SHOW work_mem"), "4MB")

    def test_search_path_cannot_deceive_the_survey(self):
        """Operators of its own, put before PostgreSQL's: what is asked must not use them."""
        evil = self.login(self.proxy)
        for statement in ("CREATE SCHEMA evil", "CREATE FUNCTION evil.never(text, text) RETURNS bool LANGUAGE sql "
                          "IMMUTABLE AS 'SELECT false'",
                          "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never)",
                          "CREATE TABLE evil.pg_settings (name text, setting text, source text)",
                          "SET search_path TO evil, pg_catalog", "SET work_mem TO '7MB'"):  # fmt: skip
            self.assertIsNone(error_of(evil.query(statement)), statement)
        other = self.login(self.proxy)
        for _ in range(3):
            self.assertEqual(other.rows("SELECT current_setting('work_mem'), current_setting('search_path')"),
                             [["4MB", '"$user", public']])  # fmt: skip
            self.assertEqual(evil.rows("SELECT current_setting('work_mem'), current_setting('search_path')"),
                             [["7MB", "evil, pg_catalog"]])  # fmt: skip
        evil.query("DROP SCHEMA evil CASCADE")

    def test_a_survey_waits_for_nobody(self):
        client, other = self.login(self.proxy), self.login(self.proxy)
        other.query("BEGIN ISOLATION LEVEL SERIALIZABLE")
        other.query("CREATE TABLE waited ()")
        client.query("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE")
        self.assertEqual(client.value("SHOW default_transaction_deferrable"), "on")
        self.assertEqual(self.pins(), [])
        other.query("ROLLBACK")

    def test_discard_all_ends_the_pin(self):
        client = self.login(self.proxy)
        client.query("CREATE TEMP TABLE mine ()")
        self.assertEqual(self.pins(), ["temp_table"])
        client.query("DISCARD ALL")
        self.assertEqual(self.pins(), [])
        self.assert_virgin()

    def test_torn_pinned_client(self):
        for statement in ("CREATE TEMP TABLE mine ()", "SET work_mem TO '7MB'", "SELECT pg_advisory_lock(7)"):
            client = self.login(self.proxy)
            client.query("BEGIN")
            client.query(statement)
            client.close()
            self.proxy.assert_at_rest()
            self.assert_virgin()

    def test_all_servers_pinned(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "200ms"}}})
        client, other = self.login(proxy), self.login(proxy)
        client.query("CREATE TEMP TABLE mine ()")
        refused = error_of(other.query("SELECT 1"))
        self.assertEqual(refused.sqlstate, "53300")
        self.assertIn("1 session keeps its server between transactions", refused.fields["H"])
        client.query("DROP TABLE mine")
        self.assertIsNone(error_of(other.query("SELECT 1")))
        client.query("BEGIN; SELECT 1")
        self.assertNotIn("keeps its server", error_of(other.query("SELECT 1")).fields["H"])
        client.query("COMMIT; CREATE TEMP TABLE mine ()")
        client.terminate()
        self.wait_until(lambda: error_of(other.query("SELECT 1")) is None)

    def test_limit_of_pinned_sessions(self):
        proxy = self.pgweir(database={"pool": {"size": 4}, "limits": {"pinned": 1}})
        kept, more, other = (self.login(proxy) for _ in range(3))
        kept.query("CREATE TEMP TABLE mine ()")
        more.query("BEGIN; CREATE TEMP TABLE mine () ON COMMIT DROP; COMMIT")  # which pins for no longer
        self.assertEqual(more.value("SELECT 1"), "1")
        more.send(messages.query("CREATE TEMP TABLE mine ()"))
        received = more.until_closed()
        told = error_of(received)
        self.assertEqual((tags(received), told.fields["S"], told.sqlstate), ("CZE", "FATAL", "53300"))
        self.assertIn("limits.pinned", told.fields["H"])
        kept.query("DROP TABLE mine")
        self.wait_until(lambda: proxy.metric("pgweir_pinned_clients", reason="temp_table") == 0)
        other.query("CREATE TEMP TABLE mine ()")
        self.assertEqual(other.value("SELECT count(*) FROM mine"), "0")

    def test_notification_reaches_the_listener(self):
        listener, speaker = self.login(self.proxy), self.login(self.proxy)
        listener.query("LISTEN news")
        speaker.query("NOTIFY news, 'hello'")
        self.assertEqual(listener.receive().notification[1:], ("news", "hello"))

    def test_server_of_a_pinned_client_is_lost(self):
        # Its session state is gone for good, so it is told as PostgreSQL would.
        client = self.login(self.proxy)
        client.query("CREATE TEMP TABLE mine ()")
        pid = client.value("SELECT pg_backend_pid()")
        self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (int(pid),))
        received = client.until_closed()
        self.assertEqual((error_of(received).fields["S"], error_of(received).sqlstate), ("FATAL", "57P01"))


class Cost(Case):
    postgres_options = {"settings": {"log_statement": "all"}}

    def test_equal_state_costs_no_statement(self):
        # Hundreds of transactions of clients with the same settings: not one SET on the server but the first.
        proxy = self.pgweir(database={"pool": {"size": 1}})
        settings = {"application_name": "same", "DateStyle": "ISO, DMY", "TimeZone": "Asia/Tokyo"}
        clients = [self.login(proxy, **settings) for _ in range(3)]
        for client in clients:
            client.query("SELECT 1")
        before = self.postgres.count_in_log(r"statement: .*\bSET\b")
        for _ in range(100):
            for client in clients:
                client.query("SELECT 1")
        self.assertEqual(self.postgres.count_in_log(r"statement: .*\bSET\b"), before)

    def test_batch_of_another_clients_state(self):
        # The settings come in a round trip of their own: the client sees nothing of it.
        proxy = self.pgweir(database={"pool": {"size": 1}})
        one, other = self.login(proxy, application_name="one"), self.login(proxy, application_name="other")
        for _ in range(5):
            for client, name in ((one, "one"), (other, "other")):
                client.send(messages.parse("", "SELECT current_setting('application_name')"), messages.bind(),
                            messages.execute(), messages.sync())  # fmt: skip
                received = client.until_ready()
                self.assertEqual([message.tag for message in received], list("12DCZ"))
                self.assertEqual(rows_of(received), [[name]])
                self.assertEqual(tags(received), "12DCZ")


if __name__ == "__main__":
    unittest.main()
