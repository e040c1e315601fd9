"""Hits that are executed, to compare what is kept with what the server says."""
import psycopg2

from kit import messages
from kit.cache import CacheCase, RedisCase
from kit.rawclient import rows_of

NAME = "SELECT name FROM users WHERE id = 1"
RULES = [{"name": "names", "tables": ["users"], "pattern": "*name*", "ttl": "1h"}, {"name": "rest", "ttl": "1h"}]
MOVE = "UPDATE users SET version = version"  # past pgweir: the same rows, in other places


class AuditCase(CacheCase):
    """A pgweir that audits every hit."""

    def auditing(self, **cache):
        return self.caching(**({"mode": "rules", "rules": RULES, "audit": "1/1"} | cache))

    def audits(self, proxy, result):
        return proxy.metric("pgweir_cache_audit_total", result=result)

    def all_audits(self, proxy):
        return {result: self.audits(proxy, result) for result in ("same", "different", "unknown")}

    def keep(self, proxy, client, text):
        """Asks until it is kept."""
        before = proxy.metric("pgweir_cache_stores_total")
        self.wait_until(lambda: (client.query(text), proxy.metric("pgweir_cache_stores_total") > before)[1],
                        message=f"{text} to be kept")  # fmt: skip

    def assert_audited(self, proxy, ask, expected, result):
        before, hits = self.audits(proxy, result), self.hits(proxy)
        self.assertEqual(ask(), expected)
        self.wait_until(lambda: self.audits(proxy, result) == before + 1, message=lambda: f"{result}: {self.all_audits(proxy)}")
        self.assertEqual(self.hits(proxy), hits, "what is audited is no hit")

    def assert_found(self, proxy, client):
        """A change past pgweir is found, and what is kept by that rule is not served any more."""
        self.keep(proxy, client, "SELECT count(*) FROM users")
        self.keep(proxy, client, NAME)
        self.assert_audited(proxy, lambda: rows_of(client.query(NAME)), [["user 1"]], "same")
        self.sql("UPDATE users SET name = 'changed' WHERE id = 1")
        self.assert_audited(proxy, lambda: rows_of(client.query(NAME)), [["changed"]], "different")
        for _ in range(3):
            self.assertEqual(rows_of(client.query(NAME)), [["changed"]])
        self.assertEqual(proxy.metric("pgweir_cache_bypass_total", reason="audit_failed"), 3)
        self.assertEqual(self.audits(proxy, "different"), 1)

    def assert_unknown_if_written(self, proxy, through):
        """What is changed through a pgweir while an audit is executed says nothing about what was kept."""
        self.sql("CREATE TABLE IF NOT EXISTS orders (id int)")
        reader, writer = self.login(proxy), self.login(through)
        text = "SELECT name, (SELECT count(*) FROM orders) FROM users WHERE id = 1"
        self.keep(proxy, reader, text)
        lock = psycopg2.connect(self.upstream())
        self.addCleanup(lock.close)
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE orders")
            reader.send(messages.query(text))
            self.wait_for_statement(text)
            writer.query("UPDATE users SET name = 'changed' WHERE id = 1")
            lock.commit()
        self.assertEqual(rows_of(reader.until_ready()), [["changed", "0"]])
        self.wait_until(lambda: self.audits(proxy, "unknown") == 1, message=lambda: f"it to be unknown: {self.all_audits(proxy)}")
        self.assertEqual(self.audits(proxy, "different"), 0)


class Auditing(AuditCase):
    def test_a_hundred_honest_ones(self):
        proxy = self.auditing()
        client = self.login(proxy)
        texts = ("SELECT id, name FROM users", "SELECT name, id FROM users ORDER BY version", "SELECT count(*), sum(id) FROM users",
                 "SELECT u.id, v.name FROM users AS u JOIN users AS v ON u.id < v.id")  # fmt: skip
        for text in texts:
            self.keep(proxy, client, text)
        kept = rows_of(client.query(texts[0]))
        orders = set()
        for turn in range(25):
            if turn % 5 == 4:
                self.sql(f"{MOVE} WHERE id % {turn} < 2")
            for text in texts:
                client.query(text)
            now = rows_of(client.query(texts[0]))
            self.assertCountEqual(now, kept)
            orders.add(str(now))
        self.assertGreater(len(orders), 2, "the order has to differ, or nothing is shown")
        seen = self.all_audits(proxy)
        self.assertGreaterEqual(seen["same"], 100)
        self.assertEqual((seen["different"], seen["unknown"]), (0, 0))

    def test_a_change_past_pgweir(self):
        proxy = self.auditing()
        client = self.login(proxy)
        self.assert_found(proxy, client)
        # What the other rule keeps is served, or audited, as before.
        self.assert_audited(proxy, lambda: rows_of(client.query("SELECT count(*) FROM users")), [["10"]], "same")
        self.assertEqual({row["rule"]: row["state"] for row in proxy.show("CACHE RULES")}, {"names": "audit_failed", "rest": "on"})
        (row,) = proxy.console_table(f"EXPLAIN CACHE {NAME}")
        self.assertEqual((row["cacheable"], row["reason"]), ("no", "audit_failed"))
        (row,) = proxy.show("CACHE")
        self.assertEqual((row["audited"], row["differed"]), ("3", "1"))
        (line,) = [line for line in proxy.log().splitlines() if "cache_audit_different" in line]
        for part in ("rule=names", "kept_rows=1", "server_rows=1", "kept_bytes=", "server_digest=", NAME):
            self.assertIn(part, line)
        client.query("UPDATE users SET name = 'and again' WHERE id = 1")
        self.assertEqual(rows_of(client.query(NAME)), [["and again"]], "writes are seen as ever")

    def test_no_value_is_logged(self):
        proxy = self.auditing()
        client = self.login(proxy)

        def ask():
            client.send(messages.parse("", "SELECT version FROM users WHERE name = $1"), messages.bind(values=[b"user 7"]),
                        messages.describe_portal(), messages.execute(), messages.sync())  # fmt: skip
            return rows_of(client.until_ready())

        before = proxy.metric("pgweir_cache_stores_total")
        self.wait_until(lambda: (ask(), proxy.metric("pgweir_cache_stores_total") > before)[1], message="it to be kept")
        self.sql("UPDATE users SET version = 2 WHERE id = 7")
        self.assert_audited(proxy, ask, [["2"]], "different")
        self.assertIn("cache_audit_different", proxy.log())
        self.assertNotIn("user 7", proxy.log())

    def test_what_no_rule_is_about(self):
        proxy = self.auditing(mode="auto", rules=[], audit="1/2", ttl="1h")
        client = self.login(proxy)
        self.warm(client, NAME)
        self.sql("UPDATE users SET name = 'changed' WHERE id = 1")
        self.wait_until(lambda: (client.query(NAME), self.audits(proxy, "different") == 1)[1], message="the audit")
        hits = self.hits(proxy)
        for _ in range(4):
            self.assertEqual(rows_of(client.query(NAME)), [["changed"]])
        self.assertEqual(self.hits(proxy), hits)
        self.assertEqual([row["state"] for row in proxy.show("CACHE RULES")], ["audit_failed"])

    def test_replies_that_may_differ(self):
        proxy = self.auditing()
        client = self.login(proxy)
        self.keep(proxy, client, "SELECT id FROM users LIMIT 1")
        self.sql(f"{MOVE} WHERE id = 1")
        self.assert_audited(proxy, lambda: rows_of(client.query("SELECT id FROM users LIMIT 1")), [["2"]], "unknown")
        self.assertEqual({row["state"] for row in proxy.show("CACHE RULES")}, {"on"})

    def test_what_is_written_meanwhile(self):
        proxy = self.auditing()
        self.assert_unknown_if_written(proxy, proxy)
        self.assertEqual({row["state"] for row in proxy.show("CACHE RULES")}, {"on"})

    def test_only_outside_of_blocks(self):
        proxy = self.auditing()
        client = self.login(proxy)
        self.keep(proxy, client, NAME)
        audited = self.all_audits(proxy)
        client.query("BEGIN")
        for _ in range(3):
            self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), [["user 1"]])
        client.query("COMMIT")
        self.assertEqual(self.all_audits(proxy), audited)

    def test_what_fails_is_not_known(self):
        proxy = self.auditing()
        client = self.login(proxy)
        text = "SELECT 10 / version FROM users WHERE id = 1"
        self.keep(proxy, client, text)
        self.sql("UPDATE users SET version = 0 WHERE id = 1")
        self.assert_audited(proxy, lambda: client.query(text)[-1].status, "I", "unknown")

    def test_none(self):
        proxy = self.auditing(audit="off")
        client = self.login(proxy)
        self.keep(proxy, client, NAME)
        for _ in range(20):
            self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), [["user 1"]])
        self.assertEqual(set(self.all_audits(proxy).values()), {0})


class Shared(AuditCase, RedisCase):
    def test_where_several_share_a_redis(self):
        proxy = self.auditing(redis={"url": self.redis.url()})
        self.assert_found(proxy, self.login(proxy))

    def test_what_another_pgweir_writes_meanwhile(self):
        proxy, other = (self.auditing(redis={"url": self.redis.url()}) for _ in range(2))
        self.assert_unknown_if_written(proxy, other)
