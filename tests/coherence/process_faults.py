"""Faults of whole processes: pgweir that end at chosen moments, and pgweir that come and go."""
import contextlib
import threading
import time

from kit.waiting import wait_until

from . import operations, schema
from .drivers import Problem, RawSession
from .faults import Fault
from .history import UNKNOWN, Operation


class KillAtSteps(Fault):
    """Needs a program with fault points (proxy/net/fault_points.hpp)."""

    name = "pgweir ends at each step between a COMMIT and its answer"
    # From COMMIT on its way to a server to its answer at the client.
    steps = ("request_due", "request_forwarded", "transport_read", "transport_write", "reply_relayed")

    def strike(self):
        pgweir = self.rng.choice(self.stage.pgweirs)
        environment = pgweir.environment or {}
        for step in self.rng.sample(self.steps, len(self.steps)):
            pgweir.kill()
            pgweir.environment = environment | {"PGWEIR_FAULTS": f"{step}=kill:{self.rng.randint(100, 2000)}"}
            pgweir.start(wait=False)
            pgweir.wait()
            pgweir.environment = environment
            pgweir.start()
            self.stage.wait_for_caches()


class KillAtRedis(KillAtSteps):
    """What is on its way to Redis then are look-ups, replies to be kept, marks and bumps."""

    name = "pgweir ends before and behind what it sends to Redis"
    steps = ("redis_due", "redis_sent")


class ComeAndGo(Fault):
    """Of two pgweir that do not know of each other: who is alone caches, and both are slow else."""

    name = "a pgweir leaves, and comes back when the other one caches"

    def strike(self):
        going = self.rng.randrange(2)
        self._both_rest()
        self.rng.choice([self.stage.pgweirs[going].kill, self.stage.pgweirs[going].stop])()
        self.stage.wait_for_hits(1 - going)
        self.pause()
        self._come_unheard(going)
        self._both_rest()

    def _come_unheard(self, number):
        """Whoever caches learns of it late, and nothing may have been written before."""
        other = self.stage.to_postgres[1 - number]
        other.to_client.hold = True
        self.stage.pgweirs[number].start()
        writer = threading.Thread(target=self._write, args=[number])
        writer.start()
        self.rest(0.7)
        other.passes()
        writer.join()

    def _write(self, number):
        address, via = self.stage.address(number)
        began, told = time.monotonic_ns(), {"outcome": UNKNOWN}
        with contextlib.suppress(Problem):
            session = RawSession(address(), schema.USERS[0], self.stage.database)
            session.execute(operations.WRITE_VAULT, 1)
            told = {}
            session.close()
        self.history.append(Operation(self.name, "write", ("vault/1",), (None,), began, time.monotonic_ns(), via=via, **told))

    def _both_rest(self):
        both = range(2)
        wait_until(lambda: not any(map(self.stage.caches, both)), message="both to stop caching")
        before = list(map(self.stage.hits, both))
        self.pause()
        assert list(map(self.stage.hits, both)) == before, "hits while there are two"
