"""PHP's PDO with its defaults: each statement is prepared, and deallocated by SQL. The scenarios are in
php/scenarios.php."""
import pathlib
import unittest

from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.scenarios import scenarios

Scenarios = scenarios("php", "scenarios.php", directory=pathlib.Path(__file__).resolve().parent / "php", names=(
    "query", "prepared", "same_name", "dropped_statements", "errors", "transactions", "cursor", "copy", "notify",
    "three_clients"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
