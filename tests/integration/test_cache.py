"""The result cache of one pgweir, by what clients see of it."""
import io

import psycopg
import psycopg2

from kit import messages
from kit.cache import CacheCase
from kit.case import DATABASE, PASSWORD, USER
from kit.rawclient import error_of, rows_of


class Simple(CacheCase):
    TEXT = "SELECT name FROM users WHERE id = 1"

    def test_what_is_asked_for_again_needs_no_server(self):
        proxy = self.caching()
        client = self.login(proxy)
        first = client.query(self.TEXT)
        client.query(self.TEXT)
        before = proxy.metric("pgweir_pool_checkouts_total", result="immediate")
        again = client.query(self.TEXT)
        self.assertEqual(first, again)
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), before)
        self.assert_hit(proxy, lambda: rows_of(self.login(proxy).query(self.TEXT)), [["user 1"]])

    def test_what_is_cheap_is_kept_when_it_is_asked_for_again(self):
        proxy = self.caching()
        client = self.login(proxy)
        for number in (1, 2):
            text = f"SELECT name, version FROM users WHERE id = {number}"
            seldom = proxy.metric("pgweir_cache_bypass_total", reason="not_worth")
            if number == 2:  # what such a one costs is known by then
                client.query(text)
                self.assertEqual(proxy.metric("pgweir_cache_bypass_total", reason="not_worth"), seldom + 1)
            self.assert_miss(proxy, lambda: rows_of(client.query(text)), [[f"user {number}", "1"]])
            self.assert_hit(proxy, lambda: rows_of(client.query(text)), [[f"user {number}", "1"]])

    def test_a_write_is_seen_by_the_next_read(self):
        proxy = self.caching()
        reader, writer = self.login(proxy), self.login(proxy)
        self.warm(reader, self.TEXT)
        for number in range(5):
            writer.query(f"UPDATE users SET name = 'changed {number}' WHERE id = 1")
            expected = [[f"changed {number}"]]
            self.assert_miss(proxy, lambda: rows_of(reader.query(self.TEXT)), expected)
            self.assert_hit(proxy, lambda: rows_of(reader.query(self.TEXT)), expected)

    def test_what_is_executed_for_nobody_else_to_see_is_not_kept(self):
        proxy = self.caching()
        client = self.login(proxy)
        for text, reason in (("SELECT now()", "unstable_function"), ("SELECT random()", "unstable_function"),
                             ("SELECT current_date", "clock_value"), ("SELECT 'now'::timestamp", "time_literal"),
                             ("SELECT * FROM users WHERE id = 1 FOR UPDATE", "locks_rows"),
                             ("SELECT 1; SELECT 2", "multi_statement"), ("SELECT ctid FROM users", "system_column"),
                             ("SELECT relname FROM pg_class LIMIT 1", "system_relation"),
                             ("WITH x AS (DELETE FROM users WHERE id = 77 RETURNING id) SELECT * FROM x", "writes_in_cte"),
                             ("SELECT 'users'::regclass", "catalog_cast")):  # fmt: skip
            with self.subTest(text):
                before = proxy.metric("pgweir_cache_bypass_total", reason=reason)
                for _ in range(3):
                    client.query(text)
                self.assertEqual(proxy.metric("pgweir_cache_bypass_total", reason=reason), before + 3, reason)

    def test_errors_and_notices_are_not_kept(self):
        proxy = self.caching()
        client = self.login(proxy)
        before, rejected = self.hits(proxy), self.rejected(proxy, "incomplete")
        for _ in range(4):
            self.assertEqual(error_of(client.query("SELECT 1 / (id - 1) FROM users")).sqlstate, "22012")
        # Names have 63 bytes: of a longer one PostgreSQL says each time that it was cut.
        text = f"SELECT name AS {64 * 'x'} FROM users WHERE id = 1"
        for _ in range(4):
            answer = client.query(text)
            self.assertEqual([message.sqlstate for message in answer if message.tag == "N"], ["42622"])
            self.assertEqual(rows_of(answer), [["user 1"]])
        self.assertEqual(self.hits(proxy), before)
        self.assertGreaterEqual(self.rejected(proxy, "incomplete"), rejected + 4)
        # Without the notice it is kept, for those who want none.
        client.query("SET client_min_messages = error")
        self.warm(client, text)
        self.assertEqual(self.login(proxy).query(text)[0].tag, "N")

    def rejected(self, proxy, reason):
        return proxy.metric("pgweir_cache_entries_rejected_total", reason=reason)

    def test_texts_that_differ_in_a_comment_are_one(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        self.assert_hit(proxy, lambda: rows_of(client.query(f"/* trace 17 */ {self.TEXT} -- that's it")), [["user 1"]])
        self.assert_miss(proxy, lambda: rows_of(client.query("SELECT '/* x */' || name FROM users WHERE id = 1")),
                         [["/* x */user 1"]])  # fmt: skip

    def test_settings_and_roles_have_replies_of_their_own(self):
        proxy = self.caching()
        text = "SELECT '2020-01-01 12:00+00'::timestamptz, current_user"
        here, there = self.login(proxy), self.login(proxy, TimeZone="Asia/Tokyo")
        seen = self.warm(here, text), self.warm(there, text)
        self.assertNotEqual(seen[0], seen[1])
        here.query("SET TimeZone = 'Asia/Tokyo'")
        self.assertEqual(rows_of(here.query(text)), seen[1])
        here.query("RESET TimeZone")
        self.assertEqual(rows_of(here.query(text)), seen[0])

    def test_a_search_path_of_ones_own(self):
        self.sql("CREATE SCHEMA other", "CREATE TABLE other.users AS SELECT 1 AS id, 'the other'::text AS name, 1 AS version")
        self.addCleanup(self.sql, "DROP SCHEMA other CASCADE")
        proxy = self.caching()
        usual, other = self.login(proxy), self.login(proxy, search_path="other")
        self.assertEqual(self.warm(usual, self.TEXT), [["user 1"]])
        self.assertEqual(self.warm(other, self.TEXT), [["the other"]])
        # Which of the two is written is known, too.
        other.query("UPDATE users SET name = 'changed'")
        self.assert_hit(proxy, lambda: rows_of(usual.query(self.TEXT)), [["user 1"]])
        self.assert_miss(proxy, lambda: rows_of(other.query(self.TEXT)), [["changed"]])

    def test_a_temporary_table_in_front(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        client.query("CREATE TEMP TABLE users AS SELECT 1 AS id, 'mine'::text AS name")
        self.assert_miss(proxy, lambda: rows_of(client.query(self.TEXT)), [["mine"]])
        client.query("DROP TABLE pg_temp.users")
        self.assertEqual(rows_of(client.query(self.TEXT)), [["user 1"]])


class Transactions(CacheCase):
    TEXT = "SELECT name FROM users WHERE id = 1"

    def test_a_transaction_of_hits_takes_no_server(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        hits = self.hits(proxy)
        before = proxy.metric("pgweir_pool_checkouts_total", result="immediate")
        for end in ("COMMIT", "ROLLBACK"):
            client.query("BEGIN")
            for _ in range(2):
                received = client.query(self.TEXT)
                self.assertEqual((rows_of(received), received[-1].status), ([["user 1"]], "T"))
            self.assertEqual(client.query(end)[-1].status, "I")
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), before)
        self.assertEqual(self.hits(proxy), hits + 4)

    def test_a_driver_that_begins_by_the_extended_protocol(self):
        proxy = self.caching()
        where = {"host": "127.0.0.1", "port": proxy.port, "user": USER, "password": PASSWORD, "dbname": DATABASE}
        with psycopg.connect(**where) as connection:
            for number in range(8):
                if number == 4:
                    hits = self.hits(proxy)
                    before = proxy.metric("pgweir_pool_checkouts_total", result="immediate")
                for _ in range(2):
                    rows = connection.execute("SELECT name FROM users WHERE id = %s", [1]).fetchall()
                    self.assertEqual(rows, [("user 1",)])
                connection.commit() if number % 2 else connection.rollback()
            self.assertEqual(self.hits(proxy), hits + 8)
            self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), before)
            connection.execute("UPDATE users SET name = 'mine' WHERE id = 1")
            self.assertEqual(connection.execute("SELECT name FROM users WHERE id = %s", [1]).fetchall(), [("mine",)])
            connection.rollback()

    def test_a_block_that_a_server_has_begun_by_the_extended_protocol(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        for begin, hit in (("BEGIN", True), ("BEGIN ISOLATION LEVEL REPEATABLE READ", False)):
            client.query("SELECT set_config('app.known', '1', true)")
            # The Parse of a name nobody has used goes to a server, and so does the Execute behind it.
            client.send(messages.parse(f"begin {hit}", begin), messages.bind(statement=f"begin {hit}"),
                        messages.execute(), messages.sync())  # fmt: skip
            self.assertEqual(client.until_ready()[-1].status, "T")
            same = self.assert_hit if hit else self.assert_miss
            same(proxy, lambda: rows_of(client.query(self.TEXT)), [["user 1"]])
            client.query("COMMIT")

    def test_ones_own_changes_are_seen_and_nobody_elses(self):
        proxy = self.caching()
        client, other = self.login(proxy), self.login(proxy)
        self.warm(client, self.TEXT)
        client.query("BEGIN")
        client.query("UPDATE users SET name = 'mine' WHERE id = 1")
        self.assert_miss(proxy, lambda: rows_of(client.query(self.TEXT)), [["mine"]])
        self.assert_hit(proxy, lambda: rows_of(other.query(self.TEXT)), [["user 1"]])
        client.query("ROLLBACK")
        self.assert_hit(proxy, lambda: rows_of(client.query(self.TEXT)), [["user 1"]])
        client.query("BEGIN")
        client.query("UPDATE users SET name = 'mine' WHERE id = 1")
        client.query("COMMIT")
        self.assert_miss(proxy, lambda: rows_of(other.query(self.TEXT)), [["mine"]])

    def test_a_snapshot_is_not_mixed_with_what_came_later(self):
        proxy = self.caching()
        client, other = self.login(proxy), self.login(proxy)
        for begin in ("BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"):
            client.query(begin)
            client.query("SELECT count(*) FROM users")
            other.query("UPDATE users SET name = name || '!' WHERE id = 1")
            kept = self.warm(other, self.TEXT)
            self.assertNotEqual(rows_of(client.query(self.TEXT)), kept, begin)
            client.query("COMMIT")

    def test_a_default_of_repeatable_read(self):
        proxy = self.caching()
        client, other = self.login(proxy, default_transaction_isolation="repeatable read"), self.login(proxy)
        self.ask_often(client, self.TEXT)
        client.query("BEGIN")
        client.query("SELECT count(*) FROM users")
        other.query("UPDATE users SET name = 'later' WHERE id = 1")
        self.assertEqual(rows_of(client.query(self.TEXT)), [["user 1"]])
        client.query("COMMIT")

    def test_a_failed_transaction_answers_nothing(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        client.query("BEGIN")
        client.query("SELECT 1 / 0")
        self.assertEqual(error_of(client.query(self.TEXT)).sqlstate, "25P02")
        client.query("ROLLBACK")


class Writes(CacheCase):
    TEXT = "SELECT count(*), max(name), sum(version) FROM users"

    def assert_seen(self, proxy, write):
        """What is read behind `write` is what PostgreSQL has."""
        reader = self.login(proxy)
        self.warm(reader, self.TEXT)
        write()
        before = self.hits(proxy)
        connection = psycopg2.connect(self.upstream())
        with connection, connection.cursor() as cursor:
            cursor.execute(self.TEXT)
            expected = [[None if value is None else str(value) for value in cursor.fetchone()]]
        connection.close()
        self.assertEqual(rows_of(reader.query(self.TEXT)), expected)
        self.assertEqual(self.hits(proxy), before)

    def test_every_kind(self):
        self.sql("CREATE OR REPLACE FUNCTION touch() RETURNS void LANGUAGE sql AS 'UPDATE users SET version = version + 1'",
                 "CREATE OR REPLACE PROCEDURE touching() LANGUAGE plpgsql AS $$ BEGIN UPDATE users SET version = version + 1;"
                 " COMMIT; UPDATE users SET version = version + 1; END $$",
                 "CREATE TABLE IF NOT EXISTS parent (id int PRIMARY KEY)",
                 "CREATE OR REPLACE VIEW seen AS SELECT * FROM users")  # fmt: skip
        proxy = self.caching()
        client = self.login(proxy)
        for text in ("INSERT INTO users VALUES (11, 'new', 1)", "UPDATE users SET version = 2", "DELETE FROM users WHERE id = 3",
                     "WITH x AS (UPDATE users SET version = 3 RETURNING 1) SELECT count(*) FROM x",
                     "MERGE INTO users AS u USING (VALUES (1)) AS v(id) ON u.id = v.id WHEN MATCHED THEN UPDATE SET version = 4",
                     "SELECT touch()", "DO $$ BEGIN UPDATE users SET version = 5; END $$", "CALL touching()",
                     "UPDATE seen SET version = 6 WHERE id = 1", "INSERT INTO users VALUES (12, 'a', 1); INSERT INTO users VALUES (13, 'b', 1)",
                     "BEGIN; UPDATE users SET version = 7; COMMIT; SELECT 1", "ALTER TABLE users ADD COLUMN extra int", "TRUNCATE users"):  # fmt: skip
            with self.subTest(text):
                self.assert_seen(proxy, lambda text=text: self.assertIsNone(error_of(client.query(text))))

    def test_extended_protocol(self):
        proxy = self.caching()
        client = self.login(proxy)

        def ask(*parts):
            client.send(*parts)
            self.assertIsNone(error_of(client.until_ready()))

        update = messages.parse("", "UPDATE users SET version = version + 1"), messages.bind(), messages.execute()
        self.assert_seen(proxy, lambda: ask(*update, messages.sync()))
        begin = messages.parse("", "BEGIN"), messages.bind(), messages.execute()
        commit = messages.parse("", "COMMIT"), messages.bind(), messages.execute()
        self.assert_seen(proxy, lambda: ask(*begin, *update, *commit, messages.sync()))
        ask(messages.parse("named", "UPDATE users SET version = version + 1"), messages.sync())
        self.assert_seen(proxy, lambda: ask(messages.bind(statement="named"), messages.execute(), messages.sync()))

    def test_copy(self):
        proxy = self.caching()

        def copy():
            connection = psycopg2.connect(host="127.0.0.1", port=proxy.port, user=USER, dbname=DATABASE)
            with connection, connection.cursor() as cursor:
                cursor.copy_from(io.StringIO("20\tcopied\t1\n"), "users", columns=("id", "name", "version"))
            connection.close()

        self.assert_seen(proxy, copy)


class Extended(CacheCase):
    TEXT = "SELECT name, version FROM users WHERE id = $1"

    def ask(self, client, *parts):
        client.send(*parts, messages.sync())
        return client.until_ready()

    def batch(self, value, describe=True, results=()):
        parts = [messages.parse("", self.TEXT), messages.bind(values=[value], result_formats=list(results))]
        if describe:
            parts.append(messages.describe_portal())
        return [*parts, messages.execute()]

    def test_unnamed_statements(self):
        proxy = self.caching()
        client = self.login(proxy)
        hits = self.hits(proxy)
        direct = self.raw(self.postgres.port)
        direct.startup(USER, DATABASE, PASSWORD)
        for describe in (True, False):
            expected = self.ask(direct, *self.batch(b"1", describe))
            seen = [self.ask(client, *self.batch(b"1", describe)) for _ in range(4)]
            for received in seen:
                self.assertEqual(received, expected)
        self.assertGreaterEqual(self.hits(proxy), hits + 4)
        binary = [self.ask(client, *self.batch(b"1", results=[1, 1])) for _ in range(4)]
        self.assertEqual(binary[0], self.ask(direct, *self.batch(b"1", results=[1, 1])))
        self.assertEqual(binary[0], binary[3])
        self.assertNotEqual(rows_of(binary[0]), rows_of(seen[0]))

    def test_another_value_is_another_question(self):
        proxy = self.caching()
        client = self.login(proxy)
        hits = self.hits(proxy)
        for value in (b"8", b"9", b"8", b"9", b"8", b"9"):
            self.assertEqual(rows_of(self.ask(client, *self.batch(value)))[0][0], f"user {value.decode()}")
        self.assertIn(self.hits(proxy) - hits, (2, 3, 4), "each from its second time on, or from its third")

    def test_named_statements_without_a_server(self):
        proxy = self.caching()
        client = self.login(proxy)
        self.ask(client, messages.parse("s", self.TEXT))
        run = messages.bind(statement="s", values=[b"1"]), messages.describe_portal(), messages.execute()
        for _ in range(3):
            first = self.ask(client, *run)
        before = proxy.metric("pgweir_pool_checkouts_total", result="immediate")
        self.assertEqual(self.ask(client, *run), first)
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), before)
        client.query("UPDATE users SET name = 'else' WHERE id = 1")
        self.assertEqual(rows_of(self.ask(client, *run))[0][0], "else")

    def test_an_unnamed_statement_that_was_parsed_before(self):
        """lib/pq asks for the description in a round trip of its own, and binds what it has parsed in the next."""
        proxy = self.caching()
        client, writer = self.login(proxy), self.login(proxy)
        prepare = messages.parse("", "SELECT version, name FROM users WHERE id = $1"), messages.describe_statement("")
        run = messages.bind(values=[b"1"]), messages.execute()
        for number in range(5):
            hits = self.hits(proxy)
            described = self.ask(client, *prepare)
            first = self.ask(client, *run)
            self.assertEqual(rows_of(first), [["1", "user 1"]])
        self.assertEqual(self.hits(proxy), hits + 1)
        self.assertEqual(self.ask(client, *run), first)
        self.assertEqual(self.hits(proxy), hits + 2)
        writer.query("UPDATE users SET name = 'else' WHERE id = 1")
        self.assertEqual(rows_of(self.ask(client, *run))[0][1], "else")
        # What it was described as does not hold any more: as directly, an error.
        writer.query("ALTER TABLE users ALTER COLUMN version TYPE text")
        self.addCleanup(self.sql, "ALTER TABLE users ALTER COLUMN version TYPE int USING version::int")
        self.assertEqual(error_of(self.ask(client, *run)).sqlstate, "0A000")
        self.assertNotEqual(self.ask(client, *prepare), described)
        # Under other settings it is another statement.
        client.query("SET TimeZone = 'Asia/Tokyo'")
        self.assertEqual(error_of(self.ask(client, *run)).sqlstate, "26000")

    def test_hits_between_other_statements_keep_their_order(self):
        proxy = self.caching()
        client = self.login(proxy)
        for _ in range(3):
            self.ask(client, *self.batch(b"1"))
        client.send(*self.batch(b"1"), messages.sync(), messages.query("SELECT 'simple', random() > 2"),
                    *self.batch(b"1"), messages.sync(), messages.query("SELECT pg_sleep(0.05)"), *self.batch(b"1"), messages.sync())  # fmt: skip
        seen = [rows_of(client.until_ready()) for _ in range(5)]
        hit = [["user 1", "1"]]
        self.assertEqual([seen[0], seen[1], seen[2], seen[4]], [hit, [["simple", "f"]], hit, hit])

    def test_a_read_behind_ones_own_write(self):
        proxy = self.caching()
        client = self.login(proxy)
        for _ in range(3):
            self.ask(client, *self.batch(b"1"))
        for number in range(10):
            client.send(messages.query(f"UPDATE users SET name = 'n{number}' WHERE id = 1"), *self.batch(b"1"), messages.sync())
            client.until_ready()
            self.assertEqual(rows_of(client.until_ready())[0][0], f"n{number}")

    def test_a_moment_as_a_value(self):
        proxy = self.caching()
        client = self.login(proxy)
        parts = messages.parse("", "SELECT $1::timestamp"), messages.bind(values=[b"now"]), messages.execute()
        seen = {rows_of(self.ask(client, *parts))[0][0] for _ in range(5)}
        self.assertEqual(len(seen), 5)

    def test_some_rows_of_more(self):
        proxy = self.caching()
        client = self.login(proxy)
        direct = self.raw(self.postgres.port)
        direct.startup(USER, DATABASE, PASSWORD)
        text = messages.parse("", "SELECT id FROM users ORDER BY id")
        for most in (1, 2, 10_000):
            parts = text, messages.bind(), messages.describe_portal(), messages.execute("", most)
            expected = self.ask(direct, *parts)
            hits = self.hits(proxy)
            for _ in range(4):
                self.assertEqual(self.ask(client, *parts), expected)
            self.assertGreaterEqual(self.hits(proxy), hits + 2)
        client.query("DELETE FROM users WHERE id = 1")
        self.addCleanup(self.sql, "INSERT INTO users VALUES (1, 'user 1', 1)")
        self.assertEqual(rows_of(self.ask(client, text, messages.bind(), messages.execute("", 1))), [["2"]])

    def test_limited_rows_in_a_block_and_other_portals_go_to_the_server(self):
        proxy = self.caching()
        client = self.login(proxy)
        text = messages.parse("", "SELECT id FROM users ORDER BY id")
        hits = self.hits(proxy)
        client.query("BEGIN")
        for _ in range(3):
            self.ask(client, text, messages.bind(), messages.execute("", 2))
        self.assertEqual(rows_of(self.ask(client, messages.execute("", 2))), [["3"], ["4"]])
        client.query("COMMIT")
        for parts in ((text, messages.bind(), messages.execute("", 2), messages.flush(), messages.execute("", 2)),
                      (text, messages.bind(portal="p"), messages.execute("p")),
                      (text, messages.bind(), messages.execute(), messages.execute())):  # fmt: skip
            for _ in range(3):
                self.ask(client, *parts)
        self.assertEqual(self.hits(proxy), hits)
