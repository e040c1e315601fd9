"""Knex as it comes from npm. The scenarios are in node/knex.js."""
import unittest

from kit.node import node_scenarios
from kit.route import DirectRoute, SessionRoute, TransactionRoute

Scenarios = node_scenarios("knex.js", names=(
    "query", "builder", "transactions", "searchPath", "migrations", "stream", "cancel", "locks", "pool"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    @unittest.expectedFailure  # pg_cancel_backend() does not know the pid of a client that has no server of its own
    def test_cancel(self):
        super().test_cancel()


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
