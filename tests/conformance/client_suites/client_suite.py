"""What each client's suite is for the comparison: a set-up of a PostgreSQL, a command, and the outcome of each test."""
import os
import signal
import subprocess

from kit import processes
from kit.postgres import HOST, SUPERUSER, clean_environment

PASSED, FAILED, SKIPPED, CUT_OFF = "passed", "failed", "skipped", "cut off"


class ClientSuite:
    """`servers` are how many its tests need at the same time, `packages` whose versions tell what is tested."""

    name = ""
    packages = ()
    database = "client"
    servers = 2

    def __init__(self, home, only=None):
        """`home` is a directory for whatever it has to make; `only` what its runner chooses tests by."""
        self.home, self.only = home, only

    def version(self):
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *self.packages], check=True,
                              capture_output=True, text=True)  # fmt: skip
        return ", ".join(done.stdout.splitlines())

    def build(self):
        """Once, before anything runs."""

    def prepare(self, postgres):
        postgres.create_database(self.database)

    def play(self, port, log, timeout):
        """{test: outcome} of one run against the server at this port; what was printed goes to the file `log`."""
        raise NotImplementedError

    def environment(self, port):
        return clean_environment() | {
            "PGHOST": HOST,
            "PGPORT": str(port),
            "PGUSER": SUPERUSER,
            "PGDATABASE": self.database,
            "PGSSLMODE": "disable",
        }


def run_to(log, command, timeout, **options):
    """Its exit code, None if it had to be ended; its output is added to the file `log`."""
    with open(log, "ab") as output:
        process = processes.start(command, stdout=output, stderr=subprocess.STDOUT, **options)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        processes.finish(process)
    return code
