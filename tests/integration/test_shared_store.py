"""redis::shared_store against a real Redis: what several who share one see of each other."""
import unittest

from kit.redis_probe import NOT_CONNECTED, TIMED_OUT, TOO_MANY
from kit.shared_store import DAY, EPOCH_KEY, Answer, StoreCase
from kit.waiting import wait_until


class StampTest(StoreCase):
    def setUp(self):
        self.server = self.redis()
        self.a, self.b = self.store(self.server), self.store(self.server)

    def test_there_are_none_until_somebody_makes_them(self):
        self.assertEqual(self.ask(self.a, 11, 12).stamps, [None] * 3)
        self.assertEqual(self.keys(self.server), [])

    def test_they_are_made_once_and_seen_by_all(self):
        made = self.make(self.a, 11, 12)
        self.assertNotIn(None, made.stamps)
        self.assertEqual(len(set(made.stamps)), 3)
        self.assertEqual(made.marked, [False] * 3)
        self.assertEqual(self.make(self.b, 12, 11).stamps, [made.stamps[0], made.stamps[2], made.stamps[1]])
        self.assertEqual(self.ask(self.a, 11, 12).stamps, made.stamps)
        # What is only asked for is not made by it.
        self.assertEqual(self.ask(self.b, 13, 11).stamps, [made.stamps[0], None, made.stamps[1]])

    def test_those_who_make_them_at_the_same_time_see_the_same(self):
        relations = " ".join(str(each) for each in range(11, 19))
        numbers = [(store, number) for store in (self.a, self.b) for number in store.begin(*[f"make db - {relations}"] * 5)]
        self.assertEqual(len({tuple(Answer(store.answer(number)[1]).stamps) for store, number in numbers}), 1)

    def test_a_bump_makes_another_one(self):
        before = self.make(self.a, 11, 12)
        self.done(self.b, "bump db 11")
        self.assertEqual(self.ask(self.a, 11, 12).stamps, [before.stamps[0], None, before.stamps[2]])
        after = self.make(self.a, 11, 12)
        self.assertNotIn(after.stamps[1], [None, *before.stamps])
        self.assertEqual(after.stamps[2], before.stamps[2])
        self.assertEqual(self.ask(self.b, 11, 12).stamps, after.stamps)

    def test_a_bump_of_several_and_of_the_whole_database(self):
        before = self.make(self.a, 11, 12, 13)
        self.done(self.b, "bump db 11 13")
        self.assertEqual(self.ask(self.a, 11, 12, 13).stamps, [before.stamps[0], None, before.stamps[2], None])
        self.done(self.b, "bump db all")
        self.assertEqual(self.ask(self.a, 12).stamps, [None, before.stamps[2]])
        self.assertNotIn(self.make(self.a, 12).stamps[0], [None, before.stamps[0]])

    def test_calls_of_one_tick_take_effect_in_their_order(self):
        before = self.made(self.a, 11)
        said = self.a.ask("ask db - 11", "bump db 11", "ask db - 11", "make db - 11")
        self.assertEqual(said[1], "done")
        after = Answer(said[3]).stamps[1]
        self.assertNotIn(after, [None, before])
        # No look-up is older than its tick.
        self.assertNotIn(before, said[2])
        self.assertEqual(self.stamp(self.b, 11), after)

    def test_relations_of_32_bits(self):
        largest = 2**32 - 1
        made = self.make(self.a, 0, largest)
        # The whole database by its number.
        self.assertEqual(made.stamps[0], made.stamps[1])
        self.done(self.a, f"bump db {largest}")
        self.assertEqual(self.ask(self.a, largest).stamps, [made.stamps[0], None])

    def test_what_the_catalogs_say_has_one(self):
        self.assertIsNone(self.ask(self.a, 11).catalogs)
        made = self.make(self.a, 11)
        self.assertNotIn(made.catalogs, [None, *made.stamps])
        self.assertEqual(self.make(self.b, 12).catalogs, made.catalogs)
        self.done(self.b, "bump db 11")
        self.assertEqual(self.ask(self.a).catalogs, made.catalogs)
        self.done(self.b, "bump db 1")
        self.assertIsNone(self.ask(self.a, 12).catalogs)
        after = self.make(self.b, 12)
        self.assertNotIn(after.catalogs, [None, made.catalogs])
        self.assertEqual(after.stamps[0], made.stamps[0])

    def test_databases_of_pgweir_have_each_their_own(self):
        one, other = self.make(self.a, 11, database="db"), self.make(self.a, 11, database="db2")
        self.assertFalse(set(one.stamps) & set(other.stamps))
        self.a.ask("keep db key 60000 text", "mark db 17:a 11")
        self.assertEqual(vars(self.ask(self.b, 11, key="key", database="db2")),
                         vars(other) | {"reply": None, "left": None})  # fmt: skip
        self.done(self.a, "bump db 11")
        self.assertEqual(self.ask(self.b, 11, database="db2").stamps, other.stamps)

    def test_databases_of_redis_have_each_their_own(self):
        self.server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        other = self.connected(self.server.url(database=1))
        here, there = self.make(self.a, 11), self.make(other, 11)
        self.assertFalse(set(here.stamps) & set(there.stamps))
        self.assertEqual(self.a.ask("keep db key 60000 text", "mark db 17:a 11"), ["sent", "done"])
        self.assertEqual((self.ask(other, 11, key="key").reply, self.ask(other, 11).marked), (None, [False] * 2))
        self.done(other, "bump db 11")
        self.assertEqual(self.stamp(self.a, 11), here.stamps[1])
        # The epoch is one key in each of them.
        self.server.command("FLUSHDB", database=1)
        self.assertEqual(self.ask(self.a, 11).stamps, here.stamps)
        self.wait_well(other)


class ReplyTest(StoreCase):
    def setUp(self):
        self.server = self.redis()
        self.a, self.b = self.store(self.server), self.store(self.server)

    def test_is_kept_and_read_by_another_with_the_time_that_it_has_left(self):
        self.assertIsNone(self.ask(self.b, 11, key="key").reply)
        self.assertEqual(self.a.ask("keep db key 3600000 the-reply", "ask db key 11")[0], "sent")
        found = self.ask(self.b, 11, key="key")
        self.assertEqual(found.reply, "the-reply")
        self.assertTrue(0 < found.left <= 3600000, found.left)
        # Who does not want it is not given it.
        self.assertIsNone(self.ask(self.b, 11).reply)
        self.assertIsNone(self.ask(self.b, 11, key="other").reply)
        self.server.command("PEXPIRE", self.keys(self.server, "e")[0], 60000)
        self.assertTrue(0 < self.ask(self.b, 11, key="key").left <= 60000)

    def test_another_takes_its_place(self):
        self.a.ask("keep db key 3600000 first", "ask db - 11")
        self.b.ask("keep db key 60000 second", "ask db - 11")
        found = self.ask(self.a, key="key")
        self.assertEqual(found.reply, "second")
        self.assertTrue(0 < found.left <= 60000, found.left)

    def test_it_goes_by_itself(self):
        self.a.ask("keep db key 50 text", "ask db - 11")
        wait_until(lambda: self.ask(self.a, key="key").reply is None)

    def test_what_may_live_no_time_is_not_kept(self):
        self.a.ask("keep db key 0 text", "ask db - 11")
        self.assertEqual(self.keys(self.server, "e"), [])

    def test_time_left_is_never_more_than_may_be(self):
        self.a.ask("keep db key 1000 text", "ask db - 11")
        name = self.keys(self.server, "e")[0]
        for command in (["PEXPIRE", name, 9 * 10**18], ["PEXPIRE", name, DAY * 2000]):
            self.server.command(*command)
            self.assertEqual(vars(self.ask(self.b, key="key"))["left"], DAY * 1000)
        # Somebody else has written it.
        self.server.command("PERSIST", name)
        self.assertEqual(self.ask(self.b, key="key").left, 0)


class MarkTest(StoreCase):
    def setUp(self):
        self.server = self.redis()
        self.a, self.b = self.store(self.server), self.store(self.server)

    def marked(self, *relations):
        """As both see it."""
        seen = [self.ask(store, *relations).marked for store in (self.a, self.b)]
        self.assertEqual(seen[0], seen[1])
        return seen[0]

    def unmark(self, store, line):
        store.ask("unmark " + line, "ask db - 11")

    def writers(self, relation):
        return self.b.ask(f"writers db {relation}")[0].split()[1:]

    def test_are_gone_with_the_last_writer(self):
        before = self.make(self.a, 11, 12).stamps
        self.done(self.a, "mark db 17:a 11 12")
        self.assertEqual(self.marked(11, 12), [False, True, True])
        self.done(self.b, "mark db 18:b 11")
        self.assertEqual(self.writers(11), ["17:a", "18:b"])
        self.assertEqual(self.writers(12), ["17:a"])
        self.unmark(self.a, "db 17:a 11 12")
        self.assertEqual(self.marked(11, 12), [False, True, False])
        self.assertEqual((self.writers(11), self.writers(12)), (["18:b"], []))
        self.unmark(self.b, "db 18:b 11")
        self.assertEqual(self.marked(11, 12), [False] * 3)
        self.assertEqual(self.writers(11), [])
        # Marks are no bumps, and leave nothing behind.
        self.assertEqual(self.ask(self.b, 11, 12).stamps, before)
        self.assertEqual(self.keys(self.server, "p") + self.keys(self.server, "w"), [])

    def test_of_the_whole_database(self):
        self.done(self.a, "mark db 17:a all")
        self.assertEqual(self.marked(11), [True, False])
        self.assertEqual(self.writers(0), ["17:a"])
        self.unmark(self.a, "db 17:a all")
        self.assertEqual(self.marked(11), [False, False])

    def test_of_one_writer_count_once(self):
        self.done(self.a, "mark db 17:a 11")
        self.done(self.a, "mark db 17:a 11")
        self.unmark(self.a, "db 17:a 11")
        self.assertEqual(self.marked(11), [False, False])

    def test_of_others_stay_when_somebody_unmarks_who_has_none(self):
        self.done(self.a, "mark db 17:a 11")
        self.unmark(self.b, "db 18:b 11 12")
        self.assertEqual(self.marked(11, 12), [False, True, False])

    def test_may_be_taken_off_by_another_pgweir(self):
        """What the reaper does."""
        self.done(self.a, "mark db 17:a 11")
        self.a.close()
        for writer in self.writers(11):
            self.b.ask("bump db 11", f"unmark db {writer} 11")
        self.assertEqual(self.ask(self.b, 11).marked, [False, False])

    def test_that_are_lost_are_none(self):
        self.done(self.a, "mark db 17:a 11 12")
        self.server.command("DEL", self.keys(self.server, "p")[0], self.keys(self.server, "w")[0])
        self.unmark(self.a, "db 17:a 11 12")
        self.assertEqual(self.keys(self.server, "p") + self.keys(self.server, "w"), [])

    def test_the_marks_of_one_do_not_go_with_those_that_another_has_lost(self):
        self.done(self.a, "mark db 17:a 11")
        self.done(self.b, "mark db 18:b 11")
        self.server.command("DEL", *self.keys(self.server, "p"))
        self.done(self.a, "mark db 19:c 11")
        self.unmark(self.a, "db 19:c 11")
        self.assertEqual(self.marked(11), [False, True])

    def test_nothing_lives_for_longer_than_a_day(self):
        self.make(self.a, 11, 12)
        self.done(self.a, "mark db 17:a all")
        self.done(self.a, "mark db 17:a 11 12")
        self.a.ask("keep db key 60000 text", f"keep db long {DAY * 1000} text", "ask db - 11")
        self.done(self.b, "mark db 18:b 11")
        self.done(self.a, "bump db 12")
        self.unmark(self.a, "db 17:a 11")
        self.make(self.b, 12, 13)
        names = self.server.command("KEYS", "*")
        self.assertEqual({kind: len(self.keys(self.server, kind)) for kind in "spwe"}, {"s": 5, "p": 3, "w": 3, "e": 2})
        # One for all, and without it nothing is served: it should stay.
        self.assertEqual(self.server.command("TTL", EPOCH_KEY), -1)
        for name in names:
            if name != EPOCH_KEY:
                self.assertTrue(0 < self.server.command("PTTL", name) <= DAY * 1000, name)


class OutOfReachTest(StoreCase):
    CALLS = ("ask db key 11", "make db key 11", "mark db 17:a 11", "bump db 11", "unmark db 17:a 11")

    def expect_nothing(self, store):
        """All is told from inside of the calls, and nobody is told of a reachable store."""
        self.assertEqual(store.status()["reachable"], 0)
        self.assertEqual(store.ask(*self.CALLS), ["at once " + NOT_CONNECTED] * 5)
        self.assertEqual(store.ask("keep db key 1000 text", "writers db 11"), ["sent", "writers"])

    def test_a_redis_that_is_not_there(self):
        server = self.redis()
        server.kill9()
        store = self.probe(server.url())
        self.expect_nothing(store)
        server.start()
        store.wait_connected()
        self.assertEqual(store.status()["reachable"], 1)
        self.assertNotIn("at once", "".join(store.ask(*self.CALLS)))

    def test_a_redis_that_goes(self):
        server = self.redis()
        store = self.store(server)
        self.made(store, 11)
        self.assertEqual(store.status()["reachable"], 1)
        server.kill9()
        store.wait_lost()
        self.expect_nothing(store)
        server.start()
        store.wait_connected(2)
        self.wait_well(store)

    def test_more_than_may_wait(self):
        server = self.redis()
        store = self.store(server, requests=6)
        self.wait_well(store)
        wait_until(lambda: store.status()["waiting"] == 0)
        server.pause()
        numbers = store.begin("make db key 11 12 13 14 15", "mark db 17:a 11", "bump db 11", "ask db - 11", "keep db key 1000 text",
                              "unmark db 17:a 11", "writers db 11")  # fmt: skip
        told = [store.answer(number)[1] for number in numbers]
        self.assertEqual(told[1:3], ["at once " + TOO_MANY] * 2)
        self.assertEqual([told[0], *told[3:]], [TOO_MANY, TOO_MANY, "sent", "at once " + TOO_MANY, "writers"])
        server.resume()
        wait_until(lambda: store.status()["waiting"] == 0)
        self.assertNotIn(None, self.make(store, 11, 12, 13).stamps[:3])

    def test_a_redis_that_hangs(self):
        server = self.redis()
        store = self.store(server, timeout=50, connect_timeout=300)
        old = self.made(store, 11)
        server.pause()
        try:
            self.assertEqual(store.ask(*self.CALLS), [TIMED_OUT] * 5)
            self.expect_nothing(store)
        finally:
            server.resume()
        store.wait_connected(2)
        self.wait_well(store)
        # The same data; the bump that timed out may have been executed, or not.
        self.assertIn(self.made(store, 11), [old, self.stamp(store, 11)])


if __name__ == "__main__":
    unittest.main()
