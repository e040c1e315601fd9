"""The same pgbench in several ways, and what came of it side by side."""
import dataclasses
import re

from topology.ports import HOST
from topology.postgres import MAX_CONNECTIONS, ConnectionWatch
from topology.problem import Problem
from topology.server import USER, clean_environment

WAITS = "pgweir_pool_wait_duration_seconds_bucket"
READS = "pgweir_cache_requests_total"
ANSWERED = ("hit", "coalesced")  # what takes no server
SCALE = 5  # 500,000 accounts
# A shop: somebody pays, and looks at a page of the catalogue, of which some are looked at much more than others.
TABLES = """
    CREATE TABLE product (id int PRIMARY KEY, category int NOT NULL, price int NOT NULL);
    INSERT INTO product SELECT id, id % 20 + 1, id % 997 FROM generate_series(1, 100000) AS id;
    CREATE INDEX ON product (category);
    ANALYZE product
"""
# pgbench's "simple update", and one read behind it. Each line is a round trip of its own.
SCRIPT = r"""\set aid random(1, 100000 * :scale)
\set bid random(1, 1 * :scale)
\set tid random(1, 10 * :scale)
\set delta random(-5000, 5000)
\set category random_zipfian(1, 20, 1.5)
BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (:tid, :bid, :aid, :delta, CURRENT_TIMESTAMP);
END;
SELECT count(*), min(price), max(price), avg(price) FROM product WHERE category = :category;
"""
GIVE_UP = 300  # seconds


@dataclasses.dataclass
class Outcome:
    transactions: int = 0
    failed: int = 0  # transactions that ended with an error
    aborted: int = 0  # clients that could not go on, or could not even connect
    first_error: str = ""
    latency: str = "-"
    per_second: str = "-"
    connections: int = 0
    waits: tuple = ()
    hits: float | None = None  # share of the reads that the cache was asked for; None: there is no cache

    def errors(self):
        parts = [f"{self.failed} transactions"] if self.failed else []
        parts += [f"{self.aborted} clients"] if self.aborted else []
        return ", ".join(parts) or "none"

    def wait(self):
        return f"p50 {milliseconds(self.waits[0])}, p99 {milliseconds(self.waits[1])}" if self.waits else "-"

    def answered(self):
        return "-" if self.hits is None else f"{self.hits:.0%}"


def milliseconds(seconds):
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds * 1000:.0f} ms"


class Bench:
    """Runs SCRIPT."""

    def __init__(self, children, postgres, directory, clients, transactions):
        self._children = children
        self._postgres = postgres
        self._script = directory / "shop.sql"
        self._clients = clients
        self._transactions = transactions

    def prepare(self):
        code, _, errors = self._pgbench(self._postgres.port, "-i", "-q", "-s", str(SCALE))
        if code != 0:
            raise Problem(f"pgbench could not make its tables:\n{errors}")
        self._postgres.sql(f"SET ROLE {USER};{TABLES}", self._postgres.database)
        self._script.write_text(SCRIPT, encoding="utf-8")

    def run(self, port, pgweir=None):
        """Outcome; with `pgweir` the waits in its queue are among it, and what its cache has answered."""
        before, reads = wait_buckets(pgweir), cache_reads(pgweir)
        with ConnectionWatch(self._postgres, self._children) as watch:
            # Not -T: that time would include the logins.
            code, output, errors = self._pgbench(port, "-n", "-f", self._script, "-s", str(SCALE), "-M", "simple", "-j",
                                                 "2", "-c", str(self._clients), "-t", str(self._transactions))  # fmt: skip
        outcome = read_outcome(code, output, errors, self._clients)
        outcome.connections = watch.most
        outcome.waits = quantiles(before, wait_buckets(pgweir))
        outcome.hits = hits(reads, cache_reads(pgweir))
        return outcome

    def _pgbench(self, port, *arguments):
        command = [self._postgres.programs / "pgbench", *arguments, "-h", HOST, "-p", str(port), "-U", USER, self._postgres.database]
        environment = clean_environment(PGPASSWORD=self._postgres.password)
        return self._children.run(command, env=environment, timeout=GIVE_UP)


def read_outcome(code, output, errors, clients):
    outcome = Outcome()
    complaint = re.search(r"^(?:pgbench: error: )+(.*)$", errors, re.MULTILINE)  # by two threads at once
    outcome.first_error = complaint.group(1) if complaint else ""
    if found := re.search(r"transactions actually processed: (\d+)", output):
        outcome.transactions = int(found.group(1))
        outcome.failed = int(re.search(r"number of failed transactions: (\d+)", output).group(1))
        outcome.aborted = len(re.findall(r"client \d+ (?:script \d+ )?aborted", errors))
        if found := re.search(r"latency average = (.*)", output):
            outcome.latency = found.group(1)
        if found := re.search(r"^tps = ([\d.]+)", output, re.MULTILINE):
            outcome.per_second = f"{float(found.group(1)):.0f}"
    elif code != 0:
        # pgbench gives up as a whole when one of its clients cannot connect.
        outcome.aborted = clients
    return outcome


def wait_buckets(pgweir):
    """Upper bound in seconds -> number of waits up to it, over all pools."""
    buckets = {}
    for labels, value in pgweir.samples(WAITS) if pgweir else []:
        bound = float(re.search(r'le="([^"]*)"', labels).group(1))
        buckets[bound] = buckets.get(bound, 0) + value
    return buckets


def cache_reads(pgweir):
    """Result -> number of reads, over all pools."""
    found = {}
    for labels, value in pgweir.samples(READS) if pgweir else []:
        result = re.search(r'result="([^"]*)"', labels).group(1)
        found[result] = found.get(result, 0) + value
    return found


def hits(before, after):
    total = sum(after.values()) - sum(before.values())
    return sum(after.get(result, 0) - before.get(result, 0) for result in ANSWERED) / total if total else None


def quantiles(before, after, wanted=(0.5, 0.99)):
    """Within a bucket waits are taken to be spread evenly, as Prometheus does."""
    counts = sorted((bound, value - before.get(bound, 0)) for bound, value in after.items())
    if not counts or counts[-1][1] == 0:
        return ()
    found = []
    for share in wanted:
        rank, lower, below = share * counts[-1][1], 0.0, 0.0
        for bound, value in counts:
            if value >= rank:
                inside = (rank - below) / (value - below) if value > below else 1
                found.append(lower if bound == float("inf") else lower + (bound - lower) * inside)
                break
            lower, below = bound, value
    return tuple(found)


def table(clients, outcomes):
    """Lines of text. `outcomes`: {title of the column: Outcome}"""
    rows = {
        f"{clients} clients": lambda title, outcome: title,
        "errors": lambda title, outcome: outcome.errors(),
        "transactions": lambda title, outcome: f"{outcome.transactions}",
        "transactions per second": lambda title, outcome: outcome.per_second,
        "mean latency": lambda title, outcome: outcome.latency,
        "server connections used": lambda title, outcome: f"{outcome.connections}",
        "wait for a connection": lambda title, outcome: outcome.wait(),
    }  # fmt: skip
    if any(outcome.hits is not None for outcome in outcomes.values()):
        rows["reads from the cache"] = lambda title, outcome: outcome.answered()
    lines = [f"  {name:<25} " + "".join(f"{cell(title, outcome):<28} " for title, outcome in outcomes.items()).rstrip()
             for name, cell in rows.items()]  # fmt: skip
    lines.insert(1, "  " + "-" * max(map(len, lines)))
    lines.append(f"  PostgreSQL has {MAX_CONNECTIONS} connections, 3 of them for superusers")
    lines += [f"  first error {title}: {outcome.first_error}" for title, outcome in outcomes.items() if outcome.first_error]
    return lines
