"""What is costly is executed by one of the pgweir that share a Redis, and the others wait for it."""
import threading

from kit import messages
from kit.cache import SharedCase
from kit.rawclient import rows_of

COSTLY = "SELECT count(*), max(u.version), {} FROM users u, generate_series(1, 100000)"
CROWD = 8  # clients of each


class Leases(SharedCase):
    def fleet(self, **changes):
        """Two that know by experience that such statements are costly."""
        both = self.sharing(**changes), self.sharing(**changes)
        for number, proxy in enumerate(both):
            self.login(proxy).query(COSTLY.format(1000 + number))
        return both

    def ask_at_once(self, proxies, text, clients=CROWD):
        """What all clients of all of them are told when they ask in one moment."""
        crowd = [self.login(proxy) for proxy in proxies for _ in range(clients)]
        for client in crowd:
            client.send(messages.query(text))
        return [rows_of(client.until_ready()) for client in crowd]

    def counted(self, proxies, result):
        return sum(proxy.metric("pgweir_cache_requests_total", result=result) for proxy in proxies)

    def test_one_executes_for_all_of_them(self):
        both = self.fleet()
        writer = self.login(both[0])
        for turn in range(5):
            writer.query(f"UPDATE users SET version = {100 + turn}")
            misses, waited = self.counted(both, "miss"), self.counted(both, "coalesced")
            answers = self.ask_at_once(both, COSTLY.format(0))
            self.assertEqual({rows[0][1] for rows in answers}, {str(100 + turn)})
            self.assertEqual(self.counted(both, "miss"), misses + 1, "one executes it")
            self.assertEqual(self.counted(both, "coalesced"), waited + 2 * CROWD - 1)
        self.assertGreater(min(proxy.metric("pgweir_cache_cost_seconds_total") for proxy in both), 0)

    def test_what_is_cheap_waits_for_nobody(self):
        both = self.sharing(), self.sharing()
        for proxy in both:
            self.warm(self.login(proxy), "SELECT version FROM users WHERE id = 1")
        self.assertEqual(self.redis.command("KEYS", "pgweir:*:l:*"), [])

    def test_no_lease_is_left(self):
        both = self.fleet()
        self.ask_at_once(both, COSTLY.format(7))
        self.wait_until(lambda: self.redis.command("KEYS", "pgweir:*:l:*") == [], message="the lease to be released")
        # Nor by a statement that fails, or by a client that goes.
        client = self.login(both[0])
        client.query(COSTLY.format("1 / (max(u.id) - max(u.id))"))
        client.send(messages.query(COSTLY.format(8)))
        client.close()
        self.wait_until(lambda: self.redis.command("KEYS", "pgweir:*:l:*") == [], message="the lease to be released")

    def test_whoever_has_it_may_die(self):
        one, two = self.fleet(wait="700ms")
        first = self.login(one)
        first.send(messages.query(COSTLY.format(9)))
        self.wait_until(lambda: self.redis.command("KEYS", "pgweir:*:l:*") != [], message="a lease")
        one.kill()
        answers = self.ask_at_once([two], COSTLY.format(9))
        self.assertEqual(len({tuple(rows[0]) for rows in answers}), 1)

    def test_many_threads_of_writers_and_readers(self):
        """Whoever waited for another's reply has not been told what was before a write that was acknowledged."""
        both = self.fleet()
        told = []

        def read(proxy):
            client = self.login(proxy)
            for _ in range(15):
                known = self.version
                told.append((known, int(rows_of(client.query(COSTLY.format(0)))[0][1])))

        self.version = 1000
        writer = self.login(both[1])
        writer.query(f"UPDATE users SET version = {self.version}")
        readers = [threading.Thread(target=read, args=(proxy,)) for proxy in both for _ in range(3)]
        for each in readers:
            each.start()
        while any(each.is_alive() for each in readers):
            seen = len(told)
            self.wait_until(lambda: len(told) > seen + 8 or not any(each.is_alive() for each in readers))
            writer.query(f"UPDATE users SET version = {self.version + 1}")
            self.version += 1
        for each in readers:
            each.join()
        self.assertEqual([pair for pair in told if pair[1] < pair[0]], [])
        self.assertGreater(self.counted(both, "coalesced"), 0)
