"""Runs PostgreSQL's own regression scripts directly and through pgweir, each on a PostgreSQL of its own, and compares
what psql prints. The servers of pgweir's pool are lent in turn: each transaction of psql gets another one, as far as
psql's session is not pinned."""
import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys

from kit.pgweir import ROOT

from .front_door import PROTOCOLS, FrontDoor
from .routes import Direct, Through
from .suite import Suite

HOME = ROOT / "build" / "conformance"


def choose(arguments):
    parser = argparse.ArgumentParser(prog="tests/conformance/run", description=__doc__)
    parser.add_argument("scripts", nargs="*", help="some only; test_setup always comes first")
    parser.add_argument("--suite", type=pathlib.Path, default=HOME / "suite",
                        help="src/test/regress of PostgreSQL's source, with regress.so, autoinc.so and refint.so in lib/")
    parser.add_argument("--mode", choices=["transaction", "session"], default="transaction")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="simple",
                        help="what becomes of psql's queries, both times: extended and prepared are how drivers ask")
    parser.add_argument("--pool", type=int, help="servers (3; with --parallel 20)")
    parser.add_argument("--still", action="store_true", help="the servers are not lent in turn")
    parser.add_argument("--parallel", action="store_true",
                        help="as many scripts at a time as PostgreSQL's schedule allows; the servers are not lent in turn")
    parser.add_argument("--control", action="store_true",
                        help="directly both times: what differs then is not pgweir's doing")
    parser.add_argument("--output", type=pathlib.Path, help="where outputs and diffs go (beside the suite)")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each script (%(default)g)")
    chosen = parser.parse_args(arguments)
    chosen.pool = chosen.pool or (20 if chosen.parallel else 3)
    if chosen.output is None:
        words = ["control" if chosen.control else chosen.mode, chosen.protocol]
        words += [word for word in ("parallel", "still") if getattr(chosen, word)]
        chosen.output = HOME / "-".join(words)
    if not (chosen.suite / "parallel_schedule").exists():
        parser.error(f"no regression suite in {chosen.suite}")
    return chosen


class Comparison:
    def __init__(self, suite, directory):
        self._suite, self._directory = suite, directory
        self._count = self._expected = 0
        self._differing = []
        for part in ("direct", "through", "diffs"):
            shutil.rmtree(directory / part, ignore_errors=True)
            (directory / part).mkdir(parents=True)

    def add(self, name, direct, through):
        self._count += 1
        self._expected += self._suite.as_expected(name, direct.output)
        text = self._difference(name, direct.output, through.output)
        same = not text and direct.ended == through.ended
        if not same:
            self._differing.append(name)
        changed = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in text.splitlines())
        ends = "; ".join(f"{route}: {played.ended}" for route, played in (("direct", direct), ("through", through))
                         if played.ended)  # fmt: skip
        print(f"{'same' if same else 'DIFF':4}  {name:28} {changed:5} lines {direct.seconds + through.seconds:6.1f} s"
              f"  {through.lent}{ends}", flush=True)  # fmt: skip

    def _difference(self, name, direct, through):
        paths = []
        for route, output in (("direct", direct), ("through", through)):
            paths.append(self._directory / route / f"{name}.out")
            paths[-1].write_bytes(output)
        done = subprocess.run(["diff", "-U", "4", *paths], capture_output=True, check=False)
        text = done.stdout.decode(errors="replace")
        if text:
            (self._directory / "diffs" / f"{name}.diff").write_text(text, encoding="utf-8")
        return text

    def sum(self, told):
        """Shows it. Whether everything was the same."""
        print(f"\n{self._count - len(self._differing)} same, {len(self._differing)} differ"
              f" (directly {self._expected} of {self._count} are as PostgreSQL expects them)")  # fmt: skip
        if told:
            print(told)
        for name in self._differing:
            print(f"  {self._directory / 'diffs' / name}.diff")
        return not self._differing


def groups_of(suite, chosen):
    for group in suite.groups:
        wanted = [name for name in group if not chosen.scripts or name in ["test_setup", *chosen.scripts]]
        yield from [wanted] if chosen.parallel and wanted else [[name] for name in wanted]


def main():
    chosen = choose(sys.argv[1:])
    with contextlib.ExitStack() as stack:
        suite = Suite(chosen.suite)
        comparison = Comparison(suite, chosen.output)
        door = FrontDoor(chosen.protocol)
        stack.callback(door.close)
        direct = Direct(suite, door, stack)
        through = Direct(suite, door, stack) if chosen.control else Through(suite, door, stack, chosen)
        print(f"PostgreSQL's regression suite {suite.version}")
        for group in groups_of(suite, chosen):
            first = direct.play(group, chosen.timeout)
            second = through.play(group, chosen.timeout)
            for name in group:
                comparison.add(name, first[name], second[name])
        return 0 if comparison.sum(through.told()) else 1


if __name__ == "__main__":
    sys.exit(main())
