"""One address for psql, whoever answers behind it: PostgreSQL, or pgweir with its servers lent in turn. So what psql says
of its connection is the same both times."""
import contextlib
import select
import socket
import struct
import threading

from kit.postgres import HOST

PROTOCOL_3_0 = 196608
PIECE = 256 * 1024


class FrontDoor:
    """`target` is the port behind it; `turn(user, database)`, if there is one, is called before each transaction."""

    def __init__(self):
        self._listening = socket.create_server((HOST, 0))
        self.port = self._listening.getsockname()[1]
        self.target = None
        self.turn = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listening.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError, EOFError), socket.create_connection((HOST, self.target)) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Passage(client, server, self.turn).run()


class Passage:
    """Moves the bytes of one connection, and knows when its client is between two transactions."""

    def __init__(self, client, server, turn):
        self._client, self._server, self._turn = client, server, turn
        self._between = False
        self._header = b""  # of the server's message that is not whole yet
        self._skip = 0  # bytes of the server's message whose header was read

    def run(self):
        code, parameters, first = self._startup()
        self._server.sendall(first)
        if code != PROTOCOL_3_0:
            self._turn = None
        ends = {self._client: self._from_client, self._server: self._from_server}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                if not (data := end.recv(PIECE)):
                    return
                ends[end](data, parameters)

    def _startup(self):
        first = self._exactly(8)
        length, code = struct.unpack("!ii", first)
        first += self._exactly(length - 8)
        words = first[8:].split(b"\0")
        return code, dict(zip(words[::2], words[1::2])), first

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            if not (piece := self._client.recv(count - len(data))):
                raise EOFError
            data += piece
        return data

    def _from_client(self, data, parameters):
        if self._between and self._turn and data[:1] != b"X":
            user = parameters[b"user"].decode()
            self._turn(user, parameters.get(b"database", b"").decode() or user)
        self._between = False
        self._server.sendall(data)

    def _from_server(self, data, _):
        if self._turn:
            self._look(data)
        self._client.sendall(data)

    def _look(self, data):
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            wanted = 5 - len(self._header) if self._header[:1] != b"Z" else 6 - len(self._header)
            self._header += data[at : at + wanted]
            at += min(wanted, len(data) - at)
            if self._header[:1] == b"Z":
                if len(self._header) == 6:
                    self._between = self._header[5:] == b"I"
                    self._header = b""
            elif len(self._header) == 5:
                self._skip = struct.unpack("!i", self._header[1:])[0] - 4
                self._header = b""
                self._between = False
