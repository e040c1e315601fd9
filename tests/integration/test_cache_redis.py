"""The result cache over a Redis that several pgweir share."""
import psycopg2

from kit import messages
from kit.cache import SharedCase
from kit.chaos import Chaos
from kit.pgweir import CONSOLE_USER
from kit.rawclient import error_of, rows_of
from kit.redis_server import RedisServer

NAME = "SELECT name FROM users WHERE id = 1"
MAKE_THING = "CREATE TABLE thing AS SELECT 1 AS id, 'made' AS name"


class Fleet(SharedCase):
    def test_both_serve(self):
        one, two = self.sharing(), self.sharing()
        self.assertTrue(self.serving(one))
        self.assertTrue(self.serving(two))

    def test_a_write_through_one_is_seen_through_the_other(self):
        one, two = self.sharing(), self.sharing()
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        for turn in range(50):
            writer.query(f"UPDATE users SET name = 'turn {turn}' WHERE id = 1")
            self.assertEqual(rows_of(reader.query(NAME)), [[f"turn {turn}"]])
            self.assertEqual(rows_of(reader.query(NAME)), [[f"turn {turn}"]])
        self.assertGreater(self.hits(one), 20)

    def test_what_one_has_read_the_other_need_not(self):
        one, two = self.sharing(), self.sharing()
        first, second = self.login(one), self.login(two)
        text = "SELECT name, version FROM users WHERE id = 2"
        self.warm(first, text)
        queries = two.metric("pgweir_queries_total")
        self.assert_hit(two, lambda: rows_of(second.query(text)), [["user 2", "1"]])
        self.assertEqual(two.metric("pgweir_queries_total"), queries)

    def test_everything_that_writes(self):
        one, two = self.sharing(), self.sharing()
        reader, writer = self.login(one), self.login(two)
        self.sql("DROP TABLE IF EXISTS log", "CREATE TABLE log (id serial PRIMARY KEY, user_id int)")
        text = "SELECT count(*), max(id) FROM users"
        self.warm(reader, text)
        expected = 10
        for way in ("INSERT INTO users VALUES (11)", "BEGIN; INSERT INTO users VALUES (12); COMMIT",
                    "WITH new AS (INSERT INTO users VALUES (13) RETURNING id) SELECT * FROM new",
                    "DO $$ BEGIN INSERT INTO users VALUES (14); END $$"):  # fmt: skip
            self.assertIsNone(error_of(writer.query(way)))
            expected += 1
            self.assertEqual(rows_of(reader.query(text))[0][0], str(expected), way)
            self.warm(reader, text)
        writer.send(messages.parse("", "INSERT INTO users VALUES (15)"), messages.bind(), messages.execute(), messages.sync())
        writer.until_ready()
        self.assertEqual(rows_of(reader.query(text))[0][0], "15")
        self.warm(reader, text)
        writer.query("TRUNCATE users")
        self.assertEqual(rows_of(reader.query(text)), [["0", None]])

    def test_a_view_that_is_replaced(self):
        one, two = self.sharing(), self.sharing()
        reader, writer = self.login(one), self.login(two)
        writer.query("CREATE OR REPLACE VIEW seen AS SELECT name FROM users WHERE id = 1")
        self.warm(reader, "SELECT * FROM seen")
        writer.query("CREATE OR REPLACE VIEW seen AS SELECT name FROM users WHERE id = 2")
        self.assertEqual(rows_of(reader.query("SELECT * FROM seen")), [["user 2"]])
        writer.query("UPDATE users SET name = 'other' WHERE id = 2")
        self.assertEqual(rows_of(reader.query("SELECT * FROM seen")), [["other"]])
        self.warm(reader, "SELECT * FROM seen")

    def test_a_table_that_another_has_made_anew(self):
        """Who only writes is told, before it does, that a name means something else."""
        one, off = self.sharing(), self.sharing(mode="off")
        reader, writer = self.login(one), self.login(off)
        self.sql("DROP TABLE IF EXISTS thing", MAKE_THING)
        for turn in range(4):
            for write in (f"UPDATE thing SET name = 'turn {turn}'",
                          f"BEGIN; UPDATE thing SET name = 'turn {turn}, in a block'; COMMIT"):  # fmt: skip
                self.wait_until(lambda: self.is_bounded(one, reader, writer), message="the writer to know what it writes")
                self.assertIsNone(error_of(reader.query(f"DROP TABLE thing; {MAKE_THING}")))
                self.warm(reader, "SELECT name FROM thing")
                self.assertIsNone(error_of(writer.query(write)))
                self.assertIn(f"'{rows_of(reader.query('SELECT name FROM thing'))[0][0]}'", write)

    def test_extended_and_pipelined(self):
        one, two = self.sharing(), self.sharing()
        reader, writer = self.login(one), self.login(two)
        batch = (messages.parse("", "SELECT name FROM users WHERE id = $1"), messages.bind("", "", ["1"]), messages.describe_portal(),
                 messages.execute(), messages.sync())  # fmt: skip

        def ask():
            reader.send(*batch)
            return rows_of(reader.until_ready())

        self.wait_until(lambda: (ask(), self.hits(one) > 0)[1])
        writer.query("UPDATE users SET name = 'bound' WHERE id = 1")
        self.assertEqual(ask(), [["bound"]])
        # Between statements that no cache answers, in their order.
        before = self.hits(one)
        self.wait_until(lambda: (ask(), self.hits(one) > before)[1])
        reader.send(messages.query("SELECT 'first', random()"), *batch, messages.query("SELECT 'last', random()"))
        self.assertEqual(rows_of(reader.until_ready())[0][0], "first")
        self.assertEqual(rows_of(reader.until_ready()), [["bound"]])
        self.assertEqual(rows_of(reader.until_ready())[0][0], "last")

    def test_its_own_write_in_one_packet(self):
        one = self.sharing()
        client = self.login(one)
        self.warm(client, NAME)
        client.send(messages.query("UPDATE users SET name = 'mine' WHERE id = 1"), messages.query(NAME))
        client.until_ready()
        self.assertEqual(rows_of(client.until_ready()), [["mine"]])

    def test_one_that_only_writes(self):
        one, off = self.sharing(), self.sharing(mode="off")
        reader, writer = self.login(one), self.login(off)
        self.warm(reader, NAME)
        writer.query("UPDATE users SET name = 'by one that is off' WHERE id = 1")
        self.assertEqual(rows_of(reader.query(NAME)), [["by one that is off"]])
        self.assertTrue(self.serving(one))

    def test_joins_a_flight(self):
        one = self.sharing(rules=[{"name": "all"}])
        clients = [self.login(one) for _ in range(20)]
        text = "SELECT count(*) FROM users, generate_series(1, 300000) AS n"
        before = one.metric("pgweir_cache_requests_total", result="miss")
        for client in clients:
            client.send(messages.query(text))
        for client in clients:
            self.assertEqual(rows_of(client.until_ready()), [["3000000"]])
        self.assertEqual(one.metric("pgweir_cache_requests_total", result="miss"), before + 1)

    def test_clear(self):
        one, two = self.sharing(), self.sharing()
        first, second = self.login(one), self.login(two)
        self.warm(first, NAME)
        self.warm(second, NAME)
        self.sql("UPDATE users SET name = 'past pgweir' WHERE id = 1")
        self.assertEqual(rows_of(second.query(NAME)), [["user 1"]])
        one.console("CACHE CLEAR TABLE users")
        self.wait_until(lambda: rows_of(second.query(NAME)) == [["past pgweir"]], message="what was cleared to be read anew")
        self.warm(first, NAME)
        self.assert_hit(one, lambda: rows_of(first.query(NAME)), [["past pgweir"]])

    def test_nothing_is_left_in_redis(self):
        one = self.sharing()
        client = self.login(one)
        self.warm(client, NAME)
        client.query("UPDATE users SET name = 'a' WHERE id = 1")
        client.query("BEGIN")
        client.query("UPDATE users SET name = 'b' WHERE id = 1")
        client.query("ROLLBACK")
        self.wait_until(lambda: self.redis.command("KEYS", "*:p:*") == [], message="no marks")
        self.assertEqual(self.redis.command("KEYS", "*:w:*"), [])


class Trials(SharedCase):
    def console(self, proxy):
        return self.login(proxy, user=CONSOLE_USER, database="pgweir")

    def test_the_store_is_tried_and_left_as_it_was(self):
        proxy = self.sharing()
        self.warm(self.login(proxy), NAME)
        before = sorted(self.redis.command("KEYS", "*"))
        rows = rows_of(self.console(proxy).query("CACHE TEST"))
        self.assertEqual([row for row in rows if row[2] != "passed"], [])
        rates = {(store, test): int(rate) for store, test, _, rate in rows if rate is not None}
        self.assertEqual(set(rates), {(store, test) for store in ("memory", "redis") for test in ("set", "get", "delete")})
        self.assertGreater(min(rates.values()), 500)
        self.assertEqual(sorted(self.redis.command("KEYS", "*")), before)

    def test_one_that_is_out_of_reach(self):
        redis = RedisServer()
        self.addCleanup(redis.close)
        redis.start()
        proxy = self.sharing(redis)
        redis.stop()
        rows = rows_of(self.console(proxy).query("CACHE TEST"))
        self.assertEqual([row[:3] for row in rows if row[0] == "redis"], [["redis", "it can be reached", "FAILED"]])


class Strangers(SharedCase):
    """Those that would not hear of each other do not serve together."""

    def test_one_in_memory(self):
        one = self.sharing()
        reader = self.login(one)
        self.warm(reader, NAME)
        other = self.pgweir(cache={"mode": "auto"}, at_rest=False)
        self.login(other).query("UPDATE users SET name = 'by one in memory' WHERE id = 1")
        self.assertEqual(rows_of(reader.query(NAME)), [["by one in memory"]])
        self.assertFalse(self.serving(one))
        other.close()
        self.wait_until(lambda: self.serving(one), message="it to serve again")

    def test_one_in_memory_was_first(self):
        other = self.caching(ttl="1h")
        reader = self.login(other)
        self.warm(reader, NAME)
        one = self.pgweir(cache={"mode": "auto", "redis": {"url": self.redis.url()}}, at_rest=False)
        self.login(one).query("UPDATE users SET name = 'by one with Redis' WHERE id = 1")
        self.assertEqual(rows_of(reader.query(NAME)), [["by one with Redis"]])
        self.assertFalse(self.serving(other))
        self.assertFalse(self.serving(one))

    def test_one_with_another_redis(self):
        one = self.sharing()
        reader = self.login(one)
        self.warm(reader, NAME)
        with RedisServer() as redis:
            other = self.pgweir(cache={"mode": "auto", "redis": {"url": redis.url()}}, at_rest=False)
            writer = self.login(other)
            writer.query("UPDATE users SET name = 'by the other' WHERE id = 1")
            self.assertEqual(rows_of(reader.query(NAME)), [["by the other"]])
            self.assertFalse(self.serving(one))
            self.assertFalse(self.serving(other))
            other.close()
        self.wait_until(lambda: self.serving(one), message="it to serve again")


class Weather(SharedCase):
    def setUp(self):
        super().setUp()
        self.own = RedisServer()
        self.addCleanup(self.own.close)
        self.own.start()

    def assert_comes_back(self, proxy, client):
        self.wait_until(lambda: self.serving(proxy), message=lambda: f"to serve:\n{proxy.log()[-2000:]}")
        self.warm(client, NAME)

    def test_redis_is_gone_and_comes_back(self):
        one, two = self.sharing(self.own), self.sharing(self.own)
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        self.own.kill9()
        for turn in range(5):
            self.assertIsNone(error_of(writer.query(f"UPDATE users SET name = 'gone {turn}' WHERE id = 1")))
            self.assertEqual(rows_of(reader.query(NAME)), [[f"gone {turn}"]])
        self.assertEqual(one.http("/readyz")[0], 200)
        self.own.start()
        self.assert_comes_back(one, reader)
        self.assert_comes_back(two, writer)
        writer.query("UPDATE users SET name = 'back' WHERE id = 1")
        self.assertEqual(rows_of(reader.query(NAME)), [["back"]])

    def test_redis_hangs(self):
        one = self.sharing(self.own, settings={"timeout": "50ms"})
        client = self.login(one)
        self.warm(client, NAME)
        self.own.pause()
        self.addCleanup(self.own.resume)
        self.assertIsNone(error_of(client.query("UPDATE users SET name = 'while it hangs' WHERE id = 1")))
        self.assertEqual(rows_of(client.query(NAME)), [["while it hangs"]])
        self.own.resume()
        self.assert_comes_back(one, client)
        self.assertEqual(rows_of(client.query(NAME)), [["while it hangs"]])

    def test_what_was_written_while_it_hung_is_told_later(self):
        one, two = self.sharing(self.own), self.sharing(self.own)
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        self.own.pause()
        writer.query("UPDATE users SET name = 'missed' WHERE id = 1")
        self.own.resume()
        # Whoever was cut off tells it when it can; from then on everybody sees it.
        self.wait_until(lambda: rows_of(reader.query(NAME)) == [["missed"]], message="the write to be seen")
        self.assert_comes_back(two, writer)
        self.assertEqual(rows_of(writer.query(NAME)), [["missed"]])

    def test_what_was_written_meanwhile_to_a_table_that_was_made_anew(self):
        relay = self.enterContext(Chaos(self.own.port))
        one = self.sharing(self.own)
        cut_off = self.sharing(mode="off", settings={"url": f"redis://127.0.0.1:{relay.port}/0", "timeout": "2s"})
        reader, writer = self.login(one), self.login(cut_off)
        self.sql("DROP TABLE IF EXISTS thing", MAKE_THING)
        self.wait_until(lambda: self.is_bounded(one, reader, writer), message="the writer to know what it writes")
        relay.refuse = True
        relay.cut()
        self.assertIsNone(error_of(reader.query(f"DROP TABLE thing; {MAKE_THING}")))
        self.warm(reader, "SELECT name FROM thing")
        self.assertIsNone(error_of(writer.query("UPDATE thing SET name = 'missed'")))
        relay.passes()
        self.wait_until(lambda: rows_of(reader.query("SELECT name FROM thing")) == [["missed"]], message="the write to be seen")

    def test_redis_is_flushed(self):
        one, two = self.sharing(self.own), self.sharing(self.own)
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        for turn in range(10):
            self.own.command("FLUSHALL")
            writer.query(f"UPDATE users SET name = 'flushed {turn}' WHERE id = 1")
            self.own.command("FLUSHALL")
            self.assertEqual(rows_of(reader.query(NAME)), [[f"flushed {turn}"]])
            self.warm(reader, NAME)

    def test_redis_restarts_with_old_data(self):
        one, two = self.sharing(self.own), self.sharing(self.own)
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        self.own.command("SAVE")
        writer.query("UPDATE users SET name = 'after the save' WHERE id = 1")
        self.own.kill9()
        self.own.start()
        self.assert_comes_back(one, reader)
        self.assertEqual(rows_of(reader.query(NAME)), [["after the save"]])

    def test_redis_is_full(self):
        self.own.command("CONFIG", "SET", "maxmemory", "1")
        one = self.pgweir(cache={"mode": "auto", "redis": {"url": self.own.url()}}, at_rest=False)
        client = self.login(one)
        self.wait_until(lambda: self.serving(one))
        for turn in range(5):
            self.assertIsNone(error_of(client.query(f"UPDATE users SET name = 'full {turn}' WHERE id = 1")))
            self.assertEqual(rows_of(client.query(NAME)), [[f"full {turn}"]])

    def test_started_without_redis(self):
        self.own.stop()
        one = self.pgweir(cache={"mode": "auto", "redis": {"url": self.own.url()}}, at_rest=False)
        client = self.login(one)
        self.assertEqual(rows_of(client.query(NAME)), [["user 1"]])
        self.assertFalse(self.serving(one))
        self.proxies[one.port] = one
        self.own.start()
        self.assert_comes_back(one, client)

    def test_wrong_password(self):
        self.own.command("CONFIG", "SET", "requirepass", "secret")
        one = self.pgweir(cache={"mode": "auto", "redis": {"url": self.own.url(password="wrong")}}, at_rest=False)
        client = self.login(one)
        self.assertEqual(rows_of(client.query(NAME)), [["user 1"]])
        self.wait_until(lambda: "redis" in one.log().lower())
        self.assertFalse(self.serving(one))
        self.assertNotIn("wrong", one.log())

    def test_a_pgweir_is_killed_between_commit_and_bump(self):
        with Chaos(self.postgres.port) as relay:
            one, two = self.sharing(self.own), self.sharing(self.own, port=relay.port)
            reader, writer = self.login(one), self.login(two)
            self.warm(reader, NAME)
            relay.to_client.hold = True
            writer.send(messages.query("UPDATE users SET name = 'committed' WHERE id = 1"))
            committed = [["committed"]]
            self.wait_until(lambda: self.sql_rows(NAME) == committed, message="the commit")
            two.kill()
            self.assertNotEqual(self.own.command("KEYS", "*:p:*"), [])
            self.assert_miss(one, lambda: rows_of(reader.query(NAME)), committed)
        self.wait_until(lambda: self.own.command("KEYS", "*:p:*") == [], message="its mark to be taken away")
        self.assertEqual(rows_of(reader.query(NAME)), committed)
        self.assertEqual(self.warm(reader, NAME), committed)

    def test_a_pgweir_is_killed_before_its_commit(self):
        one, two = self.sharing(self.own), self.sharing(self.own)
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        holder = psycopg2.connect(self.upstream())
        with holder.cursor() as cursor:
            cursor.execute("SELECT * FROM users WHERE id = 1 FOR UPDATE")
        writer.send(messages.query("UPDATE users SET name = 'orphaned' WHERE id = 1"))
        self.wait_for_statement("'orphaned'")
        two.kill()
        # Its mark keeps everybody from serving what it may have changed.
        self.assert_miss(one, lambda: rows_of(reader.query(NAME)), [["user 1"]])
        holder.rollback()
        holder.close()
        self.wait_until(lambda: self.own.command("KEYS", "*:p:*") == [], message="its mark to be taken away")
        rows = self.sql_rows(NAME)
        self.assertEqual(rows_of(reader.query(NAME)), rows)
        self.warm(reader, NAME)

    def sql_rows(self, text):
        connection = psycopg2.connect(self.upstream())
        with connection.cursor() as cursor:
            cursor.execute(text)
            rows = [list(row) for row in cursor.fetchall()]
        connection.close()
        return rows

    def test_poisoned_replies(self):
        one, two = self.sharing(self.own), self.sharing(self.own)
        first, second = self.login(one), self.login(two)
        self.warm(first, NAME)
        second.query(NAME)
        [key] = [each for each in self.own.command("KEYS", "*:e:*") if "user 1" in self.own.command("GET", each)]
        whole = self.own.command("GET", key)
        for bad in ("", whole[:-1], whole[:20], "x" * len(whole), whole.replace("user 1", "user 9")):
            self.own.command("SET", key, bad)
            self.assertEqual(rows_of(second.query(NAME)), [["user 1"]])
