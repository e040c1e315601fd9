"""TypeORM as it comes from npm. The scenarios are in node/typeorm.js."""
import unittest

from kit.node import node_scenarios
from kit.route import DirectRoute, SessionRoute, TransactionRoute

Scenarios = node_scenarios("typeorm.js", names=(
    "query", "entities", "synchronize", "migrations", "transactions", "errors", "settings", "stream", "locks",
    "pool"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
