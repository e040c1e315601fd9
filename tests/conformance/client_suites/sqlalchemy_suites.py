"""SQLAlchemy's suite for dialects, which is part of its library, run by pytest."""
import pathlib
import xml.etree.ElementTree

from kit.postgres import HOST, SUPERUSER

from .client_suite import CUT_OFF, FAILED, PASSED, SKIPPED, ClientSuite, run_to

HERE = pathlib.Path(__file__).parent


class PytestSuite(ClientSuite):
    """`files` are what pytest is told to run in `home`."""

    files = ()

    def play(self, port, log, timeout):
        report = log.with_suffix(".xml").resolve()
        report.unlink(missing_ok=True)
        log.unlink(missing_ok=True)
        # -p no:cacheprovider: a run must not depend on the one before.
        command = ["/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}",
                   *self.arguments(port), *(["-k", self.only] if self.only else []), *self.files]  # fmt: skip
        code = run_to(log, command, timeout, env=self.environment(port), cwd=self.home)
        return self._read(report) if code is not None and report.exists() else {"everything": CUT_OFF}

    def arguments(self, port):
        return ()

    @staticmethod
    def _read(report):
        outcomes = {}
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            tags = {child.tag for child in case}
            outcome = FAILED if tags & {"failure", "error"} else SKIPPED if "skipped" in tags else PASSED
            name = f"{case.get('classname')} {case.get('name')}"
            # Of an error in its set-up or at its end there may be a second entry.
            outcomes[name] = FAILED if FAILED in (outcome, outcomes.get(name)) else outcome
        return outcomes


class SqlalchemyPsycopg2(PytestSuite):
    name = "sqlalchemy-psycopg2"
    packages = ("python3-sqlalchemy", "python3-psycopg2")
    files = ("suite.py",)
    driver = "psycopg2"
    servers = 6

    def build(self):
        self.home.mkdir(parents=True, exist_ok=True)
        for name in ("conftest.py", "suite.py", "suite_requirements.py", "setup.cfg"):
            link = self.home / name
            link.unlink(missing_ok=True)
            link.symlink_to(HERE / "sqlalchemy" / name)

    def prepare(self, postgres):
        super().prepare(postgres)
        for statement in ("CREATE SCHEMA test_schema", "CREATE SCHEMA test_schema_2", "CREATE EXTENSION hstore"):
            postgres.sql(statement, database=self.database)

    def arguments(self, port):
        return ("--dburi", f"postgresql+{self.driver}://{SUPERUSER}@{HOST}:{port}/{self.database}")


class SqlalchemyAsyncpg(SqlalchemyPsycopg2):
    name = "sqlalchemy-asyncpg"
    packages = ("python3-sqlalchemy", "python3-asyncpg")
    driver = "asyncpg"
