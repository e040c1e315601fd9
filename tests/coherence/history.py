"""What clients were told, when, and whether it can be right.

    python3 -m coherence.history FILE     checks a history that was saved

A history is a list of operations in any order. Times are those of one monotonic clock, in nanoseconds. The version of a
register is how many committed writes it has had, each of which adds one to it (the version of a counter is its value).
check() returns the violations of:

    stale      a read is older than a write that was acknowledged before the read began
    session    a read is older than what its session has seen or written before
    inversion  new-then-old: a read is older than another read that had returned before it began
    foreign    a read of own rows has rows of another user
    joined     one of the relations of a joined read is stale
    lost       an acknowledged write or increment is missing, or two of them were told the same version
    invented   a version that nobody can have made: read, or left at the end
"""
import bisect
import collections
import json
import pathlib
import sys
from typing import NamedTuple

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"
RULES = ("stale", "session", "inversion", "foreign", "joined", "lost", "invented")


class Operation(NamedTuple):
    session: str
    kind: str  # "write", "increment", "read", "joined" (a read of several relations), "rows" (a read of own rows)
    registers: tuple  # names
    versions: tuple  # one for each register: read, or made; None where the writer was not told
    invoked: int
    returned: int
    outcome: str = OK  # UNKNOWN: it may have happened or not, as a write whose connection was lost
    inside: bool = False  # a read in a transaction that wrote: it may have seen what never was committed
    owners: tuple = ()  # of "rows": whose rows were returned
    user: str = ""
    via: str = ""

    @property
    def is_read(self):
        return self.kind in ("read", "joined", "rows")


class Violation(NamedTuple):
    rule: str
    operation: Operation
    evidence: Operation | None
    words: str
    register: str = ""
    missing: range = range(0)  # versions of it that the operation should have known of, and did not

    def __str__(self):
        lines = [f"{self.rule}: {self.words}", f"  {_told(self.operation)}"]
        return "\n".join(lines + ([f"  {_told(self.evidence)}"] if self.evidence else []))


def check(history, final=None, late=0, session="all"):
    """The violations, in the order of RULES. `final`: the versions that the registers have when all is over. Where less is
    promised, `late`: the nanoseconds by which reads may be late; `session`: what a session has to see of what it has seen
    or written before, "all", its "writes", or "nothing"."""
    by_register = _by_register(history)
    found = list(_foreign(history))
    for register, operations in by_register.items():
        found += _check_register(register, operations, late, session)
    for register, version in (final or {}).items():
        found += _check_final(register, version, by_register.get(register, []))
    return sorted(found, key=lambda violation: RULES.index(violation.rule))


def _check_register(register, operations, late, session):
    """`operations`: (operation, its version of this register)"""
    writes = [(each, version) for each, version in operations if not each.is_read]
    reads = [(each, version) for each, version in operations if each.is_read and each.outcome == OK]
    seen_by_all = [(each, version) for each, version in reads if not each.inside]
    yield from _stale(register, reads, _acknowledged(writes), late)
    yield from _inversions(register, seen_by_all, _newest_by_return(seen_by_all), late)
    if session != "nothing":
        yield from _backwards(register, operations, only_writes=session == "writes")
    yield from _doubled(register, writes)
    yield from _invented(register, seen_by_all, writes)


class _Timeline(NamedTuple):
    """The newest version known by when something returned."""

    times: list
    newest: list  # (version, operation)

    def before(self, time):
        """What had returned strictly before; None if nothing had."""
        at = bisect.bisect_left(self.times, time)
        return self.newest[at - 1] if at else None


def _newest_by_return(operations):
    times, newest = [], []
    for operation, version in sorted(operations, key=lambda pair: pair[0].returned):
        times.append(operation.returned)
        newest.append((version, operation) if not newest or version > newest[-1][0] else newest[-1])
    return _Timeline(times, newest)


def _acknowledged(writes):
    """Who was not told a version still made one more than there were."""
    acknowledged = sorted((pair for pair in writes if pair[0].outcome == OK), key=lambda pair: pair[0].returned)
    counted = enumerate(acknowledged, 1)
    return _newest_by_return([(each, max(number, version or 0)) for number, (each, version) in counted])


def _stale(register, reads, acknowledged, late):
    for read, version in reads:
        needed = acknowledged.before(read.invoked - late)
        if needed and version < needed[0]:
            rule = "joined" if read.kind == "joined" else "stale"
            words = f"{register}: read {version}, acknowledged before was {needed[0]}"
            yield Violation(rule, read, needed[1], words, register, range(version + 1, needed[0] + 1))


def _inversions(register, reads, returned, late):
    for read, version in reads:
        seen = returned.before(read.invoked - late)
        if seen and version < seen[0]:
            words = f"{register}: read {version}, {seen[0]} had been read before"
            yield Violation("inversion", read, seen[1], words, register, range(version + 1, seen[0] + 1))


def _backwards(register, operations, only_writes):
    """A session's own order is that in which it asked: what is pipelined is executed in that order, too."""
    newest = {}  # session -> (version, operation)
    for operation, version in sorted(operations, key=lambda pair: pair[0].invoked):
        if operation.outcome != OK or version is None:
            continue
        before = newest.get(operation.session)
        if before and version < before[0]:
            words = f"{register}: {version} behind {before[0]} in one session"
            yield Violation("session", operation, before[1], words, register, range(version + 1, before[0] + 1))
        if only_writes and operation.is_read:
            continue
        if not operation.inside and (before is None or version > before[0]):
            newest[operation.session] = (version, operation)


def _doubled(register, writes):
    told = {}
    for write, version in writes:
        if write.outcome != OK or version is None:
            continue
        if version in told:
            yield Violation("lost", write, told[version], f"{register}: two were told that they made version {version}")
        told[version] = write


def _possible(writes):
    """The least and the greatest version that acknowledged and unknown writes can have made."""
    acknowledged = [version or 0 for write, version in writes if write.outcome == OK]
    unknown = sum(write.outcome == UNKNOWN for write, _ in writes)
    return max([len(acknowledged), *acknowledged]), len(acknowledged) + unknown


def _invented(register, reads, writes):
    _, greatest = _possible(writes)
    for read, version in reads:
        if version > greatest:
            yield Violation("invented", read, None, f"{register}: read {version}, possible are {greatest}")


def _check_final(register, version, operations):
    writes = [(each, version) for each, version in operations if not each.is_read]
    least, greatest = _possible(writes)
    last = max((write for write, _ in writes), key=lambda write: write.returned, default=None)
    if version < least:
        yield Violation("lost", last, None, f"{register}: {version} at the end, acknowledged were {least}")
    if version > greatest:
        yield Violation("invented", last, None, f"{register}: {version} at the end, possible are {greatest}")


def _foreign(history):
    for read in history:
        others = set(read.owners) - {read.user}
        if read.kind == "rows" and read.outcome == OK and others:
            yield Violation("foreign", read, None, f"{read.user} was given rows of {', '.join(sorted(others))}")


def _by_register(history):
    registers = collections.defaultdict(list)
    for operation in history:
        for register, version in zip(operation.registers, operation.versions):
            registers[register].append((operation, version))
    return registers


def _told(operation):
    spans = f"{operation.invoked / 1e9:.6f} to {operation.returned / 1e9:.6f} s"
    versions = ", ".join(f"{name}={version}" for name, version in zip(operation.registers, operation.versions))
    more = ", inside its transaction" if operation.inside else ""
    who = f"{operation.session} via {operation.via or '?'}"
    return f"{who}: {operation.kind} {versions}, {operation.outcome}, {spans}{more}"


def save(history, final, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(final) + "\n")
        file.writelines(json.dumps(operation) + "\n" for operation in history)


def load(path):
    """(history, final)"""
    first, *lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    rows = ([tuple(field) if isinstance(field, list) else field for field in json.loads(line)] for line in lines)
    return [Operation(*row) for row in rows], json.loads(first)


def main():
    history, final = load(sys.argv[1])
    found = check(history, final)
    print(*found, f"{len(history)} operations, {len(found)} violations", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
