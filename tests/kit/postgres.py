"""A private PostgreSQL server: own data directory, own port on 127.0.0.1, own unix socket, gone with the test run."""
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.parse

import psycopg2
import psycopg2.sql

from . import processes
from .ports import free_port
from .waiting import wait_until

HOST = "127.0.0.1"
SUPERUSER = "postgres"

# Nothing here has to survive a crash of the machine. autovacuum off: no connection but those of the test.
BASE_SETTINGS = {
    "listen_addresses": HOST,
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "jit": "off",
    "max_wal_senders": "4",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


def binary_directory():
    """PGWEIR_PG_BINDIR, or that of the newest PostgreSQL of Debian."""
    if chosen := os.environ.get("PGWEIR_PG_BINDIR"):
        return pathlib.Path(chosen)
    found = list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise RuntimeError("no PostgreSQL server in /usr/lib/postgresql: run tests/packages")
    return max(found, key=lambda path: int(path.parts[4])).parent


def clean_environment():
    """Without PGHOST, PGUSER and the like of whoever runs the tests; with messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C.UTF-8", "PGPASSFILE": "/dev/null", "PSQLRC": "/dev/null", "PGCONNECT_TIMEOUT": "30"}


def _alive(pid):
    """False also for one that has ended but that init has not reaped yet."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _template():
    """An initialised data directory, made once per test run (PGWEIR_TEST_DIR is shared by its processes)."""
    shared = os.environ.get("PGWEIR_TEST_DIR")
    if not shared:
        if _template.path is None:
            _template.path = processes.temporary_directory("template", for_server_user=True) / "data"
            _initdb(_template.path)
        return _template.path
    path = pathlib.Path(shared) / "postgres" / "data"
    with open(pathlib.Path(shared) / "postgres.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.parent.mkdir()
            shutil.chown(path.parent, processes.SERVER_USER if os.geteuid() == 0 else os.geteuid())
            _initdb(path)
    return path


_template.path = None


def _initdb(path):
    arguments = [binary_directory() / "initdb", "-D", path, "-U", SUPERUSER, "--auth=trust", "--no-sync", "-E", "UTF8",
                 "--locale=C.UTF-8"]  # fmt: skip
    process = processes.start(arguments, as_server_user=True, env=clean_environment(), cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    output, _ = process.communicate(timeout=120)
    processes.finish(process)
    if process.returncode != 0:
        raise RuntimeError("initdb failed:\n" + output.decode(errors="replace"))


class Postgres:
    """Running after start() or inside `with`. The superuser comes in over the unix socket without a password;
    everybody on TCP is asked by `auth`, a method name of pg_hba.conf."""

    def __init__(self, *, auth="trust", max_connections=100, settings=None, hba=None):
        self.directory = processes.temporary_directory("pg", for_server_user=True)
        self.data = self.directory / "data"
        self.log_file = self.directory / "log"
        self.port = free_port()
        self.process = None
        self._settings = BASE_SETTINGS | {
            "port": str(self.port),
            "max_connections": str(max_connections),
            "unix_socket_directories": str(self.directory),
            "password_encryption": "md5" if auth == "md5" else "scram-sha-256",
        } | (settings or {})  # fmt: skip
        self._hba = hba or [f"host all all {HOST}/32 {auth}", f"host replication all {HOST}/32 {auth}"]
        subprocess.run(["cp", "-a", _template(), self.data], check=True)
        self.write_hba(self._hba)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def write_hba(self, lines):
        """Takes effect at the next start() or reload()."""
        text = "\n".join(["local all all trust", "local replication all trust", *lines, ""])
        (self.data / "pg_hba.conf").write_text(text, encoding="utf-8")

    def set(self, **settings):
        """Server settings, in effect from the next start() on."""
        self._settings |= {name: str(value) for name, value in settings.items()}

    # Life and death

    def start(self, *, wait=True):
        assert self.process is None, "already running"
        arguments = [binary_directory() / "postgres", "-D", self.data]
        for name, value in self._settings.items():
            arguments += ["-c", f"{name}={value}"]
        with open(self.log_file, "ab") as log:
            self.process = processes.start(arguments, as_server_user=True, last_signal=signal.SIGQUIT, stdout=log,
                                           stderr=log, env=clean_environment(), cwd="/")  # fmt: skip
        if wait:
            wait_until(self._accepts, message=lambda: f"PostgreSQL to accept connections:\n{self.log()[-3000:]}")
        return self

    def _accepts(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            self.connect().close()
            return True
        except psycopg2.OperationalError:
            return False

    def stop(self, mode="fast"):
        """`smart`, `fast` or `immediate`, as pg_ctl names them."""
        number = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        self.process.send_signal(number)
        self._wait()

    def kill9(self):
        """The postmaster and all its children at once, as the kernel's OOM killer or a power cut would."""
        # A child that sees another one die, or the postmaster, still finds the time for a last word to its client.
        self._signal_all(signal.SIGSTOP)
        children = self._children()
        for pid in [*children, self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait()
        # Until they are gone the next start would find the shared memory in use.
        wait_until(lambda: not any(map(_alive, children)), message="the backends' end")

    def restart(self, mode="fast"):
        self.stop(mode)
        return self.start()

    def close(self):
        """Stops it if it runs, and removes the data."""
        if self.process is not None:
            self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self):
        """Freezes the postmaster and all its children: connections stay open and nobody answers."""
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        # The postmaster first: it could fork.
        os.kill(self.process.pid, number)
        for pid in self._children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _children(self):
        pid = self.process.pid
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def _wait(self):
        self.process.wait(timeout=60)
        processes.finish(self.process)
        self.process = None

    # Asking and telling, as the superuser

    def connect(self, database="postgres", user=SUPERUSER):
        """An autocommit connection over the unix socket, past anything that stands in front of the TCP port."""
        connection = psycopg2.connect(host=str(self.directory), port=self.port, user=user, dbname=database,
                                      application_name="kit", connect_timeout=10)  # fmt: skip
        connection.autocommit = True
        return connection

    def sql(self, statement, parameters=None, database="postgres"):
        """The rows, or None for a statement that returns none."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def value(self, statement, parameters=None, database="postgres"):
        """The first column of the first row."""
        return self.sql(statement, parameters, database)[0][0]

    def create_role(self, name, password=None, options="LOGIN"):
        statement = psycopg2.sql.SQL("CREATE ROLE {} " + options).format(psycopg2.sql.Identifier(name))
        if password is not None:
            statement += psycopg2.sql.SQL(" PASSWORD {}").format(psycopg2.sql.Literal(password))
        self.sql(statement)

    def create_database(self, name, owner=SUPERUSER):
        identifiers = [psycopg2.sql.Identifier(name), psycopg2.sql.Identifier(owner)]
        self.sql(psycopg2.sql.SQL("CREATE DATABASE {} OWNER {}").format(*identifiers))

    def reload(self):
        self.sql("SELECT pg_reload_conf()")

    def url(self, user, password=None, database=None, port=None):
        secret = ":" + urllib.parse.quote(password, safe="") if password else ""
        return f"postgres://{user}{secret}@{HOST}:{port or self.port}/{database or user}"

    def backends(self, database=None, user=None):
        """(pid, state, query) of each client connection, without those of this kit and those that only listen."""
        return self.sql(
            "SELECT pid, state, query FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender')"
            " AND application_name NOT IN ('kit', 'pgweir listener') AND (datname = %(database)s OR %(database)s IS NULL)"
            " AND (usename = %(user)s OR %(user)s IS NULL) ORDER BY pid",
            {"database": database, "user": user},
        )

    def terminate(self, database=None):
        """pg_terminate_backend for every connection to the database; returns how many there were."""
        pids = [pid for pid, _, _ in self.backends(database)]
        self.sql("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (pids,))
        wait_until(lambda: not set(pids) & {pid for pid, _, _ in self.backends(database)}, message="the backends' end")
        return len(pids)

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def count_in_log(self, pattern):
        return len(re.findall(pattern, self.log()))
