"""What lookups cost."""
import dataclasses

from topology.pgweir import POOL_SIZE
from topology.postgres import MAX_CONNECTIONS

from . import plots
from .counter import RESERVED
from .freshness import CHANGES_PER_SECOND, READERS
from .lookup import MODES, REPLICAS, TASKS, UNAVAILABLE, USERS
from .report import Part, Report

NONE = "-"


def or_none(form, value):
    return NONE if value is None else form.format(value)


class LookupReport(Report):
    title = "Lookups"

    def setting(self):
        loads = " and ".join(f"wrk -t{threads} -c{clients} -d{seconds}s" for threads, clients, seconds in self.scene.loads)
        return (f"PostgreSQL with max_connections={MAX_CONNECTIONS}, {RESERVED} of them for superusers, and {USERS} users "
                f"with {TASKS:,} tasks each; {REPLICAS} replicas of app/tasks with SQLAlchemy's default pool (5 + 10), "
                f"nginx in front; a pool of {POOL_SIZE} in each pgweir. {loads}; meanwhile user 1 is changed "
                f"{CHANGES_PER_SECOND} times a second, and read by {READERS} clients that know which version they have to "
                "be shown. Requests/s are good answers, p50 and p99 are of all; queries and CPU time are those that "
                "reached PostgreSQL, changes included. Everything and the load on one machine.")  # fmt: skip

    def parts(self):
        return [Part("What lookups cost", self._columns(), self.scene.lookups, plots.lookups)]

    def found(self):
        shown = [dataclasses.asdict(each) | {"hit_rate": each.hit_rate} for each in self.scene.lookups]
        return {"lookups": shown, "unavailable": self.scene.unavailable}

    def remarks(self):
        return [f"{MODES[mode].capitalize()}: {UNAVAILABLE}." for mode in self.scene.unavailable]

    def where(self, result):
        return f"{MODES[result.mode]}, GET {result.path}, {result.clients} clients"

    def _columns(self):
        return {
            "mode": lambda each: MODES[each.mode],
            "GET": lambda each: each.path,
            "clients": lambda each: f"{each.clients}",
            "good answers": lambda each: f"{each.good:,}",
            "errors": lambda each: f"{each.errors:,}",
            "too many clients": lambda each: f"{each.refused:,}",
            "pool timeouts": lambda each: f"{each.pool_timeouts:,}",
            "requests/s": lambda each: f"{each.rate:,.0f}",
            "to direct": lambda each: or_none("{:.2f}", self._to_direct(each)),
            "p50": lambda each: f"{each.p50_ms:,.1f} ms",
            "p99": lambda each: f"{each.p99_ms:,.0f} ms",
            "queries": lambda each: f"{each.queries:,}",
            "CPU": lambda each: f"{each.cpu_seconds:.1f} s",
            "CPU for each": lambda each: or_none("{:.2f} ms", each.cpu_ms_each),
            "hits": lambda each: or_none("{:.1%}", each.hit_rate),
            "changes": lambda each: f"{each.changes:,}",
            "reads checked": lambda each: f"{each.reads:,}",
            "stale": lambda each: f"{each.stale:,}",
            "new, then old": lambda each: f"{each.backwards:,}",
        }

    def _to_direct(self, lookups):
        for each in self.scene.lookups:
            if (each.mode, each.path, each.clients) == ("direct", lookups.path, lookups.clients) and each.rate:
                return lookups.rate / each.rate
        return None
