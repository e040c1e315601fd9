"""Comments in front of statements that say how they are to be cached."""
from kit import messages
from kit.cache import CacheCase, RedisCase
from kit.rawclient import rows_of

TEXT = "SELECT name FROM users WHERE id = 1"
OLD, NEW = [["user 1"]], [["changed"]]
CHANGE = "UPDATE users SET name = 'changed' WHERE id = 1"


class HintCase(CacheCase):
    def changed_past(self, **cache):
        """A client of a pgweir in whose cache stands what is in the table no longer."""
        proxy = self.caching(**({"ttl": "1h"} | cache))
        client = self.login(proxy)
        self.assertEqual(self.warm(client, TEXT), OLD)
        self.sql(CHANGE)
        self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), OLD)
        return proxy, client

    def bypasses(self, proxy):
        return proxy.metric("pgweir_cache_bypass_total", reason="hint")

    def explain(self, proxy, text):
        (row,) = proxy.console_table(f"EXPLAIN CACHE {text}")
        return row


class Narrowing(HintCase):
    def test_no_cache(self):
        proxy, client = self.changed_past()
        before = self.bypasses(proxy)
        for _ in range(3):
            self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: no-cache */ {TEXT}")), NEW)
        self.assertEqual(self.bypasses(proxy), before + 3)
        self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), OLD)

    def test_refresh(self):
        proxy, client = self.changed_past()
        for text in (f"/* pgweir: refresh */ {TEXT}", f"-- a trace\n/* of mine */ /* pgweir: refresh */\n{TEXT}"):
            self.assert_miss(proxy, lambda text=text: rows_of(client.query(text)), NEW)
            self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), NEW)

    def test_a_refresh_need_not_be_asked_for_twice(self):
        proxy = self.caching(ttl="1h")
        client = self.login(proxy)
        text = "SELECT version FROM users WHERE id = 2"
        self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: refresh */ {text}")), [["1"]])
        self.assert_hit(proxy, lambda: rows_of(client.query(text)), [["1"]])

    def test_a_shorter_time(self):
        proxy, client = self.changed_past()
        self.assert_hit(proxy, lambda: rows_of(client.query(f"/* pgweir: ttl=50m */ {TEXT}")), OLD)
        self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: ttl=1ms */ {TEXT}")), NEW)
        self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), NEW)

    def test_not_a_longer_one(self):
        proxy = self.caching(mode="rules", rules=[{"name": "users", "tables": ["users"], "pattern": "*name*"}])
        client = self.login(proxy)
        text = "SELECT version FROM users WHERE id = 1"
        self.warm(client, TEXT)
        for _ in range(3):
            self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: ttl=1h */ {text}")), [["1"]])
        self.assertEqual(self.explain(proxy, f"/* pgweir: ttl=1h */ {TEXT}")["ttl"], "5m")

    def test_in_the_extended_protocol(self):
        proxy, client = self.changed_past()

        def ask(*parts):
            client.send(*parts, messages.describe_portal(), messages.execute(), messages.sync())
            return rows_of(client.until_ready())

        client.send(messages.parse("past", f"/* pgweir: no-cache */ {TEXT}"), messages.parse("young", f"/* pgweir: ttl=1ms */ {TEXT}"),
                    messages.parse("plain", TEXT), messages.sync())  # fmt: skip
        client.until_ready()
        plain = messages.bind(statement="plain")
        self.wait_until(lambda: (before := self.hits(proxy), ask(plain), self.hits(proxy) > before)[-1], message="a hit")
        self.sql("UPDATE users SET name = 'once more' WHERE id = 1")
        self.assert_hit(proxy, lambda: ask(plain), NEW)
        self.assert_miss(proxy, lambda: ask(messages.bind(statement="past")), [["once more"]])
        self.assert_miss(proxy, lambda: ask(messages.parse("", f"/* pgweir: no-cache */ {TEXT}"), messages.bind()), [["once more"]])
        self.assert_hit(proxy, lambda: ask(plain), NEW)
        self.assert_miss(proxy, lambda: ask(messages.bind(statement="young")), [["once more"]])
        self.assert_hit(proxy, lambda: ask(plain), [["once more"]])

    def test_what_is_no_hint(self):
        proxy, client = self.changed_past()
        for text in (f"{TEXT} /* pgweir: no-cache */", f"SELECT /* pgweir: no-cache */ {TEXT[7:]}", f"/* no-cache */ {TEXT}"):
            self.assert_hit(proxy, lambda text=text: rows_of(client.query(text)), OLD)

    def test_what_is_counted_and_explained(self):
        proxy, client = self.changed_past()
        text = f"/* pgweir: ttl=30m, no_cache forever */ {TEXT}"
        self.assert_hit(proxy, lambda: rows_of(client.query(text)), OLD)
        counted = {hint: proxy.metric("pgweir_cache_hints_total", hint=hint) for hint in ("ttl", "no_cache", "refresh", "unknown")}
        self.assertEqual(counted, {"ttl": 1, "no_cache": 0, "refresh": 0, "unknown": 2})
        row = self.explain(proxy, text)
        self.assertEqual((row["cacheable"], row["hint"], row["ttl"]), ("yes", "ttl=30m, unknown: no_cache, forever", "30m"))
        row = self.explain(proxy, f"/* pgweir: no-cache */ {TEXT}")
        self.assertEqual((row["cacheable"], row["reason"], row["hint"]), ("no", "hint", "no-cache"))
        self.assertEqual(self.explain(proxy, TEXT)["hint"], None)


class Allowed(HintCase):
    LONG = f"/* pgweir: ttl=1h */ {TEXT}"

    def assert_longer(self, proxy, client):
        """Who says so is answered from the cache for longer than who does not."""
        self.assertEqual(self.warm(client, self.LONG), OLD)
        self.sql(CHANGE)
        self.assert_hit(proxy, lambda: rows_of(client.query(self.LONG)), OLD)
        self.assert_miss(proxy, lambda: rows_of(client.query(TEXT)), NEW)

    def test_off(self):
        proxy, client = self.changed_past(hints="off")
        for hint in ("no-cache", "refresh", "ttl=1ms", "nonsense"):
            self.assert_hit(proxy, lambda hint=hint: rows_of(client.query(f"/* pgweir: {hint} */ {TEXT}")), OLD)
        self.assertEqual(proxy.metric("pgweir_cache_hints_total"), 0)
        self.assertEqual(self.explain(proxy, f"/* pgweir: no-cache */ {TEXT}")["hint"], None)

    def test_what_no_rule_is_about(self):
        proxy = self.caching(mode="rules", hints="widen", rules=[{"name": "never", "pattern": "*version*", "ttl": "off"}])
        client = self.login(proxy)
        self.assert_longer(proxy, client)  # who does not say so is promised that nothing is cached
        self.assert_hit(proxy, lambda: rows_of(client.query(self.LONG)), OLD)
        client.query("UPDATE users SET name = 'seen' WHERE id = 1")
        self.assert_miss(proxy, lambda: rows_of(client.query(self.LONG)), [["seen"]])
        kept_out = "/* pgweir: ttl=1h */ SELECT version FROM users WHERE id = 1"
        for _ in range(3):
            self.assert_miss(proxy, lambda: rows_of(client.query(kept_out)), [["1"]])

    def test_a_longer_time_than_the_rules(self):
        proxy = self.caching(mode="rules", hints="widen", rules=[{"name": "users", "tables": ["users"], "ttl": "1ms"}])
        self.assert_longer(proxy, self.login(proxy))


class Shared(HintCase, RedisCase):
    """Where several share a Redis."""

    def test_all_of_them(self):
        proxy, client = self.changed_past(redis={"url": self.redis.url()})
        self.assert_hit(proxy, lambda: rows_of(client.query(f"/* pgweir: ttl=50m */ {TEXT}")), OLD)
        self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: no-cache */ {TEXT}")), NEW)
        self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), OLD)
        self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: refresh */ {TEXT}")), NEW)
        self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), NEW)
        self.sql("UPDATE users SET name = 'once more' WHERE id = 1")
        self.assert_miss(proxy, lambda: rows_of(client.query(f"/* pgweir: ttl=1ms */ {TEXT}")), [["once more"]])
        self.assert_hit(proxy, lambda: rows_of(client.query(TEXT)), [["once more"]])

    def test_the_age_of_what_another_pgweir_has_read(self):
        self.changed_past(redis={"url": self.redis.url()})
        other = self.caching(redis={"url": self.redis.url()}, ttl="1h")
        client = self.login(other)
        rows_of(client.query(TEXT))  # from the second time on it is worth asking
        self.assert_miss(other, lambda: rows_of(client.query(f"/* pgweir: ttl=1ms */ {TEXT}")), NEW)
        self.assert_hit(other, lambda: rows_of(client.query(TEXT)), NEW)
