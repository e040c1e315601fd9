"""The store that the fleet shares: stamps and markers, perhaps entries, and what becomes of them."""
from .explore import replaced
from .fleet_parts import Store


class SharedStore:
    def __init__(self, protocol, setting):
        self._protocol, self._setting = protocol, setting

    def reaches(self, world, via):
        return not (world.cut and via == self._setting.cut_off)

    # What is asked of it

    def question(self, world):
        """One MGET: (the stamps, whether there is a marker)."""
        only_first = self._protocol.compares == "the first stamp"
        marked = any(writer.marked and (not only_first or 0 in writer.writes) for writer in world.writers)
        return self._visible(world.store.stamps, world.store), marked

    def bumped(self, world, writer):
        if self._protocol.bumps_in == "epoch of the marker" and writer.epoch != world.store.epoch:
            return world
        stamps = tuple(None if relation in writer.writes else stamp
                       for relation, stamp in enumerate(world.store.stamps))  # fmt: skip
        return world._replace(store=world.store._replace(stamps=stamps))

    def with_all_stamps(self, world):
        """SET NX for each that is missing."""
        for relation, stamp in enumerate(self._visible(world.store.stamps, world.store)):
            if stamp is None:
                world = self._with_new_stamp(world, relation)
        return world

    def with_fill(self, world, fill):
        entry = fill.entry
        if entry is None:
            return world.with_entry(fill.place, None)
        if self._protocol.stamps_read == "after":
            entry = entry._replace(stamps=world.store.stamps)
        if self._protocol.age_from == "fill":
            entry = entry._replace(asked_at=world.clock)
        if None in entry.stamps or not self._setting.memory and not self._takes(world, fill.via, entry):
            return world
        return world.with_entry(fill.place, entry)

    def _takes(self, world, via, entry):
        """An entry of another epoch has another key."""
        return self.reaches(world, via) and self._visible(entry.stamps, world.store) == entry.stamps

    def _visible(self, stamps, store):
        if not self._protocol.epochs:
            return stamps
        return tuple(stamp if stamp and stamp[0] == store.epoch else None for stamp in stamps)

    def _with_new_stamp(self, world, relation):
        store = world.store
        if self._protocol.unique_stamps:
            # Unique is what nobody remembers; the smallest such number keeps equal worlds equal.
            used = _numbers_in_use(world)
            number = next(number for number in range(1, len(used) + 2) if number not in used)
        else:
            number = store.counter + 1
            store = store._replace(counter=number)
        stamps = replaced(store.stamps, relation, (store.epoch, number))
        return world._replace(store=store._replace(stamps=stamps))

    # What happens to it

    def faults(self, world):
        """(label, next world)"""
        if world.cut:
            yield "the store is in reach again", world._replace(cut=False)
        elif world.faults:
            yield from self._faults(world, world._replace(faults=world.faults - 1))

    def _faults(self, world, following):
        faults, store = self._setting.faults, world.store
        if "evict" in faults:
            yield from self._evictions(following)
        if "flush" in faults:
            yield "the store is flushed", self._emptied(following, store.epoch)
        if "restart" in faults:
            yield "the store restarts empty", self._emptied(following, store.epoch + 1)
            if store.dump:
                yield "the store restarts with what it once had", self._emptied(following, store.epoch + 1, *store.dump)
            else:
                yield "the store saves what it has", world._replace(store=store._replace(dump=self._dump(world)))
        if "cut" in faults or "cut when marked" in faults and self._all_marked(world):
            yield "the store is out of reach for one pgweir", following._replace(cut=True)

    @staticmethod
    def _evictions(world):
        store = world.store
        for relation, stamp in enumerate(store.stamps):
            if stamp:
                stamps = replaced(store.stamps, relation, None)
                yield "a stamp is evicted", world._replace(store=store._replace(stamps=stamps))
        if any(writer.marked for writer in world.writers):
            yield "the markers are evicted", world.without_markers()

    def _dump(self, world):
        return world.store.stamps, () if self._setting.memory else world.entries

    def _emptied(self, world, epoch, stamps=None, entries=None):
        world = world.without_markers()
        if not self._setting.memory:
            world = world._replace(entries=entries or (None,))
        return world._replace(store=Store(stamps or (None,) * len(world.db), epoch))

    def _all_marked(self, world):
        return all(writer.at > 0 for writer in world.writers if writer.via == self._setting.cut_off)


def _numbers_in_use(world):
    remembered = [world.store.stamps, *(fill.entry.stamps or () for fill in world.fills if fill.entry)]
    remembered += [entry.stamps for entry in world.entries if entry]
    remembered += [reader.stamps for reader in world.readers if reader.stamps]
    remembered += [question[0] for question in world.asked if question]
    if world.store.dump:
        stamps, entries = world.store.dump
        remembered += [stamps, *(entry.stamps for entry in entries if entry)]
    return {stamp[1] for stamps in remembered for stamp in stamps if stamp}
