"""What operators see of the result cache, and do to it: the console's commands, and the command line's."""
import json
import re
import select
import shutil
import time
import unittest

import psycopg2

from kit import messages, pgweir, processes
from kit.cache import CacheCase
from kit.case import DATABASE
from kit.pgweir import CONSOLE_USER
from kit.rawclient import error_of, rows_of


class Operators(CacheCase):
    """A pgweir with a cache, and the console's own socket."""

    TEXT = "SELECT name FROM users WHERE id = 1"

    def setUp(self):
        super().setUp()
        self.directory = processes.temporary_directory("operators")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.socket = str(self.directory / "console")

    def serving(self, **cache):
        """Its cache serves."""
        return self.caching(admin={"socket": self.socket}, **cache)

    def run_command(self, *arguments):
        """(exit code, standard output, standard error)."""
        done = pgweir.run(*arguments, "--socket", self.socket)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        """What the command says to a program."""
        code, output, errors = self.run_command(*arguments, "--json")
        self.assertEqual((code, errors), (0, ""), arguments)
        return json.loads(output)

    def domain(self, proxy):
        """The one row of SHOW CACHE."""
        (row,) = proxy.show("CACHE")
        return row


class Statistics(Operators):
    def test_a_row_for_the_cache_of_each_database(self):
        proxy = self.serving()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        row = self.domain(proxy)
        self.assertEqual((row["cache"], row["state"]), (f"127.0.0.1:{self.postgres.port}/{DATABASE}", "on"))
        self.assertEqual(int(row["hits"]), int(self.hits(proxy)))
        self.assertEqual(int(row["entries"]), int(proxy.metric("pgweir_cache_entries")))
        self.assertEqual(int(row["bytes"]), int(proxy.metric("pgweir_cache_bytes")))
        self.assertEqual(int(row["max_bytes"]), 64 * 1024 * 1024)
        self.assertGreaterEqual(int(row["entries"]), 2)
        written = int(row["written"])
        client.query("UPDATE users SET version = version + 1")
        self.assertGreater(int(self.domain(proxy)["written"]), written)

    def test_why_it_does_not_serve(self):
        proxy = self.serving()
        self.wait_until(lambda: self.domain(proxy)["state"] == "on", message="it to serve")
        other = self.pgweir(cache={"mode": "auto"})
        self.login(other).query("SELECT 1")
        self.wait_until(lambda: self.domain(proxy)["state"] == "another_pgweir", message="it to stop")
        self.assertEqual(self.domain(proxy)["entries"], "0")

    def test_without_a_cache_there_is_nothing_to_show(self):
        proxy = self.pgweir(admin={"socket": self.socket})
        self.login(proxy).query("SELECT 1")
        self.assertEqual(proxy.show("CACHE"), [])
        self.assertEqual(self.ask("cache", "stats"), [])

    def test_the_command(self):
        proxy = self.serving()
        self.warm(self.login(proxy), self.TEXT)
        shown = self.domain(proxy)
        (row,) = self.ask("cache", "stats")
        self.assertEqual({name: str(value) for name, value in row.items()}, shown)
        self.assertEqual(type(row["hits"]), int)
        code, output, _ = self.run_command("cache", "stats")
        self.assertEqual(code, 0)
        self.assertEqual([line.split() for line in output.splitlines()], [[name, value] for name, value in shown.items()])
        for arguments in ((), ("nonsense",), ("stats", "more")):
            self.assertEqual(self.run_command("cache", *arguments)[:2], (2, ""), arguments)


class Clearing(Operators):
    ORDERS = "SELECT count(*) FROM orders"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sql("CREATE TABLE orders (id int PRIMARY KEY)", "CREATE SCHEMA shop", "CREATE TABLE shop.users (id int)")

    RULES = [{"name": "Hot Users", "tables": ["users"]}, {"name": "all"}]

    def warmed(self):
        """Two statements are kept, by a rule each."""
        proxy = self.serving(mode="rules", rules=self.RULES)
        self.client = self.login(proxy)
        for text in (self.TEXT, self.ORDERS):
            self.warm(self.client, text)
        return proxy

    def dropped(self, proxy, command):
        (row,) = self.console_rows(proxy, command)
        self.assertEqual(row[0], self.domain(proxy)["cache"])
        return int(row[1])

    def console_rows(self, proxy, command, user=CONSOLE_USER):
        received = self.login(proxy, user=user, database="pgweir").query(command)
        refused = error_of(received)
        return refused if refused else rows_of(received)

    def assert_cleared(self, proxy, *, kept, gone):
        for text in kept:
            self.assert_hit(proxy, lambda text=text: self.client.query(text)[-1].status, "I")
        for text in gone:
            self.assert_miss(proxy, lambda text=text: self.client.query(text)[-1].status, "I")

    def test_everything(self):
        proxy = self.warmed()
        for command in ("CACHE CLEAR", "CACHE CLEAR ALL", "cache clear all;"):
            with self.subTest(command):
                for text in (self.TEXT, self.ORDERS):
                    self.warm(self.client, text)
                self.assertEqual(self.dropped(proxy, command), 2)
                self.assertEqual(self.domain(proxy)["entries"], "0")
                self.assert_cleared(proxy, kept=[], gone=[self.TEXT, self.ORDERS])
        self.assertEqual(self.domain(proxy)["cleared"], "6")

    def test_a_table(self):
        proxy = self.warmed()
        for name in ("users", "public.users", '"users"', "Public.USERS"):
            with self.subTest(name):
                self.warm(self.client, self.TEXT)
                self.assertEqual(self.dropped(proxy, f"CACHE CLEAR TABLE {name}"), 1)
                self.assert_cleared(proxy, kept=[self.ORDERS], gone=[self.TEXT])
        self.warm(self.client, self.TEXT)
        self.assertEqual(self.dropped(proxy, "CACHE CLEAR TABLE shop.users"), 0)
        self.assert_cleared(proxy, kept=[self.TEXT, self.ORDERS], gone=[])

    def test_what_was_changed_past_pgweir_is_seen(self):
        proxy = self.warmed()
        self.sql("UPDATE users SET name = 'changed'")
        self.assert_hit(proxy, lambda: rows_of(self.client.query(self.TEXT)), [["user 1"]])
        self.dropped(proxy, "CACHE CLEAR TABLE users")
        self.assert_miss(proxy, lambda: rows_of(self.client.query(self.TEXT)), [["changed"]])

    def test_a_rule(self):
        proxy = self.warmed()
        for name in ("Hot Users", '"Hot Users"', "'Hot Users'"):
            with self.subTest(name):
                self.warm(self.client, self.TEXT)
                self.assertEqual(self.dropped(proxy, f"CACHE CLEAR RULE {name}"), 1)
                self.assert_cleared(proxy, kept=[self.ORDERS], gone=[self.TEXT])

    def test_what_is_not_known(self):
        proxy = self.warmed()
        for command, sqlstate in (("CACHE CLEAR TABLE nothing", "42P01"), ("CACHE CLEAR TABLE app.users", "42P01"),
                                  ("CACHE CLEAR RULE nothing", "42704"), ("CACHE CLEAR users", "42601"),
                                  ("CACHE CLEAR TABLE", "42601"), ("CACHE CLEAR TABLE a b", "42601")):  # fmt: skip
            self.assertEqual(self.console_rows(proxy, command).sqlstate, sqlstate, command)
        self.assert_cleared(proxy, kept=[self.TEXT, self.ORDERS], gone=[])

    def test_who_only_looks_clears_nothing(self):
        proxy = self.serving()
        proxy.stop()
        proxy.write_config(self.config(cache={"mode": "auto"}, admin={"stats_users": ["watcher"]}))
        proxy.start()
        self.assertEqual(self.console_rows(proxy, "CACHE CLEAR", user="watcher").sqlstate, "42501")
        self.assertEqual(len(self.console_rows(proxy, "SHOW CACHE", user="watcher")), 1)

    def test_the_command(self):
        proxy = self.warmed()
        cache = self.domain(proxy)["cache"]
        for arguments, dropped in (((), 2), (("--all",), 2), (("--table", "users"), 1), (("--rule", "Hot Users"), 1)):
            with self.subTest(arguments):
                for text in (self.TEXT, self.ORDERS):
                    self.warm(self.client, text)
                self.assertEqual(self.ask("cache", "clear", *arguments), [{"cache": cache, "dropped": dropped}])
        for arguments in (("--table", "nothing"), ("--rule", "nothing"), ("--table", "users", "--all"), ("--table", "'"),
                          ("--rule", "all", "--all"), ("--table", "users", "--rule", "all")):  # fmt: skip
            code, output, errors = self.run_command("cache", "clear", *arguments)
            self.assertEqual((code, output), (2, ""), arguments)
            self.assertNotEqual(errors, "")

    def test_more_than_is_looked_at_in_one_step(self):
        proxy = self.serving(mode="rules", rules=[{"name": "all"}])
        client = self.login(proxy)
        many = 1000
        self.warm(client, self.TEXT)
        for number in range(many):
            client.query(f"SELECT {number} FROM users WHERE id = 1")
        self.assertEqual(int(self.domain(proxy)["entries"]), many + 1)
        self.assertEqual(self.dropped(proxy, "CACHE CLEAR TABLE users"), many + 1)
        self.assertEqual(self.domain(proxy)["entries"], "0")


class Explaining(Operators):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sql("CREATE TABLE orders (id int, who int, at date) PARTITION BY RANGE (at)",
                "CREATE TABLE orders_old PARTITION OF orders FOR VALUES FROM ('2000-01-01') TO ('2020-01-01')",
                "CREATE VIEW busy AS SELECT name FROM users JOIN orders ON who = users.id",
                "CREATE SCHEMA other", "CREATE TABLE other.users (id int, name text)",
                "CREATE TABLE guarded (id int)", "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
                "CREATE UNLOGGED TABLE scratch (id int)", "CREATE SEQUENCE numbers",
                "CREATE FUNCTION wobbly() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'")  # fmt: skip

    def explain(self, statement, *options):
        (row,) = self.ask("explain", statement, *options)
        return row

    def warmed(self, **cache):
        proxy = self.serving(**cache)
        self.client = self.login(proxy)
        self.wait_until(lambda: self.explain("SELECT 1")["reason"] != "catalog_unread", message="the catalogs")
        return proxy

    def test_what_may_be_cached(self):
        self.warmed()
        row = self.explain("SELECT name FROM users")
        self.assertEqual(row, {"database": DATABASE, "user": "app", "cache": "on", "cacheable": "yes", "reason": None,
                               "why": None, "reads": "public.users", "writes": None, "rule": None, "ttl": "1m", "hint": None, "entries": 0, "hits": 0,
                               "age_ms": None, "ttl_left_ms": None})  # fmt: skip
        self.assertEqual(self.explain("SELECT * FROM busy")["reads"].split(", "),
                         ["public.users", "public.orders", "public.busy"])  # fmt: skip
        self.assertEqual(self.explain("SELECT * FROM orders_old")["reads"], "public.orders", "what shares its rows")
        self.assertIsNone(self.explain("SELECT 1")["reads"])
        self.assertEqual(self.explain("UPDATE orders SET id = id")["writes"], "public.orders")
        self.assertEqual(self.explain("SELECT nobody_knows(1)")["writes"], "perhaps anything")

    def test_why_not(self):
        self.warmed()
        row = self.explain("SELECT name, now() FROM users")
        self.assertEqual((row["cacheable"], row["reason"], row["ttl"], row["entries"]), ("no", "unstable_function", None, 0))
        self.assertRegex(row["why"], "may change without a write")
        for statement, reason in (("UPDATE users SET id = 1", "not_a_select"), ("SELECT", None),
                                  ("SELECT * FROM nothing", "unknown_relation"), ("SELEC 1", "unparsed"),
                                  ("SELECT * FROM guarded", "row_security"), ("SELECT 1; SELECT 2", "multi_statement"),
                                  ("SELECT * FROM users FOR UPDATE", "locks_rows"),
                                  ("SELECT ctid, CURRENT_DATE FROM scratch",
                                   "clock_value, system_column, unlogged_relation")):  # fmt: skip
            row = self.explain(statement)
            self.assertEqual(row["reason"], reason, statement)
            self.assertEqual(row["why"] is None, reason is None, statement)

    def test_an_entry_that_is_present(self):
        proxy = self.warmed()
        self.warm(self.client, self.TEXT)
        row = self.explain(f"/* whoever */ {self.TEXT} ;")
        self.assertEqual((row["entries"], row["hits"]), (1, 1))
        self.assertTrue(0 <= row["age_ms"] < 60_000 and 0 < row["ttl_left_ms"] <= 60_000, row)
        self.assertAlmostEqual(row["age_ms"] + row["ttl_left_ms"], 60_000, delta=2)
        self.client.query(self.TEXT)
        self.assertEqual(self.explain(self.TEXT)["hits"], 2)
        self.assertEqual(self.explain(self.TEXT + "1")["entries"], 0)
        self.warm(self.login(proxy, TimeZone="Asia/Tokyo"), self.TEXT)
        self.assertEqual(self.explain(self.TEXT)["entries"], 2, "with other settings")
        self.client.query("UPDATE users SET version = 7")
        self.assertEqual(self.explain(self.TEXT)["entries"], 0, "none that may be served")

    def test_in_the_extended_protocol(self):
        proxy = self.warmed()
        text = "SELECT name FROM users WHERE id = $1"
        hits = self.hits(proxy)

        def ask():
            self.client.send(messages.parse("", text), messages.bind(values=[b"1"]), messages.describe_portal(),
                             messages.execute(), messages.sync())  # fmt: skip
            self.client.until_ready()
            return self.hits(proxy) > hits

        self.wait_until(ask, message="a hit")
        self.assertEqual(self.explain(text)["entries"], 1)

    def test_the_rule(self):
        self.warmed(mode="rules", rules=[{"name": "never", "tables": ["orders"], "ttl": "off"},
                                         {"name": "of eve", "tables": ["users"], "users": ["eve"], "ttl": "9s"},
                                         {"name": "names", "tables": ["public.users"], "pattern": "select name%*", "ttl": "7s"},
                                         {"name": "users", "tables": ["public.users"], "ttl": "8s"}])  # fmt: skip
        for options, rule, ttl, reason in (((), "users", "8s", None), (("--user", "eve"), "of eve", "9s", None),
                                           (("--search-path", "other"), None, None, "no_rule")):  # fmt: skip
            row = self.explain(self.TEXT, *options)
            self.assertEqual((row["rule"], row["ttl"], row["reason"]), (rule, ttl, reason), options)
        row = self.explain("SELECT id FROM orders")
        self.assertEqual((row["rule"], row["reason"], row["cacheable"]), ("never", "no_rule", "no"))

    def test_names_as_a_session_has_them(self):
        self.warmed()
        for path, reads in (("other", "other.users"), ('"other", nowhere', "other.users"), ("public", "public.users"),
                            ("public, other", "public.users, other.users")):
            self.assertEqual(self.explain("SELECT id FROM users", "--search-path", path)["reads"], reads, path)
        self.assertEqual(self.explain("SELECT id FROM users", "--search-path", "$user, pg_catalog")["reason"],
                         "unknown_relation")  # fmt: skip
        self.sql("CREATE SCHEMA eve", "CREATE TABLE eve.users (id int)")
        self.addCleanup(self.sql, "DROP SCHEMA eve CASCADE")
        self.wait_until(lambda: self.explain("SELECT id FROM users", "--role", "eve")["reads"] == "public.users, eve.users",
                        message="the new schema to be seen")  # fmt: skip
        self.assertEqual(self.explain("SELECT id FROM users")["reads"], "public.users")

    def test_it_says_what_is_done(self):
        """Whether each statement is served from the cache by and by is what was said of it before."""
        proxy = self.warmed()
        self.client.query("INSERT INTO orders VALUES (1, 1, '2010-01-01')")
        for statement in ("SELECT 1", "SELECT * FROM users", "SELECT now()", "SELECT count(*) FROM busy", "TABLE orders",
                          "SELECT random()", "SELECT wobbly()", "VALUES (1), (2)", "SELECT * FROM guarded",
                          "SELECT * FROM scratch", "SELECT last_value FROM numbers", "SELECT id FROM users FOR SHARE",
                          "WITH a AS (SELECT 1) SELECT * FROM a", "SELECT count(*) FROM pg_class", "SELECT 'now'::date",
                          "SELECT lower(name) FROM users", "SELECT ctid FROM users", "SELECT 'int4'::regtype"):  # fmt: skip
            with self.subTest(statement):
                said = self.explain(statement)
                before = self.hits(proxy)
                for _ in range(4):
                    rows_of(self.client.query(statement))
                self.assertEqual("yes" if self.hits(proxy) > before else "no", said["cacheable"], said)

    def test_where_it_is_not_clear_which(self):
        second = {"second": {"upstream": self.upstream()}}
        proxy = self.pgweir(admin={"socket": self.socket}, cache={"mode": "auto"}, databases=second)
        for database in (DATABASE, "second"):
            self.login(proxy, database=database).query("SELECT 1")
        code, output, errors = self.run_command("explain", "SELECT 1")
        self.assertEqual((code, output), (2, ""))
        self.assertIn("several databases are cached: app, second", errors)
        self.assertEqual(self.explain("SELECT 1", "--database", "second")["database"], "second")
        code, _, errors = self.run_command("explain", "SELECT 1", "--database", "third")
        self.assertEqual(code, 1)
        self.assertIn("nothing of that is cached", errors)

    def test_by_hand(self):
        proxy = self.warmed()
        console = self.login(proxy, user=CONSOLE_USER, database="pgweir")
        for command in ("EXPLAIN CACHE SELECT id FROM users", "explain cache (select id from users);",
                        "EXPLAIN CACHE (DATABASE app, SEARCH_PATH 'other, public') SELECT id FROM users"):  # fmt: skip
            self.assertEqual(rows_of(console.query(command))[0][:4], [DATABASE, "app", "on", "yes"], command)
        for command in ("EXPLAIN CACHE", "EXPLAIN CACHE (DATABASE app)", "EXPLAIN SELECT 1"):
            self.assertEqual(error_of(console.query(command)).sqlstate, "42601", command)
        code, output, _ = self.run_command("explain", "SELECT now()")
        self.assertEqual(code, 0)
        self.assertRegex(output, r"(?m)^cacheable +no$")
        self.assertRegex(output, r"(?m)^reason +unstable_function$")


class Entries(Operators):
    RULES = [{"name": "users", "tables": ["users"], "ttl": "1h"}, {"name": "rest"}]

    def test_entries(self):
        proxy = self.serving(mode="rules", rules=self.RULES)
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        self.warm(client, "SELECT\n  1 + 1")
        for _ in range(4):
            client.query(self.TEXT)
        rows = {row["statement"]: row for row in proxy.show("CACHE ENTRIES")}
        self.assertEqual(set(rows), {self.TEXT, "SELECT 1 + 1"})
        row = rows[self.TEXT]
        self.assertEqual((row["user"], row["database"], row["rule"], row["state"]), ("app", DATABASE, "users", "served"))
        self.assertEqual((row["rows"], row["hits"]), ("1", "5"))
        self.assertLess(int(row["age_ms"]), 60_000)
        self.assertGreater(int(row["ttl_left_ms"]), 3_500_000)
        self.assertGreater(int(row["cost_us"]), 0)
        self.assertEqual(sum(int(each["bytes"]) for each in rows.values()), int(self.domain(proxy)["bytes"]))
        client.query("UPDATE users SET version = 8")
        rows = {row["statement"]: row["state"] for row in proxy.show("CACHE ENTRIES")}
        self.assertEqual(rows, {self.TEXT: "outdated", "SELECT 1 + 1": "served"})
        self.assertEqual(len(self.ask("show", "cache", "entries")), 2)

    def test_an_entry_whose_writer_has_not_ended(self):
        proxy = self.serving(mode="rules", rules=self.RULES)
        client, writer = self.login(proxy), self.login(proxy)
        self.warm(client, self.TEXT)
        lock = psycopg2.connect(self.upstream())
        self.addCleanup(lock.close)
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE users IN SHARE MODE")
        writer.send(messages.query("UPDATE users SET name = 'new'"))
        self.wait_for_statement("UPDATE users SET name = 'new'")
        (row,) = proxy.show("CACHE ENTRIES")
        self.assertEqual(row["state"], "being written")
        lock.rollback()
        writer.until_ready()

    def test_their_number_is_bounded(self):
        proxy = self.serving(mode="rules", rules=self.RULES)
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        for number in range(1050):
            client.query(f"SELECT {number}")
        rows = proxy.show("CACHE ENTRIES")
        self.assertEqual(len(rows), 1000)
        self.assertEqual(rows[0]["statement"], self.TEXT, "the one that has saved something")
        self.assertEqual(int(self.domain(proxy)["entries"]), 1051)

    def test_rules(self):
        proxy = self.serving(mode="rules", rules=self.RULES)
        client = self.login(proxy)
        for text in (self.TEXT, "SELECT id FROM users", "SELECT 1"):
            self.warm(client, text)
        client.query(self.TEXT)
        shown = [(row["number"], row["rule"], row["tables"], row["ttl"], row["entries"], row["hits"])
                 for row in proxy.show("CACHE RULES")]  # fmt: skip
        self.assertEqual(shown, [("1", "users", "users", "1h", "2", "3"), ("2", "rest", "", "5m", "1", "1")])
        self.assertEqual([row["rule"] for row in self.ask("show", "cache", "rules")], ["users", "rest"])


class Trials(Operators):
    def test_the_store_is_tried(self):
        proxy = self.serving()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        before = self.domain(proxy)
        rows = self.ask("cache", "test")
        self.assertEqual({(row["store"], row["result"]) for row in rows}, {("memory", "passed")})
        rates = {row["test"]: row["per_second"] for row in rows if row["per_second"] is not None}
        self.assertEqual(set(rates), {"set", "get", "delete"})
        self.assertGreater(min(rates.values()), 1000)
        self.assertGreater(len(rows), 8)
        self.assertEqual(self.domain(proxy), before, "what is served was not touched")
        self.assert_hit(proxy, lambda: rows_of(client.query(self.TEXT)), [["user 1"]])
        code, output, _ = self.run_command("cache", "test")
        self.assertEqual(code, 0)
        self.assertRegex(output, r"(?m)^memory +a stamp that is bumped makes a miss +passed$")

    def test_clients_are_served_meanwhile(self):
        proxy = self.serving()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        console = self.login(proxy, user=CONSOLE_USER, database="pgweir")
        began = time.monotonic()
        console.send(messages.query("CACHE TEST"))
        served = 0
        while not select.select([console.socket], [], [], 0)[0]:
            rows_of(client.query(self.TEXT))
            served += 1
        took = time.monotonic() - began
        rows_of(console.until_ready())
        self.assertGreater(served, 20, f"in {took:.3f} s")

    def test_without_a_cache(self):
        self.pgweir(admin={"socket": self.socket})
        self.assertGreater(len(self.ask("cache", "test")), 8)


class SlowLog(Operators):
    HEAVY = "SELECT count(*) FROM users a, generate_series(1, 400000) b"

    def slow(self, proxy):
        """What the cache made of each slow statement, in order, and how long was waited. Of those that are to be slow."""
        lines = re.finditer(r"slow_query .*wait_seconds=(?P<wait>\S+) cache=(?P<cache>\S+) statement=(?P<text>.*)", proxy.log())
        return [(match["cache"], float(match["wait"])) for match in lines if re.search("generate_series|pg_sleep", match["text"])]

    def assert_logged(self, proxy, *expected):
        self.wait_until(lambda: len(self.slow(proxy)) >= len(expected), message=lambda: f"the lines:\n{proxy.log()}")
        self.assertEqual([cache for cache, _ in self.slow(proxy)], list(expected))

    def test_what_was_made_of_it(self):
        proxy = self.pgweir(cache={"mode": "auto"}, log={"slow_query": "10ms"})
        client = self.login(proxy)
        self.proxies[proxy.port] = proxy
        self.wait_until(lambda: proxy.metric("pgweir_cache_serving") == 1, message="the cache to serve")
        self.warm(client, self.TEXT)
        client.query(self.HEAVY)
        client.query(self.HEAVY)  # from the cache, which is not slow
        client.query("SELECT pg_sleep(0.02)")
        self.login(proxy).query("DO $$ BEGIN PERFORM pg_sleep(0.02); END $$")
        client.query("BEGIN")
        client.query("UPDATE users SET version = 1")
        client.query(self.HEAVY)
        client.query("UPDATE users SET version = 2 WHERE pg_sleep(0.02) IS NOT NULL")
        client.query("COMMIT")
        self.assert_logged(proxy, "miss", "bypass:unstable_function", "-", "bypass:in_transaction", "-")

    def test_without_a_cache(self):
        proxy = self.pgweir(log={"slow_query": "10ms"})
        self.login(proxy).query("SELECT pg_sleep(0.02)")
        self.assert_logged(proxy, "-")

    def test_in_the_extended_protocol(self):
        proxy = self.pgweir(cache={"mode": "rules", "rules": [{"name": "all"}]}, log={"slow_query": "10ms"})
        client = self.login(proxy)
        self.proxies[proxy.port] = proxy
        self.wait_until(lambda: proxy.metric("pgweir_cache_serving") == 1, message="the cache to serve")
        self.warm(client, self.TEXT)
        for sent in ((messages.parse("", self.HEAVY), messages.bind()), (messages.parse("s", "SELECT pg_sleep(0.02)"),),
                     (messages.bind("", "s"),)):  # fmt: skip
            client.send(*sent, *([] if sent[-1][:1] == b"P" else [messages.execute()]), messages.sync())
            client.until_ready()
        self.assert_logged(proxy, "miss", "bypass:unstable_function")

    def test_who_waited_for_another_client(self):
        proxy = self.pgweir(cache={"mode": "rules", "rules": [{"name": "all"}]}, log={"slow_query": "100ms"})
        first, second = self.login(proxy), self.login(proxy)
        self.proxies[proxy.port] = proxy
        self.wait_until(lambda: proxy.metric("pgweir_cache_serving") == 1, message="the cache to serve")
        self.warm(first, "SELECT 1")
        lock = psycopg2.connect(self.upstream())
        self.addCleanup(lock.close)
        with lock.cursor() as cursor:
            cursor.execute("LOCK TABLE users")
        text = "SELECT count(*) FROM users, generate_series(1, 2)"
        first.send(messages.query(text))
        self.wait_for_statement(text)
        second.send(messages.query(text))
        self.wait_until(lambda: proxy.state()["cache_waiting"] == 1, message="the second to wait")
        time.sleep(0.2)  # it is to be slow
        lock.rollback()
        for client in (first, second):
            client.until_ready()
        self.assert_logged(proxy, "miss", "hit")
        self.assertGreaterEqual(self.slow(proxy)[1][1], 0.2)


if __name__ == "__main__":
    unittest.main()
