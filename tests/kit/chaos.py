"""A TCP man in the middle that delays, splits, holds back, cuts and resets."""
import asyncio
import dataclasses
import socket
import struct
import threading

HOST = "127.0.0.1"


@dataclasses.dataclass
class Flow:
    """What happens to the bytes of one direction. May be changed at any time, for open connections too."""

    delay: float = 0.0  # seconds that every piece waits before it is passed on
    segment: int = 0  # bytes per write; 0: as they came
    pause: float = 0.0  # seconds between the segments, without which the receiver may see several at once
    cut_after: int | None = None  # bytes of a connection that pass before it is closed (FIN)
    reset_after: int | None = None  # the same with RST
    hold: bool = False  # pass nothing on until it is false again: back-pressure, as from a peer that hangs
    swallow: bool = False  # read and drop: a network that loses everything


class _Cut(Exception):
    """This connection ends here; `hard` with RST."""

    def __init__(self, hard):
        super().__init__()
        self.hard = hard


class Chaos:
    """Listens on a port of its own and passes connections on to `target_port`, new ones to another as soon as that is
    changed. One thread of its own; its methods may be called from any other."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.to_server = Flow()
        self.to_client = Flow()
        self.refuse = False  # new connections are reset at once
        self.accepted = 0
        self.passed = {"to_server": 0, "to_client": 0}  # bytes, of the connection that moved last in the direction
        self._pairs = set()
        self._loop = asyncio.new_event_loop()
        listener = socket.create_server((HOST, 0), backlog=1024)
        self.port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def passes(self):
        """Back to a network that works."""
        self.to_server = Flow()
        self.to_client = Flow()
        self.refuse = False

    @property
    def connections(self):
        """How many are open now, from end to end."""
        return len(self._pairs)

    def cut(self):
        """FIN to both ends of every connection."""
        self._in_loop(self._end_all, False)

    def reset(self):
        """RST to both ends of every connection."""
        self._in_loop(self._end_all, True)

    def reset_one(self, port):
        """RST to both ends of the connection that the target knows by this port."""
        for pair in list(self._pairs):
            if pair[1].get_extra_info("sockname")[1] == port:
                self._in_loop(self._end_pair, pair, True)

    def close(self):
        if self._loop.is_closed():
            return
        self._in_loop(self._end_all, True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    # In the thread of the loop

    def _run(self, listener):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, sock=listener))
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _in_loop(self, function, *arguments):
        done = threading.Event()

        def call():
            function(*arguments)
            done.set()

        self._loop.call_soon_threadsafe(call)
        done.wait(10)

    def _end_all(self, hard):
        pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for writer in pair:
                _end(writer, hard)

    def _end_pair(self, pair, hard):
        if pair in self._pairs:
            self._pairs.remove(pair)
            for writer in pair:
                _end(writer, hard)

    async def _accept(self, client_reader, client_writer):
        self.accepted += 1
        try:
            if self.refuse:
                raise ConnectionRefusedError
            server_reader, server_writer = await asyncio.open_connection(HOST, self.target_port)
        except OSError:
            _end(client_writer, True)
            return
        pair = (client_writer, server_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(
                self._pump(pair, client_reader, server_writer, "to_server"),
                self._pump(pair, server_reader, client_writer, "to_client"),
            )
        except _Cut as cut:
            self._end_pair(pair, cut.hard)
        except OSError:
            self._end_pair(pair, False)

    async def _pump(self, pair, reader, writer, name):
        passed = 0
        while True:
            data = await reader.read(65536)
            while (flow := getattr(self, name)).hold:
                await asyncio.sleep(0.005)
            if not data:
                # PostgreSQL's protocol knows no half-closed connection.
                self._end_pair(pair, False)
                return
            if not flow.swallow:
                if flow.cut_after is None and flow.reset_after is None:
                    self.passed[name] = passed + len(data)  # before the receiver can have it
                passed = await _pass_on(data, writer, flow, passed)
                self.passed[name] = passed


async def _pass_on(data, writer, flow, passed):
    if flow.delay:
        await asyncio.sleep(flow.delay)
    limit = flow.cut_after if flow.cut_after is not None else flow.reset_after
    kept = data if limit is None else data[: max(0, limit - passed)]
    size = flow.segment or max(1, len(kept))
    for at in range(0, len(kept), size):
        writer.write(kept[at : at + size])
        await writer.drain()
        if flow.pause:
            await asyncio.sleep(flow.pause)
    passed += len(kept)
    if limit is not None and passed >= limit:
        raise _Cut(hard=flow.cut_after is None)
    return passed


def _end(writer, hard):
    if hard:
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    else:
        writer.close()
