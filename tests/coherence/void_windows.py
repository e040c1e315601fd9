"""Which old reads config/COHERENCE.md allows where Redis fails, and no others.

A read that is older than it should be lacks versions of its register. It is accounted for when for each of them there
is the write that made it, or one that can have, which went through another pgweir than the read, and for which one of
these holds:

    unheard     Its pgweir had told clients of writes that Redis did not know of yet, and says so in its log. The read
                is of that time, and nobody had been told of the write before.
    under way   Redis may have lost its mark, and nobody had been told of it when the read began.

A write that failed, or was rolled back, accounts for nothing. One whose outcome its client was never told counts as
told SETTLES behind the first read that saw its version, for then it was committed. The pgweir of a write always knows of
it, so a read through the same one is never accounted for, and neither is one in a transaction that wrote.
"""
import bisect
import datetime
import itertools
import re
import time
from typing import NamedTuple

from .history import FAILED, OK

EVENT = re.compile(r"^(\S+) \w+ (cache_writes_missed|cache_writes_told) ", re.MULTILINE)
FOREVER = 1 << 62
# A log line has milliseconds, and what was asked for at the end of a window is answered behind it.
SLACK = 50_000_000
# What is committed is bumped when its pgweir has the server's answer, or has looked (each second) and the server is
# gone; else by another one that has seen the mark for two seconds and then looked. Twice that: the machine may be busy.
SETTLES = 6_000_000_000


class Window(NamedTuple):
    """In nanoseconds of the monotonic clock."""

    begin: int
    end: int
    via: str  # the pgweir whose writes Redis did not know of


def windows(pgweirs):
    """Of all pgweirs, from their logs."""
    ahead = time.time_ns() - time.monotonic_ns()
    found = []
    for number, pgweir in enumerate(pgweirs):
        via, begin = f"pgweir {number}", None
        for stamp, event in EVENT.findall(pgweir.log()):
            at = round(datetime.datetime.fromisoformat(stamp).timestamp() * 1e9) - ahead
            if event == "cache_writes_missed":
                begin = at if begin is None else begin
            elif begin is not None:
                found.append(Window(begin, at, via))
                begin = None
        if begin is not None:
            found.append(Window(begin, FOREVER, via))
    return found


def unaccounted(violations, history, of=()):
    """Those that neither a lost mark nor one of these windows accounts for."""
    registers = {each.register: None for each in violations if each.missing}
    for name in registers:
        registers[name] = _Register(name, history)
    return [each for each in violations if not _may_be_old(each) or not registers[each.register].accounts_for(each, of)]


def _may_be_old(violation):
    return bool(violation.missing) and violation.operation.is_read and not violation.operation.inside


class _Register:
    """Who wrote one, and when which version was seen."""

    def __init__(self, name, history):
        self._made = {}  # version -> the write that was told so
        self._perhaps = []  # writes of which nobody was told which version they made, or whether
        seen = []
        for operation in history:
            for register, version in zip(operation.registers, operation.versions):
                if register != name or operation.outcome == FAILED or operation.inside:
                    continue
                if operation.is_read:
                    seen.append((version, operation.returned))
                elif operation.outcome == OK and version is not None:
                    self._made[version] = operation
                else:
                    self._perhaps.append((operation, version))
        # The newest first, each with when it or a newer one was seen first.
        newest_first = sorted(seen, reverse=True)
        self._negated = [-version for version, _ in newest_first]
        self._first_seen = list(itertools.accumulate((returned for _, returned in newest_first), min))

    def accounts_for(self, violation, of):
        # The later a version was seen, the more writes can have made it: each takes the first that is left.
        left = list(self._perhaps)
        for version in violation.missing:
            seen = self._when_seen(version)
            if version in self._made:
                if not _accounts(self._made[version], seen, violation.operation, of):
                    return False
                continue
            found = next((each for each in left if each[1] in (version, None) and each[0].invoked <= seen
                          and _accounts(each[0], seen, violation.operation, of)), None)  # fmt: skip
            if found is None:
                return False
            left.remove(found)
        return True

    def _when_seen(self, version):
        """When the first read returned that saw this version, or a newer one."""
        at = bisect.bisect_right(self._negated, -version)
        return self._first_seen[at - 1] if at else FOREVER


def _accounts(write, seen, read, of):
    """`seen`: when it is known to have been committed, at the latest."""
    if write.via == read.via:
        return False
    told = write.returned if write.outcome == OK else seen + SETTLES
    if read.invoked <= told:
        return True
    return any(window.via == write.via and window.begin - SLACK <= min(told, read.returned)
               and read.invoked <= window.end + SLACK for window in of)  # fmt: skip
