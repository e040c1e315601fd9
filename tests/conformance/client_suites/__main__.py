"""Runs clients' own test suites directly and through pgweir, each on a PostgreSQL of its own, and compares the outcome
of each test. Servers of pgweir's pool are lent in turn: a transaction gets another one than the one before it."""
import argparse
import collections
import pathlib
import shutil
import sys

from kit.pgweir import ROOT

from .client_suite import FAILED, PASSED
from .go_suites import Pgtype, Pgx, Pq, PqBinary, Sqlx
from .libpq_suites import LibpqPipeline
from .routes import play_directly, play_through
from .sqlalchemy_suites import SqlalchemyAsyncpg, SqlalchemyPsycopg2

HOME = ROOT / "build" / "conformance" / "clients"
SUITES = {suite.name: suite for suite in (LibpqPipeline, Pq, PqBinary, Pgx, Pgtype, Sqlx, SqlalchemyPsycopg2, SqlalchemyAsyncpg)}


def choose(arguments):
    parser = argparse.ArgumentParser(prog="tests/conformance/clients", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all by default")
    parser.add_argument("--only", metavar="PATTERN", help="tests whose names the suite's own runner chooses by this")
    parser.add_argument("--mode", choices=["transaction", "session"], default="transaction")
    parser.add_argument("--pool", type=int, help="servers (as many as the suite needs at a time, and two that are held)")
    parser.add_argument("--still", action="store_true", help="the servers are not lent in turn")
    parser.add_argument("--control", action="store_true",
                        help="directly both times: what differs then is not pgweir's doing")
    parser.add_argument("--output", type=pathlib.Path, default=HOME, help="where what they print goes (%(default)s)")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each run of a suite (%(default)g)")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.suites) - set(SUITES):
        parser.error(f"no such suite: {', '.join(unknown)}")
    return chosen


def compare(suite, chosen):
    """Shows what differs. Whether everything was the same."""
    print(f"{suite.name}: {suite.version()}", flush=True)
    suite.build()
    output = chosen.output / suite.name
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    direct = play_directly(suite, output / "direct.log", chosen)
    play = play_directly if chosen.control else play_through
    through = play(suite, output / "through.log", chosen)

    counts = collections.Counter(direct.values())
    print(f"  {len(direct)} tests; directly {', '.join(f'{count} {outcome}' for outcome, count in counts.most_common())}")
    for test in [test for test in direct if direct[test] == through.get(test) == FAILED]:
        print(f"  fails both times: {test}")
    differing = [test for test in direct | through if direct.get(test) != through.get(test)]
    for test in differing:
        print(f"  DIFF  {test}: directly {direct.get(test, 'not run')}, through pgweir {through.get(test, 'not run')}")
    # Without a test that has done something, that everything is the same says nothing.
    nothing = PASSED not in direct.values()
    if nothing:
        print(f"  no test passes directly: see {output / 'direct.log'}")
    return not differing and not nothing


def main():
    chosen = choose(sys.argv[1:])
    same = [compare(SUITES[name](HOME / "made" / name, chosen.only), chosen) for name in chosen.suites or SUITES]
    print(f"\n{same.count(True)} suites the same, {same.count(False)} differ")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
