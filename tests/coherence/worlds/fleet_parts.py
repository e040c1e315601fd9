"""Who and what there is in the fleet's world, and the rules by which it goes."""
import dataclasses
from typing import NamedTuple

from .explore import replaced
from .promises import Needs


@dataclasses.dataclass(frozen=True)
class Protocol:
    """The chosen one. A mutant differs in one field."""

    write: tuple = ("mark", "commit", "bump", "clear")  # "mark" is over when the store has acknowledged the marker
    acknowledged_after: str = "bump"
    # Of an entry with those in the store; or "the first stamp", "nothing"; or "age alone": the level ttl, where nobody is
    # asked for stamps.
    compares: str = "all stamps"
    stamps_read: str = "before"  # the query; or "after"
    joins: str = "equal stamps"  # when a read may join a flight; or "any"
    question: str = "own"  # whose answer a read goes by; or "shared": also one that was asked before the read came
    age_from: str = "question"  # max_age counts from when the stamps were asked for, or the query was sent; or "fill"
    stale_for: str = "its time"  # an outdated entry may be served while a flight makes a new one; or "ever"
    stale_to: str = "others"  # not to sessions that have written; or "all"
    epochs: bool = True  # what the store had before it restarted is not there afterwards
    unique_stamps: bool = True  # never used again, not even after the store lost everything
    bumps_in: str = "current epoch"  # or "epoch of the marker"
    reaper_waits: bool = True  # until the backend is proved gone
    debts: str = "paid"  # what a pgweir could not bump, it bumps when it is back at the store; or "forgotten"
    inside: str = "bypass"  # reads of a transaction that wrote; or "cache"
    # Reads bypass when a write through the same pgweir is unfinished, whatever the store says; or "by marker": a read
    # waits for that of the write in front of it, and goes by the store; or "ignored".
    own_writes: str = "known"

    @property
    def forgets_stamps(self):
        """Whether an entry with other stamps than those in the store is never looked at again."""
        return (self.compares, self.stamps_read, self.question, self.epochs, self.unique_stamps) == (
            "all stamps", "before", "own", True, True)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Setting:
    """Who is there, and what may happen to them."""

    writers: tuple
    readers: tuple
    relations: int = 1
    memory: bool = False  # entries are kept by each pgweir, which asks the store for stamps only; else by the store
    flights: bool = False  # reads may join
    max_age: int = 0  # ticks for which memory is served without a question
    stale: int = 0  # ticks since it was found good for which an outdated entry may be served
    slack: int = 0  # ticks by which promises may be missed
    clock: int = 0  # ticks in all
    faults: tuple = ()  # "crash", "evict", "flush", "restart", "cut", "cut when marked"
    budget: int = 0  # faults in all
    pgweirs: int = 2
    cut_off: int = 1  # the pgweir that "cut" separates from the store


class Writer(NamedTuple):
    """One write, autocommit or a transaction."""

    at: int = 0  # index of its next step in Protocol.write
    writes: tuple = (0,)  # relations
    via: int = 1  # its pgweir
    block: bool = False  # an explicit transaction: it is open before its COMMIT comes, and may roll back
    opened: bool = False
    marked: bool = False  # its marker is in the store
    life: str = "alive"  # "orphan": its pgweir was killed when COMMIT was under way; "dead"
    versions: tuple | None = None  # what it committed
    epoch: int = 0


class Reader(NamedTuple):
    """A session that reads all relations in one statement, `left` times."""

    left: int = 1
    via: int = 0
    step: str = "idle"  # "stamps", "query", "answer", "joined", "bypass"
    own: int | None = None  # index of the writer that is in the same session
    when: str = "after"  # it reads "inside" of that transaction or pipelined "behind" that write
    needs: Needs | None = None  # None: PostgreSQL itself answers, later than the read began, and has all that is needed
    stamps: tuple | None = None  # read before the query
    asked_at: int = 0
    values: tuple | None = None
    last: tuple = (0,)  # what the session has seen


class Entry(NamedTuple):
    stamps: tuple
    values: tuple
    asked_at: int = 0


class Fill(NamedTuple):
    """An entry on its way to where it is kept."""

    place: int
    via: int
    entry: Entry | None  # None: one that is of no use any more, but takes the place of another


class Store(NamedTuple):
    stamps: tuple  # for each relation (epoch, number) or None
    epoch: int = 0
    dump: tuple | None = None  # (stamps, entries) that a restart may bring back
    counter: int = 0  # only where stamps are not unique


class World(NamedTuple):
    db: tuple  # version of each relation
    acked: tuple
    seen: tuple
    store: Store
    entries: tuple  # of the store, or of each pgweir's memory
    fills: tuple
    writers: tuple
    readers: tuple
    asked: tuple  # for each pgweir the answer that it gives to who comes now; None: it asks anew
    cut: bool
    faults: int  # left
    clock: int
    past: tuple  # (acked, seen, at rest) at the start of this tick and of `slack` ticks before it

    def with_writer(self, index, **changes):
        return self._replace(writers=replaced(self.writers, index, self.writers[index]._replace(**changes)))

    def with_reader(self, index, reader, **changes):
        return self._replace(readers=replaced(self.readers, index, reader._replace(**changes)))

    def with_entry(self, place, entry):
        return self._replace(entries=replaced(self.entries, place, entry))

    def without_markers(self):
        return self._replace(writers=tuple(writer._replace(marked=False) for writer in self.writers))
