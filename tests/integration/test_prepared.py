"""Prepared statements of clients that share servers."""
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE
from kit.prepared import PreparedCase
from kit.rawclient import error_of, rows_of, tags


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
            "GRANT USAGE ON SCHEMA one, two TO app; GRANT SELECT ON one.t, two.t TO app",
            database=DATABASE)  # fmt: skip
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
        self.assertEqual(tags(self.ask(messages.parse("", "DEALLOCATE ALL"), messages.bind(), messages.execute())),
                         "12CZ")  # fmt: skip
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

    def test_more_parameters_than_can_be_counted(self):
        """Parse takes them; the description's count has 16 bits, and more types follow."""
        text = "VALUES " + ",".join(f"(${number}::int)" for number in range(1, 65538))
        received = self.ask(messages.parse("many", text), messages.describe_statement("many"))
        self.assertEqual([message.tag for message in received if message.tag in "1tTEZ"][:2], ["1", "t"])
        self.assertEqual(self.client.value("SELECT 'still connected'"), "still connected")

    def test_on_a_server_that_has_it_not(self):
        # The driver knows the columns from the first Describe; a fresh plan elsewhere must not give it other ones.
        self.table()
        self.ask(messages.parse("s", "SELECT * FROM changing"), messages.describe_statement("s"))
        self.change()
        blocker = self.on_other_server()
        self.assert_error(self.ask(messages.bind("", "s"), messages.execute()), "0A000",
                          "cached plan must not change result type")  # fmt: skip
        blocker.query("COMMIT")

    def test_a_change_that_is_taken_back(self):
        """A migration that is reverted: as directly the statement works again."""
        self.table()
        self.postgres.sql("ALTER TABLE changing OWNER TO app", database=DATABASE)
        other = self.login(self.proxy)
        use = messages.bind("", "s"), messages.execute()
        self.ask(messages.parse("s", "SELECT * FROM changing"), messages.describe_statement("s"), *use)
        other.query("ALTER TABLE changing ADD b int DEFAULT 2")
        for _ in range(3):
            self.assert_error(self.ask(*use), "0A000", "cached plan must not change result type")
        other.query("ALTER TABLE changing DROP b")
        for _ in range(3):
            self.assertEqual(rows_of(self.ask(*use)), [["1"]])

    def test_prepared_by_another_client(self):
        # What stands on the server under this text is younger than what the driver knows of it.
        for other_server in (True, False):
            with self.subTest(other_server=other_server):
                self.table()
                client, other = self.login(self.proxy), self.login(self.proxy)
                text = f"SELECT *, {int(other_server)} AS turn FROM changing"
                parts = (messages.parse("s", text), messages.describe_statement("s"), messages.bind("", "s"),
                         messages.execute())  # fmt: skip
                self.assertEqual(tags(self.ask(*parts, client=client)), "1tT2DCZ")
                self.change()
                blocker = self.on_other_server() if other_server else None
                self.ask(*parts, client=other)
                self.ask(*parts[2:], client=other)
                self.assert_error(self.ask(messages.bind("", "s"), messages.execute(), client=client), "0A000",
                                  "cached plan must not change result type")  # fmt: skip
                if blocker:
                    blocker.query("COMMIT")

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

    def test_prepared_anew_by_anybody(self):
        # On two servers stand copies from before; what a client prepares after the change meets none of them.
        text = "SELECT * FROM made"
        parts = (messages.parse("s", text), messages.bind("", "s"), messages.execute(), messages.close_statement("s"))
        changes = (
            ("CREATE TABLE made (a int)", []),
            ("ALTER TABLE made ADD b int", []),
            ("DROP TABLE made; CREATE TABLE made AS SELECT 'x'::text", [["x"]]),
            ("BEGIN; ALTER TABLE made ADD b int; ROLLBACK", [["x"]]),
            ("DO $$ BEGIN ALTER TABLE made ADD b int DEFAULT 3; END $$", [["x", "3"]]),
        )
        for change, rows in changes:
            with self.subTest(change):
                changer, newcomer = self.login(self.proxy), self.login(self.proxy)
                for command in change.split("; ") if change.startswith("BEGIN") else [change]:
                    self.assertIsNone(error_of(changer.query(command)))
                changer.terminate()
                for blocked in (False, True):
                    blocker = self.on_other_server() if blocked else None
                    received = self.ask(*parts, client=newcomer)
                    self.assertIsNone(error_of(received))
                    self.assertEqual(rows_of(received), rows)
                    if blocker:
                        blocker.query("COMMIT")

    def test_errors_name_the_clients_statement(self):
        self.prepare("mine", "SELECT $1::int")
        self.assert_error(self.ask(messages.bind("", "mine", ["1", "2"])), "08P01",
                          'bind message supplies 2 parameters, but prepared statement "mine" requires 1')  # fmt: skip

    def test_same_columns_go_on(self):
        self.table()
        self.ask(messages.parse("s", "SELECT a FROM changing"), messages.describe_statement("s"))
        self.change()
        for _ in range(2):
            self.assertEqual(self.run_statement("s"), [["1"]])


if __name__ == "__main__":
    unittest.main()
