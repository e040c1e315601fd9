"""What a read must have seen, by when it began."""
import operator
from typing import NamedTuple

PROMISES = {
    "P1": "a read that begins after a write was acknowledged sees it",
    "P2": "no new-then-old: a read that begins after another one returned sees at least what that one saw",
    "P3": "the reads of one session do not go backwards",
    "P4": "when no write is under way, a read sees what the database has, whatever happened before",
    "P5": "a session sees its own writes: inside its transaction, and behind a write that it has not waited for",
    "P6": "nobody sees what was not committed, save in the own transaction",
}
UNCOMMITTED = 100  # added to the version that a transaction would make


class Needs(NamedTuple):
    """The least version of each relation that keeps a promise."""

    acknowledged: tuple  # P1
    seen: tuple  # P2
    session: tuple  # P3
    at_rest: tuple  # P4
    own: tuple  # P5


def at_least(values, least):
    return all(map(operator.ge, values, least))


def broken_by(values, needs):
    """The promises that an answer breaks."""
    breaks = [name for name, least in zip(("P1", "P2", "P3", "P4", "P5"), needs) if not at_least(values, least)]
    if max(values) > UNCOMMITTED and not any(needs.own):
        breaks.append("P6")
    return breaks


def newest(one, other):
    return tuple(map(max, one, other))
