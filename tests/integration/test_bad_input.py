"""What a peer may send that no client would: it gets an error where one can be sent, and harms nobody else."""
import resource
import socket
import struct
import threading
import time
import unittest

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.rawclient import ConnectionClosed, error_of, rows_of, tags

GOOD_STARTUP = messages.startup({"user": USER, "database": DATABASE})
LENGTHS = (0, 3, -1, -(2**31), 2**31 - 1)


class BadInput(Case):
    """One pgweir for all, with a client that must not notice anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.class_pgweir(listen={"login_timeout": "1s"}, databases={DATABASE: {"pool": {"size": 2}}})

    def setUp(self):
        super().setUp()
        self.addCleanup(self.proxy.check_log)
        self.addCleanup(self.proxy.assert_at_rest)
        self.bystander = self.login(self.proxy)
        self.addCleanup(self._check_bystander)

    def _check_bystander(self):
        self.assertTrue(self.bystander.is_silent(0.01))
        self.assertEqual(self.bystander.value("SELECT 'well'"), "well")

    def send(self, *parts):
        """What one peer receives for this, all of it, before it is cut off."""
        client = self.raw(self.proxy.port)
        client.send(*parts)
        return client.until_closed(10)

    def assert_fatal(self, received, sqlstate, words=""):
        error = error_of(received)
        self.assertIsNotNone(error, received)
        self.assertEqual((error.fields["S"], error.sqlstate), ("FATAL", sqlstate), error.fields)
        self.assertIn(words, error.fields["M"])


class BeforeLogin(BadInput):
    def test_length_of_the_startup_packet(self):
        for length in (*LENGTHS, 7, 10005):
            with self.subTest(length):
                received = self.send(struct.pack("!i", length) + GOOD_STARTUP[4:])
                self.assert_fatal(received, "08P01", "invalid length of startup packet")

    def test_no_user(self):
        received = self.send(messages.startup({"database": DATABASE}))
        self.assert_fatal(received, "28000", "no PostgreSQL user name specified in startup packet")

    def test_malformed_startup_packets(self):
        version = struct.pack("!i", messages.PROTOCOL_3_0)
        for body in (version + b"user", version + b"user\0app", version + b"user\0app\0",
                     version + b"user\0app\0\0more",
                     version + b"\0user\0app\0\0"):  # fmt: skip
            with self.subTest(body):
                error = error_of(self.send(struct.pack("!i", len(body) + 4) + body))
                self.assertIsNotNone(error)
                self.assertIn(error.sqlstate, ("08P01", "28000"))

    def test_other_protocols(self):
        for version in (0, 131072, 262144, 80877199):
            with self.subTest(version):
                received = self.send(messages.startup({"user": USER}, version))
                self.assert_fatal(received, "0A000", "unsupported frontend protocol")

    def test_garbage(self):
        for bad in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
                    bytes(64), b"\xff" * 64, b"\n" * 64):  # fmt: skip
            with self.subTest(bad[:8]):
                self.send(bad)

    def test_bytes_behind_ssl_request(self):
        # They would be taken for the beginning of what is encrypted: CVE-2021-23214.
        for request in (messages.ssl_request(), messages.gssenc_request()):
            client = self.raw(self.proxy.port)
            client.send(request, GOOD_STARTUP)
            received = b""
            while data := client.socket.recv(4096):
                received += data
            self.assertNotIn(b"Z\0\0\0\5I", received)

    def test_requests_for_encryption_again_and_again(self):
        client = self.raw(self.proxy.port)
        for request in (messages.ssl_request(), messages.gssenc_request()):
            client.send(request)
            self.assertEqual(client.receive_byte(), b"N")
        client.send(messages.ssl_request())
        self.assert_fatal(client.until_closed(10), "0A000", "unsupported frontend protocol")

    def test_query_before_the_login_is_done(self):
        proxy = self.pgweir(auth={"method": "scram-sha-256", "users": {USER: {"password": "x"},
                                                                       "operator": {"password": "y"}}})  # fmt: skip
        client = self.raw(proxy.port)
        client.send(GOOD_STARTUP, messages.query("SELECT 1"))
        received = client.until_closed(10)
        self.assert_fatal(received, "08P01")
        self.assertNotIn("D", tags(received))

    def test_password_of_the_wrong_size(self):
        proxy = self.pgweir(auth={"method": "password", "users": {USER: {"password": "x"},
                                                                  "operator": {"password": "y"}}})  # fmt: skip
        for length in (*LENGTHS, 100_000_000):
            with self.subTest(length):
                client = self.raw(proxy.port)
                client.send(GOOD_STARTUP, b"p" + struct.pack("!i", length) + bytes(100))
                self.assert_fatal([m for m in client.until_closed(10) if m.tag == "E"], "08P01")

    def test_one_byte_a_second(self):
        client = self.raw(self.proxy.port)
        done = threading.Event()

        def drip():
            for byte in GOOD_STARTUP:
                if done.wait(0.4):
                    return
                try:
                    client.send(bytes([byte]))
                except OSError:
                    return

        dripper = threading.Thread(target=drip)
        dripper.start()
        began = time.monotonic()
        received = client.until_closed(10)
        done.set()
        dripper.join()
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertLess(time.monotonic() - began, 3)
        self.assert_fatal(received, "57014", "client_login_timeout")

    def test_slow_but_in_time(self):
        client = self.raw(self.proxy.port)
        client.send_slowly(GOOD_STARTUP)
        client.until_ready()
        client.send_slowly(messages.query("SELECT 'slow'"))
        self.assertEqual(rows_of(client.until_ready()), [["slow"]])

    def test_many_connections_that_never_log_in(self):
        before = self.proxy.open_files()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        peers = [self.raw(self.proxy.port) for _ in range(5000)]
        good = self.login(self.proxy)
        self.assertEqual(good.value("SELECT 1"), "1")
        good.terminate()
        for peer in peers:
            peer.until_closed(10)
            peer.close()
        self.wait_until(lambda: self.proxy.open_files() <= before, message="the descriptors to be closed")


class AfterLogin(BadInput):
    def test_lengths(self):
        for tag in "QPBDECSHXFdcf":
            for length in LENGTHS:
                with self.subTest(tag=tag, length=length):
                    client = self.login(self.proxy)
                    client.send(tag.encode() + struct.pack("!i", length) + bytes(16))
                    received = client.until_closed(10)
                    if length != 2**31 - 1:
                        self.assert_fatal(received, "08P01", "invalid message length")
                    else:
                        self.assertIn(error_of(received).sqlstate, ("08P01", "54000"))

    def test_unknown_type(self):
        for tag in (b"z", b"\0", b"\xff", b"R", b"p", b"Z"):
            with self.subTest(tag):
                client = self.login(self.proxy)
                client.send(messages.message(tag, b""))
                self.assert_fatal(client.until_closed(10), "08P01")

    def test_malformed_bodies(self):
        bad = [messages.message("Q", b"SELECT 1"), messages.message("Q", b""), messages.message("Q", b"SELECT 1\0\0"),
               messages.message("P", b"name"), messages.message("P", b"\0SELECT 1\0\0\5\0\0"),
               messages.message("B", b"\0"), messages.message("B", b"\0s\0\0\0\0\1\0\0\0\7a"),
               messages.message("D", b"X\0"), messages.message("D", b""), messages.message("C", b"S"),
               messages.message("E", b"\0\0"), messages.message("F", b"\0")]  # fmt: skip
        for body in bad:
            with self.subTest(body):
                client = self.login(self.proxy)
                client.hold_server()  # which may be the one to complain
                client.send(messages.parse("s", "SELECT $1::text"), body, messages.sync())
                self.assertEqual(client.until("E", 10)[-1].sqlstate, "08P01")
                client.close()

    def test_truncated_messages(self):
        whole = messages.parse("s", "SELECT $1::int") + messages.bind("", "s", ["1"]) + messages.execute()
        for length in range(0, len(whole), 3):
            client = self.login(self.proxy)
            client.send(whole[:length])
            client.socket.shutdown(socket.SHUT_WR)
            self.assertNotIn("Z", tags(client.until_closed(10)))

    def test_error_while_a_transaction_is_open(self):
        client = self.login(self.proxy)
        client.hold_server()
        client.send(b"\xff\0\0\0\4")
        self.assert_fatal(client.until_closed(10), "08P01")

    def test_copy_messages_out_of_place(self):
        # PostgreSQL ignores them outside of COPY.
        client = self.login(self.proxy)
        client.send(messages.copy_data("x"), messages.copy_done(), messages.copy_fail("x"), messages.query("SELECT 1"))
        self.assertEqual(rows_of(client.until_ready()), [["1"]])

    def test_messages_split_at_every_byte(self):
        whole = messages.parse("split", "SELECT $1::text") + messages.bind("", "split", ["value"]) + \
            messages.describe_portal() + messages.execute() + messages.sync()  # fmt: skip
        client = self.login(self.proxy)
        for at in range(1, len(whole)):
            client.send(whole[:at])
            client.send(whole[at:])
            self.assertEqual(tags(client.until_ready()), "12TDCZ")
            client.send(messages.close_statement("split"), messages.sync())
            client.until_ready()


class Resources(BadInput):
    def test_memory_of_large_queries(self):
        client = self.login(self.proxy)
        text = messages.query(f"SELECT length('{'x' * 1_000_000}')")

        def round_of(count):
            for _ in range(count):
                client.send(text)
                self.assertEqual(rows_of(client.until_ready()), [["1000000"]])
            return self.proxy.resident_bytes()

        before = round_of(20)
        self.assertLess(round_of(200) - before, 8_000_000)

    def test_memory_of_large_results(self):
        client = self.login(self.proxy)

        def round_of(count):
            for _ in range(count):
                self.assertEqual(len(client.value("SELECT repeat('x', 5000000)")), 5_000_000)
            return self.proxy.resident_bytes()

        before = round_of(5)
        self.assertLess(round_of(20) - before, 8_000_000)

    def test_answers_of_our_own_that_nobody_reads(self):
        client = self.login(self.proxy)
        before = self.proxy.resident_bytes()
        client.socket.settimeout(1)
        with self.assertRaises(TimeoutError):  # not read either, once too much is unread
            for _ in range(1000):
                client.socket.sendall(messages.sync() * 20_000)
        # It would be 100 MB; a sanitizer keeps some of what was freed.
        self.assertLess(self.proxy.resident_bytes() - before, 30_000_000)

    def test_client_that_does_not_read(self):
        # Back-pressure: PostgreSQL waits for the client, pgweir does not collect what it does not take.
        client = self.login(self.proxy)
        before = self.proxy.resident_bytes()
        client.send(messages.query("SELECT repeat('x', 1000) FROM generate_series(1, 200000)"))
        self.wait_until(lambda: self.postgres.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'"))  # fmt: skip
        self.assertLess(self.proxy.resident_bytes() - before, 8_000_000)
        self.assertEqual(tags(client.until_ready()).count("D"), 200_000)

    def test_out_of_descriptors(self):
        proxy = self.pgweir(listen={"max_clients": 1000})
        self.login(proxy).value("SELECT 1")
        client = self.login(proxy)
        used = proxy.open_files()
        limit = resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (used + 10, limit[1]))
        peers = []
        for _ in range(60):
            peer = self.raw(proxy.port)
            peer.send(GOOD_STARTUP)
            peers.append(peer)
        self.assertEqual(client.value("SELECT 'served'"), "served")
        # No busy loop: a second of it would show as a second of processor time.
        busy = self.processor_seconds(proxy)
        time.sleep(0.5)
        self.assertLess(self.processor_seconds(proxy) - busy, 0.3)
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, limit)
        for peer in peers:
            peer.close()
        self.wait_until(lambda: self._logs_in(proxy), message="a login")
        self.wait_until(lambda: proxy.open_files() <= used + 1, message="the descriptors to be closed")
        self.assertGreater(proxy.metric("pgweir_client_rejections_total", reason="descriptors"), 0)

    def _logs_in(self, proxy):
        try:
            other = self.login(proxy)
            other.terminate()
            return True
        except (ConnectionClosed, OSError):
            return False

    @staticmethod
    def processor_seconds(proxy):
        with open(f"/proc/{proxy.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    unittest.main()
