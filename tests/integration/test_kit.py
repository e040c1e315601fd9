"""The test kit against PostgreSQL itself: what the other tests stand on must hold, and must be able to fail."""
import os
import signal
import subprocess
import sys
import time
import unittest

import psycopg2

from kit import messages as m
from kit import ports
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.chaos import Chaos
from kit.pgweir import SANITIZER_REPORT, merged
from kit.postgres import Postgres
from kit.rawclient import ConnectionClosed, RawClient, ServerError, error_of, rows_of, tags
from kit.waiting import wait_until


class RawClientTest(Case):
    def client(self):
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE)
        return client

    def test_login_reports_key_and_parameters(self):
        client = self.client()
        self.assertEqual(str(client.pid), client.value("SELECT pg_backend_pid()"))
        self.assertEqual(client.parameters["client_encoding"], "UTF8")

    def test_simple_query(self):
        received = self.client().query("SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, 'x'")
        self.assertEqual(tags(received), "TDDCZ")
        self.assertEqual(received[0].columns, ["a", "b"])
        self.assertEqual(rows_of(received), [["1", None], ["2", "x"]])
        self.assertEqual(received[-2].command, "SELECT 2")
        self.assertEqual(received[-1].status, "I")

    def test_extended_query(self):
        client = self.client()
        client.send(m.parse("s", "SELECT $1::int + 1"), m.bind("", "s", ["41"]), m.describe_portal(), m.execute())
        client.send(m.sync())
        received = client.until_ready()
        self.assertEqual(tags(received), "12TDCZ")
        self.assertEqual(rows_of(received), [["42"]])

    def test_flush_without_sync(self):
        client = self.client()
        client.send(m.parse("", "SELECT 1"), m.describe_statement(), m.flush())
        self.assertEqual(tags(client.until("T")), "1tT")
        self.assertTrue(client.is_silent())
        client.send(m.sync())
        self.assertEqual(client.receive().status, "I")

    def test_error(self):
        client = self.client()
        received = client.query("SELECT 1/0")
        self.assertEqual(error_of(received).sqlstate, "22012")
        with self.assertRaises(ServerError) as raised:
            client.value("SELECT nothing")
        self.assertEqual(raised.exception.sqlstate, "42703")

    def test_copy(self):
        client = self.client()
        client.query("CREATE TEMP TABLE t (a int)")
        client.send(m.query("COPY t FROM STDIN"))
        self.assertEqual(client.receive().tag, "G")
        client.send(m.copy_data("1\n2\n"), m.copy_done())
        self.assertEqual(client.until_ready()[0].command, "COPY 2")
        self.assertEqual(tags(client.query("COPY t TO STDOUT")), "HddcCZ")

    def test_function_call(self):
        client = self.client()
        oid = int(client.value("SELECT 'int4pl(int4,int4)'::regprocedure::oid::int"))
        client.send(m.function_call(oid, ["40", "2"], [0]))
        self.assertEqual(client.receive().body[4:], b"42")
        client.until_ready()

    def test_cancel(self):
        client = self.client()
        client.send(m.query("SELECT pg_sleep(60)"))
        wait_until(lambda: [row for row in self.postgres.backends() if "pg_sleep" in row[2] and row[1] == "active"])
        client.cancel()
        self.assertEqual(error_of(client.until_ready()).sqlstate, "57014")

    def test_notification(self):
        client = self.client()
        client.query("LISTEN news")
        received = client.query("NOTIFY news, 'hello'")
        (notification,) = [message for message in received if message.tag == "A"]
        self.assertEqual(notification.notification, (client.pid, "news", "hello"))

    def test_ssl_is_declined(self):
        client = self.raw(self.postgres.port)
        client.send(m.ssl_request())
        self.assertEqual(client.receive_byte(), b"N")
        client.startup(USER, DATABASE)

    def test_garbage_closes_the_connection(self):
        client = self.client()
        client.send(m.message("?", b"what"))
        received = client.until_closed()
        self.assertEqual(received[0].sqlstate, "08P01")


class LoginTest(unittest.TestCase):
    def test_every_method(self):
        for method in ("trust", "password", "md5", "scram-sha-256"):
            with self.subTest(method), Postgres(auth=method) as postgres:
                postgres.create_role(USER, PASSWORD)
                with RawClient(postgres.port) as client:
                    client.startup(USER, "postgres", PASSWORD)
                    self.assertEqual(client.value("SELECT current_user"), USER)
                if method == "trust":
                    continue
                with RawClient(postgres.port) as client, self.assertRaises(ServerError) as raised:
                    client.startup(USER, "postgres", "wrong")
                self.assertEqual(raised.exception.sqlstate, "28P01")


class PostgresTest(Case):
    def test_url_with_a_password_to_quote(self):
        with psycopg2.connect(self.postgres.url(USER, PASSWORD, DATABASE)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_user")
                self.assertEqual(cursor.fetchone(), (USER,))
        connection.close()

    def test_backends_and_terminate(self):
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE)
        wait_until(lambda: self.servers() == 1)
        self.assertEqual(self.postgres.terminate(DATABASE), 1)
        self.assertEqual(client.receive().sqlstate, "57P01")

    def test_kill9_and_start_again(self):
        self.postgres.sql("CREATE TABLE kept AS SELECT 1 AS a")
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE)
        self.postgres.kill9()
        with self.assertRaises(ConnectionClosed):
            client.receive()
        self.postgres.start()
        self.assertEqual(self.postgres.value("SELECT a FROM kept"), 1)

    def test_pause(self):
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE)
        self.postgres.pause()
        try:
            client.send(m.query("SELECT 1"))
            self.assertTrue(client.is_silent())
        finally:
            self.postgres.resume()
        self.assertEqual(rows_of(client.until_ready()), [["1"]])


class ChaosTest(Case):
    def setUp(self):
        self.chaos = Chaos(self.postgres.port)
        self.addCleanup(self.chaos.close)

    def client(self):
        client = self.raw(self.chaos.port)
        client.startup(USER, DATABASE)
        return client

    def test_passes_bytes_on(self):
        text = self.client().value("SELECT repeat('x', 300000)")
        self.assertEqual(len(text), 300000)

    def test_segments_of_one_byte(self):
        self.chaos.to_client.segment = 1
        self.chaos.to_server.segment = 1
        self.assertEqual(self.client().rows("SELECT 1, 2"), [["1", "2"]])

    def test_delay(self):
        client = self.client()
        self.chaos.to_client.delay = 0.2
        started = time.monotonic()
        client.query("SELECT 1")
        self.assertGreater(time.monotonic() - started, 0.19)

    def test_cut_after_bytes(self):
        client = self.client()
        self.chaos.to_client.cut_after = 7
        # The bytes of the login count as well, so the next piece cuts.
        client.send(m.query("SELECT 1"))
        with self.assertRaises(ConnectionClosed):
            client.until_ready()
        wait_until(lambda: self.servers() == 0)

    def test_cut_inside_the_greeting(self):
        self.chaos.to_client.cut_after = 12
        client = self.raw(self.chaos.port)
        with self.assertRaises(ConnectionClosed) as raised:
            client.startup(USER, DATABASE)
        self.assertEqual(len(raised.exception.rest), 12 - 9)

    def test_reset_reaches_a_client_that_waits(self):
        client = self.client()
        self.chaos.reset()
        with self.assertRaises(ConnectionResetError):
            client.socket.recv(1)
        wait_until(lambda: self.chaos.connections == 0)

    def test_cut_reaches_a_client_that_waits(self):
        client = self.client()
        self.chaos.cut()
        self.assertEqual(client.socket.recv(1), b"")

    def test_hold_and_swallow(self):
        client = self.client()
        self.chaos.to_client.hold = True
        client.send(m.query("SELECT 1"))
        self.assertTrue(client.is_silent())
        self.chaos.passes()
        self.assertEqual(rows_of(client.until_ready()), [["1"]])
        self.chaos.to_server.swallow = True
        client.send(m.query("SELECT 1"))
        self.assertTrue(client.is_silent())

    def test_refuse(self):
        self.chaos.refuse = True
        with self.assertRaises((ConnectionClosed, ConnectionError)):  # perhaps before connect() has returned
            self.raw(self.chaos.port).startup(USER, DATABASE)

    def test_the_end_of_one_side_ends_the_other(self):
        client = self.client()
        wait_until(lambda: self.servers() == 1)
        client.close()
        wait_until(lambda: self.servers() == 0 and self.chaos.connections == 0)


class HousekeepingTest(unittest.TestCase):
    def test_ports_differ(self):
        chosen = [ports.free_port() for _ in range(50)]
        self.assertEqual(len(set(chosen)), 50)

    def test_nothing_survives_a_test_run_that_is_killed(self):
        program = (
            "import sys; from kit.postgres import Postgres\n"
            "p = Postgres().start(); print(p.process.pid, p.directory, flush=True); sys.stdin.read()"
        )
        run = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
        pid, directory = run.stdout.readline().split()
        run.send_signal(signal.SIGKILL)
        run.communicate()
        wait_until(lambda: not os.path.exists(directory), message="the directory to be removed")
        self.assertFalse(_runs(pid))

    def test_merged(self):
        base = {"a": {"b": 1, "c": 2}, "d": 3}
        self.assertEqual(merged(base, {"a": {"b": 5}, "d": None}), {"a": {"b": 5, "c": 2}})
        self.assertEqual(base["a"]["b"], 1)

    def test_sanitizer_reports_are_recognised(self):
        for line in ("==1==ERROR: AddressSanitizer: heap-use-after-free", "WARNING: ThreadSanitizer: data race (pid=1)",
                     "proxy/x.cpp:1:2: runtime error: signed integer overflow",
                     "==1==ERROR: LeakSanitizer: detected memory leaks"):  # fmt: skip
            self.assertTrue(SANITIZER_REPORT.search(line), line)
        self.assertFalse(SANITIZER_REPORT.search("2026-01-01 level=error msg=no such database"))


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
