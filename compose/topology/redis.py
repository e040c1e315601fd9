"""A private Redis, for pgweir's result cache."""
import os
import socket

from .ports import HOST
from .problem import Problem
from .server import Server

PROGRAM = "/usr/bin/redis-server"
# The same as in compose.yaml. What was used least recently makes room.
MAX_MEMORY = "256mb"
POLICY = "allkeys-lru"


class Redis(Server):
    """Keeps nothing on disk, and lets in who knows the password."""

    def __init__(self, children, directory, port, password):
        super().__init__(children, directory, "redis", port)
        if not os.access(PROGRAM, os.X_OK):
            raise Problem(f"there is no {PROGRAM}: install the package redis-server")
        self._password = password
        self._config_file = directory / "redis.conf"

    def prepare(self):
        # A file, because everybody can read the arguments of a process.
        self._config_file.touch(mode=0o600)
        self._config_file.write_text(f"""bind {HOST}
port {self.port}
requirepass {self._password}
maxmemory {MAX_MEMORY}
maxmemory-policy {POLICY}
save ""
appendonly no
""", encoding="utf-8")  # fmt: skip

    def launch(self):
        self._run([PROGRAM, self._config_file])

    def is_healthy(self):
        try:
            with socket.create_connection((HOST, self.port), timeout=5) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
                with connection.makefile("rb") as answers:
                    return answers.read() == b"+OK\r\n+PONG\r\n+OK\r\n"
        except OSError:
            return False

    def url(self):
        return f"redis://:{self._password}@{self.endpoint()}/0"
