"""What tests that run the workload have in common.

    PGWEIR_COHERENCE_SEED=1       of the clients' choices and of the faults; printed, and different each time by default
    PGWEIR_COHERENCE_SECONDS=10   how long parts fail; the other tests take less
"""
import os
import time
import unittest

from . import workload
from .history import UNKNOWN
from .stage import Stage

SEED = int(os.environ.get("PGWEIR_COHERENCE_SEED") or time.time_ns() % 1_000_000)
SECONDS = float(os.environ.get("PGWEIR_COHERENCE_SECONDS", "10"))


class CoherenceCase(unittest.TestCase):
    def stage(self, *arguments, **more):
        return self.enterContext(Stage(*arguments, **more))

    def run_workload(self, stage, seconds, **more):
        result = workload.run(stage, seconds=seconds, seed=SEED, **more)
        print(f"{self.id()}: {result.summary()}")
        self.assertGreater(len(result.history), 100)
        return result

    def assertClean(self, result):
        if result.violations:
            self.fail(result.complaint())

    def assertAllStruck(self, result, faults):
        self.assertEqual({name for _, name in result.struck}, {fault.name for fault in faults})

    def assertServed(self, stage, result, share):
        """At least this share of the reads, by pgweir that were not started anew meanwhile."""
        through = [operation for operation in result.history if operation.is_read and operation.via != "PostgreSQL"]
        hits = sum(map(stage.hits, range(len(stage.pgweirs))))
        print(f"{self.id()}: {hits:.0f} hits of {len(through)} reads")
        self.assertGreater(hits / len(through), share)

    @staticmethod
    def assert_at_rest(stage):
        for pgweir in stage.pgweirs:
            pgweir.assert_at_rest()

    @staticmethod
    def some_in_doubt(progress):
        return any(operation.outcome == UNKNOWN for operation in progress.history())
