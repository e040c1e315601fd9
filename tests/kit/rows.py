"""Rows (see kit.script) played directly and through pgweir: on as many servers as their clients need, and with one more
that are lent in turn."""
import contextlib
import re

from .case import DATABASE, PASSWORD, USER
from .fresh import leaks_of, look
from .rawclient import RawClient
from .route import Route
from .script import Player, first_difference
from .waiting import wait_until

# What pgweir cannot know to be over, so that its client may keep the server; and what decides how texts are read, amid a
# pipeline whose texts have been looked at already.
STICKY = re.compile(r"\b(lastval|currval|nextval|setval|setseed|seed|do|call|load|pg_temp)\b"
                    r"|\|.*(standard_conforming_strings|client_encoding|set names|reset all)"
                    r"|(standard_conforming_strings|client_encoding|set names|reset all).*\|", re.IGNORECASE)  # fmt: skip
# Alone in a simple query they take no server, until there is more to say; but for modes that a standby would refuse.
MODE = r"(isolation\s+level\s+(repeatable\s+read|read\s+(un)?committed)|read\s+only|(not\s+)?deferrable)"
MODES = rf"{MODE}((\s*,\s*|\s+){MODE})*"
BEGINS = re.compile(rf"(begin(\s+(work|transaction))?|start\s+transaction)(\s+{MODES})?\s*;?", re.IGNORECASE)
SETS_MODES = re.compile(rf"set\s+transaction\s+{MODES}\s*;?", re.IGNORECASE)
HELD = """SELECT (SELECT count(*) FROM pg_prepared_statements WHERE from_sql) + (SELECT count(*) FROM pg_cursors)
    + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
    + (SELECT count(*) FROM pg_listening_channels())
    + (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema())"""


class Rotation:
    """Two clients that hold a free server in turn, so that the next one who asks gets another one than last time."""

    def __init__(self, proxy, clients):
        self._proxy = proxy
        self._holds, self._waits = clients
        self._holding = False

    def turn(self):
        if int(self._proxy.show("POOLS")[0]["sv_idle"]) == 0:
            return
        self._waits.hold_server()
        if self._holding:
            self._holds.query("COMMIT")
        self._holds, self._waits, self._holding = self._waits, self._holds, True

    def end(self):
        if self._holding:
            self._holds.query("COMMIT")
            self._holding = False


class Oracle(Player):
    """Plays at PostgreSQL itself, and counts how many servers a pooler needs for the same: for each client that has the
    word, has said something in a transaction, or has what cannot be carried to another server."""

    def __init__(self, port, superuser):
        super().__init__(port, superuser)
        self._holding, self._sticky, self._begun = set(), set(), set()
        self.needed = 1

    def open(self):
        # The first one who asks for such settings is greeted by a server.
        self.needed = max(self.needed, len(self._holding) + 1)
        return super().open()

    def answered(self, letter, client, text, received):
        if self._only_begun(letter, text, received):
            return
        self.needed = max(self.needed, len(self._holding | {letter}))
        if STICKY.search(text):
            self._sticky.add(letter)
        # In a transaction the question would be part of the row.
        if letter in self._sticky or received[-1].status != "I" or client.value(HELD) != "0":
            self._holding.add(letter)
        else:
            self._holding.discard(letter)

    def _only_begun(self, letter, text, received):
        """Whether the client is, or until now was, in a transaction that has taken no server."""
        begun, tags = letter in self._begun, [one.tag for one in received if one.tag != "A"]
        self._begun.discard(letter)
        if letter in self._holding or tags not in (["C", "Z"], ["I", "Z"]):
            return False
        said = text.strip()
        if begun and (tags == ["I", "Z"] or said.rstrip(" ;").lower() in ("commit", "rollback", "end", "abort")
                      or SETS_MODES.fullmatch(said)):  # fmt: skip
            stays = received[-1].status == "T"
        else:
            stays = not begun and BEGINS.fullmatch(said) is not None
            if not stays:
                return False
        if stays:
            self._begun.add(letter)
        return True

    def left(self, letter):
        self._begun.discard(letter)
        self._holding.discard(letter)
        self._sticky.discard(letter)


class RowsCase(Route):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("GRANT pg_monitor TO app")
        cls.proxies = {}
        with RawClient(cls.postgres.port) as client:
            client.startup(USER, DATABASE, PASSWORD, application_name="fresh")
            cls.fresh = look(client)
            client.terminate()

    @classmethod
    def new_proxy(cls, size, max_wait="5s"):
        return cls.class_pgweir(
            auth={"method": "scram-sha-256", "users": cls.users()},
            databases={DATABASE: {"pool": {"size": size, "queue": {"max_wait": max_wait}}}})  # fmt: skip

    @classmethod
    def proxy_of(cls, size):
        if size not in cls.proxies:
            cls.proxies[size] = cls.new_proxy(size)
        return cls.proxies[size]

    @contextlib.contextmanager
    def clients(self, proxy, count):
        opened = [RawClient(proxy.port) for _ in range(count)]
        try:
            for client in opened:
                client.startup(USER, DATABASE, PASSWORD, application_name="fresh")
            yield opened
            for client in opened:
                client.terminate()
        finally:
            for client in opened:
                client.close()

    def superuser(self, sql):
        self.postgres.sql(sql, database=DATABASE)

    def leaks(self, proxy, size):
        """What a fresh client finds on each server of a pool at rest that it would not find at PostgreSQL itself."""
        proxy.assert_at_rest()
        with self.clients(proxy, size) as clients:
            return leaks_of(clients, self.fresh)

    def play_directly(self, row):
        """What is heard, and how many servers it takes."""
        oracle = Oracle(self.postgres.port, self.superuser)
        heard = oracle.play(row)
        # Who is told goodbye by PostgreSQL may still have to give back what it holds.
        wait_until(lambda: self.postgres.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0,
                   message="the locks of those who left")  # fmt: skip
        return heard, oracle.needed

    def play_through(self, row, proxy, rotates):
        if not rotates:
            return Player(proxy.port, self.superuser).play(row)
        with self.clients(proxy, 2) as clients:
            rotation = Rotation(proxy, clients)
            heard = Player(proxy.port, self.superuser, rotation.turn).play(row)
            rotation.end()
            return heard

    def difference(self, row, expected, needed, rotates, proxy_of):
        """In words, empty if there is none. proxy_of(size) is a running pgweir with so many servers."""
        size = needed + 1 if rotates else needed
        proxy = proxy_of(size)
        where = "with one server more, in rotation:\n" if rotates else "on as many servers as it needs:\n"
        seen = self.play_through(row, proxy, rotates)
        if found := first_difference(expected, seen):
            return where + found
        if found := self.leaks(proxy, size):
            return where + "left behind: " + "; ".join(found)
        return ""
