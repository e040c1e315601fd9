"""Corners of the protocol: COPY, function calls, several statements in a string, messages of all sizes.

PostgreSQL itself is the oracle."""
import unittest

from kit import messages
from kit.case import DATABASE, PASSWORD, USER
from kit.rawclient import error_of, rows_of, tags
from kit.route import DirectRoute, SessionRoute, TransactionRoute


class ProtocolTests:
    def setUp(self):
        super().setUp()
        self.postgres.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (n int, word text); GRANT ALL ON t TO app",
                          database=DATABASE)  # fmt: skip
        self.client = self.connect()

    def connect(self, **parameters):
        client = self.raw(self.port)
        client.startup(USER, DATABASE, PASSWORD, **parameters)
        return client

    def ask(self, *parts):
        self.client.send(*parts, messages.sync())
        return self.client.until_ready()

    def count(self):
        return self.postgres.value("SELECT count(*) FROM t", database=DATABASE)

    def assert_well(self):
        self.assertEqual(self.client.value("SELECT 'well'"), "well")

    # COPY

    def test_copy_in(self):
        self.client.send(messages.query("COPY t FROM STDIN"))
        self.assertEqual(tags(self.client.until("G")), "G")
        for number in range(1000):
            self.client.send(messages.copy_data(f"{number}\tword\n"))
        self.client.send(messages.copy_done())
        self.assertEqual(tags(self.client.until_ready()), "CZ")
        self.assertEqual(self.count(), 1000)

    def test_copy_in_all_at_once(self):
        # Nobody waits for CopyInResponse; what follows stands in the same segment.
        self.client.send(messages.query("COPY t FROM STDIN"), messages.copy_data("1\ta\n"), messages.copy_done(),
                         messages.query("SELECT n FROM t"))  # fmt: skip
        self.assertEqual(tags(self.client.until_ready()), "GCZ")
        self.assertEqual(rows_of(self.client.until_ready()), [["1"]])

    def test_copy_in_of_the_extended_protocol(self):
        received = self.ask(messages.parse("", "COPY t FROM STDIN"), messages.bind(), messages.describe_portal(),
                            messages.execute(), messages.copy_data("1\ta\n"), messages.copy_done())  # fmt: skip
        self.assertEqual(tags(received), "12nGCZ")
        self.assertEqual(self.count(), 1)
        self.assert_well()

    def test_sync_during_copy_in(self):
        # Ignored by PostgreSQL while it reads the data.
        self.client.send(messages.parse("", "COPY t FROM STDIN"), messages.bind(), messages.execute(), messages.sync(),
                         messages.copy_data("1\ta\n"), messages.flush(), messages.copy_done(),
                         messages.sync())  # fmt: skip
        self.assertEqual(tags(self.client.until_ready()), "12GCZ")
        self.assert_well()
        self.assertEqual(self.count(), 1)

    def test_copy_fail(self):
        self.client.send(messages.query("COPY t FROM STDIN"), messages.copy_data("1\ta\n"),
                         messages.copy_fail("enough"))  # fmt: skip
        received = self.client.until_ready()
        self.assertEqual((tags(received), error_of(received).sqlstate), ("GEZ", "57014"))
        received = self.ask(messages.parse("", "COPY t FROM STDIN"), messages.bind(), messages.execute(),
                            messages.copy_fail("no"))  # fmt: skip
        self.assertEqual(tags(received), "12GEZ")
        self.assertEqual(self.count(), 0)
        self.assert_well()

    def test_copy_in_that_fails_early(self):
        # The client goes on sending for a while.
        self.client.send(messages.query("COPY t FROM STDIN"), messages.copy_data("nonsense\n"))
        for _ in range(1000):
            self.client.send(messages.copy_data("1\t" + "a" * 1000 + "\n"))
        self.client.send(messages.copy_done())
        received = self.client.until_ready()
        self.assertEqual((tags(received), error_of(received).sqlstate), ("GEZ", "22P02"))
        self.assert_well()
        self.assertEqual(self.count(), 0)

    def test_copy_in_that_fails_early_in_a_batch(self):
        self.client.send(messages.parse("", "COPY t FROM STDIN"), messages.bind(), messages.execute(),
                         messages.copy_data("nonsense\n"))  # fmt: skip
        for _ in range(300):
            self.client.send(messages.copy_data("1\ta\n"))
        self.client.send(messages.copy_done(), messages.sync())
        self.assertEqual(tags(self.client.until_ready()), "12GEZ")
        self.assert_well()

    def test_copy_that_is_refused(self):
        self.client.send(messages.query("COPY nowhere FROM STDIN"), messages.copy_data("1\n"), messages.copy_done(),
                         messages.query("SELECT 1"))  # fmt: skip
        self.assertEqual(tags(self.client.until_ready()), "EZ")
        self.assertEqual(rows_of(self.client.until_ready()), [["1"]])

    def test_copy_out(self):
        received = self.client.query("COPY (SELECT generate_series(1, 5000)) TO STDOUT")
        self.assertEqual(tags(received), "H" + "d" * 5000 + "cCZ")
        received = self.ask(messages.parse("", "COPY (SELECT 1) TO STDOUT"), messages.bind(), messages.execute())
        self.assertEqual(tags(received), "12HdcCZ")

    def test_copy_out_that_fails(self):
        received = self.client.query("COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) n) TO STDOUT")
        self.assertEqual((tags(received), error_of(received).sqlstate), ("HddEZ", "22012"))
        self.assert_well()

    def test_copies_among_other_statements(self):
        self.client.send(messages.query("INSERT INTO t VALUES (7); COPY t FROM STDIN; COPY t TO STDOUT;"
                                        "COPY t (n) FROM STDIN; SELECT 1"),
                         messages.copy_data("1\ta\n"), messages.copy_done())  # fmt: skip
        self.assertEqual(tags(self.client.until("G")), "CG")
        self.assertEqual(tags(self.client.until("G")), "CHddcCG")
        self.client.send(messages.copy_data("5\n"), messages.copy_done())
        self.assertEqual(tags(self.client.until_ready()), "CTDCZ")
        self.assertEqual(self.count(), 3)

    # Function calls

    def test_function_call(self):
        oid = self.postgres.value("SELECT 'int4pl(int4, int4)'::regprocedure::oid")
        self.client.send(messages.function_call(oid, ["40", "2"]))
        received = self.client.until_ready()
        self.assertEqual(tags(received), "VZ")
        self.assertEqual(received[0].body[4:], b"42")

    def test_function_call_that_fails(self):
        oid = self.postgres.value("SELECT 'int4div(int4, int4)'::regprocedure::oid")
        self.client.send(messages.function_call(oid, ["1", "0"]), messages.function_call(oid, ["4", "2"]))
        self.assertEqual(tags(self.client.until_ready()), "EZ")
        self.assertEqual(tags(self.client.until_ready()), "VZ")

    # Strings of several statements

    def test_many_statements_split_at_every_byte(self):
        whole = messages.query("BEGIN; INSERT INTO t VALUES (1, 'once'); COMMIT; SELECT 'end'")
        for at in range(1, len(whole)):
            self.client.send(whole[:at])
            self.client.send(whole[at:])
            self.assertEqual(tags(self.client.until_ready()), "CCCTDCZ")
        self.assertEqual(self.count(), len(whole) - 1)

    def test_empty_strings(self):
        for text in ("", ";", "  ", "-- nothing", "/* nothing */;;"):
            self.assertEqual(tags(self.client.query(text)), "IZ", text)
        received = self.ask(messages.parse("", ""), messages.bind(), messages.describe_portal(), messages.execute())
        self.assertEqual(tags(received), "12nIZ")
        self.client.query("BEGIN")
        self.assertEqual(self.client.query("")[-1].status, "T")
        self.client.query("SELECT nothing")
        self.assertEqual(self.client.query("")[-1].status, "E")
        self.client.query("ROLLBACK")

    def test_transaction_status(self):
        for sql, status in (("BEGIN", "T"), ("SAVEPOINT a", "T"), ("SELECT nothing", "E"), ("ROLLBACK TO a", "T"),
                            ("COMMIT AND CHAIN", "T"), ("SELECT nothing", "E"), ("COMMIT", "I"), ("COMMIT", "I"),
                            ("BEGIN; SELECT 1; COMMIT", "I"), ("SELECT 1; BEGIN", "T"), ("ABORT", "I")):  # fmt: skip
            self.assertEqual(self.client.query(sql)[-1].status, status, sql)

    # Sizes

    def test_texts_of_many_sizes(self):
        for size in (10, 8_000, 65_000, 65_536, 70_000, 1_000_000, 1_048_576, 3_000_000):
            self.assertEqual(self.client.value(f"SELECT length('{'x' * size}')"), str(size))
            received = self.ask(messages.parse("", f"SELECT length('{'y' * size}')"), messages.bind(),
                                messages.execute())  # fmt: skip
            self.assertEqual(rows_of(received), [[str(size)]])

    def test_values_of_many_sizes(self):
        for size in (0, 10, 65_536, 1_000_000, 5_000_000):
            received = self.ask(messages.parse("", "SELECT length($1), $1::text"), messages.bind(values=["x" * size]),
                                messages.execute())  # fmt: skip
            self.assertEqual(tags(received), "12DCZ")
            self.assertEqual([len(rows_of(received)[0][1]), rows_of(received)[0][0]], [size, str(size)])

    def test_many_values(self):
        text = "SELECT " + " + ".join(f"${number}::int" for number in range(1, 2001))
        received = self.ask(messages.parse("", text), messages.bind(values=["1"] * 2000), messages.execute())
        self.assertEqual(rows_of(received), [["2000"]])

    def test_notices(self):
        received = self.client.query("DO $$ BEGIN FOR i IN 1..50 LOOP RAISE NOTICE 'n %', i; END LOOP; END $$")
        self.assertEqual([message.tag for message in received], ["N"] * 50 + ["C", "Z"])

    def test_binary_results(self):
        received = self.ask(messages.parse("", "SELECT 258, NULL"), messages.bind(result_formats=[1]),
                            messages.execute())  # fmt: skip
        self.assertEqual(received[2].row, [b"\0\0\1\2", None])

    def test_newer_minor_version(self):
        client = self.raw(self.port)
        client.send(messages.startup({"user": USER, "database": DATABASE, "_pq_.something": "1"},
                                     messages.PROTOCOL_3_0 + 2))  # fmt: skip
        received = client.login(USER, PASSWORD)
        self.assertEqual([message.tag for message in received].count("v"), 1)
        self.assertEqual(client.value("SELECT 1"), "1")


class Direct(ProtocolTests, DirectRoute):
    pass


class Transaction(ProtocolTests, TransactionRoute):
    pass


class Session(ProtocolTests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
