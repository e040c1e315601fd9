"""PostgreSQL's own program that tests libpq's pipelines, run as its own script does."""
from kit.pgweir import ROOT

from .client_suite import CUT_OFF, FAILED, PASSED, ClientSuite, run_to

ROWS = "700"


class LibpqPipeline(ClientSuite):
    """Where PostgreSQL has a trace of what is said, message by message, that is compared as well."""

    name = "libpq-pipeline"
    packages = ("libpq5",)
    directory = ROOT / "build" / "conformance" / "suite" / "libpq_pipeline"

    def play(self, port, log, timeout):
        log.unlink(missing_ok=True)
        outcomes = {}
        for name in self._tests(log):
            self._run(name, port, log, timeout, outcomes)
        return outcomes

    def _tests(self, log):
        names = log.with_suffix(".tests")
        names.unlink(missing_ok=True)
        run_to(names, [self.directory / "libpq_pipeline", "tests"], 10)
        return [name for name in names.read_text(encoding="ascii").split() if not self.only or self.only in name]

    def _run(self, name, port, log, timeout, outcomes):
        expected, heard = self.directory / "traces" / f"{name}.trace", log.parent / f"{log.stem}-{name}.trace"
        traced = ["-t", heard] if expected.exists() else []
        command = [self.directory / "libpq_pipeline", "-r", ROWS, *traced, name, "dbname=" + self.database]
        done = run_to(log, command, timeout, env=self.environment(port))
        outcomes[name] = CUT_OFF if done is None else PASSED if done == 0 else FAILED
        if traced:
            same = heard.exists() and heard.read_bytes() == expected.read_bytes()
            outcomes[f"{name}, what is said"] = PASSED if same else FAILED
