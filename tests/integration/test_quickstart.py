"""compose/quickstart keeps its word, and leaves nothing behind, whenever it ends."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest
import uuid

import psycopg2

from kit import processes
from kit.cache_settings import other_program, takes
from kit.pgweir import ROOT, binary
from kit.waiting import wait_until

QUICKSTART = ROOT / "compose" / "quickstart"
CLIENTS, TRANSACTIONS = 500, 4
MARK = "PGWEIR_QUICKSTART_TEST"


def marked_processes(mark):
    """Command lines of the living processes that have inherited the mark in their environment."""
    found = []
    for environment in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in environment.read_bytes():
                found.append(environment.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


class Quickstart(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.mark = uuid.uuid4().hex
        self.directory = processes.temporary_directory("quick")
        self.directory.chmod(0o755)  # PostgreSQL's own user looks in
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def start(self, *arguments, free_ports=True, **environment):
        ports = ["--port", "0", "--http-port", "0"] if free_ports else []
        # PGHOST and the like of the caller must not lead it astray.
        environment = os.environ | {"PGWEIR_BINARY": str(binary()), "TMPDIR": str(self.directory), MARK: self.mark,
                                    "PGHOST": "no.such.host.invalid", "PGPORT": "1"} | environment  # fmt: skip
        process = processes.start([QUICKSTART, *ports, *arguments], env=environment, text=True, cwd="/",
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        self.addCleanup(process.stdout.close)
        return process

    def end(self, process, timeout=240):
        """(exit code, output), and nothing is left."""
        output, _ = process.communicate(timeout=timeout)
        processes.finish(process)
        wait_until(lambda: not marked_processes(self.mark), 10,
                   message=lambda: f"these to end: {marked_processes(self.mark)}")  # fmt: skip
        self.assertEqual(list(self.directory.iterdir()), [], output)
        return process.returncode, output

    def cells(self, output, row):
        """Of a row of the table: through pgweir, directly, and with the cache, if pgweir has one."""
        line = next(line for line in output.splitlines() if line.startswith(f"  {row} "))
        return re.split(r" {2,}", line.strip())[1:]

    def test_compares_and_leaves_and_does_it_again(self):
        cached = takes("{mode: auto}")
        for _ in range(2):
            code, output = self.end(self.start("--exit", "--transactions", str(TRANSACTIONS)))
            self.assertEqual(code, 0, output)
            self.assertEqual(self.cells(output, "errors"), ["none", "500 clients", *["none"] * cached])
            all_of_them = str(CLIENTS * TRANSACTIONS)
            self.assertEqual(self.cells(output, "transactions"), [all_of_them, "0", *[all_of_them] * cached])
            through, direct, *with_cache = map(int, self.cells(output, "server connections used"))
            self.assertLessEqual(through, 15)
            self.assertGreaterEqual(through, 2)
            self.assertLessEqual(direct, 17)
            self.assertEqual(len(with_cache), cached)
            for connections in with_cache:  # one of them for the cache itself
                self.assertLessEqual(connections, 16)
            for column in (0, 2) if cached else (0,):
                self.assertRegex(self.cells(output, "mean latency")[column], r"^[\d.]+ ms$")
                self.assertRegex(self.cells(output, "wait for a connection")[column], r"^p50 [\d.]+ ms, p99 [\d.]+ ms$")
            if cached:
                # Half of the reads are in transactions that have written.
                _, _, share = self.cells(output, "reads from the cache")
                self.assertLess(10, int(share.removesuffix("%")))
                self.assertLessEqual(int(share.removesuffix("%")), 50)
            self.assertRegex(output, "first error directly: .*(connection slots|too many clients)")
            self.assertNotIn("error:", output)

    def with_program(self, check):
        """(exit code, output) with a pgweir that answers so whether it takes a cache's settings."""
        program = other_program(self.directory.with_name(f"{self.directory.name}-pgweir"), check)
        self.addCleanup(program.unlink)
        return self.end(self.start("--exit", "--clients", "15", "--transactions", "2", PGWEIR_BINARY=str(program)))

    def test_one_that_takes_a_cache_s_settings_is_started_with_them(self):
        code, output = self.with_program(r"""grep -q '^cache: {"mode": "auto"}$' "$3" """)
        self.assertEqual(code, 0, output)
        self.assertEqual(self.cells(output, "transactions"), ["30"] * 3)
        self.assertEqual(len(re.findall("with the cache on", output)), 1)
        self.assertNotIn("reads from the cache", output)  # this one has none in truth

    def test_one_without_a_cache_has_no_column_for_it(self):
        code, output = self.with_program(r'echo "$3:4:1: cache: not available in this version (any)"; exit 2')
        self.assertEqual(code, 0, output)
        self.assertEqual(self.cells(output, "transactions"), ["30", "30"])
        self.assertNotIn("cache", output)

    def test_one_that_does_not_understand_the_settings_is_an_error(self):
        code, output = self.with_program(r'echo "$3:4:1: cache: unknown key"; exit 2')
        self.assertEqual(code, 1, output)
        self.assertIn("error: `pgweir check` refuses the settings of the cache with exit code 2", output)

    def test_stays_up_until_told_to_stop(self):
        process = self.start("--clients", "20", "--transactions", "2")
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Press Ctrl-C"):
                break
        output = "".join(lines)
        url = re.search(r"^  URL +(postgres://\S+)$", output, re.MULTILINE).group(1)
        host, port, user, password, database = re.search(
            r"host (\S+), port (\d+), user (\S+), password (\S+), database (\S+)", output).groups()  # fmt: skip
        self.assertEqual(url, f"postgres://{user}:{password}@{host}:{port}/{database}")
        connection = psycopg2.connect(url)
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pgbench_history")
            self.assertGreaterEqual(cursor.fetchone()[0], 40)
        with self.assertRaisesRegex(psycopg2.OperationalError, "password authentication failed"):
            psycopg2.connect(url.replace(password, "wrong"))
        # The connection is left open and in a transaction: that must not hold it up for long.
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        code, _ = self.end(process)
        self.assertEqual(code, 0)
        self.assertLess(time.monotonic() - started, 20)

    def test_may_be_stopped_at_any_moment(self):
        for number, delay in ((signal.SIGINT, 0.05), (signal.SIGINT, 0.4), (signal.SIGINT, 1.0),
                              (signal.SIGTERM, 1.8), (signal.SIGINT, 2.6), (signal.SIGHUP, 3.5)):  # fmt: skip
            with self.subTest(number.name, delay=delay):
                process = self.start("--transactions", "1000")
                time.sleep(delay)  # the point is to strike anywhere
                process.send_signal(number)
                time.sleep(0.02)
                process.send_signal(number)  # impatience does no harm
                code, output = self.end(process)
                # Before the shell has set its traps the signal itself ends it.
                self.assertIn(code, (130, -number), output)

    def test_a_failure_in_the_middle_stops_everything(self):
        broken = self.directory.with_name(self.directory.name + "-pgweir")
        broken.write_text("#!/bin/sh\necho no luck today\nexit 3\n", encoding="ascii")
        self.addCleanup(broken.unlink)
        broken.chmod(0o755)
        code, output = self.end(self.start("--exit", "--clients", "10", PGWEIR_BINARY=str(broken)))
        self.assertEqual(code, 1, output)
        self.assertIn("error: pgweir ended with exit code 3", output)
        self.assertIn("no luck today", output)

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            code, output = self.end(self.start("--exit", "--port", str(port), "--http-port", "0", free_ports=False))
        self.assertEqual(code, 1, output)
        self.assertIn(f"error: port {port} on 127.0.0.1 is in use: choose another one with --port", output)

    def test_missing_binary(self):
        code, output = self.end(self.start("--exit", PGWEIR_BINARY="/no/such/pgweir"))
        self.assertEqual(code, 1, output)
        self.assertIn("error: PGWEIR_BINARY: there is no program /no/such/pgweir", output)


if __name__ == "__main__":
    unittest.main()
