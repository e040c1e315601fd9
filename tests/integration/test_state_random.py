"""Rows at random (see kit.generator): each client is told what PostgreSQL itself would tell it, and nobody finds what
another one left. A row that shows otherwise is shrunk, and printed as one to put into tests/state_rows.

    PGWEIR_RANDOM_SEED=1        the seed of the first row, the following ones count on from it
    PGWEIR_RANDOM_SCRIPTS=5000  so many rows, however long it takes; default: those for which a minute is enough
"""
import contextlib
import os
import time
import unittest

from kit.case import DATABASE, PASSWORD, USER
from kit.generator import Generator
from kit.rawclient import ConnectionClosed, RawClient
from kit.rows import RowsCase
from kit.script import Player, Row, first_difference
from kit.shrink import as_source, shrink

SEED = int(os.environ.get("PGWEIR_RANDOM_SEED", "1"))
SCRIPTS = int(os.environ.get("PGWEIR_RANDOM_SCRIPTS", "0"))
CASES, ROWS_OF_A_CASE, SECONDS = 10, 100, 60.0


class RandomRows(RowsCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.close_proxies)

    def close_proxies(self):
        while self.proxies:
            _, proxy = self.proxies.popitem()
            proxy.close()

    @contextlib.contextmanager
    def proxies_of_their_own(self):
        """For one play: what it may leave behind is not the next one's."""
        started = []

        def proxy_of(size):
            started.append(self.new_proxy(size, max_wait="1s"))
            return started[-1]

        try:
            yield proxy_of
        finally:
            for proxy in started:
                proxy.close()

    def wrong(self, row, proxy_of, ways=(False, True)):
        """(the difference, the servers it took, whether they rotated), or None."""
        expected, needed = self.play_directly(row)
        for rotates in ways:
            try:
                found = self.difference(row, expected, needed, rotates, proxy_of)
            except (ConnectionClosed, TimeoutError) as broken:
                found = f"{type(broken).__name__}: {broken}"
            if found:
                return found, needed, rotates
        return None

    def shrunk(self, row, rotates):
        def fails(candidate):
            with self.proxies_of_their_own() as proxy_of:
                return self.wrong(candidate, proxy_of, [rotates])

        return shrink(row, fails), fails

    def check_seed(self, seed):
        row = Generator(seed).row()
        found = self.wrong(row, self.proxy_of)
        if found is None:
            return
        self.close_proxies()  # whatever state they are in
        small, fails = self.shrunk(row, found[2])
        again = fails(small)
        difference, needed, _ = again or found
        note = "" if again else "\n(seen once, and not again when it was played alone)"
        small = Row(f"seed {seed}", small.script, needed, small.startup)
        self.fail(f"\n{difference}{note}\n\n{as_source(small)}\n\nPGWEIR_RANDOM_SEED={seed} PGWEIR_RANDOM_SCRIPTS=1")

    def check_seeds(self, seeds, seconds):
        deadline = time.monotonic() + seconds if seconds else None
        for seed in seeds:
            self.check_seed(seed)
            if deadline and time.monotonic() > deadline:
                break


def _add_tests():
    first, count = SEED, SCRIPTS or CASES * ROWS_OF_A_CASE
    while count > 0:
        seeds = range(first, first + min(count, ROWS_OF_A_CASE))

        def test(self, seeds=seeds):
            self.check_seeds(seeds, 0 if SCRIPTS else SECONDS / CASES)

        setattr(RandomRows, f"test_seeds_{seeds[0]:05}_to_{seeds[-1]:05}", test)
        first, count = first + len(seeds), count - len(seeds)


_add_tests()


class Careless(Player):
    """A pooler that has one server, and lends it without looking."""

    def __init__(self, port, superuser):
        super().__init__(port, superuser)
        self._server = RawClient(port)
        greeting = self._server.startup(USER, DATABASE, PASSWORD)
        self._server.startup = lambda *_, **__: greeting
        self._goodbye, self._server.terminate = self._server.terminate, lambda: None

    def open(self):
        return self._server

    def end(self):
        self._goodbye()


class Shrinking(RowsCase):
    """Planted faults are found in rows at random, and nothing but the lines that matter remains."""

    def lines_that_matter(self, fails, seeds):
        for seed in seeds:
            row = Generator(seed).row()
            if fails(row):
                return list(shrink(row, fails, 30.0).lines())
        return self.fail("no row shows the fault")

    def test_a_reply_that_is_wrong(self):
        def fails(row):
            """Whoever has set work_mem is told something else when somebody else has had the word in between."""
            lines = list(row.lines())
            for at, (letter, _, text) in enumerate(lines):
                asked = "SHOW work_mem" in text and [line for line in lines[:at] if line[1] != "!"]
                if asked and asked[-1][0] != letter and any(
                        line[0] == letter and "SET work_mem" in line[2] for line in asked):  # fmt: skip
                    return True
            return False

        lines = self.lines_that_matter(fails, range(1, 2000))
        self.assertEqual(len(lines), 3, lines)

    def test_a_pooler_that_is_careless(self):
        def fails(row):
            if any(how == "." for _, how, _ in row.lines()) or row.startup or row.parameters("a"):
                return False
            expected, _ = self.play_directly(row)
            careless = Careless(self.postgres.port, self.superuser)
            seen = careless.play(row)
            careless.end()
            return first_difference(expected, seen)

        lines = self.lines_that_matter(fails, range(1, 200))
        self.assertIn(len(lines), (2, 3), lines)
        self.assertEqual(len({letter for letter, how, _ in lines if how != "!"}), 2, lines)


if __name__ == "__main__":
    unittest.main()
