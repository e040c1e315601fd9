"""Go's pgx with its defaults: a cache of named statements. The scenarios are in go/pgx.go and go/pgx_wire.go."""
import functools
import pathlib
import unittest

from kit import go
from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.scenarios import scenarios

HERE = pathlib.Path(__file__).resolve().parent / "go"

Scenarios = scenarios(directory=HERE, names=(
    "query", "types", "prepared", "modes", "same_name", "many_statements", "deallocate", "altered_table", "startup",
    "transactions", "errors", "cursor", "batch", "copy", "notifications", "cancel", "ping", "large_objects",
    "three_clients", "pool", "database_sql"))  # fmt: skip


@functools.cache
def program():
    return go.build(HERE / "main.go", HERE / "pgx.go", HERE / "pgx_wire.go")


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
