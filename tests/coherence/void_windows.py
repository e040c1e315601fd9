"""When a pgweir said itself that it could not keep its promise: it had told its clients of writes that Redis did not know
of yet. From then on until Redis did, others may serve what was before them; see config/COHERENCE.md."""
import datetime
import re
import time
from typing import NamedTuple

EVENT = re.compile(r"^(\S+) \w+ (cache_writes_missed|cache_writes_told) ", re.MULTILINE)
FOREVER = 1 << 62
# A log line has milliseconds, and what was asked for at the end of a window is answered behind it.
SLACK = 50_000_000


class Window(NamedTuple):
    """In nanoseconds of the monotonic clock."""

    begin: int
    end: int


def windows(pgweirs):
    """Of all pgweirs, from their logs."""
    ahead = time.time_ns() - time.monotonic_ns()
    found = []
    for pgweir in pgweirs:
        begin = None
        for stamp, event in EVENT.findall(pgweir.log()):
            at = round(datetime.datetime.fromisoformat(stamp).timestamp() * 1e9) - ahead
            if event == "cache_writes_missed":
                begin = at if begin is None else begin
            elif begin is not None:
                found.append(Window(begin, at))
                begin = None
        if begin is not None:
            found.append(Window(begin, FOREVER))
    return found


def outside(violations, of):
    """Those that no window accounts for: the read, and what it should have seen, are of one window."""
    return [each for each in violations if not any(_accounts_for(window, each) for window in of)]


def _accounts_for(window, violation):
    read = violation.operation
    return window.begin - SLACK <= read.returned and read.invoked <= window.end + SLACK


def moments_of_write(violations, history):
    """Of new-then-old those that concern a write which nobody had been told of when the older read began: what Redis may
    cause by losing a mark."""
    return [each for each in violations if each.rule in ("inversion", "session") and _unacknowledged(each, history)]


def _unacknowledged(violation, history):
    read = violation.operation
    concerned = set(read.registers)
    return any(not operation.is_read and concerned & set(operation.registers) and
               operation.invoked <= read.returned and (operation.returned >= read.invoked or operation.outcome != "ok")
               for operation in history)  # fmt: skip
