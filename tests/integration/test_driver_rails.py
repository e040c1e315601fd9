"""Rails' ActiveRecord with its defaults: prepared statements, advisory locks for migrations. The scenarios are in
ruby/scenarios.rb."""
import pathlib
import unittest

from kit.route import DirectRoute, TransactionRoute
from kit.scenarios import scenarios

Scenarios = scenarios("ruby", "scenarios.rb", directory=pathlib.Path(__file__).resolve().parent / "ruby", names=(
    "query", "prepared", "same_name", "errors", "transactions", "batches", "migration", "copy", "notify", "threads"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
