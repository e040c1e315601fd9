"""node-postgres as it comes from npm. The scenarios are in node/scenarios.js; its packages are installed on demand."""
import fcntl
import pathlib
import subprocess
import unittest

from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.scenarios import scenarios

HERE = pathlib.Path(__file__).resolve().parent / "node"


def install():
    """npm ci, unless what is there is what the lock file asks for."""
    with open(HERE / "package-lock.json", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = lock.read()
        stamp = HERE / "node_modules" / ".installed"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, capture_output=True)
            stamp.write_text(wanted, encoding="utf-8")


Scenarios = scenarios("node", "scenarios.js", directory=HERE, names=(
    "query", "prepared", "sameName", "errors", "transactions", "largeResult", "notify", "statementTimeout",
    "pool"))  # fmt: skip


class NodeTests(Scenarios):
    @classmethod
    def setUpClass(cls):
        install()
        super().setUpClass()

    def test_pool(self):
        with self.limited_servers():
            super().test_pool()


class Direct(NodeTests, DirectRoute):
    pass


class Transaction(NodeTests, TransactionRoute):
    pass


class Session(NodeTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
