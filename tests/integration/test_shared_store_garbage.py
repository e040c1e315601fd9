"""redis::shared_store on a real Redis that is full, or that others have written to."""
import random
import unittest
from collections import defaultdict

from kit.redis_server import RedisError
from kit.shared_store import CHANGED, REFUSED, Answer, StoreCase


class FullTest(StoreCase):
    def test_a_full_redis_that_evicts_nothing(self):
        server = self.redis(settings={"maxmemory-policy": "noeviction"})
        a, b = self.store(server), self.store(server)
        before = self.make(a, 11, 12).stamps
        self.done(a, "mark db 17:a 11")
        server.command("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual(b.ask("mark db 18:b 11 12"), [REFUSED])
        found = self.ask(a, 11, 12)
        self.assertEqual((found.stamps, found.marked), (before, [False, True, False]))
        self.done(a, "bump db 11")
        self.assertEqual(a.ask("unmark db 17:a 11", "keep db key 60000 text"), ["done", "sent"])
        # No stamp is a miss.
        found = self.make(b, 11, 12, key="key")
        self.assertEqual(found.stamps, [before[0], None, before[2]])
        self.assertEqual((found.marked, found.reply), ([False] * 3, None))
        self.assertEqual(b.ask("writers db 11"), ["writers"])
        server.command("CONFIG", "SET", "maxmemory", "0")
        self.assertNotIn(self.made(b, 11), [None, *before])
        self.assertEqual([len(store.epochs()) for store in (a, b)], [1, 1])

    def test_a_full_redis_that_evicts_anything(self):
        server = self.redis(settings={"maxmemory-policy": "allkeys-lru"})
        stores = [self.store(server), self.store(server)]
        self.wait_well(*stores)
        server.command("CONFIG", "SET", "maxmemory", int(server.info("memory", "used_memory")) + 300_000)
        dice = random.Random(5)
        over, seen = defaultdict(set), defaultdict(set)  # stamps of a relation: from before a bump, all
        found = 0
        for step in range(1500):
            store, relation = dice.choice(stores), dice.randrange(11, 30)
            store.begin(f"keep db key{step} 3600000 {'x' * 3000}")
            if dice.random() < 0.3:
                self.done(store, f"bump db {relation}")
                over[relation] |= seen[relation]
                continue
            said = store.ask(f"make db - {relation}")[0]
            if said == CHANGED:
                continue
            stamp = Answer(said).stamps[1]
            self.assertNotIn(stamp, over[relation])
            if stamp:
                found += 1
                seen[relation].add(stamp)
        self.assertGreater(int(server.info("stats", "evicted_keys")), 100)
        self.assertGreater(found, 500)
        self.assertEqual([len(store.epochs()) for store in stores], [1, 1])


class GarbageTest(StoreCase):
    """What somebody else has written under our names."""

    def setUp(self):
        self.server = self.redis()
        self.a, self.b = self.store(self.server), self.store(self.server)
        self.before = self.make(self.a, 11, 12).stamps
        self.done(self.a, "mark db 17:a 11 12")
        self.a.ask("keep db key 3600000 text", "ask db - 11")

    def name(self, kind, relation):
        return next(each for each in self.keys(self.server, kind) if each.endswith(f":{relation}"))

    def put(self, name, command, *words):
        self.server.command("DEL", name)
        self.server.command(command, name, *words)

    TYPES = (("LPUSH", "x"), ("HSET", "f", "v"), ("SADD", "x"), ("ZADD", "1", "x"), ("XADD", "*", "f", "v"))

    def test_stamps_that_are_none(self):
        name = self.name("s", 11)
        one = self.before[1]
        for text in ("", "x", "0" * 16, "0" * 15, one[:15], one + "0", one[:15] + "g", " " + one[1:], "-" + one[1:],
                     "0x" + one[2:], one + "\n", one[:15] + "\0", "x" * 1_000_000):  # fmt: skip
            self.server.command("SET", name, text)
            for asked in (self.ask(self.a, 11, 12), self.make(self.b, 11, 12)):
                self.assertEqual(asked.stamps, [self.before[0], None, self.before[2]], text[:40])
            self.done(self.a, "bump db 11")
            self.assertNotIn(self.made(self.b, 11), [None, one])

    def test_stamps_of_another_type(self):
        name = self.name("s", 11)
        for command, *words in self.TYPES:
            self.put(name, command, *words)
            for asked in (self.ask(self.a, 11, 12), self.make(self.b, 11, 12)):
                self.assertEqual(asked.stamps, [self.before[0], None, self.before[2]], command)
            self.done(self.a, "bump db 11")
            self.assertNotIn(self.made(self.b, 11), [None, *self.before])

    def test_marks_of_any_text(self):
        for text in ("", "0", "x" * 1_000_000):
            self.server.command("SET", self.name("p", 11), text)
            self.assertEqual(self.ask(self.b, 11).marked, [False, True])

    def test_marks_of_another_type(self):
        name = self.name("p", 11)
        for command, *words in self.TYPES:
            self.put(name, command, *words)
            # Who marks takes their place.
            self.done(self.b, "mark db 18:b 11")
            self.assertEqual(self.ask(self.a, 11).marked, [False, True])
        self.b.ask("unmark db 18:b 11", "unmark db 17:a 11", "ask db - 11")
        self.assertEqual(self.ask(self.a, 11).marked, [False, False])

    def test_writers_of_another_type(self):
        name = self.name("w", 11)
        for command, *words in self.TYPES:
            if command == "HSET":
                continue
            self.put(name, command, *words)
            self.assertEqual(self.b.ask("mark db 18:b 11", "mark db 18:b 12 11"), [REFUSED] * 2)
            self.assertEqual(self.b.ask("writers db 11"), ["writers"])
            # The mark stays, for at most its day, since nobody knows of whom it is.
            self.assertEqual(self.b.ask("unmark db 17:a 11"), [REFUSED])
            self.assertEqual(self.ask(self.a, 11).marked, [False, True])
            self.done(self.b, "bump db 11")
        self.put(name, "SET", "x")
        self.assertEqual(self.b.ask("mark db 18:b 11", "writers db 11"), [REFUSED, "writers"])

    def test_writers_that_are_none(self):
        self.put(self.name("w", 11), "HSET", "", "v")
        self.assertEqual(self.b.ask("writers db 11"), ["writers "])
        self.b.ask("unmark db 17:a 11", "ask db - 11")
        self.assertEqual(self.ask(self.a, 11).marked, [False, True])

    def test_replies_of_another_type(self):
        name = self.keys(self.server, "e")[0]
        for command, *words in self.TYPES:
            self.put(name, command, *words)
            found = self.ask(self.b, 11, 12, key="key")
            self.assertEqual((found.reply, found.stamps), (None, self.before))
            self.a.ask("keep db key 3600000 again", "ask db - 11")
            self.assertEqual(self.ask(self.b, key="key").reply, "again")

    def test_an_empty_reply_is_none(self):
        self.server.command("SET", self.keys(self.server, "e")[0], "")
        self.assertIsNone(self.ask(self.b, key="key").reply)

    def test_rights_that_are_missing(self):
        few = "on >hush resetkeys ~other:* +@all"
        self.server.command("ACL", "SETUSER", "few", *few.split())
        store = self.connected(self.server.url("few", "hush"))
        self.assertEqual(store.ask("ask db key 11", "mark db 17:a 11", "bump db 11", "writers db 11"), [REFUSED] * 3 + ["writers"])
        with self.assertRaises(RedisError):
            self.server.command("GET", self.name("w", 11))
        self.assertEqual(self.ask(self.a, 11, 12).stamps, self.before)
        self.assertEqual(store.status()["losses"], 0)


if __name__ == "__main__":
    unittest.main()
