"""psycopg2 as Django, SQLAlchemy and others use it, with its defaults."""
import io
import select
import threading
import unittest

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from kit.route import DirectRoute, SessionRoute, TransactionRoute


class Psycopg2Tests:
    def connect(self, **more):
        connection = psycopg2.connect(**self.parameters, **more)
        self.addCleanup(connection.close)
        return connection

    def table(self, name, columns):
        self.postgres.sql(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}); GRANT ALL ON {name} TO app",
                          database="app")  # fmt: skip

    def test_query(self):
        with self.connect().cursor() as cursor:
            cursor.execute("SELECT %s, %s::int, %s", ("it's", 5, None))
            self.assertEqual(cursor.fetchone(), ("it's", 5, None))

    def test_commit_and_rollback(self):
        self.table("committed", "a int")
        connection = self.connect()
        for value, end in ((1, connection.commit), (2, connection.rollback), (3, connection.commit)):
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO committed VALUES (%s)", (value,))
            end()
        with connection.cursor() as cursor:
            cursor.execute("SELECT array_agg(a ORDER BY a) FROM committed")
            self.assertEqual(cursor.fetchone()[0], [1, 3])
        connection.rollback()

    def test_error_in_a_transaction(self):
        connection = self.connect()
        with connection.cursor() as cursor:
            with self.assertRaises(psycopg2.errors.UndefinedColumn):
                cursor.execute("SELECT nothing")
            with self.assertRaises(psycopg2.errors.InFailedSqlTransaction):
                cursor.execute("SELECT 1")
            connection.rollback()
            cursor.execute("SELECT 2")
            self.assertEqual(cursor.fetchone(), (2,))
        connection.rollback()

    def test_autocommit(self):
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            for number in range(50):
                cursor.execute("SELECT %s", (number,))
                self.assertEqual(cursor.fetchone(), (number,))
            with self.assertRaises(psycopg2.errors.DivisionByZero):
                cursor.execute("SELECT 1/0")
            cursor.execute("VACUUM")  # refused inside a transaction

    def test_isolation_level_and_read_only(self):
        connection = self.connect()
        connection.set_session(isolation_level="SERIALIZABLE", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            self.assertEqual(cursor.fetchone(), ("serializable",))
            with self.assertRaises(psycopg2.errors.ReadOnlySqlTransaction):
                cursor.execute("CREATE TABLE refused (a int)")
        connection.rollback()

    def test_time_zone_of_the_session(self):
        # As Django does right after it has connected.
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('TimeZone', 'Asia/Tokyo', false)")
            for _ in range(5):
                cursor.execute("SHOW TimeZone")
                self.assertEqual(cursor.fetchone(), ("Asia/Tokyo",))
        other = self.connect()
        with other.cursor() as cursor:
            cursor.execute("SHOW TimeZone")
            self.assertNotEqual(cursor.fetchone(), ("Asia/Tokyo",))

    def test_client_encoding(self):
        connection = self.connect()
        connection.set_client_encoding("LATIN1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'é', octet_length('é')")
            self.assertEqual(cursor.fetchone(), ("é", 2))  # stored as UTF-8
        self.assertEqual(connection.get_parameter_status("client_encoding"), "LATIN1")
        connection.rollback()
        self.assertEqual(self.connect().get_parameter_status("client_encoding"), "UTF8")

    def test_named_cursor(self):
        connection = self.connect()
        with connection.cursor("named") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT g FROM generate_series(1, 1000) AS g")
            self.assertEqual(sum(row[0] for row in cursor), 500500)
        connection.rollback()

    def test_execute_values(self):
        self.table("many", "a int, b text")
        connection = self.connect()
        with connection.cursor() as cursor:
            rows = [(number, f"text {number}") for number in range(5000)]
            psycopg2.extras.execute_values(cursor, "INSERT INTO many VALUES %s", rows, page_size=1000)
            cursor.execute("SELECT count(*), sum(a) FROM many")
            self.assertEqual(cursor.fetchone(), (5000, 12497500))
        connection.commit()

    def test_copy(self):
        self.table("copied", "a int, b text")
        connection = self.connect()
        text = "".join(f"{number}\t{'x' * 200}\n" for number in range(10000))
        with connection.cursor() as cursor:
            cursor.copy_expert("COPY copied FROM STDIN", io.StringIO(text))
            connection.commit()
            out = io.StringIO()
            cursor.copy_expert("COPY (SELECT * FROM copied ORDER BY a) TO STDOUT", out)
        self.assertEqual(out.getvalue(), text)
        connection.rollback()

    def test_copy_that_fails(self):
        self.table("copy_error", "a int")
        connection = self.connect()
        with connection.cursor() as cursor:
            with self.assertRaises(psycopg2.errors.InvalidTextRepresentation):
                cursor.copy_expert("COPY copy_error FROM STDIN", io.StringIO("1\n2\nthree\n"))
            connection.rollback()
            cursor.execute("SELECT count(*) FROM copy_error")
            self.assertEqual(cursor.fetchone(), (0,))
        connection.rollback()

    def test_sql_level_prepare(self):
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("PREPARE plus_one AS SELECT $1::int + 1")
            for number in range(10):
                cursor.execute("EXECUTE plus_one (%s)", (number,))
                self.assertEqual(cursor.fetchone(), (number + 1,))
            cursor.execute("DEALLOCATE plus_one")
            with self.assertRaises(psycopg2.errors.InvalidSqlStatementName):
                cursor.execute("EXECUTE plus_one (1)")

    def test_cancel(self):
        connection = self.connect()
        failures = []

        def sleep():
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(62)")
            except psycopg2.Error as error:
                failures.append(error.pgcode)

        thread = threading.Thread(target=sleep)
        thread.start()
        self.wait_for_statement("pg_sleep(62)")
        connection.cancel()
        thread.join(30)
        self.assertEqual(failures, ["57014"])
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()

    def test_notifications(self):
        listener, speaker = self.connect(), self.connect()
        listener.autocommit = speaker.autocommit = True
        with listener.cursor() as cursor:
            cursor.execute("LISTEN news")
        with speaker.cursor() as cursor:
            cursor.execute("NOTIFY news, 'hello'")
        select.select([listener], [], [], 30)
        listener.poll()
        self.assertEqual([(notify.channel, notify.payload) for notify in listener.notifies], [("news", "hello")])

    def test_eight_threads(self):
        self.table("counter", "a int")
        self.postgres.sql("INSERT INTO counter VALUES (0)", database="app")
        failures = []

        def work():
            try:
                connection = psycopg2.connect(**self.parameters)
                for _ in range(25):
                    with connection, connection.cursor() as cursor:
                        cursor.execute("UPDATE counter SET a = a + 1")
                connection.close()
            except psycopg2.Error as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        with self.limited_servers():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        self.assertEqual(failures, [])
        self.assertEqual(self.postgres.value("SELECT a FROM counter", database="app"), 200)


class Direct(Psycopg2Tests, DirectRoute):
    pass


class Transaction(Psycopg2Tests, TransactionRoute):
    pass


class Session(Psycopg2Tests, SessionRoute):
    pass


if __name__ == "__main__":
    unittest.main()
