"""Thousands of sessions that change everything they can and end in every way there is (see kit.vandal). Whoever comes
next finds on each server what a new session at PostgreSQL itself finds.

    PGWEIR_HUNT_SEED=1         the seed of the first session
    PGWEIR_HUNT_SESSIONS=9999  so many, however long it takes; default: those for which a minute is enough
"""
import itertools
import os
import random
import time
import unittest

from kit.case import DATABASE, PASSWORD, USER
from kit.fresh import CUSTOM, leaks, look
from kit.rawclient import ConnectionClosed, RawClient, ServerError, error_of
from kit.rows import RowsCase
from kit.vandal import CHANGEABLE, ENDINGS, Vandal

SEED = int(os.environ.get("PGWEIR_HUNT_SEED", "1"))
SESSIONS = int(os.environ.get("PGWEIR_HUNT_SESSIONS", "0"))
SECONDS, SERVERS = 15.0, 3


class HuntCase(RowsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("CREATE SEQUENCE drawn; CREATE TABLE counted (id serial);"
                         "GRANT ALL ON SEQUENCE drawn, counted_id_seq TO app; GRANT ALL ON counted TO app",
                         database=DATABASE)  # fmt: skip
        cls.changeable = cls.directly(lambda client: client.rows(CHANGEABLE))

    @classmethod
    def directly(cls, ask):
        with RawClient(cls.postgres.port) as client:
            client.startup(USER, DATABASE, PASSWORD, application_name="fresh")
            answer = ask(client)
            client.terminate()
            return answer


class Hunt(HuntCase):
    """Each test has its own part of the sessions, and a pool of its own."""

    def session(self, proxy, seed, opened):
        """A vandal who has done what it does but not ended yet."""
        vandal, client = Vandal(seed, self.changeable), RawClient(proxy.port)
        opened.append((vandal, client))
        try:
            client.startup(USER, DATABASE, PASSWORD, **vandal.startup())
            for step in vandal.steps():
                client.send(*step)
                client.until_ready()
        except (ConnectionClosed, ConnectionError, ServerError):
            pass  # it may have asked for that: exit_on_error is a setting like others

    def hunt(self, part, parts):
        proxy = self.proxy_of(SERVERS)
        clock = random.Random(part)
        seeds = range(SEED + part, SEED + (SESSIONS or 10**6), parts)
        deadline = None if SESSIONS else time.monotonic() + SECONDS
        numbers, done, met, again = iter(seeds), 0, set(), 0
        while batch := list(itertools.islice(numbers, clock.choice((1, SERVERS, SERVERS, SERVERS)))):
            opened = []
            try:
                for seed in batch:
                    self.session(proxy, seed, opened)
                for vandal, client in opened:
                    try:
                        vandal.end(client)
                    except (ConnectionClosed, ConnectionError):
                        pass
            finally:
                for _, client in opened:
                    client.close()
            endings = [vandal.ending for vandal, _ in opened]
            found, pids = self.left_behind(proxy)
            self.assertEqual(found, [], f"behind the sessions {batch}, which ended {endings}")
            again += len(met & pids)
            met |= pids
            done += len(batch)
            if deadline and time.monotonic() > deadline:
                break
        # New servers have nothing of anybody: most of those that were looked at have been somebody's before.
        self.assertGreater(again, 0)
        self.assertGreater(again, len(met) / 2, f"{done} sessions")

    def left_behind(self, proxy):
        proxy.assert_at_rest()
        with self.clients(proxy, SERVERS) as clients:
            found = [leak for client in clients for leak in leaks(look(client), self.fresh)]
            for client in clients:
                client.query("ROLLBACK")
                client.query("BEGIN")
            pids = {client.value("SELECT pg_backend_pid()") for client in clients}
            self.assertEqual(len(pids), SERVERS)
            for client in clients:
                client.query("ROLLBACK")
        return found, pids


PARTS = 4


def _add_tests():
    for part in range(PARTS):
        def test(self, part=part):
            self.hunt(part, PARTS)

        setattr(Hunt, f"test_part_{part + 1}", test)


_add_tests()


class TheHuntItself(HuntCase):
    """Each kind of thing that can be left behind is seen, and named."""

    LEAKS = {
        "settings: work_mem": "SET work_mem = '7MB'",
        "settings: enable_seqscan": "SELECT set_config('enable_seqscan', 'off', false)",
        "settings: TimeZone": "SET TIME ZONE 'Asia/Tokyo'",
        "settings: default_transaction_read_only": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "schemas": "SET search_path = pg_catalog",
        "prepared statements": "PREPARE p AS SELECT 7",
        "cursors": "DECLARE c CURSOR WITH HOLD FOR SELECT 7",
        "advisory locks": "SELECT pg_advisory_lock(7)",
        "listening": "LISTEN news",
        "users": "SET ROLE pg_monitor",
        "sequences": "SELECT nextval('drawn')",
    }  # fmt: skip
    TEMPORARY = ("CREATE TEMP TABLE mine ()", "CREATE TEMP VIEW mine AS SELECT 7", "CREATE TEMP SEQUENCE mine",
                 "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 7'",
                 "CREATE TYPE pg_temp.mine AS ENUM ()", "CREATE DOMAIN pg_temp.mine AS int")  # fmt: skip

    def leaks_of(self, *statements):
        def changed(client):
            for sql in statements:
                self.assertIsNone(error_of(client.query(sql)))
            return leaks(look(client), self.fresh)

        return self.directly(changed)

    def test_nothing_is_found_where_nothing_is(self):
        self.assertEqual(self.leaks_of(), [])
        # What a default is set to by hand is the default.
        self.assertEqual(self.leaks_of("SET work_mem = '4MB'"), [])
        self.assertEqual(self.leaks_of("SET work_mem = '7MB'", "SELECT pg_advisory_lock(7)", "DISCARD ALL"), [])

    def test_each_kind_is_named(self):
        for kind, sql in self.LEAKS.items():
            with self.subTest(kind):
                found = self.leaks_of(sql)
                self.assertTrue(any(leak.startswith(kind) for leak in found), found)
        for sql in self.TEMPORARY:
            with self.subTest(sql):
                self.assertTrue(self.leaks_of(sql)[0].startswith("temporary objects"))
        for name in CUSTOM:
            with self.subTest(name):
                self.assertTrue(self.leaks_of(f"SET {name} = '7'")[0].startswith("custom settings"))

    def test_each_setting_that_a_client_may_change_is_seen(self):
        changes = [change for change in Vandal(1, self.changeable).changes() if change[0] != "exit_on_error"]
        self.assertGreater(len(changes), 90)
        for name, value in changes:
            with self.subTest(name):
                found = self.leaks_of(f"SET {name} = '{value}'")
                self.assertTrue(any(leak.startswith(f"settings: {name} = ") for leak in found), found)

    def test_sessions_do_change_much_and_end_in_every_way(self):
        vandals = [Vandal(seed, self.changeable) for seed in range(400)]
        self.assertEqual({vandal.ending for vandal in vandals}, set(ENDINGS))
        said = b"".join(b"".join(step) for vandal in vandals for step in vandal.steps())
        for word in ("PREPARE p", "WITH HOLD", "advisory_lock", "LISTEN", "TEMP", "SET ROLE", "nextval", "app.tenant"):
            self.assertIn(word.encode(), said)


if __name__ == "__main__":
    unittest.main()
