"""Prepared statements and pipelines of clients that share servers."""
import itertools
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE, Case
from kit.rawclient import error_of, rows_of, tags

RUN = (messages.execute(), messages.sync())


class PreparedCase(Case):
    servers_of_pool, max_prepared = 2, 200

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.class_pgweir(databases={DATABASE: {
            "pool": {"size": cls.servers_of_pool}, "server": {"max_prepared": cls.max_prepared}}})  # fmt: skip

    def setUp(self):
        super().setUp()
        self.addCleanup(self.proxy.assert_at_rest)
        self.client = self.login(self.proxy)

    def ask(self, *parts, client=None):
        """All messages up to the ReadyForQuery of the Sync that is added."""
        client = client or self.client
        client.send(*parts, messages.sync())
        return client.until_ready()

    def prepare(self, name, sql, types=(), client=None):
        self.assertEqual(tags(self.ask(messages.parse(name, sql, types), client=client)), "1Z")

    def run_statement(self, name, values=(), client=None):
        return rows_of(self.ask(messages.bind("", name, values), messages.execute(), client=client))

    def on_other_server(self):
        """Keeps the most recently used server busy, so that the next statement gets the other one."""
        blocker = self.login(self.proxy)
        blocker.query("BEGIN")
        return blocker

    def assert_error(self, received, sqlstate, pattern=None):
        self.assertEqual(error_of(received).sqlstate, sqlstate, error_of(received).fields)
        if pattern is not None:
            self.assertRegex(error_of(received).fields["M"], pattern)


class Statements(PreparedCase):
    def test_named_across_servers(self):
        self.prepare("s", "SELECT $1::int + 1, pg_backend_pid()")
        first = self.run_statement("s", ["1"])[0]
        blocker = self.on_other_server()
        second = self.run_statement("s", ["2"])[0]
        self.assertEqual((first[0], second[0]), ("2", "3"))
        self.assertNotEqual(first[1], second[1])
        blocker.query("COMMIT")

    def test_unnamed_across_servers_and_syncs(self):
        self.prepare("", "SELECT $1::int + 1, pg_backend_pid()")
        first = self.run_statement("", ["1"])[0]
        blocker = self.on_other_server()
        second = self.run_statement("", ["2"])[0]
        self.assertEqual((first[0], second[0]), ("2", "3"))
        self.assertNotEqual(first[1], second[1])
        blocker.query("COMMIT")

    def test_simple_query_ends_the_unnamed_statement(self):
        self.prepare("", "SELECT 1")
        self.client.query("SELECT 2")
        self.assert_error(self.ask(messages.bind(), messages.execute()), "26000",
                          "unnamed prepared statement does not exist")  # fmt: skip

    def test_same_name_of_two_clients(self):
        other = self.login(self.proxy)
        self.prepare("s", "SELECT 'mine'")
        self.prepare("s", "SELECT 'theirs'", client=other)
        for _ in range(3):
            self.assertEqual(self.run_statement("s"), [["mine"]])
            self.assertEqual(self.run_statement("s", client=other), [["theirs"]])

    def test_same_text_with_other_types(self):
        other = self.login(self.proxy)
        self.prepare("s", "SELECT pg_typeof($1)", [25])
        self.prepare("s", "SELECT pg_typeof($1)", [23], client=other)
        self.assertEqual(self.run_statement("s", ["1"]), [["text"]])
        self.assertEqual(self.run_statement("s", ["1"], other), [["integer"]])

    def test_same_text_with_other_search_path(self):
        self.postgres.sql(
            "DROP SCHEMA IF EXISTS one, two CASCADE; CREATE SCHEMA one; CREATE SCHEMA two;"
            "CREATE TABLE one.t AS SELECT 'one' AS v; CREATE TABLE two.t AS SELECT 'two' AS v;"
            "GRANT USAGE ON SCHEMA one, two TO app; GRANT SELECT ON one.t, two.t TO app", database=DATABASE)  # fmt: skip
        clients = {name: self.login(self.proxy, options=f"-c search_path={name}") for name in ("one", "two")}
        for name, client in clients.items():
            self.prepare("s", "SELECT v FROM t", client=client)
        for _ in range(3):
            for name, client in clients.items():
                self.assertEqual(self.run_statement("s", client=client), [[name]])

    def test_duplicate_name(self):
        self.prepare("s", "SELECT 1")
        self.assert_error(self.ask(messages.parse("s", "SELECT 2")), "42P05", 'prepared statement "s" already exists')
        self.assertEqual(self.run_statement("s"), [["1"]])

    def test_unknown_name(self):
        for part in (messages.bind("", "nobody"), messages.describe_statement("nobody")):
            self.assert_error(self.ask(part), "26000", 'prepared statement "nobody" does not exist')
        self.assertEqual(tags(self.ask(messages.close_statement("nobody"))), "3Z")
        self.assertEqual(self.client.value("SELECT 1"), "1")

    def test_parse_that_is_refused_leaves_no_name(self):
        received = self.ask(messages.parse("s", "SELEC 1"))
        self.assertEqual((tags(received), error_of(received).sqlstate), ("EZ", "42601"))
        self.assert_error(self.ask(messages.bind("", "s")), "26000")
        self.prepare("s", "SELECT 1")
        self.assertEqual(self.run_statement("s"), [["1"]])

    def test_refused_parse_in_a_failed_transaction(self):
        self.client.query("BEGIN")
        self.client.query("SELECT nothing")
        self.assert_error(self.ask(messages.parse("s", "SELECT 1")), "25P02")
        self.client.query("ROLLBACK")
        self.prepare("s", "SELECT 2")
        self.assertEqual(self.run_statement("s"), [["2"]])

    def test_close(self):
        self.prepare("s", "SELECT 1")
        self.assertEqual(tags(self.ask(messages.close_statement("s"), messages.close_statement("s"))), "33Z")
        self.assert_error(self.ask(messages.bind("", "s")), "26000")
        self.prepare("s", "SELECT 2")
        self.assertEqual(self.run_statement("s"), [["2"]])

    def test_describe(self):
        self.prepare("s", "SELECT $1::int AS number, $2::text AS word")
        for _ in range(2):
            received = self.ask(messages.describe_statement("s"))
            self.assertEqual(tags(received), "tTZ")
            self.assertEqual(received[1].columns, ["number", "word"])
            received = self.ask(messages.bind("", "s", ["1", "a"]), messages.describe_portal(), messages.execute())
            self.assertEqual(tags(received), "2TDCZ")
        self.prepare("none", "SET LOCAL work_mem TO '4MB'")
        self.assertEqual(tags(self.ask(messages.describe_statement("none"))), "tnZ")

    def test_flush_without_sync(self):
        self.client.send(messages.parse("s", "SELECT $1::int"), messages.describe_statement("s"), messages.flush())
        self.assertEqual(tags(self.client.until("T")), "1tT")
        self.client.send(messages.bind("", "s", ["5"]), messages.execute(), messages.flush())
        self.assertEqual(tags(self.client.until("C")), "2DC")
        self.client.send(messages.sync())
        self.assertEqual(self.client.receive().status, "I")

    def test_row_limit_and_portals(self):
        self.client.query("BEGIN")
        self.client.send(messages.parse("s", "SELECT generate_series(1, 5)"), messages.bind("p", "s"),
                         messages.execute("p", 2), messages.execute("p", 2), messages.execute("p", 2),
                         messages.execute("p", 2), messages.close_portal("p"), messages.sync())  # fmt: skip
        received = self.client.until_ready()
        self.assertEqual(tags(received), "12DDsDDsDCC3Z")
        self.client.query("COMMIT")

    def test_sql_prepare_and_bind(self):
        # As libpq's manual allows with PQexecPrepared.
        self.client.query("PREPARE mine AS SELECT 7")
        self.assertEqual(self.run_statement("mine"), [["7"]])
        self.assertEqual(tags(self.ask(messages.describe_statement("mine"))), "tTZ")
        self.prepare("ours", "SELECT 8")
        self.assertEqual(self.client.value("EXECUTE ours"), "8")
        self.client.query("DISCARD ALL")

    def test_what_a_driver_does(self):
        for prepared in (True, False):
            connection = psycopg2.connect(host="127.0.0.1", port=self.proxy.port, user="app", dbname=DATABASE)
            with connection, connection.cursor() as cursor:
                cursor.execute("PREPARE mine AS SELECT 7" if prepared else "SELECT 1")
                cursor.execute("EXECUTE mine" if prepared else "SELECT 7")
                self.assertEqual(cursor.fetchone(), (7,))
            connection.close()


class Deallocate(PreparedCase):
    def test_each_way_to_drop_all(self):
        for command in ("DEALLOCATE ALL", "DISCARD ALL", "DEALLOCATE PREPARE ALL"):
            with self.subTest(command):
                other = self.login(self.proxy)
                self.prepare("mine", "SELECT 1")
                self.prepare("mine", "SELECT 2", client=other)
                self.assertIsNone(error_of(self.client.query(command)))
                self.assert_error(self.ask(messages.bind("", "mine")), "26000")
                self.assertEqual(self.run_statement("mine", client=other), [["2"]])
                self.prepare("mine", "SELECT 3")
                self.assertEqual(self.run_statement("mine"), [["3"]])
                self.client.query("DEALLOCATE ALL")

    def test_of_one_name(self):
        self.prepare("mine", "SELECT 1")
        self.assertIsNone(error_of(self.client.query("DEALLOCATE mine")))
        self.assert_error(self.ask(messages.bind("", "mine")), "26000")
        self.prepare("mine", "SELECT 2")
        self.assertEqual(self.run_statement("mine"), [["2"]])

    def test_deallocate_of_a_streamed_statement(self):
        # Too large to be looked at: it goes to the server under its own name, and pins.
        self.prepare("large", f"SELECT length('{'x' * 1_500_000}')")
        self.assertEqual(self.run_statement("large"), [["1500000"]])
        self.assertIsNone(error_of(self.client.query("DEALLOCATE large")))
        self.assert_error(self.ask(messages.bind("", "large")), "26000")
        self.client.query("DISCARD ALL")

    def test_of_an_unknown_name(self):
        self.assert_error(self.client.query("DEALLOCATE nobody"), "26000", "nobody")

    def test_by_the_extended_protocol(self):
        self.prepare("mine", "SELECT 1")
        self.assertEqual(tags(self.ask(messages.parse("", "DEALLOCATE ALL"), messages.bind(), messages.execute())), "12CZ")
        self.assert_error(self.ask(messages.bind("", "mine")), "26000")

    def test_inside_a_transaction(self):
        self.prepare("mine", "SELECT 1")
        for last in ("COMMIT", "ROLLBACK"):
            self.client.query("BEGIN")
            self.client.query("DEALLOCATE ALL")  # not undone by ROLLBACK
            self.client.query(last)
            self.assert_error(self.ask(messages.bind("", "mine")), "26000")
            self.prepare("mine", "SELECT 1")

    def test_among_other_statements(self):
        self.prepare("mine", "SELECT 1")
        self.client.query("SELECT 1; DEALLOCATE ALL; SELECT 2")
        self.assert_error(self.ask(messages.bind("", "mine")), "26000")

    def test_that_never_happened(self):
        self.prepare("mine", "SELECT 1")
        self.client.query("SELECT nothing; DEALLOCATE ALL")
        self.assertEqual(self.run_statement("mine"), [["1"]])


class Pipelines(PreparedCase):
    def test_hundred_deep(self):
        for statement in ("", "s"):
            batch = [messages.parse(statement, "SELECT $1::int")]
            for number in range(100):
                batch += [messages.bind("", statement, [str(number)]), messages.execute()]
            received = self.ask(*batch)
            self.assertEqual(rows_of(received), [[str(number)] for number in range(100)])
            self.assertEqual(tags(received), "1" + "2DC" * 100 + "Z")

    def test_hundred_syncs(self):
        for number in range(100):
            self.client.send(messages.parse("", f"SELECT {number}"), messages.bind(), messages.describe_portal(), *RUN)
        for number in range(100):
            received = self.client.until_ready()
            self.assertEqual(tags(received), "12TDCZ")
            self.assertEqual(rows_of(received), [[str(number)]])

    def test_many_clients_at_once(self):
        clients = [self.login(self.proxy) for _ in range(20)]
        for number, client in enumerate(clients):
            for turn in range(20):
                client.send(messages.parse(f"s{turn}", f"SELECT {number}, $1::int"), messages.bind("", f"s{turn}", [str(turn)]),
                            *RUN)  # fmt: skip
        for number, client in enumerate(clients):
            for turn in range(20):
                self.assertEqual(rows_of(client.until_ready()), [[str(number), str(turn)]])

    def test_error_at_each_position(self):
        for bad, kind in itertools.product(range(4), ("parse", "bind", "execute")):
            with self.subTest(position=bad, kind=kind):
                batch = []
                for number in range(4):
                    text = "SELEC 1" if (number, kind) == (bad, "parse") else "SELECT 1 / (random() * 0 + $1)::int"
                    value = {"bind": "x", "execute": "0"}.get(kind, "1") if number == bad else "1"
                    batch += [messages.parse(f"{kind}{bad}{number}", text), messages.bind("", f"{kind}{bad}{number}", [value]),
                              messages.execute()]  # fmt: skip
                before = {"parse": "", "bind": "1", "execute": "12"}[kind]
                received = self.ask(*batch)
                self.assertEqual(tags(received), "12DC" * bad + before + "EZ")
                # What was skipped does not exist; what was parsed before the error does.
                for number in range(4):
                    parsed = number < bad or (number == bad and kind != "parse")
                    received = self.ask(messages.describe_statement(f"{kind}{bad}{number}"))
                    self.assertEqual(tags(received), "tTZ" if parsed else "EZ")

    def test_skipped_close_and_parse_of_one_name(self):
        self.prepare("s", "SELECT 'old'")
        received = self.ask(messages.parse("", "SELEC"), messages.close_statement("s"), messages.parse("s", "SELECT 'new'"))
        self.assertEqual(tags(received), "EZ")
        self.assertEqual(self.run_statement("s"), [["old"]])
        self.ask(messages.close_statement("s"), messages.parse("s", "SELECT 'new'"))
        self.assertEqual(self.run_statement("s"), [["new"]])

    def test_error_of_ours_in_the_middle(self):
        # It takes its place in the order of the answers, and skips what follows as PostgreSQL's own would.
        received = self.ask(messages.parse("", "SELECT 'a'"), messages.bind(), messages.execute(),
                            messages.bind("", "nobody"), messages.execute(), messages.parse("later", "SELECT 1"))  # fmt: skip
        self.assertEqual(tags(received), "12DCEZ")
        self.assert_error(received, "26000")
        self.assert_error(self.ask(messages.describe_statement("later")), "26000")

    def test_error_of_ours_rolls_the_batch_back(self):
        self.postgres.sql("DROP TABLE IF EXISTS half; CREATE TABLE half (); GRANT ALL ON half TO app", database=DATABASE)
        received = self.ask(messages.parse("", "INSERT INTO half DEFAULT VALUES"), messages.bind(), messages.execute(),
                            messages.bind("", "nobody"), messages.execute())  # fmt: skip
        self.assertEqual(tags(received), "12CEZ")
        self.assertEqual(self.client.value("SELECT count(*) FROM half"), "0")

    def test_error_of_ours_in_a_transaction(self):
        self.client.query("BEGIN")
        received = self.ask(messages.bind("", "nobody"))
        self.assertEqual((tags(received), received[-1].status), ("EZ", "E"))
        self.assert_error(self.client.query("SELECT 1"), "25P02")
        self.assertEqual(self.client.query("ROLLBACK")[-1].status, "I")

    def test_queries_between_batches(self):
        self.client.send(messages.parse("s", "SELECT 1"), messages.sync(), messages.query("SELECT 2"),
                         messages.bind("", "s"), *RUN, messages.query("SELEC 3"), messages.bind("", "s"), *RUN)  # fmt: skip
        self.assertEqual([tags(self.client.until_ready()) for _ in range(5)], ["1Z", "TDCZ", "2DCZ", "EZ", "2DCZ"])


class Eviction(PreparedCase):
    servers_of_pool, max_prepared = 1, 3

    def on_server(self):
        blocker = self.login(self.proxy)
        return int(blocker.value("SELECT count(*) FROM pg_prepared_statements"))

    def test_least_recently_used_leaves(self):
        for number in range(10):
            self.prepare(f"s{number}", f"SELECT {number}")
            self.run_statement(f"s{number}")
            self.assertLessEqual(self.on_server(), 3)
        for number in (0, 9, 5, 0, 1, 2, 3):
            self.assertEqual(self.run_statement(f"s{number}"), [[str(number)]])
        self.assertGreater(self.proxy.metric("pgweir_prepared_requests_total", result="evicted"), 0)

    def test_eviction_inside_a_pipeline(self):
        batch = [messages.parse(f"s{number}", f"SELECT {number}") for number in range(20)]
        self.assertEqual(tags(self.ask(*batch)), "1" * 20 + "Z")
        order = [0, 7, 7, 19, 3, 4, 5, 6, 0, 1, 2, 19, 18]
        batch = [part for number in order for part in (messages.bind("", f"s{number}"), messages.execute())]
        received = self.ask(*batch)
        self.assertEqual(tags(received), "2DC" * len(order) + "Z")
        self.assertEqual(rows_of(received), [[str(number)] for number in order])
        self.assertLessEqual(self.on_server(), 3)

    def test_eviction_with_flush(self):
        for number in range(8):
            self.client.send(messages.parse(f"f{number}", f"SELECT {number}"), messages.bind("", f"f{number}"),
                             messages.execute(), messages.flush())  # fmt: skip
            self.assertEqual(tags(self.client.until("C")), "12DC")
        self.assertEqual(tags(self.ask(messages.bind("", "f0"), messages.execute())), "2DCZ")

    def test_eviction_while_an_error_skips(self):
        for number in range(6):
            self.prepare(f"e{number}", f"SELECT 1 / (random() * 0 + {number})::int")
        received = self.ask(*[part for number in (3, 0, 4, 5) for part in (messages.bind("", f"e{number}"), messages.execute())])
        self.assertEqual(tags(received), "2DC2EZ")
        for number in (4, 5, 1, 2, 3):
            self.assertEqual(self.run_statement(f"e{number}"), [[str(1 // number)]])
        self.assertLessEqual(self.on_server(), 3)

    def test_portal_outlives_the_eviction_of_its_statement(self):
        self.client.query("BEGIN")
        self.ask(messages.parse("long", "SELECT generate_series(1, 4)"), messages.bind("p", "long"), messages.execute("p", 1))
        for number in range(6):
            self.prepare(f"p{number}", f"SELECT {number}")
        self.assertEqual(rows_of(self.ask(messages.execute("p", 0))), [["2"], ["3"], ["4"]])
        self.client.query("COMMIT")


class Changes(PreparedCase):
    def table(self):
        self.postgres.sql("DROP TABLE IF EXISTS changing; CREATE TABLE changing AS SELECT 1 AS a;"
                          "GRANT ALL ON changing TO app", database=DATABASE)  # fmt: skip

    def change(self):
        self.postgres.sql("ALTER TABLE changing ADD b int DEFAULT 2", database=DATABASE)

    def test_on_the_server_that_has_it(self):
        self.table()
        self.ask(messages.parse("s", "SELECT * FROM changing"), messages.describe_statement("s"))
        self.change()
        self.assert_error(self.ask(messages.bind("", "s"), messages.execute()), "0A000",
                          "cached plan must not change result type")  # fmt: skip

    def test_on_a_server_that_has_it_not(self):
        # The driver knows the columns from the first Describe; a fresh plan elsewhere must not give it other ones.
        self.table()
        self.ask(messages.parse("s", "SELECT * FROM changing"), messages.describe_statement("s"))
        self.change()
        blocker = self.on_other_server()
        self.assert_error(self.ask(messages.bind("", "s"), messages.execute()), "0A000",
                          "cached plan must not change result type")  # fmt: skip
        blocker.query("COMMIT")

    def test_prepared_by_another_client(self):
        # What stands on the server under this text is younger than what the driver knows of it.
        for other_server in (True, False):
            with self.subTest(other_server=other_server):
                self.table()
                client, other = self.login(self.proxy), self.login(self.proxy)
                text = f"SELECT *, {int(other_server)} AS turn FROM changing"
                parts = (messages.parse("s", text), messages.describe_statement("s"), messages.bind("", "s"), messages.execute())
                self.assertEqual(tags(self.ask(*parts, client=client)), "1tT2DCZ")
                self.change()
                blocker = self.on_other_server() if other_server else None
                self.ask(*parts, client=other)
                self.ask(*parts[2:], client=other)
                self.assert_error(self.ask(messages.bind("", "s"), messages.execute(), client=client), "0A000",
                                  "cached plan must not change result type")  # fmt: skip
                if blocker:
                    blocker.query("COMMIT")

    def test_fresh_client_after_a_change(self):
        # It has parsed the text after the change, so it sees the new columns, whatever stands on the server.
        self.table()
        parts = (messages.parse("s", "SELECT *, 'fresh' FROM changing"), messages.describe_statement("s"),
                 messages.bind("", "s"), messages.execute())  # fmt: skip
        self.ask(*parts)
        self.change()
        for _ in range(4):
            received = self.ask(*parts, client=self.login(self.proxy))
            self.assertEqual(tags(received), "1tT2DCZ")
            self.assertEqual(rows_of(received), [["1", "2", "fresh"]])

    def test_prepared_anew(self):
        self.table()
        self.ask(messages.parse("s", "SELECT * FROM changing"), messages.describe_statement("s"))
        self.change()
        self.ask(messages.bind("", "s"), messages.execute())
        self.ask(messages.close_statement("s"))
        received = self.ask(messages.parse("s", "SELECT * FROM changing"), messages.describe_statement("s"),
                            messages.bind("", "s"), messages.execute())  # fmt: skip
        self.assertEqual(tags(received), "1tT2DCZ")
        self.assertEqual(rows_of(received), [["1", "2"]])

    def test_same_columns_go_on(self):
        self.table()
        self.ask(messages.parse("s", "SELECT a FROM changing"), messages.describe_statement("s"))
        self.change()
        for _ in range(2):
            self.assertEqual(self.run_statement("s"), [["1"]])


if __name__ == "__main__":
    unittest.main()
