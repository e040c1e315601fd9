"""node-postgres as it comes from npm. The scenarios are in node/scenarios.js; its packages are installed on demand."""
import fcntl
import pathlib
import subprocess
import unittest

from kit.route import DirectRoute, SessionRoute, TransactionRoute

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


class NodeTests:
    @classmethod
    def setUpClass(cls):
        install()
        super().setUpClass()

    def scenario(self, name):
        self.run_program("node", "scenarios.js", name, cwd=HERE)

    def test_query(self):
        self.scenario("query")

    def test_prepared(self):
        self.scenario("prepared")

    def test_same_name_other_statement(self):
        self.scenario("sameName")

    def test_errors(self):
        self.scenario("errors")

    def test_transactions(self):
        self.scenario("transactions")

    def test_large_result(self):
        self.scenario("largeResult")

    def test_notify(self):
        self.scenario("notify")

    def test_statement_timeout(self):
        self.scenario("statementTimeout")

    def test_pool(self):
        with self.limited_servers():
            self.scenario("pool")


class Direct(NodeTests, DirectRoute):
    def test_each_scenario_has_its_test(self):
        listed = self.run_program("node", "scenarios.js", "--list", cwd=HERE).split()
        source = pathlib.Path(__file__).read_text(encoding="utf-8")
        self.assertEqual([name for name in listed if f'"{name}"' not in source], [])


class Transaction(NodeTests, TransactionRoute):
    pass


class Session(NodeTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
