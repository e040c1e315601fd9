"""Go's lib/pq with its defaults: unnamed statements that are used behind a Sync. The scenarios are in go/pq.go
and go/pq_wire.go."""
import functools
import pathlib
import unittest

from kit import go
from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.scenarios import scenarios

HERE = pathlib.Path(__file__).resolve().parent / "go"

Scenarios = scenarios(directory=HERE, names=(
    "query", "types", "prepared", "same_name", "altered_table", "startup", "transactions", "errors", "copy", "listener",
    "notices", "cancel", "cancel_in_tx", "ping", "unfinished_rows", "three_clients", "pool"))  # fmt: skip


@functools.cache
def program():
    return go.build(HERE / "main.go", HERE / "pq.go", HERE / "pq_wire.go")


class GoTests(Scenarios):
    @classmethod
    def setUpClass(cls):
        cls.command = (program(),)
        super().setUpClass()

    def test_pool(self):
        with self.limited_servers():
            super().test_pool()


class Direct(GoTests, DirectRoute):
    pass


class Transaction(GoTests, TransactionRoute):
    pass


class Session(GoTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
