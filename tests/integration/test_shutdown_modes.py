"""The end as a sidecar and as a service: who may still come, when it ends, and what it leaves behind."""
import signal
import time
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.pgweir import HOST
from kit.rawclient import ConnectionClosed, RawClient, ServerError, error_of, tags


class ShutdownModes(Case):
    def setUp(self):
        super().setUp()
        self.postgres.sql("DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int); GRANT ALL ON kept TO app",
                          database=DATABASE)  # fmt: skip

    def proxy(self, mode, grace="20s", **changes):
        return self.pgweir(at_rest=False, shutdown={"mode": mode, "grace": grace}, **changes)

    def kept(self):
        return self.postgres.value("SELECT count(*) FROM kept", database=DATABASE)

    def assert_told(self, received):
        error = error_of(received)
        self.assertEqual((error.fields["S"], error.sqlstate), ("FATAL", "57P01"))

    def assert_ended(self, proxy, within=None):
        """Exit code 0, and nothing of it is left: no listener, no process, no server connection."""
        began = time.monotonic()
        self.assertEqual(proxy.wait(), 0)
        if within is not None:
            self.assertLess(time.monotonic() - began, within)
        for port in (proxy.port, proxy.http_port):
            with self.assertRaises(ConnectionRefusedError):
                RawClient(port, HOST).close()
        self.wait_until(lambda: self.servers() == 0, message="PostgreSQL to have no backend of it")
        self.assertEqual(proxy.log().count(" shutting_down"), 1)
        self.assertTrue(proxy.log().rstrip().endswith(" stopped"), proxy.log())
        proxy.check_log()

    def begun(self, proxy):
        """The log says so as soon as the signal is dealt with."""
        self.wait_until(lambda: " shutting_down" in proxy.log())

    # Sidecar

    def test_sidecar_goes_on_until_its_clients_have_gone(self):
        proxy = self.proxy("sidecar")
        first = self.login(proxy)
        first.query("SELECT 1")
        proxy.terminate()
        self.begun(proxy)
        self.wait_until(lambda: proxy.http("/readyz")[0] == 503)
        self.assertEqual(proxy.http("/healthz")[0], 200)
        # Nobody is told, and newcomers are served: with the raw protocol and with a driver.
        self.assertTrue(first.is_silent(0.3))
        second = self.login(proxy)
        self.assertEqual(tags(second.query("BEGIN; INSERT INTO kept VALUES (1)")), "CCZ")
        connection = psycopg2.connect(host=HOST, port=proxy.port, user=USER, dbname=DATABASE)
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO kept VALUES (2)")
        connection.close()
        self.assertEqual(tags(first.query("INSERT INTO kept VALUES (3)")), "CZ")
        first.terminate()
        # One is left, and as long as it is there others may come.
        self.assertTrue(second.is_silent(0.3))
        third = self.login(proxy)
        self.assertEqual(third.value("SELECT 'late'"), "late")
        third.terminate()
        self.assertEqual(tags(second.query("COMMIT")), "CZ")
        second.terminate()
        self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 3)

    def test_sidecar_with_nobody_there(self):
        proxy = self.proxy("sidecar")
        proxy.terminate()
        self.assert_ended(proxy, within=5)

    def test_sidecar_ends_with_its_grace(self):
        proxy = self.proxy("sidecar", grace="1s")
        idle, busy, running = (self.login(proxy) for _ in range(3))
        busy.query("BEGIN; INSERT INTO kept VALUES (1)")
        running.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        began = time.monotonic()
        proxy.terminate()
        for client in (idle, busy, running):
            self.assert_told(client.until_closed())
        took = time.monotonic() - began
        self.assertGreater(took, 0.95)
        self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 0)

    def test_sidecar_with_clients_that_keep_coming(self):
        # The grace is an end for them, too: whoever is turned away hears it in the protocol or finds nobody.
        proxy = self.proxy("sidecar", grace="1s")
        self.login(proxy)
        proxy.terminate()
        served, last = 0, None
        while last is None:
            try:
                with RawClient(proxy.port, HOST) as client:
                    client.startup(USER, DATABASE)
                    client.query("SELECT 1")
                    client.terminate()
                served += 1
            except (ServerError, ConnectionClosed, OSError) as error:
                last = error
        self.assertGreater(served, 5)
        if isinstance(last, ServerError):
            self.assertEqual(last.sqlstate, "57P01")
        self.assert_ended(proxy, within=5)

    def test_sidecar_second_signal(self):
        for second in (signal.SIGTERM, signal.SIGINT):
            proxy = self.proxy("sidecar")
            idle, busy = self.login(proxy), self.login(proxy)
            busy.query("BEGIN; INSERT INTO kept VALUES (1)")
            proxy.terminate()
            self.begun(proxy)
            self.assertTrue(busy.is_silent(0.2))
            proxy.process.send_signal(second)
            self.assert_told(idle.until_closed(5))
            self.assert_told(busy.until_closed(5))
            self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 0)

    # Service

    def test_service_refuses_who_is_in_the_middle_of_a_login(self):
        proxy = self.proxy("service")
        holder = self.login(proxy)
        holder.hold_server()
        newcomer = self.raw(proxy.port)
        newcomer.send(messages.startup({"user": USER, "database": DATABASE})[:10])
        self.wait_until(lambda: proxy.state()["logins"] == 1)
        proxy.terminate()
        self.begun(proxy)
        try:
            newcomer.send(messages.startup({"user": USER, "database": DATABASE})[10:])
        except ConnectionError:
            pass
        # Told, or cut off before it had said who it is.
        received = newcomer.until_closed()
        self.assertNotIn("Z", tags(received))
        if error_of(received):
            self.assert_told(received)
        holder.query("COMMIT")
        holder.until_closed()
        self.assert_ended(proxy, within=5)

    def test_service_tells_who_holds_a_server_and_is_idle(self):
        """In session mode, and pinned: at once, or when the transaction has ended."""
        for mode in ("session", "transaction"):
            proxy = self.proxy("service", database={"pool": {"mode": mode}})
            idle, busy = self.login(proxy), self.login(proxy)
            for client in (idle, busy):
                client.query("SET work_mem TO '5MB'")
            busy.query("BEGIN; INSERT INTO kept VALUES (1)")
            proxy.terminate()
            self.assert_told(idle.until_closed(5))
            self.assertTrue(busy.is_silent(0.2))
            busy.send(messages.query("COMMIT"))
            self.assert_told(busy.until_closed(5))
            self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 2)

    def test_service_finishes_what_runs(self):
        # A pipeline, a COPY and the transaction of a pinned client, each to its end.
        proxy = self.proxy("service")
        pipeline, copy, pinned = (self.login(proxy) for _ in range(3))
        pipeline.query("BEGIN")
        copy.send(messages.query("COPY kept FROM STDIN"), messages.copy_data("1\n"))
        copy.until("G")
        pinned.query("CREATE TEMP TABLE pin ()")
        pinned.query("BEGIN; INSERT INTO kept VALUES (2)")
        proxy.terminate()
        self.begun(proxy)
        pipeline.send(*(messages.parse("", f"INSERT INTO kept VALUES ({n})") + messages.bind() + messages.execute()
                        for n in range(3, 6)), messages.sync())  # fmt: skip
        self.assertEqual(tags(pipeline.until_ready()), "12C" * 3 + "Z")
        copy.send(messages.copy_data("9\n"), messages.copy_done())
        self.assertEqual(tags(copy.until_ready()), "CZ")
        self.assert_told(copy.until_closed())
        pipeline.send(messages.query("COMMIT"))
        self.assertEqual(tags(pipeline.until_ready()), "CZ")
        self.assert_told(pipeline.until_closed())
        # What this one has is not in its transaction only: it may stay for the whole grace.
        self.assertEqual(tags(pinned.query("COMMIT")), "CZ")
        for client in (pipeline, copy, pinned):
            client.close()
        self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 6)

    def test_service_session_mode_finishes_a_transaction(self):
        proxy = self.proxy("service", database={"pool": {"mode": "session"}})
        client = self.login(proxy)
        client.query("BEGIN; INSERT INTO kept VALUES (1)")
        proxy.terminate()
        self.begun(proxy)
        self.assertEqual(tags(client.query("INSERT INTO kept VALUES (2)")), "CZ")
        self.assertEqual(tags(client.query("COMMIT")), "CZ")
        client.close()
        self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 2)

    def test_interrupt_is_like_terminate(self):
        proxy = self.proxy("service")
        idle, busy = self.login(proxy), self.login(proxy)
        busy.query("BEGIN; INSERT INTO kept VALUES (1)")
        proxy.process.send_signal(signal.SIGINT)
        self.assert_told(idle.until_closed(5))
        self.assertEqual(tags(busy.query("INSERT INTO kept VALUES (2)")), "CZ")
        busy.send(messages.query("COMMIT"))
        self.assertEqual(tags(busy.until_closed(5)), "CZE")
        idle.close()
        busy.close()
        self.assert_ended(proxy, within=5)
        self.assertEqual(self.kept(), 2)

    def test_clients_that_were_told_and_stay(self):
        # They do not read, and do not close: it does not wait for them much longer than it takes to tell them.
        proxy = self.proxy("service", grace="20s")
        clients = [self.login(proxy) for _ in range(5)]
        proxy.terminate()
        self.assert_ended(proxy, within=8)
        for client in clients:
            self.assert_told(client.until_closed())

    def test_while_postgresql_is_down(self):
        for mode in ("service", "sidecar"):
            proxy = self.proxy(mode, grace="500ms")
            client = self.login(proxy)
            self.postgres.stop("immediate")
            try:
                client.send(messages.query("SELECT 1"))
                self.wait_until(lambda: proxy.state()["waiting"] == 1)
                proxy.terminate()
                received = client.until_closed()
                self.assert_told(received)
                self.assertEqual(proxy.wait(), 0)
            finally:
                self.postgres.start()

    def test_reload_signal_while_it_drains(self):
        proxy = self.proxy("service")
        client = self.login(proxy)
        client.hold_server()
        proxy.terminate()
        self.begun(proxy)
        proxy.reload()
        self.assertEqual(client.value("SELECT 'still there'"), "still there")
        client.send(messages.query("COMMIT"))
        self.assertEqual(tags(client.until_closed()), "CZE")
        client.close()
        self.assert_ended(proxy, within=5)


if __name__ == "__main__":
    unittest.main()
