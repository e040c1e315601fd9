"""Runs PostgreSQL's own regression scripts directly and through pgweir, each on a PostgreSQL of its own, and compares
what psql prints. The servers of pgweir's pool are lent in turn: each transaction of psql gets another one, as far as
psql's session is not pinned."""
import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys
import time

from kit.pgweir import ROOT, Pgweir
from kit.postgres import HOST, Postgres

from .front_door import PROTOCOLS, FrontDoor
from .rotor import Rotor
from .suite import DATABASE, Suite

SUITE = ROOT / "build" / "conformance" / "suite"


class Direct:
    def __init__(self, suite, door, stack):
        self._suite, self._door = suite, door
        self.postgres = stack.enter_context(Postgres())
        suite.prepare(self.postgres)

    def port(self):
        return self.postgres.port

    def play(self, name, timeout):
        """(output, None or what was wrong besides, how servers were lent in words)."""
        self._door.target = self.port()
        output, ended = self._suite.run(name, self._door.port, timeout)
        if ended:
            self.postgres.terminate(DATABASE)
        return output, ended, ""


class Through(Direct):
    def __init__(self, suite, door, stack, chosen):
        super().__init__(suite, door, stack)
        pool = {"mode": chosen.mode, "size": chosen.pool, "queue": {"max_wait": "20s"}}
        self.proxy = stack.enter_context(Pgweir({
            "auth": {"method": "trust"},
            "databases": {"*": {"upstream": f"postgres://{HOST}:{self.postgres.port}", "pool": pool}},
        }))  # fmt: skip
        self._rotor = Rotor(self.proxy, chosen.pool if chosen.mode == "transaction" and not chosen.still else 1)
        stack.callback(self._rotor.close)

    def port(self):
        return self.proxy.port

    def play(self, name, timeout):
        self._door.turn = self._rotor.turn
        output, ended, _ = super().play(name, timeout)
        self._door.turn = None
        self._rotor.rest()
        try:
            self.proxy.assert_at_rest()
        except TimeoutError as held:
            ended = f"{ended}; {held}" if ended else str(held)
        return output, ended, self._rotor.told()


def difference(directory, name, first, second):
    paths = []
    for route, output in (("direct", first), ("through", second)):
        paths.append(directory / route / f"{name}.out")
        paths[-1].write_bytes(output)
    done = subprocess.run(["diff", "-U", "4", *paths], capture_output=True, check=False)
    text = done.stdout.decode(errors="replace")
    (directory / "diffs" / f"{name}.diff").write_text(text, encoding="utf-8")
    return text


def choose(arguments):
    parser = argparse.ArgumentParser(prog="tests/conformance/run", description=__doc__)
    parser.add_argument("scripts", nargs="*", help="some only; test_setup always comes first")
    parser.add_argument("--suite", type=pathlib.Path, default=SUITE,
                        help="src/test/regress of PostgreSQL's source, with regress.so, autoinc.so and refint.so in lib/")
    parser.add_argument("--mode", choices=["transaction", "session"], default="transaction")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="simple",
                        help="what becomes of psql's queries, both times: extended and prepared are how drivers ask")
    parser.add_argument("--pool", type=int, default=3, help="servers (%(default)s)")
    parser.add_argument("--still", action="store_true", help="the servers are not lent in turn")
    parser.add_argument("--control", action="store_true",
                        help="directly both times: what differs then is not pgweir's doing")
    parser.add_argument("--output", type=pathlib.Path, help="where the outputs and diffs go (beside the suite)")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each script (%(default)g)")
    chosen = parser.parse_args(arguments)
    if chosen.output is None:
        route = "control" if chosen.control else chosen.mode
        chosen.output = SUITE.parent / f"{route}-{chosen.protocol}"
    if not (chosen.suite / "parallel_schedule").exists():
        parser.error(f"no regression suite in {chosen.suite}")
    return chosen


def run(chosen, stack):
    for part in ("direct", "through", "diffs"):
        shutil.rmtree(chosen.output / part, ignore_errors=True)
        (chosen.output / part).mkdir(parents=True)
    suite = Suite(chosen.suite)
    door = FrontDoor(chosen.protocol)
    stack.callback(door.close)
    direct = Direct(suite, door, stack)
    through = Direct(suite, door, stack) if chosen.control else Through(suite, door, stack, chosen)
    wanted = [name for name in suite.scripts if not chosen.scripts or name in ["test_setup", *chosen.scripts]]
    print(f"PostgreSQL's regression suite {suite.version}, {len(wanted)} scripts")
    expected, differing = 0, []
    for name in wanted:
        started = time.monotonic()
        first, first_ended, _ = direct.play(name, chosen.timeout)
        second, second_ended, lent = through.play(name, chosen.timeout)
        expected += suite.as_expected(name, first)
        text = difference(chosen.output, name, first, second)
        ends = [f"{route}: {ended}" for route, ended in (("direct", first_ended), ("through", second_ended)) if ended]
        same = not text and first_ended == second_ended
        if not same:
            differing.append(name)
        changed = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in text.splitlines())
        print(f"{'same' if same else 'DIFF':4}  {name:28} {changed:5} lines  {lent:60}"
              f"{time.monotonic() - started:6.1f} s  {'; '.join(ends)}", flush=True)  # fmt: skip
    print(f"\n{len(wanted) - len(differing)} same, {len(differing)} differ"
          f" (directly {expected} of {len(wanted)} are as PostgreSQL expects them)")  # fmt: skip
    for name in differing:
        print(f"  {chosen.output / 'diffs' / name}.diff")
    return 1 if differing else 0


def main():
    chosen = choose(sys.argv[1:])
    with contextlib.ExitStack() as stack:
        return run(chosen, stack)


if __name__ == "__main__":
    sys.exit(main())
