"""What the result cache says of itself in /metrics: each series is there from the start, and moves when it has to."""
import contextlib
import re

import psycopg2

from kit import messages
from kit.cache import CacheCase, SharedCase
from kit.case import DATABASE
from kit.rawclient import error_of, rows_of
from kit.redis_server import RedisServer

NAME = "SELECT name FROM users WHERE id = 1"
WRITE = "UPDATE users SET version = version + 1 WHERE id = 1"
COST, SERVED, STORED = "pgweir_cache_cost_seconds_total", "pgweir_cache_served_bytes_total", "pgweir_cache_stored_bytes_total"
REJECTED, INVALIDATIONS = "pgweir_cache_entries_rejected_total", "pgweir_cache_invalidations_total"
REQUESTS, LATENCY = "pgweir_cache_requests_total", "pgweir_cache_store_duration_seconds_count"


class MetricsCase(CacheCase):
    def values(self, proxy, name, label):
        """{value of the label: value}"""
        found = {}
        for sample, value in proxy.metrics().items():
            if sample.partition("{")[0] == name:
                of = re.search(rf'\b{label}="(\w+)"', sample)[1]
                found[of] = found.get(of, 0) + value
        return found


class Memory(MetricsCase):
    def ruled(self, **changes):
        """Keeps what is asked for once. Only the catalogs have been read."""
        proxy = self.caching(**({"mode": "rules", "rules": [{"name": "all"}]} | changes))
        self.wait_until(lambda: proxy.show("CACHE")[0]["state"] == "on", message="the cache to serve")
        return proxy

    def test_nothing_has_happened(self):
        proxy = self.ruled()
        self.assertEqual(self.values(proxy, COST, "op"), {"get": 0, "set": 0, "invalidate": 0})
        self.assertEqual(self.values(proxy, INVALIDATIONS, "reason"), {"write": 0, "ttl": 0, "manual": 0, "schema": 0})
        reasons = ("too_large", "written", "dropped", "superseded", "other_server", "incomplete")
        self.assertEqual(self.values(proxy, REJECTED, "reason"), dict.fromkeys(reasons, 0))
        self.assertEqual(self.values(proxy, REQUESTS, "result")["error"], 0)
        self.assertEqual((proxy.metric(SERVED), proxy.metric(STORED)), (0, 0))
        self.assertEqual(self.values(proxy, LATENCY, "op"), {}, "there is no store but the memory")

    def test_bytes_that_are_stored_and_served(self):
        proxy = self.ruled()
        client = self.login(proxy)
        self.warm(client, NAME)
        reply = [message for message in client.query(NAME) if message.tag in "TDC"]
        size = sum(5 + len(message.body) for message in reply)
        stored, served = proxy.metric(STORED), proxy.metric(SERVED)
        self.assertEqual(stored, size)
        self.assertEqual(served, size * self.hits(proxy))
        # Who does not ask what the columns are is not told.
        for _ in range(2):
            client.send(messages.parse("", NAME), messages.bind(), messages.execute(), messages.sync())
            told = [message for message in client.until_ready() if message.tag in "DC"]
        self.assertEqual(proxy.metric(SERVED), served + sum(5 + len(message.body) for message in told))

    def test_what_it_costs(self):
        proxy = self.ruled()
        client, other = self.login(proxy), self.login(proxy)
        self.warm(client, NAME)
        cost = self.values(proxy, COST, "op")
        self.assertGreater(cost["set"], 0)
        self.assertEqual((cost["get"], cost["invalidate"]), (0, 0))
        text = "SELECT count(*) FROM users, generate_series(1, 300000)"
        for each in (client, other):
            each.send(messages.query(text))
        self.assertEqual(rows_of(client.until_ready()), rows_of(other.until_ready()))
        client.query(WRITE)
        cost = self.values(proxy, COST, "op")
        self.assertGreater(cost["get"], 0, "one waited for the other")
        self.assertEqual(cost["invalidate"], 0, "nobody else has to be told")

    def test_what_is_rejected(self):
        proxy = self.ruled(largest_reply="1KiB")
        client, other = self.login(proxy), self.login(proxy)
        self.sql("CREATE TABLE IF NOT EXISTS held (id int)")
        self.wait_until(lambda: (client.query("SELECT id FROM held"), self.hits(proxy) > 0)[1], message="the table to be known")
        for reason, ask in (
            ("too_large", lambda: client.query("SELECT repeat(name, 300) FROM users WHERE id = 1")),
            ("incomplete", lambda: client.query("SELECT 1 / (id - 1) FROM users")),
            ("written", lambda: self.while_it_runs(proxy, client, lambda: other.query(WRITE))),
            ("dropped", lambda: self.while_it_runs(proxy, client, lambda: self.change_schema(proxy, other))),
            ("other_server", lambda: self.while_it_runs(proxy, client, lambda: self.change_defaults(other))),
            ("superseded", lambda: self.ask_anew_meanwhile(proxy, client, other)),
        ):  # fmt: skip
            with self.subTest(reason):
                before = proxy.metric(REJECTED, reason=reason)
                self.wait_until(lambda: (ask(), proxy.metric(REJECTED, reason=reason) > before)[1], message=reason)

    number = 0

    def held(self):
        return f"SELECT count(*) + {self.number} FROM users, held"

    def while_it_runs(self, proxy, client, act):
        """A read that the cache has had executed ends behind this."""
        type(self).number += 1
        holder = psycopg2.connect(self.upstream())
        with contextlib.closing(holder), holder.cursor() as cursor:
            cursor.execute("LOCK TABLE held")
            client.send(messages.query(self.held()))
            self.wait_until(lambda: proxy.metric("pgweir_cache_flights") == 1, message="the read to be executed")
            act()
        client.until_ready()

    def ask_anew_meanwhile(self, proxy, client, other):
        def ask():
            other.send(messages.query(f"/* pgweir: refresh */ {self.held()}"))
            self.wait_until(lambda: proxy.metric("pgweir_cache_flights") == 2, message="both to be executed")

        self.while_it_runs(proxy, client, ask)
        other.until_ready()

    def change_defaults(self, client):
        """The pool's servers are replaced by such as are not alike."""
        path = f"public, of_turn_{self.number}"
        self.assertIsNone(error_of(client.query(f"ALTER DATABASE {DATABASE} SET search_path = {path}")))
        self.addCleanup(self.sql, f"ALTER DATABASE {DATABASE} RESET search_path")
        self.wait_until(lambda: rows_of(client.query("SHOW search_path")) == [[path]], message="the change to be seen")

    def change_schema(self, proxy, client):
        before = proxy.metric(INVALIDATIONS, reason="schema")
        type(self).number += 1
        self.assertIsNone(error_of(client.query(f"CREATE TABLE made_{self.number} (id int)")))
        self.wait_until(lambda: (client.query("SELECT 1"), proxy.metric(INVALIDATIONS, reason="schema") > before)[1],
                        message="the change to be seen")  # fmt: skip

    def test_a_change_of_the_schema(self):
        proxy = self.ruled()
        client = self.login(proxy)
        self.warm(client, NAME)
        self.change_schema(proxy, client)
        self.assertEqual(proxy.metric(INVALIDATIONS, reason="manual"), 0)


class Shared(MetricsCase, SharedCase):
    def setUp(self):
        super().setUp()
        self.own = self.enterContext(RedisServer())

    def test_writes_wait_for_redis(self):
        one, two = self.sharing(), self.sharing()
        reader, writer = self.login(one), self.login(two)
        self.warm(reader, NAME)
        before = self.values(two, COST, "op")
        self.assertEqual(before["invalidate"], 0)
        asked = self.values(two, LATENCY, "op")
        self.assertEqual(asked["invalidate"], 0)
        self.assertGreater(asked["other"], 0, "it was greeted, or asked what it is")
        writer.query(WRITE)
        after = self.values(two, COST, "op")
        self.assertGreater(after["invalidate"], 0)
        self.assertLess(after["invalidate"], 1)
        self.assertGreaterEqual(self.values(two, LATENCY, "op")["invalidate"], 2)  # a mark and a bump
        mine = self.values(one, COST, "op")
        self.assertGreater(mine["get"], 0)
        self.assertGreater(mine["set"], 0)
        self.assertEqual(mine["invalidate"], 0)
        self.assertGreater(self.values(one, LATENCY, "op")["get"], 0)
        self.assertGreater(self.values(one, LATENCY, "op")["set"], 0)
        self.assertEqual(self.values(one, LATENCY, "result")["error"], 0)

    def test_who_asks_a_redis_that_hangs(self):
        one = self.sharing(self.own, settings={"timeout": "50ms"})
        client = self.login(one)
        self.warm(client, NAME)
        self.assertEqual((one.metric(REQUESTS, result="error"), one.metric(LATENCY, result="error")), (0, 0))
        total, bypasses = one.metric(REQUESTS), one.metric("pgweir_cache_bypass_total")
        self.own.pause()
        self.addCleanup(self.own.resume)
        self.assertEqual(rows_of(client.query(NAME)), [["user 1"]])
        self.assertEqual(one.metric(REQUESTS, result="error"), 1)
        self.assertEqual(one.metric(REQUESTS), total + 1, "and as nothing else")
        self.assertEqual(one.metric("pgweir_cache_bypass_total"), bypasses)
        self.assertGreater(one.metric(LATENCY, op="get", result="error"), 0)
        self.assertEqual(int(one.show("CACHE")[0]["errors"]), 1)
        # From then on it is not asked.
        client.query(NAME)
        self.assertEqual(one.metric(REQUESTS, result="error"), 1)
        self.assertEqual(self.bypasses(one, "store_unreachable"), 1)
