"""The model of the cache's protocol: each cell is as stated, and so is the table that users read. That mutants break
shows that the search can find what it looks for."""
import re
import unittest

from coherence import model
from coherence.worlds.explore import explore
from kit.pgweir import ROOT
from kit.postgres import Postgres

DOCUMENT = ROOT / "config" / "COHERENCE.md"


class Cells(unittest.TestCase):
    def check(self, cell):
        outcome = cell.run()
        print(f"{cell.name}: {outcome.states:,} states")
        ways = [f"{promise}:\n    " + "\n    ".join(steps) for promise, steps in outcome.broken.items()]
        self.assertTrue(cell.is_as_stated(outcome), f"stated is {cell.breaks or 'nothing'}, found:\n" + "\n".join(ways))


def _add_tests():
    for number, cell in enumerate(model.cells(), 1):
        name = re.sub(r"\W+", "_", cell.name).strip("_").lower()
        setattr(Cells, f"test_{number:02}_{name}", lambda self, cell=cell: self.check(cell))


_add_tests()


class Statements(unittest.TestCase):
    def cell(self, variant, breaks, steps):
        class World:
            @staticmethod
            def start():
                return 0

        World.steps = staticmethod(steps)
        return model.Cell("world", variant, "-", World, breaks)

    def test_a_mutant_that_holds_is_not_as_stated(self):
        cell = self.cell("mutant", "P1", lambda world: [("step", 1, ())])
        self.assertFalse(cell.is_as_stated(cell.run()))

    def test_a_mutant_must_break_something(self):
        cell = self.cell("mutant", "", lambda world: [("step", 1, ("P1",))])
        self.assertFalse(cell.is_as_stated(cell.run()))

    def test_the_chosen_one_breaks_exactly_what_is_stated(self):
        cell = self.cell(model.CHOSEN, "P2", lambda world: [("step", 1, ("P2",))])
        self.assertTrue(cell.is_as_stated(cell.run()))
        for breaks in ("", "P1", "P1 P2"):
            self.assertFalse(cell._replace(breaks=breaks).is_as_stated(cell.run()), breaks)

    def test_each_promise_is_broken_by_some_mutant(self):
        broken = {promise for cell in model.cells() if not cell.chosen for promise in cell.breaks.split()}
        self.assertEqual(broken, set(model.PROMISES))

    def test_the_document_has_the_table(self):
        text = DOCUMENT.read_text(encoding="utf-8")
        self.assertEqual(model.table_in(text), model.table(),
                         "python3 -m coherence.model --write config/COHERENCE.md, with PYTHONPATH=tests")  # fmt: skip


class Search(unittest.TestCase):
    @staticmethod
    def steps(world):
        if world < 20:
            yield "one", world + 1, ()
        if world < 19:
            yield "two", world + 2, ()
        if world == 4:
            yield "over", 99, ("P1",)

    def test_every_state_once(self):
        outcome = explore(0, self.steps)
        self.assertEqual(outcome.states, 22)  # 0 to 20, and 99

    def test_the_shortest_way(self):
        self.assertEqual(explore(0, self.steps).broken, {"P1": ["two", "two", "over"]})

    def test_it_ends_when_enough_is_broken(self):
        self.assertLess(explore(0, self.steps, {"P1"}).states, 22)

    def test_it_ends_where_nothing_is_new(self):
        self.assertEqual(explore(0, lambda world: [("round", (world + 1) % 5, ())]), (5, {}))


class AdvisoryLock(unittest.TestCase):
    """What the model takes for granted of PostgreSQL's session locks."""

    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.close)
        cls.postgres.start()

    def setUp(self):
        self.one, self.two, self.three = (self.session() for _ in range(3))

    def session(self):
        connection = self.postgres.connect()
        self.addCleanup(connection.close)
        return connection

    @staticmethod
    def value(connection, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def takes(self, connection, mode):
        return self.value(connection, f"SELECT pg_try_advisory_lock{mode}(7)")

    def test_one_exclusive_or_several_shared(self):
        self.assertTrue(self.takes(self.one, ""))
        self.assertFalse(self.takes(self.two, "_shared"))
        self.value(self.one, "SELECT pg_advisory_unlock(7)")
        self.assertTrue(self.takes(self.one, "_shared") and self.takes(self.two, "_shared"))
        self.assertFalse(self.takes(self.three, ""))

    def test_the_holder_exchanges_exclusive_for_shared_without_a_gap(self):
        self.assertTrue(self.takes(self.one, "") and self.takes(self.one, "_shared"))
        self.assertFalse(self.takes(self.two, "_shared"))
        self.value(self.one, "SELECT pg_advisory_unlock(7)")
        self.assertFalse(self.takes(self.two, ""))
        self.assertTrue(self.takes(self.two, "_shared"))

    def test_who_is_alone_exchanges_shared_for_exclusive_without_a_gap(self):
        self.assertTrue(self.takes(self.one, "_shared") and self.takes(self.two, "_shared"))
        self.assertFalse(self.takes(self.one, "") or self.takes(self.two, ""))
        self.value(self.two, "SELECT pg_advisory_unlock_shared(7)")
        self.assertTrue(self.takes(self.one, ""))
        self.value(self.one, "SELECT pg_advisory_unlock_shared(7)")
        self.assertFalse(self.takes(self.two, "_shared"))

    def test_it_goes_with_its_session(self):
        self.assertTrue(self.takes(self.one, ""))
        pid = self.value(self.one, "SELECT pg_backend_pid()")
        self.assertTrue(self.value(self.two, f"SELECT pg_terminate_backend({pid}, 10000)"))
        self.assertTrue(self.takes(self.two, ""))


if __name__ == "__main__":
    unittest.main()
