"""With the result cache on clients are told what they are told without it, whatever fails meanwhile, and it does serve.
Seed and length: see coherence.case.
"""
import random
import unittest

from coherence import history, operations
from coherence.case import SECONDS, SEED, CoherenceCase
from coherence.faults import DATABASE_FAULTS
from coherence.observers import OBSERVERS
from coherence.process_faults import ComeAndGo
from coherence.stage import CACHES, PATIENT
from coherence.write_faults import WRITE_FAULTS, SettleInCommit
from kit.redis_server import RedisServer

CACHED = {"mix": operations.READ_MOSTLY, "extra": OBSERVERS, "every": 0.3}
# Behind most of them it takes more than a second until the cache is on again.
COMMIT_FAULTS = (*WRITE_FAULTS, SettleInCommit)
SOME_FAULTS = (*COMMIT_FAULTS, *random.Random(SEED).sample(DATABASE_FAULTS, 2))


class CachedCoherence(CoherenceCase):
    def test_what_is_asked_for_often(self):
        stage = self.stage(1, CACHES["auto"])
        stage.switch_on(0)
        result = self.run_workload(stage, 3, clients=16, enough=lambda progress: stage.hits(0) > 300, **CACHED)
        self.assertClean(result)
        self.assertEqual(result.problems, {})
        # A build that is slow asks for less between two writes.
        self.assertServed(stage, result, 0.05)
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


class LessIsPromised(CoherenceCase):
    """What may be kept back is kept back no longer than it says, and whoever asks for all finds that something is."""

    LATE = "400ms"

    def rule(self, **says):
        return {"mode": "rules", "rules": [{"name": "all", "ttl": "1h"} | says]}

    def results(self, stage, result):
        return sum(pgweir.metric("pgweir_cache_requests_total", result=result) for pgweir in stage.pgweirs)

    def assert_late(self, stage, session, result="hit"):
        done = self.run_workload(stage, 3, clients=16, enough=lambda progress: self.results(stage, result) > 100, **CACHED)
        found = history.check(done.history, done.final, 400_000_000, session)
        if found:
            self.fail(done._replace(violations=found).complaint())
        self.assert_at_rest(stage)
        return done.violations

    def test_by_age_alone(self):
        stage = self.stage(2, self.rule(ttl=self.LATE, consistency="ttl"))
        self.assertTrue(self.assert_late(stage, "nothing"))

    def test_old_ones_meanwhile(self):
        stage = self.stage(1, self.rule(stale_while_revalidate=self.LATE))
        stage.switch_on(0)
        self.assertTrue(self.assert_late(stage, "writes", "stale"))

    def test_what_is_not_compared(self):
        redis = self.enterContext(RedisServer())
        stage = self.stage(2, self.rule() | PATIENT | {"memory": {"max_age": self.LATE}}, redis=redis)
        for number in (0, 1):
            stage.switch_on(number)
        # Where so much is asked whatever was written is heard of at once, with the answer to some other question.
        self.assert_late(stage, "writes")


if __name__ == "__main__":
    unittest.main()
