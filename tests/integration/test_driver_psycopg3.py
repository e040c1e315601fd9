"""psycopg 3 with its defaults: the extended protocol, and statements prepared from the fifth execution on."""
import asyncio
import threading
import unittest

import psycopg

from kit.route import DirectRoute, SessionRoute, TransactionRoute


class Psycopg3Tests:
    def connect(self, **more):
        connection = psycopg.connect(**self.parameters, **more)
        self.addCleanup(connection.close)
        return connection

    def table(self, name, columns):
        self.postgres.sql(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}); GRANT ALL ON {name} TO app",
                          database="app")  # fmt: skip

    def test_query(self):
        row = self.connect().execute("SELECT %s, %s::int, %s::text", ("it's", 5, None)).fetchone()
        self.assertEqual(row, ("it's", 5, None))

    def test_binary_results(self):
        with self.connect().cursor(binary=True) as cursor:
            cursor.execute("SELECT %b::int8, ARRAY[1, 2], '2026-01-02'::date, %b::bytea", (2**40, b"\0\1"))
            row = cursor.fetchone()
        self.assertEqual((row[0], row[1], row[2].isoformat(), row[3]), (2**40, [1, 2], "2026-01-02", b"\0\1"))

    def test_prepared_past_the_threshold(self):
        connection = self.connect()
        for number in range(30):
            self.assertEqual(connection.execute("SELECT %s + 1", (number,)).fetchone(), (number + 1,))
            connection.commit()  # the next one may run on another server

    def test_more_statements_than_the_driver_keeps(self):
        # The driver sends DEALLOCATE for what it drops.
        connection = self.connect(prepare_threshold=1)
        connection.prepared_max = 10
        for turn in range(4):
            for number in range(25):
                row = connection.execute(f"SELECT %s + {number}", (turn,)).fetchone()
                self.assertEqual(row, (turn + number,))
            connection.commit()

    def test_prepared_by_several_clients_in_turn(self):
        connections = [self.connect(autocommit=True, prepare_threshold=0) for _ in range(5)]
        for turn in range(10):
            for number, connection in enumerate(connections):
                row = connection.execute("SELECT %s::text || %s", (number, turn)).fetchone()
                self.assertEqual(row, (f"{number}{turn}",))

    def test_same_name_other_statement(self):
        # Both clients call their first statement _pg3_0.
        one, two = (self.connect(autocommit=True, prepare_threshold=0) for _ in range(2))
        for _ in range(5):
            self.assertEqual(one.execute("SELECT 'one', 1").fetchone(), ("one", 1))
            self.assertEqual(two.execute("SELECT 'two'").fetchone(), ("two",))

    def test_error_in_a_transaction(self):
        connection = self.connect()
        with self.assertRaises(psycopg.errors.UndefinedColumn):
            connection.execute("SELECT nothing")
        with self.assertRaises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        self.assertEqual(connection.execute("SELECT 2").fetchone(), (2,))

    def test_nested_transactions(self):
        self.table("nested", "a int")
        connection = self.connect()
        with connection.transaction():
            connection.execute("INSERT INTO nested VALUES (1)")
            with self.assertRaises(psycopg.errors.DivisionByZero), connection.transaction():
                connection.execute("INSERT INTO nested VALUES (2)")
                connection.execute("SELECT 1/0")
            connection.execute("INSERT INTO nested VALUES (3)")
        self.assertEqual(connection.execute("SELECT a FROM nested ORDER BY a").fetchall(), [(1,), (3,)])

    def test_pipeline(self):
        self.table("pipelined", "a int")
        connection = self.connect(autocommit=True)
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s * 2", (number,)) for number in range(200)]
            connection.execute("INSERT INTO pipelined VALUES (1)")
            self.assertEqual([cursor.fetchone()[0] for cursor in cursors], [number * 2 for number in range(200)])
        self.assertEqual(connection.execute("SELECT count(*) FROM pipelined").fetchone(), (1,))

    def test_error_inside_a_pipeline(self):
        connection = self.connect(autocommit=True)
        with self.assertRaises(psycopg.errors.DivisionByZero):
            with connection.pipeline():
                for number in range(20):
                    connection.execute("SELECT 1 / %s::int", (10 - number,))
        self.assertEqual(connection.execute("SELECT 'after'").fetchone(), ("after",))

    def test_executemany(self):
        self.table("many", "a int, b text")
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO many VALUES (%s, %s)", [(n, f"text {n}") for n in range(2000)])
        connection.commit()
        self.assertEqual(connection.execute("SELECT count(*), sum(a) FROM many").fetchone(), (2000, 1999000))

    def test_copy(self):
        self.table("copied", "a int, b text")
        connection = self.connect()
        with connection.cursor() as cursor:
            with cursor.copy("COPY copied FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int4", "text"])
                for number in range(5000):
                    copy.write_row((number, f"text {number}"))
            connection.commit()
            with cursor.copy("COPY (SELECT * FROM copied ORDER BY a) TO STDOUT") as copy:
                rows = list(copy.rows())
        self.assertEqual(len(rows), 5000)
        self.assertEqual(rows[4999], ("4999", "text 4999"))

    def test_copy_given_up_by_the_client(self):
        self.table("given_up", "a int")
        connection = self.connect()
        with connection.cursor() as cursor, self.assertRaises(psycopg.errors.QueryCanceled):
            with cursor.copy("COPY given_up FROM STDIN") as copy:
                copy.write_row((1,))
                raise ZeroDivisionError
        connection.rollback()
        self.assertEqual(connection.execute("SELECT count(*) FROM given_up").fetchone(), (0,))

    def test_server_side_cursor(self):
        connection = self.connect()
        with connection.cursor("named") as cursor:
            cursor.execute("SELECT g FROM generate_series(1, 1000) AS g")
            self.assertEqual(cursor.fetchmany(10)[-1], (10,))
            self.assertEqual(sum(row[0] for row in cursor), 500500 - 55)

    def test_stream(self):
        # Single-row mode of libpq.
        with self.connect().cursor() as cursor:
            self.assertEqual(sum(row[0] for row in cursor.stream("SELECT generate_series(1, 500)")), 125250)

    def test_cancel(self):
        connection = self.connect()
        failures = []

        def sleep():
            try:
                connection.execute("SELECT pg_sleep(63)")
            except psycopg.Error as error:
                failures.append(error.sqlstate)

        thread = threading.Thread(target=sleep)
        thread.start()
        self.wait_for_statement("pg_sleep(63)")
        connection.cancel()
        thread.join(30)
        self.assertEqual(failures, ["57014"])
        connection.rollback()
        self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_changed_result_of_a_prepared_statement(self):
        self.table("changed", "a int")
        connection = self.connect(autocommit=True, prepare_threshold=0)
        self.postgres.sql("INSERT INTO changed VALUES (1)", database="app")
        self.assertEqual(connection.execute("SELECT * FROM changed").fetchone(), (1,))
        self.postgres.sql("ALTER TABLE changed ADD b int DEFAULT 2", database="app")
        with self.assertRaises(psycopg.errors.FeatureNotSupported):
            connection.execute("SELECT * FROM changed")

    def test_eight_tasks(self):
        self.table("counter", "a int")
        self.postgres.sql("INSERT INTO counter VALUES (0)", database="app")

        async def work():
            async with await psycopg.AsyncConnection.connect(**self.parameters) as connection:
                for _ in range(25):
                    async with connection.transaction():
                        await connection.execute("UPDATE counter SET a = a + %s", (1,))

        async def all_of_them():
            await asyncio.gather(*(work() for _ in range(8)))

        with self.limited_servers():
            asyncio.run(all_of_them())
        self.assertEqual(self.postgres.value("SELECT a FROM counter", database="app"), 200)


class Direct(Psycopg3Tests, DirectRoute):
    pass


class Transaction(Psycopg3Tests, TransactionRoute):
    pass


class Session(Psycopg3Tests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
