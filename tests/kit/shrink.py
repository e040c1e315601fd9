"""Delta debugging of a row: the shortest conversation that still goes wrong."""
import dataclasses
import time


def without_each(items):
    """All sublists with a piece left out: halves first, then quarters, at last single items."""
    size = len(items) // 2
    while size >= 1:
        for at in range(0, len(items), size):
            yield items[:at] + items[at + size :]
        size //= 2


def _simpler_lines(letter, how, text):
    """The same request with less in it, or asked in a plainer way."""
    if how == "*":
        parts = text.split(" | ")
        for fewer in without_each(parts) if len(parts) > 1 else ():
            yield letter, how, " | ".join(fewer)
        if len(parts) == 1:
            yield letter, "+", text
    elif how == ":":
        parts = text.split("; ")
        for fewer in without_each(parts) if len(parts) > 1 else ():
            yield letter, how, "; ".join(fewer)
    elif how == "+":
        yield letter, ":", text


def _without_clients(lines, startup):
    for letter in sorted({line[0] for line in lines}):
        yield [line for line in lines if line[0] != letter], startup


def _without_lines(lines, startup):
    for fewer in without_each(lines):
        yield fewer, startup


def _without_startup(lines, startup):
    for letter, parameters in startup.items():
        for name in parameters:
            fewer = {key: value for key, value in parameters.items() if key != name}
            yield lines, {key: value for key, value in (startup | {letter: fewer}).items() if value}


def _in_simpler_words(lines, startup):
    for number, line in enumerate(lines):
        for simpler in _simpler_lines(*line):
            yield [*lines[:number], simpler, *lines[number + 1 :]], startup


def rebuilt(row, lines, startup):
    """The row with these lines; startup parameters of who says nothing are dropped."""
    speakers = {line[0] for line in lines}
    script = "\n".join(letter + (how if how in ".-" and not text else how + " " + text) for letter, how, text in lines)
    kept = {letter: parameters for letter, parameters in startup.items() if letter in speakers}
    return dataclasses.replace(row, script=script, startup=kept)


def shrink(row, fails, seconds=60.0):
    """The smallest row found in the time for which fails(row) is true, as it is for this one."""
    deadline = time.monotonic() + seconds
    tried = set()

    def smaller(row):
        lines = list(row.lines())
        for step in (_without_clients, _without_lines, _in_simpler_words, _without_startup):
            for fewer, startup in step(lines, row.startup):
                candidate = rebuilt(row, fewer, startup)
                key = (candidate.script, repr(candidate.startup))
                if fewer and key not in tried:
                    tried.add(key)
                    yield candidate

    found = True
    while found:
        found = False
        for candidate in smaller(row):
            if time.monotonic() > deadline:
                return row
            if fails(candidate):
                row, found = candidate, True
                break
    return row


def as_source(row):
    """As it stands in tests/state_rows."""
    lines = "".join(f"        {line.strip()}\n" for line in row.script.strip().splitlines())
    more = f", held={row.held}" if row.held != 1 else ""
    if row.startup:
        more += f", startup={row.startup!r}"
    return f'    Row("{row.name}", """\n{lines}    """{more}),'
