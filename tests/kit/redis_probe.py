"""A redis::link, and a shared store over it, driven through tests/probe/redis_link_probe."""
import re
import subprocess
import unittest

from . import processes
from .pgweir import SANITIZER_OPTIONS, SANITIZER_REPORT, binary
from .redis_server import RedisServer
from .waiting import wait_until

NOT_CONNECTED = "error there is no connection to Redis"
TOO_MANY = "error too many requests wait for Redis"
LOST = "error the connection to Redis was lost"
TIMED_OUT = "error Redis did not answer in time"


class Probe:
    """A running redis_link_probe."""

    def __init__(self, url, **options):
        self.directory = processes.temporary_directory("probe")
        self.log_file = self.directory / "log"
        arguments = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]
        with open(self.log_file, "ab") as log:
            program = binary().parent / "tests" / "redis_link_probe"
            self.process = processes.start([program, url, *arguments], stdout=log, stderr=subprocess.STDOUT,
                                           stdin=subprocess.PIPE, bufsize=0, env=SANITIZER_OPTIONS)  # fmt: skip
        self._asked = 0

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def lines(self, pattern):
        """What it said that fits from its beginning to its end."""
        return re.findall(rf"^> ({pattern})$", self.log(), re.MULTILINE)

    def begin(self, *lines):
        """All of them in one tick. Returns their numbers."""
        numbers = range(self._asked + 1, self._asked + 1 + len(lines))
        self._asked += len(lines)
        text = "".join(f"{line.split()[0]} {number} {' '.join(line.split()[1:])}\n"
                       for number, line in zip(numbers, lines, strict=True))  # fmt: skip
        self.process.stdin.write(text.encode())
        return list(numbers)

    def answer(self, number):
        """(milliseconds, reply)"""
        found = wait_until(lambda: re.search(rf"^> {number} (\d+) (.*)\n", self.log(), re.MULTILINE),
                           message=lambda: f"the answer to {number}:\n{self.log()[-3000:]}")  # fmt: skip
        return int(found[1]), found[2]

    def ask(self, *lines):
        """The replies."""
        return [self.answer(number)[1] for number in self.begin(*lines)]

    def status(self):
        count = len(self.lines("status .*"))
        self.process.stdin.write(b"status\n")
        line = wait_until(lambda: self.lines("status .*")[count:], message="the status")[0]
        words, _, reason = line.partition(" reason=")
        numbers = dict(word.split("=") for word in words.split()[1:])
        return {name: int(value) if value.isdigit() else value for name, value in numbers.items()} | {"reason": reason}

    def epochs(self):
        return [line.split()[1] for line in self.lines("connected .*")]

    def wait_connected(self, times=1):
        wait_until(lambda: len(self.epochs()) >= times, message=lambda: f"connection {times}:\n{self.log()[-3000:]}")
        return self

    def wait_lost(self, times=1):
        wait_until(lambda: len(self.lines("lost")) >= times, message=lambda: f"loss {times}:\n{self.log()[-3000:]}")

    def wait_reason(self, pattern):
        """Until an attempt to connect has failed for it."""
        return wait_until(lambda: re.search(pattern, self.status()["reason"]),
                          message=lambda: f"{pattern}, instead of {self.status()}")  # fmt: skip

    def close(self):
        """Its exit code."""
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        processes.finish(self.process)
        self.process = None
        assert not SANITIZER_REPORT.search(self.log()), self.log()[-5000:]
        return code


class RedisCase(unittest.TestCase):
    def redis(self, **options):
        server = RedisServer(**options)
        self.addCleanup(server.close)
        return server.start()

    def probe(self, url, **options):
        # Nothing here is about time, apart from what says so, and the machine may be busy.
        probe = Probe(url, **{"timeout": 20000, "connect_timeout": 20000, "check": 3600000} | options)
        self.addCleanup(self.close, probe)
        return probe

    def close(self, probe):
        if probe.process is not None:
            self.assertEqual(probe.close(), 0, probe.log()[-3000:])

    def connected(self, url, **options):
        return self.probe(url, **options).wait_connected()

    def refused(self, url, sentence, secrets=()):
        """It does not come to a connection, and the log says why without saying the secrets."""
        probe = self.probe(url)
        probe.wait_reason(sentence)
        self.assertEqual(probe.ask("send GET a"), [NOT_CONNECTED])
        self.assertEqual(probe.epochs(), [])
        self.assertRegex(probe.log(), "redis_unreachable .*" + sentence)
        for secret in secrets:
            self.assertNotIn(secret, probe.log())
        return probe
