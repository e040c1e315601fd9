"""A pgweir process under test."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.request

import yaml

from . import processes
from .ports import free_port
from .rawclient import RawClient, rows_of
from .waiting import wait_until

HOST = "127.0.0.1"
CONSOLE_USER = "operator"
ROOT = pathlib.Path(__file__).resolve().parents[2]

SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:quarantine_size_mb=8:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
    "TSAN_OPTIONS": "second_deadlock_stack=1:exitcode=99",
    "LSAN_OPTIONS": "exitcode=99",
}
SANITIZER_REPORT = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion .* failed).*")


def binary():
    """PGWEIR_BINARY, or the release build."""
    return pathlib.Path(os.environ.get("PGWEIR_BINARY") or ROOT / "build" / "release" / "pgweir")


def merged(base, changes):
    """base with changes laid over it, mapping by mapping. A change to None takes the key away."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def run(*arguments, environment=None, timeout=60):
    """pgweir with these arguments, to its end: for `check`, `version` and the like."""
    return subprocess.run([binary(), *arguments], env=_environment(environment), capture_output=True, text=True,
                          timeout=timeout, check=False)  # fmt: skip


def _environment(more):
    hidden = ("PG", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | SANITIZER_OPTIONS | (more or {})


class Pgweir:
    """Running after start() or inside `with`. `config` is what the file holds; the addresses are filled in here, on
    free ports, unless they are given. `program`: another than binary(). `environment`: more variables for the next start."""

    def __init__(self, config=None, *, arguments=(), environment=None, program=None):
        self.directory = processes.temporary_directory("proxy")
        self.log_file = self.directory / "log"
        self.port = free_port()
        self.http_port = free_port()
        self.config_file = self.directory / "pgweir.yaml"
        self.process = None
        self._arguments = list(arguments)
        self.environment = environment
        self._program = program or binary()
        self._checked = 0  # how much of the log has been looked at for sanitizer reports
        self.write_config(config or {})

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        else:
            with contextlib.suppress(Exception):  # it must not hide the failure that is on its way
                self.close()

    def write_config(self, config):
        """Takes effect at the next start() or reload()."""
        base = {
            "version": 1,
            "listen": {"addresses": [f"{HOST}:{self.port}"]},
            "admin": {"http": f"{HOST}:{self.http_port}", "console_users": [CONSOLE_USER]},
            # The tests' own connections must not make every stop wait.
            "shutdown": {"grace": "2s"},
            "workers": int(os.environ.get("PGWEIR_TEST_WORKERS", "1")),
        }
        self.config = merged(base, config)
        self.config_file.write_text(yaml.safe_dump(self.config, sort_keys=False), encoding="utf-8")

    # Life and death

    def start(self, *, wait=True):
        assert self.process is None, "already running"
        command = [self._program, "serve", "--config", self.config_file, *self._arguments]
        with open(self.log_file, "ab") as log:
            self.process = processes.start(command, stdout=log, stderr=log, env=_environment(self.environment))
        if wait:
            wait_until(self._healthy, message=lambda: f"pgweir to become healthy:\n{self.log()[-3000:]}")
        return self

    def _healthy(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"pgweir ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            return self.http("/healthz")[0] == 200
        except OSError:
            return False

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def terminate(self):
        """SIGTERM: the drain begins. wait() tells how it ended."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=60):
        """Its exit code, once it has ended by itself."""
        code = self.process.wait(timeout)
        processes.finish(self.process)
        self.process = None
        return code

    def stop(self):
        """SIGTERM, a second one if clients are still there, and the checks on what it leaves behind."""
        if self.process is None:
            return
        self.terminate()
        try:
            code = self.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait()
            raise RuntimeError(f"pgweir did not end within 20 s of SIGTERM:\n{self.log()[-3000:]}") from None
        self.check_log()
        if code != 0:
            raise RuntimeError(f"pgweir ended with exit code {code}:\n{self.log()[-3000:]}")

    def kill(self):
        """SIGKILL, as the kernel would."""
        self.process.kill()
        self.wait()

    def close(self):
        try:
            self.stop()
        finally:
            self.check_log()

    # What it says

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def check_log(self):
        """Raises on a sanitizer's report or a failed assertion that no earlier call has reported."""
        text = self.log()
        found = SANITIZER_REPORT.search(text, self._checked)
        self._checked = len(text)
        if found:
            excerpt = text[max(0, found.start() - 200) : found.start() + 6000]
            raise RuntimeError("pgweir's log has a report:\n" + excerpt)

    def http(self, path, method="GET"):
        """(status, body)."""
        request = urllib.request.Request(f"http://{HOST}:{self.http_port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self):
        """Sample name with its labels, as written -> value."""
        samples = {}
        for line in self.http("/metrics")[1].splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def metric(self, name, **labels):
        """The sum over all samples of this name that carry these labels; 0 without any."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            value
            for sample, value in self.metrics().items()
            if sample.partition("{")[0] == name and all(label in sample for label in wanted)
        )

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_bytes(self):
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    # Clients

    def client(self, user="app", database=None, password=None, **parameters):
        """A raw client that is logged in."""
        client = RawClient(self.port)
        client.startup(user, database, password, **parameters)
        return client

    def console(self, command):
        """The messages that answer one console command."""
        with RawClient(self.port) as client:
            client.startup(CONSOLE_USER, "pgweir", self.console_password())
            received = client.query(command)
            client.terminate()
            return received

    def console_password(self):
        return self.config.get("auth", {}).get("users", {}).get(CONSOLE_USER, {}).get("password")

    def show(self, what):
        """SHOW ... as a list of dicts by column name; all values are text or None."""
        return self.console_table(f"SHOW {what}")

    def console_table(self, command):
        """The same of any command."""
        received = self.console(command)
        rows = rows_of(received)
        names = next(message.columns for message in received if message.tag == "T")
        return [dict(zip(names, row)) for row in rows]

    def state(self):
        """SHOW STATE: what is held at the moment, by name."""
        held = {}
        for row in self.show("STATE"):
            name, value = list(row.values())[:2]
            if value is not None and re.fullmatch(r"-?\d+", value):
                held[name] = int(value)
        assert held, "SHOW STATE has no row of the form (name, number)"
        return held

    def assert_at_rest(self, timeout=5.0):
        """Whatever was taken has been given back: each invariant of SHOW STATE is zero, within the timeout."""
        held = {}

        def at_rest():
            held.clear()
            held.update({name: value for name, value in self.state().items() if value != 0})
            return not held

        wait_until(at_rest, timeout, message=lambda: f"SHOW STATE to be all zero, still held: {held}", interval=0.05)
