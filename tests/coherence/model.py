"""A model of the cache's protocol: every order of events in small worlds, and which promises hold in all of them.

    python3 -m coherence.model                   every cell: what breaks, and in how many states it was looked for
    python3 -m coherence.model --only alone      the cells with the text in their name
    python3 -m coherence.model --trace           the shortest way to each promise that breaks
    python3 -m coherence.model --write FILE      puts the table into FILE, between its two marks

A cell is a variant of the protocol under one kind of fault. Of the chosen protocol exactly what is stated must break; a
mutant, which lacks one of its rules, must break what the rule is there for. Exit code 1 when a cell is otherwise.
"""
import argparse
import pathlib
import sys
import time
from dataclasses import replace
from typing import NamedTuple

from .worlds import alone
from .worlds import fleet_parts as fleet
from .worlds.explore import explore
from .worlds.fleet import Fleet
from .worlds.promises import PROMISES

MARK, END = "<!-- model -->", "<!-- end of model -->"
CHOSEN = "as chosen"


class Cell(NamedTuple):
    world: str
    variant: str
    fault: str
    model: object  # with start() and steps(world)
    breaks: str  # such as "P2 P3"

    @property
    def name(self):
        return f"{self.world}: {self.variant}, {self.fault}"

    @property
    def chosen(self):
        return self.variant.startswith(CHOSEN)

    def run(self):
        """The chosen protocol is explored to the end, a mutant until all is broken that must break."""
        enough = frozenset() if self.chosen else frozenset(self.breaks.split())
        return explore(self.model.start(), self.model.steps, enough)

    def is_as_stated(self, outcome):
        stated, found = set(self.breaks.split()), set(outcome.broken)
        return found == stated if self.chosen else bool(stated) and found >= stated


class Worlds:
    """Cells of one world: the same writers and readers, one protocol or another, one fault or another."""

    def __init__(self, name, module, model, **setting):
        self._name, self._module, self._model, self._setting = name, module, model, setting

    def cell(self, variant, fault, breaks, budget=1, **changes):
        """`changes` to the protocol; faults as in "crash + evict", or "-"."""
        faults = () if fault == "-" else tuple(fault.split(" + "))
        setting = self._module.Setting(faults=faults, budget=budget if faults else 0, **self._setting)
        protocol = replace(self._module.Protocol(), **changes)
        return Cell(self._name, variant, fault, self._model(protocol, setting), breaks)


def fleet_world(name, writers, readers, **setting):
    return Worlds(name, fleet, Fleet, writers=writers, readers=readers, **setting)


NO_MARKERS = ("commit", "bump")


def redis_cells():
    """Entries and stamps in Redis."""
    readers = (fleet.Reader(2), fleet.Reader(1))
    world = fleet_world("Redis", (fleet.Writer(), fleet.Writer()), readers)
    one_writer = fleet_world("Redis", (fleet.Writer(),), readers)
    chosen, mutant = [
        world.cell(CHOSEN, "-", ""),
        world.cell(CHOSEN, "crash", ""),
        world.cell(CHOSEN, "evict", "P2 P3"),
        world.cell(CHOSEN, "flush", "P2 P3"),
        world.cell(CHOSEN, "restart", "P2 P3"),
        one_writer.cell(CHOSEN, "crash + evict", "P2 P3 P4", budget=2),
    ], world.cell
    return chosen + [
        mutant("neither markers nor hold-back", "-", "P1 P2", write=NO_MARKERS, acknowledged_after="commit"),
        mutant("no hold-back", "evict", "P1 P2", acknowledged_after="commit"),
        mutant("no hold-back", "flush", "P1 P2", acknowledged_after="commit"),
        mutant("no markers", "-", "P2 P3", write=NO_MARKERS),
        mutant("no markers", "crash", "P4", write=NO_MARKERS),
        mutant("marker not awaited before COMMIT", "-", "P2", write=("commit", "mark", "bump", "clear")),
        mutant("marker not awaited before COMMIT", "crash", "P4", write=("commit", "mark", "bump", "clear")),
        mutant("marker cleared before the bump", "crash", "P4", write=("mark", "commit", "clear", "bump")),
        mutant("bump before the commit", "-", "P1 P4", write=("mark", "bump", "commit", "clear"),
               acknowledged_after="commit"),
        mutant("stamps not compared", "-", "P1 P2 P4", compares="nothing"),
        mutant("stamps read after the query", "-", "P1 P4", stamps_read="after"),
        mutant("reaper does not wait for the backend's end", "crash", "P4", reaper_waits=False),
        mutant("what Redis had before its restart is accepted", "restart", "P1 P2", epochs=False),
        mutant("bump in the epoch of the marker", "restart", "P1 P4", bumps_in="epoch of the marker"),
    ]  # fmt: skip


def memory_cells():
    """Stamps in Redis, bytes in each pgweir's memory."""
    readers = (fleet.Reader(2, via=0), fleet.Reader(1, via=1))
    world, one_writer = (fleet_world("Redis and memory", (fleet.Writer(via=2),) * writers, readers,
                                     memory=True, pgweirs=3) for writers in (2, 1))  # fmt: skip
    return [
        world.cell(CHOSEN, "-", ""),
        world.cell(CHOSEN, "evict", "P2"),
        one_writer.cell(CHOSEN, "restart", "P2"),
        world.cell("stamps asked for before the read came are good enough", "-", "P1 P2", question="shared"),
        world.cell("stamps count from one again when Redis lost them", "flush", "P1 P4", unique_stamps=False),
        world.cell("memory of an old epoch is accepted", "restart", "P1 P2", epochs=False),
    ]


def max_age_cells():
    """Memory that is served for a tick without a question."""
    readers = (fleet.Reader(2, via=0), fleet.Reader(1, via=1))
    age = {"memory": True, "max_age": 1, "clock": 2}
    writers = (fleet.Writer(),)
    late = fleet_world("memory.max_age, promises max_age later", writers, readers, slack=1, **age)
    strict = fleet_world("memory.max_age, promises at once", writers, readers, **age)
    return [
        late.cell(CHOSEN, "-", ""),
        late.cell("age counts from the fill", "-", "P1", age_from="fill"),
        strict.cell(CHOSEN, "-", "P1 P2 P4"),
    ]


def ttl_cells():
    """The level ttl: entries are served until they are so old, whatever was written."""
    readers = (fleet.Reader(2, via=0), fleet.Reader(1, via=1))
    age = {"memory": True, "max_age": 1, "clock": 2}
    writers = (fleet.Writer(),)
    late = fleet_world("level ttl, promises ttl later", writers, readers, slack=1, **age)
    strict = fleet_world("level ttl, promises at once", writers, (fleet.Reader(2, via=1), fleet.Reader(1, via=1)), **age)
    level = {"compares": "age alone"}
    return [
        late.cell(CHOSEN, "-", "", **level),
        late.cell(CHOSEN, "crash + cut", "", **level),
        late.cell("age counts from the fill", "-", "P1", age_from="fill", **level),
        strict.cell(CHOSEN, "-", "P1 P2 P3 P4", **level),
    ]


def stale_cells():
    """An old reply is served for a tick while a new one is made."""
    readers = (fleet.Reader(2, own=0), fleet.Reader(2))
    stale = {"memory": True, "flights": True, "stale": 1, "clock": 2, "pgweirs": 1}
    writers = (fleet.Writer(via=0),)
    late = fleet_world("stale_while_revalidate, promises that much later", writers, readers, slack=1, **stale)
    strict = fleet_world("stale_while_revalidate, promises at once", writers, readers, **stale)
    return [
        late.cell(CHOSEN, "-", ""),
        late.cell("however long it has been outdated", "-", "P1", stale_for="ever"),
        late.cell("also to the session that wrote", "-", "P3", stale_to="all"),
        strict.cell(CHOSEN, "-", "P1 P2 P3 P4"),
    ]


def flight_cells():
    """Reads of one pgweir join a query that is under way."""
    world, one_writer = (fleet_world("single flight", (fleet.Writer(),) * writers, (fleet.Reader(),) * 3, flights=True)
                         for writers in (2, 1))  # fmt: skip
    return [
        world.cell(CHOSEN, "-", ""),
        one_writer.cell(CHOSEN, "crash", ""),
        one_writer.cell(CHOSEN, "evict", "P2"),
        one_writer.cell(CHOSEN, "restart", "P2"),
        world.cell("joiners ignore stamps", "-", "P1 P2 P4", joins="any"),
    ]


def join_cells():
    """A statement that joins two relations, and writers of one and of both."""
    writers, readers = (fleet.Writer(writes=(0, 1)), fleet.Writer(writes=(1,))), (fleet.Reader(2), fleet.Reader(1))
    world, one_writer = (fleet_world("join of two relations", these, readers, relations=2)
                         for these in (writers, writers[:1]))  # fmt: skip
    return [
        world.cell(CHOSEN, "-", ""),
        one_writer.cell(CHOSEN, "crash", ""),
        one_writer.cell(CHOSEN, "evict", "P2 P3"),
        world.cell("only the first relation is looked at", "-", "P1 P2 P4", compares="the first stamp"),
    ]


def session_cells():
    """Reads inside and behind an own transaction, and reads pipelined behind an own write; others look on."""
    inside, behind = (fleet.Reader(via=1, own=0, when=when) for when in ("inside", "behind"))
    after, others, other_writer = fleet.Reader(via=1, own=0), fleet.Reader(2, via=0), fleet.Writer(via=2)

    def world(name, *writers, readers):
        return fleet_world(name, writers, (*readers, others), pgweirs=3)

    begin = "explicit transaction", fleet.Writer(block=True)
    block = world(*begin, other_writer, readers=(inside, after))
    block_alone = world(*begin, readers=(inside, after))
    write = "read behind an own write", fleet.Writer()
    pipeline = world(*write, other_writer, readers=(behind,))
    pipeline_alone = world(*write, readers=(behind,))
    return [
        block.cell(CHOSEN, "-", ""),
        block_alone.cell(CHOSEN, "crash", ""),
        block_alone.cell(CHOSEN, "evict", "P2 P3"),
        block.cell("a transaction that wrote reads the cache and fills it", "-", "P5 P6", inside="cache"),
        pipeline.cell(CHOSEN, "-", ""),
        pipeline_alone.cell(CHOSEN, "crash", ""),
        pipeline_alone.cell(CHOSEN, "cut", "P1 P2"),
        pipeline.cell(CHOSEN, "evict", "P2 P3"),
        pipeline.cell("only the marker keeps the read off", "evict", "P5", own_writes="by marker"),
        pipeline.cell("the read does not wait for the marker", "-", "P5", own_writes="ignored"),
    ]


def cut_off_cells():
    """Redis is out of reach for pgweir 1, which goes on writing."""
    writers = (fleet.Writer(via=1), fleet.Writer(via=0))
    own, others = (tuple(fleet.Reader(left, via=via) for left in (2, 1)) for via in (1, 0))
    itself = fleet_world("reads through the pgweir without Redis", writers, own)
    elsewhere = fleet_world("reads elsewhere", writers, others)
    return [
        itself.cell(CHOSEN, "cut", ""),
        elsewhere.cell(CHOSEN, "cut", "P1 P2 P3"),
        elsewhere.cell(CHOSEN, "cut when marked", ""),
        elsewhere.cell("what could not be bumped is forgotten", "cut", "P4", debts="forgotten"),
        itself.cell("back at Redis, it reads before it has bumped", "cut", "P1", own_writes="by marker"),
    ]


def alone_cells():
    """No Redis: memory alone, and the lock that says whose."""
    def writers(*through):
        return Worlds("memory alone", alone, alone.Alone, writers=tuple(map(alone.Writer, through)),
                      readers=(alone.Reader(0, 2), alone.Reader(1))).cell  # fmt: skip

    world, one_writer = writers(0, 1), writers(1)
    return [
        world(CHOSEN, "-", ""),
        world(CHOSEN, "crash", ""),
        one_writer(CHOSEN, "lock lost", "P1 P2 P4"),
        world(CHOSEN + ", with a lease on the lock", "lock lost", "", lease=True),
        world("no hand-over", "-", "P1 P2", hands_over=False),
        world("the second one does not wait for the lock", "-", "P1", waits_for_lock=False),
        world("one mode of the lock is released before the other is taken", "-", "P1", exchanges_in_place=False),
        world("stamps begin anew when the cache is switched on", "-", "P1", new_stamps=False),
        world("writes are not marked while the cache is off", "-", "P1", always_marks=False),
        world("the cache is on as soon as the lock is had", "crash", "P4", settles=False),
    ]


def cells():
    return [*redis_cells(), *memory_cells(), *max_age_cells(), *ttl_cells(), *stale_cells(), *flight_cells(), *join_cells(), *session_cells(),
            *cut_off_cells(), *alone_cells()]  # fmt: skip


def table():
    """The statements of all cells as Markdown."""
    lines = ["| world | variant | fault | breaks |", "|---|---|---|---|"]
    for cell in cells():
        breaks = cell.breaks or "nothing"
        lines.append(f"| {cell.world} | {cell.variant} | {cell.fault.replace('-', 'none')} | {breaks} |")
    return "\n".join(lines) + "\n"


def table_in(text):
    return text.partition(MARK + "\n")[2].partition(END)[0]


def write_table(path):
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(MARK + "\n" + table_in(text), MARK + "\n" + table(), 1), encoding="utf-8")


def print_cell(cell, traces):
    """Whether it is as stated."""
    started = time.process_time()
    outcome = cell.run()
    good = cell.is_as_stated(outcome)
    found = " ".join(sorted(outcome.broken)) or "nothing"
    note = "" if good else f"   WRONG: stated is {cell.breaks or 'nothing'}"
    took = time.process_time() - started
    print(f"{cell.name:100s} {found:12s} {outcome.states:8,d} states {took:5.1f} s{note}", flush=True)
    for promise, steps in sorted(outcome.broken.items()) if traces or not good else ():
        print(f"  {promise}, {PROMISES[promise]}, is broken by:", *steps, sep="\n    ")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--write", type=pathlib.Path)
    chosen = parser.parse_args()
    if chosen.write:
        write_table(chosen.write)
        return 0
    results = [print_cell(cell, chosen.trace) for cell in cells() if chosen.only in cell.name]
    print(f"{len(results)} cells, {results.count(False)} not as stated")
    return 0 if all(results) and results else 1


if __name__ == "__main__":
    sys.exit(main())
