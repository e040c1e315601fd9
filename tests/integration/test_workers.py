"""Two workers with one pool: its size, its order and its cancels are those of one."""
import threading
import time
import unittest

from kit import messages
from kit.case import DATABASE, Case
from kit.rawclient import error_of, rows_of, tags


class TwoWorkers(Case):
    def proxy(self, size=2, **pool):
        return self.pgweir(workers=2, database={"pool": {"size": size} | pool})

    def test_one_pool(self):
        # Eight clients, on both workers, share two servers; each keeps what it is told apart from the others.
        proxy = self.proxy()
        clients = [self.login(proxy, application_name=f"client {number}") for number in range(8)]
        for turn in range(30):
            for number, client in enumerate(clients):
                client.send(messages.parse("s", f"SELECT {number}, $1::int, current_setting('application_name')"),
                            messages.bind("", "s", [str(turn)]), messages.execute(), messages.close_statement("s"),
                            messages.sync())  # fmt: skip
            for number, client in enumerate(clients):
                self.assertEqual(rows_of(client.until_ready()), [[str(number), str(turn), f"client {number}"]])
            self.assertLessEqual(self.servers(), 2)

    def test_one_queue(self):
        # Whoever came more than the permitted two milliseconds earlier is served earlier, on whichever worker.
        proxy = self.proxy(size=1)
        self.postgres.sql("CREATE TABLE served (at serial, client int);"
                          "GRANT ALL ON ALL TABLES IN SCHEMA public TO app;"
                          "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app", database=DATABASE)  # fmt: skip
        holder = self.login(proxy)
        holder.hold_server()
        clients = [self.login(proxy) for _ in range(12)]
        for number, client in enumerate(clients):
            client.send(messages.query(f"INSERT INTO served (client) VALUES ({number})"))
            self.wait_until(lambda: proxy.state()["waiting"] == number + 1)
            time.sleep(0.004)
        holder.query("COMMIT")
        for client in clients:
            self.assertEqual(tags(client.until_ready()), "CZ")
        rows = self.postgres.sql("SELECT client FROM served ORDER BY at", database=DATABASE)
        self.assertEqual([row[0] for row in rows], list(range(12)))

    def test_cancels_while_servers_move(self):
        # A wait that is cancelled while its server is on the way from the other worker: it arrives in the next wait.
        proxy = self.proxy(size=1)
        target, bystander = self.login(proxy), self.login(proxy)
        done, wrong = threading.Event(), []

        def cancel():
            while not done.is_set():
                target.cancel()

        def ask():
            while not done.is_set():
                if error := error_of(bystander.query("SELECT 1")):
                    wrong.append(error.fields)
                    return

        threads = [threading.Thread(target=work) for work in (cancel, cancel, ask)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(600):
                error = error_of(target.query("SELECT count(*) FROM generate_series(1, 3000)"))
                self.assertIn(error and error.sqlstate, (None, "57014"))
        finally:
            done.set()
            for thread in threads:
                thread.join(30)
        self.assertEqual(wrong, [])

    def test_deadlines_while_servers_move(self):
        proxy = self.proxy(queue={"max_wait": "10ms"})
        clients = [self.login(proxy) for _ in range(30)]
        outcomes = {"TDCZ": 0, "EZ": 0}
        for _ in range(30):
            for client in clients:
                client.send(messages.query("SELECT pg_sleep(0.001)"))
            for client in clients:
                outcomes[tags(client.until_ready())] += 1
        self.assertGreater(min(outcomes.values()), 0, outcomes)

    def test_clients_that_die_while_servers_move(self):
        proxy = self.proxy()
        for turn in range(20):
            clients = [self.login(proxy) for _ in range(10)]
            for client in clients:
                client.send(messages.query("SELECT pg_sleep(0.001)"))
            for number, client in enumerate(clients):
                (client.close, client.reset, client.terminate)[(number + turn) % 3]()
        proxy.assert_at_rest()
        self.assertEqual(self.login(proxy).value("SELECT 1"), "1")
        self.assertLessEqual(self.servers(), 2)

    def test_restart_of_the_server(self):
        proxy = self.proxy(size=3)
        clients = [self.login(proxy) for _ in range(10)]
        for client in clients:
            client.query("SELECT 1")
        self.postgres.restart()
        for client in clients:
            self.assertEqual(client.value("SELECT 1"), "1")

    def test_shutdown(self):
        proxy = self.pgweir(workers=2, at_rest=False)
        clients = [self.login(proxy) for _ in range(6)]
        proxy.terminate()
        for client in clients:
            self.assertEqual(error_of(client.until_closed(5)).sqlstate, "57P01")
        self.assertEqual(proxy.wait(), 0)


if __name__ == "__main__":
    unittest.main()
