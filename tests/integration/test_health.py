"""`pgweir health`: what a container's health check runs."""
import contextlib
import signal
import socket
import time
import unittest

from kit import pgweir
from kit.answering import answering
from kit.case import Case
from kit.ports import free_port
from kit.postgres import HOST
from kit.rawclient import ServerError


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def at_url(answer, **options):
    """The URL of something that answers each request with these bytes."""
    listener = socket.create_server((HOST, 0))
    port = listener.getsockname()[1]
    with answering(listener, answer, **options):
        yield f"http://{HOST}:{port}"


class Health(Case):
    def ask(self, *arguments, environment=None):
        """(exit code, standard output, standard error)"""
        done = pgweir.run("health", *arguments, environment=environment)
        return done.returncode, done.stdout, done.stderr

    def assert_fails(self, reason, *arguments, environment=None):
        """Exit code 1, and one line of what is wrong."""
        code, output, errors = self.ask(*arguments, environment=environment)
        self.assertEqual((code, output), (1, ""), errors)
        self.assertRegex(errors, rf"^pgweir: http://[^\n]*(?:{reason})[^\n]*\n$")

    def assert_refused(self, reason, *arguments, environment=None):
        """Exit code 2: nobody was asked."""
        code, output, errors = self.ask(*arguments, environment=environment)
        self.assertEqual((code, output), (2, ""), errors)
        self.assertIn(reason, errors)

    def listen_on(self, address):
        """A running pgweir that is asked at `address`, which has a place for the port."""
        proxy = self.pgweir(start=False)
        proxy.write_config(self.config(admin={"http": address.format(proxy.http_port)}))
        return proxy.start(wait=False)

    def assert_alive(self, *arguments):
        self.wait_until(lambda: self.ask(*arguments) == (0, "ok\n", ""), message="pgweir to be alive")

    def test_alive_and_ready(self):
        proxy = self.pgweir()
        config = ["--config", str(proxy.config_file)]
        self.assertEqual(self.ask(*config), (0, "ok\n", ""))
        self.wait_until(lambda: proxy.http("/readyz")[0] == 200, message="a server to be reached")
        self.assertEqual(self.ask("--ready", *config), (0, "ready\n", ""))
        for url in (f"http://{HOST}:{proxy.http_port}", f"http://localhost:{proxy.http_port}/"):
            self.assertEqual(self.ask("--ready", "--url", url), (0, "ready\n", ""), url)

    def test_not_ready(self):
        proxy = self.pgweir(database={"upstream": f"postgres://app@{HOST}:1/app",
                                      "pool": {"queue": {"max_wait": "300ms"}}})  # fmt: skip
        with self.assertRaises(ServerError):
            self.login(proxy)
        config = ["--config", str(proxy.config_file)]
        self.assert_fails("/readyz: 503 no pool has reached its server", "--ready", *config)
        self.assertEqual(self.ask(*config), (0, "ok\n", ""))

    def test_draining(self):
        proxy = self.pgweir(at_rest=False, shutdown={"grace": "20s"})
        client = self.login(proxy)
        client.hold_server()
        proxy.terminate()
        config = ["--config", str(proxy.config_file)]
        self.wait_until(lambda: proxy.http("/readyz")[0] == 503, message="the drain to begin")
        self.assert_fails("503 draining", "--ready", *config)
        self.assertEqual(self.ask(*config), (0, "ok\n", ""))
        client.query("COMMIT")
        self.assertEqual(proxy.wait(), 0)

    def test_stopped_process(self):
        proxy = self.pgweir()
        proxy.process.send_signal(signal.SIGSTOP)
        self.addCleanup(proxy.process.send_signal, signal.SIGCONT)
        self.assert_fails("no answer within 200ms", "--config", str(proxy.config_file), "--timeout", "200ms")

    def test_every_interface_is_asked_on_loopback(self):
        proxy = self.listen_on("0.0.0.0:{}")
        self.assert_alive("--config", str(proxy.config_file))
        proxy.kill()
        self.assert_fails(f"{HOST}:{proxy.http_port}/healthz: Connection refused", "--config", str(proxy.config_file))

    @unittest.skipUnless(has_ipv6(), "no IPv6 on loopback")
    def test_ipv6(self):
        for address in ("[::1]:{}", "[::]:{}"):
            with self.subTest(address):
                proxy = self.listen_on(address)
                self.assert_alive("--config", str(proxy.config_file))
                self.assert_alive("--url", f"http://[::1]:{proxy.http_port}")
                proxy.kill()
                self.assert_fails(rf"\[::1\]:{proxy.http_port}/healthz: Connection refused",
                                  "--config", str(proxy.config_file))  # fmt: skip

    def test_nothing_listens(self):
        self.assert_fails("Connection refused", "--url", f"http://{HOST}:{free_port()}")
        self.assert_fails("not found", "--url", "http://no-such-host.invalid:9127")

    def test_sources_as_of_serve(self):
        url = {"DATABASE_URL": self.upstream()}
        port = free_port()
        self.assert_fails(f"{HOST}:{port}/healthz: Connection refused",
                          environment=url | {"PGWEIR__ADMIN__HTTP": f"{HOST}:{port}"})  # fmt: skip
        self.assert_fails(f"{HOST}:{port}/healthz: Connection refused", "--set", f"admin.http={HOST}:{port}",
                          environment=url)  # fmt: skip

    def test_answers_that_are_none(self):
        for answer in (b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\xff" * 1000, b"HTTP/1.1 200 OK\r\n", b"E" * 1_000_000):
            with self.subTest(answer[:20]), at_url(answer) as url:
                self.assert_fails("answers no HTTP|reset by peer", "--url", url)
        with at_url(b"") as url:
            self.assert_fails("without an answer", "--url", url)

    def test_answers_of_others(self):
        with at_url(b"HTTP/1.1 200 OK\r\n\r\nfine\r\nand more\r\n") as url:
            self.assertEqual(self.ask("--url", url), (0, "fine\n", ""))
        with at_url(b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n") as url:
            self.assert_fails("301", "--url", url)

    def test_no_answer(self):
        for answer in (b"", b"HTTP/1.1 200 OK\r\n\r\nok\n"):
            with self.subTest(answer), at_url(answer, closes=False) as url:
                began = time.monotonic()
                self.assert_fails("no answer within 300ms", "--url", url, "--timeout", "300ms")
                self.assertLess(time.monotonic() - began, 4)

    def test_no_answer_for_the_usual_time(self):
        with at_url(b"", closes=False) as url:
            began = time.monotonic()
            self.assert_fails("no answer within 5s", "--url", url)
            self.assertAlmostEqual(time.monotonic() - began, 5, delta=2)

    def test_http_is_off(self):
        url = {"DATABASE_URL": self.upstream()}
        self.assert_refused("admin.http is off", "--set", "admin.http=off", environment=url)

    def test_wrong_configuration(self):
        self.assert_refused("/nowhere", "--config", "/nowhere")
        self.assert_refused("admin.http", "--set", "admin.http=9127", environment={"DATABASE_URL": self.upstream()})
        self.assert_refused("databases")

    def test_wrong_usage(self):
        for url in ("", f"{HOST}:9127", f"https://{HOST}:9127", f"http://{HOST}", f"http://{HOST}:0",
                    f"http://{HOST}:9127/readyz", "http://::1:9127", "http://:9127"):  # fmt: skip
            self.assert_refused("--url", "--url", url)
        for timeout in ("5", "0s", "off", "-1s"):
            self.assert_refused("--timeout", "--timeout", timeout, "--url", f"http://{HOST}:9127")
        self.assert_refused("--url", "--url", f"http://{HOST}:9127", "--config", "pgweir.yaml")
        self.assert_refused("--unknown", "--unknown")


if __name__ == "__main__":
    unittest.main()
