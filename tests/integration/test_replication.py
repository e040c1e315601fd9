"""Replication connections: each gets a server of its own, beside the pool."""
import subprocess
import unittest

import psycopg2
import psycopg2.extras

from kit.case import DATABASE, PASSWORD, USER, Case
from kit.postgres import HOST, clean_environment
from kit.rawclient import ServerError, rows_of, tags


class Replication(Case):
    postgres_options = {"settings": {"wal_level": "logical"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("ALTER ROLE app REPLICATION")

    def setUp(self):
        super().setUp()
        # libpq's tools ask for a database of this name when they mean the whole server.
        whole = {"upstream": self.upstream(), "pool": {"mode": "session", "size": 1}}
        self.proxy = self.pgweir(databases={DATABASE: {"pool": {"size": 1}}, "replication": whole})

    def test_the_whole_server_has_no_name(self):
        # libpq's tools name no database, or `replication`: with one server it is clear what they mean.
        proxy = self.pgweir(database={"pool": {"size": 1}})
        for name in ("replication", "", "whatever"):
            with self.subTest(name):
                client = self.raw(proxy.port)
                client.startup(USER, name or USER, replication="true")
                row = rows_of(client.query("IDENTIFY_SYSTEM"))[0]
                self.assertEqual(row[3], None)
                (shown,) = [each for each in proxy.show("CLIENTS") if each["replication"] == "physical"]
                self.assertEqual(shown["database"], DATABASE)
                client.terminate()
                self.wait_until(lambda: "physical" not in [each["replication"] for each in proxy.show("CLIENTS")])
        with self.assertRaises(ServerError) as refused:
            self.raw(proxy.port).startup(USER, "replication", replication="database")
        self.assertEqual(refused.exception.sqlstate, "3D000")

    def connect(self, factory):
        connection = psycopg2.connect(host=HOST, port=self.proxy.port, user=USER, password=PASSWORD, dbname=DATABASE,
                                      connection_factory=factory)  # fmt: skip
        self.addCleanup(connection.close)
        return connection

    def test_identify_system(self):
        for factory in (psycopg2.extras.PhysicalReplicationConnection, psycopg2.extras.LogicalReplicationConnection):
            with self.subTest(factory.__name__), self.connect(factory).cursor() as cursor:
                cursor.execute("IDENTIFY_SYSTEM")
                identifier, timeline, position, database = cursor.fetchone()
                known = self.postgres.value("SELECT system_identifier::text FROM pg_control_system()")
                self.assertEqual(identifier, known)
                self.assertEqual(timeline, 1)
                self.assertIn("/", position)
                self.assertIn(database, (None, DATABASE))

    def test_beside_the_pool(self):
        holder = self.login(self.proxy)
        holder.hold_server()
        with self.connect(psycopg2.extras.LogicalReplicationConnection).cursor() as cursor:
            cursor.execute("IDENTIFY_SYSTEM")
            self.assertEqual(cursor.fetchone()[3], DATABASE)
        holder.query("COMMIT")

    def test_logical_stream(self):
        self.postgres.sql("CREATE TABLE streamed (word text); GRANT ALL ON streamed TO app", database=DATABASE)
        connection = self.connect(psycopg2.extras.LogicalReplicationConnection)
        cursor = connection.cursor()
        cursor.create_replication_slot("weir", output_plugin="test_decoding")
        cursor.start_replication(slot_name="weir", decode=True)
        writer = self.login(self.proxy)
        writer.query("INSERT INTO streamed VALUES ('through the weir')")
        message = self.wait_until(lambda: self.next_insert(cursor), message="the row")
        self.assertIn("through the weir", message)
        cursor.close()
        connection.close()
        in_use = "SELECT active FROM pg_replication_slots WHERE slot_name = 'weir'"
        self.wait_until(lambda: not self.postgres.value(in_use))
        self.postgres.sql("SELECT pg_drop_replication_slot('weir')")

    @staticmethod
    def next_insert(cursor):
        message = cursor.read_message()
        return message.payload if message and "INSERT" in message.payload else None

    def test_base_backup(self):
        # COPY of some tens of megabytes, and a second connection that streams the log meanwhile.
        target = self.proxy.directory / "backup"
        environment = clean_environment() | {"PGPASSWORD": PASSWORD}
        done = subprocess.run(
            ["pg_basebackup", "-D", target, "-X", "stream", "--no-sync", "-c", "fast",
             "-d", f"host={HOST} port={self.proxy.port} user={USER} dbname={DATABASE}"],
            env=environment, capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((target / "PG_VERSION").exists())

    def test_off_is_an_ordinary_client(self):
        for value in ("false", "off", "0", "no"):
            client = self.login(self.proxy, replication=value)
            self.assertEqual(client.value("SELECT 1"), "1")
            client.terminate()

    def test_client_that_is_torn(self):
        before = self.servers()
        client = self.login(self.proxy, replication="database")
        self.assertEqual(tags(client.query("IDENTIFY_SYSTEM")), "TDCZ")
        client.close()
        self.wait_until(lambda: self.servers() <= before, message="the server to be closed")

    def test_role_without_the_right(self):
        self.postgres.sql("ALTER ROLE app NOREPLICATION")
        self.addCleanup(self.postgres.sql, "ALTER ROLE app REPLICATION")
        with self.assertRaises(ServerError) as refused:
            self.login(self.proxy, replication="database")
        self.assertEqual((refused.exception.fields["S"], refused.exception.sqlstate), ("FATAL", "42501"))


if __name__ == "__main__":
    unittest.main()
