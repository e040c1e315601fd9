"""Pipelines: the order of answers, errors at each position, and statements that leave the server meanwhile."""
import itertools
import unittest

from kit import messages
from kit.case import DATABASE
from kit.prepared import PreparedCase
from kit.rawclient import rows_of, tags

RUN = (messages.execute(), messages.sync())


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

    def test_more_requests_than_are_kept_open(self):
        # The server says nothing before a Sync, and what is answered here waits for its turn behind it.
        self.client.send(messages.parse("", "SELECT 1"), *[messages.close_statement(f"x{i}") for i in range(5000)],
                         messages.sync())  # fmt: skip
        self.assertEqual(tags(self.client.until_ready()), "1" + "3" * 5000 + "Z")

    def test_many_clients_at_once(self):
        clients = [self.login(self.proxy) for _ in range(20)]
        for number, client in enumerate(clients):
            for turn in range(20):
                client.send(messages.parse(f"s{turn}", f"SELECT {number}, $1::int"),
                            messages.bind("", f"s{turn}", [str(turn)]),
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
                    batch += [messages.parse(f"{kind}{bad}{number}", text),
                              messages.bind("", f"{kind}{bad}{number}", [value]),
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
        received = self.ask(messages.parse("", "SELEC"), messages.close_statement("s"),
                            messages.parse("s", "SELECT 'new'"))  # fmt: skip
        self.assertEqual(tags(received), "EZ")
        self.assertEqual(self.run_statement("s"), [["old"]])
        self.ask(messages.close_statement("s"), messages.parse("s", "SELECT 'new'"))
        self.assertEqual(self.run_statement("s"), [["new"]])

    def test_error_of_ours_in_the_middle(self):
        # It takes its place in the order of the answers, and skips what follows as PostgreSQL's own would.
        received = self.ask(messages.parse("", "SELECT 'a'"), messages.bind(), messages.execute(),
                            messages.bind("", "nobody"), messages.execute(),
                            messages.parse("later", "SELECT 1"))  # fmt: skip
        self.assertEqual(tags(received), "12DCEZ")
        self.assert_error(received, "26000")
        self.assert_error(self.ask(messages.describe_statement("later")), "26000")

    def test_error_of_ours_rolls_the_batch_back(self):
        self.postgres.sql("DROP TABLE IF EXISTS half; CREATE TABLE half (); GRANT ALL ON half TO app",
                          database=DATABASE)  # fmt: skip
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
                         messages.bind("", "s"), *RUN, messages.query("SELEC 3"), messages.bind("", "s"),
                         *RUN)  # fmt: skip
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
        received = self.ask(*[part for number in (3, 0, 4, 5) for part in (messages.bind("", f"e{number}"),
                                                                           messages.execute())])  # fmt: skip
        self.assertEqual(tags(received), "2DC2EZ")
        for number in (4, 5, 1, 2, 3):
            self.assertEqual(self.run_statement(f"e{number}"), [[str(1 // number)]])
        self.assertLessEqual(self.on_server(), 3)

    def test_portal_outlives_the_eviction_of_its_statement(self):
        self.client.query("BEGIN")
        self.ask(messages.parse("long", "SELECT generate_series(1, 4)"), messages.bind("p", "long"),
                 messages.execute("p", 1))  # fmt: skip
        for number in range(6):
            self.prepare(f"p{number}", f"SELECT {number}")
        self.assertEqual(rows_of(self.ask(messages.execute("p", 0))), [["2"], ["3"], ["4"]])
        self.client.query("COMMIT")


if __name__ == "__main__":
    unittest.main()
