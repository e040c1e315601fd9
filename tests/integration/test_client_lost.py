"""What becomes of a client's work and of its server when the client is gone."""
import time
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.rawclient import tags


class LostCase(Case):
    """One pgweir with one server, so that the next client is served by the server that the lost one left."""

    pool = {"mode": "transaction", "size": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.class_pgweir(databases={DATABASE: {"pool": cls.pool}})
        cls.postgres.sql("CREATE TABLE work (note text); GRANT ALL ON work TO app", database=DATABASE)

    def setUp(self):
        super().setUp()
        self.postgres.sql("TRUNCATE work", database=DATABASE)
        self.addCleanup(self.proxy.assert_at_rest)

    def client(self):
        """A client, and the process number of the one server."""
        client = self.login(self.proxy)
        return client, client.value("SELECT pg_backend_pid()")

    def work(self):
        return [row[0] for row in self.postgres.sql("SELECT note FROM work ORDER BY note", database=DATABASE)]

    def assert_kept(self, pid):
        """The next client is served, by the same server, and finds it clean."""
        client = self.login(self.proxy)
        self.assertEqual(client.value("SELECT pg_backend_pid()"), pid)
        self.assertEqual(client.query("SELECT 1")[-1].status, "I")
        client.terminate()

    def assert_ends_soon(self, text, within=3):
        self.wait_until(lambda: not self.running(text), within, f"the end of {text}")


class Orderly(LostCase):
    def test_running_statement_finishes(self):
        client, pid = self.client()
        client.send(messages.query("INSERT INTO work SELECT 'finished' FROM pg_sleep(0.3)"))
        self.wait_for_statement("pg_sleep(0.3)")
        client.terminate()
        self.wait_until(self.work, 5, "the statement to finish")
        self.assert_kept(pid)

    def test_statement_and_terminate_in_one_segment(self):
        client, pid = self.client()
        client.send(messages.query("INSERT INTO work VALUES ('sent')"), messages.terminate())
        client.close()
        self.wait_until(self.work, 5, "the statement to be executed")
        self.assert_kept(pid)

    def test_answers_before_terminate(self):
        client, pid = self.client()
        client.send(messages.query("SELECT 'answered' FROM pg_sleep(0.1)"), messages.terminate())
        self.assertEqual(tags(client.until_closed()), "TDCZ")
        self.assert_kept(pid)

    def test_open_transaction_is_rolled_back(self):
        client, pid = self.client()
        client.query("BEGIN; INSERT INTO work VALUES ('never')")
        client.terminate()
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_batch_without_sync(self):
        client, pid = self.client()
        client.send(messages.parse("", "INSERT INTO work VALUES ('never')"), messages.bind(), messages.execute(),
                    messages.flush())  # fmt: skip
        self.assertEqual(tags(client.until("C")), "12C")
        client.terminate()
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_batch_that_is_neither_synced_nor_flushed(self):
        client, pid = self.client()
        client.send(messages.parse("", "INSERT INTO work VALUES ('never')"), messages.bind(), messages.execute(),
                    messages.terminate())  # fmt: skip
        client.until_closed()
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_idle_client(self):
        client, pid = self.client()
        client.terminate()
        self.assert_kept(pid)


class Torn(LostCase):
    def tear(self, client):
        client.close()

    def test_autocommit_write_is_committed(self):
        client, pid = self.client()
        client.send(messages.query("INSERT INTO work SELECT 'committed' FROM pg_sleep(0.5)"))
        self.wait_for_statement("pg_sleep(0.5)")
        self.tear(client)
        self.wait_until(self.work, 5, "the write to be committed")
        self.assert_kept(pid)

    def test_autocommit_write_of_the_extended_protocol(self):
        client, pid = self.client()
        client.send(messages.parse("", "INSERT INTO work SELECT $1 FROM pg_sleep(0.5)"),
                    messages.bind(values=["committed"]), messages.execute(), messages.sync())  # fmt: skip
        self.wait_for_statement("pg_sleep(0.5)")
        self.tear(client)
        self.wait_until(self.work, 5, "the write to be committed")
        self.assert_kept(pid)

    def test_transaction_is_rolled_back(self):
        client, pid = self.client()
        client.query("BEGIN; INSERT INTO work VALUES ('never')")
        client.send(messages.query("INSERT INTO work SELECT 'never either' FROM pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.tear(client)
        self.assert_ends_soon("pg_sleep(60)")
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_idle_transaction_is_rolled_back(self):
        client, pid = self.client()
        client.query("BEGIN; INSERT INTO work VALUES ('never')")
        self.tear(client)
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_failed_transaction(self):
        client, pid = self.client()
        client.query("BEGIN; INSERT INTO work VALUES ('never'); SELECT nothing")
        self.tear(client)
        self.assert_kept(pid)

    def test_plain_read_is_cancelled(self):
        client, pid = self.client()
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        self.tear(client)
        self.assert_ends_soon("pg_sleep(60)")
        self.assert_kept(pid)

    def test_commit_is_never_cancelled(self):
        # A deferred trigger makes the COMMIT itself last.
        self.postgres.sql(
            "CREATE TABLE IF NOT EXISTS slow_commit (); GRANT ALL ON slow_commit TO app;"
            "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(0.7); INSERT INTO work VALUES ('committed'); RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow_commit DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION slow()",
            database=DATABASE,
        )
        for text in ("COMMIT", "/* the */ END WORK"):
            with self.subTest(text):
                self.postgres.sql("TRUNCATE work", database=DATABASE)
                client, pid = self.client()
                client.query("BEGIN; INSERT INTO slow_commit DEFAULT VALUES")
                client.send(messages.query(text))
                self.wait_for_statement(text)
                self.tear(client)
                self.wait_until(self.work, 5, "the commit")
                self.assert_kept(pid)

    def test_copy_in(self):
        client, pid = self.client()
        client.send(messages.query("COPY work FROM STDIN"))
        client.until("G")
        client.send(messages.copy_data("never\n"))
        self.tear(client)
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_terminate_in_copy_in(self):
        # Also on the server of a pinned session, and with Terminate behind the COPY at once.
        for first in ("SELECT 1", "CREATE TEMP TABLE work (id int)"):
            for at_once in (False, True):
                with self.subTest(first, at_once=at_once):
                    client = self.login(self.proxy)
                    client.query(first)
                    client.send(messages.query("COPY work FROM STDIN"))
                    if not at_once:
                        client.until("G")
                    client.terminate()
                    self.proxy.assert_at_rest()

    def test_copy_in_of_the_extended_protocol(self):
        client, pid = self.client()
        client.send(messages.parse("", "COPY work FROM STDIN"), messages.bind(), messages.execute(), messages.flush())
        client.until("G")
        client.send(messages.copy_data("never\n"))
        self.tear(client)
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_copy_out(self):
        client, pid = self.client()
        client.send(messages.query("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT"))
        client.until("d")
        self.tear(client)
        self.assert_ends_soon("COPY")
        self.assert_kept(pid)

    def test_large_result(self):
        client, pid = self.client()
        client.send(messages.query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"))
        client.until("D")
        self.tear(client)
        self.assert_ends_soon("generate_series")
        self.assert_kept(pid)

    def test_large_row(self):
        # Dead inside one row that is larger than all buffers on the way.
        client, pid = self.client()
        client.send(messages.query("SELECT repeat('x', 100000000)"))
        client.until("T")
        client.socket.recv(100000)
        self.tear(client)
        self.assert_kept(pid)

    def test_half_of_a_small_message(self):
        client, pid = self.client()
        client.send(messages.query("INSERT INTO work VALUES ('never')")[:-5])
        self.tear(client)
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_half_of_a_large_message_costs_the_server_only(self):
        client, pid = self.client()
        self.login(self.proxy).terminate()
        client.send(messages.parse("", "INSERT INTO work VALUES ($1)"))
        client.send(messages.bind(values=["x" * 3_000_000])[:2_000_000])
        self.tear(client)
        other = self.login(self.proxy)
        self.assertNotEqual(other.value("SELECT pg_backend_pid()"), pid)
        self.assertEqual(self.work(), [])
        self.wait_until(lambda: self.servers() == 1, 5, "the old server's end")

    def test_batch_without_sync(self):
        client, pid = self.client()
        client.send(messages.parse("", "INSERT INTO work VALUES ('never')"), messages.bind(), messages.execute(),
                    messages.flush())  # fmt: skip
        client.until("C")
        self.tear(client)
        self.assert_kept(pid)
        self.assertEqual(self.work(), [])

    def test_pipeline(self):
        # What the client has sent with its Sync is not cancelled as long as it is not a plain read.
        client, pid = self.client()
        batch = [messages.parse("", "INSERT INTO work VALUES ($1)")]
        for number in range(100):
            batch += [messages.bind(values=[f"{number:03}"]), messages.execute()]
        client.send(*batch, messages.sync())
        self.tear(client)
        self.assert_kept(pid)
        self.assertIn(len(self.work()), (0, 100))


class Reset(Torn):
    """RST instead of FIN."""

    def tear(self, client):
        client.reset()


class InsideADroppedMessage(LostCase):
    """The rest of what nobody wants will not come: the server must not wait for it."""

    def test_behind_an_error_in_a_batch(self):
        client, pid = self.client()
        client.send(messages.parse("", "SELEKT"), messages.flush())
        client.until("E")
        client.send(messages.bind("", "", ["x" * 5000])[:3000])
        client.reset()
        self.assert_kept(pid)

    def test_copy_data_that_nobody_wants(self):
        client, pid = self.client()
        client.query("BEGIN; CREATE TABLE unwanted (a int)")
        client.send(messages.query("COPY unwanted FROM STDIN"))
        client.until("G")
        client.send(messages.copy_data("abc\n"), messages.copy_done())
        client.until_ready()
        client.send(messages.copy_data(b"y" * 100_000)[:50_000])
        client.reset()
        self.assert_kept(pid)

    def test_farewell_that_cannot_be_written(self):
        client, pid = self.client()
        client.send(messages.query("SELECT pg_sleep(0.3)"))
        self.wait_until(lambda: self.running("pg_sleep(0.3)"))
        client.send(b"\xff" * 6)
        client.reset()
        self.assert_kept(pid)


class EachByte(LostCase):
    def test_cut_at_each_byte(self):
        # A happy conversation that ends at any byte leaves no server behind, and none is burned.
        _, pid = self.client()
        parts = [messages.query("BEGIN"), messages.parse("s", "SELECT $1::int"), messages.bind("", "s", ["1"]),
                 messages.describe_portal(), messages.execute(), messages.sync(), messages.query("COMMIT")]  # fmt: skip
        whole = b"".join(parts)
        began = time.monotonic()
        for length in range(len(whole) + 1):
            client = self.login(self.proxy)
            client.send(whole[:length])
            client.close() if length % 2 else client.reset()
        self.proxy.assert_at_rest()
        self.assert_kept(pid)
        self.assertLess(time.monotonic() - began, 30)

    def test_startup_cut_at_each_byte(self):
        whole = messages.startup({"user": "app", "database": "app", "application_name": "cut"})
        for length in range(len(whole)):
            client = self.raw(self.proxy.port)
            client.send(whole[:length])
            client.close() if length % 2 else client.reset()
        self.client()


if __name__ == "__main__":
    unittest.main()
