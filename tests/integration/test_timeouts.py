"""Time limits on statements, transactions and clients."""
import time
import unittest

from kit import messages
from kit.case import Case
from kit.rawclient import error_of, rows_of, tags


class Timeouts(Case):
    def proxy(self, mode="transaction", **timeouts):
        return self.pgweir(database={"pool": {"mode": mode, "size": 1}, "timeouts": timeouts})

    def assert_error(self, received, sqlstate, token, setting, severity="ERROR"):
        fields = error_of(received).fields
        self.assertEqual((fields["S"], fields["C"]), (severity, sqlstate))
        self.assertIn(token, fields["M"])
        self.assertIn(setting, fields["H"])

    def test_query(self):
        client = self.login(self.proxy(query="300ms"))
        pid = client.value("SELECT pg_backend_pid()")
        began = time.monotonic()
        received = client.query("SELECT pg_sleep(60)")
        took = time.monotonic() - began
        self.assertGreater(took, 0.29)
        self.assertLess(took, 2)
        self.assert_error(received, "57014", "query timeout", "timeouts.query")
        self.assertEqual(received[-1].status, "I")
        self.assertEqual(self.running(), [])
        self.assertEqual(client.value("SELECT pg_backend_pid()"), pid)

    def test_query_in_a_transaction(self):
        client = self.login(self.proxy(query="300ms"))
        client.query("BEGIN")
        received = client.query("SELECT pg_sleep(60)")
        self.assert_error(received, "57014", "query timeout", "timeouts.query")
        self.assertEqual(received[-1].status, "E")
        self.assertEqual(client.query("ROLLBACK")[-1].status, "I")

    def test_query_of_a_batch(self):
        client = self.login(self.proxy(query="300ms"))
        client.send(messages.parse("", "SELECT pg_sleep(60)"), messages.bind(), messages.execute(),
                    messages.parse("", "SELECT 1"), messages.bind(), messages.execute(), messages.sync())  # fmt: skip
        received = client.until_ready()
        self.assertEqual(tags(received), "12EZ")
        self.assert_error(received, "57014", "query timeout", "timeouts.query")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_each_query_of_a_pipeline_has_its_own_time(self):
        proxy = self.pgweir(database={"timeouts": {"query": "1s"}})
        client = self.login(proxy)
        client.send(*[messages.query("SELECT pg_sleep(0.4)")] * 4)
        for _ in range(4):
            self.assertIsNone(error_of(client.until_ready()))

    def test_query_timeout_with_nothing_in_flight(self):
        # The time between the statements of a transaction is not a statement's.
        client = self.login(self.proxy(query="200ms"))
        client.hold_server()
        self.assertTrue(client.is_silent(0.5))
        self.assertEqual(client.value("SELECT 1"), "1")
        self.assertEqual(client.query("COMMIT")[0].command, "COMMIT")

    def test_idle_in_transaction(self):
        proxy = self.proxy(idle_in_transaction="300ms")
        client, other = self.login(proxy), self.login(proxy)
        client.query("BEGIN; CREATE TABLE never ()")
        other.send(messages.query("SELECT to_regclass('never')"))
        self.assertEqual(rows_of(other.until_ready(5)), [[None]])  # the server is free, and rolled back
        received = client.query("SELECT 1")
        self.assert_error(received, "25P03", "idle transaction timeout", "timeouts.idle_in_transaction")
        self.assertEqual(received[-1].status, "E")
        self.assertEqual(error_of(client.query("SELECT 1")).sqlstate, "25P02")
        self.assertEqual(client.query("ROLLBACK")[-1].status, "I")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_transaction(self):
        proxy = self.proxy(transaction="500ms")
        client = self.login(proxy)
        client.query("BEGIN")
        began = time.monotonic()
        while error_of(received := client.query("SELECT pg_sleep(0.05)")) is None:
            self.assertLess(time.monotonic() - began, 5)
        self.assertGreater(time.monotonic() - began, 0.4)
        self.assert_error(received, "25P04", "transaction timeout", "timeouts.transaction")
        self.assertEqual(received[-1].status, "E")
        self.assertEqual(client.query("ROLLBACK")[-1].status, "I")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_transaction_in_a_statement(self):
        client = self.login(self.proxy(transaction="300ms"))
        client.query("BEGIN")
        received = client.query("SELECT pg_sleep(60)")
        self.assert_error(received, "25P04", "transaction timeout", "timeouts.transaction")
        self.assertEqual(received[-1].status, "E")
        client.query("ROLLBACK")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_idle_client(self):
        client = self.login(self.proxy(client_idle="300ms"))
        client.query("SELECT 1")
        began = time.monotonic()
        received = client.until_closed(5)
        self.assertGreater(time.monotonic() - began, 0.25)
        self.assert_error(received, "57P05", "client_idle_timeout", "timeouts.client_idle", severity="FATAL")

    def test_client_that_is_not_idle(self):
        client = self.login(self.proxy(client_idle="400ms"))
        for _ in range(8):
            self.assertIsNone(error_of(client.query("SELECT pg_sleep(0.1)")))
        self.assertIsNone(error_of(client.query("SELECT pg_sleep(0.6)")))
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_idle_in_transaction_of_session_mode(self):
        client = self.login(self.proxy("session", idle_in_transaction="300ms"))
        client.query("BEGIN")
        self.assert_error(client.until_closed(5), "25P03", "idle transaction timeout", "timeouts.idle_in_transaction",
                          severity="FATAL")  # fmt: skip

    def test_query_of_session_mode(self):
        client = self.login(self.proxy("session", query="300ms"))
        self.assert_error(client.query("SELECT pg_sleep(60)"), "57014", "query timeout", "timeouts.query")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_off_is_off(self):
        client = self.login(self.proxy())
        client.hold_server()
        self.assertTrue(client.is_silent(0.3))
        self.assertEqual(client.value("SELECT 1"), "1")
        client.query("COMMIT")


if __name__ == "__main__":
    unittest.main()
