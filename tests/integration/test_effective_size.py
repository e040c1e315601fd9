"""PostgreSQL has fewer places than the pools together want: they settle for what there is."""
import threading
import unittest

from kit.case import DATABASE, Case
from kit.rawclient import ConnectionClosed, error_of

PLACES = 9  # for others than superusers


class Load:
    """Clients of several proxies that ask all the time, until the block ends."""

    def __init__(self, clients):
        self._clients = clients
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(len(clients))]
        self.served = [0] * len(clients)
        self.errors = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self, number):
        while not self._done.is_set():
            try:
                if error := error_of(self._clients[number].query("SELECT pg_sleep(0.005)")):
                    self.errors.append(error.fields)
                    return
            except (ConnectionClosed, OSError) as lost:
                self.errors.append(lost)
                return
            self.served[number] += 1

    def all_served(self, times):
        return not self._threads or min(self.served) >= times or bool(self.errors)


class EffectiveSize(Case):
    postgres_options = {"max_connections": PLACES + 3 + 6, "settings": {"superuser_reserved_connections": "9"}}

    def proxies(self, count, **database):
        # Together far more than PostgreSQL has.
        return [self.pgweir(database={"pool": {"size": 8}} | database) for _ in range(count)]

    def clients(self, proxies, each):
        return [self.login(proxy) for proxy in proxies for _ in range(each)]

    def effective(self, proxies):
        return [int(proxy.show("POOLS")[0]["effective_size"]) for proxy in proxies]

    def assert_settles(self, proxies, load):
        self.wait_until(lambda: load.all_served(20), message=lambda: f"all clients to be served: {load.served}")
        self.assertEqual(load.errors, [])
        self.wait_until(lambda: sum(self.effective(proxies)) <= PLACES, message="the sizes to add up")
        self.assertGreaterEqual(min(self.effective(proxies)), 1)

    def test_several_sidecars_settle(self):
        proxies = self.proxies(3)
        with Load(self.clients(proxies, 10)) as load:
            self.assert_settles(proxies, load)
            before = list(load.served)
            self.wait_until(lambda: min(now - then for now, then in zip(load.served, before)) > 20 or load.errors)
        self.assertEqual(load.errors, [])
        self.assertLessEqual(self.servers(), PLACES)
        self.assertGreater(sum(proxy.metric("pgweir_server_connects_total", result="refused") for proxy in proxies), 0)
        self.assertEqual(sum(proxy.metric("pgweir_pool_checkouts_total", result="rejected") for proxy in proxies), 0)
        self.assertEqual(proxies[0].metric("pgweir_pool_size"), 8)

    def test_one_that_comes_late_gets_its_share(self):
        proxies = self.proxies(3)
        with Load(self.clients(proxies, 10)) as load:
            self.assert_settles(proxies, load)
            self.wait_until(lambda: self.servers() == PLACES or load.errors, message="every place to be taken")
            # Its first client is greeted once it has a server. When that is, is chance: about two places are given up
            # in five seconds, and the others may be quicker.
            late = [self.pgweir(listen={"login_timeout": "60s"}, database={"pool": {"size": 8}})]
            with Load(self.clients(late, 2)) as late_load:
                # Nobody has gone, and nobody gets an error: the others give up places from time to time.
                self.wait_until(lambda: late_load.all_served(5), message="the one that came late to be served")
            self.assertEqual(late_load.errors, [])
        self.assertEqual(load.errors, [])

    def test_one_that_was_alone_and_never_refused_shares_too(self):
        alone = self.proxies(1)
        with Load(self.clients(alone, 10)) as load:
            self.wait_until(lambda: self.servers() == 8 or load.errors, message="all that it wants to be taken")
            second = self.proxies(1)
            with Load(self.clients(second, 10)) as second_load:
                self.wait_until(lambda: self.servers() == PLACES or second_load.errors, message="the last place to go")
                # It holds one place, and the first one all others, which nobody has refused a connection.
                third = [self.pgweir(listen={"login_timeout": "60s"}, database={"pool": {"size": 8}})]
                with Load(self.clients(third, 2)) as third_load:
                    self.wait_until(lambda: third_load.all_served(5), 60, message="the third to be served")
                self.assertEqual(third_load.errors, [])
            self.assertEqual(second_load.errors, [])
        self.assertEqual(load.errors, [])

    def test_idle_ones_make_room(self):
        proxies = self.proxies(2)
        with Load(self.clients(proxies, 10)) as load:
            self.assert_settles(proxies, load)
        self.assertEqual(load.errors, [])
        # Long before server.idle_timeout, which is ten minutes.
        self.wait_until(lambda: self.servers() <= len(proxies), message="all but one server of each to be closed")
        late = self.proxies(1)
        self.assertEqual(self.login(late[0]).value("SELECT 1"), "1")

    def test_it_recovers(self):
        proxies = self.proxies(2)
        with Load(self.clients(proxies, 10)) as load:
            self.assert_settles(proxies, load)
        # One of them goes away, and with it its servers: the other one may grow again.
        held = self.effective(proxies)
        self.assertLess(min(held), 8)
        smaller = held.index(min(held))
        proxies[1 - smaller].close()
        kept = [proxies[smaller]]
        with Load(self.clients(kept, 10)) as load:
            self.wait_until(lambda: self.effective(kept)[0] > held[smaller] or load.errors, 60, "the size to grow")
        self.assertEqual(load.errors, [])

    def test_connection_limit_of_a_role(self):
        self.postgres.sql("ALTER ROLE app CONNECTION LIMIT 2")
        self.addCleanup(self.postgres.sql, "ALTER ROLE app CONNECTION LIMIT -1")
        proxies = self.proxies(1)
        with Load(self.clients(proxies, 10)) as load:
            self.wait_until(lambda: load.all_served(10))
            self.wait_until(lambda: self.effective(proxies) == [2] or load.errors)
        self.assertEqual(load.errors, [])

    def test_not_a_single_place(self):
        # Waiting clients wait, and are served as soon as there is one.
        self.postgres.sql(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 0")
        (proxy,) = self.proxies(1)
        client = self.raw(proxy.port)
        threading.Timer(0.5, self.postgres.sql, (f"ALTER DATABASE {DATABASE} CONNECTION LIMIT -1",)).start()
        client.startup("app", DATABASE)
        self.assertEqual(client.value("SELECT 1"), "1")


if __name__ == "__main__":
    unittest.main()
