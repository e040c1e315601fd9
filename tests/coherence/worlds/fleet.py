"""Several pgweir on one PostgreSQL that name the same Redis: what level `fleet` promises.

A step is the smallest thing that nobody can get between. Where a choice is free the strictest one is taken, which
contains the others: a read begins when its stamps are asked for and has returned with its snapshot, a write is
acknowledged at the first moment allowed, and what was filled in may arrive arbitrarily late.
"""
from .explore import in_any_order, replaced
from .fleet_parts import Entry, Fill, Store, World
from .fleet_store import SharedStore
from .promises import UNCOMMITTED, Needs, broken_by, newest


class Fleet:
    def __init__(self, protocol, setting):
        self._protocol, self._setting = protocol, setting
        self._store = SharedStore(protocol, setting)
        self._nothing = (0,) * setting.relations
        self._commit_at = protocol.write.index("commit")
        self._acknowledged_at = protocol.write.index(protocol.acknowledged_after)
        self._done_at = len(protocol.write)
        self._sorts = all(reader.own is None for reader in setting.readers)
        self._has_ages = bool(setting.max_age or setting.stale)
        self._forgets = protocol.forgets_stamps and not self._has_ages

    def start(self):
        setting, nothing = self._setting, self._nothing
        return World(
            db=nothing, acked=nothing, seen=nothing, store=Store((None,) * setting.relations),
            entries=(None,) * (setting.pgweirs if setting.memory else 1), fills=(), writers=setting.writers,
            readers=tuple(reader._replace(last=nothing) for reader in setting.readers),
            asked=(None,) * setting.pgweirs, cut=False, faults=setting.budget, clock=0,
            past=((nothing, nothing, nothing),) * (setting.slack + 1),
        )  # fmt: skip

    def steps(self, world):
        """(label, next world, broken promises)"""
        for index, writer in enumerate(world.writers):
            for label, following in self._writer_steps(world, index, writer):
                yield f"write through pgweir {writer.via}: {label}", self._tidied(following), ()
        for index, reader in enumerate(world.readers):
            for label, following, breaks in self._reader_steps(world, index, reader):
                yield f"read through pgweir {reader.via}: {label}", self._tidied(following), breaks
        for label, following in (*self._other_steps(world), *self._store.faults(world)):
            yield label, self._tidied(following), ()

    def _other_steps(self, world):
        for number, fill in enumerate(world.fills):
            rest = world._replace(fills=world.fills[:number] + world.fills[number + 1 :])
            yield "an entry is kept", self._store.with_fill(rest, fill)
        for via, question in enumerate(world.asked):
            if question:
                yield "the answer is given out", world._replace(asked=replaced(world.asked, via, None))
        if world.clock < self._setting.clock:
            following = world._replace(clock=world.clock + 1)
            yield "a tick passes", following._replace(past=(*world.past[1:], self._now(world)))

    # Equal worlds

    def _tidied(self, world):
        """The same world, with what makes no difference left out."""
        writers, readers, entries, fills = world.writers, world.readers, world.entries, world.fills
        if self._sorts:
            writers, readers = in_any_order(map(self._tidied_writer, writers)), in_any_order(readers)
        if self._forgets:
            current = world.store.stamps
            entries = tuple(entry if entry and entry.stamps == current else None for entry in entries)
            if fills:
                fills = in_any_order({self._tidied_fill(fill, current) for fill in fills})
        return world._replace(writers=writers, readers=readers, entries=entries, fills=fills)

    @staticmethod
    def _tidied_fill(fill, current):
        """An entry whose stamps are gone cannot match any more, since no stamp comes again."""
        return fill._replace(entry=None) if fill.entry and fill.entry.stamps != current else fill

    def _tidied_writer(self, writer):
        """What it committed matters until it is acknowledged."""
        over = writer.life != "alive" or writer.at > self._acknowledged_at
        return writer._replace(versions=None) if over and writer.versions else writer

    # Writers

    def _writer_steps(self, world, index, writer):
        if writer.life == "orphan":
            yield "COMMIT arrives though its pgweir is dead", self._committed(world, index, writer, life="dead")
        if writer.marked and self._may_be_reaped(writer):
            yield "the reaper bumps and clears", self._store.bumped(world, writer).with_writer(index, marked=False)
        if writer.life != "alive" or writer.at == self._done_at:
            return
        if writer.block and not writer.opened:
            yield "BEGIN, UPDATE", world.with_writer(index, opened=True)
            return
        if writer.block and writer.at == 0:
            yield "ROLLBACK", world.with_writer(index, at=self._done_at)
        if writer.block and writer.at == self._commit_at:
            yield "COMMIT fails", world.with_writer(index, at=self._done_at, marked=False)
        yield self._next_of_write(world, index, writer)
        if "crash" in self._setting.faults and world.faults and writer.at > 0:
            yield from self._killed(world._replace(faults=world.faults - 1), index, writer)

    def _may_be_reaped(self, writer):
        if writer.life == "orphan":
            return not self._protocol.reaper_waits
        return writer.life == "dead" or writer.at == self._done_at

    def _next_of_write(self, world, index, writer):
        action, reaches, after = self._protocol.write[writer.at], self._store.reaches(world, writer.via), writer.at + 1
        if action == "mark":
            epoch = world.store.epoch if self._protocol.bumps_in == "epoch of the marker" else 0
            following = world.with_writer(index, at=after, marked=reaches, epoch=epoch)
        elif action == "commit":
            following = self._committed(world, index, writer, at=after)
        elif reaches:
            following = self._store.bumped(world, writer) if action == "bump" else world
            following = following.with_writer(index, at=after, marked=writer.marked and action != "clear")
        else:  # the client is not kept waiting for ever
            pays = self._protocol.debts == "paid"
            following = world if pays else world.with_writer(index, at=self._done_at)
        if action == self._protocol.acknowledged_after:
            versions = following.writers[index].versions
            following = following._replace(acked=newest(world.acked, versions or self._nothing))
        return action if reaches else f"{action} without a store", following

    def _killed(self, world, index, writer):
        yield "its pgweir is killed", world.with_writer(index, life="dead")
        if writer.at == self._commit_at:
            yield "its pgweir is killed behind COMMIT", world.with_writer(index, life="orphan")

    @staticmethod
    def _committed(world, index, writer, **changes):
        db = tuple(version + (relation in writer.writes) for relation, version in enumerate(world.db))
        versions = tuple(version * (relation in writer.writes) for relation, version in enumerate(db))
        return world._replace(db=db).with_writer(index, versions=versions, **changes)

    # Readers

    def _reader_steps(self, world, index, reader):
        own = None if reader.own is None else world.writers[reader.own]
        if own is not None and own.life != "alive":
            return  # its session went with it
        if reader.step == "idle" and reader.left and self._may_begin(reader, own):
            yield from self._begins(world, index, reader, own)
        elif reader.step == "stamps":
            yield "makes the stamps that are missing", self._with_stamps(world, index, reader), ()
        elif reader.step in ("query", "bypass") and self._its_turn(reader, own):
            yield self._asks_postgresql(world, index, reader, own)
        elif reader.step == "answer":
            yield "the flight lands", *self._landed(world, index, reader)

    def _may_begin(self, reader, own):
        if reader.when == "inside":
            return own.opened and own.at == 0
        if reader.when == "behind":
            return self._protocol.own_writes != "by marker" or own.at > self._protocol.write.index("mark")
        return True

    def _its_turn(self, reader, own):
        """What is pipelined runs on the same server, in order; what is read inside, before the transaction's end."""
        if reader.when == "inside":
            return own.at == 0
        return reader.when != "behind" or own.at > self._commit_at

    def _begins(self, world, index, reader, own):
        reader = reader._replace(left=reader.left - 1, needs=self._needs(world, reader, own))
        entry = world.entries[self._place(reader)]
        if self._is_beside_own_write(world, reader, own):
            yield "begins beside an own write", world.with_reader(index, reader, step="bypass", needs=None), ()
        elif self._setting.max_age and entry and world.clock - entry.asked_at <= self._setting.max_age:
            yield "is answered from memory", *self._answered(world.with_reader(index, reader), index, entry.values)
        elif self._protocol.compares == "age alone":
            yield "is a miss", world.with_reader(index, reader, step="query", stamps=self._nothing, needs=None,
                                                 asked_at=world.clock), ()  # fmt: skip
        elif not self._store.reaches(world, reader.via):
            yield "begins without a store", world.with_reader(index, reader, step="bypass", needs=None), ()
        else:
            earlier = world.asked[reader.via]
            if earlier is not None:
                yield from self._goes_by(world, index, reader, earlier)
            question = self._store.question(world)
            if self._protocol.question == "shared":
                world = world._replace(asked=replaced(world.asked, reader.via, question))
            yield from self._goes_by(world, index, reader, question)

    def _is_beside_own_write(self, world, reader, own):
        if reader.when == "inside":
            return self._protocol.inside == "bypass"
        if self._protocol.own_writes != "known":
            return False
        if reader.when == "behind" and own.at < self._done_at:
            return True
        return any(writer.via == reader.via and self._is_unfinished(writer) for writer in world.writers)

    def _goes_by(self, world, index, reader, question):
        stamps, marked = question
        place = self._place(reader)
        entry = world.entries[place]
        reader = reader._replace(asked_at=world.clock if self._has_ages else 0)
        if marked:
            yield "finds a marker", world.with_reader(index, reader, step="bypass", needs=None), ()
        elif entry and self._matches(entry.stamps, stamps):
            if self._has_ages:
                world = world.with_entry(place, entry._replace(asked_at=reader.asked_at))
            yield "is a hit", *self._answered(world.with_reader(index, reader), index, entry.values)
        elif self._may_be_stale(world, reader, entry):
            yield "is given the old reply", *self._answered(world.with_reader(index, reader), index, entry.values)
        elif None in stamps:
            yield "misses a stamp", world.with_reader(index, reader, step="stamps", needs=None), ()
        else:
            yield "is a miss", world.with_reader(index, reader, step="query", stamps=stamps, needs=None), ()
            for flight in self._flights(world, reader.via):
                if self._protocol.joins == "any" or flight == stamps:
                    yield "joins a flight", world.with_reader(index, reader, step="joined", stamps=flight), ()

    def _may_be_stale(self, world, reader, entry):
        """An entry that is outdated, while a flight makes a new one."""
        if not self._setting.stale or not entry or not self._flights(world, reader.via):
            return False
        if self._protocol.stale_to == "others" and reader.own is not None and world.writers[reader.own].at > 0:
            return False
        return self._protocol.stale_for == "ever" or world.clock - entry.asked_at <= self._setting.stale

    def _matches(self, kept, current):
        if self._protocol.compares == "all stamps":
            return kept == current and None not in current
        return self._protocol.compares == "nothing" or kept[0] == current[0]

    def _flights(self, world, via):
        if not self._setting.flights:
            return set()
        return {reader.stamps for reader in world.readers if reader.via == via and reader.step in ("query", "answer")}

    def _with_stamps(self, world, index, reader):
        if not self._store.reaches(world, reader.via):
            return world.with_reader(index, reader, step="bypass")
        world = self._store.with_all_stamps(world)
        return world.with_reader(index, reader, step="query", stamps=world.store.stamps)

    def _asks_postgresql(self, world, index, reader, own):
        values = world.db
        if reader.when == "inside":
            values = tuple(version + UNCOMMITTED * (relation in own.writes) for relation, version in enumerate(values))
        if reader.step == "bypass":
            return "bypasses the cache", *self._answered(world, index, values)
        if self._setting.flights:
            return "PostgreSQL answers the flight", world.with_reader(index, reader, step="answer", values=values), ()
        return "PostgreSQL answers", *self._answered_by_query(world, index, values)

    def _place(self, reader):
        """Where entries of its pgweir are kept."""
        return reader.via if self._setting.memory else 0

    # Answers, as (world, broken promises)

    def _answered(self, world, index, values):
        reader = world.readers[index]
        needs = reader.needs
        if reader.when == "behind" and needs:
            needs = needs._replace(own=world.writers[reader.own].versions or (UNCOMMITTED,) * len(values))
        breaks = broken_by(values, needs) if needs else ()
        committed = newest(reader.last, values) if max(values) < UNCOMMITTED else reader.last
        world = world.with_reader(index, reader, step="idle", needs=None, stamps=None, values=None, asked_at=0,
                                  last=committed if reader.left else self._nothing)  # fmt: skip
        return world._replace(seen=newest(world.seen, committed)), breaks

    def _answered_by_query(self, world, index, values):
        reader = world.readers[index]
        stamps = reader.stamps if self._protocol.stamps_read == "before" else None
        fill = Fill(self._place(reader), reader.via, Entry(stamps, values, reader.asked_at))
        return self._answered(world._replace(fills=in_any_order((*world.fills, fill))), index, values)

    def _landed(self, world, index, reader):
        """Everybody who joined gets the same answer at the same time."""
        breaks = []
        for other, each in enumerate(world.readers):
            if (each.step, each.via, each.stamps) == ("joined", reader.via, reader.stamps):
                world, broken = self._answered(world, other, reader.values)
                breaks += broken
        world, broken = self._answered_by_query(world, index, reader.values)
        return world, [*breaks, *broken]

    # Promises

    def _needs(self, world, reader, own):
        acked, seen, at_rest = world.past[0] if self._setting.slack else self._now(world)
        session = reader.last
        if self._setting.slack:
            acknowledged = own is not None and own.at > self._acknowledged_at
            session = own.versions or self._nothing if acknowledged else self._nothing
        inside = self._nothing
        if reader.when == "inside":
            inside = tuple(UNCOMMITTED * (relation in own.writes) for relation in range(len(world.db)))
        return Needs(acked, seen, session, at_rest, inside)

    def _now(self, world):
        return world.acked, world.seen, self._nothing if self._is_under_way(world) else world.db

    def _is_under_way(self, world):
        return any(writer.marked or writer.life == "orphan" or self._is_unfinished(writer) for writer in world.writers)

    def _is_unfinished(self, writer):
        return writer.life == "alive" and 0 < writer.at < self._done_at
