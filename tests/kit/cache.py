"""What tests of the result cache have in common."""
import psycopg2

from .case import Case
from .rawclient import error_of, rows_of
from .redis_server import RedisServer
from .waiting import wait_until

FILL = "INSERT INTO users SELECT i, 'user ' || i, 1 FROM generate_series(1, 10) AS i"


class CacheCase(Case):
    """A table of users, and a pgweir that caches what is asked for more than once."""

    proxies = {}  # by port
    proxy = None  # of the class, for the tests that need no other

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sql("CREATE TABLE users (id int PRIMARY KEY, name text, version int)")

    def setUp(self):
        super().setUp()
        if self.proxy is None:
            self.sql("TRUNCATE users", FILL)
        else:
            self.login(self.proxy).query(f"DELETE FROM users; {FILL}")  # what goes past it would not be seen

    @classmethod
    def sql(cls, *commands):
        """Past pgweir."""
        connection = psycopg2.connect(cls.upstream())
        connection.autocommit = True
        with connection.cursor() as cursor:
            for command in commands:
                cursor.execute(command)
        connection.close()

    def caching(self, *, admin=None, **changes):
        """Running, and alone with its database: `changes` of cache. The one of the class, when nothing is to be changed."""
        if changes or admin:
            proxy = self.pgweir(cache={"mode": "auto"} | changes, **({"admin": admin} if admin else {}))
        elif self.proxy is None:
            proxy = type(self).proxy = self.class_pgweir(cache={"mode": "auto"})
            self.addClassCleanup(setattr, type(self), "proxy", None)
        else:
            proxy = self.proxy
            # Else what was changed past it since the last test is noticed in the middle of this one.
            self.assertIsNone(error_of(self.login(proxy).query("CREATE TABLE seen_to (); DROP TABLE seen_to")))
        self.proxies[proxy.port] = proxy
        client = self.login(proxy)  # a pool of clients' own users has its first server, and its cache, with the first client
        wait_until(lambda: proxy.metric("pgweir_cache_serving") == 1, message="the cache to serve")
        if changes.get("mode") != "rules":
            self.warm(client, "SELECT 'the catalogs have been read'")
        client.close()
        return proxy

    def hits(self, proxy):
        return proxy.metric("pgweir_cache_requests_total", result="hit")

    def warm(self, client, sql):
        """Asks until it is kept; returns the rows. The catalogs may have to be read first."""
        proxy = self.proxies[client.port]
        before = self.hits(proxy)
        rows = []

        def kept():
            rows.append(rows_of(client.query(sql)))
            return self.hits(proxy) > before

        wait_until(kept, message=f"a hit for {sql}")
        self.assertEqual(rows[-1], rows[0])
        return rows[0]

    def ask_often(self, client, sql):
        """Where no hit is wanted: by then it would be one."""
        rows = [rows_of(client.query(sql)) for _ in range(5)]
        self.assertEqual(rows[-1], rows[0])
        return rows[0]

    def assert_hit(self, proxy, ask, expected):
        before = proxy.metrics()
        hits = self.hits(proxy)
        self.assertEqual(ask(), expected)
        if self.hits(proxy) != hits + 1:
            changed = {name: value for name, value in proxy.metrics().items()
                       if "cache" in name and "seconds" not in name and value != before.get(name, 0)}  # fmt: skip
            self.fail(f"it is no hit, but {changed}")

    def assert_miss(self, proxy, ask, expected):
        before = self.hits(proxy)
        self.assertEqual(ask(), expected)
        self.assertEqual(self.hits(proxy), before, "it is a hit")


class RedisCase(CacheCase):
    """With a Redis, of the class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.redis = RedisServer()
        cls.addClassCleanup(cls.redis.close)
        cls.redis.start()


class SharedCase(RedisCase):
    """Two pgweir on one Redis."""

    def sharing(self, redis=None, settings=None, port=None, **changes):
        """Running, and serving. `port` of something between it and PostgreSQL."""
        proxy = self.pgweir(cache={"mode": "auto", "ttl": "1h", "redis": {"url": (redis or self.redis).url()} | (settings or {})} | changes,
                            at_rest=False, database={"upstream": self.upstream(port)})  # fmt: skip
        self.proxies[proxy.port] = proxy
        client = self.login(proxy)
        if changes.get("mode") != "off":
            self.wait_until(lambda: self.serving(proxy), message=lambda: f"the cache to serve:\n{proxy.log()[-3000:]}")
            self.warm(client, "SELECT 'the catalogs have been read'")
        client.close()
        return proxy

    def is_bounded(self, proxy, reader, writer):
        """What `writer` does to the table `thing` is not taken for a write of anything. `reader` reads through `proxy`."""
        text = "SELECT name FROM users WHERE id = 1"
        self.warm(reader, text)
        writer.query("UPDATE thing SET id = 2")
        hits = self.hits(proxy)
        reader.query(text)
        return self.hits(proxy) > hits

    def serving(self, proxy):
        return proxy.metric("pgweir_cache_serving") == 1

    def bypasses(self, proxy, reason):
        return proxy.metric("pgweir_cache_bypass_total", reason=reason)
