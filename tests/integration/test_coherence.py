"""What clients are told through several pgweir is consistent, whatever fails meanwhile: a history of what many of them
wrote and read is checked (coherence.history). Clients that lie show that the checker finds what it is there for.
Seed and length: see coherence.case.
"""
import unittest

from coherence import operations, schema
from coherence.case import SECONDS, CoherenceCase
from coherence.drivers import DRIVERS, Problem, RawSession
from coherence.faults import DATABASE_FAULTS
from coherence.liars import LIARS
from coherence.stage import DATABASE, Stage


class Coherence(CoherenceCase):
    @staticmethod
    def everything_done(progress):
        """Each operation by each driver; only one of them can pipeline."""
        done = {(client.driver, name) for client in progress.clients for name in list(client.done)}
        wanted = {(driver, operation.__name__) for driver in DRIVERS for operation in operations.MIX}
        raw = {operation.__name__ for operation in operations.ONLY_RAW}
        return {(driver, name) for driver, name in wanted if driver is RawSession or name not in raw} <= done

    def test_postgresql_itself(self):
        self.assertClean(self.run_workload(self.stage(0), 2))

    def test_several_pgweir(self):
        stage = self.stage(2)
        result = self.run_workload(stage, 3, clients=16, enough=self.everything_done)
        self.assertClean(result)
        self.assertEqual(result.problems, {})
        self.assert_at_rest(stage)

    def test_parts_fail(self):
        stage = self.stage(2)
        result = self.run_workload(stage, SECONDS, faults=DATABASE_FAULTS, enough=self.some_in_doubt)
        self.assertClean(result)
        self.assertAllStruck(result, DATABASE_FAULTS)
        self.assert_at_rest(stage)

    def test_liars_are_found(self):
        result = self.run_workload(self.stage(1), 2, clients=8, extra=LIARS)
        names = {liar: liar.__name__ + " " for liar in LIARS}

        def told_by(liar, violation):
            sessions = [each.session for each in (violation.operation, violation.evidence) if each]
            return any(session.startswith(names[liar]) for session in sessions)

        for liar in LIARS:
            found = {violation.rule for violation in result.violations if told_by(liar, violation)}
            self.assertLessEqual(set(liar.rules), found, liar.__name__)
        # Increments that never were make every true count look old.
        others = [violation for violation in result.violations
                  if not any(told_by(liar, violation) for liar in LIARS)
                  and not violation.operation.registers[0].startswith("hits/")]  # fmt: skip
        self.assertFalse(others, "\n".join(map(str, others[:3])))


class Drivers(unittest.TestCase):
    """All drivers ask the same, and say the same of what went wrong."""

    @classmethod
    def setUpClass(cls):
        cls.stage = cls.enterClassContext(Stage(0))

    def sessions(self):
        for driver in DRIVERS:
            session = driver(self.stage.postgres.port, schema.USERS[0], DATABASE)
            with self.subTest(driver.driver):
                yield session
            session.close()

    def problem(self, session, sql):
        with self.assertRaises(Problem) as raised:
            session.execute(sql)
        return raised.exception

    def test_rows_and_parameters(self):
        for session in self.sessions():
            self.assertEqual(session.execute("SELECT version, 'text' FROM account WHERE id = %s", 1), [(0, "text")])
            self.assertEqual(session.execute("SELECT version FROM edition"), [(0,)])

    def test_script(self):
        for session in self.sessions():
            session.script("UPDATE stock SET version = 5; UPDATE stock SET version = version + 1 WHERE id = 1")
            self.assertEqual(session.execute("SELECT version FROM stock WHERE id = 1"), [(6,)])

    def test_copy(self):
        for number, session in enumerate(self.sessions(), 1):
            session.copy_note("app", "copied")
            self.assertEqual(session.execute(operations.OWN_ROWS), [("app", number)])

    def test_what_failed_was_not_done(self):
        for session in self.sessions():
            problem = self.problem(session, "INSERT INTO account VALUES (1, 1)")
            self.assertFalse(problem.lost or problem.in_doubt, problem)
            self.assertEqual(session.execute("SELECT 1"), [(1,)])

    def test_who_lost_the_connection_is_in_doubt(self):
        for session in self.sessions():
            problem = self.problem(session, "SELECT pg_terminate_backend(pg_backend_pid())")
            self.assertTrue(problem.lost and problem.in_doubt, problem)
            self.assertTrue(self.problem(session, "SELECT 1").lost)


if __name__ == "__main__":
    unittest.main()
