"""Where clients may connect: unix sockets, IPv6, several places at once, and places that are taken."""
import os
import shutil
import socket
import stat
import subprocess
import unittest

import psycopg2

from kit import processes
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.pgweir import CONSOLE_USER, HOST
from kit.ports import free_port
from kit.postgres import clean_environment
from kit.rawclient import RawClient

DEFAULT_PORT = 6432  # the number in the name of a unix socket


class Listen(Case):
    def setUp(self):
        super().setUp()
        self.directory = processes.temporary_directory("listen")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.file = self.directory / f".s.PGSQL.{DEFAULT_PORT}"

    def listening(self, *more, **changes):
        """In the directory and on the kit's TCP port."""
        proxy = self.pgweir(start=False)
        addresses = [f"{HOST}:{proxy.port}", str(self.directory), *more]
        proxy.write_config(self.config(listen={"addresses": addresses}, **changes))
        return proxy

    def value(self, sql, **where):
        """By psycopg2."""
        given = {"host": str(self.directory), "port": DEFAULT_PORT, "user": USER, "dbname": DATABASE} | where
        connection = psycopg2.connect(**given)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def refused(self, **where):
        with self.assertRaises(psycopg2.OperationalError) as refused:
            self.value("SELECT 1", **where)
        return str(refused.exception)

    def psql(self, host, port, *more):
        done = subprocess.run(["psql", "-h", host, "-p", str(port), "-U", USER, "-d", DATABASE, "-At", *more],
                              env=clean_environment(), capture_output=True, text=True, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    # Unix sockets

    def test_drivers_through_a_unix_socket(self):
        proxy = self.listening().start()
        self.assertTrue(stat.S_ISSOCK(os.stat(self.file).st_mode))
        self.assertEqual(self.value("SELECT 'by psycopg2'"), "by psycopg2")
        self.assertEqual(self.psql(str(self.directory), DEFAULT_PORT, "-c", "SELECT 'by psql'"), "by psql")
        self.assertEqual(self.psql(HOST, proxy.port, "-c", "SELECT 'by TCP'"), "by TCP")
        connection = psycopg2.connect(host=str(self.directory), port=DEFAULT_PORT, user=USER, dbname=DATABASE)
        self.addCleanup(connection.close)
        (client,) = [row for row in proxy.show("CLIENTS") if row["database"] == DATABASE]
        self.assertEqual((client["addr"], client["port"]), ("unix", "0"))

    def test_cancel_through_a_unix_socket(self):
        self.listening().start()
        psql = subprocess.Popen(["psql", "-h", self.directory, "-p", str(DEFAULT_PORT), "-U", USER, "-d", DATABASE,
                                 "-c", "SELECT pg_sleep(60)"],
                                env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        self.addCleanup(psql.wait)
        self.addCleanup(psql.kill)
        self.wait_for_statement("pg_sleep(60)")
        psql.send_signal(2)
        self.assertIn(b"canceling statement due to user request", psql.communicate(timeout=30)[0])

    def test_the_file_is_removed_at_the_stop(self):
        for end in ("with nobody there", "with a client"):
            proxy = self.listening()
            proxy.start()
            if end == "with a client":
                connection = psycopg2.connect(host=str(self.directory), port=DEFAULT_PORT, user=USER, dbname=DATABASE)
                self.addCleanup(connection.close)
            self.assertTrue(self.file.exists())
            proxy.stop()
            self.assertFalse(self.file.exists(), end)
            self.assertEqual(os.listdir(self.directory), [])

    def test_the_file_of_a_killed_one_is_replaced(self):
        killed = self.listening()
        killed.start().kill()
        self.assertTrue(self.file.exists())
        self.assertIn("refused", self.refused())
        other = self.listening().start()
        self.assertEqual(self.value("SELECT 'again'"), "again")
        other.stop()
        self.assertFalse(self.file.exists())

    def test_the_file_of_a_living_one_stays(self):
        first = self.listening().start()
        second = self.listening()
        self.assert_does_not_start(second, str(self.file))
        self.assertEqual(self.value("SELECT 'the first'"), "the first")
        # It does not take away what is no longer its own.
        self.file.unlink()
        third = self.listening().start()
        first.stop()
        self.assertEqual(self.value("SELECT 'the third'"), "the third")
        third.stop()

    def test_a_file_that_is_no_socket_stays(self):
        self.file.write_text("precious")
        self.assert_does_not_start(self.listening(), str(self.file))
        self.assertEqual(self.file.read_text(), "precious")

    def test_a_directory_that_does_not_exist(self):
        self.directory.rmdir()
        self.assert_does_not_start(self.listening(), str(self.directory))

    def test_a_path_that_is_too_long(self):
        long = self.directory / ("x" * 110)
        long.mkdir()
        proxy = self.pgweir(start=False, at_rest=False)
        proxy.write_config(self.config(listen={"addresses": [str(long)]}))
        # The one who starts it should read about it, be it as an error of the configuration or of the start.
        with self.assertRaises(RuntimeError):
            proxy.start()
        self.assertIn(proxy.wait(), (1, 2))
        self.assertRegex(proxy.log(), "too long|108|107")

    def test_trust_from_a_unix_socket(self):
        # As local as loopback: no network has to be allowed for it.
        proxy = self.pgweir(start=False, at_rest=False)
        proxy.write_config(self.config(listen={"addresses": [str(self.directory)]},
                                       auth={"method": "trust", "allow_trust_from": []}))  # fmt: skip
        proxy.start()
        self.assertEqual(self.value("SELECT current_user"), USER)

    def test_passwords_through_a_unix_socket(self):
        users = {USER: {"password": PASSWORD}, CONSOLE_USER: {"password": "of the console"}}
        for method in ("password", "md5", "scram-sha-256"):
            with self.subTest(method):
                proxy = self.listening(auth={"method": method, "users": users}).start()
                self.assertEqual(self.value("SELECT 'in'", password=PASSWORD), "in")
                self.assertIn("password authentication failed", self.refused(password="wrong"))
                proxy.stop()

    # TCP

    def test_ipv6(self):
        port = free_port()
        proxy = self.listening(f"[::1]:{port}").start()
        self.assertEqual(self.value("SELECT 'six'", host="::1", port=port), "six")
        self.assertEqual(self.psql("::1", port, "-c", "SELECT 'six'"), "six")
        with socket.create_connection(("::1", port)):
            pass
        # There is nobody at the same port of IPv4.
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((HOST, port))
        client = RawClient(port, "::1")
        self.addCleanup(client.close)
        client.startup(USER, DATABASE)
        shown = [row for row in proxy.show("CLIENTS") if row["database"] == DATABASE]
        self.assertEqual([row["addr"] for row in shown], ["::1"])
        self.assertEqual(client.value("SELECT 'trusted'"), "trusted")

    def test_several_at_once(self):
        ports = [free_port() for _ in range(3)]
        proxy = self.listening(f"127.0.0.2:{ports[0]}", f"[::1]:{ports[1]}", f"localhost:{ports[2]}",
                               f"127.0.0.2:{ports[2]}").start()  # fmt: skip
        places = [(HOST, proxy.port), ("127.0.0.2", ports[0]), ("::1", ports[1]), ("localhost", ports[2]),
                  ("127.0.0.2", ports[2]), (str(self.directory), DEFAULT_PORT)]  # fmt: skip
        for host, port in places:
            with self.subTest(host=host, port=port):
                self.assertEqual(self.value("SELECT 'here'", host=host, port=port), "here")
        self.assertEqual(proxy.log().count(" listening "), 6)
        # One pool behind all of them, and all of them are closed at the end.
        self.assertEqual([row["user"] for row in proxy.show("POOLS")], [USER])
        proxy.stop()
        for host, port in places:
            with self.subTest(closed=host, port=port):
                self.refused(host=host, port=port)

    # What is taken

    def assert_does_not_start(self, proxy, *words):
        with self.assertRaises(RuntimeError):
            proxy.start()
        self.assertEqual(proxy.wait(), 1)
        (told,) = [line for line in proxy.log().splitlines() if line.startswith("pgweir: ")]
        for word in words:
            self.assertIn(word, told)
        self.assertNotIn(" started ", proxy.log())

    def test_two_on_one_port(self):
        first, second = self.pgweir(), self.pgweir(start=False, at_rest=False)
        second.write_config(self.config(listen={"addresses": [f"{HOST}:{first.port}"]}))
        self.assert_does_not_start(second, "cannot listen on", f"{HOST}:{first.port}", "in use")
        self.assertEqual(self.login(first).value("SELECT 'unharmed'"), "unharmed")

    def test_two_on_one_http_port(self):
        first, second = self.pgweir(), self.pgweir(start=False, at_rest=False)
        second.write_config(self.config(admin={"http": f"{HOST}:{first.http_port}"}))
        # The kit would ask the first one whether the second is healthy.
        second.start(wait=False)
        self.assertEqual(second.wait(), 1)
        self.assertIn(f"{HOST}:{first.http_port}", second.log())
        self.assertIn("in use", second.log())
        self.assertEqual(first.http("/healthz")[0], 200)

    def test_an_address_of_somebody_else(self):
        proxy = self.pgweir(start=False, at_rest=False)
        proxy.write_config(self.config(listen={"addresses": [f"203.0.113.7:{proxy.port}"]},
                                       auth={"allow_trust_from": ["203.0.113.0/24"]}))  # fmt: skip
        self.assert_does_not_start(proxy, f"cannot listen on 203.0.113.7:{proxy.port}")


if __name__ == "__main__":
    unittest.main()
