"""The two servers of the quickstart: a private PostgreSQL and the pgweir in front of it."""
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from children import SERVER_USER, signals_held

HOST = "127.0.0.1"
USER, DATABASE = "app", "shop"
ROOT = pathlib.Path(__file__).resolve().parents[1]
MAX_CONNECTIONS = 20
POOL_SIZE = 15  # three of the twenty are kept for the superuser, and two are left for looking around


class Problem(Exception):
    """Something that the user has to know, said in a sentence."""


def clean_environment(**more):
    """Without PGHOST, DATABASE_URL and the like of whoever runs this; with messages in English."""
    hidden = ("PG", "LC_", "LANG", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {"LC_ALL": "C.UTF-8", "PGPASSFILE": "/nonexistent", "PSQLRC": "/nonexistent"} | more


def can_listen(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port():
    """Below the range from which the kernel takes the local ports of outgoing connections."""
    for _ in range(1000):
        if can_listen(port := random.randint(15000, 31999)):
            return port
    raise Problem(f"no free port on {HOST}")


def choose_port(wanted, usual, option, tell):
    """The one that was asked for (0: any), or the usual one if nobody has it."""
    if wanted:
        if not can_listen(wanted):
            raise Problem(f"port {wanted} on {HOST} is in use: choose another one with {option}, or 0 for any")
        return wanted
    if wanted is None and can_listen(usual):
        return usual
    port = free_port()
    if wanted is None:
        tell(f"port {usual} on {HOST} is in use: {port} is used instead ({option} chooses)")
    return port


def temporary_directory():
    with signals_held():
        path = pathlib.Path(tempfile.mkdtemp(prefix="pgweir-quickstart-"))
    if os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_USER)
        os.chown(path, account.pw_uid, account.pw_gid)
    return path


def wait_for(condition, seconds, complaint):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Problem(complaint())
        time.sleep(0.05)


class Server:
    """A process with a log file."""

    name = ""

    def __init__(self, children, directory):
        self._children = children
        self.directory = directory
        self.log_file = directory / f"{self.name}.log"
        self.process = None

    def _start(self, arguments, **options):
        with open(self.log_file, "ab") as log:
            self.process = self._children.start(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def check_alive(self):
        if self.process.poll() is not None:
            raise Problem(f"{self.name} ended with exit code {self.process.returncode}:\n{self.last_words()}")

    def last_words(self):
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-15:])


class Postgres(Server):
    """Debian's newest, with a data directory and a port of its own. scram-sha-256 for everybody on TCP."""

    name = "PostgreSQL"

    def __init__(self, children, directory, password):
        super().__init__(children, directory)
        found = list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if not found:
            raise Problem("there is no PostgreSQL server in /usr/lib/postgresql: install the package postgresql")
        self.programs = max(found, key=lambda path: int(path.parts[4])).parent
        self.port = free_port()
        self.password = password
        self._data = directory / "data"

    def start(self):
        code, output, errors = self._children.run(
            [self.programs / "initdb", "-D", self._data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
             "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"],
            as_server_user=True, cwd="/", env=clean_environment(),
        )  # fmt: skip
        if code != 0:
            raise Problem(f"initdb failed:\n{output}{errors}")
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": self.directory,
            "max_connections": MAX_CONNECTIONS,
            "password_encryption": "scram-sha-256",
            # The data ends with the quickstart: nothing has to survive a crash of the machine.
            "fsync": "off",
        }
        arguments = [self.programs / "postgres", "-D", self._data]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        self._start(arguments, as_server_user=True, cwd="/", env=clean_environment(),
                    endings=(signal.SIGINT, signal.SIGQUIT))  # fmt: skip
        wait_for(self._accepts, 60, lambda: f"PostgreSQL does not accept connections:\n{self.last_words()}")
        # PostgreSQL makes the verifier from it. Hexadecimal digits need no quoting.
        self.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{self.password}'")
        self.sql(f"CREATE DATABASE {DATABASE} OWNER {USER}")

    def _accepts(self):
        self.check_alive()
        code, _, _ = self._children.run([self.programs / "pg_isready", "-q", "-h", self.directory, "-p", str(self.port)])
        return code == 0

    def psql(self):
        """As the superuser over the unix socket."""
        return [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self.directory), "-p",
                str(self.port), "-U", "postgres", "-d", "postgres"]  # fmt: skip

    def sql(self, statement):
        # Standard input, because everybody can read the arguments of a process.
        process = self._children.start(self.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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


class Pgweir(Server):
    """A pgweir that lends POOL_SIZE server connections for a transaction each."""

    name = "pgweir"

    def __init__(self, children, directory, binary, postgres, port, http_port):
        super().__init__(children, directory)
        self._binary = binary
        self._postgres = postgres
        self.port = port
        self.http_port = http_port
        self.config_file = directory / "pgweir.yaml"

    def start(self):
        self._write_config()
        self._start([self._binary, "serve", "--config", self.config_file], env=clean_environment())
        wait_for(self._ready, 20, lambda: f"pgweir does not become ready:\n{self.last_words()}")

    def _write_config(self):
        secret = json.dumps(self._postgres.password)  # a JSON string is a YAML string
        text = f"""version: 1
listen: {{addresses: ["{HOST}:{self.port}"]}}
admin: {{http: "{HOST}:{self.http_port}", console_users: [{USER}]}}
auth:
  method: scram-sha-256
  users: {{{USER}: {{password: {secret}}}}}
databases:
  {DATABASE}:
    upstream: {{host: {HOST}, port: {self._postgres.port}, user: {USER}, password: {secret}}}
    pool: {{mode: transaction, size: {POOL_SIZE}}}
shutdown: {{grace: 2s}}
"""
        self.config_file.touch(mode=0o600)
        self.config_file.write_text(text, encoding="utf-8")

    def _ready(self):
        self.check_alive()
        try:
            self._get("/readyz")
            return True
        except OSError:  # refused, or an answer that is not 200
            return False

    def _get(self, path):
        with urllib.request.urlopen(f"http://{HOST}:{self.http_port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def samples(self, family):
        """[(labels as written, value)] of one name in /metrics."""
        found = []
        for line in self._get("/metrics").splitlines():
            name, _, value = line.rpartition(" ")
            if name.partition("{")[0] == family:
                found.append((name.partition("{")[2], float(value)))
        return found


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
