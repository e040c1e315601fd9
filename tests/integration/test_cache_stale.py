"""Old replies that are served while a new one is made, where a rule says so."""
import psycopg2

from kit import messages
from kit.cache import CacheCase, RedisCase
from kit.rawclient import rows_of

NAME = "SELECT name, (SELECT count(*) FROM orders) FROM users WHERE id = 1"
OLD, NEW = [["user 1", "0"]], [["changed", "0"]]
CHANGE = "UPDATE users SET name = 'changed' WHERE id = 1"


class StaleCase(CacheCase):
    """A statement that waits for a lock while a client makes a new reply."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sql("CREATE TABLE orders (id int)")

    def revalidating(self, *, stale="1h", ttl="1h", **cache):
        """It is kept, and was found good just now."""
        proxy = self.caching(mode="rules", rules=[{"name": "all", "ttl": ttl, "stale_while_revalidate": stale}], **cache)
        self.first, self.second, self.writer = (self.login(proxy) for _ in range(3))
        if ttl == "1h":
            self.assertEqual(self.warm(self.second, NAME), OLD)
        else:
            before = proxy.metric("pgweir_cache_stores_total")
            self.wait_until(lambda: (self.second.query(NAME), proxy.metric("pgweir_cache_stores_total") > before)[1])
        return proxy

    def stale(self, proxy):
        return proxy.metric("pgweir_cache_requests_total", result="stale")

    def hold_up(self, proxy, asks):
        """The first client makes a new one, and waits; returns what lets it go on."""
        lock = psycopg2.connect(self.upstream())
        self.addCleanup(lock.close)
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE orders")
        if asks:
            self.first.send(messages.query(NAME))
            self.wait_for_statement(NAME)
            self.wait_until(lambda: proxy.state()["cache_flights"] == 1, message="the first client's read")
        return lock

    def assert_waits(self, proxy, client, lock):
        """It is not told what is old."""
        client.send(messages.query(NAME))
        self.wait_until(lambda: proxy.state()["cache_waiting"] == 1, message="it to wait for the new one")
        lock.commit()
        self.assertEqual(rows_of(client.until_ready()), NEW)
        self.assertEqual(rows_of(self.first.until_ready()), NEW)
        self.assertEqual(self.stale(proxy), 0)

    def assert_old_then_new(self, proxy, lock, new=NEW):
        for turn in (1, 2):
            self.assertEqual(rows_of(self.second.query(NAME)), OLD)
            self.assertEqual(self.stale(proxy), turn)
        lock.commit()
        self.assertEqual(rows_of(self.first.until_ready()), new)
        self.assertEqual(rows_of(self.second.query(NAME)), new)
        self.assertEqual(self.stale(proxy), 2)


class Revalidating(StaleCase):
    def test_outdated_by_a_write(self):
        proxy = self.revalidating()
        self.writer.query(CHANGE)
        self.assert_old_then_new(proxy, self.hold_up(proxy, True))
        (row,) = proxy.show("CACHE")
        self.assertEqual(row["stale"], "2")

    def test_too_old(self):
        proxy = self.revalidating(ttl="1ms")
        self.assert_old_then_new(proxy, self.hold_up(proxy, True), OLD)

    def test_not_longer_than_the_rule_says(self):
        proxy = self.revalidating(stale="1ms")
        self.writer.query(CHANGE)
        self.assert_waits(proxy, self.second, self.hold_up(proxy, True))

    def test_without_such_a_rule(self):
        proxy = self.revalidating(stale="off")
        self.writer.query(CHANGE)
        self.assert_waits(proxy, self.second, self.hold_up(proxy, True))

    def test_who_has_written_is_not_told_what_was_before(self):
        proxy = self.revalidating()
        self.writer.query(CHANGE)
        self.assert_waits(proxy, self.writer, self.hold_up(proxy, True))

    def test_what_is_found_good_behind_a_write_has_it(self):
        proxy = self.revalidating()
        self.writer.query("UPDATE users SET version = 2 WHERE id = 1")
        self.assertEqual(rows_of(self.writer.query(NAME)), OLD)
        self.assert_hit(proxy, lambda: rows_of(self.second.query(NAME)), OLD)
        self.first.query(CHANGE)
        lock = self.hold_up(proxy, False)
        self.second.send(messages.query(NAME))
        self.wait_until(lambda: proxy.state()["cache_flights"] == 1, message="the second client's read")
        self.assertEqual(rows_of(self.writer.query(NAME)), OLD)
        lock.commit()
        self.assertEqual(rows_of(self.second.until_ready()), NEW)

    def test_what_operators_clear_is_not_served(self):
        proxy = self.revalidating()
        self.writer.query(CHANGE)
        proxy.console("CACHE CLEAR TABLE users")
        self.assert_waits(proxy, self.second, self.hold_up(proxy, True))

    def test_who_wants_it_young_waits(self):
        proxy = self.revalidating()
        self.writer.query(CHANGE)
        lock = self.hold_up(proxy, True)
        self.second.send(messages.query(f"/* pgweir: ttl=1h */ {NAME}"))
        self.wait_until(lambda: proxy.state()["cache_waiting"] == 1, message="it to wait for the new one")
        lock.commit()
        self.assertEqual(rows_of(self.second.until_ready()), NEW)


class Shared(StaleCase, RedisCase):
    def test_outdated_by_another_pgweir(self):
        proxy = self.revalidating(redis={"url": self.redis.url()})
        other = self.pgweir(cache={"mode": "off", "redis": {"url": self.redis.url()}})
        self.login(other).query(CHANGE)
        self.assert_old_then_new(proxy, self.hold_up(proxy, True))
