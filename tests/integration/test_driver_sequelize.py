"""Sequelize as it comes from npm: sessions set up by SQL, types that it looks up. The scenarios are in
node/sequelize.js."""
import unittest

from kit.node import node_scenarios
from kit.route import DirectRoute, SessionRoute, TransactionRoute

Scenarios = node_scenarios("sequelize.js", names=(
    "query", "models", "timeZones", "settings", "transactions", "errors", "queryInterface", "locks",
    "pool"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
