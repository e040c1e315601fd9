"""The result cache among others: clients that ask for the same, other pgweir on the database, lost servers and locks."""
import psycopg2

from kit import messages
from kit.cache import CacheCase
from kit.case import DATABASE
from kit.rawclient import error_of, rows_of

class Stampede(CacheCase):
    def test_one_is_executed_for_all(self):
        proxy = self.caching(rules=[{"name": "all"}])
        clients = [self.login(proxy) for _ in range(100)]
        text = "SELECT pg_catalog.count(*) FROM users, generate_series(1, 200000) AS n"
        before = self.results(proxy)
        for client in clients:
            client.send(messages.query(text))
        replies = [rows_of(client.until_ready()) for client in clients]
        self.assertEqual(replies, [[["2000000"]]] * 100)
        after = self.results(proxy)
        self.assertEqual(after["miss"] - before["miss"], 1, after)
        self.assertEqual(after["hit"] + after["coalesced"] - before["hit"] - before["coalesced"], 99, after)

    @staticmethod
    def results(proxy):
        return {result: proxy.metric("pgweir_cache_requests_total", result=result) for result in ("hit", "miss", "coalesced")}

    def test_who_executes_it_leaves(self):
        proxy = self.caching(rules=[{"name": "all"}])
        first, second = self.login(proxy), self.login(proxy)
        text = "SELECT count(*) FROM users, generate_series(1, 2000000) AS n"
        first.send(messages.query(text))
        self.wait_for_statement("generate_series(1, 2000000)")
        second.send(messages.query(text))
        self.wait_until(lambda: proxy.state()["cache_waiting"] == 1)
        first.close()
        self.assertEqual(rows_of(second.until_ready()), [["20000000"]])

    def test_a_write_in_between_parts_them(self):
        proxy = self.caching(rules=[{"name": "all"}])
        slow, writer, late = (self.login(proxy) for _ in range(3))
        text = "SELECT max(version), count(*) FROM users, generate_series(1, 2000000) AS n"
        slow.send(messages.query(text))
        self.wait_for_statement("generate_series(1, 2000000)")
        writer.query("UPDATE users SET version = 2")
        self.assertEqual(rows_of(late.query(text))[0][0], "2")
        slow.until_ready()
        self.assertEqual(rows_of(late.query(text))[0][0], "2")

    def test_nobody_waits_for_ever(self):
        proxy = self.caching(rules=[{"name": "all"}], wait="100ms")
        first, second = self.login(proxy), self.login(proxy)
        text = "SELECT count(*) FROM users, generate_series(1, 4000000) AS n"
        first.send(messages.query(text))
        self.wait_for_statement("generate_series(1, 4000000)")
        second.send(messages.query(text))
        self.wait_until(lambda: len(self.running("generate_series(1, 4000000)")) == 2, message="both to run")
        self.assertEqual(rows_of(first.until_ready()), rows_of(second.until_ready()))

    def test_a_waiting_client_can_cancel(self):
        proxy = self.caching(rules=[{"name": "all"}])
        first, second = self.login(proxy), self.login(proxy)
        text = "SELECT count(*) FROM users, generate_series(1, 3000000) AS n"
        first.send(messages.query(text))
        self.wait_for_statement("generate_series(1, 3000000)")
        second.send(messages.query(text))
        self.wait_until(lambda: proxy.state()["cache_waiting"] == 1)
        second.cancel()
        self.assertEqual(error_of(second.until_ready()).sqlstate, "57014")
        self.assertEqual(rows_of(first.until_ready()), [["30000000"]])


class Others(CacheCase):
    """Each has a pgweir of its own: there must be no other on the database."""

    TEXT = "SELECT name FROM users WHERE id = 1"

    def serving(self, proxy):
        return proxy.metric("pgweir_cache_serving") == 1

    def test_a_second_pgweir_switches_both_off_until_it_goes(self):
        first = self.caching(ttl="1h")
        client = self.login(first)
        self.warm(client, self.TEXT)
        second = self.pgweir(cache={"mode": "auto"}, at_rest=False)
        other = self.login(second)
        # It is let in only when the first has been told, so what it writes is seen at once.
        other.query("UPDATE users SET name = 'by the other' WHERE id = 1")
        self.assertEqual(rows_of(client.query(self.TEXT)), [["by the other"]])
        self.assertFalse(self.serving(first))
        self.assertFalse(self.serving(second))
        before = first.metric("pgweir_cache_bypass_total", reason="another_pgweir")
        hits = self.hits(first)
        self.ask_often(client, self.TEXT)
        self.assertEqual(self.hits(first), hits)
        self.assertGreater(first.metric("pgweir_cache_bypass_total", reason="another_pgweir"), before)
        for proxy in (first, second):
            self.wait_until(lambda: '"reason":"another_pgweir"' in proxy.log() or "reason=another_pgweir" in proxy.log(),
                            message="the log to say why")  # fmt: skip
        second.close()
        self.wait_until(lambda: self.serving(first), message="the first to serve again")
        self.warm(client, self.TEXT)
        self.assertGreater(self.hits(first), hits)

    def test_without_its_lock_it_does_not_serve(self):
        proxy = self.caching(ttl="1h")
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgweir cache'")
        self.wait_until(lambda: "cache_off" in proxy.log(), message="the cache to go off")
        self.wait_until(lambda: self.serving(proxy), message="the cache to come back")
        self.assertEqual(proxy.metric("pgweir_cache_entries"), 0)
        self.assertEqual(self.warm(client, self.TEXT), [["user 1"]])

    def test_what_another_user_began_ends_first(self):
        """A pgweir that was killed may have left it, and what it writes comes late."""
        self.postgres.create_role("stranger")
        stranger = psycopg2.connect(self.postgres.url("stranger", database=DATABASE))
        stranger.cursor().execute("SELECT")
        proxy = self.pgweir(cache={"mode": "auto"})
        self.login(proxy)
        looks = set()

        def looks_again():
            looks.update(self.postgres.sql("SELECT query_start FROM pg_stat_activity"
                                           " WHERE application_name = 'pgweir cache'"))  # fmt: skip
            return len(looks) > 5

        self.wait_until(looks_again, message="several looks at who is busy")
        self.assertFalse(self.serving(proxy))
        stranger.close()
        self.wait_until(lambda: self.serving(proxy), message="the cache to serve")

    def test_a_server_lost_in_commit(self):
        proxy = self.caching(ttl="1h")
        client, reader = self.login(proxy), self.login(proxy)
        self.warm(reader, self.TEXT)
        holder = psycopg2.connect(self.upstream())
        with holder.cursor() as cursor:
            cursor.execute("SELECT * FROM users WHERE id = 1 FOR UPDATE")
        client.send(messages.query("UPDATE users SET name = 'late' WHERE id = 1"))
        pid = self.wait_for_statement("'late'")[0]
        self.assertEqual(proxy.state()["cache_marks"], 1)
        # What the writer may change is not served meanwhile.
        self.assert_miss(proxy, lambda: rows_of(reader.query(self.TEXT)), [["user 1"]])
        self.sql(f"SELECT pg_terminate_backend({pid})")
        client.until_ready()
        holder.rollback()
        holder.close()
        self.wait_until(lambda: proxy.state()["cache_marks"] == 0, message="the lost server to be given up")
        self.warm(reader, self.TEXT)
        self.assert_hit(proxy, lambda: rows_of(reader.query(self.TEXT)), [["user 1"]])

    def test_postgres_restarts(self):
        proxy = self.caching(ttl="1h")
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        self.postgres.stop()
        try:
            self.wait_until(lambda: not self.serving(proxy), message="the cache to go off without its lock")
        finally:
            self.postgres.start()
        self.wait_until(lambda: rows_of(client.query(self.TEXT)) == [["user 1"]])
        self.wait_until(lambda: self.serving(proxy), message="the cache to come back")
        self.warm(client, self.TEXT)
        self.assert_hit(proxy, lambda: rows_of(client.query(self.TEXT)), [["user 1"]])


class Limits(CacheCase):
    def test_memory_is_bounded(self):
        proxy = self.caching(memory={"size": "256KiB"}, rules=[{"name": "all"}])
        client = self.login(proxy)
        for number in range(100):
            client.query(f"SELECT {number}, repeat(name, 1000) FROM users")
        self.assertGreater(proxy.metric("pgweir_cache_evictions_total"), 50)
        self.assertLessEqual(proxy.metric("pgweir_cache_bytes"), 256 * 1024)
        self.assertGreater(proxy.metric("pgweir_cache_entries"), 1)

    def test_large_replies_stream_through(self):
        proxy = self.caching(largest_reply="64KiB", rules=[{"name": "all"}])
        client = self.login(proxy)
        hits, entries = self.hits(proxy), proxy.metric("pgweir_cache_entries")
        for text in ("SELECT repeat('x', 100) FROM generate_series(1, 5000)", "SELECT repeat('x', 300000)"):
            for _ in range(3):
                self.assertIsNone(error_of(client.query(text)))
        self.assertEqual((self.hits(proxy), proxy.metric("pgweir_cache_entries")), (hits, entries))

    def test_a_large_row_that_fits(self):
        proxy = self.caching(rules=[{"name": "all"}])
        client = self.login(proxy)
        text = "SELECT repeat('x', 300000), id FROM users WHERE id < 3 ORDER BY id"
        hits = self.hits(proxy)
        first = client.query(text)
        self.assertEqual(client.query(text), first)
        self.assertEqual(self.hits(proxy), hits + 1)


class Rules(CacheCase):
    def test_only_what_a_rule_names(self):
        self.sql("CREATE TABLE IF NOT EXISTS product (id int)")
        rules = [{"name": "never", "pattern": "*forbidden*", "ttl": "off"}, {"name": "catalogue", "tables": ["product"], "ttl": "1h"},
                 {"name": "others", "users": ["nobody"]}]  # fmt: skip
        proxy = self.caching(mode="rules", rules=rules)
        client = self.login(proxy)
        self.warm(client, "SELECT max(id) FROM product")
        for text, hits in (("SELECT count(*) FROM product", 4), ("SELECT count(*) AS forbidden FROM product", 0),
                           ("SELECT count(*) FROM users", 0), ("SELECT count(*) FROM users, product", 4)):  # fmt: skip
            before = self.hits(proxy)
            self.ask_often(client, text)
            self.assertEqual(self.hits(proxy), before + hits, text)

    def test_off_is_off(self):
        proxy = self.pgweir(cache={"mode": "off"})
        client = self.login(proxy)
        self.ask_often(client, "SELECT count(*) FROM users")
        self.assertNotIn("pgweir_cache_serving", str(proxy.metrics()))
        names = self.postgres.sql("SELECT application_name FROM pg_stat_activity WHERE datname = %s", [DATABASE])
        self.assertNotIn(("pgweir cache",), names)
