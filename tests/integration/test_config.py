"""Configuration: what is refused and how, where values come from, and what never comes out."""
import os
import pathlib
import re
import socket
import subprocess
import unittest

from kit import pgweir
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.ports import free_port
from kit.postgres import HOST
from kit.rawclient import RawClient, ServerError
from kit.waiting import wait_until

BAD = """version: 1
listen:
  addresses: [127.0.0.1:{port}]
  max_clients: many
  login_timeout: 15
auth: {{method: skram, users: {{app: {{password: x}}}}}}
databases:
  app:
    upstream: postgres://app@127.0.0.1:1/app?sslmode=require
    pool: {{siz: 5, mode: statement, queue: {{max_wait: -1s}}}}
    server: {{lifetime: 1h, lifetime: 2h}}
cache: {{audit: 1000}}
workers: ${{NOT_SET_ANYWHERE}}
"""
# line, column, and what the message has to name
PROBLEMS = ((4, 16, "max_clients"), (5, 18, "login_timeout"), (6, 16, "skram"), (9, 15, "sslmode"), (10, 12, "size"),
            (10, 26, "statement"), (10, 55, "max_wait"), (11, 28, "lifetime"), (12, 16, "cache.audit"),
            (13, 10, "NOT_SET_ANYWHERE"))  # fmt: skip
LINE = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<text>.+)$")


class Refused(Case):
    """The same for `check`, `serve` and `config show`."""

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.file = self.postgres.directory / "bad.yaml"
        self.file.write_text(BAD.format(port=self.port), encoding="utf-8")

    def test_all_errors_at_once(self):
        outputs = set()
        for command in (["check"], ["serve"], ["config", "show"]):
            done = pgweir.run(*command, "--config", str(self.file))
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            outputs.add(done.stderr)
        self.assertEqual(len(outputs), 1)
        found = [LINE.match(line) for line in outputs.pop().splitlines()]
        self.assertNotIn(None, found)
        self.assertEqual({match["file"] for match in found}, {str(self.file)})
        said = [(int(match["line"]), match["text"]) for match in found]
        for line, _, word in PROBLEMS:
            self.assertTrue([text for number, text in said if number == line and word in text], (line, word, said))
        self.assertEqual(len(said), len(PROBLEMS), said)
        places = {(int(match["line"]), int(match["column"])) for match in found}
        self.assertEqual(places, {(line, column) for line, column, _ in PROBLEMS})

    def test_nothing_is_started(self):
        pgweir.run("serve", "--config", str(self.file))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((HOST, self.port), 5)

    def test_suggestion(self):
        done = pgweir.run("check", "--config", str(self.file))
        self.assertRegex(done.stderr, r"siz\b.*did you mean.*size")

    def test_files_that_are_no_configuration(self):
        for text in ("", "version: 2", "[1, 2", "\x00\xff", "- a\n- b", "version: 1\n\tlisten: 1", "&a [*a, *a]"):
            with self.subTest(text):
                self.file.write_bytes(text.encode("latin-1"))
                done = pgweir.run("check", "--config", str(self.file))
                self.assertEqual(done.returncode, 2)
                self.assertIn(str(self.file), done.stderr)
        self.assertEqual(pgweir.run("check", "--config", "/nowhere").returncode, 2)
        self.assertEqual(pgweir.run("check", "--config", "/").returncode, 2)

    def test_wrong_usage(self):
        for arguments in ([], ["swim"], ["serve", "--unknown"], ["serve", "--set"], ["check", "--set", "nothing"],
                          ["serve"]):  # fmt: skip
            with self.subTest(arguments):
                self.assertEqual(pgweir.run(*arguments).returncode, 2)

    def test_port_that_is_taken(self):
        with socket.create_server((HOST, 0)) as taken:
            done = pgweir.run("serve", "--set", f"listen.addresses=[{HOST}:{taken.getsockname()[1]}]", "--set",
                              "admin.http=off",
                              environment={"DATABASE_URL": self.upstream()})  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use", done.stderr)


class Sources(Case):
    def check(self, *arguments, environment=None):
        done = pgweir.run("config", "show", *arguments, environment=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_database_url_alone(self):
        port = free_port()
        # The kit's Pgweir always has a file.
        process = pgweir.processes.start(
            [pgweir.binary(), "serve", "--set", f"listen.addresses=[{HOST}:{port}]", "--set", "admin.http=off"],
            env={"DATABASE_URL": self.upstream(), "PATH": os.environ["PATH"]} | pgweir.SANITIZER_OPTIONS,
            stdout=subprocess.DEVNULL)  # fmt: skip
        self.addCleanup(pgweir.processes.finish, process)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        wait_until(lambda: self.listens(port))
        with RawClient(port) as client:
            client.startup(USER, DATABASE, PASSWORD)
            self.assertEqual(client.value("SELECT current_user"), USER)
            client.terminate()
        for user, database, password in ((USER, DATABASE, "wrong"), ("other", DATABASE, PASSWORD),
                                         (USER, "other", PASSWORD)):  # fmt: skip
            with RawClient(port) as client, self.assertRaises(ServerError) as refused:
                client.startup(user, database, password)
            self.assertIn(refused.exception.sqlstate, ("28P01", "3D000"))

    @staticmethod
    def listens(port):
        try:
            socket.create_connection((HOST, port), 5).close()
            return True
        except ConnectionRefusedError:
            return False

    def test_precedence(self):
        file = self.postgres.directory / "size.yaml"
        upstream = "postgres://app:x@127.0.0.1:1/app"
        file.write_text(f"auth: {{users: {{app: {{password: x}}}}}}\ndatabases: {{app: {{upstream: '{upstream}', "
                        "pool: {size: 11}}}\n", encoding="utf-8")  # fmt: skip
        config = ["--config", str(file)]
        environment = {"PGWEIR__DATABASES__APP__POOL__SIZE": "12"}
        self.assertRegex(self.check(*config), r"size: 11\b")
        self.assertRegex(self.check(*config, environment=environment), r"size: 12\b")
        self.assertRegex(self.check(*config, "--set", "databases.app.pool.size=13", environment=environment),
                         r"size: 13\b")  # fmt: skip

    def test_set_reaches_the_running_proxy(self):
        proxy = self.pgweir(arguments=["--set", "databases.app.pool.size=3"])
        self.login(proxy)
        self.assertEqual(proxy.show("POOLS")[0]["size"], "3")

    def test_password_file(self):
        secret = self.postgres.directory / "secret"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        upstream = {"host": HOST, "port": self.postgres.port, "user": USER, "database": DATABASE,
                    "password_file": str(secret)}  # fmt: skip
        users = {USER: {"password_file": str(secret)}, pgweir.CONSOLE_USER: {"password": "x"}}
        proxy = self.pgweir(auth={"method": "scram-sha-256", "users": users}, database={"upstream": upstream})
        self.assertEqual(self.login(proxy, password=PASSWORD).value("SELECT 1"), "1")

    def test_the_sample_is_valid(self):
        sample = pgweir.ROOT / "config" / "pgweir.yaml"
        done = pgweir.run("check", "--config", str(sample), environment={"APP_PASSWORD": "x"})
        self.assertEqual(done.returncode, 0, done.stderr)


class Secrets(Case):
    postgres_options = {"auth": "scram-sha-256"}
    SECRET = "c0rrect-horse"

    def test_they_never_come_out(self):
        self.postgres.create_role("keeper", self.SECRET)
        users = {name: {"password": f"{self.SECRET}-{name}"} for name in (USER, pgweir.CONSOLE_USER)}
        upstream = self.postgres.url("keeper", self.SECRET, DATABASE)
        proxy = self.pgweir(auth={"method": "scram-sha-256", "users": users}, database={"upstream": upstream},
                            log={"level": "debug", "slow_query": "1ms"})  # fmt: skip
        client = self.login(proxy, password=f"{self.SECRET}-{USER}")
        client.query("SELECT pg_sleep(0.01)")
        with self.assertRaises(ServerError):
            self.login(proxy, password=f"{self.SECRET}-wrong")
        said = [proxy.log(), proxy.http("/metrics")[1], pathlib.Path(f"/proc/{proxy.process.pid}/cmdline").read_text()]
        said += [str(proxy.show(what)) for what in ("POOLS", "CLIENTS", "SERVERS", "STATS")]
        shown = pgweir.run("config", "show", "--config", str(proxy.config_file))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("keeper", shown.stdout)
        for text in [*said, shown.stdout]:
            self.assertNotIn(self.SECRET, text)

    def test_not_in_errors_either(self):
        file = self.postgres.directory / "secret.yaml"
        file.write_text(f"auth: {{users: {{app: {{password: {self.SECRET}, passwort: {self.SECRET}}}}}}}\ndatabases:\n"
                        f"  app: {{upstream: 'postgres://app:{self.SECRET}@h:99999/app?x=1'}}\n",
                        encoding="utf-8")  # fmt: skip
        done = pgweir.run("check", "--config", str(file))
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(self.SECRET, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
