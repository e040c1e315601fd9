"""Clients increment a counter through replicas of app/tasks, directly on PostgreSQL and through pgweir, also while parts
are killed. One hit is one transaction, which adds one to the counter and stores the hit's id."""
import dataclasses
import time

from topology.pgweir import POOL_SIZE
from topology.postgres import MAX_CONNECTIONS, ConnectionWatch

from . import ledger
from .load import Hits, ab

MODES = {"direct": "directly", "service": "through pgweir", "sidecar": "a pgweir for each replica"}
RESERVED = 3  # of MAX_CONNECTIONS, for superusers
OUTAGE = 1.0  # seconds between a kill and the restart
AB_SECONDS = 600
# Directly most clients wait for 30 s time and again: what they see is seen after a while.
AB_SECONDS_DIRECT = 60


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is run in one mode: `floods` are (replicas, hits, clients)."""

    mode: str
    floods: tuple
    kills: tuple = ()  # (replicas, hits, clients)


def plans(quick):
    if quick:
        return (
            Plan("direct", ((1, 1000, 50), (3, 1000, 50))),
            Plan("service", ((1, 1000, 50), (1, 1000, 100), (3, 1000, 50), (5, 1000, 100), (5, 3000, 500)),
                 (3, 3000, 100)),
            # One sidecar first, which takes what it wants; the others find few places, and get their shares.
            Plan("sidecar", ((1, 1000, 100), (3, 1000, 100), (5, 3000, 500)), (3, 3000, 100)),
        )  # fmt: skip
    floods = tuple((replicas, *size) for replicas in (1, 3, 5) for size in ((1000, 50), (1000, 100), (100_000, 500)))
    kills = (3, 10_000, 100)
    return Plan("direct", floods), Plan("service", floods, kills), Plan("sidecar", floods, kills)


@dataclasses.dataclass
class Flood:
    """ab's hits, and what the database and the replicas say about them."""

    mode: str
    replicas: int
    requested: int
    sent: int  # fewer than requested where the time was up
    clients: int
    acknowledged: int
    errors: int  # answers other than 200, and broken or missing answers
    refused: int  # of the errors: PostgreSQL said "too many clients"
    pool_timeouts: int  # of the errors: SQLAlchemy's pool had no connection for 30 s
    counter: int
    ids: int
    connections: int  # the most at a time
    rate: float  # acknowledged hits per second
    seconds: float
    p50_ms: int
    p99_ms: int
    longest_ms: int
    claims: list = dataclasses.field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0

    @property
    def missing(self):
        """Of those that were sent. (What was on its way when the time was up may have been counted.)"""
        return max(0, self.sent - self.counter)


@dataclasses.dataclass
class Kill:
    """Hits of clients that keep a ledger, while one part is killed and brought back."""

    mode: str
    replicas: int
    requested: int
    clients: int
    victim: str
    acknowledged: int
    refused: int
    in_doubt: int
    counter: int
    ids: int
    killed: float  # seconds from the first hit on
    back: float  # it serves again
    timeline: list  # [[second, acknowledged, not acknowledged]], in steps of STEP
    claims: list = dataclasses.field(default_factory=list)


STEP = 0.25  # seconds


class Counter:
    name = "counter"
    modes = tuple(MODES)

    def __init__(self, stage, quick, modes, progress):
        self._stage = stage
        self._plans = [plan for plan in plans(quick) if plan.mode in modes]
        self._progress = progress
        self.floods = []
        self.kills = []

    def steps(self):
        return sum(len(plan.floods) + (3 if plan.kills else 0) for plan in self._plans)

    def run(self, look):
        """`look(lab, flood)` is called after each flood through pgweir, while the lab is up."""
        for plan in self._plans:
            with self._stage.lab(plan.mode, plan.floods[0][0]) as lab:
                for replicas, requests, clients in plan.floods:
                    lab.topology.scale(replicas)
                    flood = self._flood(lab, plan.mode, replicas, requests, clients)
                    if plan.mode != "direct":
                        look(lab, flood)
                if plan.kills:
                    self._run_kills(lab, plan)

    def broken_claims(self):
        return [claim for result in self.floods + self.kills for claim, holds in result.claims if not holds]

    def _flood(self, lab, mode, replicas, requests, clients):
        self._stage.check_time()
        self._progress(f"{mode}, app={replicas}: {requests:,} hits from {clients} clients")
        lab.reset()
        before = [lab.failures(reason) for reason in ("refused", "pool_timeout")]
        started = time.time()
        limit = AB_SECONDS_DIRECT if mode == "direct" else AB_SECONDS
        with ConnectionWatch(lab.topology.postgres, lab.children) as watch:
            sent = ab(lab.children, lab.directory, lab.url("/hit"), requests, clients, limit)
        ended = time.time()
        stored = lab.stored()
        refused, timeouts = (lab.failures(reason) - count
                             for reason, count in zip(("refused", "pool_timeout"), before))  # fmt: skip
        flood = Flood(mode, replicas, requests, sent.complete, clients, sent.acknowledged, sent.failed + sent.not_200,
                      refused, timeouts, stored.value, len(stored.ids), watch.most, sent.acknowledged / max(sent.seconds, 0.001),
                      sent.seconds, sent.p50_ms, sent.p99_ms, sent.longest_ms,
                      started=started, ended=ended)  # fmt: skip
        if mode != "direct":
            flood.claims = flood_claims(flood)
        self._note(lab, self.floods, flood, f"flood-{mode}-{replicas}-{requests}-{clients}",
                   flood=dataclasses.asdict(flood))  # fmt: skip
        return flood

    def _run_kills(self, lab, plan):
        replicas, requests, clients = plan.kills
        lab.topology.scale(replicas)
        for victim in (lab.topology.pgweirs[-1], lab.topology.replicas[-1], lab.topology.postgres):
            self._kill(lab, plan.mode, victim, requests, clients)

    def _kill(self, lab, mode, victim, requests, clients):
        self._stage.check_time()
        replicas = len(lab.topology.replicas)
        self._progress(f"{mode}, app={replicas}: {requests:,} hits from {clients} clients, {victim.name} is killed")
        lab.reset()
        started = time.time()
        with Hits(lab.url("/hit"), requests, clients) as hits:
            hits.wait_for(requests // 4)
            killed = time.time()
            victim.kill()
            time.sleep(OUTAGE)
            victim.restart()
            back = time.time()
        stored, told = lab.stored(), hits.ledger
        kill = Kill(mode, replicas, requests, clients, victim.name, len(told.acknowledged), len(told.refused),
                    len(told.in_doubt), stored.value, len(stored.ids), killed - started, back - started,
                    timeline(told.outcomes, started))  # fmt: skip
        last = max((outcome.at for outcome in told.outcomes if outcome.kind == ledger.ACKNOWLEDGED), default=started)
        kill.claims = [
            *ledger.claims(told, stored),
            ("every hit was answered, refused or in doubt", len(told.outcomes) == requests),
            ("it was killed while hits were on their way, and hits were acknowledged after it was back",
             killed < back < last),
        ]  # fmt: skip
        self._note(lab, self.kills, kill, f"kill-{mode}-{victim.name}", differences=told.differences(stored))

    def _note(self, lab, results, result, name, **evidence):
        results.append(result)
        broken = [claim for claim, holds in result.claims if not holds]
        for claim in broken:
            self._progress.result(f"DOES NOT HOLD: {claim}")
        if broken:
            self._progress.result(f"the evidence is kept in {lab.keep_evidence(name, **evidence)}")
        self._progress.result(summary(result))


def flood_claims(flood):
    allowed = POOL_SIZE if flood.mode == "service" else MAX_CONNECTIONS - RESERVED
    return [
        ("no client sees an error", flood.errors == 0),
        (f"exact: counter {flood.counter} = distinct ids {flood.ids} = acknowledged {flood.acknowledged} = requested "
         f"{flood.requested}", flood.counter == flood.ids == flood.acknowledged == flood.requested),
        (f"{flood.connections} server connections at most, {allowed} allowed", 0 < flood.connections <= allowed),
    ]  # fmt: skip


def timeline(outcomes, started):
    counts = {}
    for outcome in outcomes:
        step = counts.setdefault(int((outcome.at - started) / STEP), [0, 0])
        step[0 if outcome.kind == ledger.ACKNOWLEDGED else 1] += 1
    last = max(counts, default=-1)
    return [[step * STEP, *counts.get(step, [0, 0])] for step in range(last + 1)]


def summary(result):
    if isinstance(result, Kill):
        return (f"{result.acknowledged:,} acknowledged, {result.in_doubt:,} in doubt, {result.refused:,} refused; the "
                f"counter says {result.counter:,}")  # fmt: skip
    sent = "" if result.sent == result.requested else f"{result.sent:,} sent when the time was up, "
    if result.errors == 0 and result.missing == 0:
        return f"{sent}exact, no error, {result.rate:.0f} hits/s"
    return f"{sent}{result.errors:,} errors ({result.refused:,} refused connections), {result.missing:,} hits missing"
