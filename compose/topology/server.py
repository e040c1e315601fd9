"""A process with a directory, a log and a way to tell whether it serves."""
import http.client
import os
import pathlib
import pwd
import subprocess
import time
import urllib.error
import urllib.request

from .children import SERVER_USER
from .ports import HOST
from .problem import Problem

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER = "app"


def clean_environment(**more):
    """Without PGHOST, DATABASE_URL and the like of whoever runs this; with messages in English."""
    hidden = ("PG", "LC_", "LANG", "DATABASE_URL", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {"LC_ALL": "C.UTF-8", "PGPASSFILE": "/nonexistent", "PSQLRC": "/nonexistent"} | more


def wait_for(condition, seconds, complaint):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Problem(complaint())
        time.sleep(0.05)


def give_to_server_user(path):
    if os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_USER)
        os.chown(path, account.pw_uid, account.pw_gid)


# The user's http_proxy is not for loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http_get(port, path, timeout=5):
    """The body. Raises OSError for anything but 200."""
    try:
        with _opener.open(f"http://{HOST}:{port}{path}", timeout=timeout) as answer:
            return answer.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {error!r}") from error


def metric_samples(port, family):
    """[(labels as written, value)] of one name in /metrics on this port."""
    found = []
    for line in http_get(port, "/metrics").splitlines():
        name, _, value = line.rpartition(" ")
        if name.partition("{")[0] == family:
            found.append((name.partition("{")[2], float(value)))
    return found


class Server:
    """Base of everything that is started. `name` is what users see: status, logs, error messages."""

    READY_WITHIN = 30  # seconds

    def __init__(self, children, directory, name, port):
        self._children = children
        self.name = name
        self.port = port
        self.directory = directory
        self.log_file = directory / "log"
        self.process = None

    def prepare(self):
        """What is done once, before the first launch."""

    def launch(self):
        """Starts the process without waiting for it. May be called again when it has ended."""
        raise NotImplementedError

    def is_healthy(self):
        """Whether it serves now. Takes at most a few seconds."""
        raise NotImplementedError

    def start(self):
        """Until it serves."""
        self.directory.mkdir(mode=0o755, exist_ok=True)
        self.prepare()
        self.launch()
        self.wait_until_healthy()

    def wait_until_healthy(self):
        wait_for(self._alive_and_healthy, self.READY_WITHIN,
                 lambda: f"{self.name} does not become healthy within {self.READY_WITHIN} s:\n{self.last_words()}")  # fmt: skip

    def stop(self):
        if self.process is not None:
            self._children.stop(self.process)

    def kill(self):
        """As a crash would: no word of farewell."""
        self.process.kill()
        self.process.wait()
        self._children.stop(self.process)

    def restart(self):
        """After its end. Until it serves."""
        self.launch()
        self.wait_until_healthy()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def check_alive(self):
        if not self.is_running():
            raise Problem(f"{self.name} ended with exit code {self.process.returncode}:\n{self.last_words()}")

    def last_words(self):
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-15:])

    def endpoint(self):
        return f"{HOST}:{self.port}"

    def _run(self, arguments, **options):
        # A process that is gone is forgotten, or each restart would leave one to be stopped at the end.
        if self.process is not None:
            self._children.stop(self.process)
        options = {"cwd": self.directory, "env": clean_environment()} | options
        try:
            with open(self.log_file, "ab") as log:
                self.process = self._children.start(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                    **options)  # fmt: skip
        except OSError as error:
            raise Problem(f"{self.name} cannot be started: {error}") from error

    def _alive_and_healthy(self):
        self.check_alive()
        return self.is_healthy()


class HttpServer(Server):
    """One that answers 200 at `health_path` when it serves: on its own port, unless it has another one for that."""

    health_path = "/"

    def __init__(self, children, directory, name, port, http_port=None):
        super().__init__(children, directory, name, port)
        self.http_port = http_port or port

    def is_healthy(self):
        try:
            http_get(self.http_port, self.health_path)
            return True
        except OSError:  # refused, too slow, or an answer that is not 200
            return False

    def samples(self, family):
        """[(labels as written, value)] of one name in /metrics."""
        return metric_samples(self.http_port, family)
