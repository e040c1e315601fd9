"""A lab of compose/local, for tests: commands on it, what it serves, and what it leaves behind."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import unittest
import uuid

from kit import processes
from kit.pgweir import ROOT, binary
from kit.ports import free_port
from kit.waiting import wait_until

LOCAL = ROOT / "compose" / "local"
HOST = "127.0.0.1"
PORTS = ("nginx", "pgweir", "pgweir-http", "prometheus", "postgres", "redis")
MARK = "PGWEIR_LOCAL_LAB_TEST"
ENDS_WITHIN = 30  # seconds
NOT_UP = "error: the lab is not up: `compose/local up` starts it"
tools = None  # the directory of set_up_tools()
spare_ports = []  # sets of PORTS that no lab has at the moment
STOPPED = "everything that was started is stopped, and the data is removed"


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def set_up_tools():
    """Of a module: programs for its tests."""
    global tools
    tools = processes.temporary_directory("tools")
    tools.chmod(0o755)
    unittest.addModuleCleanup(shutil.rmtree, tools)
    (tools / "bin").mkdir()
    # Whatever happens, no test may install anything.
    script(tools / "bin" / "apt-get", 'echo "apt-get was called: $*" >&2; exit 1')


class Lab:
    """A lab directory, and commands on it."""

    def __init__(self, name="lab"):
        self.mark = uuid.uuid4().hex
        self.above = processes.temporary_directory("local")
        self.above.chmod(0o755)  # PostgreSQL's own user looks in
        self.directory = self.above / name
        self._supervisors = []
        self._numbers = spare_ports.pop() if spare_ports else [free_port() for _ in PORTS]
        self.ports = [f"--port={part}={number}" for part, number in zip(PORTS, self._numbers)]

    # Commands

    def start(self, *arguments, ports=None, umask=-1, **environment):
        """The command as a running process. `up` gets ports that no other test has."""
        if arguments[0] == "up":
            arguments = [*arguments, *(self.ports if ports is None else ports)]
        environment = os.environ | {
            "PATH": f"{tools / 'bin'}:{os.environ['PATH']}", "PGWEIR_BINARY": str(binary().absolute()),
            "PGWEIR_LAB_DIRECTORY": str(self.directory), "TMPDIR": str(self.above), MARK: self.mark,
            # What the caller has in the environment must not lead it astray.
            "PGHOST": "no.such.host.invalid", "PGPORT": "1", "DATABASE_URL": "postgres://no.such.host.invalid/none",
            "http_proxy": "http://127.0.0.1:9", "PYTHONPATH": "/no/such/directory",
        } | environment  # fmt: skip
        return processes.start([LOCAL, *arguments], env=environment, text=True, cwd="/", umask=umask,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip

    def end(self, process, timeout=120):
        """(exit code, output)"""
        with process.stdout:
            output, _ = process.communicate(timeout=timeout)
        processes.finish(process)
        return process.returncode, output

    def abandon(self, process):
        """Whether or not it has ended."""
        if process.poll() is None:
            process.terminate()
            self.end(process)

    def run(self, *arguments, **options):
        """(exit code, output)"""
        return self.end(self.start(*arguments, **options))

    def must(self, *arguments, **options):
        """The output of a command that has to go well."""
        code, output = self.run(*arguments, **options)
        assert code == 0, (code, output)
        return output

    def up(self, *arguments, **options):
        output = self.must("up", *arguments, **options)
        # Should the test run be killed, its reaper ends the lab.
        self._supervisors.append(self.supervisor())
        processes._tell_reaper(f"process {self._supervisors[-1]} {int(signal.SIGTERM)}")
        return output

    def status(self):
        return json.loads(self.run("status", "--json")[1])

    def part(self, name):
        return next(part for part in self.status()["parts"] if part["name"] == name)

    def names(self):
        return [part["name"] for part in self.status()["parts"]]

    def supervisor(self):
        return int((self.directory / "lock").read_text(encoding="ascii"))

    def log(self):
        """What was done to the lab itself; as long as that is there."""
        try:
            return (self.directory / "log").read_text(encoding="utf-8")
        except OSError:
            return ""

    # What it leaves

    def processes(self):
        """{pid: command line} of those that have inherited the mark. PostgreSQL and nginx write over their environment:
        also of those that work in the lab's directory or name it."""
        found = {}
        below = str(self.directory)
        for directory in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if (f"{MARK}={self.mark}".encode() in (directory / "environ").read_bytes() or below in command
                        or os.readlink(directory / "cwd").startswith(below)):  # fmt: skip
                    found[int(directory.name)] = command
        return found

    def assert_nothing_left(self):
        wait_until(lambda: not self.processes(), ENDS_WITHIN, message=lambda: f"these to end: {self.processes()}")
        left = sorted(self.above.rglob("*"))
        assert not left, left

    def close(self):
        """It should be down. If it is not, that is a failure, but not one that lasts."""
        try:
            self.assert_nothing_left()
        finally:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.above, ignore_errors=True)
            for pid in self._supervisors:
                processes._tell_reaper(f"done {pid}")
            spare_ports.append(self._numbers)

    # What it serves

    def ask(self, method, path, id=None, port=None):
        """(status, body) of nginx"""
        connection = http.client.HTTPConnection(HOST, port or self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"X-Request-Id": id} if id else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    @property
    def port(self):
        return int(self.ports[0].rpartition("=")[2])

    def hit(self):
        status, body = self.ask("POST", "/hit")
        assert status == 200, (status, body)

    def count(self):
        status, body = self.ask("GET", "/count")
        assert status == 200, (status, body)
        return json.loads(body)

    def get(self, url):
        """The body of an answer of a part."""
        status, body = self.ask("GET", "/" + url.split("/", 3)[3], port=int(url.split("/")[2].rpartition(":")[2]))
        assert status == 200, (url, status, body)
        return body

    def prometheus(self, path, status=None):
        return json.loads(self.get(f"{(status or self.status())['prometheus']}/api/v1/{path}"))["data"]

    def targets(self, status=None):
        """{(job, address): health}"""
        return {(target["labels"]["job"], target["labels"]["instance"]): target["health"]
                for target in self.prometheus("targets?state=active", status)["activeTargets"]}  # fmt: skip


def metric(text, name):
    """The sum over all samples of this name."""
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))


class Hits:
    """A stream of them as long as the block lasts. Each has an id and a connection of its own."""

    THREADS = 3
    PAUSE = 0.01  # seconds; the replicas that start meanwhile need the processor, too

    def __init__(self, lab):
        self.acknowledged = 0
        self.bad = []  # anything but 200
        self._lab = lab
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._hit) for _ in range(self.THREADS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more):
        wanted = self.acknowledged + more
        wait_until(lambda: self.acknowledged >= wanted or self.bad, message=f"{more} hits")

    def _hit(self):
        while not self._ended.wait(self.PAUSE):
            try:
                answer = self._lab.ask("POST", "/hit", uuid.uuid4().hex)
            except (OSError, http.client.HTTPException) as error:
                answer = error, ""
            with self._lock:
                if answer[0] == 200 and json.loads(answer[1])["counted"]:
                    self.acknowledged += 1
                else:
                    self.bad.append(answer)


class LabCase(unittest.TestCase):
    maxDiff = None
    longMessage = True

    def lab(self, **options):
        lab = Lab(**options)
        self.addCleanup(lab.close)
        return lab

    def assert_fails(self, lab, *arguments, says, code=1, **options):
        """Says it in one message, and no Python exception shows through. The output."""
        found, output = lab.run(*arguments, **options)
        self.assertEqual(found, code, output)
        self.assertIn(says, output)
        self.assertNotIn("Traceback", output)
        return output

    def assert_all_healthy(self, lab, names):
        status = lab.status()
        self.assertEqual([(part["name"], part["state"]) for part in status["parts"]],
                         [(name, "healthy") for name in names])  # fmt: skip
        return status
