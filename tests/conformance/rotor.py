"""Servers of a pool lent in turn, though few clients ask: all but one, or a few, are held by clients in a transaction, and
before each transaction of those who ask another server becomes the one that is lent next."""
import collections
import contextlib
import threading
import time

from kit import messages
from kit.pgweir import CONSOLE_USER
from kit.rawclient import ConnectionClosed, RawClient, ServerError, error_of

LOST = (OSError, ConnectionClosed, ServerError)
# Seconds: until pgweir knows what a transaction left in its session; until whatever else it does with its server is done.
SURVEY, PATIENCE = 0.03, 0.5
HOLD = "BEGIN; SELECT 1"  # a BEGIN alone is answered without a server


class Rotor:
    """`free` servers are held by nobody: as many as the clients need at a time."""

    def __init__(self, proxy, size, free=1):
        self._proxy, self._size, self._free = proxy, size, free
        self._lock = threading.Lock()
        self._console = RawClient(proxy.port)
        self._console.startup(CONSOLE_USER, "pgweir")
        self._rings = {}  # (user, database) -> Ring
        self.transactions = self.turns = 0  # of the script
        self.pins = collections.Counter()  # transactions on the server of the one before, by reason
        self._pinned = ""  # by what, at the last look
        self.all_transactions = self.all_turns = 0  # of the scripts before

    def turn(self, user, database):
        with self._lock:
            self._turn(user, database)

    def _turn(self, user, database):
        self.transactions += 1
        pool = (user, database)
        try:
            if pool not in self._rings:
                self._rings[pool] = Ring(self._proxy.port, user, database, self._size - self._free)
                if int(self._row("POOLS", user, database)[0]["sv_active"]) < self._size - self._free:
                    raise AssertionError("no servers are held: they would not be lent in turn")
            if self._frees_one(*pool):
                self._rings[pool].turn()
                self.turns += 1
        except LOST:
            # The database or the role was dropped, or takes no more connections. A later transaction tries again.
            if ring := self._rings.pop(pool, None):
                ring.close()

    def _frees_one(self, user, database):
        """False if the client keeps its server, or its server was closed: it is given another one by itself."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < PATIENCE:
            row = self._row("POOLS", user, database)[0]
            if int(row["sv_idle"]) > 0:
                self._pinned = ""
                return True
            if int(row["sv_active"]) < self._size:
                return False
            pins = next((each["pins"] for each in self._row("CLIENTS", user, database) if each["pins"]), "")
            if pins and (pins == self._pinned or waited > SURVEY):
                self._pinned = pins
                self.pins[pins] += 1
                return False
        self.pins["?"] += 1
        return False

    def _row(self, what, user, database):
        return [row for row in self._console.table(f"SHOW {what}") if (row["user"], row["database"]) == (user, database)]

    def told(self):
        """How many transactions there were since the last time, on how many another server was lent, and why not."""
        text = f"{self.turns} of {self.transactions} turned"
        if self.pins:
            text += ", pinned: " + ", ".join(f"{reason} {count}" for reason, count in self.pins.most_common(3))
        self.all_transactions += self.transactions
        self.all_turns += self.turns
        self.transactions = self.turns = 0
        self.pins.clear()
        return text

    def rest(self):
        """Nothing is held any more."""
        for ring in self._rings.values():
            ring.close()
        self._rings.clear()

    def close(self):
        self.rest()
        self._console.terminate()


class Ring:
    def __init__(self, port, user, database, held):
        self._holding, self._spare = collections.deque(), None
        try:
            for _ in range(held):
                self._holding.append(self._login(port, user, database))
                self._holding[-1].rows(HOLD)
            self._spare = self._login(port, user, database)
        except LOST:
            self.close()
            raise

    @staticmethod
    def _login(port, user, database):
        client = RawClient(port)
        client.startup(user, database, application_name="rotor")
        return client

    def turn(self):
        self._spare.send(messages.query(HOLD))
        # Should another client have been faster, it is the server that is given back that is held again.
        self._spare.is_silent(SURVEY)
        self._holding[0].rows("COMMIT")
        if error := error_of(self._spare.until_ready()):
            raise ServerError(error)
        self._holding.append(self._spare)
        self._spare = self._holding.popleft()

    def close(self):
        for client in [*self._holding, *filter(None, [self._spare])]:
            with contextlib.suppress(LOST):
                client.query("ROLLBACK")
            client.terminate()
