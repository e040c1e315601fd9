"""redis::shared_store when the data of a real Redis become others: restarted, flushed, failed over."""
import unittest

from kit.shared_store import CHANGED, EPOCH_KEY, StoreCase
from kit.waiting import wait_until
from kit.waiting import wait_until


class EpochCase(StoreCase):
    """Old stamps never come back, whatever happens to the data."""

    def two(self, server, **options):
        return self.store(server, **options), self.store(server, **options)

    def fill(self, *stores):
        """Stamps, a reply, and a mark, all of which must be gone then."""
        made = self.make(stores[0], 11, 12).stamps
        self.done(stores[0], "mark db 17:a 12")
        stores[0].ask("keep db key 3600000 old", "ask db - 11")
        for store in stores:
            found = self.ask(store, 11, 12, key="key")
            self.assertEqual((found.stamps, found.marked, found.reply), (made, [False, False, True], "old"))
        return made

    def expect_empty(self, old, *stores):
        self.wait_well(*stores)
        for store in stores:
            found = self.ask(store, 11, 12, key="key")
            self.assertEqual((found.stamps, found.marked, found.reply), ([None] * 3, [False] * 3, None))
        new = self.make(stores[0], 11, 12).stamps
        self.assertFalse({None, *old} & set(new))
        for store in stores:
            self.assertEqual(self.ask(store, 11, 12).stamps, new)


class EpochTest(EpochCase):
    def test_restarted_empty(self):
        server = self.redis()
        stores = self.two(server)
        old = self.fill(*stores)
        server.restart()
        for store in stores:
            store.wait_connected(2)
        self.assertIsNone(server.command("GET", "anything"))
        self.expect_empty(old, *stores)

    def test_restarted_with_what_it_had_saved(self):
        server = self.redis()
        stores = self.two(server)
        old = self.fill(*stores)
        server.command("SAVE")
        self.done(stores[1], "bump db 11")
        server.restart()
        # It has the stamp again that was bumped.
        self.assertIn(old[1], [server.command("GET", name) for name in self.keys(server, "s")])
        for store in stores:
            store.wait_connected(2)
        self.expect_empty(old, *stores)

    def test_flushed(self):
        server = self.redis()
        stores = self.two(server)
        old = self.fill(*stores)
        server.command("FLUSHALL")
        self.assertEqual(stores[0].ask("ask db - 11"), [CHANGED])
        self.expect_empty(old, *stores)
        # Nobody had to connect again for it.
        self.assertEqual([len(store.epochs()) for store in stores], [1, 1])

    def test_flushed_before_a_bump_and_a_mark(self):
        server = self.redis()
        stores = self.two(server)
        old = self.fill(*stores)
        for line in ("bump db 11", "mark db 17:a 12"):
            server.command("FLUSHALL")
            self.done(stores[0], line)
            self.assertEqual(server.command("GET", EPOCH_KEY), stores[0].epochs()[0])
        stores[0].ask("unmark db 17:a 12", "ask db - 11")
        self.expect_empty(old, *stores)

    def test_the_key_of_the_epoch_is_lost(self):
        server = self.redis()
        a, b = self.two(server)
        old = self.fill(a, b)
        for line, said in (("ask db - 11", CHANGED), ("make db - 13", CHANGED), ("bump db 12", "done"), ("mark db 17:a 12", "done")):
            server.command("DEL", EPOCH_KEY)
            self.assertEqual(a.ask(line), [said], line)
            self.wait_well(a, b)
        # The data are what they were.
        self.assertEqual(self.ask(b, 11, 12).stamps, [old[0], old[1], None])
        self.assertEqual(self.ask(b, 11, 12).marked, [False, False, True])

    def test_many_that_find_it_lost_put_it_back_once(self):
        server = self.redis()
        store = self.store(server)
        written = server.calls("set")
        server.command("DEL", EPOCH_KEY)
        self.assertEqual(set(store.ask(*["ask db - 11"] * 100)), {CHANGED})
        self.wait_well(store)
        self.assertEqual(server.calls("set") - written, 1)

    def test_the_key_of_the_epoch_is_somebody_elses(self):
        server = self.redis()
        a, b = self.two(server)
        old = self.fill(a, b)
        # Of a type that it never has: it is put right, and what was written holds then.
        for line, told in (("mark db 17:a 12", "done"), ("bump db 12", "done"), ("ask db - 11", CHANGED)):
            server.command("DEL", EPOCH_KEY)
            server.command("LPUSH", EPOCH_KEY, "x")
            self.assertEqual(a.ask(line), [told])
            wait_until(lambda: server.command("TYPE", EPOCH_KEY) == "string", message="the epoch's key")
        self.wait_well(a, b)
        self.assertEqual(self.ask(b, 11).stamps, old[:2])
        # A text may be an epoch that others know of: all is void until somebody connects anew.
        for text in ("", "x", "0" * 32, "x" * 100000):
            server.command("SET", EPOCH_KEY, text)
            for line in ("ask db key 11", "make db - 11", "mark db 17:a 12"):
                self.assertEqual(a.ask(line), [CHANGED], text[:40])
            before = self.void(server, text, 11)
            self.done(a, "bump db 11")
            self.assertNotIn(before, server.command("KEYS", "*"))
            new = self.store(server)
            self.wait_well(a, b, new)
            self.assertIsNone(self.stamp(b, 11))
            self.made(b, 11)

    def void(self, server, epoch, relation):
        """The name of a stamp of that epoch, which is there now."""
        name = f"pgweir:db:{epoch}:s:{relation}"
        server.command("SET", name, "1" * 16)
        return name


class FailoverTest(EpochCase):
    def replica_of(self, primary):
        replica = self.redis(settings={"replicaof": f"127.0.0.1 {primary.port}"})
        wait_until(lambda: replica.info("replication", "master_link_status") == "up")
        return replica

    def test_to_a_replica_that_has_it_all(self):
        primary = self.redis()
        replica = self.replica_of(primary)
        old = self.fill(self.store(primary))
        primary.command("SET", "last", "1")
        wait_until(lambda: replica.command("GET", "last"))
        primary.kill9()
        replica.command("REPLICAOF", "NO", "ONE")
        self.assertIn(old[1], [replica.command("GET", name) for name in self.keys(replica, "s")])
        stores = self.two(replica)
        self.expect_empty(old, *stores)

    def lagging(self):
        """(server, one that has not noticed that the data are others now, one that has)"""
        server = self.redis()
        replica = self.replica_of(server)  # first: with its first replica Redis begins a new history
        lagging, aware = self.store(server), self.store(server, check=50)
        old = self.fill(lagging, aware)
        server.command("SET", "last", "1")
        wait_until(lambda: replica.command("GET", "last"))
        replica.command("REPLICAOF", "NO", "ONE")
        server.command("REPLICAOF", "127.0.0.1", replica.port)
        aware.wait_lost()
        wait_until(lambda: server.info("replication", "master_link_status") == "up")
        # With all that it had, as what it was told last has come to the replica.
        self.assertIn(old[1], [server.command("GET", name) for name in self.keys(server, "s")])
        server.command("REPLICAOF", "NO", "ONE")
        aware.wait_connected(2)
        self.expect_empty(old, aware)
        return server, lagging, aware

    def test_what_one_that_lags_asks_and_marks_is_void(self):
        _, lagging, aware = self.lagging()
        for line in ("ask db key 11 12", "make db key 11 12", "mark db 18:b 11"):
            self.assertEqual(lagging.ask(line), [CHANGED])
        self.assertEqual(self.ask(aware, 11).marked, [False, False])
        # What it keeps nobody finds.
        lagging.ask("keep db key 60000 lagging", "ask db - 11")
        self.assertIsNone(self.ask(aware, 11, key="key").reply)

    def test_a_bump_of_one_that_lags_is_seen_by_the_other(self):
        _, lagging, aware = self.lagging()
        before = self.make(aware, 11, 12).stamps
        self.done(lagging, "bump db 11")
        self.assertEqual(self.ask(aware, 11, 12).stamps, [before[0], None, before[2]])
        self.done(lagging, "bump db all")
        self.assertEqual(self.ask(aware, 12).stamps, [None, before[2]])
        # It has not noticed until now.
        self.assertEqual(len(lagging.epochs()), 1)

    def test_one_that_lags_does_not_put_its_epoch_in_the_place_of_one_that_is_lost(self):
        for line in ("ask db - 11", "bump db 11", "mark db 18:b 11"):
            server, lagging, aware = self.lagging()
            before = self.made(aware, 11)
            server.command("DEL", EPOCH_KEY)
            self.assertEqual(lagging.ask(line), [CHANGED])
            # It has learned of it by this, and says it again.
            lagging.wait_connected(2)
            self.assertEqual(lagging.epochs()[1], aware.epochs()[1])
            self.wait_well(lagging, aware)
            self.assertEqual(self.stamp(lagging, 11), before)
            self.done(lagging, "bump db 11")
            self.assertIsNone(self.stamp(aware, 11))

    def test_a_history_that_redis_begins_by_itself(self):
        server = self.redis(settings={"repl-backlog-ttl": 1})
        replica = self.replica_of(server)
        stores = self.two(server, check=50)
        old = self.fill(*stores)
        history = server.info("replication", "master_replid")
        replica.kill9()
        wait_until(lambda: server.info("replication", "master_replid") != history, message="another master_replid")
        for store in stores:
            store.wait_connected(2)
        self.expect_empty(old, *stores)


if __name__ == "__main__":
    unittest.main()
