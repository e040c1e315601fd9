"""DBD::Pg with its defaults: named statements from the second execution on. The scenarios are in perl/scenarios.pl."""
import pathlib
import unittest

from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.scenarios import scenarios

Scenarios = scenarios("perl", "scenarios.pl", directory=pathlib.Path(__file__).resolve().parent / "perl", names=(
    "query", "prepared", "same_name", "dropped_statements", "errors", "transactions", "cursor", "copy", "notify", "ping",
    "three_clients"))  # fmt: skip


class Direct(Scenarios, DirectRoute):
    pass


class Transaction(Scenarios, TransactionRoute):
    pass


class Session(Scenarios, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
