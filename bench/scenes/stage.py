"""What every scene needs: a lab of its own, a place for what comes out of it, and the time that is left."""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import tempfile
import time

from harness import machine
from topology import cache
from topology.children import Children, signals_held
from topology.problem import Problem
from topology.replica import PYTHON, tasks_environment
from topology.server import http_get, wait_for
from topology.topology import Options, Topology

from .ledger import Stored

SCRAPE_INTERVAL = "1s"
SETTLE = 40  # seconds: a transaction that waits for a lock of one that is lost is over by then
WARM = 10  # seconds, for a cache to begin to answer
# Of the application and of what is in front of PostgreSQL; what begins and ends transactions is none.
QUERIES = """SELECT coalesce(sum(calls), 0) FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
    WHERE datname = 'app' AND query !~* '^\\s*(BEGIN|START|COMMIT|END|ROLLBACK|ABORT)\\M'"""
CACHE_READS = "pgweir_cache_requests_total"
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

    def has_cache(self):
        """Whether this pgweir says that it takes the settings of a result cache that several share."""
        children = Children()
        try:
            with tempfile.TemporaryDirectory(prefix="pgweir-scene-") as directory:
                return cache.is_available(children, self._binary, pathlib.Path(directory),
                                          cache.settings(cache.ANY_REDIS))  # fmt: skip
        finally:
            children.stop_all()

    @contextlib.contextmanager
    def lab(self, mode, replicas, **more):
        """A Lab that is up, `more` are Options. What is in its logs is kept when the block fails."""
        with signals_held():
            directory = pathlib.Path(tempfile.mkdtemp(prefix="pgweir-scene-"))
        directory.chmod(0o711)  # PostgreSQL's and nginx's own users pass through
        children = Children()
        try:
            options = Options(replicas=replicas, mode=mode, scrape_interval=SCRAPE_INTERVAL, any_ports=True, **more)
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


@dataclasses.dataclass
class Costs:
    """Only differences mean anything."""

    queries: int  # that reached PostgreSQL
    cpu_seconds: float  # of PostgreSQL's processes, those that have ended too
    refused: int  # transactions that the replicas have lost, by reason
    pool_timeouts: int
    cache: dict | None  # result: reads; None: no pgweir counts them

    def __sub__(self, before):
        earlier = before.cache or {}
        cache = self.cache and {result: number - earlier.get(result, 0) for result, number in self.cache.items()}
        return Costs(self.queries - before.queries, self.cpu_seconds - before.cpu_seconds, self.refused - before.refused,
                     self.pool_timeouts - before.pool_timeouts, cache)  # fmt: skip


class Lab:
    """A running topology, and what scenes ask of its database."""

    def __init__(self, stage, children, topology, directory):
        self._stage = stage
        self.children = children
        self.topology = topology
        self.directory = directory

    def url(self, path=""):
        return f"http://{self.topology.nginx.endpoint()}{path}"

    def load_data(self, users, tasks):
        command = [PYTHON, "-m", "tasks.data", "--users", str(users), "--tasks", str(tasks)]
        code, output, errors = self.children.run(command, timeout=120, cwd=self.directory,
                                                 env=tasks_environment(self.topology.postgres.url()))  # fmt: skip
        if code != 0:
            raise Problem(f"app/tasks could not load its data:\n{output}{errors}")

    def count_queries(self):
        """From now on, if pg_stat_statements is preloaded. Statistics of databases have only transactions, and what idle
        connections have done since the last second is missing in them."""
        self.topology.postgres.sql("CREATE EXTENSION pg_stat_statements")

    def costs(self):
        # /proc has the time of processes that have ended with the one that has waited for them.
        ticks = machine.tree_ticks(self.topology.postgres.process.pid)
        queries = int(self._sql(QUERIES, "postgres"))
        return Costs(queries, ticks / os.sysconf("SC_CLK_TCK"), self.failures("refused"),
                     self.failures("pool_timeout"), self.cache_reads())  # fmt: skip

    def cache_reads(self):
        """{result: number} over all pgweir; None: they do not count any."""
        found = {}
        for pgweir in self.topology.pgweirs:
            for labels, value in pgweir.samples(CACHE_READS):
                result = re.search(r'result="(\w+)"', labels)[1]
                found[result] = found.get(result, 0) + int(value)
        return found or None

    def warm_up(self, path):
        """Until each replica has answered it."""
        for replica in self.topology.replicas:
            wait_for(lambda: answers(replica.port, path), SETTLE,
                     lambda: f"{replica.name} does not answer GET {path} within {SETTLE} s")  # fmt: skip

    def warm_cache(self, path):
        """Asks until the cache has answered, or WARM seconds are over."""
        deadline = time.monotonic() + WARM
        before = self.hits()
        while self.hits() == before and time.monotonic() < deadline:
            for replica in self.topology.replicas:
                answers(replica.port, path)

    def hits(self):
        return (self.cache_reads() or {}).get("hit", 0)

    def wait_until_idle(self):
        """Also what nobody waits for any more is done: its client has gone, and it still waits for a connection."""

        def busy():
            return sum(replica.samples(name)[0][1] for replica in self.topology.replicas
                       for name in ("tasks_pool_connections_in_use", "tasks_pool_waiting_requests"))  # fmt: skip

        wait_for(lambda: not busy(), SETTLE,
                 lambda: f"{busy():.0f} requests to the application do not end within {SETTLE} s")  # fmt: skip
        self._wait_until_settled()

    def version(self, user):
        """Of its row, once nothing is under way any more."""
        self.wait_until_idle()
        return int(self._sql(f"SELECT version FROM users WHERE id = {user}"))

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
        wait_for(lambda: self._sql(AT_WORK) == "0", SETTLE,
                 lambda: f"{self._sql(AT_WORK)} transactions of the application do not end within {SETTLE} s")  # fmt: skip

    def _sql(self, statement, database=None):
        """Directly, a flood that has just ended may still hold even the places that are kept for superusers."""
        deadline = time.monotonic() + SETTLE
        while True:
            try:
                return self.topology.postgres.sql(statement, database or self.topology.postgres.database)
            except Problem as problem:
                if "too many clients" not in str(problem) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def answers(port, path):
    try:
        http_get(port, path)
        return True
    except OSError:
        return False
