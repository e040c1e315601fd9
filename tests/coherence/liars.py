"""Clients that note something other than what was true, each as a cache would make it true: whoever checks a history
must find them. `rules` is what their lie breaks."""
from . import operations, schema
from .clients import Client
from .drivers import DRIVERS

READS_OF_A_SNAPSHOT = 40


class Liar(Client):
    rules = ()
    database_user = schema.USERS[0]

    def __init__(self, name, seed, stage, stop):
        driver = DRIVERS[sum(name.encode()) % len(DRIVERS)]
        address, via = stage.address(0)
        super().__init__(f"{type(self).__name__} {name}", seed, driver, address, schema.USERS[0], via, stop)

    def connect(self):
        return self.driver(self._address(), self.database_user, "app")


class SnapshotReader(Liar):
    """Reads in a REPEATABLE READ transaction that it keeps open, as from a cache that nobody told of the writes."""

    rules = ("stale", "inversion")
    reads = staticmethod(operations.read)

    def operate(self):
        self.session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        for _ in range(READS_OF_A_SNAPSHOT):
            self.reads(self)
            self.think()
        self.session.execute("COMMIT")


class SnapshotJoiner(SnapshotReader):
    rules = ("joined",)
    reads = staticmethod(operations.read_joined)


class TimeTraveller(Liar):
    """Reads now from the database and now from a snapshot, in one session."""

    rules = ("session",)

    def operate(self):
        old = self.connect()
        try:
            old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            for _ in range(READS_OF_A_SNAPSHOT):
                operations.read_all(self)
                self.session, old = old, self.session
                self.think()
        finally:
            old.close()


class Impostor(Liar):
    """Is given the rows of another user."""

    rules = ("foreign",)
    database_user = schema.USERS[1]

    def operate(self):
        operations.read_own_rows(self)


class Forgetter(Liar):
    """Rolls increments back that it says it was told of."""

    rules = ("lost",)

    def operate(self):
        self.session.execute("BEGIN")
        operations.increment(self)
        self.session.execute("ROLLBACK")


class Hasty(Liar):
    """Acknowledges before the commit, as a proxy would that forwards CommandComplete while COMMIT is on its way."""

    rules = ("stale",)

    def operate(self):
        self.session.execute("BEGIN")
        operations.write(self)
        self.think()
        self.session.execute("COMMIT")


LIARS = (SnapshotReader, SnapshotJoiner, TimeTraveller, Impostor, Forgetter, Hasty)
