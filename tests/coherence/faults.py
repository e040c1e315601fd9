"""What goes wrong during a workload. A fault harms a stage and makes good again what it has done; a schedule strikes
now and then, with one of its faults, until it is stopped."""
import random
import threading
import time

OUTAGE = 0.3  # seconds, at most


class Fault:
    """`name`; strike() returns when all is as before, or coming to be. `rest` waits, and is cut short by the end.
    What it writes itself it appends to `history`."""

    def __init__(self, stage, rng, rest):
        self.stage, self.rng, self.rest = stage, rng, rest
        self.history = []

    def pause(self):
        self.rest(self.rng.random() * OUTAGE)


class KillPgweir(Fault):
    name = "pgweir is killed"

    def strike(self):
        pgweir = self.rng.choice(self.stage.pgweirs)
        pgweir.kill()
        self.pause()
        pgweir.start()


class RestartPostgres(Fault):
    name = "PostgreSQL restarts"

    def strike(self):
        self.stage.postgres.stop(self.rng.choice(["fast", "immediate"]))
        self.pause()
        self.stage.postgres.start()


class LoseServers(Fault):
    name = "servers are terminated"

    def strike(self):
        self.stage.postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'app'"
                                " AND pid <> pg_backend_pid() AND random() < 0.5")  # fmt: skip


class CutNetwork(Fault):
    """Between one pgweir and PostgreSQL: what was on its way may have arrived or not."""

    name = "the network to PostgreSQL is cut"

    def relays(self):
        return self.stage.to_postgres

    def strike(self):
        relay = self.rng.choice(self.relays())
        relay.refuse = True
        self.rng.choice([relay.cut, relay.reset])()
        self.pause()
        relay.passes()


class StallNetwork(CutNetwork):
    """Nothing passes for a while, in one direction or in both; then everything does."""

    name = "the network to PostgreSQL stalls"

    def strike(self):
        relay = self.rng.choice(self.relays())
        for flow in self.rng.choice([[relay.to_server], [relay.to_client], [relay.to_server, relay.to_client]]):
            flow.hold = True
        self.pause()
        relay.passes()


class LoseBytes(CutNetwork):
    """What is sent in one direction disappears; then the connections are reset."""

    name = "the network to PostgreSQL loses what is sent"

    def strike(self):
        relay = self.rng.choice(self.relays())
        self.rng.choice([relay.to_server, relay.to_client]).swallow = True
        self.pause()
        relay.refuse = True
        relay.reset()
        relay.passes()


DATABASE_FAULTS = (KillPgweir, RestartPostgres, LoseServers, CutNetwork, StallNetwork, LoseBytes)


class Schedule(threading.Thread):
    """Strikes every `every` seconds or so, each fault in turn and in an order of its own, and not before caches are in
    use, in the beginning and behind each fault. `struck` is what was done."""

    def __init__(self, stage, faults, seed, every):
        super().__init__(name="faults", daemon=True)
        self.rng = random.Random(f"{seed} faults")
        self._stage = stage
        self.struck = []  # (time.monotonic(), name)
        self.failure = None
        self.each_once = threading.Event()
        self._over = threading.Event()
        self._every = every
        self._faults = [fault(stage, self.rng, self._over.wait) for fault in faults]
        if not faults:
            self.each_once.set()

    def run(self):
        try:
            if self._faults:
                self._stage.wait_for_caches()
            while self._faults:
                for fault in self.rng.sample(self._faults, len(self._faults)):
                    if self._over.wait(self._every * (0.5 + self.rng.random())):
                        return
                    self.struck.append((time.monotonic(), fault.name))
                    fault.strike()
                    self._stage.wait_for_caches()
                self.each_once.set()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    @property
    def history(self):
        return [operation for fault in self._faults for operation in fault.history]

    def stop(self):
        """Returns when all is in order again."""
        self._over.set()
        self.join()
