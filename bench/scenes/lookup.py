"""A user is looked up as often as three replicas of app/tasks answer, and changed meanwhile: directly on PostgreSQL, with
a pgweir for each replica, and with the result cache of those switched on. Then the same with a sum over the user's
tasks."""
import dataclasses
import time

from topology.problem import Problem

from .freshness import Freshness
from .wrk import wrk

REPLICAS = 3
PATHS = ("/user/1", "/user/1/summary")
MODES = {"direct": "directly", "pooled": "a pgweir for each replica", "cached": "with the cache on"}
UNAVAILABLE = "not available in this version"
USERS, TASKS = 100, 2000
# (threads of wrk, clients, seconds)
LOADS = ((10, 100, 30), (5, 200, 60))
QUICK_LOADS = ((10, 100, 2), (5, 200, 3))
ANSWERED = ("hit", "coalesced")  # results of the cache that take no server


@dataclasses.dataclass
class Lookups:
    """Of one load on one path: what wrk saw, what it cost PostgreSQL, and what those were told who know the version."""

    mode: str
    path: str
    threads: int
    clients: int
    seconds: float
    answers: int  # of any status
    good: int
    errors: int  # answers other than 200, and broken or missing answers
    refused: int  # PostgreSQL said "too many clients"; also to those who know the version
    pool_timeouts: int  # SQLAlchemy's pool had no connection for 30 s
    rate: float  # good answers per second
    p50_ms: float  # of all answers
    p99_ms: float
    queries: int  # that reached PostgreSQL, those of the changes too
    cpu_seconds: float  # of all of PostgreSQL's processes
    cache: dict | None  # result: number of reads; None: this pgweir does not count them, or there is none
    changes: int  # acknowledged
    changes_failed: int
    reads: int  # of those who know the version
    reads_failed: int
    stale: int
    backwards: int
    claims: list = dataclasses.field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0

    @property
    def hit_rate(self):
        """The share of the reads that took no server."""
        total = sum(self.cache.values()) if self.cache else 0
        return sum(self.cache.get(result, 0) for result in ANSWERED) / total if total else None

    @property
    def cpu_ms_each(self):
        """PostgreSQL's time for one good answer, changes included."""
        return 1000 * self.cpu_seconds / self.good if self.good else None


class Lookup:
    name = "lookup"
    modes = tuple(MODES)

    def __init__(self, stage, quick, modes, progress):
        self._stage = stage
        self.loads = QUICK_LOADS if quick else LOADS
        self._progress = progress
        self.lookups = []
        self.unavailable = [mode for mode in modes if mode == "cached" and not stage.has_cache()]
        self._modes = [mode for mode in MODES if mode in modes and mode not in self.unavailable]
        if not self._modes:
            raise Problem(f"the cache is {UNAVAILABLE}, and nothing else is asked for")

    def steps(self):
        return len(self._modes) * len(PATHS) * len(self.loads)

    def run(self, look):
        """`look(lab, lookups)` is called after each load, while the lab is up."""
        for mode in self._modes:
            topology = "direct" if mode == "direct" else "sidecar"
            cache = "redis" if mode == "cached" else "off"
            with self._stage.lab(topology, REPLICAS, cache=cache, preload="pg_stat_statements") as lab:
                lab.load_data(USERS, TASKS)
                lab.count_queries()
                for path in PATHS:
                    if mode == "cached":
                        lab.warm_cache(path)
                    for load in self.loads:
                        look(lab, self._look_up(lab, mode, path, *load))

    def broken_claims(self):
        return [claim for lookups in self.lookups for claim, holds in lookups.claims if not holds]

    def _look_up(self, lab, mode, path, threads, clients, seconds):
        self._stage.check_time()
        self._progress(f"{mode}, GET {path}: {clients} clients for {seconds} s")
        lab.wait_until_idle()
        lab.warm_up(path)
        with Freshness(lab.url(), path) as fresh:
            fresh.wait_until_it_reads()
            before, started = lab.costs(), time.time()
            sent = wrk(lab.children, lab.url(path), threads, clients, seconds)
            spent, ended = lab.costs() - before, time.time()
        versions = fresh.versions
        lookups = Lookups(mode, path, threads, clients, sent.seconds, sent.answers, sent.good, sent.errors,
                          spent.refused, spent.pool_timeouts, sent.good / max(sent.seconds, 0.001), sent.p50_ms, sent.p99_ms,
                          spent.queries, spent.cpu_seconds, spent.cache, versions.changes, versions.changes_failed,
                          versions.reads, versions.reads_failed, versions.stale, versions.backwards,
                          started=started, ended=ended)  # fmt: skip
        lookups.claims = claims(lookups, versions, lab.version(1))
        self._note(lab, lookups, versions)
        return lookups

    def _note(self, lab, lookups, versions):
        self.lookups.append(lookups)
        broken = [claim for claim, holds in lookups.claims if not holds]
        for claim in broken:
            self._progress.result(f"DOES NOT HOLD: {claim}")
        if broken:
            name = f"{lookups.mode}-{lookups.path.strip('/').replace('/', '-')}-{lookups.clients}"
            kept = lab.keep_evidence(name, lookups=dataclasses.asdict(lookups), too_old=versions.examples)
            self._progress.result(f"the evidence is kept in {kept}")
        self._progress.result(summary(lookups))


def claims(lookups, versions, stored):
    """[(what is claimed, whether it holds)]. `stored` is the version that the row has at the end."""
    in_doubt = versions.sent - versions.changes
    made = [
        (f"{lookups.reads:,} reads between {lookups.changes:,} changes are held against the versions they may have",
         lookups.reads > 0 and lookups.changes > 1),
        ("no read is older than a change that was acknowledged before it began", lookups.stale == 0),
        ("no read is older than what a read before it has shown", lookups.backwards == 0),
    ]  # fmt: skip
    if lookups.mode != "direct":
        made += [
            ("no client sees an error", lookups.errors + lookups.changes_failed + lookups.reads_failed == 0),
            (f"the row has version {stored}: that of the last acknowledged change {versions.newest}, or of one of "
             f"{in_doubt} in doubt", versions.newest <= stored <= versions.newest + in_doubt),
        ]  # fmt: skip
    if lookups.mode == "cached":
        made += [
            ("the cache answers reads", (lookups.hit_rate or 0) > 0),
            ("fewer queries reach PostgreSQL than reads are answered", lookups.queries < lookups.good + lookups.reads),
        ]
    return made


def summary(lookups):
    hits = "" if lookups.hit_rate is None else f", {lookups.hit_rate:.1%} hits"
    return (f"{lookups.rate:,.0f} requests/s, {lookups.errors:,} errors, {lookups.queries:,} queries and "
            f"{lookups.cpu_seconds:.1f} s of CPU at PostgreSQL{hits}, {lookups.stale} of {lookups.reads:,} reads stale")
