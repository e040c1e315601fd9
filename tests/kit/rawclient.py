"""A client that speaks the protocol byte by byte: it sends what it is told, right or wrong."""
import hashlib
import socket
import struct

from . import messages
from .messages import Message
from .scram import ScramClient


class ServerError(RuntimeError):
    """An ErrorResponse where none was expected."""

    def __init__(self, message):
        super().__init__(f"{message.fields.get('S')} {message.sqlstate}: {message.fields.get('M')}")
        self.sqlstate = message.sqlstate
        self.fields = message.fields


class ConnectionClosed(RuntimeError):
    """The peer closed the connection, orderly or not. `rest` are bytes of a message that was cut."""

    def __init__(self, rest=b""):
        super().__init__(f"closed by the peer ({len(rest)} bytes of a message received)")
        self.rest = rest


class RawClient:
    def __init__(self, port, host="127.0.0.1"):
        self.port = port
        self._address = (host, port)
        self._buffer = bytearray()
        self.socket = socket.create_connection(self._address, 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parameters = {}  # as the server last reported them
        self.pid = self.key = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Sending

    def send(self, *parts):
        """All of them in one write."""
        self.socket.sendall(b"".join(parts))

    def send_slowly(self, data, size=1):
        """In segments of `size` bytes, one write each."""
        for at in range(0, len(data), size):
            self.socket.sendall(data[at : at + size])

    # Receiving

    def receive(self, timeout=30.0):
        """The next message. Raises ConnectionClosed, or TimeoutError."""
        self.socket.settimeout(timeout)
        header = self._exactly(5)
        (length,) = struct.unpack("!i", header[1:])
        received = Message(chr(header[0]), bytes(self._exactly(length + 1)[5:]))
        del self._buffer[: length + 1]
        if received.tag == "S":
            name, value = received.parameter
            self.parameters[name] = value
        elif received.tag == "K":
            self.pid, self.key = received.backend_key
        return received

    def _exactly(self, count):
        while len(self._buffer) < count:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise ConnectionClosed(bytes(self._buffer))
            self._buffer += data
        return self._buffer[:count]

    def receive_byte(self):
        """The one-byte answer to SSLRequest and GSSENCRequest."""
        byte = bytes(self._exactly(1))
        del self._buffer[:1]
        return byte

    def until(self, tag, timeout=30.0):
        """All messages up to and including the first with this tag."""
        received = []
        while not received or received[-1].tag != tag:
            received.append(self.receive(timeout))
        return received

    def until_ready(self, timeout=30.0):
        return self.until("Z", timeout)

    def until_closed(self, timeout=30.0):
        """All messages before the peer closes."""
        received = []
        try:
            while True:
                received.append(self.receive(timeout))
        except ConnectionClosed:
            return received

    def is_silent(self, seconds=0.2):
        """Whether nothing, not even the end, arrives for so long."""
        if self._buffer:
            return False
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
            return False
        except TimeoutError:
            return True
        except ConnectionError:
            return False

    # Conversations

    def startup(self, user, database=None, password=None, version=messages.PROTOCOL_3_0, **parameters):
        """Logs in by whatever method is asked for; all messages up to ReadyForQuery."""
        given = {"user": user, "database": database or user} | parameters
        self.send(messages.startup(given, version))
        return self.login(user, password)

    def login(self, user, password=None):
        received = []
        scram = ScramClient(password or "")
        while True:
            message = self.receive()
            received.append(message)
            if message.tag == "E":
                raise ServerError(message)
            if message.tag == "R":
                self._answer(message, user, password or "", scram)
            if message.tag == "Z":
                return received

    def _answer(self, request, user, password, scram):
        code, rest = request.authentication, request.body[4:]
        if code == 3:
            self.send(messages.password(password))
        elif code == 5:
            inner = hashlib.md5((password + user).encode()).hexdigest()
            self.send(messages.password("md5" + hashlib.md5(inner.encode() + rest).hexdigest()))
        elif code == 10:
            first = scram.first().encode()
            self.send(messages.message("p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
        elif code == 11:
            self.send(messages.message("p", scram.final(rest.decode()).encode()))
        elif code == 12:
            scram.check(rest.decode())
        elif code != 0:
            raise RuntimeError(f"unknown authentication request {code}")

    def query(self, sql):
        """A simple query; all messages up to ReadyForQuery, an error among them or not."""
        self.send(messages.query(sql))
        return self.until_ready()

    def rows(self, sql):
        """The rows of a simple query as lists of str or None. Raises ServerError."""
        return rows_of(self.query(sql))

    def value(self, sql):
        return self.rows(sql)[0][0]

    def table(self, sql):
        """The rows of a simple query as dicts by column name."""
        received = self.query(sql)
        rows = rows_of(received)
        names = [message.columns for message in received if message.tag == "T"][0]
        return [dict(zip(names, row)) for row in rows]

    def hold_server(self):
        """Begins a transaction that has a server, as BEGIN alone does not; the answers to its first statement."""
        self.query("BEGIN")
        return self.query("SELECT 1")

    def cancel(self):
        """A cancel request on a connection of its own; returns when the server has closed it."""
        with socket.create_connection(self._address, 30) as other:
            other.sendall(messages.cancel_request(self.pid, self.key))
            try:
                other.recv(1)
            except ConnectionError:
                pass

    # The end

    def close(self):
        """Without Terminate, as a process that dies."""
        self.socket.close()

    def terminate(self):
        """As a client that leaves in good order."""
        try:
            self.socket.sendall(messages.terminate())
        except OSError:
            pass
        self.socket.close()

    def reset(self):
        """RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def tags(received):
    """The sequence of messages as a string such as `12TDCZ`; asynchronous ones are left out."""
    return "".join(message.tag for message in received if message.tag not in "NSA")


def error_of(received):
    """The first ErrorResponse, or None."""
    return next((message for message in received if message.tag == "E"), None)


def rows_of(received):
    if error := error_of(received):
        raise ServerError(error)
    return [
        [None if value is None else value.decode() for value in message.row]
        for message in received
        if message.tag == "D"
    ]
