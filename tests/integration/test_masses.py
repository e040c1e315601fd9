"""Very many clients at once: all are served or told, and nothing is left behind."""
import resource
import selectors
import socket
import struct
import time
import unittest

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.pgweir import HOST
from kit.rawclient import rows_of

SETTLED = 60.0  # seconds that a sanitizer's build may take for what takes a moment


class Crowd:
    """Raw sockets that are served by one thread: what each has sent, and what came back."""

    def __init__(self, port, count):
        self.sockets = []
        self.received = {}
        self._selector = selectors.DefaultSelector()
        for _ in range(count):
            each = socket.create_connection((HOST, port), 60)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(each)
            self.received[each] = bytearray()
            self._selector.register(each, selectors.EVENT_READ)

    def send(self, data):
        for each in self.sockets:
            each.sendall(data)

    def read_until(self, done, timeout=SETTLED):
        """Reads from all until done(bytes) is true of what each got."""
        missing = {each for each in self.sockets if not done(self.received[each])}
        deadline = time.monotonic() + timeout
        while missing:
            for key, _ in self._selector.select(1):
                if data := key.fileobj.recv(65536):
                    self.received[key.fileobj] += data
                else:
                    self._selector.unregister(key.fileobj)
                    if not done(self.received[key.fileobj]):
                        raise ConnectionError(f"closed after {bytes(self.received[key.fileobj][-200:])}")
                if done(self.received[key.fileobj]):
                    missing.discard(key.fileobj)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(missing)} of {len(self.sockets)} still wait")

    def forget(self):
        for received in self.received.values():
            received.clear()

    def reset(self):
        for each in self.sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self._selector.close()
        for each in self.sockets:
            each.close()
        self.sockets = []


def ready(received):
    return received.endswith(b"Z\0\0\0\5I")


class Masses(Case):
    STARTUP = messages.startup({"user": USER, "database": DATABASE})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def crowd(self, proxy, count):
        crowd = Crowd(proxy.port, count)
        self.addCleanup(crowd.close)
        return crowd

    def logged_in(self, proxy, count):
        crowd = self.crowd(proxy, count)
        crowd.send(self.STARTUP)
        crowd.read_until(ready)
        crowd.forget()
        return crowd

    def assert_descriptors_back(self, proxy, before):
        self.wait_until(lambda: proxy.open_files() <= before, SETTLED,
                        lambda: f"descriptors: {proxy.open_files()}, at first {before}")  # fmt: skip

    def test_a_queue_that_is_killed(self):
        # 1,000 wait for two servers, and all of them die at once.
        proxy = self.pgweir(database={"pool": {"size": 2}})
        holders = [self.login(proxy) for _ in range(2)]
        for holder in holders:
            holder.hold_server()
        # One of the queue that lives: it was there before the others, one behind them.
        first, last = self.login(proxy), self.login(proxy)
        before = proxy.open_files()
        first.send(messages.query("SELECT 'first'"))
        crowd = self.logged_in(proxy, 1000)
        crowd.send(messages.query("SELECT pg_sleep(0.001)"))
        self.wait_until(lambda: proxy.state()["waiting"] == 1001, SETTLED)
        last.send(messages.query("SELECT 'last'"))
        self.wait_until(lambda: proxy.state()["waiting"] == 1002, SETTLED)
        crowd.reset()
        self.wait_until(lambda: proxy.state()["waiting"] == 2, SETTLED)
        self.assertTrue(first.is_silent(0.05))
        holders[0].query("COMMIT")
        self.assertEqual(rows_of(first.until_ready()), [["first"]])
        self.assertEqual(rows_of(last.until_ready()), [["last"]])
        holders[1].query("COMMIT")
        proxy.assert_at_rest(SETTLED)
        self.assert_descriptors_back(proxy, before)
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="cancelled"), 1000)
        self.assertLessEqual(self.servers(), 2)

    def test_killed_while_they_are_served(self):
        proxy = self.pgweir(database={"pool": {"size": 2}})
        before = proxy.open_files()
        for end in (Crowd.reset, Crowd.close):
            crowd = self.logged_in(proxy, 500)
            crowd.send(messages.query("SELECT pg_sleep(0.001)"))
            self.wait_until(lambda: proxy.metric("pgweir_pool_checkouts_total") > 50)
            end(crowd)
            proxy.assert_at_rest(SETTLED)
            self.assertEqual(self.login(proxy).value("SELECT 'served'"), "served")
        self.assert_descriptors_back(proxy, before + 4)  # of the two that were served, and two servers

    def test_first_logins(self):
        # Nobody knows yet how to greet them: PostgreSQL is down, they come, and it starts.
        self.postgres.stop("fast")
        proxy = self.pgweir(database={"pool": {"size": 4}})
        before = proxy.open_files()
        crowd = self.crowd(proxy, 500)
        crowd.send(self.STARTUP)
        # All the same, and none of them answered with more than AuthenticationOk.
        crowd.read_until(lambda received: len(received) == 9)
        self.postgres.start()
        crowd.read_until(ready)
        self.assertEqual({bytes(received).count(b"K\0\0\0\x0c") for received in crowd.received.values()}, {1})
        self.assertLessEqual(self.servers(), 4)
        crowd.forget()
        crowd.send(messages.query("SELECT 'served'"))
        crowd.read_until(ready)
        self.assertEqual({b"served" in received for received in crowd.received.values()}, {True})
        crowd.close()
        self.assert_descriptors_back(proxy, before + 4)

    def test_first_logins_with_settings_of_their_own(self):
        # For each of them a greeting has to be asked for.
        proxy = self.pgweir(database={"pool": {"size": 4}})
        crowd = self.crowd(proxy, 300)
        for number, each in enumerate(crowd.sockets):
            parameters = {"user": USER, "database": DATABASE, "options": f"-c work_mem={number + 64}"}
            each.sendall(messages.startup(parameters))
        crowd.read_until(ready)
        crowd.forget()
        crowd.send(messages.query("SHOW work_mem"))
        crowd.read_until(ready)
        for number, each in enumerate(crowd.sockets):
            self.assertIn(f"{number + 64}kB".encode(), bytes(crowd.received[each]))
        crowd.close()

    def test_those_who_never_log_in(self):
        proxy = self.pgweir(listen={"login_timeout": "120s"})
        client = self.login(proxy)
        descriptors, memory = proxy.open_files(), []
        for _ in range(4):
            crowd = self.crowd(proxy, 5000)
            for number, each in enumerate(crowd.sockets):
                if number % 2:
                    each.sendall(self.STARTUP[: number % len(self.STARTUP)])
            self.wait_until(lambda: proxy.state()["logins"] == 5000, SETTLED)
            self.assertGreater(proxy.open_files(), 5000)
            began = time.monotonic()
            self.assertEqual(client.value("SELECT 'meanwhile'"), "meanwhile")
            with self.login(proxy) as newcomer:
                self.assertEqual(newcomer.value("SELECT 'newcomer'"), "newcomer")
            self.assertLess(time.monotonic() - began, 10)
            crowd.close()
            self.wait_until(lambda: proxy.state()["logins"] == 0, SETTLED)
            self.assert_descriptors_back(proxy, descriptors)
            memory.append(proxy.resident_bytes())
        # What the allocator keeps is used again, by the third crowd at the latest. One client needs some 2.7 KiB, and
        # 5,000 came since then.
        self.assertLess(memory[3], memory[2] + 5000 * 1024)

    def test_one_byte_at_a_time(self):
        # 200 of them, a byte each in turn, from the first of the startup packet to the last of the query.
        proxy = self.pgweir(database={"pool": {"size": 2}})
        crowd = self.crowd(proxy, 200)
        bystander = self.login(proxy)
        for part, query in ((self.STARTUP, False), (messages.query("SELECT 'in pieces'"), True)):
            crowd.forget()
            for at in range(len(part)):
                crowd.send(part[at : at + 1])
                if at % 10 == 0:
                    self.assertEqual(bystander.value("SELECT 'quick'"), "quick")
            crowd.read_until(ready)
            self.assertEqual({b"in pieces" in received for received in crowd.received.values()}, {query})
        crowd.close()
        proxy.assert_at_rest(SETTLED)


if __name__ == "__main__":
    unittest.main()
