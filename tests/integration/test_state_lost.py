"""Session state that cannot be had any more: settings that a server refuses or that are lost on their way, sessions whose
client is killed, notifications whose listener is."""
import os
import signal
import unittest

from kit import messages
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.chaos import Chaos
from kit.fresh import leaks_of, look
from kit.rawclient import RawClient, error_of, rows_of

LISTENER = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgweir listener'"


class NotApplied(Case):
    """One server for two clients: with each turn the settings of the other are applied, until PostgreSQL refuses."""

    postgres_options = {"settings": {"shared_preload_libraries": "auto_explain"}}

    def setUp(self):
        super().setUp()
        for statement in ("DROP ROLE IF EXISTS tenant", "CREATE ROLE tenant", f"GRANT tenant TO {USER}",
                          f"GRANT SET ON PARAMETER auto_explain.log_min_duration, log_min_messages TO {USER}"):  # fmt: skip
            self.postgres.sql(statement)
        self.proxy = self.pgweir(database={"pool": {"size": 1}})
        self.client, self.other = self.login(self.proxy), self.login(self.proxy)

    def refused(self, setting, harm, sqlstate, words):
        self.assertIsNone(error_of(self.client.query(setting)))
        self.assertEqual(self.client.value("SELECT 1"), "1")
        pid = self.other.value("SELECT pg_backend_pid()")
        self.postgres.sql(harm)
        for _ in range(2):
            closed = self.proxy.metric("pgweir_server_disconnects_total", reason="state_failed")
            received = self.client.query("SELECT 'never run'")
            self.assertEqual([one.tag for one in received], ["E", "Z"])
            self.assertEqual((error_of(received).sqlstate, received[-1].status), (sqlstate, "I"))
            self.assertIn(words, str(error_of(received).fields))
            self.assertEqual(error_of(received).fields["S"], "ERROR")
            self.assertEqual(self.proxy.metric("pgweir_server_disconnects_total", reason="state_failed"), closed + 1)
            # The other one has another server, and nothing of the first one's.
            self.assertNotEqual(self.other.value("SELECT pg_backend_pid()"), pid)
            self.assertEqual(self.other.rows("SELECT current_user, current_setting('role')"), [[USER, "none"]])
            pid = self.other.value("SELECT pg_backend_pid()")

    def test_role_that_was_dropped(self):
        self.refused("SET ROLE tenant", "DROP ROLE tenant", "22023", 'role "tenant" does not exist')

    def test_role_that_may_not_be_had_any_more(self):
        self.refused("SET ROLE tenant", f"REVOKE tenant FROM {USER}", "42501", 'permission denied to set role "tenant"')
        # As soon as it may again, it is served again.
        self.postgres.sql(f"GRANT tenant TO {USER}")
        self.assertEqual(self.client.value("SELECT current_user"), "tenant")

    def test_setting_of_an_extension_whose_right_was_revoked(self):
        self.refused("SET auto_explain.log_min_duration TO '1h'",
                     f"REVOKE SET ON PARAMETER auto_explain.log_min_duration FROM {USER}", "42501",
                     'permission denied to set parameter "auto_explain.log_min_duration"')  # fmt: skip

    def test_setting_whose_right_was_revoked(self):
        self.refused("SET log_min_messages TO 'panic'", f"REVOKE SET ON PARAMETER log_min_messages FROM {USER}",
                     "42501", 'permission denied to set parameter "log_min_messages"')  # fmt: skip

    def test_in_a_transaction(self):
        self.client.query("SET ROLE tenant")
        self.other.query("SELECT 1")
        self.postgres.sql(f"REVOKE tenant FROM {USER}")
        self.client.query("BEGIN")
        for sqlstate in ("42501", "25P02"):
            received = self.client.query("SELECT 'never run'")
            self.assertEqual((error_of(received).sqlstate, received[-1].status), (sqlstate, "E"))
        self.assertEqual(self.client.query("ROLLBACK")[-1].status, "I")
        self.assertEqual(self.other.value("SELECT current_user"), USER)


class LostOnTheirWay(Case):
    """The server dies with the settings; the client's statement was never sent, so it is run on another one."""

    def setUp(self):
        super().setUp()
        self.chaos = Chaos(self.postgres.port)
        self.addCleanup(self.chaos.close)
        self.proxy = self.pgweir(database={"upstream": self.upstream(self.chaos.port), "pool": {"size": 1}})
        self.client, self.other = self.login(self.proxy, TimeZone="Asia/Tokyo"), self.login(self.proxy)

    def check(self, direction, lost):
        for end in (self.chaos.cut, self.chaos.reset):
            with self.subTest(end=end.__name__):
                self.other.query("SELECT 'its own'")
                getattr(self.chaos, direction).swallow = True
                self.client.send(messages.query("SHOW TimeZone"))
                self.wait_until(lost, message="the settings to be lost")
                self.chaos.passes()
                end()
                self.assertEqual(rows_of(self.client.until_ready()), [["Asia/Tokyo"]])
                self.assertNotEqual(self.other.value("SHOW TimeZone"), "Asia/Tokyo")

    def test_before_they_are_executed(self):
        self.check("to_server", lambda: self.proxy.state()["in_use"] == 1)

    def test_after_they_were_executed(self):
        self.check("to_client", lambda: "Asia/Tokyo" in self.postgres.backends(DATABASE)[0][2])


class PinnedClientDies(Case):
    """Outside a transaction, so that no ROLLBACK takes away what it leaves."""

    KINDS = ("CREATE TEMP TABLE mine ()", "BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT 7; COMMIT",
             "SELECT pg_advisory_lock(7)", "PREPARE mine AS SELECT 7", "SET app.tenant TO '7'",
             "DO $$ BEGIN PERFORM set_config('work_mem', '7MB', false); END $$",
             "SET search_path TO pg_temp, public", "SELECT setseed(0.5)", "LISTEN news",
             "SET ROLE pg_monitor; CREATE TEMP TABLE mine ()", "BEGIN; CREATE TEMP TABLE mine (); COMMIT; BEGIN; SELECT 1")  # fmt: skip

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql(f"GRANT pg_monitor TO {USER}")
        with RawClient(cls.postgres.port) as client:
            client.startup(USER, DATABASE, PASSWORD)
            cls.fresh = look(client)
        cls.proxy = cls.class_pgweir(databases={DATABASE: {"pool": {"size": 1}}})

    def test_each_kind(self):
        for sql in self.KINDS:
            for end in ("close", "reset", "in a statement"):
                with self.subTest(sql, end=end):
                    self.die(sql, end)
                    self.proxy.assert_at_rest()
                    with self.login(self.proxy) as after:
                        self.assertEqual(leaks_of([after], self.fresh), [])
                    self.assertEqual(self.postgres.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0)

    def die(self, sql, end):
        with self.login(self.proxy) as client:
            self.assertIsNone(error_of(client.query(sql)))
            if end == "reset":
                client.reset()
            elif end == "in a statement":
                client.send(messages.query("SELECT pg_sleep(60)"))
                self.wait_for_statement("pg_sleep(60)")

    def test_a_waiter_gets_its_server_clean(self):
        for sql in self.KINDS[:3]:
            with self.subTest(sql):
                client, waiter = self.login(self.proxy), self.login(self.proxy)
                pid = client.value("SELECT pg_backend_pid()")
                self.assertIsNone(error_of(client.query(sql)))
                waiter.send(messages.query("SELECT pg_backend_pid()"))
                self.wait_until(lambda: self.proxy.state()["waiting"] == 1, message="the waiter")
                client.reset()
                self.assertEqual(rows_of(waiter.until_ready()), [[pid]])
                self.assertEqual(leaks_of([waiter], self.fresh), [])
                waiter.terminate()


class ListenerDies(Case):
    def listening(self):
        client = self.login(self.proxy)
        client.query("LISTEN news")
        self.wait_until(lambda: not [row for row in self.proxy.show("CLIENTS") if row["pins"]], message="the hub")
        return client

    def test_while_a_notification_is_on_its_way(self):
        # Its process is stopped, is sent a notification, and is ended before it can pass it on.
        self.proxy = self.pgweir(database={"pool": {"size": 2}})
        clients = [self.listening() for _ in range(2)]
        pid = self.postgres.value(LISTENER)
        os.kill(pid, signal.SIGSTOP)
        try:
            self.postgres.sql("NOTIFY news, 'lost'", database=DATABASE)
            self.postgres.sql("SELECT pg_terminate_backend(%s)", (pid,))
        finally:
            os.kill(pid, signal.SIGCONT)
        for client in clients:
            warning = client.receive()
            self.assertEqual(warning.tag, "N", "neither told nor warned")
            self.assertIn("notifications may have been missed", warning.fields["M"])
        self.postgres.sql("NOTIFY news, 'after it'", database=DATABASE)
        for client in clients:
            self.assertEqual(client.receive().notification[1:], ("news", "after it"))


if __name__ == "__main__":
    unittest.main()
