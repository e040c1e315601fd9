"""The same pgbench through pgweir and directly, and what came of it side by side."""
import dataclasses
import re

from topology.ports import HOST
from topology.postgres import MAX_CONNECTIONS, ConnectionWatch
from topology.problem import Problem
from topology.server import USER, clean_environment

WAITS = "pgweir_pool_wait_duration_seconds_bucket"
SCALE = 5  # 500,000 accounts
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

    def errors(self):
        parts = [f"{self.failed} transactions"] if self.failed else []
        parts += [f"{self.aborted} clients"] if self.aborted else []
        return ", ".join(parts) or "none"

    def wait(self):
        return f"p50 {milliseconds(self.waits[0])}, p99 {milliseconds(self.waits[1])}" if self.waits else "-"


def milliseconds(seconds):
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds * 1000:.0f} ms"


class Bench:
    """pgbench's "simple update" script: BEGIN, UPDATE, SELECT, INSERT, END, each a round trip of its own."""

    def __init__(self, children, postgres, clients, transactions):
        self._children = children
        self._postgres = postgres
        self._clients = clients
        self._transactions = transactions

    def prepare(self):
        code, _, errors = self._pgbench(self._postgres.port, "-i", "-q", "-s", str(SCALE))
        if code != 0:
            raise Problem(f"pgbench could not make its tables:\n{errors}")

    def run(self, port, pgweir=None):
        """Outcome; with `pgweir` the waits in its queue are among it."""
        before = wait_buckets(pgweir)
        with ConnectionWatch(self._postgres, self._children) as watch:
            # Not -T: that time would include the logins.
            code, output, errors = self._pgbench(port, "-n", "-N", "-M", "simple", "-j", "2", "-c", str(self._clients),
                                                 "-t", str(self._transactions))  # fmt: skip
        outcome = read_outcome(code, output, errors, self._clients)
        outcome.connections = watch.most
        outcome.waits = quantiles(before, wait_buckets(pgweir))
        return outcome

    def _pgbench(self, port, *arguments):
        command = [self._postgres.programs / "pgbench", *arguments, "-h", HOST, "-p", str(port), "-U", USER, self._postgres.database]
        environment = clean_environment(PGPASSWORD=self._postgres.password)
        return self._children.run(command, env=environment, timeout=GIVE_UP)


def read_outcome(code, output, errors, clients):
    outcome = Outcome()
    complaint = re.search(r"^pgbench: error: (.*)$", errors, re.MULTILINE)
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


def table(clients, through, direct):
    """Lines of text."""
    rows = [
        (f"{clients} clients", "through pgweir", "directly"),
        ("errors", through.errors(), direct.errors()),
        ("transactions", f"{through.transactions}", f"{direct.transactions}"),
        ("transactions per second", through.per_second, direct.per_second),
        ("mean latency", through.latency, direct.latency),
        ("server connections used", f"{through.connections}", f"{direct.connections} (of {MAX_CONNECTIONS}, "
         "3 of them for superusers)"),
        ("wait for a connection", through.wait(), direct.wait()),
    ]  # fmt: skip
    lines = [f"  {name:<25} {left:<28} {right}".rstrip() for name, left, right in rows]
    lines.insert(1, "  " + "-" * 76)
    for name, outcome in (("through pgweir", through), ("directly", direct)):
        if outcome.first_error:
            lines.append(f"  first error {name}: {outcome.first_error}")
    return lines
