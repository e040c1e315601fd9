"""A private PostgreSQL, and a count of the connections it has."""
import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time

from .ports import HOST
from .problem import Problem
from .server import USER, Server, clean_environment, give_to_server_user

MAX_CONNECTIONS = 20


class Postgres(Server):
    """Debian's newest, with scram-sha-256 for everybody on TCP, and one database that belongs to USER."""

    READY_WITHIN = 60

    def __init__(self, children, directory, port, password, database, preload=""):
        """`preload`: shared_preload_libraries."""
        super().__init__(children, directory, "postgres", port)
        found = list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not found:
            raise Problem("there is no PostgreSQL server in /usr/lib/postgresql: install the package postgresql")
        self.programs = max(found, key=lambda path: int(path.parts[4])).parent
        self.version = self.programs.parent.name
        self.password = password
        self.database = database
        self._preload = preload
        self._data = directory / "data"

    def prepare(self):
        give_to_server_user(self.directory)
        code, output, errors = self._children.run(
            [self.programs / "initdb", "-D", self._data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
             "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"],
            as_server_user=True, cwd=self.directory, env=clean_environment(),
        )  # fmt: skip
        if code != 0:
            raise Problem(f"initdb failed:\n{output}{errors}")

    def launch(self):
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": self.directory,
            "unix_socket_permissions": "0700",  # it lets everybody in as the superuser
            "max_connections": MAX_CONNECTIONS,
            "shared_preload_libraries": self._preload,
            "password_encryption": "scram-sha-256",
            # The data ends with the lab: nothing has to survive a crash of the machine.
            "fsync": "off",
        }
        arguments = [self.programs / "postgres", "-D", self._data]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        self._run(arguments, as_server_user=True, endings=(signal.SIGINT, signal.SIGQUIT))

    def start(self):
        super().start()
        # PostgreSQL makes the verifier from it. Hexadecimal digits need no quoting.
        self.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{self.password}'")
        self.sql(f"CREATE DATABASE {self.database} OWNER {USER}")

    def is_healthy(self):
        code, _, _ = self._children.run([self.programs / "pg_isready", "-q", "-h", self.directory, "-p", str(self.port),
                                       "-U", "postgres"])
        return code == 0

    def kill(self):
        """The postmaster and what it has started, as the kernel's OOM killer or a power cut would."""
        pid = self.process.pid
        backends = [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        self.process.kill()
        for backend in backends:
            with contextlib.suppress(ProcessLookupError):
                os.kill(backend, signal.SIGKILL)
        self.process.wait()

    def restart(self):
        """After a kill. While the last of the old backends goes, the new postmaster finds its memory in use and ends."""
        deadline = time.monotonic() + self.READY_WITHIN
        self.launch()
        while not self.is_healthy():
            if time.monotonic() > deadline:
                raise Problem(f"postgres does not come back:\n{self.last_words()}")
            if not self.is_running():
                self.launch()
            time.sleep(0.05)

    def url(self, port=None):
        """Of the database; `port` for something that stands in front of it."""
        return f"postgres://{USER}:{self.password}@{HOST}:{port or self.port}/{self.database}"

    def psql(self, database="postgres"):
        """As the superuser over the unix socket."""
        return [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self.directory), "-p",
                str(self.port), "-U", "postgres", "-d", database]  # fmt: skip

    def sql(self, statement, database="postgres"):
        # Standard input, because everybody can read the arguments of a process.
        process = self._children.start(self.psql(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, env=clean_environment())  # fmt: skip
        output, _ = process.communicate(statement)
        self._children.stop(process)
        if process.returncode != 0:
            raise Problem(f"psql failed: {output}")
        return output.strip()


class ConnectionWatch:
    """The largest number of server connections that USER had while this ran, as pg_stat_activity shows them."""

    QUESTION = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{USER}';\n"

    def __init__(self, postgres, children):
        self.most = 0
        self._children = children
        self._ended = threading.Event()
        self._psql = children.start(postgres.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                    env=clean_environment())  # fmt: skip
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(5)
        self._children.stop(self._psql)
        self._psql.stdin.close()
        self._psql.stdout.close()

    def _watch(self):
        while not self._ended.wait(0.02):
            self._psql.stdin.write(self.QUESTION)
            self._psql.stdin.flush()
            answer = self._psql.stdout.readline()
            if not answer:
                return
            self.most = max(self.most, int(answer))
