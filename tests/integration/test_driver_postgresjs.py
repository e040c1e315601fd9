"""postgres.js as it comes from npm: statements of its own names, written before answers are there. The scenarios are in
node/postgres.js."""
import unittest

from kit.node import node_scenarios
from kit.route import DirectRoute, SessionRoute, TransactionRoute

Scenarios = node_scenarios("postgres.js", names=(
    "query", "types", "prepared", "pipeline", "alteredTable", "startup", "transactions", "errors", "cursor", "describe",
    "copy", "notify", "cancel", "threeClients", "pool"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
