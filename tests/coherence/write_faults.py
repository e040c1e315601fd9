"""Faults that strike while a write is at its commit, and before pgweir has heard what came of it."""
import contextlib
import time

from kit.waiting import wait_until

from . import operations, schema
from .drivers import Problem, RawSession
from .faults import Fault
from .history import UNKNOWN, Operation

WAITING = ("SELECT pid, client_port FROM pg_locks JOIN pg_stat_activity USING (pid)"
           " WHERE relation = 'gate'::regclass AND NOT granted")  # fmt: skip


class InCommit(Fault):
    """harm() is done while the COMMIT of a write to the vault waits; a moment later it goes on, and a moment behind that
    heal() makes the harm good. Nobody else writes to the vault, so that only this write keeps its readers off."""

    def strike(self):
        number = self.rng.randrange(len(self.stage.pgweirs))
        user = self.rng.choice(schema.USERS)
        address, via = self.stage.address(number)
        self.writer = RawSession(address(), user, self.stage.database)
        with contextlib.closing(self.stage.postgres.connect(self.stage.database)) as gate:
            gate.cursor().execute("BEGIN; LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic_ns()
            made = self._commit()
            (_, port), = wait_until(self._waiting, message="the COMMIT to wait")  # fmt: skip
            self.harm(number, port)
            self.pause()
        wait_until(lambda: not self._waiting(), message="the COMMIT to go on")
        self.pause()
        told = time.monotonic_ns() if self.writer.is_answered() else None
        self.pause()
        self.heal(number)
        self._note(made, began, told, user, via)

    def _commit(self):
        """The version that it makes, if that is known before it is over."""
        if self.rng.random() < 0.5:
            self.writer.send((operations.WRITE_VAULT, 1))
            return None
        self.writer.execute("BEGIN")
        made = self.writer.execute(operations.WRITE_VAULT, 1)
        self.writer.send(("COMMIT",))
        return made

    def _waiting(self):
        return self.stage.postgres.sql(WAITING, database=self.stage.database)

    def _note(self, made, began, told, user, via):
        """`told`: when it was known to be answered already."""
        outcome = {}
        try:
            made = self.writer.answer() or made
        except Problem:
            made, outcome = None, {"outcome": UNKNOWN}
        self.writer.close()
        self.history.append(Operation(self.name, "write", ("vault/1",), made[0] if made else (None,), began,
                                      told or time.monotonic_ns(), user=user, via=via, **outcome))  # fmt: skip

    def harm(self, number, port):
        """`port`: that of the connection between PostgreSQL and the relay in front of it."""
        raise NotImplementedError

    def heal(self, number):
        """Back to normal."""


class KillInCommit(InCommit):
    name = "pgweir is killed in a COMMIT, and starts before that is over"

    def harm(self, number, port):
        self.stage.pgweirs[number].kill()
        self.stage.pgweirs[number].start()
        # Longer than pgweir waits in any case: a cache that was on now would be filled by who has come back.
        self.rest(1.8)


class CutInCommit(InCommit):
    name = "the server's connection is reset in its COMMIT"

    def harm(self, number, port):
        self.stage.to_postgres[number].reset_one(port)
        self.rest(0.2)


class StallInCommit(InCommit):
    """Others see what was written before pgweir can know of it."""

    name = "the answers to a COMMIT and to all else are late"

    def harm(self, number, port):
        self.stage.to_postgres[number].to_client.hold = True

    def heal(self, number):
        self.stage.to_postgres[number].passes()


class ForgetInCommit(InCommit):
    """What is left to keep others from what they have of before is that the writer hears of its commit last."""

    name = "Redis loses the marks of a COMMIT, and its end arrives there late"

    def harm(self, number, port):
        self.stage.to_redis[number].to_server.hold = True
        if marks := self.stage.redis.command("KEYS", "pgweir:*:p:*"):
            self.stage.redis.command("UNLINK", *marks)

    def heal(self, number):
        self.stage.to_redis[number].passes()


class KillBehindCommit(InCommit):
    """Of pgweir that share a Redis one is killed when its write can be seen, and before its client is told. What becomes
    of the write is up to the other one, which has to notice that nobody bumps for it any more."""

    def harm(self, number, port):
        self.before = self._version()
        self.hold(number)

    def heal(self, number):
        wait_until(lambda: self._version() != self.before, message="the write to be seen")
        self.reach()
        self.stage.pgweirs[number].kill()
        self.stage.to_postgres[number].passes()
        self.stage.to_redis[number].passes()
        self.stage.pgweirs[number].start()
        wait_until(lambda: not self.in_redis("p"), message="its mark to be taken away")

    def hold(self, number):
        """What shall not come through before it is killed."""
        raise NotImplementedError

    def reach(self):
        """Waits for the step at which it is killed."""

    def _version(self):
        return self.stage.postgres.sql("SELECT version FROM vault", database=self.stage.database)

    def in_redis(self, kind):
        """What Redis has of the vault: its stamp `s` or its mark `p`."""
        ((oid,),) = self.stage.postgres.sql("SELECT 'vault'::regclass::oid", database=self.stage.database)
        redis = self.stage.redis
        return [redis.command("GET", key) for key in redis.command("KEYS", f"pgweir:*:{kind}:{oid}")]


class KillBeforeBump(KillBehindCommit):
    name = "pgweir is killed behind a commit of which it has not heard"

    def hold(self, number):
        self.stage.to_postgres[number].to_client.hold = True


class KillInBump(KillBehindCommit):
    name = "pgweir is killed behind a commit, and its bump comes late"

    def hold(self, number):
        self.stage.to_redis[number].to_server.hold = True

    def reach(self):
        self.pause()


class KillBehindBump(KillBehindCommit):
    name = "pgweir is killed behind its bump, of which it has not heard"

    def hold(self, number):
        self.stamps = self.in_redis("s")
        self.stage.to_redis[number].to_client.hold = True

    def reach(self):
        wait_until(lambda: self.in_redis("s") != self.stamps, message="the bump")


class SettleInCommit(InCommit):
    """With one pgweir, whose cache is on. A transaction of somebody else keeps the cache off until the COMMIT waits."""

    name = "the cache goes on while a COMMIT waits that began when it was off"

    def strike(self):
        with contextlib.closing(self.stage.postgres.connect(self.stage.database)) as earlier:
            self.earlier = earlier.cursor()
            self.earlier.execute("BEGIN")
            self.earlier.execute("SELECT")
            self.stage.postgres.sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                                    " WHERE application_name = 'pgweir cache'")  # fmt: skip
            wait_until(self._looked, message="pgweir to look whom it has to wait for")
            super().strike()

    def _looked(self):
        return self.stage.postgres.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'pgweir cache'"
                                       " AND query LIKE '%virtualxid%' AND state = 'idle'")  # fmt: skip

    def harm(self, number, port):
        self.earlier.execute("ROLLBACK")
        wait_until(lambda: self.stage.caches(number), message="the cache to serve")
        self.rest(0.2)


class VanishInCommit(InCommit):
    name = "a client is killed in its COMMIT"

    def harm(self, number, port):
        self.writer.vanish()


class LoseServersInCommit(Fault):
    """They wait for a standby that there is not. What they are terminated behind is committed."""

    name = "servers are terminated in COMMIT"

    def strike(self):
        self._standbys("'nobody'")
        try:
            wait_until(self._terminate, message="a COMMIT to wait for a standby")
        finally:
            self._standbys("''")

    def _standbys(self, names):
        self.stage.postgres.sql(f"ALTER SYSTEM SET synchronous_standby_names = {names}")
        self.stage.postgres.reload()

    def _terminate(self):
        return self.stage.postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")


WRITE_FAULTS = (KillInCommit, CutInCommit, StallInCommit, VanishInCommit, LoseServersInCommit)
KILLS_BEHIND_COMMIT = (KillBeforeBump, KillInBump, KillBehindBump)  # with a Redis
