"""PostgreSQL that is down, comes up, crashes, restarts: clients of transaction mode stay."""
import os
import signal
import threading
import time
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.rawclient import ConnectionClosed, ServerError, error_of, rows_of, tags

DOWN = {"57P01", "57P02", "57P03", "08006", "08007"}


class Crash(Case):
    @staticmethod
    def failure(client):
        """The answer to a query if there is an error in it."""
        received = client.query("SELECT 1")
        return received if error_of(received) else None

    def test_killed_backend(self):
        # PostgreSQL throws out everybody and recovers; clients of transaction mode stay.
        proxy = self.pgweir(database={"pool": {"size": 3}})
        victim, other, idle = (self.login(proxy) for _ in range(3))
        idle.query("SELECT 1")
        other.hold_server()
        victim.send(messages.query("SELECT pg_sleep(60), 'victim'"))
        (pid,) = self.wait_for_statement("'victim'")
        os.kill(pid, signal.SIGKILL)
        received = victim.until_ready()
        self.assertIn(error_of(received).sqlstate, DOWN)
        self.assertEqual(received[-1].status, "I")
        # The others are told by the postmaster, a moment later.
        received = self.wait_until(lambda: self.failure(other))
        self.assertIn(error_of(received).sqlstate, DOWN)
        self.assertEqual(received[-1].status, "E")
        other.query("ROLLBACK")
        for client in (victim, other, idle):
            self.assertEqual(client.value("SELECT 1"), "1")


class DownAndUp(Case):
    def tearDown(self):
        if self.postgres.process is None:
            self.postgres.start()
        super().tearDown()

    def test_down_at_the_start(self):
        self.postgres.stop()
        proxy = self.pgweir()
        self.assertEqual(proxy.http("/healthz")[0], 200)
        clients = [self.raw(proxy.port) for _ in range(3)]
        for client in clients:
            client.send(messages.startup({"user": "app", "database": DATABASE}), messages.query("SELECT 'served'"))
        for client in clients:
            self.assertTrue(client.is_silent(0.1) or client.receive().tag != "E")
        self.postgres.start()
        for client in clients:
            client.until_ready()
            self.assertEqual(rows_of(client.until_ready()), [["served"]])

    def test_down_for_longer_than_the_queue_allows(self):
        proxy = self.pgweir(database={"pool": {"queue": {"max_wait": "500ms"}}})
        client = self.login(proxy)
        self.postgres.stop()
        received = client.query("SELECT 1")
        self.assertEqual((tags(received), received[-1].status), ("EZ", "I"))
        self.assertIn(error_of(received).sqlstate, ("53300", "57P03", "57P01"))
        self.postgres.start()
        self.wait_until(lambda: error_of(client.query("SELECT 1")) is None, message="recovery")

    def test_restart_under_load(self):
        proxy = self.pgweir(database={"pool": {"size": 4}})
        clients = [self.login(proxy) for _ in range(30)]
        done, wrong, served = threading.Event(), [], [0] * len(clients)

        def work(number):
            client = clients[number]
            while not done.is_set():
                try:
                    if error := error_of(client.query(f"SELECT {number}, pg_sleep(0.002)")):
                        if error.sqlstate not in DOWN or error.fields["S"] != "ERROR":
                            wrong.append(error.fields)
                    else:
                        served[number] += 1
                except (ConnectionClosed, OSError) as lost:
                    wrong.append(lost)
                    return

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clients))]
        for thread in threads:
            thread.start()
        self.wait_until(lambda: min(served) > 3)
        self.postgres.restart()
        before = list(served)
        self.wait_until(lambda: min(now - then for now, then in zip(served, before)) > 3, message="all served again")
        done.set()
        for thread in threads:
            thread.join(30)
        self.assertEqual(wrong, [])

    def test_idle_clients_notice_nothing(self):
        proxy = self.pgweir()
        clients = [self.login(proxy) for _ in range(5)]
        for client in clients:
            client.query("SELECT 1")
        self.postgres.restart()
        for client in clients:
            self.assertTrue(client.is_silent(0.01))
            self.assertEqual(client.value("SELECT 1"), "1")

    def test_waiting_clients_wait(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, waiter = self.login(proxy), self.login(proxy)
        holder.hold_server()
        waiter.send(messages.query("SELECT 'waited'"))
        self.wait_until(lambda: proxy.state()["waiting"] == 1)
        self.postgres.restart()
        self.assertEqual(rows_of(waiter.until_ready()), [["waited"]])
        self.assertIn(error_of(holder.query("SELECT 1")).sqlstate, DOWN)
        holder.query("ROLLBACK")

    def test_power_cut(self):
        proxy = self.pgweir()
        client, runner = self.login(proxy), self.login(proxy)
        client.query("SELECT 1")
        runner.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.postgres.kill9()
        self.assertIn(error_of(runner.until_ready()).sqlstate, DOWN)
        client.send(messages.query("SELECT 'after'"))
        self.postgres.start()
        self.assertEqual(rows_of(client.until_ready()), [["after"]])

    def test_role_that_may_not_log_in(self):
        # PostgreSQL's own refusal, at once instead of after a wait in the queue.
        self.postgres.sql("ALTER ROLE app NOLOGIN")
        self.addCleanup(self.postgres.sql, "ALTER ROLE app LOGIN")
        proxy = self.pgweir()
        began = time.monotonic()
        with self.assertRaises(ServerError) as refused:
            self.login(proxy).rows("SELECT 1")
        self.assertEqual(refused.exception.sqlstate, "28000")
        self.assertIn("is not permitted to log in", refused.exception.fields["M"])
        self.assertLess(time.monotonic() - began, 3)


if __name__ == "__main__":
    unittest.main()
