"""Tests with what npm has: the packages of integration/node, installed on demand."""
import fcntl
import pathlib
import subprocess

from .scenarios import scenarios

DIRECTORY = pathlib.Path(__file__).resolve().parents[1] / "integration" / "node"


def install():
    """npm ci, unless what is there is what the lock file asks for."""
    with open(DIRECTORY / "package-lock.json", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = lock.read()
        stamp = DIRECTORY / "node_modules" / ".installed"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=DIRECTORY, check=True, capture_output=True)
            stamp.write_text(wanted, encoding="utf-8")


def node_scenarios(program, *, names):
    class NodeScenarios(scenarios("node", program, directory=DIRECTORY, names=names, resident=True)):
        @classmethod
        def setUpClass(cls):
            install()
            super().setUpClass()

        def test_pool(self):
            with self.limited_servers():
                super().test_pool()

    return NodeScenarios
