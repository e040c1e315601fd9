"""Session mode: one server for a client's whole session, and a clean one for the next."""
import unittest

from kit import messages
from kit.case import Case
from kit.rawclient import ServerError, error_of, tags


class SessionMode(Case):
    def proxy(self, size=1, **pool):
        return self.pgweir(database={"pool": {"mode": "session", "size": size} | pool})

    def test_backend_key_is_the_servers(self):
        # Applications compare it with pg_backend_pid() and with what pg_blocking_pids() returns.
        client = self.login(self.proxy())
        self.assertEqual(client.value("SELECT pg_backend_pid()"), str(client.pid))

    def test_same_server_throughout(self):
        proxy = self.proxy(size=3)
        clients = [self.login(proxy) for _ in range(3)]
        for _ in range(3):
            for client in clients:
                self.assertEqual(client.value("SELECT pg_backend_pid()"), str(client.pid))
        self.assertEqual(len({client.pid for client in clients}), 3)

    def test_state_stays_while_the_client_does(self):
        client = self.login(self.proxy())
        client.query("SET work_mem TO '7MB'; CREATE TEMP TABLE mine AS SELECT 7 AS seven; PREPARE p AS SELECT 8;"
                     "SELECT pg_advisory_lock(1); LISTEN news")  # fmt: skip
        self.assertEqual(client.value("SHOW work_mem"), "7MB")
        self.assertEqual(client.value("SELECT seven FROM mine"), "7")
        self.assertEqual(client.value("EXECUTE p"), "8")

    def test_the_next_client_gets_a_clean_server(self):
        proxy = self.proxy()
        for leave in ("terminate", "close", "reset"):
            with self.subTest(leave):
                client = self.login(proxy, TimeZone="Asia/Tokyo", options="-c statement_timeout=77777")
                client.query("SET work_mem TO '7MB'; CREATE TEMP TABLE mine AS SELECT 7; SELECT pg_advisory_lock(1);"
                             "PREPARE p AS SELECT 8; LISTEN news; SET ROLE pg_monitor")  # fmt: skip
                client.send(messages.parse("s", "SELECT 1"), messages.sync())
                client.until_ready()
                pid = client.pid
                getattr(client, leave)()
                following = self.login(proxy)
                self.assertEqual(following.pid, pid)
                self.assertEqual(
                    following.rows("SELECT current_setting('work_mem'), current_setting('statement_timeout'),"
                                   " current_user, current_setting('TimeZone') <> 'Asia/Tokyo', to_regclass('pg_temp.mine'),"
                                   " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),"
                                   " (SELECT count(*) FROM pg_prepared_statements),"
                                   " (SELECT count(*) FROM pg_listening_channels())"),
                    [["4MB", "0", "app", "t", None, "0", "0", "0"]],
                )  # fmt: skip
                following.terminate()

    def setUp(self):
        super().setUp()
        self.postgres.sql("GRANT pg_monitor TO app")

    def test_open_transaction_of_a_client_that_left(self):
        proxy = self.proxy()
        client = self.login(proxy)
        client.query("BEGIN; CREATE TABLE never ()")
        client.terminate()
        following = self.login(proxy)
        self.assertEqual(following.pid, client.pid)
        self.assertIsNone(following.value("SELECT to_regclass('never')"))

    def test_waiting_at_login(self):
        proxy = self.proxy()
        first, second = self.login(proxy), self.raw(proxy.port)
        second.send(messages.startup({"user": "app", "database": "app"}))
        self.wait_until(lambda: proxy.state()["waiting"] == 1)
        first.terminate()
        second.login("app")
        self.assertEqual(second.pid, first.pid)
        self.assertEqual(second.value("SELECT pg_backend_pid()"), str(second.pid))

    def test_waiting_too_long(self):
        proxy = self.proxy(queue={"max_wait": "200ms"})
        first = self.login(proxy)
        with self.assertRaises(ServerError) as refused:
            self.login(proxy)
        self.assertEqual((refused.exception.fields["S"], refused.exception.sqlstate), ("FATAL", "53300"))
        self.assertIn("query_wait_timeout", refused.exception.fields["M"])
        self.assertEqual(first.value("SELECT 1"), "1")

    def test_reset_that_fails(self):
        # The client leaves a transaction that cannot be ended in a hurry: the server is not reused dirty.
        proxy = self.proxy()
        client = self.login(proxy)
        client.query("BEGIN; SET work_mem TO '7MB'; SELECT nothing")
        client.close()
        following = self.login(proxy)
        self.assertEqual(following.value("SHOW work_mem"), "4MB")
        self.assertEqual(following.query("SELECT 1")[-1].status, "I")

    def test_statements_are_the_servers_own(self):
        client = self.login(self.proxy())
        client.send(messages.parse("s", "SELECT 1"), messages.sync())
        client.until_ready()
        self.assertEqual(client.value("SELECT name FROM pg_prepared_statements"), "s")
        client.query("DEALLOCATE s")
        client.send(messages.bind("", "s"), messages.sync())
        received = client.until_ready()
        self.assertEqual((tags(received), error_of(received).sqlstate), ("EZ", "26000"))

    def test_notification_of_an_idle_client(self):
        proxy = self.proxy(size=2)
        listener, speaker = self.login(proxy), self.login(proxy)
        listener.query("LISTEN news")
        speaker.query("NOTIFY news, 'hello'")
        self.assertEqual(listener.receive().notification, (speaker.pid, "news", "hello"))


if __name__ == "__main__":
    unittest.main()
