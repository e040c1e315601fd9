"""What every scene needs: a lab of its own, a place for what comes out of it, and the time that is left."""
import contextlib
import json
import pathlib
import re
import shutil
import tempfile
import time

from topology.children import Children, signals_held
from topology.problem import Problem
from topology.topology import Options, Topology

from .ledger import Stored

SCRAPE_INTERVAL = "1s"
SETTLE = 40  # seconds: a transaction that waits for a lock of one that is lost is over by then
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'"


class Stage:
    """`output` gets the report, and the logs of what went wrong."""

    def __init__(self, binary, output, budget):
        self.output = output
        self._binary = binary
        self._deadline = time.monotonic() + budget
        self._budget = budget
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output / "evidence", ignore_errors=True)

    @contextlib.contextmanager
    def lab(self, mode, replicas):
        """A Lab that is up. What is in its logs is kept when the block fails."""
        with signals_held():
            directory = pathlib.Path(tempfile.mkdtemp(prefix="pgweir-scene-"))
        directory.chmod(0o711)  # PostgreSQL's and nginx's own users pass through
        children = Children()
        try:
            options = Options(replicas=replicas, mode=mode, scrape_interval=SCRAPE_INTERVAL, any_ports=True)
            topology = Topology(children, directory, self._binary, options)
            lab = Lab(self, children, topology, directory)
            try:
                topology.start()
                yield lab
            except Problem as problem:
                raise Problem(f"{problem}\nThe logs are kept in {lab.keep_evidence('failure')}") from problem
        finally:
            children.stop_all()
            shutil.rmtree(directory, ignore_errors=True)

    def check_time(self):
        if time.monotonic() > self._deadline:
            raise Problem(f"the {self._budget:.0f} seconds of --budget are used up, and the scene is not at its end")


class Lab:
    """A running topology, and what scenes ask of its database."""

    def __init__(self, stage, children, topology, directory):
        self._stage = stage
        self.children = children
        self.topology = topology
        self.directory = directory

    def hit_url(self):
        return f"http://{self.topology.nginx.endpoint()}/hit"

    def reset(self):
        """No hits, and a counter of zero."""
        self._wait_until_settled()
        self._sql("TRUNCATE hits; UPDATE counter SET value = 0")

    def stored(self):
        """Once nothing is under way any more."""
        self._wait_until_settled()
        value, *ids = self._sql("SELECT value FROM counter; SELECT id FROM hits").splitlines()
        return Stored(int(value), frozenset(ids))

    def failures(self, reason):
        """How many transactions the replicas that run now have lost for this reason."""
        total = 0
        for replica in self.topology.replicas:
            for labels, value in replica.samples("tasks_database_failures_total"):
                total += value if re.search(rf'reason="{reason}"', labels) else 0
        return int(total)

    def keep_evidence(self, name, **more):
        """Where it is: the logs, and `more` as JSON. The configuration is not kept, since it holds secrets."""
        kept = self._stage.output / "evidence" / name
        kept.mkdir(parents=True, exist_ok=True)
        for what, value in more.items():
            (kept / f"{what}.json").write_text(json.dumps(value, indent=1), encoding="utf-8")
        for log in self.directory.glob("*/log"):
            shutil.copy(log, kept / f"{log.parent.name}.log")
        return kept

    def _wait_until_settled(self):
        deadline = time.monotonic() + SETTLE
        while (busy := self._sql(AT_WORK)) != "0":
            if time.monotonic() > deadline:
                raise Problem(f"{busy} transactions of the application do not end within {SETTLE} s")
            time.sleep(0.05)

    def _sql(self, statement):
        """Directly, a flood that has just ended may still hold even the places that are kept for superusers."""
        deadline = time.monotonic() + SETTLE
        while True:
            try:
                return self.topology.postgres.sql(statement, self.topology.postgres.database)
            except Problem as problem:
                if "too many clients" not in str(problem) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
