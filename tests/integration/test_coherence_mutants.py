"""A pgweir that leaves out one rule of its result cache is found wrong, and the one that leaves out none is not: of the
build that can do either (preset `mutants`). Seed and length: see coherence.case.

    PGWEIR_MUTANTS_BINARY   that program, if it is not the build's
"""
import functools
import os
import pathlib
import unittest

from coherence import mutants, operations, void_windows
from coherence.case import SECONDS, CoherenceCase
from coherence.mutants import MUTANTS
from coherence.observers import OBSERVERS
from coherence.process_faults import KillAtRedis, KillAtSteps
from coherence.redis_faults import CutRedis, FillRedis
from coherence.stage import CACHES, PATIENT
from kit import pgweir
from kit.redis_server import RedisServer

BINARY = pathlib.Path(os.environ.get("PGWEIR_MUTANTS_BINARY") or pgweir.ROOT / "build" / "mutants" / "pgweir")
EVERY = 0.2


class MutantCase(CoherenceCase):
    def stage_of(self, name, pgweirs=1, shared=False):
        environment = {"PGWEIR_MUTANT": name} if name else None
        redis = self.enterContext(RedisServer()) if shared else None
        return self.stage(pgweirs, CACHES["rules"] | (PATIENT if shared else {}), redis, program=BINARY, environment=environment)


class Mutants(MutantCase):
    def check(self, mutant):
        stage = self.stage_of(mutant.name, mutant.pgweirs, mutant.shared)
        enough = functools.partial(mutants.found, rules=mutant.rules)
        mix = operations.READS_ONLY if mutant.faults else operations.READ_MOSTLY
        extra = OBSERVERS + mutant.extra
        result = self.run_workload(stage, 0, mix=mix, extra=extra, faults=mutant.faults, every=EVERY, enough=enough)
        self.assertLessEqual(set(mutant.rules), {violation.rule for violation in result.violations})


def _add(mutant):
    setattr(Mutants, "_".join(filter(None, ["test", mutant.name, mutant.when])), lambda self: self.check(mutant))


for each in MUTANTS:
    _add(each)


class RedisFails(MutantCase):
    FAULTS = (CutRedis, FillRedis)

    def test_not_all_is_accounted_for(self):
        """What may be old while Redis fails is not all that this one tells, and there is more of it."""
        stage = self.stage_of("store_not_bumped", 2, shared=True)
        result = self.run_workload(stage, 0, mix=operations.READ_MOSTLY, extra=OBSERVERS, every=EVERY,
                                   faults=self.FAULTS, enough=lambda progress: void_windows.windows(stage.pgweirs))  # fmt: skip
        left = void_windows.unaccounted(result.violations, result.history, void_windows.windows(stage.pgweirs))
        self.assertLessEqual({"stale", "session", "inversion"}, {violation.rule for violation in left})


class NoMutant(MutantCase):
    def test_killed_at_each_step(self):
        stage = self.stage_of(None)
        result = self.run_workload(stage, 0, mix=operations.READ_MOSTLY, extra=OBSERVERS, faults=[KillAtSteps], every=EVERY)
        self.assertClean(result)
        self.assert_at_rest(stage)

    def test_killed_before_and_behind_what_is_sent_to_redis(self):
        stage = self.stage_of(None, 2, shared=True)
        seconds = SECONDS if SECONDS > 10 else 0
        result = self.run_workload(stage, seconds, mix=operations.READ_MOSTLY, extra=OBSERVERS, every=EVERY,
                                   faults=[KillAtRedis])  # fmt: skip
        self.assertClean(result)
        self.assertEqual(void_windows.windows(stage.pgweirs), [])

    def test_each_has_its_test(self):
        """Names that the program knows are those that are looked for here, and it refuses others."""
        known = set(self.names_in(pgweir.ROOT / "proxy" / "cache" / "mutants.hpp"))
        self.assertEqual(known, {mutant.name for mutant in MUTANTS})
        configuration = {"auth": {"method": "trust"}, "databases": {"app": {"upstream": "postgres://127.0.0.1:1/app"}}}
        unknown = pgweir.Pgweir(configuration, program=BINARY, environment={"PGWEIR_MUTANT": "no_such_mutant"})
        with self.assertRaisesRegex(RuntimeError, "PGWEIR_MUTANT: no_such_mutant"):
            unknown.start()

    @staticmethod
    def names_in(header):
        _, _, body = header.read_text(encoding="utf-8").partition("enum class mutant : std::uint8_t {")
        return [line.split(",")[0].strip() for line in body.partition("};")[0].splitlines() if line.strip()]

    def test_nothing_of_it_is_in_the_program(self):
        self.assertIn(b"PGWEIR_MUTANT", BINARY.read_bytes())
        self.assertNotIn(b"PGWEIR_MUTANT", pgweir.binary().read_bytes())


if __name__ == "__main__":
    unittest.main()
