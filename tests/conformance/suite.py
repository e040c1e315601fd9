"""PostgreSQL's regression suite in a directory, and how it has to be run: as its own pg_regress would, one script at a
time."""
import os
import pathlib
import shutil
import signal
import subprocess

from kit import processes
from kit.postgres import HOST, SUPERUSER, binary_directory

DATABASE = "regression"

# Random by its own words, and the schedule ignores its failure.
LEFT_OUT = {"random"}


class Suite:
    """A copy of `directory` that the server's user may read, and where it may write `results`."""

    def __init__(self, directory):
        self.home = processes.temporary_directory("suite", for_server_user=True)
        source = pathlib.Path(directory)
        for part in ("sql", "data", "lib", "expected"):
            shutil.copytree(source / part, self.home / part)
        os.chmod(self.home, 0o755)
        (self.home / "results").mkdir()
        os.chmod(self.home / "results", 0o777)
        self.version = (source / "version").read_text().strip() if (source / "version").exists() else "of --suite"
        self.groups = self._schedule(source / "parallel_schedule")

    @staticmethod
    def _schedule(path):
        """The names of those that may run at the same time, and so on."""
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        return [[name for name in line[1:] if name not in LEFT_OUT] for line in lines if line and line[0] == "test:"]

    def prepare(self, postgres):
        """The database, as pg_regress --no-locale makes it."""
        postgres.sql(f"CREATE DATABASE {DATABASE} TEMPLATE = template0 ENCODING = 'UTF8' LC_COLLATE = 'C' LC_CTYPE = 'C'")
        for setting in ("lc_messages TO 'C'", "lc_monetary TO 'C'", "lc_numeric TO 'C'", "lc_time TO 'C'",
                        "bytea_output TO 'hex'", "timezone_abbreviations TO 'Default'"):  # fmt: skip
            postgres.sql(f"ALTER DATABASE {DATABASE} SET {setting}")

    def run(self, name, port, timeout):
        """(output, how it ended if not well)."""
        command = [binary_directory() / "psql", "-X", "-a", "-q", "-d", DATABASE,
                   "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"]  # fmt: skip
        with open(self.home / "sql" / f"{name}.sql", "rb") as script:
            process = processes.start(command, stdin=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      env=self._environment(name, port), cwd=self.home)  # fmt: skip
        ended = ""
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            ended = f"not done within {timeout:g} s"
        processes.finish(process)
        if not ended and process.returncode != 0:
            ended = f"psql ended with {process.returncode}"
        return output, ended

    def _environment(self, name, port):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
        return kept | {
            "PGHOST": HOST,
            "PGPORT": str(port),
            "PGUSER": SUPERUSER,
            "PGSSLMODE": "disable",
            "PGGSSENCMODE": "disable",
            "PGAPPNAME": f"pg_regress/{name}",
            "PGTZ": "America/Los_Angeles",
            "PGDATESTYLE": "Postgres, MDY",
            "PGOPTIONS": "-c intervalstyle=postgres_verbose",
            "LC_MESSAGES": "C",
            "PG_ABS_SRCDIR": str(self.home),
            "PG_ABS_BUILDDIR": str(self.home),
            "PG_LIBDIR": str(self.home / "lib"),
            "PG_DLSUFFIX": ".so",
        }

    def as_expected(self, name, output):
        """Whether PostgreSQL's own expectation of some platform is what was heard."""
        found = [self.home / "expected" / f"{name}.out", *(self.home / "expected").glob(f"{name}_[0-9].out")]
        return any(path.exists() and path.read_bytes() == output for path in found)
