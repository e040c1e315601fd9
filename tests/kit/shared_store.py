"""What a redis::shared_store says, driven through tests/probe/redis_link_probe."""
import re

from .redis_probe import RedisCase
from .waiting import wait_until

CHANGED = "error Redis has another role or other data than before"
REFUSED = "error Redis refused the command"
EPOCH_KEY = "pgweir:epoch"
DAY = 86400


class Answer:
    """What a store said of relations; the whole database is the first of them."""

    def __init__(self, text):
        found = re.fullmatch(r"stamps((?: \S+)+) catalogs (\S+)(?: reply (\S+) left (\d+))?", text)
        assert found, text
        words = found[1].split()
        self.marked = [word.endswith("*") for word in words]
        self.stamps = [None if word.startswith("none") else word.rstrip("*") for word in words]
        assert all(stamp is None or re.fullmatch("[0-9a-f]{16}", stamp) for stamp in self.stamps), text
        assert "0" * 16 not in self.stamps, text
        self.catalogs = None if found[2] == "none" else found[2]
        self.reply = found[3]
        self.left = int(found[4]) if found[4] else None


class StoreCase(RedisCase):
    def store(self, server, **options):
        return self.connected(server.url(), **options)

    def ask(self, store, *relations, key="-", database="db", make=False):
        words = " ".join(str(each) for each in (database, key, *relations))
        return Answer(store.ask(f"{'make' if make else 'ask'} {words}")[0])

    def make(self, store, *relations, **others):
        return self.ask(store, *relations, make=True, **others)

    def stamp(self, store, relation, **others):
        """What the relation has now."""
        return self.ask(store, relation, **others).stamps[1]

    def made(self, store, relation, **others):
        """Its stamp, made if there was none."""
        return self.make(store, relation, **others).stamps[1]

    def done(self, store, line):
        self.assertEqual(store.ask(line), ["done"], line)

    def wait_well(self, *stores):
        """Until what is asked finds the epoch of its data."""
        for store in stores:
            wait_until(lambda store=store: store.ask("ask db - 11")[0].startswith("stamps"),
                       message=lambda store=store: f"a store that is well:\n{store.log()[-2000:]}")  # fmt: skip

    def keys(self, server, kind="*", database=0):
        return server.command("KEYS", f"pgweir:*:{kind}:*", database=database)
