"""With the result cache on clients are told what they are told without it, whatever fails meanwhile, and it does serve.
Seed and length: see coherence.case.
"""
import random
import unittest

from coherence import operations
from coherence.case import SECONDS, SEED, CoherenceCase
from coherence.faults import DATABASE_FAULTS
from coherence.observers import OBSERVERS
from coherence.process_faults import ComeAndGo
from coherence.stage import CACHES
from coherence.write_faults import WRITE_FAULTS, SettleInCommit

CACHED = {"mix": operations.READ_MOSTLY, "extra": OBSERVERS, "every": 0.3}
# Behind most of them it takes more than a second until the cache is on again.
COMMIT_FAULTS = (*WRITE_FAULTS, SettleInCommit)
SOME_FAULTS = (*COMMIT_FAULTS, *random.Random(SEED).sample(DATABASE_FAULTS, 2))


class CachedCoherence(CoherenceCase):
    def share_of_hits(self, stage, result):
        through = [operation for operation in result.history if operation.is_read and operation.via != "PostgreSQL"]
        return sum(map(stage.hits, range(len(stage.pgweirs)))) / len(through)

    def test_what_is_asked_for_often(self):
        stage = self.stage(1, CACHES["auto"])
        stage.switch_on(0)
        result = self.run_workload(stage, 3, clients=16, enough=lambda clients: stage.hits(0) > 300, **CACHED)
        self.assertClean(result)
        self.assertEqual(result.problems, {})
        # A build that is slow asks for less between two writes.
        self.assertGreater(self.share_of_hits(stage, result), 0.05)
        self.assert_at_rest(stage)

    def test_parts_fail(self):
        """Between two faults there are hits."""
        stage = self.stage(1, CACHES["rules"])
        faults = SOME_FAULTS if SECONDS <= 10 else (*COMMIT_FAULTS, *DATABASE_FAULTS)
        result = self.run_workload(stage, SECONDS, faults=faults, enough=self.some_in_doubt, **CACHED)
        self.assertClean(result)
        self.assertAllStruck(result, faults)
        self.assert_at_rest(stage)

    def test_others_come_and_go(self):
        """Who is alone serves; as long as there are both neither does."""
        stage = self.stage(2, CACHES["auto"])
        result = self.run_workload(stage, SECONDS if SECONDS > 10 else 0, faults=[ComeAndGo], **CACHED)
        self.assertClean(result)
        self.assert_at_rest(stage)


if __name__ == "__main__":
    unittest.main()
