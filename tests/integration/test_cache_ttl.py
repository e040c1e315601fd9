"""What is kept by its age alone, and what need not be compared each time."""
import time

import psycopg2

from kit import messages
from kit.cache import CacheCase, RedisCase
from kit.ports import free_port
from kit.rawclient import rows_of

NAME = "SELECT name FROM users WHERE id = 1"
OLD, NEW = [["user 1"]], [["changed"]]
CHANGE = "UPDATE users SET name = 'changed' WHERE id = 1"
RULES = [{"name": "names", "tables": ["users"], "pattern": "*name*", "ttl": "1h", "consistency": "ttl"},
         {"name": "rest", "ttl": "1h"}]  # fmt: skip


class AgeCase(CacheCase):
    def by_age(self, **cache):
        return self.caching(**({"mode": "rules", "rules": RULES} | cache))

    def without_serving(self, **cache):
        """A pgweir that does not serve what writes could change."""
        proxy = self.pgweir(cache={"mode": "rules", "rules": RULES} | cache)
        self.proxies[proxy.port] = proxy
        return proxy


class ByAge(AgeCase):
    def test_writes_do_not_matter(self):
        proxy = self.by_age()
        client = self.login(proxy)
        self.warm(client, NAME)
        self.warm(client, "SELECT max(version) FROM users")
        for write in (CHANGE, "BEGIN; UPDATE users SET version = 2; COMMIT"):
            client.query(write)
            self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), OLD)
        self.assert_miss(proxy, lambda: rows_of(client.query("SELECT max(version) FROM users")), [["2"]])
        self.assertEqual({row["rule"]: row["consistency"] for row in proxy.show("CACHE RULES")}, {"names": "ttl", "rest": "fleet"})

    def test_a_rule_of_its_own(self):
        proxy = self.by_age(mode="auto", consistency="ttl", ttl="1h", rules=[{"name": "versions", "pattern": "*version*", "consistency": "fleet"}])
        client = self.login(proxy)
        self.warm(client, NAME)
        self.warm(client, "SELECT max(version) FROM users")
        client.query("UPDATE users SET name = 'changed', version = 2 WHERE id = 1")
        self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), OLD)
        self.assert_miss(proxy, lambda: rows_of(client.query("SELECT max(version) FROM users")), [["2"]])

    def test_nobody_is_served_by_the_rule_of_another_user(self):
        proxy = self.by_age(rules=[{"name": "reports", "users": ["reports"], "consistency": "ttl", "ttl": "1h"}, {"name": "rest", "ttl": "1h"}])
        reports, other = self.login(proxy, user="reports"), self.login(proxy)  # at the server both are the same
        self.warm(reports, NAME)
        other.query(CHANGE)
        self.assert_miss(proxy, lambda: rows_of(other.query(NAME)), NEW)
        self.assert_hit(proxy, lambda: rows_of(reports.query(NAME)), OLD)

    def test_what_a_comment_says_is_no_rule_of_who_does_not_say_it(self):
        proxy = self.by_age(rules=[{"name": "said", "pattern": "*by age*", "consistency": "ttl", "ttl": "1h"}, {"name": "rest", "ttl": "1h"}])
        client = self.login(proxy)
        self.warm(client, f"/* by age */ {NAME}")
        client.query(CHANGE)
        self.assert_miss(proxy, lambda: rows_of(client.query(NAME)), NEW)

    def test_never_older_than_the_ttl(self):
        rules = [{"name": "all", "ttl": "400ms", "consistency": "ttl"}]
        proxy = self.by_age(rules=rules)
        client = self.login(proxy)
        self.warm(client, NAME)
        for turn in range(3):
            client.query(f"UPDATE users SET name = 'turn {turn}' WHERE id = 1")
            written = time.monotonic()
            seen = rows_of(client.query(NAME))
            self.wait_until(lambda: time.monotonic() > written + 0.4, message="the ttl")
            self.assertEqual(rows_of(client.query(NAME)), [[f"turn {turn}"]], f"before it was {seen}")

    def test_the_age_counts_from_before_the_statement(self):
        self.sql("CREATE TABLE IF NOT EXISTS orders (id int)")
        proxy = self.by_age(rules=[{"name": "all", "ttl": "400ms", "consistency": "ttl"}])
        client = self.login(proxy)
        text = "SELECT count(*) FROM orders"
        self.warm(client, text)
        before = proxy.metric("pgweir_cache_requests_total", result="miss")
        lock = psycopg2.connect(self.upstream())
        self.addCleanup(lock.close)
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE orders")
        asked = time.monotonic()
        self.wait_until(lambda: time.monotonic() > asked + 0.4, message="what was kept to be too old")
        client.send(messages.query(text))
        self.wait_for_statement(text)
        asked = time.monotonic()
        self.wait_until(lambda: time.monotonic() > asked + 0.4, message="the ttl")
        lock.commit()
        client.until_ready()
        client.query(text)
        self.assertEqual(proxy.metric("pgweir_cache_requests_total", result="miss"), before + 2)

    def test_a_block_that_wrote_sees_it(self):
        proxy = self.by_age()
        client = self.login(proxy)
        self.warm(client, NAME)
        client.query("BEGIN")
        self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), OLD)
        client.query(CHANGE)
        self.assert_miss(proxy, lambda: rows_of(client.query(NAME)), NEW)
        client.query("ROLLBACK")
        self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), OLD)

    def test_what_operators_clear_and_changes_of_the_schema(self):
        proxy = self.by_age()
        client = self.login(proxy)
        for number, drop in enumerate((lambda: proxy.console("CACHE CLEAR"), lambda: proxy.console("CACHE CLEAR TABLE users"),
                                       lambda: proxy.console("CACHE CLEAR RULE names"),
                                       lambda: client.query("ALTER TABLE users ALTER COLUMN version SET NOT NULL"))):  # fmt: skip
            with self.subTest(number):
                self.warm(client, NAME)
                client.query(f"UPDATE users SET name = 'number {number}' WHERE id = 1")
                self.assertNotEqual(rows_of(client.query(NAME)), [[f"number {number}"]])
                drop()
                self.assertEqual(rows_of(client.query(NAME)), [[f"number {number}"]])

    def test_settings_have_replies_of_their_own(self):
        proxy = self.by_age()
        self.sql("CREATE SCHEMA IF NOT EXISTS aside", "CREATE TABLE IF NOT EXISTS aside.users AS SELECT 1 AS id, 'aside' AS name")
        self.addCleanup(self.sql, "DROP SCHEMA aside CASCADE")
        self.warm(self.login(proxy), NAME)
        self.assertEqual(rows_of(self.login(proxy, search_path="aside").query(NAME)), [["aside"]])

    def test_another_pgweir_without_redis(self):
        one = self.by_age()
        other = self.without_serving()
        reader, writer = self.login(one), self.login(other)
        writer.query("SELECT 1")
        self.wait_until(lambda: one.metric("pgweir_cache_serving") == 0, message="the first to hear of the second")
        for proxy, client in ((one, reader), (other, writer)):
            self.warm(client, NAME)
            bypasses = proxy.metric("pgweir_cache_bypass_total", reason="another_pgweir")
            self.assert_miss(proxy, lambda client=client: rows_of(client.query("SELECT 17")), [["17"]])
            self.assertGreater(proxy.metric("pgweir_cache_bypass_total", reason="another_pgweir"), bypasses)
        writer.query(CHANGE)
        self.assert_hit(one, lambda: rows_of(reader.query(NAME)), OLD)

    def test_without_the_redis_that_is_named(self):
        proxy = self.without_serving(redis={"url": f"redis://127.0.0.1:{free_port()}/0"})
        client = self.login(proxy)
        self.assertEqual(self.warm(client, NAME), OLD)
        client.query(CHANGE)
        self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), OLD)


class Shared(AgeCase, RedisCase):
    def sharing(self, **cache):
        return self.by_age(redis={"url": self.redis.url()}, **cache)

    def test_by_age_nobody_is_asked(self):
        proxy = self.sharing()
        client = self.login(proxy)
        self.warm(client, NAME)
        requests = proxy.metric("pgweir_cache_store_requests_total")
        for _ in range(10):
            self.assert_hit(proxy, lambda: rows_of(client.query(NAME)), OLD)
        self.assertLess(proxy.metric("pgweir_cache_store_requests_total"), requests + 10)

    def test_what_was_compared_lately_is_not_compared_again(self):
        one, other = self.sharing(rules=[{"name": "all", "ttl": "1h"}], memory={"max_age": "1h"}), self.sharing()
        reader, writer = self.login(one), self.login(other)
        self.warm(reader, NAME)
        writer.query(CHANGE)
        self.assert_hit(one, lambda: rows_of(reader.query(NAME)), OLD)
        # Inside of a block it is compared each time.
        reader.query("BEGIN")
        self.assert_miss(one, lambda: rows_of(reader.query(NAME)), NEW)
        reader.query("COMMIT")
        self.assert_hit(one, lambda: rows_of(reader.query(NAME)), NEW)
        # What is written here is seen at once.
        self.login(one).query("UPDATE users SET name = 'own' WHERE id = 1")
        self.assert_miss(one, lambda: rows_of(reader.query(NAME)), [["own"]])

    def test_it_is_compared_when_that_was_too_long_ago(self):
        one, other = self.sharing(rules=[{"name": "all", "ttl": "1h"}], memory={"max_age": "1ms"}), self.sharing()
        reader, writer = self.login(one), self.login(other)
        self.warm(reader, NAME)
        for turn in range(5):
            writer.query(f"UPDATE users SET name = 'turn {turn}' WHERE id = 1")
            written = time.monotonic()
            self.wait_until(lambda: time.monotonic() > written + 0.001, message="max_age")
            self.assertEqual(rows_of(reader.query(NAME)), [[f"turn {turn}"]])
            self.assertEqual(rows_of(reader.query(NAME)), [[f"turn {turn}"]])
