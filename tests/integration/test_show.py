"""`pgweir show`, which asks the console of a running pgweir by its own socket."""
import csv
import io
import json
import pathlib
import re
import socket
import subprocess
import unittest

from kit import messages, pgweir
from kit.admin_socket import AdminSocketCase
from kit.answering import answering
from kit.postgres import HOST

SUBJECTS = ("pools", "clients", "servers", "stats", "state", "cache", "version", "help")
OF_CACHE = ("cache entries", "cache rules")
COMMANDS = ["EXPLAIN CACHE", "CACHE CLEAR", "CACHE TEST"]


class Shown(AdminSocketCase):
    def test_the_same_as_psql_shows(self):
        proxy = self.serving()
        held = self.login(proxy)
        held.hold_server()
        done = self.psql("SHOW POOLS", HOST, proxy.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        wanted = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual((wanted[0]["cl_active"], wanted[0]["sv_active"]), ("1", "1"))
        through_socket = self.psql("SHOW POOLS")
        self.assertEqual((through_socket.returncode, through_socket.stdout), (0, done.stdout))

        as_json = json.loads(self.assert_shows("pools", "--json", "--socket", str(self.socket)))
        self.assertEqual([list(row) for row in as_json], [list(row) for row in wanted])
        for shown, row in zip(as_json, wanted, strict=True):
            self.assertEqual({name: "" if value is None else str(value) for name, value in shown.items()}, row)
        self.assertIs(type(as_json[0]["cl_active"]), int)
        self.assertIs(type(as_json[0]["database"]), str)
        self.assertIsNone(as_json[0]["load_balance_hosts"])

        names, line = self.assert_shows("pools", "--config", str(proxy.config_file)).splitlines()
        self.assertEqual(names.split(), list(wanted[0]))
        self.assertEqual(line.split(), [value for value in wanted[0].values() if value])
        ends = [match.end() for match in re.finditer(r"\S+", names)]
        for name, end in zip(names.split(), ends, strict=True):
            if type(as_json[0][name]) is int:
                self.assertEqual(line[:end].split()[-1], wanted[0][name], "numbers end where their names do")
        held.query("COMMIT")

    def test_every_subject(self):
        self.serving()
        listed = [row["command"] for row in json.loads(self.ask("help", "--json")[1])]
        self.assertEqual(listed, ["SHOW " + subject.upper() for subject in SUBJECTS + OF_CACHE] + COMMANDS)
        for subject in SUBJECTS + OF_CACHE:
            for asked in (subject, subject.upper()):
                with self.subTest(asked):
                    names = self.assert_shows(*asked.split(), "--socket", str(self.socket)).splitlines()[0].split()
                    columns = next(csv.reader(io.StringIO(self.psql(f"SHOW {subject}").stdout)))
                    self.assertEqual(names, columns)
        self.assertRegex(self.ask("version")[1], r"^version\npgweir \d+\.\d+\.\d+\n$")

    def test_no_rows(self):
        proxy = self.serving()
        self.wait_until(lambda: proxy.state()["connecting"] == 0, message="the pool to be tried out")
        self.assertEqual(json.loads(self.ask("clients", "--json")[1]), [], "those who ask here are no clients")
        self.assertEqual(len(self.ask("clients")[1].splitlines()), 1)

    def test_a_terminal_is_told_nothing(self):
        proxy = self.serving()
        name = "\x1b[2J\x07 ünï"
        self.login(proxy, user=name)
        code, output, _ = self.ask("clients")
        self.assertEqual(code, 0)
        self.assertIn("\\x1b[2J\\x07 ünï", output)
        self.assertIsNone(re.search(r"[\x00-\x09\x0b-\x1f\x7f]", output))
        self.assertEqual([row["user"] for row in json.loads(self.ask("clients", "--json")[1])], [name])


class Command(AdminSocketCase):
    def test_sources_as_of_serve(self):
        self.serving()
        url = {"DATABASE_URL": self.upstream()}
        named = {"PGWEIR__ADMIN__SOCKET": str(self.socket)}
        self.assert_shows("version", environment=url | named)
        self.assert_shows("version", "--set", f"admin.socket={self.socket}", environment=url)
        self.assert_fails(1, "/no/socket: No such file or directory", "version", "--set", "admin.socket=/no/socket",
                          environment=url | named)  # fmt: skip

    def test_wrong_usage(self):
        proxy = self.serving()
        config = ["--config", str(proxy.config_file)]
        self.assert_fails(2, "unknown name: nothing", "nothing", *config)
        self.assert_fails(2, "admin.socket is off", "pools", "--set", "admin.socket=off",
                          environment={"DATABASE_URL": self.upstream()})  # fmt: skip
        for arguments in ([], ["pools"], ["pools", "--config", "/no/file"], ["pools", "clients", *config],
                          ["pools", "--socket", str(self.socket), *config], ["pools", "--nonsense", *config],
                          ["pools", "--socket", "/" + "x" * 200], ["pools", "--socket", ""], ["", *config],
                          ["pools; reload", *config], ["pools", "--timeout", "5", *config],
                          ["pools", "--timeout", "off", *config],
                          ["pools", *config, "--set", "admin.socket=relative"]):  # fmt: skip
            code, output, errors = self.show(*arguments)
            self.assertEqual((code, output), (2, ""), arguments)
            self.assertNotEqual(errors, "", arguments)

    def test_nobody_is_there(self):
        self.assert_fails(1, "No such file or directory", "pools", "--socket", str(self.socket))
        self.socket.write_text("no socket", encoding="ascii")
        self.assert_fails(1, "Connection refused", "pools", "--socket", str(self.socket))

    def test_standard_output_is_full(self):
        self.serving()
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([pgweir.binary(), "show", "pools", "--socket", self.socket], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (1, "pgweir: cannot write to standard output\n"))

    def answering(self, answer, **options):
        """Something else at the socket."""
        self.socket.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.socket))
        listener.listen()
        return answering(listener, answer, **options)

    def test_others_answer(self):
        let_in = messages.message("R", b"\0\0\0\0")
        ready = messages.message("Z", b"I")
        refusal = messages.message("E", b"SFATAL\0VFATAL\0C3D000\0Mno such database\0\0")
        for answer, reason in ((b"", "closed the connection without an answer"),
                               (let_in, "closed the connection without an answer"),
                               (let_in + ready, "closed the connection without an answer"),
                               (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks as no console"),
                               (messages.message("R", b"\0\0\0\3"), "speaks as no console"),
                               (refusal, "no such database")):  # fmt: skip
            with self.subTest(answer), self.answering(answer):
                self.assert_fails(1, reason, "pools", "--socket", str(self.socket))
        for answer in (b"", let_in, let_in + ready, let_in[:-1]):
            with self.subTest(answer), self.answering(answer, closes=False):
                self.assert_fails(1, "no answer within 200ms", "pools", "--socket", str(self.socket),
                                  "--timeout", "200ms")  # fmt: skip

    def test_postgresql_is_no_console(self):
        path = pathlib.Path(self.postgres.directory) / f".s.PGSQL.{self.postgres.port}"
        self.assert_fails(1, 'role "pgweir" does not exist', "pools", "--socket", str(path))


if __name__ == "__main__":
    unittest.main()
