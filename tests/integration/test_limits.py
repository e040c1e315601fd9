"""Limits on the number of clients: who is refused, in which words, and that the place comes back."""
import unittest

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.rawclient import ServerError, rows_of


class Limits(Case):
    def assert_refused(self, proxy, setting, token, reason, **login):
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, **login)
        fields = refused.exception.fields
        self.assertEqual((fields["S"], fields["C"]), ("FATAL", "53300"))
        self.assertIn(token, fields["M"])
        self.assertIn(setting, fields["H"])
        self.assertEqual(proxy.metric("pgweir_client_rejections_total", reason=reason), 1)

    def assert_place_comes_back(self, proxy, clients, **login):
        """One leaves in good order and one without a word: two get in again."""
        self.assertEqual(clients[0].value("SELECT 'unharmed'"), "unharmed")
        clients[0].terminate()
        clients[1].close()
        return [self.wait_until(lambda: self.logs_in(proxy, **login), message="a place") for _ in range(2)]

    def logs_in(self, proxy, user=USER):
        client = self.raw(proxy.port)
        try:
            client.startup(user, DATABASE)
            return client
        except ServerError as error:
            client.close()
            self.assertEqual(error.sqlstate, "53300")
            return None

    def test_clients_of_the_process(self):
        proxy = self.pgweir(listen={"max_clients": 3})
        clients = [self.login(proxy) for _ in range(3)]
        with self.assertRaises(ServerError) as refused:
            self.login(proxy)
        fields = refused.exception.fields
        self.assertEqual((fields["S"], fields["C"]), ("FATAL", "53300"))
        self.assertIn("sorry, too many clients already", fields["M"])
        self.assertIn("no more connections allowed", fields["M"])
        self.assertIn("listen.max_clients", fields["H"])
        self.assertRegex(proxy.log(), rf"client_closed reason=max_clients .*user={USER}.*database={DATABASE}")
        # The operator gets in, now that it matters.
        self.assertGreaterEqual(len(proxy.show("CLIENTS")), 3)
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, database="pgweir")
        self.assertEqual(refused.exception.sqlstate, "53300")
        self.assert_place_comes_back(proxy, clients)
        self.assertGreater(proxy.metric("pgweir_client_rejections_total", reason="max_clients"), 0)

    def test_those_who_never_log_in_keep_nobody_out(self):
        proxy = self.pgweir(listen={"max_clients": 5, "login_timeout": "60s"})
        silent = [self.raw(proxy.port) for _ in range(5)]
        self.wait_until(lambda: self.logs_in(proxy), message="a place of one who says nothing")
        self.assertGreater(proxy.metric("pgweir_client_rejections_total", reason="logins_in_progress"), 0)
        for client in silent:
            client.close()

    def test_clients_of_a_database(self):
        proxy = self.pgweir(database={"limits": {"clients": 2}})
        clients = [self.login(proxy) for _ in range(2)]
        self.assert_refused(proxy, "limits.clients", "no more connections allowed", "database_clients", user="other")
        self.assert_place_comes_back(proxy, clients)

    def test_clients_of_a_user(self):
        proxy = self.pgweir(database={"limits": {"clients_per_user": 2}})
        clients = [self.login(proxy) for _ in range(2)]
        self.assert_refused(proxy, "limits.clients_per_user", "no more connections allowed", "user_clients")
        self.assertEqual(self.login(proxy, user="other").value("SELECT 1"), "1")
        self.assert_place_comes_back(proxy, clients)

    def test_clients_of_an_address(self):
        proxy = self.pgweir(database={"limits": {"clients_per_address": 2}})
        clients = [self.login(proxy) for _ in range(2)]
        self.assert_refused(proxy, "limits.clients_per_address", "no more connections allowed", "address_clients",
                            user="other")  # fmt: skip
        self.assert_place_comes_back(proxy, clients)

    def test_servers_of_a_database(self):
        # Without a user in the upstream each client's own user has a pool; all of them share the database's bound.
        self.postgres.create_role("second")
        self.postgres.sql("GRANT pg_monitor TO second")
        upstream = f"postgres://127.0.0.1:{self.postgres.port}/{DATABASE}"
        proxy = self.pgweir(database={"upstream": upstream, "limits": {"servers": 2}, "pool": {"size": 2}})
        holders = [self.login(proxy), self.login(proxy, user="second")]
        for holder in holders:
            holder.hold_server()
        waiters = [self.login(proxy), self.login(proxy, user="second")]
        for turn in range(3):
            for waiter, user in zip(waiters, (USER, "second")):
                waiter.send(messages.query(f"SELECT current_user, {turn}"))
                self.assertTrue(waiter.is_silent(0.1))
                self.assertEqual(self.servers(), 2)
                holders[0].query("COMMIT")
                self.assertEqual(rows_of(waiter.until_ready())[0][0], user)
                holders[0].hold_server()
                self.assertEqual(self.servers(), 2)
        for holder in holders:
            holder.query("COMMIT")

    def test_unknown_database_and_user(self):
        proxy = self.pgweir()
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, database="nowhere")
        self.assertEqual((refused.exception.fields["S"], refused.exception.sqlstate), ("FATAL", "3D000"))
        self.assertIn("nowhere", refused.exception.fields["M"])


if __name__ == "__main__":
    unittest.main()
