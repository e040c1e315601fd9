"""Cancel requests: they reach the statement that runs, and never anybody else's."""
import socket
import threading
import time
import unittest

from kit import messages
from kit.case import Case
from kit.chaos import Chaos
from kit.postgres import HOST
from kit.rawclient import error_of, rows_of, tags


def cancel_request(port, pid, key):
    """All that the peer answers before it closes: nothing, if it is right."""
    with socket.create_connection((HOST, port), 30) as connection:
        connection.sendall(messages.cancel_request(pid, key))
        received = b""
        while data := connection.recv(100):
            received += data
        return received


class Running(Case):
    def test_running_query(self):
        proxy = self.pgweir()
        client = self.login(proxy)
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        began = time.monotonic()
        self.assertEqual(cancel_request(proxy.port, client.pid, client.key), b"")
        received = client.until_ready()
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual((tags(received), received[-1].status), ("TEZ", "I"))
        self.assertEqual(error_of(received).sqlstate, "57014")
        self.assertEqual(client.value("SELECT 1"), "1")
        self.assertEqual(self.servers(), 1)

    def test_in_a_transaction(self):
        client = self.login(self.pgweir())
        client.query("BEGIN")
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        client.cancel()
        self.assertEqual(client.until_ready()[-1].status, "E")
        self.assertEqual(client.query("ROLLBACK")[-1].status, "I")

    def test_in_a_pipeline(self):
        # The statement that runs is hit, the rest up to its Sync is skipped, the next batch is not touched.
        client = self.login(self.pgweir())
        client.send(messages.parse("", "SELECT pg_sleep(60)"), messages.bind(), messages.execute(),
                    messages.parse("", "SELECT 'skipped'"), messages.bind(), messages.execute(), messages.sync(),
                    messages.parse("", "SELECT 'after'"), messages.bind(), messages.execute(),
                    messages.sync())  # fmt: skip
        self.wait_for_statement("pg_sleep(60)")
        client.cancel()
        first, second = client.until_ready(), client.until_ready()
        self.assertEqual((tags(first), error_of(first).sqlstate), ("12EZ", "57014"))
        self.assertEqual(rows_of(second), [["after"]])

    def test_session_mode(self):
        proxy = self.pgweir(database={"pool": {"mode": "session"}})
        client = self.login(proxy)
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        client.cancel()
        self.assertEqual(error_of(client.until_ready()).sqlstate, "57014")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_two_cancels_of_one_statement(self):
        client = self.login(self.pgweir(database={"pool": {"size": 1}}))
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        others = [threading.Thread(target=client.cancel) for _ in range(8)]
        for other in others:
            other.start()
        self.assertEqual(error_of(client.until_ready()).sqlstate, "57014")
        for other in others:
            other.join()
        for number in range(50):
            self.assertEqual(client.value(f"SELECT {number}"), str(number))


class Harmless(Case):
    def test_idle_client(self):
        proxy = self.pgweir()
        client = self.login(proxy)
        client.query("SELECT 1")
        self.assertEqual(cancel_request(proxy.port, client.pid, client.key), b"")
        self.assertTrue(client.is_silent())
        self.assertEqual(client.value("SELECT 2"), "2")

    def test_idle_in_transaction(self):
        client = self.login(self.pgweir())
        client.hold_server()
        client.cancel()
        self.assertEqual(client.value("SELECT 2"), "2")
        self.assertEqual(client.query("COMMIT")[-1].status, "I")

    def test_wrong_key(self):
        proxy = self.pgweir()
        client = self.login(proxy)
        client.send(messages.query("SELECT pg_sleep(0.3), 'finished'"))
        self.wait_for_statement("pg_sleep(0.3)")
        for pid, key in ((client.pid, client.key ^ 1), (client.pid + 1, client.key), (0, 0), (-1, -1)):
            self.assertEqual(cancel_request(proxy.port, pid, key), b"")
        self.assertEqual(rows_of(client.until_ready())[0][1], "finished")

    def test_after_the_client_left(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        gone, client = self.login(proxy), self.login(proxy)
        gone.query("SELECT 1")
        gone.terminate()
        client.send(messages.query("SELECT pg_sleep(0.3), 'finished'"))
        self.wait_for_statement("pg_sleep(0.3)")
        self.assertEqual(cancel_request(proxy.port, gone.pid, gone.key), b"")
        self.assertEqual(rows_of(client.until_ready())[0][1], "finished")

    def test_keys_are_unpredictable(self):
        proxy = self.pgweir()
        clients = [self.login(proxy) for _ in range(20)]
        self.assertEqual(len({(client.pid, client.key) for client in clients}), 20)
        self.assertEqual(len({client.key for client in clients}), 20)
        for client in clients:
            self.assertGreater(client.pid, 0)  # pgjdbc cannot bear a negative one

    def test_malformed(self):
        proxy = self.pgweir()
        client = self.login(proxy)
        whole = messages.cancel_request(client.pid, client.key)
        for bad in (whole[:8], whole[:15], b"\0\0\0\x0c" + whole[4:12], b"\0\0\x10\0" + whole[4:] + bytes(100)):
            with socket.create_connection((HOST, proxy.port), 30) as connection:
                connection.sendall(bad)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(5)
                while connection.recv(100):
                    pass
        self.assertEqual(client.value("SELECT 1"), "1")


class NextClient(Case):
    def test_never_hits_the_next_client(self):
        # One server and two clients: what one cancels must not reach the other, however close the race.
        proxy = self.pgweir(database={"pool": {"size": 1}})
        target, bystander = self.login(proxy), self.login(proxy)
        done = threading.Event()
        failures, hits = [], 0

        def cancel_all_the_time():
            while not done.is_set():
                target.cancel()

        def ask():
            while not done.is_set():
                if error := error_of(bystander.query("SELECT 1")):
                    failures.append(error.fields)
                    return

        threads = [threading.Thread(target=work) for work in (cancel_all_the_time, cancel_all_the_time, ask)]
        for thread in threads:
            thread.start()
        for _ in range(400):
            error = error_of(target.query("SELECT count(*) FROM generate_series(1, 3000)"))
            hits += error is not None
            if error is not None:
                self.assertEqual(error.sqlstate, "57014")
        done.set()
        for thread in threads:
            thread.join(30)
        self.assertEqual(failures, [])
        self.assertGreater(hits, 0, "no cancel reached its target: nothing was tested")

    def test_server_is_not_lent_while_a_cancel_is_on_its_way(self):
        chaos = Chaos(self.postgres.port)
        self.addCleanup(chaos.close)
        proxy = self.pgweir(database={"upstream": self.upstream(chaos.port), "pool": {"size": 1}})
        client, other = self.login(proxy), self.login(proxy)
        pid = int(client.value("SELECT pg_backend_pid()"))
        client.send(messages.query("SELECT pg_sleep(0.5)"))
        self.wait_for_statement("pg_sleep(0.5)")
        accepted = chaos.accepted
        # The cancel request gets stuck on the network, and the statement ends without it.
        chaos.to_server.hold = True
        canceller = threading.Thread(target=client.cancel)
        canceller.start()
        self.wait_until(lambda: chaos.accepted > accepted, message="the cancel connection")
        self.assertIsNone(error_of(client.until_ready()))
        other.send(messages.query("SELECT pg_backend_pid()"))
        self.wait_until(lambda: proxy.state()["waiting"] == 1)
        self.assertTrue(other.is_silent(0.3))
        chaos.to_server.hold = False
        canceller.join(30)
        self.assertEqual(rows_of(other.until_ready()), [[str(pid)]])

    def test_cancel_to_a_server_that_does_not_answer(self):
        # The cancel connection cannot be made; the statement goes on, and everything is given back in the end.
        chaos = Chaos(self.postgres.port)
        self.addCleanup(chaos.close)
        proxy = self.pgweir(database={"upstream": self.upstream(chaos.port), "pool": {"size": 1}})
        client = self.login(proxy)
        client.send(messages.query("SELECT pg_sleep(0.5), 'finished'"))
        self.wait_for_statement("pg_sleep(0.5)")
        chaos.refuse = True
        client.cancel()
        self.assertEqual(rows_of(client.until_ready())[0][1], "finished")
        chaos.refuse = False
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_canceller_that_vanishes(self):
        # The connection that carries the request is reset at once: the request has been made all the same.
        proxy = self.pgweir()
        client = self.login(proxy)
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        with socket.create_connection((HOST, proxy.port), 30) as connection:
            connection.sendall(messages.cancel_request(client.pid, client.key))
        self.assertEqual(error_of(client.until_ready(10)).sqlstate, "57014")


if __name__ == "__main__":
    unittest.main()
