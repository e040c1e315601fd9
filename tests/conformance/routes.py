"""The two ways of the suite: to a PostgreSQL, and through pgweir to another one that is its like."""
import concurrent.futures
import dataclasses
import time

from kit.pgweir import Pgweir
from kit.postgres import HOST, Postgres

from .rotor import Rotor
from .suite import DATABASE


@dataclasses.dataclass
class Played:
    output: bytes
    ended: str  # what was wrong besides; empty: nothing
    seconds: float
    lent: str = ""  # how servers were lent


class Direct:
    def __init__(self, suite, door, stack):
        self._suite, self._door = suite, door
        self.postgres = stack.enter_context(Postgres())
        suite.prepare(self.postgres)
        self.port = self.postgres.port

    def play(self, names, timeout):
        """{name: Played} of scripts that run at the same time."""
        self._door.target = self.port
        with concurrent.futures.ThreadPoolExecutor(len(names)) as threads:
            played = dict(zip(names, threads.map(lambda name: self._one(name, timeout), names)))
        if any(each.ended for each in played.values()):
            self.postgres.terminate(DATABASE)
        return played

    def told(self):
        """What there is to say when all is done."""
        return ""

    def _one(self, name, timeout):
        started = time.monotonic()
        output, ended = self._suite.run(name, self._door.port, timeout)
        return Played(output, ended, time.monotonic() - started)


class Through(Direct):
    def __init__(self, suite, door, stack, chosen):
        super().__init__(suite, door, stack)
        # With fewer servers than scripts one may wait until another one ends.
        pool = {"mode": chosen.mode, "size": chosen.pool, "queue": {"max_wait": f"{chosen.timeout:g}s"}}
        self._proxy = stack.enter_context(Pgweir({
            "auth": {"method": "trust"},
            "databases": {"*": {"upstream": f"postgres://{HOST}:{self.postgres.port}", "pool": pool}},
        }))  # fmt: skip
        self.port = self._proxy.port
        self._rotor = None
        if chosen.mode == "transaction" and not chosen.still and not chosen.parallel:
            self._rotor = Rotor(self._proxy, chosen.pool)
            stack.callback(self._rotor.close)

    def told(self):
        if self._rotor is None:
            return ""
        return f"{self._rotor.all_turns} of {self._rotor.all_transactions} transactions were given another server"

    def play(self, names, timeout):
        if self._rotor:
            self._door.turn = self._rotor.turn
        played = super().play(names, timeout)
        self._door.turn = None
        last = played[names[-1]]
        if self._rotor:
            self._rotor.rest()
            last.lent = self._rotor.told()
        try:
            self._proxy.assert_at_rest()
        except TimeoutError as held:
            last.ended = "; ".join(filter(None, [last.ended, str(held)]))
        return played
