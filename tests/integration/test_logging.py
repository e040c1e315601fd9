"""What the log says, in which form, and what never gets into it."""
import json
import re
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.pgweir import CONSOLE_USER, HOST
from kit.ports import free_port
from kit.rawclient import ServerError, error_of, rows_of

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
TEXT_LINE = re.compile(rf"^{TIME} (debug|info|warning|error) ([a-z_]+)( .*)?$")
FIELD = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)')
SLOW = "SELECT pg_sleep(0.35)"


def of_text(line):
    """A line of the text format in the form that the JSON one has."""
    matched = TEXT_LINE.match(line)
    assert matched, f"not a line of the log: {line!r}"
    rest = matched[3] or ""
    assert not FIELD.sub("", rest), f"not all of it is fields: {line!r}"
    fields = {name: json.loads(value) if value.startswith('"') else value for name, value in FIELD.findall(rest)}
    return {"level": matched[1], "event": matched[2]} | fields


class Logging(Case):
    postgres_options = {"auth": "scram-sha-256"}

    def events(self, proxy, name=None):
        """All lines are looked at, those of one event returned."""
        lines = proxy.log_file.read_bytes().decode("utf-8").split("\n")[:-1]
        if proxy.config.get("log", {}).get("format") == "json":
            read = [json.loads(line) for line in lines]
            for line in read:
                self.assertRegex(line["time"], f"^{TIME}$")
                self.assertIn(line["level"], ("debug", "info", "warning", "error"))
                self.assertRegex(line["event"], r"^[a-z_]+$")
                self.assertTrue(all(isinstance(value, str) for value in line.values()), line)
        else:
            read = [of_text(line) for line in lines]
        return [line for line in read if name in (None, line["event"])]

    def event(self, proxy, name):
        """The one line of this event, once it is there."""
        self.wait_until(lambda: self.events(proxy, name), message=name)
        (line,) = self.events(proxy, name)
        return line

    def front(self, form="text", slow="300ms", level="info", **changes):
        return self.pgweir(log={"format": form, "slow_query": slow, "level": level}, **changes)

    def in_each_format(self, check, **changes):
        for form in ("text", "json"):
            with self.subTest(form):
                check(self.front(form, **changes))

    # Slow statements

    def test_slow_query(self):
        sql = SLOW + ' /* "quoted" \\ and\n\ttwo lines, ä */'

        def check(proxy):
            client = self.login(proxy, application_name="billing run")
            client.query("SELECT 'quick'")
            client.query(sql)
            line = self.event(proxy, "slow_query")
            self.assertEqual((line["level"], line["pool"], line["user"], line["application"], line["statement"]),
                             ("info", DATABASE, USER, "billing run", sql))  # fmt: skip
            self.assertGreaterEqual(float(line["server_seconds"]), 0.35)
            self.assertLess(float(line["wait_seconds"]), 0.3)

        self.in_each_format(check)

    def test_no_password_in_a_slow_statement(self):
        proxy = self.front()
        self.login(proxy).query(f"{SLOW}; ALTER ROLE {USER} PassWord 'not for the log'")
        self.assertEqual(self.event(proxy, "slow_query")["statement"], "(not shown: it speaks of a password)")
        self.assertNotIn("not for the log", proxy.log())

    def test_time_that_it_waited(self):
        proxy = self.front(database={"pool": {"size": 1}})
        holder, client = self.login(proxy), self.login(proxy)
        holder.hold_server()
        client.send(messages.query("SELECT 'quick'"))
        self.assertTrue(client.is_silent(0.6))
        holder.query("COMMIT")
        client.until_ready()
        client.query(SLOW)
        self.assertLess(float(self.event(proxy, "slow_query")["wait_seconds"]), 0.3)  # its own, not the one's before
        holder.hold_server()
        client.send(messages.query(SLOW + ", 2"))
        self.assertTrue(client.is_silent(0.6))
        holder.query("COMMIT")
        client.until_ready()
        self.wait_until(lambda: len(self.events(proxy, "slow_query")) == 2)
        line = self.events(proxy, "slow_query")[1]
        self.assertGreaterEqual(float(line["wait_seconds"]), 0.55)
        self.assertGreaterEqual(float(line["server_seconds"]), 0.35)

    def test_values_of_parameters_are_not_logged(self):
        proxy = self.front()
        client = self.login(proxy)
        sql = "SELECT pg_sleep(0.35), $1::text"
        client.send(messages.parse("named", sql), messages.bind("", "named", ["confidential"]), messages.execute(),
                    messages.sync())  # fmt: skip
        self.assertEqual(rows_of(client.until_ready()), [["", "confidential"]])
        self.assertEqual(self.event(proxy, "slow_query")["statement"], sql)
        # The text is that of the statement that ran, also when another one was sent in between.
        client.query("SELECT 'quick'")
        client.send(messages.bind("", "named", ["confidential"]), messages.execute(), messages.sync())
        client.until_ready()
        self.wait_until(lambda: len(self.events(proxy, "slow_query")) == 2)
        self.assertEqual(self.events(proxy, "slow_query")[1]["statement"], sql)
        self.assertNotIn("confidential", proxy.log())

    def test_the_slow_one_of_a_pipeline(self):
        proxy = self.front()
        client = self.login(proxy)
        client.send(messages.query(SLOW), messages.query("SELECT 'quick'"))
        client.until_ready()
        client.until_ready()
        self.assertEqual(self.event(proxy, "slow_query")["statement"], SLOW)

    def test_long_statement(self):
        # Cut to what fits in a line, between two characters.
        def check(proxy):
            client = self.login(proxy)
            for shift in ("", "x"):
                client.query(f"{SLOW} -- {shift}" + "äöü€" * 3000)
            self.wait_until(lambda: proxy.log_file.read_bytes().count(b" -- ") == 2)
            self.assertEqual(len(self.events(proxy, "slow_query")), 2)
            for line in self.events(proxy, "slow_query"):
                self.assertTrue(line["statement"].startswith(SLOW))
                self.assertLess(len(line["statement"]), 8000)

        self.in_each_format(check)

    def test_slow_query_off(self):
        proxy = self.front(slow="off")
        self.login(proxy).query(SLOW)
        self.assertEqual(self.events(proxy, "slow_query"), [])
        self.assertEqual(len(self.events(proxy)), 3)

    # Levels

    def test_levels(self):
        seen = {}
        for level in ("debug", "info", "warning", "error"):
            proxy = self.front(level=level, auth={"method": "scram-sha-256", "users": self.users()})
            with self.login(proxy, password=PASSWORD) as client:
                client.query(SLOW)
            self.refused(proxy, user=USER, database=DATABASE, password="wrong")
            proxy.assert_at_rest()
            proxy.stop()
            seen[level] = {line["event"] for line in self.events(proxy)}
            order = ("debug", "info", "warning", "error")
            self.assertGreaterEqual(min([order.index(line["level"]) for line in self.events(proxy)], default=3),
                                    order.index(level))  # fmt: skip
        usual = {"listening", "http_listening", "started", "slow_query", "client_closed", "shutting_down", "stopped"}
        self.assertEqual(seen["info"], usual)
        self.assertGreaterEqual(seen["debug"], usual)
        self.assertEqual((seen["warning"], seen["error"]), (set(), set()))

    def refused(self, proxy, **login):
        """Closed at once: a stop waits for those who have been turned away and have not left."""
        client = self.raw(proxy.port)
        with client, self.assertRaises(ServerError):
            client.startup(**login)

    # What goes wrong

    def users(self):
        return {USER: {"password": PASSWORD}, CONSOLE_USER: {"password": "of the console"}}

    def test_refused_logins(self):
        def check(proxy):
            for user, database, reason in ((USER, DATABASE, "auth_failed"), ("nobody", DATABASE, "auth_failed"),
                                           (USER, "nowhere", "unknown_database"), (USER, "pgweir", "not_allowed")):
                before = len(self.events(proxy, "client_closed"))
                client = self.raw(proxy.port)
                port = client.socket.getsockname()[1]
                with self.assertRaises(ServerError):
                    client.startup(user, database, "wrong" if reason == "auth_failed" else PASSWORD)
                self.wait_until(lambda: len(self.events(proxy, "client_closed")) > before)
                line = self.events(proxy, "client_closed")[before]
                self.assertEqual((line["level"], line["reason"], line["user"], line["database"], line["client"]),
                                 ("info", reason, user, database, f"{HOST}:{port}"))  # fmt: skip
                self.assertTrue(line["message"])

        self.in_each_format(check, auth={"method": "scram-sha-256", "users": self.users()})

    def test_names_that_are_no_text(self):
        # Whoever can reach the port chooses them: each makes one line that can be read.
        names = ["two\nlines", "started\n2026-01-01T00:00:00.000+00:00 info forged", "\x1b[31mred", 'q"uo\\te', "tab\t",
                 "ä", b"\xff\xfe no UTF-8", b"\xe4\xf6 Latin 1", "a=b", " ", "\x7f\x01"]  # fmt: skip

        def check(proxy):
            before = len(self.events(proxy))
            for name in names:
                client = self.raw(proxy.port)
                client.send(messages.startup({"user": name, "database": name}))
                client.receive()
                client.send(messages.message("p", b"nonsense"))
                self.assertEqual([message.tag for message in client.until_closed()], ["E"])
            self.wait_until(lambda: proxy.log_file.read_bytes().count(b"client_closed") == len(names))
            for line in proxy.log_file.read_bytes().split(b"\n"):
                self.assertNotRegex(line, rb"[\x00-\x1f]")
            self.assertEqual(len(self.events(proxy)), before + len(names))
            said = [line["user"] for line in self.events(proxy, "client_closed")]
            for name in names:
                if isinstance(name, str) and "\x7f" not in name:
                    self.assertIn(name, said)

        self.in_each_format(check, auth={"method": "scram-sha-256", "users": self.users()})

    def test_server_connect_failed(self):
        port = free_port()

        def check(proxy):
            self.wait_until(lambda: len({line["pool"] for line in self.events(proxy, "server_connect_failed")}) == 3)
            failed = {line["pool"]: line for line in self.events(proxy, "server_connect_failed")}
            self.assertEqual({line["level"] for line in failed.values()}, {"warning"})
            said = {pool.partition("/")[0]: (line["result"], line["message"]) for pool, line in failed.items()}
            self.assertEqual(said[DATABASE], ("rejected", f'password authentication failed for user "{USER}"'))
            self.assertEqual(said["missing"], ("rejected", 'database "missing" does not exist'))
            self.assertEqual(said["down"][0], "unreachable")
            self.assertRegex(said["down"][1], rf"127\.0\.0\.1:{port}.*refused")
            self.assertNotIn("wr0ng-s3cret", proxy.log())

        self.in_each_format(check, databases={
            DATABASE: {"upstream": self.postgres.url(USER, "wr0ng-s3cret", DATABASE)},
            "down": {"upstream": self.postgres.url(USER, PASSWORD, DATABASE, port)},
            "missing": {"upstream": self.postgres.url(USER, PASSWORD, "missing")}})  # fmt: skip

    # Secrets

    def test_no_secret_in_any_line(self):
        secrets = {"url": "s3cret-of-the-url", "user": "s3cret-of-a-user", "attempt": "s3cret-of-an-attempt"}
        self.postgres.sql("ALTER ROLE app PASSWORD %s", (secrets["url"],))
        self.addCleanup(self.postgres.sql, "ALTER ROLE app PASSWORD %s", (PASSWORD,))
        users = {USER: {"password": secrets["user"]}, CONSOLE_USER: {"password": "of the console"}}
        for method in ("password", "md5", "scram-sha-256"):
            for form in ("text", "json"):
                proxy = self.front(form, level="debug", slow="1ms", auth={"method": method, "users": users},
                                   databases={DATABASE: {"upstream": self.postgres.url(USER, secrets["url"], DATABASE)},
                                              "wrong": {"upstream": self.postgres.url(USER, "s3cret-wrong", DATABASE)}})
                connection = psycopg2.connect(host=HOST, port=proxy.port, user=USER, password=secrets["user"],
                                              dbname=DATABASE)  # fmt: skip
                with connection, connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.01)")
                connection.close()
                for user in (USER, "nobody"):
                    self.refused(proxy, user=user, database=DATABASE, password=secrets["attempt"])
                self.refused(proxy, user=USER, database="wrong", password=secrets["user"])
                # A startup packet with a password in it, and one in place of the proof.
                client = self.raw(proxy.port)
                client.send(messages.startup({"user": USER, "database": DATABASE, "password": "s3cret-parameter"}),
                            messages.password("s3cret-early"))  # fmt: skip
                client.until_closed()
                client.close()
                proxy.stop()
                self.assertGreater(len(self.events(proxy, "client_closed")), 2)
                self.assertNotIn("s3cret", proxy.log())

    def test_password_in_a_statement(self):
        # What stands in a text is logged with it, as PostgreSQL's own log_min_duration_statement does. Drivers encrypt
        # before they send (\\password of psql), and parameters are not part of the text.
        proxy = self.front(slow="300ms")
        client = self.login(proxy)
        client.query(f"{SLOW}; ALTER ROLE app PASSWORD 's3cret-in-a-text'")
        self.addCleanup(self.postgres.sql, "ALTER ROLE app PASSWORD %s", (PASSWORD,))
        self.assertEqual(self.event(proxy, "slow_query")["user"], USER)
        # One that is refused is not logged as slow for that, nor is its text in another line.
        self.assertEqual(error_of(client.query("ALTER ROLE nobody PASSWORD 's3cret-in-an-error'")).sqlstate, "42704")
        client.terminate()
        proxy.assert_at_rest()
        self.assertNotIn("s3cret-in-an-error", proxy.log())


if __name__ == "__main__":
    unittest.main()
