"""Load on one port: pgbench, many clients in one thread, idle connections."""
import contextlib
import json
import re
import socket
import struct
import subprocess
import time

from .servers import RELEASE, address


def pgbench(port, *, mode="simple", clients, threads=1, seconds, database="postgres", reconnect=False, scripts=()):
    """Transactions done, and done per second. `scripts`: files with their weights, in place of a select by a random key."""
    work = [word for path, weight in scripts for word in ("-f", f"{path}@{weight}")] or ["-S"]
    done = subprocess.run(["pgbench", *work, "-n", "-c", str(clients), "-j", str(threads), "-T", str(seconds), "-M",
                           mode, *(["-C"] if reconnect else []), *address(port, database)],
                          capture_output=True, text=True)
    text = done.stdout
    count = re.search(r"actually processed: (\d+)", text)
    rate = re.search(r"^tps = ([\d.]+)", text, re.MULTILINE)
    if done.returncode != 0 or not count or not rate:
        raise RuntimeError(f"pgbench on port {port} failed:\n{text}{done.stderr}")
    return int(count[1]), float(rate[1])


def lines_of(program):
    """The JSON objects that it prints, one on each line."""
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class LoadClients:
    """bench/load/load_clients, logged in: each run() is one window of load. `ready` is how many got in."""

    def __init__(self, port, clients, batch=0):
        self._process = subprocess.Popen([RELEASE / "bench" / "load_clients", str(port), str(clients), str(batch)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.clients = clients
        self.ready = self._answer()["ready"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def run(self, seconds):
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("load_clients ended")
        return json.loads(line)


def wait_for_cache(port, seconds=30):
    """Until the result cache of the pgweir there serves, which it begins to with the first client."""
    with login(port) as client, login(port, "pgweir") as console:
        ask(client)
        end = time.monotonic() + seconds
        while b"\x02on" not in (told := ask(console, b"SHOW CACHE")):
            if time.monotonic() > end:
                raise RuntimeError(f"the cache does not serve: {told!r}")
            time.sleep(0.1)


def login(port, database="postgres"):
    """A socket logged in as postgres without a password."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    body = struct.pack("!I", 3 << 16) + b"user\0postgres\0database\0" + database.encode() + b"\0\0"
    client.sendall(struct.pack("!I", len(body) + 4) + body)
    wait_until_ready(client)
    return client


def wait_until_ready(client):
    """Reads up to ReadyForQuery. Nothing may follow it."""
    received = b""
    while not received.endswith(b"Z\0\0\0\5I"):
        more = client.recv(65536)
        if not more:
            raise RuntimeError(f"disconnected after {received!r}")
        received += more
    return received


def send(client, text):
    client.sendall(b"Q" + struct.pack("!I", len(text) + 5) + text + b"\0")


def ask(client, text=b"SELECT 1"):
    """What it answers."""
    send(client, text)
    return wait_until_ready(client)


def ask_all(clients, text):
    """What each answers when all are asked before any is listened to."""
    for client in clients:
        client.settimeout(60)
        send(client, text)
    return [wait_until_ready(client) for client in clients]


def queries_of_servers(console):
    """How many PostgreSQL has been sent by the pgweir of this console."""
    table = rows_of(ask(console, b"SHOW STATS"))
    return sum(int(row["total_query_count"]) for row in table)


def rows_of(answer):
    """[{column: text}] of what a simple query was answered."""
    names, rows = [], []
    at = 0
    while at < len(answer):
        kind, (size,) = answer[at:at + 1], struct.unpack("!I", answer[at + 1:at + 5])
        body, at = answer[at + 5:at + 1 + size], at + 1 + size
        if kind == b"T":
            rest = body[2:]
            while rest:
                name, _, rest = rest.partition(b"\0")
                names.append(name.decode())
                rest = rest[18:]
        elif kind == b"D":
            values, rest = [], body[2:]
            while rest:
                (length,) = struct.unpack("!i", rest[:4])
                values.append(None if length < 0 else rest[4:4 + length].decode())
                rest = rest[4 + max(length, 0):]
            rows.append(dict(zip(names, values)))
    return rows


@contextlib.contextmanager
def idle_clients(port, count):
    """`count` logged-in sockets."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(login(port)) for _ in range(count)]
