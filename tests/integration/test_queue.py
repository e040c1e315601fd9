"""Clients that wait for a server: their order, their bounds, their deadlines, and how they leave."""
import time
import threading
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.rawclient import error_of, rows_of, tags


class QueueCase(Case):
    def holder(self, proxy):
        """A client that keeps a server busy until it says COMMIT."""
        client = self.login(proxy)
        client.hold_server()
        return client

    def wait_for_waiters(self, proxy, count):
        self.wait_until(lambda: proxy.state()["waiting"] == count, message=f"{count} waiting clients")

    def assert_refused(self, error, sqlstate, token, setting):
        self.assertEqual(error.sqlstate, sqlstate)
        self.assertEqual(error.fields["S"], "ERROR")
        self.assertIn(token, error.fields["M"])
        self.assertIn(setting, error.fields["H"])


class Order(QueueCase):
    def test_first_come_first_served(self):
        # Between two workers a waiter may be overtaken by one who came at most 2 ms later.
        proxy = self.pgweir(workers=1, database={"pool": {"size": 1}})
        self.postgres.sql("CREATE TABLE served (at serial, client int);"
                          "GRANT ALL ON ALL TABLES IN SCHEMA public TO app;"
                          "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app", database=DATABASE)  # fmt: skip
        holder = self.holder(proxy)
        clients = [self.login(proxy) for _ in range(12)]
        for number, client in enumerate(clients):
            client.send(messages.query(f"INSERT INTO served (client) VALUES ({number})"))
            self.wait_for_waiters(proxy, number + 1)
        holder.query("COMMIT")
        for client in clients:
            self.assertEqual(tags(client.until_ready()), "CZ")
        rows = self.postgres.sql("SELECT client FROM served ORDER BY at", database=DATABASE)
        self.assertEqual([row[0] for row in rows], list(range(12)))

    def test_a_newcomer_does_not_overtake(self):
        # The one who has just given the server back asks again at once: the waiter comes first.
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, waiter = self.holder(proxy), self.login(proxy)
        waiter.send(messages.query("BEGIN; SELECT 'mine'"))
        self.wait_for_waiters(proxy, 1)
        holder.query("COMMIT")
        holder.send(messages.query("SELECT 'again'"))
        self.assertEqual(rows_of(waiter.until_ready()), [["mine"]])
        self.assertTrue(holder.is_silent())
        waiter.query("COMMIT")
        self.assertEqual(rows_of(holder.until_ready()), [["again"]])

    def test_a_pipeline_without_end_gives_others_their_turn(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "10s"}}})
        busy, waiter = self.login(proxy), self.login(proxy)
        batch = messages.parse("", "SELECT 1") + messages.bind() + messages.execute() + messages.sync()
        stop = threading.Event()
        answered = []

        def pipeline():
            busy.send(batch * 4)
            while not stop.is_set():
                busy.until_ready()
                busy.send(batch)
            answered.extend(tags(busy.until_ready()) for _ in range(4))

        thread = threading.Thread(target=pipeline)
        thread.start()
        try:
            for turn in range(5):
                self.assertEqual(rows_of(waiter.query(f"SELECT {turn}")), [[str(turn)]])
        finally:
            stop.set()
            thread.join()
        self.assertEqual(answered, ["12DCZ"] * 4)

    def test_a_server_that_cannot_be_used_costs_no_turn(self):
        # A custom setting cannot be taken from a session, so that one without it needs another server.
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "10s"}}})
        others = [self.login(proxy, options=f"-c my.setting={i}") for i in range(3)]
        plain = self.login(proxy)
        stop = threading.Event()

        def keep_busy(client):
            while not stop.is_set():
                client.query("SELECT pg_sleep(0.005)")

        threads = [threading.Thread(target=keep_busy, args=(client,)) for client in others]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                self.assertIsNone(error_of(plain.query("SELECT 1")))
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def test_many_clients_on_two_servers(self):
        proxy = self.pgweir(database={"pool": {"size": 2}})
        clients = [self.login(proxy) for _ in range(200)]
        for turn in range(3):
            for number, client in enumerate(clients):
                client.send(messages.query(f"SELECT {number}, {turn}, pg_sleep(0.0005)"))
            for number, client in enumerate(clients):
                self.assertEqual(rows_of(client.until_ready())[0][:2], [str(number), str(turn)])
            self.assertLessEqual(self.servers(), 2)
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="timeout"), 0)

    def test_a_cold_pool_fills(self):
        # Each transaction needs a server of its own, and none is open yet.
        proxy = self.pgweir(database={"pool": {"size": 10, "connect_burst": 4}})
        clients = [self.login(proxy) for _ in range(10)]
        for client in clients:
            client.send(messages.query("BEGIN; SELECT pg_backend_pid()"))
        pids = {rows_of(client.until_ready(5))[0][0] for client in clients}
        self.assertEqual(len(pids), 10)


class Bounds(QueueCase):
    def test_full_queue(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_length": 2}}})
        holder = self.holder(proxy)
        waiters = [self.login(proxy) for _ in range(2)]
        for waiter in waiters:
            waiter.send(messages.query("SELECT 'waited'"))
        self.wait_for_waiters(proxy, 2)
        refused = self.login(proxy)
        received = refused.query("SELECT 1")
        self.assertEqual(tags(received), "EZ")
        self.assertEqual(received[-1].status, "I")
        self.assert_refused(error_of(received), "53300", "no more connections allowed", "pool.queue.max_length")
        holder.query("COMMIT")
        for waiter in waiters:
            self.assertEqual(rows_of(waiter.until_ready()), [["waited"]])
        self.assertEqual(refused.value("SELECT 'still connected'"), "still connected")
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="rejected"), 1)

    def test_deadline(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "400ms"}}})
        holder, first, second = self.holder(proxy), self.login(proxy), self.login(proxy)
        begins = {}
        for client in (first, second):
            begins[client] = time.monotonic()
            client.send(messages.query("SELECT 1"))
            self.wait_until(lambda: proxy.state()["waiting"] == len(begins))
        for client in (first, second):
            received = client.until_ready()
            took = time.monotonic() - begins[client]
            self.assertGreater(took, 0.39)
            self.assertLess(took, 0.7)
            self.assertEqual((tags(received), received[-1].status), ("EZ", "I"))
            self.assert_refused(error_of(received), "53300", "query_wait_timeout", "pool.queue.max_wait")
        holder.query("COMMIT")
        self.assertEqual(first.value("SELECT 2"), "2")
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="timeout"), 2)

    def test_a_transaction_fails_with_its_first_statement_and_not_with_begin(self):
        """asyncpg takes an error for BEGIN for one inside of the transaction, and never ends it."""
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "100ms"}}})
        holder, client = self.login(proxy), self.login(proxy)
        holder.hold_server()
        for begin, tag in (("BEGIN", b"BEGIN\0"), ("/* x */ start TRANSACTION READ ONLY", b"START TRANSACTION\0")):
            for end, answer in (("ROLLBACK", "CZ"), ("COMMIT", "CZ")):
                received = client.query(begin)
                self.assertEqual((tags(received), received[0].body, received[-1].status), ("CZ", tag, "T"))
                received = client.query("SELECT 1")
                self.assertEqual((tags(received), received[-1].status), ("EZ", "E"))
                self.assert_refused(error_of(received), "53300", "query_wait_timeout", "pool.queue.max_wait")
                self.assertEqual(error_of(client.query("SELECT 1")).sqlstate, "25P02")
                received = client.query(end)
                self.assertEqual((tags(received), received[0].body, received[-1].status), (answer, b"ROLLBACK\0", "I"))
        # Nothing came in between: COMMIT must not look like success.
        client.query("BEGIN ISOLATION LEVEL SERIALIZABLE")  # a standby would refuse it
        received = client.query("COMMIT")
        self.assertEqual((tags(received), received[-1].status), ("EZ", "I"))
        holder.query("COMMIT")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_deadline_races_the_handoff(self):
        # Servers become free all the time just when deadlines pass: each client gets one answer, no server is lost.
        proxy = self.pgweir(database={"pool": {"size": 2, "queue": {"max_wait": "20ms"}}})
        clients = [self.login(proxy) for _ in range(40)]
        outcomes = {"TDCZ": 0, "EZ": 0}
        for _ in range(25):
            for client in clients:
                client.send(messages.query("SELECT pg_sleep(0.0015)"))
            for client in clients:
                outcomes[tags(client.until_ready())] += 1
        self.assertGreater(min(outcomes.values()), 0, outcomes)
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="timeout"), outcomes["EZ"])

    def test_timeout_in_the_middle_of_a_batch(self):
        # Nothing but Sync is answered after the error, and that only when it comes.
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "200ms"}}})
        holder, client = self.holder(proxy), self.login(proxy)
        client.send(messages.parse("", "SELECT 1"), messages.bind(), messages.describe_portal(), messages.execute())
        self.assertEqual(client.receive().sqlstate, "53300")
        self.assertTrue(client.is_silent())
        client.send(messages.parse("", "SELECT 2"), messages.bind(), messages.execute())
        self.assertTrue(client.is_silent())
        client.send(messages.sync())
        self.assertEqual(client.receive().status, "I")
        self.assertTrue(client.is_silent())
        holder.query("COMMIT")
        client.send(messages.parse("", "SELECT 3"), messages.bind(), messages.execute(), messages.sync())
        received = client.until_ready()
        self.assertEqual(tags(received), "12DCZ")
        self.assertEqual(rows_of(received), [["3"]])

    def test_timeout_of_a_whole_batch(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "200ms"}}})
        holder, client = self.holder(proxy), self.login(proxy)
        batch = [messages.parse("", "SELECT 1"), messages.bind(), messages.describe_portal(), messages.execute(),
                 messages.sync()]  # fmt: skip
        client.send(*batch)
        self.assertEqual(tags(client.until_ready()), "EZ")
        self.assertTrue(client.is_silent())
        holder.query("COMMIT")
        client.send(*batch)
        self.assertEqual(tags(client.until_ready()), "12TDCZ")

    def test_large_message_of_a_waiting_client(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, client = self.holder(proxy), self.login(proxy)
        client.socket.setblocking(False)
        whole = messages.query(f"SELECT length('{'x' * 600_000}')")
        sent = client.socket.send(whole)
        client.socket.setblocking(True)
        self.wait_for_waiters(proxy, 1)
        holder.query("COMMIT")
        client.send(whole[sent:])
        self.assertEqual(rows_of(client.until_ready()), [["600000"]])


class Leaving(QueueCase):
    def test_dead_clients_leave_at_once(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        self.postgres.sql("CREATE TABLE ghosts (); GRANT ALL ON ghosts TO app", database=DATABASE)
        holder = self.holder(proxy)
        clients = [self.login(proxy) for _ in range(30)]
        for client in clients:
            client.send(messages.query("INSERT INTO ghosts DEFAULT VALUES"))
        survivor = self.login(proxy)
        survivor.send(messages.query("SELECT count(*) FROM ghosts"))
        self.wait_for_waiters(proxy, 31)
        for client in clients[:10]:
            client.close()
        for client in clients[10:20]:
            client.reset()
        for client in clients[20:]:
            client.terminate()
        began = time.monotonic()
        self.wait_for_waiters(proxy, 1)
        self.assertLess(time.monotonic() - began, 2)
        holder.query("COMMIT")
        self.assertEqual(rows_of(survivor.until_ready()), [["0"]])

    def test_death_behind_much_pipelined_input(self):
        # More than is read of a waiting client: its reset must be noticed all the same.
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, client = self.holder(proxy), self.login(proxy)
        client.socket.setblocking(False)
        client.socket.send(messages.query("SELECT 1 -- " + "x" * 1000) * 200)
        self.wait_for_waiters(proxy, 1)
        client.reset()
        self.wait_until(lambda: proxy.state()["waiting"] == 0, 5, "the dead client to leave the queue")
        holder.query("COMMIT")

    def test_cancel_of_a_waiting_query(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, client = self.holder(proxy), self.login(proxy)
        client.send(messages.query("SELECT 1"))
        self.wait_for_waiters(proxy, 1)
        client.cancel()
        received = client.until_ready(2)
        self.assertEqual((tags(received), received[-1].status), ("EZ", "I"))
        self.assertEqual(error_of(received).sqlstate, "57014")
        self.assertEqual(error_of(received).fields["M"], "canceling statement due to user request")
        self.assertEqual(proxy.state()["waiting"], 0)
        self.assertEqual(holder.value("SELECT 'unharmed'"), "unharmed")
        holder.query("COMMIT")
        self.assertEqual(client.value("SELECT 2"), "2")
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="cancelled"), 1)

    def test_cancel_of_a_waiting_batch(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, client = self.holder(proxy), self.login(proxy)
        client.send(messages.parse("named", "SELECT 1"), messages.bind("", "named"), messages.execute())
        self.wait_for_waiters(proxy, 1)
        client.cancel()
        self.assertEqual(client.receive(2).sqlstate, "57014")
        client.send(messages.parse("other", "SELECT 2"), messages.bind("", "other"), messages.execute())
        self.assertTrue(client.is_silent())
        client.send(messages.sync())
        self.assertEqual(client.receive().status, "I")
        holder.query("COMMIT")
        # What was skipped has not happened.
        for name in ("named", "other"):
            client.send(messages.bind("", name), messages.execute(), messages.sync())
            received = client.until_ready()
            self.assertEqual((tags(received), error_of(received).sqlstate), ("EZ", "26000"))
        client.send(messages.parse("named", "SELECT 3"), messages.bind("", "named"), messages.execute(),
                    messages.sync())  # fmt: skip
        self.assertEqual(rows_of(client.until_ready()), [["3"]])

    def test_two_batches_of_which_the_first_is_cancelled(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder, client = self.holder(proxy), self.login(proxy)
        client.send(messages.query("SELECT 'first'"), messages.query("SELECT 'second'"))
        self.wait_for_waiters(proxy, 1)
        client.cancel()
        self.assertEqual(tags(client.until_ready(2)), "EZ")
        self.wait_for_waiters(proxy, 1)
        holder.query("COMMIT")
        self.assertEqual(rows_of(client.until_ready()), [["second"]])


if __name__ == "__main__":
    unittest.main()
