"""bench/lab counter: the short run holds what it claims, its report is whole, and a broken pgweir is found."""
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from kit import processes
from kit.pgweir import ROOT, binary
from kit.scene_runs import PATIENCE, Page, SceneCase, ShortRunTests
from kit.waiting import wait_until

sys.path[:0] = [str(ROOT / "bench")]
from scenes import ledger  # noqa: E402


class CounterCase(SceneCase):
    scene = "counter"


class ShortRun(ShortRunTests, CounterCase):
    def results(self):
        return self.found["floods"] + self.found["kills"]

    def floods(self, mode):
        return [flood for flood in self.found["floods"] if flood["mode"] == mode]

    def test_directly_hits_are_lost_as_soon_as_there_are_more_connections_than_places(self):
        one, three = self.floods("direct")
        self.assertEqual((one["replicas"], one["missing"]), (1, 0))
        self.assertEqual(three["replicas"], 3)
        self.assertGreater(three["refused"], 0)
        self.assertGreater(three["missing"], 0)
        self.assertEqual(three["counter"], three["ids"])

    def test_through_pgweir_every_count_is_exact(self):
        for mode, allowed in (("service", 15), ("sidecar", 17)):
            self.assertTrue(self.floods(mode))
            for flood in self.floods(mode):
                counts = {flood[name] for name in ("requested", "acknowledged", "counter", "ids")}
                self.assertEqual(len(counts), 1, flood)
                self.assertEqual((flood["errors"], flood["missing"]), (0, 0))
                self.assertLessEqual(flood["connections"], allowed)
                self.assertLess(0, flood["p50_ms"])
        self.assertEqual({flood["replicas"] for flood in self.floods("service")}, {1, 3, 5})
        self.assertEqual({flood["clients"] for flood in self.floods("service")}, {50, 100, 500})

    def test_each_part_was_killed_and_nothing_acknowledged_was_lost(self):
        victims = [(kill["mode"], kill["victim"].rstrip("-0123456789")) for kill in self.found["kills"]]
        self.assertEqual(victims, [(mode, part) for mode in ("service", "sidecar")
                                   for part in ("pgweir", "app", "postgres")])  # fmt: skip
        for kill in self.found["kills"]:
            self.assertEqual(kill["acknowledged"] + kill["refused"] + kill["in_doubt"], kill["requested"])
            self.assertEqual(kill["counter"], kill["ids"])
            self.assertLessEqual(kill["acknowledged"], kill["counter"])
            self.assertLessEqual(kill["counter"], kill["acknowledged"] + kill["in_doubt"])
            self.assertEqual(sum(point[1] for point in kill["timeline"]), kill["acknowledged"])

    def test_the_page_has_a_plot_of_each_kind(self):
        # One of sidecars that settle is there only if a flood took long enough to be scraped a few times.
        self.assertGreaterEqual(Page((self.output / "report.html").read_text()).tags.count("svg"), 3)

    def test_the_board_is_drawn_from_what_was_measured(self):
        picture = (self.output / "board.svg").read_text()
        self.assertEqual(Page(picture).wanted, [])
        self.assertIn("not a screenshot of Grafana", picture)
        self.assertNotIn("No data", picture)


class BrokenClaims(CounterCase):
    def sabotaged(self, *settings):
        """A pgweir that is started with these settings over its own."""
        program = self.directory / "pgweir"
        options = " ".join(f"--set {setting}" for setting in settings)
        program.write_text(f'#!/bin/sh\ncase "$1" in serve) exec "{binary()}" "$@" {options} ;; esac\n'
                           f'exec "{binary()}" "$@"\n', encoding="utf-8")  # fmt: skip
        program.chmod(0o755)
        return program

    def setUp(self):
        self.directory = processes.temporary_directory("sabotage")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def test_a_pgweir_that_fails_queries_is_found_and_the_evidence_kept(self):
        program = self.sabotaged("databases.app.timeouts.query=15ms")
        process, output = self.start("--only", "sidecar", program=program)
        self.addCleanup(shutil.rmtree, output, ignore_errors=True)
        code, text = self.end(process)
        self.assertEqual(code, 1, text)
        self.assertRegex(text, "DOES NOT HOLD: no client sees an error")
        self.assertRegex(text, "error: this does not hold: exact: counter")
        # Which of the floods lose queries depends on how fast the machine is.
        kept = list((output / "evidence").glob("flood-sidecar-*"))
        self.assertNotEqual(kept, [])
        for each in kept:
            self.assertIn("started", (each / "pgweir-1.log").read_text())
            self.assertGreater(json.loads((each / "flood.json").read_text())["errors"], 0)
        self.assertNotEqual(json.loads((output / "report.json").read_text())["broken"], [])
        self.assertRegex((output / "report.html").read_text(), "claims do not hold")
        self.assert_no_secret(output)

    def test_a_lab_that_does_not_start_is_an_error_with_its_logs(self):
        process, output = self.start("--only", "service", program=self.sabotaged("databases.app.pool.size=nonsense"))
        self.addCleanup(shutil.rmtree, output, ignore_errors=True)
        code, text = self.end(process)
        self.assertEqual(code, 1, text)
        self.assertRegex(text, "error: pgweir ended with exit code 2")
        self.assertIn("nonsense", (output / "evidence" / "failure" / "pgweir.log").read_text())

    def test_ctrl_c_leaves_nothing(self):
        parent = pathlib.Path(tempfile.gettempdir())
        others = set(parent.glob("pgweir-scene-*"))  # of runs that were killed
        process, output = self.start("--only", "service")
        self.addCleanup(shutil.rmtree, output, ignore_errors=True)
        wait_until(lambda: set(parent.glob("pgweir-scene-*")) - others or process.poll() is not None, PATIENCE)
        process.send_signal(signal.SIGINT)
        code, text = self.end(process)
        self.assertEqual(code, 130, text)

    def test_a_budget_that_is_used_up_is_an_error(self):
        process, output = self.start("--only", "service", "--budget", "0")
        self.addCleanup(shutil.rmtree, output, ignore_errors=True)
        code, text = self.end(process)
        self.assertEqual(code, 1, text)
        self.assertRegex(text, "--budget")

    def assert_no_secret(self, output):
        for path in output.rglob("*.*"):
            self.assertNotRegex(path.read_text(errors="replace"), r"postgres://app:|password: ")


class LedgerClaims(unittest.TestCase):
    """Each claim breaks when what it claims is not so, and no other does."""

    def broken(self, *, value, ids, changes=()):
        told = ledger.Ledger()
        for id in ("a", "b"):
            told.note(id, 200, {"counted": True}, 0.1)
        told.note("refused", 503, {"error": "pool_timeout"}, 0.1)
        told.note("lost", None, {}, 0.1)
        told.note("unavailable", 503, {"error": "unavailable"}, 0.1)
        for change in changes:
            told.note(*change)
        return [claim for claim, holds in ledger.claims(told, ledger.Stored(value, frozenset(ids))) if not holds]

    def test_all_hold(self):
        self.assertEqual(self.broken(value=2, ids="ab"), [])
        self.assertEqual(self.broken(value=4, ids=["a", "b", "lost", "unavailable"]), [])

    def test_an_acknowledged_hit_is_missing(self):
        self.assertEqual(self.broken(value=2, ids=["a", "lost"]), ["every acknowledged hit is there"])

    def test_a_refused_hit_is_there(self):
        self.assertIn("no hit that was refused is there", self.broken(value=3, ids=["a", "b", "refused"]))

    def test_something_is_there_that_was_not_sent(self):
        self.assertEqual(self.broken(value=3, ids=["a", "b", "else"]), ["nothing is there that was not sent"])

    def test_one_was_counted_twice(self):
        self.assertEqual(self.broken(value=3, ids="ab"), ["none was counted twice"])

    def test_one_had_been_counted_before_it_was_sent(self):
        again = ("c", 200, {"counted": False}, 0.1)
        self.assertEqual(self.broken(value=3, ids="abc", changes=[again]), ["none was counted twice"])

    def test_the_count_is_out_of_bounds(self):
        self.assertIn("the count 1 lies between 2 acknowledged and 4 with those in doubt",
                      self.broken(value=1, ids="a"))  # fmt: skip
        self.assertIn("the count 5 lies between 2 acknowledged and 4 with those in doubt",
                      self.broken(value=5, ids=["a", "b", "lost", "unavailable"]))  # fmt: skip

    def test_what_is_no_answer_of_the_application_is_in_doubt(self):
        told = ledger.Ledger()
        told.note("a", 502, {}, 0.1)
        self.assertEqual(told.in_doubt, {"a"})


if __name__ == "__main__":
    unittest.main()
