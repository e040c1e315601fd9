"""SIGHUP: the configuration is read again and holds as a whole, or not at all; and what is known of a pool before its
first client."""
import threading
import unittest

from kit import messages
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.pgweir import merged
from kit.ports import free_port
from kit.postgres import Postgres
from kit.rawclient import ServerError, error_of, rows_of


class ReloadCase(Case):
    def reload(self, proxy, *, succeeds=True, database=None, **changes):
        """Lays the changes over what is configured, and returns when they hold."""
        if database is not None:
            changes = merged(changes, {"databases": {DATABASE: database}})
        result = "success" if succeeds else "failure"
        before = proxy.metric("pgweir_config_reloads_total", result=result)
        proxy.write_config(merged(proxy.config, changes))
        proxy.reload()
        self.wait_until(lambda: proxy.metric("pgweir_config_reloads_total", result=result) == before + 1,
                        message=lambda: f"the reload: {proxy.log()[-2000:]}")  # fmt: skip

    def assert_not_let_in(self, proxy, sqlstate, **login):
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, **login)
        self.assertEqual(refused.exception.sqlstate, sqlstate)

    def sleeping(self, proxy, seconds):
        """A client whose statement runs."""
        client = self.login(proxy)
        client.send(messages.query(f"SELECT pg_sleep({seconds})"))
        return client


class Whole(ReloadCase):
    def test_with_an_error_nothing_changes(self):
        proxy = self.pgweir()
        client = self.login(proxy)
        self.reload(proxy, succeeds=False, database={"pool": {"size": 1, "sise": 2}}, workers="many")
        log = proxy.log()
        self.assertRegex(log, r"error configuration_error problem=.*pgweir.yaml:\d+:\d+: .*did you mean")
        self.assertRegex(log, r"error configuration_error problem=.*pgweir.yaml:\d+:\d+: .*workers")
        self.assertRegex(log, r"error reload_failed problems=2\n")
        self.assertEqual(proxy.show("POOLS")[0]["database"], DATABASE)
        self.assertEqual(proxy.metric("pgweir_pool_size"), 4)
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_a_file_that_is_gone(self):
        proxy = self.pgweir()
        proxy.config_file.unlink()
        proxy.reload()
        self.wait_until(lambda: "reload_failed" in proxy.log(), message="the reload to fail")
        self.assertEqual(self.login(proxy).value("SELECT 1"), "1")

    def test_what_needs_a_restart_stays_and_is_named(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder = self.login(proxy)
        holder.hold_server()
        elsewhere = free_port()
        self.reload(proxy, listen={"addresses": [f"127.0.0.1:{elsewhere}"], "max_clients": 77}, workers=3,
                    log={"format": "json"}, database={"pool": {"mode": "session"}})  # fmt: skip
        log = proxy.log()
        for key in ("listen.addresses", "workers", "log.format", f"databases.{DATABASE}.pool.mode"):
            self.assertIn(f"warning configuration_needs_restart key={key}\n", log)
        self.assertIn("info configuration_changed key=listen.max_clients\n", log)
        with self.assertRaises(OSError):
            self.raw(elsewhere)
        # Still transaction mode: the one server goes from client to client.
        holder.query("COMMIT")
        self.assertEqual(self.login(proxy).value("SELECT 1"), "1")
        self.assertEqual(proxy.show("POOLS")[0]["pool_mode"], "transaction")
        # Named again by the next one, as they still differ from the file.
        self.reload(proxy, listen={"max_clients": 78})
        self.assertEqual(proxy.log().count("configuration_needs_restart key=workers\n"), 2)
        self.assertEqual(proxy.metric("pgweir_client_connections_limit"), 78)

    def test_no_secret_is_told(self):
        proxy = self.pgweir(auth={"users": {USER: {"password": "first secret"}}})
        self.reload(proxy, auth={"users": {USER: {"password": "second secret"}}})
        self.assertIn(f"configuration_changed key=auth.users.{USER}.password\n", proxy.log())
        self.assertNotIn("secret", proxy.log().replace("password", ""))

    def test_under_load(self):
        proxy = self.pgweir()
        failed, done = [], threading.Event()

        def work():
            client = self.login(proxy)
            try:
                while not done.is_set():
                    client.query("BEGIN")
                    self.assertEqual(client.value("SELECT 1"), "1")
                    client.query("COMMIT")
            except Exception as error:  # told by the main thread
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            for round_ in range(10):
                host = "127.0.0.1" if round_ % 2 else "localhost"  # so that every server is replaced
                upstream = self.upstream().replace("127.0.0.1", host)
                self.reload(proxy, database={"pool": {"size": 1 + round_ % 4}, "upstream": upstream})
        finally:
            done.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failed, [])


class Pools(ReloadCase):
    def test_a_larger_pool_serves_who_waits(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        holder = self.sleeping(proxy, 60)
        self.wait_for_statement("pg_sleep")
        waiting = self.login(proxy)
        waiting.send(messages.query("SELECT 'served'"))
        self.wait_until(lambda: proxy.metric("pgweir_pool_waiting_clients") == 1, message="a client to wait")
        self.reload(proxy, database={"pool": {"size": 2}})
        self.assertEqual(rows_of(waiting.until_ready()), [["served"]])
        holder.cancel()
        holder.until_ready()

    def test_a_smaller_pool_lets_surplus_servers_go(self):
        proxy = self.pgweir()
        clients = [self.sleeping(proxy, 0.3) for _ in range(4)]
        for client in clients:
            client.until_ready()
        self.assertEqual(self.servers(), 4)
        self.reload(proxy, database={"pool": {"size": 1}})
        self.wait_until(lambda: self.servers() == 1, message="three servers to go")
        self.assertEqual([client.value("SELECT 1") for client in clients], ["1"] * 4)
        self.assertEqual(self.servers(), 1)

    def test_a_limit_on_servers_comes_and_goes(self):
        proxy = self.pgweir()
        self.reload(proxy, database={"limits": {"servers": 1}})
        clients = [self.sleeping(proxy, 0.2) for _ in range(3)]
        for client in clients:
            client.until_ready()
        self.assertEqual(self.servers(), 1)
        self.reload(proxy, database={"limits": {"servers": "off"}})
        for client in clients:
            client.send(messages.query("SELECT pg_sleep(0.5)"))
        self.wait_until(lambda: len(self.running("pg_sleep(0.5)")) == 3, message="three servers")
        for client in clients:
            client.until_ready()

    def test_timeouts_are_for_those_who_come_later(self):
        proxy = self.pgweir()
        before = self.login(proxy)
        before.value("SELECT 1")
        self.reload(proxy, database={"timeouts": {"query": "100ms"}})
        after = self.login(proxy)
        self.assertEqual(error_of(after.query("SELECT pg_sleep(5)")).fields["C"], "57014")
        self.assertIsNone(error_of(before.query("SELECT pg_sleep(0.3)")))

    def test_limits_on_clients(self):
        proxy = self.pgweir()
        clients = [self.login(proxy) for _ in range(2)]
        self.reload(proxy, database={"limits": {"clients": 2}})
        self.assert_not_let_in(proxy, "53300")
        self.reload(proxy, database={"limits": {"clients": "off"}}, listen={"max_clients": 2})
        self.assert_not_let_in(proxy, "53300")
        self.assertEqual([client.value("SELECT 1") for client in clients], ["1", "1"])


class Who(ReloadCase):
    postgres_options = {"auth": "scram-sha-256"}

    def test_users_and_passwords(self):
        proxy = self.pgweir(auth={"method": "scram-sha-256",
                                  "users": {USER: {"password": "old"}, "operator": {"password": "op"}}})  # fmt: skip
        client = self.login(proxy, password="old")
        self.assert_not_let_in(proxy, "28P01", user="other", password="x")
        self.reload(proxy, auth={"users": {USER: {"password": "new"}, "other": {"password": "x"}}})
        self.assert_not_let_in(proxy, "28P01", password="old")
        self.assertEqual(self.login(proxy, password="new").value("SELECT 1"), "1")
        self.assertEqual(self.login(proxy, user="other", password="x").value("SELECT 1"), "1")
        self.assertEqual(client.value("SELECT 1"), "1")
        users = {"operator": {"password": "op"}, USER: {"password": "new"}}
        proxy.config["auth"]["users"] = users
        self.reload(proxy)
        self.assertIn("configuration_changed key=auth.users.other\n", proxy.log())
        self.assert_not_let_in(proxy, "28P01", user="other", password="x")

    def test_console_users(self):
        proxy = self.pgweir(auth={"method": "scram-sha-256", "users": {
            USER: {"password": "p"}, "operator": {"password": "op"}}})  # fmt: skip
        self.assert_not_let_in(proxy, "42501", database="pgweir", password="p")
        self.reload(proxy, admin={"stats_users": [USER]})
        self.assertIn("T", [m.tag for m in self.login(proxy, database="pgweir", password="p").query("SHOW VERSION")])

    def test_the_password_of_the_upstream(self):
        self.postgres.create_role("changing", "before")
        self.addCleanup(self.postgres.sql, "DROP ROLE changing")
        self.postgres.sql(f"GRANT ALL ON DATABASE {DATABASE} TO changing")
        self.addCleanup(self.postgres.sql, f"REVOKE ALL ON DATABASE {DATABASE} FROM changing")
        proxy = self.pgweir(database={"upstream": self.postgres.url("changing", "before", DATABASE)})
        client = self.login(proxy)
        self.assertEqual(client.value("SELECT current_user"), "changing")
        self.postgres.sql("ALTER ROLE changing PASSWORD 'after'")
        self.reload(proxy, database={"upstream": self.postgres.url("changing", "after", DATABASE)})
        self.assertEqual(client.value("SELECT current_user"), "changing")
        proxy.stop()

    def test_another_user_of_the_upstream(self):
        self.postgres.create_role("second", "s")
        self.addCleanup(self.postgres.sql, "DROP ROLE second")
        proxy = self.pgweir()
        old = self.login(proxy)
        self.assertEqual(old.value("SELECT current_user"), USER)
        self.reload(proxy, database={"upstream": self.postgres.url("second", "s", DATABASE)})
        self.assertEqual(self.login(proxy).value("SELECT current_user"), "second")
        self.assertEqual(old.value("SELECT current_user"), USER)
        status, text = proxy.http("/metrics")
        self.assertEqual(status, 200)
        series = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(len(series), len(set(series)))
        proxy.stop()


class Databases(ReloadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Postgres()
        cls.addClassCleanup(cls.other.close)
        cls.other.start()
        cls.other.create_role(USER, PASSWORD)
        cls.other.create_database(DATABASE, USER)

    def port(self, client):
        return int(client.value("SELECT inet_server_port()"))

    def test_databases_come_and_go(self):
        proxy = self.pgweir()
        client = self.login(proxy)
        client.value("SELECT 1")
        self.assert_not_let_in(proxy, "3D000", database="more")
        self.reload(proxy, databases={"more": {"upstream": self.upstream()}})
        self.assertIn("configuration_changed key=databases.more\n", proxy.log())
        self.assertEqual(self.login(proxy, database="more").value("SELECT current_database()"), DATABASE)
        self.reload(proxy, databases={DATABASE: None})
        self.assert_not_let_in(proxy, "3D000")
        self.assertEqual(client.value("SELECT 1"), "1")
        self.reload(proxy, databases={DATABASE: {"upstream": self.upstream(), "pool": {"size": 3}}})
        self.assertEqual(self.login(proxy).value("SELECT 1"), "1")
        self.assertEqual(proxy.metric("pgweir_pool_size", pool=DATABASE), 3)

    def test_a_database_moves(self):
        proxy = self.pgweir()
        first = self.sleeping(proxy, 1)
        in_transaction = self.login(proxy)
        in_transaction.query("BEGIN")
        self.assertEqual(self.port(in_transaction), self.postgres.port)
        idle = self.login(proxy)
        self.assertEqual(self.port(idle), self.postgres.port)
        self.reload(proxy, database={"upstream": self.other.url(USER, PASSWORD, DATABASE)})
        self.assertEqual(self.port(idle), self.other.port)
        # What is under way ends where it began.
        self.assertEqual(self.port(in_transaction), self.postgres.port)
        in_transaction.query("COMMIT")
        self.assertEqual(self.port(in_transaction), self.other.port)
        self.assertIsNone(error_of(first.until_ready()))
        self.assertEqual(self.port(first), self.other.port)
        self.wait_until(lambda: self.servers() == 0, message="the old server's connections to go")
        self.assertGreaterEqual(proxy.metric("pgweir_server_disconnects_total", reason="reconfigured"), 1)


class BeforeTheFirstClient(ReloadCase):
    """Where all clients of a database work as one user its pool is known, and tried out, from the start."""

    def test_ready_when_a_server_was_reached(self):
        self.postgres.stop()
        self.addCleanup(lambda: self.postgres.start() if self.postgres.process is None else None)
        proxy = self.pgweir()
        self.assertEqual(proxy.http("/readyz"), (503, "no pool has reached its server\n"))
        self.assertEqual(proxy.metric("pgweir_pool_size", pool=DATABASE), 4)
        self.wait_until(lambda: "server_connect_failed" in proxy.log(), message="the failure in the log")
        self.postgres.start()
        self.wait_until(lambda: proxy.http("/readyz")[0] == 200, message="pgweir to be ready")
        self.assertEqual(self.servers(), 1)
        # Greeted from what that server told: no second one, and none at all while PostgreSQL is away.
        client = self.login(proxy)
        self.postgres.stop()
        more = self.login(proxy)
        self.assertEqual(more.parameters["server_version"], client.parameters["server_version"])
        self.postgres.start()
        self.assertEqual([each.value("SELECT 1") for each in (client, more)], ["1", "1"])

    def test_each_client_under_its_own_name(self):
        proxy = self.pgweir(database={"upstream": f"postgres://127.0.0.1:{self.postgres.port}/{DATABASE}"})
        self.assertEqual(proxy.http("/readyz")[0], 200)
        self.assertEqual(self.servers(), 0)

    def test_a_wrong_password_shows_at_the_start(self):
        proxy = self.pgweir(database={"upstream": self.postgres.url("nobody_there", "x", DATABASE)})
        self.wait_until(lambda: 'role "nobody_there" does not exist' in proxy.log().replace("\\", ""),
                        message="PostgreSQL's words in the log")  # fmt: skip
        self.assertEqual(proxy.http("/readyz")[0], 503)


if __name__ == "__main__":
    unittest.main()
