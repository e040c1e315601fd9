"""What the keys about server connections do, seen from PostgreSQL."""
import datetime
import re
import threading
import time
import unittest

from kit import messages
from kit.case import DATABASE, USER, Case
from kit.chaos import Chaos
from kit.rawclient import error_of, rows_of, tags


class ServerKeys(Case):
    postgres_options = {"settings": {"log_disconnections": "on"}}

    def pids(self, user=None):
        return {pid for pid, _, _ in self.postgres.backends(DATABASE, user)}

    def held(self, proxy):
        """How many servers there are by pgweir's account: PostgreSQL takes a moment to end what was closed."""
        return sum(int(row[name]) for row in proxy.show("POOLS") for name in ("sv_active", "sv_idle", "sv_login"))

    def busy(self, proxy, count, **login):
        """Clients that hold a server each."""
        clients = [self.login(proxy, **login) for _ in range(count)]
        for client in clients:
            self.assertEqual(tags(client.hold_server()), "TDCZ")
        return clients

    def ask(self, proxy, *parts):
        client = self.login(proxy)
        client.send(*parts)
        return client

    def closed(self, proxy, reason):
        return proxy.metric("pgweir_server_disconnects_total", reason=reason)

    # pool.min_idle

    def test_min_idle(self):
        proxy = self.pgweir(database={"pool": {"min_idle": 3}, "server": {"idle_timeout": "500ms"}})
        self.wait_until(lambda: self.closed(proxy, "idle_timeout") == 1, message="the end of the try-out")
        self.wait_until(lambda: self.servers() == 0)  # nobody is there
        client = self.login(proxy)
        self.wait_until(lambda: self.servers() == 3, message="three servers for one client")
        # Beyond three they are closed after their time, and what PostgreSQL ends is replaced.
        for each in self.busy(proxy, 4):
            each.query("COMMIT")
            each.terminate()
        self.wait_until(lambda: self.servers() == 4)
        self.wait_until(lambda: self.servers() == 3, message="the fourth to be closed")
        before = self.pids()
        self.postgres.terminate(DATABASE)
        self.wait_until(lambda: self.servers() == 3, message="three others")
        self.assertFalse(self.pids() & before)
        client.terminate()
        self.wait_until(lambda: self.servers() == 0, message="all to be closed when nobody is there")

    # pool.reserve

    def test_reserve(self):
        proxy = self.pgweir(database={"pool": {"size": 2, "reserve": {"size": 2, "after": "400ms"}}})
        holders = self.busy(proxy, 2)
        began = time.monotonic()
        waiters = [self.ask(proxy, messages.query("SELECT pg_sleep(0.6)")) for _ in range(4)]
        self.wait_until(lambda: self.servers() == 4, message="the reserve to be opened")
        self.assertGreaterEqual(time.monotonic() - began, 0.39)
        for waiter in waiters:
            self.assertEqual(tags(waiter.until_ready()), "TDCZ")
            self.assertLessEqual(self.servers(), 4)
        # Nobody waits any more: back to the size.
        self.wait_until(lambda: self.servers() == 2, message="the reserve to be closed")
        for holder in holders:
            self.assertEqual(tags(holder.query("COMMIT")), "CZ")

    def test_no_reserve_for_those_who_wait_shortly(self):
        proxy = self.pgweir(database={"pool": {"size": 2, "reserve": {"size": 2, "after": "20s"}}})
        holders = self.busy(proxy, 2)
        waiter = self.ask(proxy, messages.query("SELECT 'served'"))
        self.assertTrue(waiter.is_silent(0.3))
        self.assertEqual(self.servers(), 2)
        holders[0].query("COMMIT")
        self.assertEqual(rows_of(waiter.until_ready()), [["served"]])
        self.assertEqual(self.servers(), 2)
        holders[1].query("COMMIT")

    # server.lifetime

    def test_lifetime(self):
        # Four clients work all the time; one transaction lasts longer than its server should.
        proxy = self.pgweir(database={"pool": {"size": 4}, "server": {"lifetime": "600ms"}})
        (holder,) = self.busy(proxy, 1)
        held = int(holder.value("SELECT pg_backend_pid()"))
        done, errors, seen, peak = threading.Event(), [], set(), []

        def work(client):
            while not done.is_set():
                received = client.query("SELECT pg_backend_pid() FROM pg_sleep(0.01)")
                if error := error_of(received):
                    errors.append(error.fields)
                    return
                seen.add(int(rows_of(received)[0][0]))

        threads = [threading.Thread(target=work, args=(self.login(proxy),)) for _ in range(6)]
        for thread in threads:
            thread.start()
        try:
            self.wait_until(lambda: len(seen) >= 3 or errors)
            self.wait_until(lambda: peak.append(self.held(proxy)) or len(seen) >= 9 or errors, 60, "new servers")
        finally:
            done.set()
            for thread in threads:
                thread.join(30)
        self.assertEqual(errors, [])
        self.assertLessEqual(max(peak), 4)
        self.assertGreaterEqual(self.closed(proxy, "lifetime"), 3)
        # Never in the middle of a transaction.
        self.assertIn(held, self.pids())
        self.assertEqual(holder.value("SELECT pg_backend_pid()"), str(held))
        holder.query("COMMIT")
        self.wait_until(lambda: held not in self.pids(), message="the held server to be closed at last")

    def test_lifetime_of_idle_servers_one_at_a_time(self):
        # Opened together, closed one after the other: the gap is lifetime / (2 * size), here 150 ms.
        proxy = self.pgweir(database={"pool": {"size": 4}, "server": {"lifetime": "1200ms"}})
        for client in self.busy(proxy, 4):
            client.query("COMMIT")
        self.wait_until(lambda: self.servers() == 0, message="all to have been closed")
        self.assertEqual(self.closed(proxy, "lifetime"), 4)
        ends = [datetime.datetime.fromisoformat(text) for text in
                re.findall(r"^(\S+ \S+) .*disconnection: .* user=app ", self.postgres.log(), re.MULTILINE)[-4:]]
        gaps = [(later - earlier).total_seconds() for earlier, later in zip(ends, ends[1:])]
        self.assertEqual(len(gaps), 3)
        self.assertGreater(min(gaps), 0.08, ends)

    # server.idle_timeout

    def test_idle_timeout(self):
        proxy = self.pgweir(database={"server": {"idle_timeout": "300ms"}})
        clients = self.busy(proxy, 3)
        for client in clients[1:]:
            client.query("COMMIT")
        self.wait_until(lambda: self.servers() == 1, message="the unused ones to be closed")
        self.assertEqual(self.closed(proxy, "idle_timeout"), 2)
        # One that is lent is not idle, whatever its client does.
        self.assertTrue(clients[0].is_silent(0.4))
        self.assertEqual(tags(clients[0].query("COMMIT")), "CZ")
        self.wait_until(lambda: self.servers() == 0)
        self.assertEqual(clients[1].value("SELECT 'again'"), "again")

    # server.max_prepared

    def test_max_prepared(self):
        proxy = self.pgweir(database={"pool": {"size": 1}, "server": {"max_prepared": 3}})
        client = self.login(proxy)
        for name in "abc":
            self.run_statement(client, name)
        self.assertEqual(self.prepared(client), ["'a'", "'b'", "'c'"])
        self.run_statement(client, "a", parse=False)
        self.run_statement(client, "d")
        self.assertEqual(self.prepared(client), ["'a'", "'c'", "'d'"])  # b was used least recently
        self.assertEqual(proxy.metric("pgweir_prepared_requests_total", result="evicted"), 1)
        # The client notices nothing.
        self.run_statement(client, "b", parse=False)
        self.assertEqual(self.prepared(client), ["'a'", "'b'", "'d'"])
        self.assertEqual(proxy.metric("pgweir_prepared_requests_total", result="evicted"), 2)
        self.assertEqual(proxy.metric("pgweir_prepared_requests_total", result="reprepared"), 1)
        self.assertEqual(proxy.metric("pgweir_prepared_statements", kind="server"), 3)
        self.assertEqual(proxy.metric("pgweir_prepared_statements", kind="client"), 4)

    def run_statement(self, client, name, parse=True):
        begin = [messages.parse(name, f"SELECT '{name}'")] if parse else []
        client.send(*begin, messages.bind("", name), messages.execute(), messages.sync())
        self.assertEqual(rows_of(client.until_ready()), [[name]])

    def prepared(self, client):
        """What PostgreSQL has, by its own account."""
        return [row[0].removeprefix("SELECT ")
                for row in client.rows("SELECT statement FROM pg_prepared_statements ORDER BY statement")]  # fmt: skip

    # pool.connect_burst

    def test_connect_burst(self):
        chaos = Chaos(self.postgres.port)
        self.addCleanup(chaos.close)
        proxy = self.pgweir(database={"upstream": self.upstream(chaos.port),
                                      "pool": {"size": 10, "connect_burst": 2}})  # fmt: skip
        clients = [self.login(proxy) for _ in range(10)]
        self.assertEqual(self.servers(), 1)
        lock = self.postgres.connect(DATABASE)
        self.addCleanup(lock.close)
        lock.cursor().execute("SELECT pg_advisory_lock(1)")
        chaos.to_client.hold = True  # logins begin and do not end
        for client in clients:
            client.send(messages.query("SELECT pg_advisory_xact_lock(1)"))
        self.wait_until(lambda: proxy.state()["connecting"] == 2)
        self.assertTrue(clients[0].is_silent(0.3))
        self.assertEqual((proxy.state()["connecting"], chaos.accepted), (2, 3))
        chaos.to_client.hold = False
        peak = []
        self.wait_until(lambda: peak.append(proxy.state()["connecting"]) or self.servers() == 10, message="ten servers")
        self.assertLessEqual(max(peak), 2)
        lock.cursor().execute("SELECT pg_advisory_unlock(1)")
        for client in clients:
            self.assertEqual(tags(client.until_ready()), "TDCZ")

    # limits.servers

    def test_limit_over_two_pools(self):
        # test_limits.py has two pools that take turns; here both want more than there is, all the time.
        self.postgres.create_role("second")
        upstream = f"postgres://127.0.0.1:{self.postgres.port}/{DATABASE}"
        proxy = self.pgweir(database={"upstream": upstream, "limits": {"servers": 3},
                                      "pool": {"size": 3, "queue": {"max_wait": "8s"}}})  # fmt: skip
        done, errors, peak = threading.Event(), [], []

        def work(client, user, turns):
            while not done.is_set():
                received = client.query("SELECT current_user FROM pg_sleep(0.005)")
                if error_of(received) or rows_of(received) != [[user]]:
                    errors.append(received)
                    return
                turns.append(1)

        turns = {USER: [], "second": []}
        threads = [threading.Thread(target=work, args=(self.login(proxy, user=user), user, turns[user]))
                   for user in turns for _ in range(6)]  # fmt: skip
        for thread in threads[:6]:
            thread.start()
        try:
            self.wait_until(lambda: len(self.pids(USER)) == 3)
            for thread in threads[6:]:
                thread.start()
            self.wait_until(lambda: peak.append(self.held(proxy)) or min(map(len, turns.values())) > 200 or errors, 60)
        finally:
            done.set()
            for thread in threads:
                if thread.ident is not None:
                    thread.join(30)
        self.assertEqual(errors, [])
        self.assertLessEqual(max(peak), 3)
        # Idle servers of one pool make way for another one's client.
        clients = self.busy(proxy, 3, user="second")
        self.wait_until(lambda: (len(self.pids(USER)), len(self.pids("second"))) == (0, 3))
        for client in clients:
            client.query("COMMIT")


if __name__ == "__main__":
    unittest.main()
