"""The console on a unix socket of its own: who is let in, and the socket's file."""
import json
import os
import pwd
import shutil
import stat
import subprocess
import threading
import unittest

from kit import messages, pgweir, processes
from kit.admin_socket import AdminSocketCase
from kit.case import DATABASE, PASSWORD, USER
from kit.pgweir import CONSOLE_USER
from kit.rawclient import ServerError, error_of, rows_of, tags

STRANGER = "nobody"
by_root = unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")


def by(user):
    """Options for a process that this user runs."""
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class AdminSocket(AdminSocketCase):
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


if __name__ == "__main__":
    unittest.main()
