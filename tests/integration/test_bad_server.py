"""Servers that answer what no PostgreSQL would: the client gets an error, the connection is given up, no more."""
import contextlib
import socket
import struct
import threading
import unittest

from kit import messages
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.postgres import HOST
from kit.rawclient import ConnectionClosed, ServerError, error_of, tags


class Impostor:
    """Listens and plays the server. `login` are the bytes that answer a startup packet, None to pass it on to the real
    PostgreSQL; a statement that contains `tamper` is not passed on but answered with `reply`, and then the connection
    closed if `closes`."""

    def __init__(self, target_port, login=None):
        self._target_port = target_port
        self._login = login
        self.reply = b""
        self.closes = False
        self.connections = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            if self._login is not None:
                connection.recv(65536)
                connection.sendall(self._login)
                while connection.recv(65536):
                    pass
                return
            with socket.create_connection((HOST, self._target_port)) as server:
                threading.Thread(target=self._pass_back, args=(server, connection), daemon=True).start()
                while data := connection.recv(65536):
                    if b"tamper" not in data:
                        server.sendall(data)
                        continue
                    connection.sendall(self.reply)
                    if self.closes:
                        connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _pass_back(server, connection):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                connection.sendall(data)
            connection.shutdown(socket.SHUT_RDWR)


def error(*fields):
    return messages.message("E", b"".join(field + b"\0" for field in fields) + b"\0")


SASL = messages.message("R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
OK = messages.message("R", struct.pack("!i", 0))


class Login(Case):
    """Whatever answers the login, a waiting client is told within its time, and nothing is left over."""

    LOGINS = {
        "nothing and the end": b"",
        "garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n",
        "negative length": b"R" + struct.pack("!i", -1) + bytes(8),
        "length of zero": b"R" + bytes(12),
        "huge length": b"R" + struct.pack("!i", 2**31 - 1) + bytes(8),
        "unknown method": messages.message("R", struct.pack("!i", 77)),
        "method cut off": messages.message("R", b"\0\0"),
        "md5 without a salt": messages.message("R", struct.pack("!i", 5)),
        "no mechanism": messages.message("R", struct.pack("!i", 10) + b"\0"),
        "unknown mechanism": messages.message("R", struct.pack("!i", 10) + b"WEIRD\0\0"),
        "mechanism cut off": messages.message("R", struct.pack("!i", 10) + b"SCRAM-SHA-256"),
        "nonce of the server alone": SASL + messages.message("R", struct.pack("!i", 11) + b"r=x,s=AAAA,i=4096"),
        "huge nonce": SASL + messages.message("R", struct.pack("!i", 11) + b"r=" + b"x" * 5000 + b",s=AAAA,i=4096"),
        "absurd iterations": SASL + messages.message("R", struct.pack("!i", 11) + b"r=x,s=AAAA,i=2147483647"),
        "final before first": SASL + messages.message("R", struct.pack("!i", 12) + b"v=AAAA"),
        "ready without a login": messages.message("Z", b"I"),
        "a row": messages.message("D", b"\0\0"),
        "error without fields": error(),
        "error without a code": error(b"MSomething"),
        "error with empty fields": error(b"S", b"C", b"M"),
        "error that does not end": messages.message("E", b"SFATAL\0C53300"),
        "parameter cut off": OK + messages.message("S", b"TimeZone"),
        "key cut off": OK + messages.message("K", b"\0\0"),
        "ready with a strange status": OK + messages.message("Z", b"?"),
    }

    def test_each(self):
        impostors, databases = {}, {}
        for number, (name, login) in enumerate(self.LOGINS.items()):
            impostors[name] = Impostor(self.postgres.port, login)
            self.addCleanup(impostors[name].close)
            databases[f"d{number}"] = {"upstream": self.upstream(impostors[name].port),
                                       "server": {"connect_timeout": "300ms"},
                                       "pool": {"queue": {"max_wait": "500ms"}}}  # fmt: skip
        proxy = self.pgweir(databases=databases)
        clients = [self.raw(proxy.port) for _ in self.LOGINS]
        for number, client in enumerate(clients):
            client.send(messages.startup({"user": USER, "database": f"d{number}"}))
        for name, client in zip(self.LOGINS, clients):
            with self.subTest(name):
                received = client.until_closed(10)
                self.assertRegex(error_of(received).sqlstate, "^(53300|57P03|08|28|0A|XX)")
                client.close()
        self.assertEqual(self.login(proxy).value("SELECT 'well'"), "well")


class Answers(Case):
    def setUp(self):
        super().setUp()
        self.impostor = Impostor(self.postgres.port)
        self.addCleanup(self.impostor.close)
        self.proxy = self.pgweir(database={"upstream": self.upstream(self.impostor.port), "pool": {"size": 2}})

    def ask(self, reply, closes=False):
        """A client's view of it: its answers up to ReadyForQuery or the end of the connection."""
        client = self.login(self.proxy)
        client.query("SELECT 1")
        self.impostor.reply, self.impostor.closes = reply, closes
        client.send(messages.query("SELECT 'tamper'"))
        received = []
        try:
            while not received or received[-1].tag != "Z":
                received.append(client.receive(5))
        except ConnectionClosed:
            client.close()
            return received
        self.assertEqual(client.value("SELECT 'well'"), "well")
        client.terminate()
        return received

    def test_replies_that_make_no_sense(self):
        replies = [b"\xff" * 20, b"D" + struct.pack("!i", -1), b"D" + struct.pack("!i", 3),
                   b"Z" + struct.pack("!i", 2**31 - 1),
                   b"C" + bytes(4), messages.message("R", bytes(4)), messages.message("Z", b"?"),
                   messages.message("Z", b""),
                   messages.message("1") + messages.message("2"), messages.message("q", b"x")]  # fmt: skip
        for reply in replies:
            with self.subTest(reply):
                received = self.ask(reply, closes=True)
                self.assertEqual(error_of(received).sqlstate[:2], "08", received)
                self.proxy.assert_at_rest()

    def test_errors_with_strange_fields(self):
        for fields in ((), (b"MSomething",), (b"C", b"M"), (b"C42601", b"C42602", b"Ma", b"Mb"), (b"Zunknown",)):
            with self.subTest(fields):
                received = self.ask(error(*fields) + messages.message("Z", b"I"))
                self.assertEqual(tags(received), "EZ")

    def test_more_answers_than_questions(self):
        ready = messages.message("Z", b"I")
        received = self.ask(messages.message("I") + ready + ready + ready)
        self.assertEqual(tags(received), "IZ")
        # The connection is out of step, and must not be lent again.
        for _ in range(3):
            self.assertEqual(self.login(self.proxy).value("SELECT 'mine'"), "mine")

    def test_unsolicited_message_while_idle(self):
        # A statement's answer comes a second time, later: whoever is lent the server would take it for his.
        client = self.login(self.proxy)
        pid = client.value("SELECT pg_backend_pid()")
        for connection in self.impostor.connections:
            connection.sendall(messages.message("I") + messages.message("Z", b"I"))
        self.wait_until(lambda: self.proxy.metric("pgweir_server_disconnects_total", reason="dirty") > 0)
        self.assertNotEqual(client.value("SELECT pg_backend_pid()"), pid)

    def test_cut_in_a_message(self):
        row = messages.message("D", b"\0\1" + struct.pack("!i", 4) + b"word")
        for cut in range(1, len(row)):
            received = self.ask(row[:cut], closes=True)
            self.assertEqual(error_of(received).sqlstate, "08006", cut)
        self.proxy.assert_at_rest()

    def test_very_long_report(self):
        # ParameterStatus without end would be a way to fill the memory.
        before = self.proxy.resident_bytes()
        report = messages.message("S", b"application_name\0" + b"x" * 60_000 + b"\0")
        received = self.ask(report * 200 + messages.message("I") + messages.message("Z", b"I"))
        self.assertEqual(tags(received)[-1:], "Z")
        self.assertLess(self.proxy.resident_bytes() - before, 40_000_000)


class Passwords(Case):
    postgres_options = {"auth": "scram-sha-256"}

    def test_wrong_password_of_the_upstream(self):
        wrong = self.postgres.url(USER, PASSWORD + "x", DATABASE)
        proxy = self.pgweir(database={"upstream": wrong})
        with self.assertRaises(ServerError) as refused:
            self.login(proxy).rows("SELECT 1")
        self.assertEqual((refused.exception.fields["S"], refused.exception.sqlstate), ("FATAL", "28P01"))

    def test_password_that_changes(self):
        # A pool that is warm goes on; a new server connection needs the new password.
        self.postgres.create_role("changing", "old")
        proxy = self.pgweir(database={"upstream": self.postgres.url("changing", "old", DATABASE)})
        client = self.login(proxy)
        self.assertEqual(client.value("SELECT current_user"), "changing")
        self.postgres.sql("ALTER ROLE changing PASSWORD 'new'")
        self.assertEqual(client.value("SELECT 1"), "1")
        self.postgres.terminate(DATABASE)
        with self.assertRaises(ServerError) as refused:
            client.rows("SELECT 1")
        self.assertEqual(refused.exception.sqlstate, "28P01")
        self.postgres.sql("ALTER ROLE changing PASSWORD 'old'")
        self.wait_until(lambda: error_of(client.query("SELECT 1")) is None)


if __name__ == "__main__":
    unittest.main()
