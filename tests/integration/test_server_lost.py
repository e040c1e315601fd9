"""A server connection that is lost under a client."""
import os
import signal
import time
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.chaos import Chaos
from kit.rawclient import error_of, tags

ADMIN_WORDS = "terminating connection due to administrator command"


class Terminated(Case):
    """pg_terminate_backend: the server says 57P01 before it closes."""

    def setUp(self):
        super().setUp()
        self.proxy = self.pgweir(database={"pool": {"size": 2}})
        self.client = self.login(self.proxy)
        self.pid = int(self.client.value("SELECT pg_backend_pid()"))

    def terminate(self):
        self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (self.pid,))

    def assert_server_words(self, received):
        self.assertEqual(error_of(received).sqlstate, "57P01")
        self.assertIn(ADMIN_WORDS, error_of(received).fields["M"])
        self.assertEqual(error_of(received).fields["S"], "ERROR")

    def test_idle(self):
        self.terminate()
        self.assertTrue(self.client.is_silent())
        self.assertNotEqual(self.client.value("SELECT pg_backend_pid()"), str(self.pid))

    def test_in_a_query(self):
        self.client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.terminate()
        received = self.client.until_ready()
        self.assert_server_words(received)
        self.assertEqual(received[-1].status, "I")
        self.assertEqual(self.client.value("SELECT 1"), "1")

    def test_in_a_batch(self):
        self.client.send(messages.parse("s", "SELECT pg_sleep(60)"), messages.bind("", "s"), messages.execute(),
                         messages.parse("", "SELECT 1"), messages.bind(), messages.execute())  # fmt: skip
        self.wait_for_statement("pg_sleep(60)")
        self.terminate()
        received = self.client.until("E")
        self.assertEqual(tags(received), "12E")
        self.assert_server_words(received)
        self.assertTrue(self.client.is_silent())  # until Sync
        self.client.send(messages.sync())
        self.assertEqual(self.client.receive().status, "I")
        # The statement was parsed before: it is still the client's, on any server.
        self.client.send(messages.describe_statement("s"), messages.sync())
        self.assertEqual(tags(self.client.until_ready()), "tTZ")

    def test_in_a_transaction_between_statements(self):
        self.client.hold_server()
        self.terminate()
        received = self.client.query("SELECT 1")
        self.assert_server_words(received)
        self.assertEqual(received[-1].status, "E")
        self.assert_failed_until_rollback()

    def test_in_a_statement_of_a_transaction(self):
        self.client.query("BEGIN")
        self.client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.terminate()
        received = self.client.until_ready()
        self.assert_server_words(received)
        self.assertEqual(received[-1].status, "E")
        self.assert_failed_until_rollback()

    def assert_failed_until_rollback(self):
        received = self.client.query("INSERT INTO nothing VALUES (1)")
        self.assertEqual((tags(received), error_of(received).sqlstate), ("EZ", "25P02"))
        self.assertEqual(received[-1].status, "E")
        self.client.send(messages.parse("", "SELECT 1"), messages.bind(), messages.execute(), messages.sync())
        received = self.client.until_ready()
        self.assertEqual((tags(received), error_of(received).sqlstate), ("EZ", "25P02"))
        received = self.client.query("ROLLBACK")
        self.assertEqual((received[0].command, received[-1].status), ("ROLLBACK", "I"))
        self.assertEqual(self.client.value("SELECT 1"), "1")

    def test_commit_of_a_lost_transaction_is_a_rollback(self):
        self.client.hold_server()
        self.terminate()
        self.client.query("SELECT 1")
        received = self.client.query("COMMIT")
        self.assertEqual((received[0].command, received[-1].status), ("ROLLBACK", "I"))

    def test_rollback_by_the_extended_protocol(self):
        self.client.hold_server()
        self.terminate()
        self.client.query("SELECT 1")
        self.client.send(messages.parse("", "ROLLBACK"), messages.bind(), messages.describe_portal(),
                         messages.execute(), messages.sync())  # fmt: skip
        received = self.client.until_ready()
        self.assertEqual((tags(received), received[-1].status), ("12nCZ", "I"))
        self.assertEqual(self.client.value("SELECT 1"), "1")

    def test_session_mode_client_is_told_fatal(self):
        proxy = self.pgweir(database={"pool": {"mode": "session"}})
        client = self.login(proxy)
        self.pid = int(client.value("SELECT pg_backend_pid()"))
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.terminate()
        received = client.until_closed()
        self.assertEqual(error_of(received).sqlstate, "57P01")
        self.assertEqual(error_of(received).fields["S"], "FATAL")


class Doubt(Case):
    def setUp(self):
        super().setUp()
        self.chaos = Chaos(self.postgres.port)
        self.addCleanup(self.chaos.close)
        self.proxy = self.pgweir(database={"upstream": self.upstream(self.chaos.port), "pool": {"size": 1}})
        self.client = self.login(self.proxy)
        self.postgres.sql("DROP TABLE IF EXISTS doubt; CREATE TABLE doubt (n int); GRANT ALL ON doubt TO app",
                          database=DATABASE)  # fmt: skip

    def count(self):
        return self.postgres.value("SELECT count(*) FROM doubt", database=DATABASE)

    def assert_works(self):
        self.chaos.passes()
        self.assertEqual(self.client.value("SELECT 1"), "1")

    def test_commit_whose_answer_is_lost(self):
        self.client.query("BEGIN; INSERT INTO doubt VALUES (1)")
        self.chaos.to_client.swallow = True
        self.client.send(messages.query("COMMIT"))
        self.wait_until(lambda: self.count() == 1, message="the commit to happen")
        self.chaos.cut()
        received = self.client.until_ready()
        self.assertEqual((tags(received), received[-1].status), ("EZ", "I"))
        self.assertEqual(error_of(received).sqlstate, "08007")
        self.assert_works()
        self.assertEqual(self.count(), 1)

    def test_commit_that_never_arrived(self):
        self.client.query("BEGIN; INSERT INTO doubt VALUES (1)")
        self.chaos.to_server.swallow = True
        self.client.send(messages.query("COMMIT"))
        self.wait_until(lambda: self.proxy.state()["pending"] == 1)
        self.chaos.reset()
        self.assertEqual(error_of(self.client.until_ready()).sqlstate, "08007")
        self.assert_works()
        self.assertEqual(self.count(), 0)

    def test_autocommit_write_is_sent_once(self):
        self.chaos.to_client.swallow = True
        self.client.send(messages.query("INSERT INTO doubt VALUES (1)"))
        self.wait_until(lambda: self.count() == 1, message="the insert to happen")
        self.chaos.cut()
        received = self.client.until_ready()
        self.assertIn(error_of(received).sqlstate, ("08006", "08007"))
        self.assert_works()
        self.assertEqual(self.count(), 1)

    def test_read_without_last_words(self):
        self.client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.chaos.cut()
        received = self.client.until_ready()
        self.assertEqual((error_of(received).sqlstate, received[-1].status), ("08006", "I"))
        self.assertIn("server conn crashed?", error_of(received).fields["M"])
        self.assert_works()

    def test_reply_cut_at_each_byte(self):
        # Each server connection dies so many bytes after its login: what arrived whole is passed on, then one error.
        sql = "SELECT 'a row', 2 FROM generate_series(1, 3)"
        self.client.query(sql)
        before = self.chaos.passed["to_client"]
        self.client.query(sql)
        reply = self.chaos.passed["to_client"] - before
        for cut in range(1, reply, 3):
            self.chaos.to_client.cut_after = self.chaos.passed["to_client"] + cut
            received = self.client.query(sql)
            self.chaos.passes()
            if error := error_of(received):
                self.assertEqual((error.sqlstate, received[-1].status), ("08006", "I"))
            else:
                self.assertEqual(tags(received), "TDDDCZ")
            self.assertEqual(self.client.value("SELECT 1"), "1")

class Frozen(Case):
    """A backend that hangs acknowledges at the kernel's level: only asking it something shows."""

    def freeze(self, pid):
        os.kill(int(pid), signal.SIGSTOP)
        self.addCleanup(os.kill, int(pid), signal.SIGCONT)

    def test_idle_server_that_is_probed(self):
        proxy = self.pgweir(database={"pool": {"size": 2}, "server": {"check_after": "10ms", "connect_timeout": "1s"}})
        client = self.login(proxy)
        self.freeze(client.value("SELECT pg_backend_pid()"))
        self.wait_until(lambda: proxy.show("POOLS")[0]["sv_idle"] == "1")
        time.sleep(0.05)  # idle for longer than check_after
        self.assertEqual(client.value("SELECT 'served by another'"), "served by another")
        self.assertEqual(proxy.metric("pgweir_server_disconnects_total", reason="check_failed"), 1)

    def test_server_that_is_being_cleaned(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "mode": "session"}, "server": {"connect_timeout": "1s"}})
        client = self.login(proxy)
        self.freeze(client.value("SELECT pg_backend_pid()"))
        client.terminate()
        self.assertEqual(self.login(proxy).value("SELECT 1"), "1")
        self.assertEqual(proxy.metric("pgweir_server_disconnects_total", reason="reset_failed"), 1)


if __name__ == "__main__":
    unittest.main()
