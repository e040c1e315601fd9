"""node-postgres as it comes from npm. The scenarios are in node/node-postgres.js."""
import unittest

from kit.node import node_scenarios
from kit.route import DirectRoute, SessionRoute, TransactionRoute

Scenarios = node_scenarios("node-postgres.js", names=(
    "query", "prepared", "sameName", "errors", "transactions", "largeResult", "notify", "statementTimeout",
    "pool"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
