"""Scripts of statements by clients that take turns: what each of them is answered, to be compared between PostgreSQL and
pgweir in front of it.

    Row("a setting follows its client", '''
        a: SET work_mem = '7MB'
        b: SHOW work_mem
        a+ SHOW work_mem
    ''', held=1)

A line is a client's letter, how it asks, and what:
    a: a simple query, of one or more statements
    a+ the same statement in the extended protocol, unnamed: Parse, Bind, Describe, Execute, Sync in one write
    a* a pipeline: statements separated by ` | `, each as Parse, Bind, Execute, and one Sync
    a= NAME SQL        Parse and Describe of a named statement, Sync
    a@ NAME [VALUE..]  Bind of it with these values as text, Execute, Sync
    a- NAME            Close of it, Sync
    a~ MESSAGES        in one write: messages separated by ` | `, each a word of MESSAGES below with its arguments; `-` is the
                       empty name. It is answered as often as there are `query` and `sync`.
    a! SQL             a simple query by whoever is the superuser, beside the clients: nobody's answer
A client connects before its first line, with the startup parameters that `startup` has for its letter, and leaves with
the end of the script, or at `a.`.
"""
import dataclasses
import re

from . import messages
from .case import DATABASE, PASSWORD, USER
from .rawclient import RawClient, ServerError

LINE = re.compile(r"([a-z])([:+*=@!.~-])\s*(.*)")
# Nothing of these says the same twice, or through another server.
UNSTABLE = {"L", "F", "P", "p", "q", "W"}
# The routine that refuses is that of Parse where a server has to be told a statement first.
IN_FAILED_TRANSACTION = "25P02"
ASKS_SEQUENCES = re.compile(r"lastval|currval", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    script: str
    held: int = 1  # servers that its clients need at the same time
    startup: dict = dataclasses.field(default_factory=dict)  # letter: parameters

    def parameters(self, letter):
        """What the client connects with. Of applications that ask what they drew pgweir remembers it: rows that do are
        applications of their own."""
        given = self.startup.get(letter, {})
        return {"application_name": self.name[:60], **given} if ASKS_SEQUENCES.search(self.script) else given

    def lines(self):
        for line in self.script.strip().splitlines():
            if not (found := LINE.fullmatch(line.strip())):
                raise ValueError(f"{self.name}: {line!r}")
            yield found.groups()


def told(message, pids):
    """A message as something to compare and to read."""
    if message.tag in "EN":
        kept = {key: value for key, value in sorted(message.fields.items()) if key not in UNSTABLE}
        if kept["C"] == IN_FAILED_TRANSACTION:
            kept.pop("R", None)
        return message.tag, tuple(kept.items())
    if message.tag == "S":
        return "S", *message.parameter
    if message.tag == "A":
        pid, channel, payload = message.notification
        return "A", pids.get(pid, "somebody"), channel, payload
    if message.tag == "T":
        return "T", *message.columns
    if message.tag == "D":
        return "D", *(None if value is None else value.decode() for value in message.row)
    return message.tag, message.body.rstrip(b"\0").decode(errors="replace")


def _unnamed(name):
    return "" if name == "-" else name


def _bind(text):
    portal, statement, *values = text.split()
    return messages.bind(_unnamed(portal), _unnamed(statement), values)


MESSAGES = {
    "query": messages.query,
    "parse": lambda text: messages.parse(_unnamed(text.split(" ", 1)[0]), text.split(" ", 1)[1]),
    "bind": _bind,
    "describe": lambda portal: messages.describe_portal(_unnamed(portal)),
    "execute": lambda portal: messages.execute(_unnamed(portal)),
    "close": lambda portal: messages.close_portal(_unnamed(portal)),
    "data": lambda line: messages.copy_data(line + "\n"),
    "done": lambda _: messages.copy_done(),
    "sync": lambda _: messages.sync(),
}


def _answers(how, text):
    """How often the client is told that the server is ready."""
    if how != "~":
        return 1
    return sum(part.split(" ", 1)[0] in ("query", "sync") for part in text.split(" | "))


def _extended(sql):
    return messages.parse("", sql), messages.bind(), messages.describe_portal(), messages.execute()


def _request(how, text):
    if how == ":":
        return (messages.query(text),)
    if how == "+":
        return *_extended(text), messages.sync()
    if how == "*":
        parts = [part for sql in text.split(" | ") for part in _extended(sql)]
        return *parts, messages.sync()
    if how == "=":
        name, sql = text.split(" ", 1)
        return messages.parse(name, sql), messages.describe_statement(name), messages.sync()
    if how == "@":
        name, *values = text.split()
        return messages.bind("", name, values), messages.execute(), messages.sync()
    if how == "-":
        return messages.close_statement(text), messages.sync()
    if how == "~":
        parts = [part.partition(" ") for part in text.split(" | ")]
        return tuple(MESSAGES[word](rest) for word, _, rest in parts)
    raise ValueError(how)


def settled(answers):
    """What other sessions notify of comes when it does: before the first word of an answer or behind its last. It is
    compared as if it always stood right before ReadyForQuery."""
    answers = list(answers)
    notified = [one for one in answers if one[0] == "A"]
    return [one for one in answers[:-1] if one[0] != "A"] + notified + answers[-1:]


class Player:
    """Plays a row at one port, and notes what everybody was told. `between` is called before each line; answered() and
    left() are there to be overridden."""

    def __init__(self, port, superuser, between=lambda: None):
        self._port = port
        self._superuser = superuser
        self._between = between

    def open(self):
        """A connection for a client that is about to say its first line."""
        return RawClient(self._port)

    def answered(self, letter, client, text, received):
        """A line has been asked and answered."""

    def left(self, letter):
        """A client has gone before the end."""

    def play(self, row):
        clients, pids, heard = {}, {}, []
        try:
            for letter, how, text in row.lines():
                if how == "!":
                    self._superuser(text)
                    continue
                self._between()
                if letter not in clients:
                    clients[letter] = self.open()
                    heard.append((letter, "connects", self._connect(clients[letter], row.parameters(letter))))
                    pids[clients[letter].pid] = letter
                client = clients[letter]
                if how == ".":
                    client.terminate()
                    self.left(letter)
                    continue
                client.send(*_request(how, text))
                received = [one for _ in range(_answers(how, text)) for one in client.until_ready()]
                heard.append((letter, how + " " + text, settled(told(one, pids) for one in received)))
                self.answered(letter, client, text, received)
        finally:
            for client in clients.values():
                client.terminate()
        return heard

    @staticmethod
    def _connect(client, parameters):
        """The settings that the client is greeted with, or the error."""
        try:
            received = client.startup(USER, DATABASE, PASSWORD, **parameters)
        except ServerError as refused:
            return sorted((key, value) for key, value in refused.fields.items() if key not in UNSTABLE)
        return sorted(one.parameter for one in received if one.tag == "S")


def first_difference(expected, seen):
    """Where two hearings part, in words; empty if they do not."""
    for (letter, line, wanted), (_, _, got) in zip(expected, seen):
        if wanted != got:
            return f"{letter} {line}\n  PostgreSQL: {wanted}\n  pgweir:     {got}"
    return ""
