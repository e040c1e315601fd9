"""The end of the process: who is told what, what is still finished, and the exit code."""
import signal
import time
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.pgweir import HOST
from kit.rawclient import RawClient, error_of, rows_of, tags


class Shutdown(Case):
    def setUp(self):
        super().setUp()
        self.postgres.sql("DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int); GRANT ALL ON kept TO app",
                          database=DATABASE)  # fmt: skip

    def proxy(self, grace="20s", **changes):
        return self.pgweir(at_rest=False, shutdown={"grace": grace}, **changes)

    def assert_told(self, received):
        error = error_of(received)
        self.assertEqual((error.fields["S"], error.sqlstate), ("FATAL", "57P01"))
        self.assertIn("terminating connection due to administrator command", error.fields["M"])
        self.assertIn("shutting down", error.fields["M"])

    def assert_refuses(self, proxy):
        self.wait_until(lambda: self.refused(proxy), message="the listener to be closed")

    @staticmethod
    def refused(proxy):
        try:
            RawClient(proxy.port, HOST).close()
            return False
        except ConnectionResetError:  # it stood in the listener's queue when that was closed
            return False
        except ConnectionRefusedError:
            return True

    def kept(self):
        return self.postgres.value("SELECT count(*) FROM kept", database=DATABASE)

    def test_with_nobody_there(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            proxy = self.proxy()
            began = time.monotonic()
            proxy.process.send_signal(number)
            self.assertEqual(proxy.wait(), 0)
            self.assertLess(time.monotonic() - began, 3)

    def test_idle_clients_are_told(self):
        proxy = self.proxy()
        clients = [self.login(proxy) for _ in range(5)]
        clients[0].query("SELECT 1")
        proxy.terminate()
        for client in clients:
            self.assert_told(client.until_closed(5))
        self.assertEqual(proxy.wait(), 0)
        self.wait_until(lambda: self.servers() == 0, message="the servers to be closed")

    def test_transaction_finishes(self):
        proxy = self.proxy()
        client, idle = self.login(proxy), self.login(proxy)
        client.query("BEGIN; INSERT INTO kept VALUES (1)")
        proxy.terminate()
        self.assert_told(idle.until_closed(5))
        self.assert_refuses(proxy)
        self.assertEqual(tags(client.query("INSERT INTO kept VALUES (2)")), "CZ")
        client.send(messages.query("COMMIT"))
        received = client.until_closed(5)
        self.assertEqual(tags(received), "CZE")
        self.assert_told(received)
        self.assertEqual(proxy.wait(), 0)
        self.assertEqual(self.kept(), 2)

    def test_running_statement_finishes(self):
        proxy = self.proxy()
        client = self.login(proxy)
        client.send(messages.query("INSERT INTO kept SELECT 1 FROM pg_sleep(0.5)"))
        self.wait_for_statement("pg_sleep(0.5)")
        proxy.terminate()
        received = client.until_closed(5)
        self.assertEqual(tags(received), "CZE")
        self.assert_told(received)
        self.assertEqual(proxy.wait(), 0)
        self.assertEqual(self.kept(), 1)

    def test_waiting_client(self):
        # It waits for one that is still allowed to finish: so may it.
        proxy = self.proxy(database={"pool": {"size": 1}})
        holder, waiter = self.login(proxy), self.login(proxy)
        holder.hold_server()
        waiter.send(messages.query("SELECT 'served'"))
        self.wait_until(lambda: proxy.state()["waiting"] == 1)
        proxy.terminate()
        self.assert_refuses(proxy)
        holder.query("COMMIT")
        received = waiter.until_closed(5)
        self.assert_told(received)
        self.assertIn(tags(received), ("TDCZE", "E"))
        self.assertEqual(proxy.wait(), 0)

    def test_not_ready_while_it_drains(self):
        proxy = self.proxy()
        client = self.login(proxy)
        client.hold_server()
        self.assertEqual(proxy.http("/readyz")[0], 200)
        proxy.terminate()
        self.wait_until(lambda: proxy.http("/readyz")[0] == 503)
        self.assertEqual(proxy.http("/healthz")[0], 200)
        client.query("COMMIT")
        self.assertEqual(proxy.wait(), 0)

    def test_grace_runs_out(self):
        proxy = self.proxy(grace="500ms")
        client = self.login(proxy)
        client.query("BEGIN; INSERT INTO kept VALUES (1)")
        began = time.monotonic()
        proxy.terminate()
        self.assert_told(client.until_closed(5))
        self.assertEqual(proxy.wait(), 0)
        took = time.monotonic() - began
        self.assertGreater(took, 0.45)
        self.assertLess(took, 4)
        self.wait_until(lambda: self.servers() == 0)
        self.assertEqual(self.kept(), 0)

    def test_second_signal_is_immediate(self):
        proxy = self.proxy()
        client = self.login(proxy)
        client.query("BEGIN; INSERT INTO kept VALUES (1)")
        proxy.terminate()
        self.assert_refuses(proxy)
        self.assertEqual(rows_of(client.query("SELECT count(*) FROM kept")), [["1"]])
        began = time.monotonic()
        proxy.terminate()
        self.assert_told(client.until_closed(5))
        self.assertEqual(proxy.wait(), 0)
        self.assertLess(time.monotonic() - began, 4)
        self.wait_until(lambda: self.servers() == 0)
        self.assertEqual(self.kept(), 0)

    def test_session_mode(self):
        proxy = self.proxy(grace="500ms", database={"pool": {"mode": "session"}})
        client, busy = self.login(proxy), self.login(proxy)
        busy.query("BEGIN")
        proxy.terminate()
        self.assert_told(client.until_closed(5))
        self.assert_told(busy.until_closed(5))
        self.assertEqual(proxy.wait(), 0)

    def test_killed(self):
        # What the kernel closes for it: PostgreSQL ends the backends, nothing is committed by accident.
        proxy = self.proxy()
        client = self.login(proxy)
        client.query("BEGIN; INSERT INTO kept VALUES (1)")
        proxy.kill()
        self.assertEqual(client.until_closed(5), [])
        self.wait_until(lambda: self.servers() == 0)
        self.assertEqual(self.kept(), 0)


if __name__ == "__main__":
    unittest.main()
