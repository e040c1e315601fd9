"""What the result cache makes of views, partitions, foreign keys, triggers, row security and rights."""

import time

from kit import messages
from kit.cache import CacheCase
from kit.rawclient import error_of, rows_of
from kit.waiting import wait_until

SCHEMA = """
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE, note text);
CREATE VIEW named AS SELECT id, name FROM parent;
CREATE VIEW twice AS SELECT * FROM named;
CREATE VIEW moving AS SELECT id, now() AS at FROM parent;
CREATE TABLE measured (day date, value int) PARTITION BY RANGE (day);
CREATE TABLE measured_1 PARTITION OF measured FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measured_2 PARTITION OF measured FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE audited (id int PRIMARY KEY, name text);
CREATE TABLE log (line text);
CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.name); RETURN NEW; END $$;
CREATE TRIGGER logging AFTER INSERT OR UPDATE ON audited FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM parent;
CREATE TABLE secured (id int, owner text DEFAULT current_user);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON secured USING (owner = current_user);
INSERT INTO parent SELECT i, 'parent ' || i FROM generate_series(1, 5) AS i;
INSERT INTO child SELECT i, i, 'note' FROM generate_series(1, 5) AS i;
INSERT INTO measured SELECT '2020-06-01'::date + i * 100, i FROM generate_series(0, 5) AS i;
INSERT INTO audited VALUES (1, 'one');
"""


class SchemaCase(CacheCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sql(SCHEMA)

    def assert_invalidates(self, proxy, read, write):
        """`write` through pgweir is seen by a `read` that was kept."""
        reader, writer = self.login(proxy), self.login(proxy)
        before = self.warm(reader, read)
        self.assert_hit(proxy, lambda: rows_of(reader.query(read)), before)
        self.assertIsNone(error_of(writer.query(write)))
        hits = self.hits(proxy)
        after = rows_of(reader.query(read))
        self.assertEqual(self.hits(proxy), hits, "the read behind the write is a hit")
        self.assertNotEqual(after, before)


class DefinedByFunctions(SchemaCase):
    """A function that changes what a name means: what is read afterwards goes by the new meaning at once."""
    quiet_from = 0.0
    DEFINES = "CREATE OR REPLACE VIEW shown AS SELECT n FROM new_one"

    def setUp(self):
        super().setUp()
        self.sql("CREATE TABLE old_one (n int); INSERT INTO old_one VALUES (1); CREATE TABLE new_one (n int);"
                 "INSERT INTO new_one VALUES (2); CREATE VIEW shown AS SELECT n FROM old_one;"
                 "CREATE TABLE watched (a int);"
                 "CREATE FUNCTION plainly() RETURNS int LANGUAGE plpgsql AS"
                 f" $$ BEGIN {self.DEFINES}; RETURN 1; END $$;"
                 "CREATE FUNCTION by_text() RETURNS int LANGUAGE plpgsql AS"
                 f" $$ BEGIN EXECUTE '{self.DEFINES}'; RETURN 1; END $$;"
                 "CREATE FUNCTION watching() RETURNS trigger LANGUAGE plpgsql AS"
                 " $$ BEGIN PERFORM plainly(); RETURN NEW; END $$;"
                 "CREATE CONSTRAINT TRIGGER watcher AFTER INSERT ON watched DEFERRABLE INITIALLY DEFERRED"
                 " FOR EACH ROW EXECUTE FUNCTION watching()")
        self.addCleanup(self.sql, "DROP TABLE old_one, new_one, watched CASCADE;"
                                  "DROP FUNCTION plainly(), by_text(), watching()")

    def tearDown(self):
        type(self).quiet_from = time.monotonic() + 1.2
        super().tearDown()

    def assert_followed(self, *changes):
        # What was called by the test before is counted by now: a call within a second of it would be counted behind that.
        wait_until(lambda: time.monotonic() > self.quiet_from, message="a second in which nothing was called")
        proxy = self.caching()
        reader, writer = self.login(proxy), self.login(proxy)
        self.warm(reader, "SELECT n FROM shown")
        for change in changes:
            self.assertIsNone(error_of(writer.query(change)), change)
        for wanted in range(3, 6):
            for _ in range(3):  # kept, if it may be
                reader.query("SELECT n FROM shown")
            writer.query("UPDATE new_one SET n = n + 1")
            self.assertEqual(rows_of(reader.query("SELECT n FROM shown")), [[str(wanted)]])

    def test_a_call(self):
        self.assert_followed("SELECT plainly()")

    def test_what_is_put_together(self):
        self.assert_followed("BEGIN", "SELECT by_text()", "COMMIT")

    def test_a_prepared_call(self):
        self.assert_followed("PREPARE calls AS SELECT plainly()", "EXECUTE calls", "DEALLOCATE calls")

    def test_a_second_call_within_the_second(self):
        proxy = self.caching()
        reader, writer = self.login(proxy), self.login(proxy)
        self.sql("CREATE FUNCTION nothing() RETURNS int LANGUAGE plpgsql AS"
                 f" $$ BEGIN IF false THEN {self.DEFINES}; END IF; RETURN 1; END $$")
        self.addCleanup(self.sql, "DROP FUNCTION nothing()")
        self.warm(reader, "SELECT n FROM shown")
        writer.query("SELECT nothing()")
        writer.query("SELECT plainly()")
        self.assert_noticed(reader, writer, 3)

    def test_by_a_trigger(self):
        proxy = self.caching()
        reader, writer = self.login(proxy), self.login(proxy)
        self.warm(reader, "SELECT n FROM shown")
        writer.query("INSERT INTO watched VALUES (1)")
        self.assert_noticed(reader, writer, 20)

    def assert_noticed(self, reader, writer, seconds):
        def follows():
            written = writer.value("UPDATE new_one SET n = n + 1 RETURNING n")
            for _ in range(3):  # kept, if it may be
                reader.query("SELECT n FROM shown")
            again = writer.value("UPDATE new_one SET n = n + 1 RETURNING n")
            return int(again) == int(written) + 1 and reader.value("SELECT n FROM shown") == again

        wait_until(follows, seconds, "the change to be noticed")


class ChangedResults(SchemaCase):
    READ = "SELECT * FROM widened"

    def setUp(self):
        super().setUp()
        self.sql("CREATE TABLE widened (v int); INSERT INTO widened VALUES (5);"
                 "CREATE FUNCTION widen() RETURNS int LANGUAGE plpgsql AS"
                 " $$ BEGIN ALTER TABLE widened ADD w int DEFAULT 6; RETURN 1; END $$")
        self.addCleanup(self.sql, "DROP TABLE widened; DROP FUNCTION widen()")

    def assert_refused(self, change):
        """Who was told of one column is not given two, though others' replies are kept."""
        proxy = self.caching()
        old, new = self.login(proxy), self.login(proxy)
        use = messages.bind("", "s") + messages.execute() + messages.sync()
        old.send(messages.parse("s", self.READ), messages.describe_statement("s"), use)
        self.assertIsNone(error_of(old.until_ready()))
        self.warm(new, self.READ)  # so that no other column is seen before the change is heard of
        change(proxy)
        wait_until(lambda: rows_of(new.query(self.READ)) == [["5", "6"]], message="the change to be seen")
        before = self.hits(proxy)

        def is_kept():
            new.send(messages.parse("", self.READ), messages.bind(), messages.execute(), messages.sync())
            self.assertIsNone(error_of(new.until_ready()))
            return self.hits(proxy) > before

        wait_until(is_kept, message="a hit")
        old.send(use)
        self.assertEqual(error_of(old.until_ready()).sqlstate, "0A000")

    def test_by_a_function(self):
        self.assert_refused(lambda proxy: self.login(proxy).query("SELECT widen()"))

    def test_elsewhere(self):
        self.assert_refused(lambda _: self.sql("SELECT widen()"))

    def test_where_nothing_has_changed_for_it_the_next_is_a_hit(self):
        proxy = self.caching()
        client = self.login(proxy)
        use = messages.bind("", "s") + messages.execute() + messages.sync()
        client.send(messages.parse("s", self.READ), messages.describe_statement("s"), use)
        client.until_ready()

        def is_hit():
            before = self.hits(proxy)
            client.send(use)
            self.assertIsNone(error_of(client.until_ready()))
            return self.hits(proxy) > before

        wait_until(is_hit, message="a hit")
        self.login(proxy).query("CREATE TABLE another (a int); DROP TABLE another")
        wait_until(is_hit, message="a hit behind a change of another table")


class Dependencies(SchemaCase):
    def test_views_are_looked_through(self):
        proxy = self.caching()
        self.assert_invalidates(proxy, "SELECT name FROM twice WHERE id = 1", "UPDATE parent SET name = name || '!'")
        self.assert_invalidates(proxy, "SELECT name FROM parent WHERE id = 1", "UPDATE twice SET name = name || '?'")

    def test_what_a_view_hides_counts(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.assertEqual(len({str(rows_of(client.query("SELECT * FROM moving WHERE id = 1"))) for _ in range(4)}), 4)

    def test_a_cascade(self):
        proxy = self.caching()
        self.assert_invalidates(proxy, "SELECT count(*) FROM child", "DELETE FROM parent WHERE id = 5")

    def test_partitions(self):
        proxy = self.caching()
        self.assert_invalidates(proxy, "SELECT sum(value) FROM measured", "UPDATE measured_1 SET value = value + 1")
        self.assert_invalidates(proxy, "SELECT sum(value) FROM measured_2", "UPDATE measured SET value = value + 1")

    def test_a_table_that_a_search_path_finds(self):
        """Where it was set in the same transaction nobody knows it before the end."""
        self.sql("CREATE SCHEMA tenant; CREATE TABLE tenant.named_alike (n int); CREATE TABLE named_alike (n int)")
        self.sql("GRANT USAGE ON SCHEMA tenant TO app; GRANT ALL ON tenant.named_alike, named_alike TO app")
        proxy = self.caching()
        write = "INSERT INTO named_alike VALUES (1)"
        for text in (f"BEGIN; SET LOCAL search_path = tenant; {write}; COMMIT",
                     f"SET LOCAL search_path = tenant; {write}",
                     f"SELECT set_config('search_path', 'tenant', true); {write}"):  # fmt: skip
            with self.subTest(text):
                self.assert_invalidates(proxy, "SELECT count(*) FROM tenant.named_alike", text)
        reader, writer = self.login(proxy), self.login(proxy)
        before = self.warm(reader, "SELECT count(*) FROM tenant.named_alike")
        for text in ("BEGIN", "SET LOCAL search_path = tenant", write, "COMMIT"):
            self.assertIsNone(error_of(writer.query(text)))
        self.assertNotEqual(rows_of(reader.query("SELECT count(*) FROM tenant.named_alike")), before)

    def test_a_trigger(self):
        proxy = self.caching()
        self.assert_invalidates(proxy, "SELECT count(*) FROM log", "UPDATE audited SET name = 'two'")

    def test_a_materialized_view(self):
        proxy = self.caching()
        client = self.login(proxy)
        text = "SELECT * FROM counted"
        before = self.warm(client, text)
        client.query("DELETE FROM parent WHERE id > 50")
        client.query("INSERT INTO parent VALUES (100, 'more')")
        self.assert_hit(proxy, lambda: rows_of(client.query(text)), before)
        client.query("REFRESH MATERIALIZED VIEW counted")
        self.assert_miss(proxy, lambda: rows_of(client.query(text)), rows_of(client.query("SELECT count(*) FROM parent")))
        client.query("DELETE FROM parent WHERE id = 100")

    def test_another_table_does_not_matter(self):
        proxy = self.caching()
        client = self.login(proxy)
        before = self.warm(client, "SELECT count(*) FROM users")
        client.query("UPDATE parent SET name = name || '.'")
        self.assert_hit(proxy, lambda: rows_of(client.query("SELECT count(*) FROM users")), before)

    def test_an_updated_view_definition(self):
        proxy = self.caching()
        client = self.login(proxy)
        client.query("CREATE OR REPLACE VIEW changing AS SELECT 1 AS n")
        self.assertEqual(self.warm(client, "SELECT n FROM changing"), [["1"]])
        client.query("CREATE OR REPLACE VIEW changing AS SELECT 2 AS n")
        self.assertEqual(rows_of(client.query("SELECT n FROM changing")), [["2"]])
        client.query("DROP VIEW changing")
        self.assertEqual(error_of(client.query("SELECT n FROM changing")).sqlstate, "42P01")


class Rights(SchemaCase):
    def test_row_security_is_never_kept(self):
        proxy = self.caching()
        client = self.login(proxy)
        before = proxy.metric("pgweir_cache_bypass_total", reason="row_security")
        self.ask_often(client, "SELECT * FROM secured")
        self.assertEqual(proxy.metric("pgweir_cache_bypass_total", reason="row_security"), before + 5)

    def test_a_role_that_may_not_read(self):
        self.postgres.create_role("stranger", "secret")
        self.postgres.sql("GRANT stranger TO app")
        proxy = self.caching()
        client = self.login(proxy)
        text = "SELECT name FROM users WHERE id = 1"
        self.warm(client, text)
        client.query("SET ROLE stranger")
        for _ in range(3):
            self.assertEqual(error_of(client.query(text)).sqlstate, "42501")
        client.query("RESET ROLE")
        self.assert_hit(proxy, lambda: rows_of(client.query(text)), [["user 1"]])
        client.query("GRANT SELECT ON users TO stranger")
        client.query("SET ROLE stranger")
        self.assertEqual(self.warm(client, text), [["user 1"]])
        self.login(proxy).query("REVOKE SELECT ON users FROM stranger")
        self.assertEqual(error_of(client.query(text)).sqlstate, "42501")


class Users(SchemaCase):
    def test_users_never_share(self):
        self.postgres.create_role("second", "second's")
        self.sql("GRANT SELECT ON users TO second")
        upstream = f"postgres://127.0.0.1:{self.postgres.port}/app"
        proxy = self.caching_with(upstream)
        one = self.login(proxy, user="app", password="app's secret: 100%")
        two = self.login(proxy, user="second", password="second's")
        text = "SELECT current_user, name FROM users WHERE id = 1"
        self.assertEqual((self.warm(one, text)[0][0], self.warm(two, text)[0][0]), ("app", "second"))

    def caching_with(self, upstream):
        users = {"app": {"password": "app's secret: 100%"}, "second": {"password": "second's"}, "operator": {"password": "op"}}
        proxy = self.pgweir(cache={"mode": "auto"}, auth={"method": "scram-sha-256", "users": users},
                            database={"upstream": upstream})  # fmt: skip
        self.proxies[proxy.port] = proxy
        return proxy


class Bypassing(SchemaCase):
    def test_what_does_not_come_through_pgweir_is_seen_by_the_time_to_live(self):
        proxy = self.caching(ttl="300ms")
        client = self.login(proxy)
        text = "SELECT name FROM users WHERE id = 2"
        self.warm(client, text)
        self.sql("UPDATE users SET name = 'elsewhere' WHERE id = 2")
        self.wait_until(lambda: rows_of(client.query(text)) == [["elsewhere"]], timeout=5, message="the time to live to end")

    def test_a_change_of_the_schema_elsewhere_is_noticed(self):
        proxy = self.caching(ttl="1h")
        client = self.login(proxy)
        self.sql("CREATE OR REPLACE FUNCTION shown() RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'old' $$",
                 "CREATE OR REPLACE VIEW showing AS SELECT 'old'::text AS what")  # fmt: skip
        self.addCleanup(self.sql, "DROP VIEW showing", "DROP FUNCTION shown()")
        client.query("CREATE TABLE soon_gone ()")  # the catalogs are read anew
        client.query("DROP TABLE soon_gone")
        self.warm(client, "SELECT what FROM showing")
        self.sql("CREATE OR REPLACE VIEW showing AS SELECT 'new'::text AS what")
        self.wait_until(lambda: rows_of(client.query("SELECT what FROM showing")) == [["new"]], timeout=20)
