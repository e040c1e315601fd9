"""One address for psql, whoever answers behind it: PostgreSQL, or pgweir with its servers lent in turn. So what psql says
of its connection is the same both times, and so is what becomes of its queries: the simple protocol, which is all that
psql speaks, or the same said as a driver would."""
import contextlib
import itertools
import queue
import re
import select
import socket
import struct
import threading

from kit import messages
from kit.postgres import HOST

PIECE = 256 * 1024
LAST_WORDS = 5.0  # seconds in which who is told something may read it
ENCRYPTION = (messages.SSL_CODE, messages.GSSENC_CODE)
COPY_IN = re.compile(rb"\bcopy\b.*\bfrom\s+std(in|out)\b", re.IGNORECASE | re.DOTALL)
# simple: as psql says it. extended: Parse, Bind, Describe, Execute, Sync at once. prepared: a named statement, prepared,
# executed and closed with a Sync after each.
PROTOCOLS = ("simple", "extended", "prepared")


class FrontDoor:
    """`target` is the port behind it; `turn(user, database)`, if there is one, is called before each transaction."""

    def __init__(self, protocol):
        self._listening = socket.create_server((HOST, 0))
        self._protocol = protocol
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
            passage = Passage(Stream(client), Stream(server), self.turn, self._protocol)
            try:
                passage.run()
            finally:
                passage.flush()


class Stream:
    """Whole messages of one connection. send() never waits: who does not read may be about to write."""

    def __init__(self, end):
        self.end = end
        self._buffer, self._at = bytearray(), 0
        self._unsent = queue.SimpleQueue()
        self._writer = None  # from the first time on that there was more than the socket took

    def send(self, *parts):
        data = b"".join(parts)
        if self._writer is None:
            try:
                data = data[self.end.send(data, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                pass
            if not data:
                return
            self._writer = threading.Thread(target=self._write, daemon=True)
            self._writer.start()
        self._unsent.put(data)

    def _write(self):
        with contextlib.suppress(OSError):
            while data := self._unsent.get():
                self.end.sendall(data)

    def flush(self):
        """Before its end is closed."""
        if self._writer:
            self._unsent.put(b"")
            self._writer.join(LAST_WORDS)

    def first(self):
        """The message without a tag."""
        (length,) = struct.unpack("!i", self._bytes(4))
        return struct.pack("!i", length) + self._bytes(length - 4)

    def receive(self):
        """(tag, the whole message)"""
        header = self._bytes(5)
        (length,) = struct.unpack("!i", header[1:])
        return chr(header[0]), header + self._bytes(length - 4)

    def has_message(self):
        there = len(self._buffer) - self._at
        return there >= 5 and there > struct.unpack_from("!i", self._buffer, self._at + 1)[0]

    def fill(self):
        del self._buffer[: self._at]
        self._at = 0
        if not (piece := self.end.recv(PIECE)):
            raise EOFError
        self._buffer += piece

    def _bytes(self, count):
        while len(self._buffer) - self._at < count:
            self.fill()
        self._at += count
        return bytes(self._buffer[self._at - count : self._at])


class Passage:
    """One connection. It knows when its client is between two transactions, and who then asks is given a turn."""

    def __init__(self, client, server, turn, protocol):
        self._client, self._server, self._turn, self._protocol = client, server, turn, protocol
        self._between = False
        self._names = itertools.count(1)

    def run(self):
        while struct.unpack("!i", (first := self._client.first())[4:8])[0] in ENCRYPTION:
            self._client.send(b"N")
        self._server.send(first)
        words = first[8:].split(b"\0")
        self._parameters = dict(zip(words[::2], words[1::2]))
        if struct.unpack("!i", first[4:8])[0] == messages.CANCEL_CODE:
            self._server.end.recv(1)
            return
        going_on = True
        while going_on:
            if self._server.has_message():
                self._answer()
            elif self._client.has_message():
                going_on = self._ask()
            else:
                # What PostgreSQL has said of a message goes on only after it was asked more.
                ready = select.select([self._client.end, self._server.end], [], [])[0]
                for stream in (self._client, self._server):
                    if stream.end in ready:
                        stream.fill()

    def flush(self):
        self._client.flush()
        self._server.flush()

    def _answer(self, hidden=""):
        tag, received = self._server.receive()
        if tag == "Z":
            self._between = received[5:] == b"I"
        if tag not in hidden:
            self._client.send(received)
        return tag

    def _ask(self):
        tag, asked = self._client.receive()
        if tag == "X":
            self._server.send(asked)
            return False
        self._take_turn()
        if tag == "Q" and self._protocol == "extended":
            self._execute("", asked[5:-1], "12n", messages.parse("", asked[5:-1]))
        elif tag == "Q" and self._protocol == "prepared":
            self._prepared(asked[5:-1])
        else:
            self._between = False
            self._server.send(asked)
        return True

    def _take_turn(self):
        if self._between and self._turn:
            user = self._parameters[b"user"].decode()
            self._turn(user, self._parameters.get(b"database", b"").decode() or user)

    def _prepared(self, text):
        name = f"s{next(self._names)}"
        self._server.send(messages.parse(name, text), messages.sync())
        failed, ready = False, None
        while ready is None:
            tag, received = self._server.receive()
            failed |= tag == "E"
            if tag == "Z":
                ready = received
            elif tag != "1":
                self._client.send(received)
        self._between = ready[5:] == b"I"
        if failed:
            self._client.send(ready)
            return
        self._take_turn()
        self._execute(name, text, "2nZ")
        # No turn here: with three servers each third would execute everything.
        self._server.send(messages.close_statement(name), messages.sync())
        self._until("Z", "3")

    def _execute(self, name, text, hidden, *before):
        execution = [*before, messages.bind("", name), messages.describe_portal(), messages.execute()]
        if not COPY_IN.search(text):
            self._server.send(*execution, messages.sync())
        else:
            # Whether PostgreSQL takes a Sync behind the Execute for part of the COPY depends on when that fails.
            self._server.send(*execution, messages.flush())
            if self._until("CEIG", hidden) == "G":
                self._copy_in()
            self._server.send(messages.sync())
        self._until("Z", hidden)

    def _until(self, tags, hidden):
        while (tag := self._answer(hidden)) not in tags:
            pass
        return tag

    def _copy_in(self):
        tag = "d"
        while tag == "d":
            tag, data = self._client.receive()
            self._server.send(data)
