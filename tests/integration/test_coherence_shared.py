"""Clients of several pgweir on one Redis are told what they are told without a cache, whatever fails meanwhile; where
Redis itself fails, but for the time of which pgweir said that it was so. Seed and length: see coherence.case.
"""
import random
import unittest

from coherence import operations, void_windows
from coherence.case import SECONDS, SEED, CoherenceCase
from coherence.faults import DATABASE_FAULTS
from coherence.observers import OBSERVERS
from coherence.redis_faults import LOSSES, OUTAGES
from coherence.stage import CACHES, HASTY, PATIENT
from coherence.write_faults import KILLS_BEHIND_COMMIT, WRITE_FAULTS, ForgetInCommit, KillInCommit
from kit.redis_server import RedisServer

SHARED = {"mix": operations.READ_MOSTLY, "extra": OBSERVERS, "every": 0.4}
SOME_FAULTS = random.Random(SEED).sample((*DATABASE_FAULTS, *WRITE_FAULTS), 4)


class SharedCoherence(CoherenceCase):
    def setUp(self):
        self.redis = self.enterContext(RedisServer())

    def assertAccountedFor(self, result, windows=()):
        left = void_windows.unaccounted(result.violations, result.history, windows)
        self.assertClean(result._replace(violations=left))

    def shared(self, pgweirs, mode="auto", **more):
        return self.stage(pgweirs, CACHES[mode] | PATIENT | more, self.redis)

    def test_two_pgweir(self):
        stage = self.shared(2)
        for number in range(2):
            stage.switch_on(number)
        result = self.run_workload(stage, 4, clients=16, enough=self.all_have_hits(stage, 50), **SHARED)
        self.assertClean(result)
        self.assertEqual(void_windows.windows(stage.pgweirs), [])
        self.assert_at_rest(stage)

    def test_pgweir_and_postgresql_fail(self):
        stage = self.shared(3, "rules")
        result = self.run_workload(stage, SECONDS, faults=SOME_FAULTS, enough=self.some_in_doubt, **SHARED)
        self.assertClean(result)
        self.assertEqual(void_windows.windows(stage.pgweirs), [])
        self.assertAllStruck(result, SOME_FAULTS)

    def test_pgweir_is_killed_at_each_step_to_its_bump(self):
        """When its mark is there, and behind that."""
        stage = self.shared(2, "rules")
        steps = (KillInCommit, *KILLS_BEHIND_COMMIT)
        seconds = SECONDS if SECONDS > 10 else 0
        result = self.run_workload(stage, seconds, faults=steps, **(SHARED | {"mix": operations.READS_ONLY}))
        self.assertClean(result)
        self.assertEqual(void_windows.windows(stage.pgweirs), [])
        self.assertAllStruck(result, steps)

    def test_redis_fails(self):
        """Or the network to it does."""
        stage = self.shared(2, "rules", **HASTY)
        result = self.run_workload(stage, SECONDS, faults=OUTAGES, enough=self.some_write_was_missed(stage), **SHARED)
        self.assertAccountedFor(result, void_windows.windows(stage.pgweirs))
        self.assertAllStruck(result, OUTAGES)
        self.assertServed(stage, result, 0.05)

    def test_redis_loses_what_it_has(self):
        stage = self.shared(2, "rules")
        result = self.run_workload(stage, SECONDS / 2, faults=LOSSES, **SHARED)
        self.assertAccountedFor(result, void_windows.windows(stage.pgweirs))
        self.assertAllStruck(result, LOSSES)
        self.assertServed(stage, result, 0.1)

    def test_marks_are_lost_in_a_commit(self):
        """Then new-then-old may be seen, but never anything old by somebody who asks behind the acknowledgement."""
        stage = self.shared(2, "rules")
        result = self.run_workload(stage, SECONDS, faults=[ForgetInCommit], **(SHARED | {"mix": operations.READS_ONLY}))
        self.assertAccountedFor(result)
        self.assertEqual(void_windows.windows(stage.pgweirs), [])
        self.assertAllStruck(result, [ForgetInCommit])

    @staticmethod
    def all_have_hits(stage, least):
        return lambda progress: all(stage.hits(number) > least for number in range(len(stage.pgweirs)))

    @staticmethod
    def some_write_was_missed(stage):
        return lambda progress: bool(void_windows.windows(stage.pgweirs))


if __name__ == "__main__":
    unittest.main()
