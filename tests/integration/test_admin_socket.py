"""The console on a unix socket of its own, and `pgweir show`, which asks there."""
import contextlib
import csv
import io
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import stat
import subprocess
import threading
import unittest

from kit import messages, pgweir, processes
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.pgweir import CONSOLE_USER
from kit.postgres import HOST, clean_environment
from kit.rawclient import RawClient, ServerError, error_of, rows_of, tags

PORT = 5  # as PostgreSQL's clients read it in the name of the file
SUBJECTS = ("pools", "clients", "servers", "stats", "state", "version", "help")
STRANGER = "nobody"
by_root = unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")


def by(user):
    """Options for a process that this user runs."""
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class UnixClient(RawClient):
    """A raw client of a socket's file."""

    def __init__(self, path):
        self._buffer = bytearray()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.parameters = {}
        self.pid = self.key = None


class AdminSocket(Case):
    def setUp(self):
        super().setUp()
        self.directory = processes.temporary_directory("admin")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.socket = self.directory / f".s.PGSQL.{PORT}"

    def serving(self, *, admin=None, **options):
        return self.pgweir(admin={"socket": str(self.socket)} | (admin or {}), **options)

    def client(self):
        """Connected to the socket; closed when the test ends."""
        client = UnixClient(self.socket)
        self.addCleanup(client.close)
        return client

    def console(self, user="whoever", database="pgweir"):
        client = self.client()
        client.startup(user, database)
        return client

    def show(self, *arguments, environment=None):
        """(exit code, standard output, standard error) of `pgweir show`."""
        done = pgweir.run("show", *arguments, environment=environment)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        return self.show(*arguments, "--socket", str(self.socket))

    def assert_shows(self, *arguments, **options):
        code, output, errors = self.show(*arguments, **options)
        self.assertEqual((code, errors), (0, ""), arguments)
        return output

    def assert_fails(self, code, reason, *arguments, environment=None):
        """One line of what is wrong, and nothing on standard output."""
        done, output, errors = self.show(*arguments, environment=environment)
        self.assertEqual((done, output), (code, ""), errors)
        self.assertRegex(errors, rf"^pgweir: [^\n]*(?:{reason})[^\n]*\n$")

    def psql(self, command, host=None, port=PORT, name=CONSOLE_USER, **options):
        return subprocess.run(["psql", "-X", "--csv", "-h", host or str(self.directory), "-p", str(port), "-U", name,
                               "-c", command, "pgweir"],
                              env=clean_environment(), capture_output=True, text=True, check=False, **options)  # fmt: skip

    def as_others_see_it(self, mode):
        """The directory is open, and the socket's file has this mode."""
        self.directory.chmod(0o755)
        self.socket.chmod(mode)

    def public_binary(self):
        """A copy that any user can run."""
        self.directory.chmod(0o755)
        copy = self.directory / "pgweir"
        shutil.copyfile(pgweir.binary(), copy)
        copy.chmod(0o755)
        return copy

    # What is shown

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
        self.assertEqual(listed, ["SHOW " + subject.upper() for subject in SUBJECTS])
        for subject in SUBJECTS:
            for asked in (subject, subject.upper()):
                with self.subTest(asked):
                    names = self.assert_shows(asked, "--socket", str(self.socket)).splitlines()[0].split()
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

    # Who is let in

    def test_the_file_is_for_its_owner(self):
        proxy = self.serving()
        status = self.socket.stat()
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid), (0o600, os.geteuid()))
        proxy.stop()
        self.assertFalse(self.socket.exists())

    @by_root
    def test_others_do_not_get_past_the_mode(self):
        self.serving()
        self.directory.chmod(0o755)
        done = self.psql("SHOW VERSION", cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.psql("SHOW VERSION", cwd="/", **by(STRANGER))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Permission denied", done.stderr)

    @by_root
    def test_others_are_refused_whatever_the_mode(self):
        proxy = self.serving()
        binary = self.public_binary()
        self.as_others_see_it(0o666)
        # The name that is given does not matter, not even that of a console user.
        for name in (CONSOLE_USER, "root", STRANGER):
            done = self.psql("SHOW VERSION", name=name, cwd="/", **by(STRANGER))
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("may not use the console's socket", done.stderr)
        done = subprocess.run([binary, "show", "pools", "--socket", self.socket], capture_output=True, text=True,
                              check=False, cwd="/", **by(STRANGER))  # fmt: skip
        uid = pwd.getpwnam(STRANGER).pw_uid
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"user id {uid} may not use", done.stderr)
        self.assertIn(f"warning console_refused uid={uid}", proxy.log())
        self.assertEqual(self.ask("version")[0], 0)

    @by_root
    def test_the_user_that_pgweir_runs_as_and_root(self):
        proxy = self.serving(start=False)
        binary = self.public_binary()
        owner = pwd.getpwnam(processes.SERVER_USER).pw_uid
        for path in (self.directory, proxy.directory, proxy.config_file):
            os.chown(path, owner, -1)
        with open(proxy.log_file, "ab") as log:
            proxy.process = processes.start([binary, "serve", "--config", proxy.config_file], as_server_user=True,
                                            stdout=log, stderr=log, cwd="/")  # fmt: skip
        self.wait_until(lambda: "http_listening" in proxy.log(), message=lambda: f"pgweir to listen:\n{proxy.log()}")
        self.assertEqual(self.socket.stat().st_uid, owner)
        self.assertEqual(self.ask("version")[0], 0, "root")
        self.as_others_see_it(0o666)
        for user, code in ((processes.SERVER_USER, 0), (STRANGER, 1)):
            done = subprocess.run([binary, "show", "version", "--socket", self.socket], capture_output=True, text=True,
                                  check=False, cwd="/", **by(user))  # fmt: skip
            self.assertEqual(done.returncode, code, done.stderr)

    def test_no_password_is_asked_for_and_no_list_is_looked_at(self):
        users = {USER: {"password": PASSWORD}, CONSOLE_USER: {"password": "of the console"}}
        self.serving(auth={"method": "scram-sha-256", "users": users})
        for user in ("nobody we know", CONSOLE_USER, USER):
            self.assertEqual(tags(self.console(user).query("SHOW VERSION")), "TDCZ")
        self.assertEqual(self.ask("version")[0], 0)

    # What is served

    def test_only_the_console(self):
        proxy = self.serving()
        for asked in ({"user": USER, "database": DATABASE}, {"user": USER}, {"user": "x", "database": "pgweir "},
                      {"user": USER, "database": DATABASE, "replication": "true"}):  # fmt: skip
            client = self.client()
            client.send(messages.startup(asked))
            refused = error_of(client.until_closed(10))
            self.assertEqual((refused.sqlstate, refused.fields["S"]), ("3D000", "FATAL"), asked)
        for database in ("pgweir", "pgbouncer"):
            client = self.console(database=database)
            self.assertEqual(error_of(client.query("SELECT 1")).sqlstate, "42601")
            self.assertEqual(error_of(client.query("SHOW NOTHING")).sqlstate, "42704")
            self.assertEqual(tags(client.query("")), "IZ")
            client.send(messages.parse("", "SHOW POOLS"), messages.bind(), messages.execute(), messages.sync())
            self.assertEqual(error_of(client.until_ready()).sqlstate, "0A000")
            self.assertEqual(tags(client.query("SHOW STATE"))[:1], "T")
        self.assertEqual([row["user"] for row in proxy.show("CLIENTS")], [CONSOLE_USER], "the kit itself")

    def test_garbage(self):
        proxy = self.serving()
        before = proxy.open_files()
        for sent in (b"\xff" * 8, b"GET / HTTP/1.1\r\n\r\n", os.urandom(2000), messages.startup({}), b"\0\0\0\4",
                     messages.startup({"user": "x", "database": "pgweir"}, version=0x20000)):  # fmt: skip
            client = self.client()
            client.send(sent)
            self.assertIn(error_of(client.until_closed(10)).sqlstate, ("08P01", "0A000", "28000"), sent)
            client.close()
        for sent in (b"", b"\0", messages.startup({"user": "x", "database": "pgweir"})[:-1], messages.ssl_request(),
                     messages.cancel_request(1, 2)):  # fmt: skip
            client = self.client()
            client.send(sent)
            client.close()
        client = self.console()
        client.send(b"\xff\0\0\0\4" + os.urandom(100))
        self.assertEqual(error_of(client.until_closed(10)).sqlstate, "08P01")
        client = self.console()
        client.send(messages.query("x" * 100_000))
        self.assertEqual(error_of(client.until_closed(10)).sqlstate, "08P01")
        self.assertEqual(self.ask("version")[0], 0)
        client.close()
        self.wait_until(lambda: proxy.open_files() <= before, message="the descriptors to be closed")

    def test_who_says_nothing_is_sent_away(self):
        self.serving(listen={"login_timeout": "200ms"})
        logged_in = self.console()
        client = self.client()
        self.assertEqual(error_of(client.until_closed(10)).sqlstate, "57014")
        self.assertEqual(tags(logged_in.query("SHOW VERSION")), "TDCZ", "that one may stay")

    def test_when_there_is_no_room_for_clients(self):
        proxy = self.serving(listen={"max_clients": 1}, database={"pool": {"size": 1}})
        held = self.login(proxy)
        held.hold_server()
        with self.assertRaises(ServerError):
            self.login(proxy)
        self.assertEqual(json.loads(self.ask("pools", "--json")[1])[0]["cl_active"], 1)
        held.query("COMMIT")

    def test_those_who_forget_to_leave_are_bounded(self):
        self.serving()
        many = [self.console() for _ in range(64)]
        refused = error_of(self.client().until_closed(10))
        self.assertEqual((refused.sqlstate, refused.fields["S"]), ("53300", "FATAL"))
        self.assert_fails(1, "too many clients", "version", "--socket", str(self.socket))
        many.pop().close()
        self.wait_until(lambda: self.ask("version")[0] == 0, message="a place")

    def test_several_workers(self):
        proxy = self.serving(workers=3)
        clients = [self.login(proxy) for _ in range(6)]
        for client in clients:
            client.hold_server()
            client.query("COMMIT")
        self.assertEqual(len(json.loads(self.ask("clients", "--json")[1])), 6)

    def test_answers_that_are_read_late(self):
        proxy = self.serving()
        self.login(proxy)
        client = self.console()
        # More answers than sockets and buffers hold.
        asked = messages.query("SHOW CLIENTS") * 3000
        sender = threading.Thread(target=lambda: client.socket.sendall(asked))
        sender.start()
        self.assertEqual(self.ask("version")[0], 0, "others are served")
        for _ in range(3000):
            self.assertEqual(len(rows_of(client.until_ready())), 1)
        sender.join()

    # Its life

    def test_what_a_killed_process_left_is_taken_over(self):
        proxy = self.serving()
        proxy.kill()
        self.assertTrue(self.socket.exists())
        self.assert_fails(1, "Connection refused", "pools", "--socket", str(self.socket))
        proxy.start()
        self.assertEqual(self.ask("version")[0], 0)
        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o600)

    def test_what_belongs_to_others_is_left_alone(self):
        self.serving()
        for _ in range(2):
            self.assert_does_not_start(self.socket, "Address already in use")
        self.assertEqual(self.ask("version")[0], 0, "the first one is still there")
        file = self.directory / "file"
        file.write_text("somebody's", encoding="ascii")
        self.assert_does_not_start(file, "Address already in use")
        self.assertEqual(file.read_text(encoding="ascii"), "somebody's")

    def test_a_directory_that_is_not_there(self):
        self.assert_does_not_start(self.directory / "not" / "there", "No such file or directory")

    def assert_does_not_start(self, path, reason):
        proxy = self.pgweir(start=False, admin={"socket": str(path)}).start(wait=False)
        self.assertEqual(proxy.wait(), 1)
        self.assertIn(f"pgweir: cannot listen on {path}: {reason}", proxy.log())

    def test_it_is_there_until_the_end(self):
        proxy = self.serving(at_rest=False, shutdown={"grace": "20s"})
        client = self.login(proxy)
        client.hold_server()
        watching = self.console()
        proxy.terminate()
        self.wait_until(lambda: proxy.http("/readyz")[0] == 503, message="the drain to begin")
        self.assertEqual(json.loads(self.ask("pools", "--json")[1])[0]["sv_active"], 1)
        client.query("COMMIT")
        self.assertEqual(error_of(watching.until_closed(10)).sqlstate, "57P01")
        self.assertEqual(proxy.wait(), 0, "and nobody waits for those who look")
        self.assertFalse(self.socket.exists())

    def test_a_reload_does_not_move_it(self):
        proxy = self.serving()
        other = self.directory / "other"
        proxy.write_config(self.config(admin={"socket": str(other)}))
        proxy.reload()
        self.wait_until(lambda: "info reloaded" in proxy.log(), message="the reload")
        self.assertIn("warning configuration_needs_restart key=admin.socket", proxy.log())
        self.assertEqual(self.ask("version")[0], 0)
        self.assertFalse(other.exists())

    def test_off_by_default(self):
        proxy = self.pgweir()
        self.assertIn("socket: off", pgweir.run("config", "show", "--config", str(proxy.config_file)).stdout)
        self.assertNotIn("console_listening", proxy.log())

    # The command

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

    @contextlib.contextmanager
    def answering(self, answer, *, closes=True):
        """Something else at the socket, which answers each connection with these bytes."""
        self.socket.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as open_ones:
            listener.bind(str(self.socket))
            listener.listen()

            def serve():
                with contextlib.suppress(OSError):  # the listener has been shut down
                    while True:
                        connection = open_ones.enter_context(listener.accept()[0])
                        connection.recv(65536)
                        connection.sendall(answer)
                        if closes:
                            connection.close()

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                yield
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

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
