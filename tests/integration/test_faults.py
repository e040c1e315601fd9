"""Fault points: the process is killed, stuck, or moves few bytes at a time at a chosen place. Only test builds have
them, so tests/run leaves this file out for the release preset."""
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.pgweir import CONSOLE_USER
from kit.rawclient import ConnectionClosed, ServerError, rows_of, tags

POINTS = ("server_opened", "server_lent", "server_given_back", "request_forwarded", "reply_relayed")


class FewBytesAtATime(Case):
    """Reads of 3 bytes and writes of 5 cut every message of every conversation, on both sides."""

    def setUp(self):
        super().setUp()
        self.proxy = self.pgweir(environment={"PGWEIR_FAULTS": "transport_read=short:3,transport_write=short:5"})

    def test_pipeline(self):
        client = self.login(self.proxy)
        batch = b"".join(messages.parse(f"s{i}", f"SELECT {i}, $1::text") + messages.bind("", f"s{i}", ["x"]) +
                         messages.describe_portal() + messages.execute() for i in range(10))  # fmt: skip
        client.send(batch, messages.sync())
        received = client.until_ready()
        self.assertEqual(tags(received), "12TDC" * 10 + "Z")
        self.assertEqual(rows_of(received), [[str(i), "x"] for i in range(10)])

    def test_copy_and_a_large_result(self):
        with self.login(self.proxy) as client:
            client.query("CREATE TABLE copied (a text)")
            client.send(messages.query("COPY copied FROM STDIN"))
            client.send(*(messages.copy_data(b"%d\n" % i) for i in range(100)), messages.copy_done())
            self.assertEqual(client.until_ready()[-2].tag, "C")
            self.assertEqual(client.value("SELECT count(*) FROM copied"), "100")
            self.assertEqual(client.value("SELECT repeat('x', 200000)"), "x" * 200000)

    def test_login_with_a_password(self):
        proxy = self.pgweir(auth={"method": "scram-sha-256", "users": {USER: {"password": "secret"},
                                                                           CONSOLE_USER: {"password": "other"}}},
                            environment={"PGWEIR_FAULTS": "transport_read=short:1,transport_write=short:1"})  # fmt: skip
        connection = psycopg2.connect(host="127.0.0.1", port=proxy.port, user=USER, password="secret", dbname=DATABASE)
        self.addCleanup(connection.close)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 + %s", (41,))
            self.assertEqual(cursor.fetchone(), (42,))


class Killed(Case):
    """The process dies at a point; what was acknowledged is there, and nothing is there twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("CREATE TABLE hits (id int); GRANT ALL ON hits TO app", database=DATABASE)

    def work(self, proxy):
        """Inserts until the connection breaks. (asked, acknowledged)"""
        asked = acknowledged = 0
        try:
            with self.raw(proxy.port) as client:
                client.startup(USER, DATABASE)
                while asked < 100:
                    asked += 1
                    client.query("BEGIN")
                    client.query(f"INSERT INTO hits VALUES ({asked})")
                    client.query("COMMIT")
                    acknowledged = asked
        except (ConnectionClosed, ConnectionError, ServerError):
            pass
        return asked, acknowledged

    def test_at_every_point(self):
        for point in POINTS:
            for count in (1, 2, 3, 7, 20):
                if point == "server_opened" and count > 1:
                    continue
                with self.subTest(point=point, count=count):
                    self.postgres.sql("TRUNCATE hits", database=DATABASE)
                    proxy = self.pgweir(start=False, at_rest=False,
                                        environment={"PGWEIR_FAULTS": f"{point}=kill:{count}"})  # fmt: skip
                    proxy.start(wait=point != "server_opened")  # which it does before the first client
                    asked, acknowledged = self.work(proxy)
                    self.assertEqual(proxy.wait(), -9)
                    self.assertLess(asked, 100)
                    self.wait_until(lambda: self.servers() == 0, message="PostgreSQL to notice")
                    rows = [row[0] for row in self.postgres.sql("SELECT id FROM hits ORDER BY id", database=DATABASE)]
                    self.assertIn(rows, ([*range(1, acknowledged + 1)], [*range(1, asked + 1)]))


class Stuck(Case):
    def test_a_cancel_that_comes_late_hits_nobody_else(self):
        proxy = self.pgweir(database={"pool": {"size": 1}},
                            environment={"PGWEIR_FAULTS": "server_given_back=delay:20,server_lent=delay:5"})
        victim, other = self.login(proxy), self.login(proxy)
        for turn in range(15):
            victim.send(messages.query("SELECT 'short'"))
            other.send(messages.query(f"SELECT {turn}"))
            victim.cancel()
            self.assertEqual(rows_of(other.until_ready()), [[str(turn)]])
            victim.until_ready()  # cancelled or not

    def test_a_notification_that_another_thread_hears_before_the_write_returns_names_its_client(self):
        proxy = self.pgweir(workers=2, database={"pool": {"size": 4}},
                            environment={"PGWEIR_FAULTS": "request_forwarded=delay:50"})
        listening = self.login(proxy)
        listening.query("LISTEN news")
        for _ in range(4):  # on both workers
            speaker = self.login(proxy)
            speaker.query("NOTIFY news")
            self.assertEqual(listening.receive().notification[0], speaker.pid)


if __name__ == "__main__":
    unittest.main()
