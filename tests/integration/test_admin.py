"""The HTTP endpoint and the console."""
import os
import socket
import subprocess
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.pgweir import CONSOLE_USER
from kit.postgres import HOST, clean_environment
from kit.rawclient import ServerError, error_of, tags

POOLS = ("database", "user", "cl_active", "cl_waiting", "cl_active_cancel_req", "cl_waiting_cancel_req", "sv_active",
         "sv_active_cancel", "sv_being_canceled", "sv_idle", "sv_used", "sv_tested", "sv_login", "maxwait",
         "maxwait_us", "pool_mode")  # fmt: skip
COUNTED = ("server_assignment_count", "xact_count", "query_count", "received", "sent", "xact_time", "query_time",
           "wait_time", "client_parse_count", "server_parse_count", "bind_count", "client_login_count")  # fmt: skip
STATS = ("database", *("total_" + name for name in COUNTED), *("avg_" + name.replace("received", "recv") for name in COUNTED))  # fmt: skip
CLIENTS = ("type", "user", "database", "replication", "state", "addr", "port", "local_addr", "local_port",
           "connect_time", "request_time", "wait", "wait_us", "close_needed", "ptr", "link", "remote_pid", "tls",
           "application_name", "prepared_statements", "id")  # fmt: skip


class Http(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.class_pgweir()

    def raw_http(self, request):
        with socket.create_connection((HOST, self.proxy.http_port), 10) as connection:
            connection.sendall(request)
            received = b""
            while data := connection.recv(65536):
                received += data
            return received

    def test_health_and_readiness(self):
        self.wait_until(lambda: self.proxy.http("/readyz")[0] == 200, message="a server to be reached")
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.proxy.http(path)[0], 200, path)
            status, body = self.proxy.http(path, "HEAD")
            self.assertEqual((status, body), (200, ""), path)
        self.assertEqual(self.proxy.http("/nothing")[0], 404)
        self.assertEqual(self.proxy.http("/metrics", "POST")[0], 405)

    def test_not_ready_without_a_server(self):
        # `a pool usable`: after connects have failed and nothing is open.
        proxy = self.pgweir(database={"upstream": f"postgres://app@{HOST}:1/app",
                                      "pool": {"queue": {"max_wait": "300ms"}}})  # fmt: skip
        with self.assertRaises(ServerError):
            self.login(proxy)
        self.assertEqual(proxy.http("/readyz")[0], 503)
        self.assertEqual(proxy.http("/healthz")[0], 200)

    def test_promtool(self):
        client = self.login(self.proxy, application_name='strange "name" \\ 7')
        client.query("SELECT 1")
        client.query("SELECT nothing")
        client.query("LISTEN news")
        text = self.proxy.http("/metrics")[1]
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_metrics_move(self):
        client = self.login(self.proxy)
        client.query("SELECT 1")
        before = self.proxy.metric("pgweir_server_assignments_total")
        for _ in range(10):
            client.query("SELECT 1")
        client.query("SELECT nothing")
        self.assertEqual(self.proxy.metric("pgweir_server_assignments_total"), before + 11)
        self.assertGreaterEqual(self.proxy.metric("pgweir_errors_total", source="server"), 1)
        self.assertGreaterEqual(self.proxy.metric("pgweir_query_duration_seconds_count"), 10)
        self.assertGreater(self.proxy.metric("process_open_fds"), 3)
        # Every open server is in exactly one state.
        self.assertEqual(self.proxy.metric("pgweir_pool_connections"), self.servers())

    def test_bad_requests(self):
        before = self.proxy.open_files()
        for request in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n", b"\x00\xff" * 100 + b"\r\n\r\n",
                        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
                        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 10_000):  # fmt: skip
            try:
                self.assertNotIn(b" 200 ", self.raw_http(request)[:20])
            except ConnectionError:
                pass
        self.assertEqual(self.proxy.http("/healthz")[0], 200)
        self.wait_until(lambda: self.proxy.open_files() <= before, message="the descriptors to be closed")


class Console(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.class_pgweir(admin={"stats_users": ["watcher"]})

    def test_columns(self):
        client = self.login(self.proxy, application_name="shown")
        client.query("BEGIN")
        pid = client.value("SELECT pg_backend_pid()")
        for what, wanted in (("POOLS", POOLS), ("STATS", STATS), ("CLIENTS", CLIENTS), ("SERVERS", CLIENTS)):
            rows = self.proxy.show(what)
            self.assertEqual(list(rows[0])[: len(wanted)], list(wanted), what)  # in PgBouncer's order
        (pool,) = self.proxy.show("POOLS")
        self.assertEqual((pool["database"], pool["sv_active"], pool["pool_mode"]), (DATABASE, "1", "transaction"))
        (mine,) = [row for row in self.proxy.show("CLIENTS") if row["application_name"] == "shown"]
        (server,) = [row for row in self.proxy.show("SERVERS") if row["remote_pid"] == pid]
        self.assertEqual((mine["link"], mine["ptr"]), (server["ptr"], server["link"]))
        self.assertEqual(mine["port"], str(client.socket.getsockname()[1]))
        self.assertEqual(mine["local_port"], str(self.proxy.port))
        self.assertEqual(server["port"], str(self.postgres.port))
        for row in (mine, server):
            self.assertRegex(row["connect_time"], r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$")
        self.assertEqual(self.proxy.state()["in_use"], 1)
        client.query("COMMIT")
        self.assertTrue(self.proxy.show("VERSION")[0]["version"].startswith("pgweir "))

    def test_psql(self):
        for database in ("pgweir", "pgbouncer"):
            for command in ("SHOW POOLS", "show state;", "SHOW VERSION", " SHOW  STATS ; "):
                done = subprocess.run(
                    ["psql", "-X", "-h", HOST, "-p", str(self.proxy.port), "-U", CONSOLE_USER, "-c", command, database],
                    env=clean_environment(), capture_output=True, text=True, check=False)  # fmt: skip
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_who_may_come_in(self):
        with self.assertRaises(ServerError) as refused:
            self.login(self.proxy, database="pgweir")
        self.assertIn(refused.exception.sqlstate, ("42501", "28000"))
        self.assertEqual(refused.exception.fields["S"], "FATAL")
        watcher = self.login(self.proxy, user="watcher", database="pgweir")
        self.assertEqual(tags(watcher.query("SHOW STATE"))[:1], "T")

    def test_what_it_does_not_know(self):
        client = self.login(self.proxy, user=CONSOLE_USER, database="pgweir")
        for command in ("SHOW NOTHING", "SELECT 1", "DROP DATABASE app", "SHOW", "x" * 10_000):
            received = client.query(command)
            self.assertEqual((tags(received), received[-1].status), ("EZ", "I"), command)
        self.assertEqual(tags(client.query("")), "IZ")
        client.send(messages.parse("", "SHOW POOLS"), messages.bind(), messages.execute(), messages.sync())
        self.assertEqual(error_of(client.until_ready()).sqlstate, "0A000")
        self.assertEqual(tags(client.query("SHOW VERSION"))[:1], "T")

    def test_garbage(self):
        client = self.login(self.proxy, user=CONSOLE_USER, database="pgweir")
        client.send(b"\xff\0\0\0\4" + os.urandom(100))
        self.assertEqual(error_of(client.until_closed(10)).sqlstate, "08P01")

    def test_the_console_is_protected_by_the_method_of_login(self):
        users = {name: {"password": f"of {name}"} for name in ("app", CONSOLE_USER)}
        proxy = self.pgweir(auth={"method": "scram-sha-256", "users": users})
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, user=CONSOLE_USER, database="pgweir", password="wrong")
        self.assertEqual(refused.exception.sqlstate, "28P01")
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, database="pgweir", password="of app")
        self.assertIn(refused.exception.sqlstate, ("42501", "28000"))


if __name__ == "__main__":
    unittest.main()
