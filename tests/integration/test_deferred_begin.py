"""BEGIN without a server: what a transaction costs before its first statement, and what becomes of it when no server can
be had then."""
import threading
import time
import unittest

import psycopg2

from kit import messages
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.rawclient import error_of, rows_of, tags


class DeferredCase(Case):
    def begun(self, proxy):
        """A client that has said BEGIN and nothing more."""
        client = self.login(proxy)
        received = client.query("BEGIN")
        self.assertEqual((tags(received), received[0].command, received[-1].status), ("CZ", "BEGIN", "T"))
        return client

    def wait_for_waiters(self, proxy, count):
        self.wait_until(lambda: proxy.state()["waiting"] == count, message=f"{count} waiting clients")

    def assert_failed_until_the_end(self, client, end="ROLLBACK"):
        for received in (client.query("SELECT 1"), self.ask(client, "SELECT 1")):
            self.assertEqual((error_of(received).sqlstate, received[-1].status), ("25P02", "E"))
        received = client.query(end)
        self.assertEqual((received[0].command, received[-1].status), ("ROLLBACK", "I"))

    @staticmethod
    def ask(client, sql):
        client.send(messages.parse("", sql), messages.bind(), messages.execute(), messages.sync())
        return client.until_ready()


class Held(DeferredCase):
    def test_who_has_begun_holds_no_server(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        clients = [self.begun(proxy) for _ in range(50)]
        other = self.login(proxy)
        self.assertEqual(other.value("SELECT 'served'"), "served")
        pool = proxy.show("POOLS")[0]
        self.assertEqual((pool["sv_active"], pool["sv_idle"], pool["cl_waiting"]), ("0", "1", "0"))
        self.assertEqual([state for _, state, _ in self.postgres.backends(DATABASE)], ["idle"])
        for number, client in enumerate(clients):
            if number % 2:
                self.assertEqual(client.value(f"SELECT {number}"), str(number))
            self.assertEqual(client.query("COMMIT")[0].command, "COMMIT")

    def test_nothing_in_it_needs_no_server_at_all(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "300ms"}}})
        client, holder = self.login(proxy), self.login(proxy)
        holder.hold_server()
        checkouts = proxy.metric("pgweir_pool_checkouts_total", result="immediate")
        for end, tag in (("COMMIT", "COMMIT"), ("end work;", "COMMIT"), ("ROLLBACK", "ROLLBACK"), ("abort", "ROLLBACK")):
            for begin in ("BEGIN", "start transaction"):
                self.assertEqual(client.query(begin)[-1].status, "T")
                self.assertEqual((tags(received := client.query("")), received[-1].status), ("IZ", "T"))
                client.send(messages.sync())
                self.assertEqual(client.receive().status, "T")
                received = client.query(end)
                self.assertEqual((received[0].command, received[-1].status), (tag, "I"))
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), checkouts)
        holder.query("COMMIT")

    def test_modes_and_nothing_else_need_no_server_either(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "300ms"}}})
        client, holder = self.login(proxy), self.login(proxy)
        for refused_by_a_standby in ("ISOLATION LEVEL SERIALIZABLE", "READ WRITE"):
            client.query("BEGIN " + refused_by_a_standby)
            client.query("ROLLBACK")
        holder.hold_server()
        checkouts = proxy.metric("pgweir_pool_checkouts_total", result="immediate")
        for modes in ("ISOLATION LEVEL REPEATABLE READ", "READ ONLY, DEFERRABLE", "ISOLATION LEVEL READ COMMITTED",
                      "ISOLATION LEVEL SERIALIZABLE READ WRITE"):  # fmt: skip
            for texts in ((f"BEGIN {modes}",), (f"START TRANSACTION {modes};",), ("BEGIN", f"SET TRANSACTION {modes}")):
                for text in texts:
                    received = client.query(text)
                    self.assertEqual((tags(received), received[-1].status), ("CZ", "T"), text)
                self.assertEqual(client.query("COMMIT")[-1].status, "I")
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), checkouts)
        client.query("START TRANSACTION READ ONLY")
        client.query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        holder.query("COMMIT")
        self.assertEqual(client.rows("SELECT current_setting('transaction_isolation'),"
                                     " current_setting('transaction_read_only')"), [["serializable", "on"]])  # fmt: skip
        self.assertEqual(client.query("COMMIT")[-1].status, "I")

    def test_the_extended_protocol_says_the_same(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "300ms"}}})
        direct = self.raw(self.postgres.port)
        direct.startup(USER, DATABASE, PASSWORD)
        client, holder = self.login(proxy), self.login(proxy)
        for of in (client, direct):
            of.send(messages.parse("b", "BEGIN"), messages.sync())
            of.until_ready()
        holder.hold_server()
        checkouts = proxy.metric("pgweir_pool_checkouts_total", result="immediate")

        def command(text="", name="", describe=True, rows=0):
            parts = [messages.parse("", text)] if text else []
            parts.append(messages.bind(statement=name))
            return [*parts, *([messages.describe_portal()] if describe else []), messages.execute(max_rows=rows)]

        for batch in (command("BEGIN"), command("SET TRANSACTION READ ONLY"), command("COMMIT", describe=False),
                      command(name="b", describe=False, rows=1), command("ROLLBACK"),
                      command("start transaction") + command("end") + command("BEGIN"), command("ABORT")):  # fmt: skip
            for of in (client, direct):
                of.send(*batch, messages.sync())
            self.assertEqual(client.until_ready(), direct.until_ready())
        self.assertEqual(proxy.metric("pgweir_pool_checkouts_total", result="immediate"), checkouts)
        holder.query("COMMIT")

    def test_it_takes_its_place_in_the_queue_with_its_first_statement(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        first = self.begun(proxy)
        holder = self.login(proxy)
        holder.hold_server()
        for position, client in enumerate((self.login(proxy), first)):
            client.send(messages.query("SELECT 'waited'"))
            self.wait_for_waiters(proxy, position + 1)
        holder.query("COMMIT")
        self.assertEqual(rows_of(first.until_ready()), [["waited"]])
        self.assertEqual(first.query("COMMIT")[-1].status, "I")

    def test_shown_as_in_a_transaction(self):
        proxy = self.pgweir()
        client = self.begun(proxy)
        row = next(row for row in proxy.show("CLIENTS") if row["database"] == DATABASE)
        self.assertIn(row["state"], ("active", "in_transaction"))
        self.assertFalse(int(row["link"] or "0", 16))
        client.query("COMMIT")

    def test_now_is_the_time_of_the_first_statement(self):
        proxy = self.pgweir()
        client, other = self.begun(proxy), self.login(proxy)
        between = other.value("SELECT clock_timestamp()")
        self.assertEqual(client.value(f"SELECT now() > '{between}'"), "t")
        began = client.value("SELECT now()")
        self.assertEqual(client.value("SELECT now()"), began)
        client.query("COMMIT")

    def test_it_is_a_transaction(self):
        self.postgres.sql("CREATE TABLE kept (n int); GRANT ALL ON kept TO app", database=DATABASE)
        client, other = self.begun(proxy := self.pgweir()), self.login(proxy)
        client.query("INSERT INTO kept VALUES (1)")
        self.assertEqual(other.value("SELECT count(*) FROM kept"), "0")
        client.query("ROLLBACK")
        client.query("BEGIN")
        client.send(messages.query("INSERT INTO kept VALUES (2)"), messages.query("COMMIT"), messages.query("BEGIN"))
        self.assertEqual([client.until_ready()[-1].status for _ in range(3)], ["T", "I", "T"])
        self.assertEqual(other.rows("SELECT n FROM kept"), [["2"]])
        client.query("ROLLBACK")

    def test_a_driver_that_begins_by_itself(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        connections = [psycopg2.connect(host="127.0.0.1", port=proxy.port, user=USER, dbname=DATABASE) for _ in range(5)]
        for connection in connections:
            connection.commit()
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL work_mem = '7MB'; SHOW work_mem")
                self.assertEqual(cursor.fetchone(), ("7MB",))
            connection.commit()
        for connection in connections:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                self.assertEqual(cursor.fetchone(), ("repeatable read",))
                cursor.execute("SHOW transaction_read_only")
                self.assertEqual(cursor.fetchone(), ("on",))
            connection.commit()
            connection.close()


class NoServer(DeferredCase):
    def test_waited_too_long(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "200ms"}}})
        holder = self.login(proxy)
        holder.hold_server()
        client = self.login(proxy)
        for ask in (client.query, lambda sql: self.ask(client, sql)):
            for end in ("ROLLBACK", "COMMIT", "abort", "END"):
                client.query("BEGIN")
                received = ask("SELECT 1")
                self.assertEqual((tags(received), received[-1].status), ("EZ", "E"))
                self.assertEqual(error_of(received).sqlstate, "53300")
                self.assert_failed_until_the_end(client, end)
        holder.query("COMMIT")
        self.assertEqual(client.value("SELECT 1"), "1")

    def test_full_queue(self):
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_length": 1}}})
        client, holder, waiter = self.begun(proxy), self.login(proxy), self.login(proxy)
        holder.hold_server()
        waiter.send(messages.query("SELECT 1"))
        self.wait_for_waiters(proxy, 1)
        received = client.query("SELECT 1")
        self.assertEqual((error_of(received).sqlstate, received[-1].status), ("53300", "E"))
        self.assert_failed_until_the_end(client)
        holder.query("COMMIT")
        waiter.until_ready()

    def test_postgresql_is_down(self):
        proxy = self.pgweir(database={"pool": {"queue": {"max_wait": "500ms"}}})
        client = self.login(proxy)
        client.query("SELECT 1")
        self.postgres.stop()
        try:
            client.query("BEGIN")
            received = client.query("SELECT 1")
            self.assertEqual((tags(received), received[-1].status), ("EZ", "E"))
            self.assert_failed_until_the_end(client)
        finally:
            self.postgres.start()

        def works():
            client.query("BEGIN")
            worked = error_of(client.query("SELECT 1")) is None
            self.assertEqual(client.query("COMMIT")[0].command, "COMMIT" if worked else "ROLLBACK")
            return worked

        self.wait_until(works, message="the next connect")

    def test_postgresql_comes_back_in_time(self):
        proxy = self.pgweir()
        client = self.begun(proxy)
        self.postgres.restart()
        self.assertEqual(client.value("SELECT 1"), "1")
        self.assertEqual(client.query("COMMIT")[0].command, "COMMIT")

    def test_its_server_is_lost_with_the_first_statement(self):
        proxy = self.pgweir()
        client = self.begun(proxy)
        client.send(messages.query("SELECT pg_sleep(60)"))
        (pid,) = self.wait_for_statement("pg_sleep(60)")
        self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        received = client.until_ready()
        self.assertEqual((error_of(received).sqlstate, received[-1].status), ("57P01", "E"))
        self.assert_failed_until_the_end(client, "COMMIT")

    def test_settings_cannot_be_applied(self):
        self.postgres.sql("CREATE ROLE passing; GRANT passing TO app")
        proxy = self.pgweir()
        client = self.login(proxy)
        client.query("SET ROLE passing")
        client.query("BEGIN")
        self.postgres.sql("DROP ROLE passing")
        for pid, _, _ in self.postgres.backends(DATABASE):
            self.postgres.sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        received = client.query("SELECT current_user")
        self.assertEqual((tags(received), received[-1].status), ("EZ", "E"))
        self.assert_failed_until_the_end(client)

    def test_what_a_server_does_behind_a_begin_that_fails(self):
        """What pgweir relies on when it sends both at once: nothing is executed without the transaction."""
        self.postgres.sql("CREATE TABLE skipped (n int); GRANT ALL ON skipped TO app", database=DATABASE)
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE, PASSWORD)
        client.send(messages.parse("", "BEGIN"), messages.bind("", "", ["too many"]), messages.execute(),
                    messages.query("INSERT INTO skipped VALUES (1)"))  # fmt: skip
        self.assertEqual(tags(client.until("E")), "1E")
        self.assertTrue(client.is_silent(0.3))
        client.send(messages.sync())
        self.assertEqual(client.receive().status, "I")
        self.assertEqual(client.value("SELECT count(*) FROM skipped"), "0")


class Cancelled(DeferredCase):
    def test_nothing_runs(self):
        client = self.begun(self.pgweir())
        client.cancel()
        self.assertEqual(client.value("SELECT 2"), "2")
        self.assertEqual(client.query("COMMIT")[0].command, "COMMIT")

    def test_while_its_first_statement_waits(self):
        proxy = self.pgweir(database={"pool": {"size": 1}})
        client, holder = self.begun(proxy), self.login(proxy)
        holder.hold_server()
        client.send(messages.query("SELECT 1"))
        self.wait_for_waiters(proxy, 1)
        client.cancel()
        received = client.until_ready()
        self.assertEqual((error_of(received).sqlstate, received[-1].status), ("57014", "E"))
        self.assert_failed_until_the_end(client)
        holder.query("COMMIT")

    def test_while_its_first_statement_runs(self):
        client = self.begun(self.pgweir())
        client.send(messages.query("SELECT pg_sleep(60)"))
        self.wait_for_statement("pg_sleep(60)")
        client.cancel()
        received = client.until_ready()
        self.assertEqual((error_of(received).sqlstate, received[-1].status), ("57014", "E"))
        self.assert_failed_until_the_end(client)

    def test_begin_itself_is_cancelled(self):
        # Whatever a cancel hits, the statement behind BEGIN is not executed by itself.
        self.postgres.sql("CREATE TABLE never (n int); GRANT ALL ON never TO app", database=DATABASE)
        proxy = self.pgweir()
        clients, done = [self.login(proxy) for _ in range(3)], threading.Event()

        def shoot():
            with self.postgres.connect() as connection, connection.cursor() as cursor:
                while not done.is_set():
                    cursor.execute(f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'")
            connection.close()

        shooter = threading.Thread(target=shoot)
        self.addCleanup(shooter.join)
        self.addCleanup(done.set)
        shooter.start()
        ended = time.monotonic() + 20
        while self.closed_for_begin(proxy) == 0 and time.monotonic() < ended:
            for _ in range(100):
                self.insert_and_roll_back(clients)
        done.set()
        shooter.join()
        self.assertEqual(self.postgres.value("SELECT count(*) FROM never", database=DATABASE), 0)

    @staticmethod
    def closed_for_begin(proxy):
        return proxy.metric("pgweir_server_disconnects_total", reason="state_failed")

    def insert_and_roll_back(self, clients):
        for client in clients:
            client.query("BEGIN")
            client.send(messages.query("INSERT INTO never VALUES (1)"))
        for client in clients:
            received = client.until_ready()
            cancelled = error_of(received)
            self.assertEqual(received[-1].status, "E" if cancelled else "T")
            if cancelled:
                self.assertEqual(cancelled.sqlstate, "57014")
            while client.query("ROLLBACK")[-1].status != "I":  # cancelled as well
                pass


class Timeouts(DeferredCase):
    def test_idle_in_transaction(self):
        client = self.begun(self.pgweir(database={"timeouts": {"idle_in_transaction": "200ms", "client_idle": "10s"}}))
        self.assertTrue(client.is_silent(0.5))
        received = client.query("SELECT 1")
        self.assertEqual((error_of(received).sqlstate, received[-1].status), ("25P03", "E"))
        self.assert_failed_until_the_end(client)

    def test_transaction(self):
        client = self.begun(self.pgweir(database={"timeouts": {"transaction": "300ms"}}))
        self.wait_until(lambda: client.query("")[-1].status == "E", timeout=5)
        self.assertEqual(error_of(client.query("SELECT 1")).sqlstate, "25P04")
        self.assert_failed_until_the_end(client, "COMMIT")

    def test_who_waits_is_not_idle(self):
        proxy = self.pgweir(database={"pool": {"size": 1},
                                      "timeouts": {"idle_in_transaction": "400ms", "client_idle": "300ms"}})  # fmt: skip
        deferred, idle, holder = self.begun(proxy), self.login(proxy), self.login(proxy)
        holder.send(messages.query("SELECT pg_sleep(0.8)"))
        self.wait_for_statement("pg_sleep(0.8)")
        for client in (deferred, idle):
            client.send(messages.query("SELECT 'waited'"))
        for client in (deferred, idle):
            self.assertEqual(rows_of(client.until_ready()), [["waited"]])
            if client is deferred:
                client.query("COMMIT")


class Shutdown(DeferredCase):
    def test_it_is_waited_for(self):
        proxy = self.pgweir(at_rest=False, shutdown={"grace": "20s"})
        nothing, something, idle = self.begun(proxy), self.begun(proxy), self.login(proxy)
        proxy.terminate()
        self.assertEqual(error_of(idle.until_closed(5)).sqlstate, "57P01")
        self.assertEqual(something.value("SELECT 'served'"), "served")
        for client in (something, nothing):
            self.assertTrue(client.is_silent(0.1))
            self.assertEqual(client.query("COMMIT")[0].command, "COMMIT")
            self.assertEqual(error_of(client.until_closed(5)).sqlstate, "57P01")
        self.assertEqual(proxy.wait(), 0)

    def test_grace_ends(self):
        proxy = self.pgweir(at_rest=False, shutdown={"grace": "300ms"})
        client = self.begun(proxy)
        proxy.terminate()
        self.assertEqual(error_of(client.until_closed(5)).sqlstate, "57P01")
        self.assertEqual(proxy.wait(), 0)


if __name__ == "__main__":
    unittest.main()
