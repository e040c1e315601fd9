"""A private Redis server: own directory, own port on 127.0.0.1, own unix socket, gone with the test run."""
import os
import re
import shutil
import signal
import socket
import subprocess

from . import processes
from .ports import free_port
from .waiting import wait_until

HOST = "127.0.0.1"
# Comes in over the unix socket, whatever the test demands of others.
KIT_USER, KIT_PASSWORD = "kit", "kit"

# Nothing here has to survive a restart, unless the test says so.
BASE_SETTINGS = {
    "bind": HOST,
    "save": '""',
    "appendonly": "no",
    "databases": "16",
    "daemonize": "no",
    "unixsocketperm": "777",
    # A replica is synchronised at once, not five seconds after it asked.
    "repl-diskless-sync-delay": "0",
}


class RedisError(Exception):
    """An error reply."""


class RedisServer:
    """Running after start() or inside `with`. `users` are lines as in an ACL file: `NAME RULE...`."""

    def __init__(self, *, password=None, users=(), settings=None):
        self.directory = processes.temporary_directory("redis")
        self.log_file = self.directory / "log"
        self.socket_path = self.directory / "redis.sock"
        self.port = free_port()
        self.process = None
        self._settings = BASE_SETTINGS | {
            "port": str(self.port),
            "dir": str(self.directory),
            "unixsocket": str(self.socket_path),
        } | ({"requirepass": f'"{password}"'} if password else {}) | (settings or {})  # fmt: skip
        self._users = [f"{KIT_USER} on >{KIT_PASSWORD} ~* &* +@all", *users]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # Life and death

    def start(self):
        assert self.process is None, "already running"
        lines = [f"{name} {value}" for name, value in self._settings.items()]
        lines += [f"user {user}" for user in self._users]
        config = self.directory / "redis.conf"
        config.write_text("\n".join([*lines, ""]), encoding="utf-8")
        with open(self.log_file, "ab") as log:
            self.process = processes.start(["redis-server", config], stdout=log, stderr=subprocess.STDOUT,
                                           cwd=self.directory, env=os.environ | {"LC_ALL": "C.UTF-8"})  # fmt: skip
        wait_until(self._accepts, message=lambda: f"Redis to accept connections:\n{self.log()[-3000:]}")
        return self

    def _accepts(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"Redis ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            return self.command("PING") == "PONG"
        except (OSError, RedisError):
            return False

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        self._wait()

    def kill9(self):
        self.process.kill()
        self._wait()

    def restart(self):
        self.kill9()
        return self.start()

    def close(self):
        """Ends it if it runs, and removes its directory."""
        if self.process is not None:
            self.kill9()
        shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self):
        """Connections stay open, new ones are made by the kernel, and nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def replica(self):
        """Another one, running, that has what this one has and follows it. Its own start anew, should there be one, is
        that of a primary."""
        replica = RedisServer().start()
        replica.command("REPLICAOF", HOST, self.port)
        status = lambda: replica.info("replication", "master_link_status")  # noqa: E731
        wait_until(lambda: status() == "up", message="the replica to have it all")
        return replica

    def _wait(self):
        self.process.wait(timeout=60)
        processes.finish(self.process)
        self.process = None

    # Asking and telling

    def command(self, *words, database=0):
        """The reply, on a connection of its own: None, int, str or a list of them. Raises RedisError."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(30)
            connection.connect(str(self.socket_path))
            with connection.makefile("rb") as replies:
                for each in (("AUTH", KIT_USER, KIT_PASSWORD), ("SELECT", str(database)), words):
                    connection.sendall(_encoded(each))
                    reply = _read(replies)
                return reply

    def info(self, section, name):
        """The value of one line of INFO."""
        return re.search(rf"^{name}:(.*)\r$", self.command("INFO", section), re.MULTILINE)[1]

    def calls(self, name):
        """How often a command, in small letters, was executed."""
        counts = self.command("INFO", "commandstats")
        found = re.search(rf"^cmdstat_{re.escape(name)}:calls=(\d+)", counts, re.MULTILINE)
        return int(found[1]) if found else 0

    def clients(self, name="pgweir"):
        """The lines of CLIENT LIST of clients with this name."""
        return [line for line in self.command("CLIENT", "LIST").splitlines() if f" name={name} " in line]

    def url(self, user="", password=None, database=None, host=HOST):
        """The secret as it is: what needs escapes the test escapes."""
        secret = f"{user}:{password}@" if password is not None else ""
        return f"redis://{secret}{host}:{self.port}" + (f"/{database}" if database is not None else "")

    def unix_url(self, database=None):
        return f"unix://{self.socket_path}" + (f"?db={database}" if database is not None else "")

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")


def _encoded(words):
    encoded = [word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape") for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def _read(replies):
    line = replies.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("Redis closed the connection")
    kind, rest = line[:1], line[1:-2].decode()
    if kind == b"-":
        raise RedisError(rest)
    if kind == b"+":
        return rest
    if kind == b":":
        return int(rest)
    if kind == b"*":
        return None if rest == "-1" else [_read(replies) for _ in range(int(rest))]
    assert kind == b"$", line
    return None if rest == "-1" else replies.read(int(rest) + 2)[:-2].decode("utf-8", "surrogateescape")
