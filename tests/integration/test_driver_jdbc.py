"""pgjdbc with its defaults: statements that are named from their fifth execution on, portals that are read in parts.
The scenarios are in java/, compiled once for all routes."""
import functools
import pathlib
import subprocess
import unittest

from kit import processes
from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.scenarios import scenarios

HERE = pathlib.Path(__file__).resolve().parent / "java"
DRIVER = "/usr/share/java/postgresql.jar"
# Short lives: what a compiler could win it would lose.
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")

Scenarios = scenarios(directory=HERE, resident=True, names=(
    "query", "prepared", "prepared_transactions", "same_name", "many_statements", "types", "altered_table",
    "deallocated", "fetch_size", "batches", "copy", "startup", "read_only_and_isolation", "transactions", "errors",
    "autosave", "notifications", "cancel", "query_timeout", "is_valid", "large_object", "three_clients",
    "threads"))  # fmt: skip


@functools.cache
def compiled():
    classes = processes.temporary_directory("java")
    command = ["javac", *(f"-J{option}" for option in QUICK), "-Xlint:all,-try", "-Werror"]
    command += ["-cp", DRIVER, "-d", classes, *HERE.glob("*.java")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return ("java", *QUICK, "-Duser.timezone=America/Lima", "-cp", f"{classes}:{DRIVER}", "Main")


class JavaTests(Scenarios):
    @classmethod
    def setUpClass(cls):
        cls.command = compiled()
        super().setUpClass()


class Direct(JavaTests, DirectRoute):
    pass


class Transaction(JavaTests, TransactionRoute):
    pass


class Session(JavaTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
