"""Two pgweir without a Redis, each with a cache in its own memory: only one of them may use it at a time, and an
advisory lock in PostgreSQL says which.

Who caches holds the lock exclusively. Who finds it taken notifies the holder, and forwards nothing before it has the
lock in shared mode. The lock is asked for by a connection of its own, which may be lost. What is not modelled here is
as in the fleet: an entry has the stamp that was read before its query, and writes mark, commit, bump and clear.
"""
import dataclasses
from typing import NamedTuple

from .explore import in_any_order, replaced
from .promises import Needs, broken_by

WRITE = ("mark", "commit", "bump", "clear")
COMMIT_AT, BUMP_AT, DONE_AT = WRITE.index("commit"), WRITE.index("bump"), len(WRITE)
FORWARDS = ("shared", "settling", "exclusive", "between")  # modes in which transactions may begin


@dataclasses.dataclass(frozen=True)
class Protocol:
    """The chosen one. A mutant differs in one field."""

    hands_over: bool = True  # or both use their memory
    waits_for_lock: bool = True  # before anything is forwarded
    exchanges_in_place: bool = True  # the other mode of the lock is taken before the one that is held is released
    new_stamps: bool = True  # when it is switched on; or as after a start
    always_marks: bool = True  # also while its cache is off
    settles: bool = True  # the cache stays off until nothing runs that was begun without the lock
    lease: bool = False  # nobody profits from a lock that was lost before the loser must have noticed


@dataclasses.dataclass(frozen=True)
class Setting:
    writers: tuple
    readers: tuple
    faults: tuple = ()  # "crash", "lock lost"
    budget: int = 0


class Writer(NamedTuple):
    via: int
    at: int = 0
    opened: bool = False  # its transaction has begun
    marked: bool = False
    life: str = "alive"  # "orphan", "dead"
    version: int = 0


class Reader(NamedTuple):
    via: int
    left: int = 1
    step: str = "idle"
    stamp: int = 0
    last: int = 0


class Pgweir(NamedTuple):
    mode: str = "new"  # "asking" for the lock, "shared", "settling", "exclusive", "between" locks, "left", "dead"
    lock: str = ""  # what PostgreSQL knows it to hold
    stamp: int = 1
    entry: tuple | None = None  # (stamp, value)


class World(NamedTuple):
    db: int
    acked: int
    seen: int
    pgweirs: tuple
    fills: tuple  # (via, stamp, value) on their way
    writers: tuple
    readers: tuple
    faults: int


class Alone:
    def __init__(self, protocol, setting):
        self.protocol, self.setting = protocol, setting

    def start(self):
        return World(0, 0, 0, (Pgweir(), Pgweir()), (), self.setting.writers, self.setting.readers, self.setting.budget)

    def steps(self, world):
        """(label, next world, broken promises)"""
        for label, following, breaks in self._all_steps(world):
            yield label, self._tidied(following), breaks

    def _tidied(self, world):
        """The same world, with what makes no difference left out: what cannot match any more, and old versions."""
        writers = tuple(writer._replace(version=0) if writer.at > BUMP_AT or writer.life == "dead" else writer
                        for writer in world.writers)  # fmt: skip
        world = world._replace(writers=writers, fills=in_any_order(set(world.fills)))
        if not self.protocol.new_stamps:
            return world
        live = [pgweir.stamp if pgweir.mode == "exclusive" else None for pgweir in world.pgweirs]
        return world._replace(
            pgweirs=tuple(pgweir if pgweir.mode == "exclusive" else pgweir._replace(stamp=0, entry=None)
                          for pgweir in world.pgweirs),
            fills=tuple(fill for fill in world.fills if fill[1] == live[fill[0]]),
            readers=tuple(reader if reader.stamp == live[reader.via] else reader._replace(stamp=0)
                          for reader in world.readers),
        )  # fmt: skip

    def _all_steps(self, world):
        for via, pgweir in enumerate(world.pgweirs):
            for label, following in self._pgweir_steps(world, via, pgweir, world.pgweirs[1 - via]):
                yield f"pgweir {via} {label}", following, ()
        for index, writer in enumerate(world.writers):
            for label, following in self._writer_steps(world, index, writer):
                yield f"write through pgweir {writer.via}: {label}", following, ()
        for index, reader in enumerate(world.readers):
            for label, following, breaks in self._reader_steps(world, index, reader):
                yield f"read through pgweir {reader.via}: {label}", following, breaks
        for number, fill in enumerate(world.fills):
            rest = world._replace(fills=world.fills[:number] + world.fills[number + 1 :])
            yield "an entry is kept", self._filled(rest, *fill), ()

    # The lock

    def _pgweir_steps(self, world, via, pgweir, other):
        become = lambda **changes: self._with(world, via, **changes)  # noqa: E731
        if pgweir.mode == "new":
            if not self.protocol.hands_over:
                yield "starts and caches", become(mode="exclusive")
            elif not other.lock:
                yield "starts and has the lock", self._switched_on(world, via)
            else:
                yield "starts, finds the lock taken and notifies", become(mode="asking")
        elif pgweir.mode == "asking" and other.lock != "exclusive":
            yield "shares the lock", become(mode="shared", lock="shared")
        elif pgweir.mode == "between":
            yield from self._out_of_between(world, via, other)
        elif pgweir.mode == "settling" and self._settled(world, via, other):
            yield "switches its cache on", self._caching(world, via)
        if pgweir.mode in ("settling", "exclusive") and pgweir.lock and other.mode == "asking":
            yield "is notified and switches its cache off", self._switched_off(world, via)
        if pgweir.mode == "shared" and pgweir.lock and not other.lock:
            in_place = self.protocol.exchanges_in_place
            yield "is alone", self._switched_on(world, via) if in_place else become(mode="between", lock="")
        if pgweir.mode in FORWARDS and self.protocol.hands_over and pgweir.mode != "between":
            if not pgweir.lock:
                yield "notices that its lock is lost", become(mode="asking", entry=None)
            elif "lock lost" in self.setting.faults and world.faults:
                yield "loses its lock", self._with(world._replace(faults=world.faults - 1), via, lock="")
        yield from self._ends(world, via, pgweir)

    def _ends(self, world, via, pgweir):
        if pgweir.mode == "dead":
            yield "is started again", self._with(world, via, mode="new")
        elif pgweir.mode in FORWARDS:
            if not self._busy(world, via):
                yield "ends in good order", self._gone(world, via, "left")
            if "crash" in self.setting.faults and world.faults:
                yield from self._crashes(world._replace(faults=world.faults - 1), via)

    def _out_of_between(self, world, via, other):
        if not other.lock:
            yield "tries for the lock and has it", self._switched_on(world, via)
        if other.lock != "exclusive":
            yield "shares the lock again", self._with(world, via, mode="shared", lock="shared")

    def _switched_on(self, world, via):
        world = self._with(world, via, mode="settling", lock="exclusive")
        return world if self.protocol.settles else self._caching(world, via)

    def _caching(self, world, via):
        return self._with(world, via, mode="exclusive", stamp=self._new_stamp(world) if self.protocol.new_stamps else 1)

    def _switched_off(self, world, via):
        mode, lock = ("shared", "shared") if self.protocol.exchanges_in_place else ("between", "")
        return self._with(world, via, mode=mode, lock=lock, entry=None)

    def _settled(self, world, via, other):
        """Each other backend has been seen idle, waiting for its client: whatever was begun before is over."""
        running = any(writer.via != via and writer.life == "alive" and writer.opened and writer.at < DONE_AT
                      or writer.life == "orphan" for writer in world.writers)  # fmt: skip
        return not running and not self._too_early(other)

    def _too_early(self, other):
        """With a lease: the other one may still act by a lock that it has lost."""
        return self.protocol.lease and other.mode in FORWARDS and not other.lock

    @staticmethod
    def _busy(world, via):
        return any(writer.via == via and writer.life == "alive" and writer.opened and writer.at < DONE_AT
                   for writer in world.writers) or any(
                       reader.via == via and reader.step != "idle" for reader in world.readers)  # fmt: skip

    def _gone(self, world, via, mode):
        fills = tuple(fill for fill in world.fills if fill[0] != via)
        readers = tuple(reader._replace(left=0, step="idle", stamp=0) if reader.via == via else reader
                        for reader in world.readers)  # fmt: skip
        # What it remembered is gone with it.
        return self._with(world._replace(fills=fills, readers=readers), via, mode=mode, lock="", entry=None, stamp=1)

    def _crashes(self, world, via):
        behind_commit = [index for index, writer in enumerate(world.writers)
                         if writer.via == via and writer.life == "alive" and writer.at == COMMIT_AT]  # fmt: skip
        yield "is killed", self._crashed(world, via, orphans=())
        if behind_commit:
            yield "is killed behind COMMIT", self._crashed(world, via, orphans=behind_commit)

    def _crashed(self, world, via, orphans):
        writers = tuple(self._abandoned(writer, index in orphans) if writer.via == via and writer.opened else writer
                        for index, writer in enumerate(world.writers))  # fmt: skip
        return self._gone(world._replace(writers=writers), via, "dead")

    @staticmethod
    def _abandoned(writer, orphan):
        return writer._replace(life="orphan" if orphan else "dead", marked=False)

    # Writers

    def _writer_steps(self, world, index, writer):
        pgweir = world.pgweirs[writer.via]
        if writer.life == "orphan":
            yield "COMMIT arrives though its pgweir is dead", self._committed(world, index, writer, life="dead")
        elif writer.life == "dead" or writer.at == DONE_AT:
            return
        elif not writer.opened:
            if self._forwards(world, writer.via):
                yield "BEGIN, UPDATE", self._writes(world, index, writer, opened=True)
        elif WRITE[writer.at] == "mark":
            marks = self.protocol.always_marks or pgweir.mode == "exclusive"
            yield "mark", self._writes(world, index, writer, at=writer.at + 1, marked=marks)
        elif WRITE[writer.at] == "commit":
            yield "commit", self._committed(world, index, writer, at=writer.at + 1)
        elif WRITE[writer.at] == "bump":
            bumps = self.protocol.always_marks or writer.marked
            following = self._with(world, writer.via, stamp=self._new_stamp(world)) if bumps else world
            following = following._replace(acked=max(world.acked, writer.version))
            yield "bump", self._writes(following, index, writer, at=writer.at + 1)
        else:
            yield "clear", self._writes(world, index, writer, at=writer.at + 1, marked=False)

    def _forwards(self, world, via):
        pgweir, other = world.pgweirs[via], world.pgweirs[1 - via]
        if other.mode == "exclusive" and self._too_early(other):
            return False
        return pgweir.mode in FORWARDS or pgweir.mode == "asking" and not self.protocol.waits_for_lock

    def _committed(self, world, index, writer, **changes):
        return self._writes(world._replace(db=world.db + 1), index, writer, version=world.db + 1, **changes)

    @staticmethod
    def _writes(world, index, writer, **changes):
        return world._replace(writers=replaced(world.writers, index, writer._replace(**changes)))

    # Readers

    def _reader_steps(self, world, index, reader):
        pgweir = world.pgweirs[reader.via]
        if reader.step == "idle":
            if reader.left and self._forwards(world, reader.via):
                yield from self._begins(world, index, reader._replace(left=reader.left - 1), pgweir)
        elif reader.step == "bypass":
            yield "bypasses the cache", self._answered(world, index, reader, world.db), ()
        else:
            following = world._replace(fills=(*world.fills, (reader.via, reader.stamp, world.db)))
            yield "PostgreSQL answers", self._answered(following, index, reader, world.db), ()

    def _begins(self, world, index, reader, pgweir):
        marked = any(writer.marked and writer.via == reader.via for writer in world.writers)
        if pgweir.mode != "exclusive" or marked:
            yield "begins past the cache", self._reads(world, index, reader, step="bypass"), ()
        elif pgweir.entry and pgweir.entry[0] == pgweir.stamp:
            value = pgweir.entry[1]
            breaks = broken_by((value,), self._needs(world, reader))
            yield "is a hit", self._answered(world, index, reader, value), breaks
        else:
            yield "is a miss", self._reads(world, index, reader, step="query", stamp=pgweir.stamp), ()

    @staticmethod
    def _reads(world, index, reader, **changes):
        return world._replace(readers=replaced(world.readers, index, reader._replace(**changes)))

    def _answered(self, world, index, reader, value):
        last = max(reader.last, value) if reader.left else 0
        world = self._reads(world, index, reader, step="idle", stamp=0, last=last)
        return world._replace(seen=max(world.seen, value))

    def _needs(self, world, reader):
        at_rest = 0 if self._under_way(world) else world.db
        return Needs((world.acked,), (world.seen,), (reader.last,), (at_rest,), (0,))

    @staticmethod
    def _under_way(world):
        unnoticed = any(pgweir.mode in FORWARDS and not pgweir.lock for pgweir in world.pgweirs)
        return unnoticed or any(writer.life == "orphan" or writer.life == "alive" and 0 < writer.at < DONE_AT
                                for writer in world.writers)  # fmt: skip

    def _filled(self, world, via, stamp, value):
        if world.pgweirs[via].mode != "exclusive":
            return world
        return self._with(world, via, entry=(stamp, value))

    # Both

    @staticmethod
    def _with(world, via, **changes):
        return world._replace(pgweirs=replaced(world.pgweirs, via, world.pgweirs[via]._replace(**changes)))

    @staticmethod
    def _new_stamp(world):
        """Unique is what nobody remembers; the smallest such number keeps equal worlds equal."""
        used = {pgweir.entry[0] for pgweir in world.pgweirs if pgweir.entry}
        used |= {one.stamp for one in (*world.pgweirs, *world.readers)} | {stamp for _, stamp, _ in world.fills}
        return next(number for number in range(1, len(used) + 2) if number not in used)
