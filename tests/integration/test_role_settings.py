"""What ALTER ROLE and ALTER DATABASE set is what every session has that begins afterwards, whichever server it is lent."""
import unittest

from kit.case import DATABASE, USER, Case
from kit.rawclient import rows_of

SERVERS = 3


class RoleSettings(Case):
    def setUp(self):
        super().setUp()
        self.proxy = self.pgweir(database={"pool": {"size": SERVERS}})
        self.addCleanup(self.postgres.sql, f"ALTER ROLE {USER} RESET ALL")
        self.addCleanup(self.postgres.sql, f"ALTER DATABASE {DATABASE} RESET ALL")
        self.old = [self.login(self.proxy) for _ in range(SERVERS)]

    def on_each_server(self, clients, query):
        """What each client is told, all of them in a transaction at once."""
        for client in clients:
            client.query("BEGIN")
        told = [client.value(query) for client in clients]
        for client in clients:
            client.query("COMMIT")
        return told

    def newcomers(self, query):
        clients = [self.login(self.proxy) for _ in range(SERVERS)]
        told = self.on_each_server(clients, query)
        for client in clients:
            client.close()
        return told

    def pids(self):
        return set(self.on_each_server(self.old, "SELECT pg_backend_pid()"))

    def test_through_pgweir_it_holds_at_once(self):
        before = self.pids()
        self.assertEqual(len(before), SERVERS)
        self.old[0].query(f"ALTER ROLE {USER} SET work_mem = '5MB'")
        self.assertEqual(self.newcomers("SHOW work_mem"), ["5MB"] * SERVERS)
        self.assertFalse(before & self.pids())
        self.old[1].query(f"ALTER ROLE {USER} RESET work_mem")
        self.assertEqual(self.newcomers("SHOW work_mem"), ["4MB"] * SERVERS)

    def test_where_every_server_is_in_use_nobody_waits_to_be_let_in(self):
        proxy = self.pgweir(database={"pool": {"size": 1}}, listen={"login_timeout": "1s"})
        holder = self.login(proxy)
        holder.query("SELECT pg_advisory_lock(1)")
        holder.query("CREATE TABLE changed (); DROP TABLE changed")
        newcomer = self.login(proxy)
        holder.query("SELECT pg_advisory_unlock(1)")
        self.assertEqual(newcomer.value("SHOW work_mem"), "4MB")

    def test_a_transaction_under_way_goes_on_with_its_server(self):
        busy = self.old[0]
        self.pids()
        busy.query("BEGIN")
        pid = busy.value("SELECT pg_backend_pid()")
        self.old[1].query(f"ALTER ROLE {USER} SET work_mem = '5MB'")
        self.assertEqual([self.login(self.proxy).value("SHOW work_mem") for _ in range(2)], ["5MB"] * 2)
        self.assertEqual(rows_of(busy.query("SELECT pg_backend_pid(), current_setting('work_mem')")), [[pid, "4MB"]])
        busy.query("COMMIT")
        self.assertNotIn(pid, self.pids())
        self.assertEqual(self.newcomers("SHOW work_mem"), ["5MB"] * SERVERS)

    def test_a_server_that_was_busy_and_is_asked_nothing(self):
        pinned, busy = self.old[:2]
        pinned.query("CREATE TEMP TABLE keeps (a int)")
        busy.query("BEGIN")
        busy.query("SELECT 1")
        pinned.query(f"ALTER ROLE {USER} SET work_mem = '5MB'")
        self.assertEqual(self.login(self.proxy).value("SHOW work_mem"), "5MB")  # by a server that is opened for it
        busy.query("COMMIT")
        two = [self.login(self.proxy) for _ in range(SERVERS - 1)]
        self.assertEqual(self.on_each_server(two, "SHOW work_mem"), ["5MB"] * len(two))

    def test_rolled_back_it_replaces_nothing(self):
        before = self.pids()
        self.old[0].query(f"BEGIN; ALTER ROLE {USER} SET work_mem = '5MB'; ROLLBACK")
        self.assertEqual(self.newcomers("SHOW work_mem"), ["4MB"] * SERVERS)
        self.assertEqual(self.pids(), before)

    def test_what_is_reported_stays_for_who_was_there(self):
        was = self.old[0].value("SHOW TimeZone")
        self.pids()
        self.old[0].query(f"ALTER ROLE {USER} SET TimeZone = 'Asia/Tokyo'")
        self.assertEqual(self.newcomers("SHOW TimeZone"), ["Asia/Tokyo"] * SERVERS)
        self.assertEqual(self.on_each_server(self.old, "SHOW TimeZone"), [was] * SERVERS)

    def test_past_pgweir_it_is_noticed(self):
        self.pids()
        self.postgres.sql(f"ALTER DATABASE {DATABASE} SET work_mem = '6MB'")
        self.wait_until(lambda: self.login(self.proxy).value("SHOW work_mem") == "6MB", message="the change to be seen")
        self.assertEqual(self.newcomers("SHOW work_mem"), ["6MB"] * SERVERS)

    def test_what_a_session_is_now_changes_nothing(self):
        # Read in LATIN1, and by who is somebody else meanwhile.
        self.old[0].query(f"ALTER ROLE {USER} SET app.title = 'caf\u00e9'")
        before = self.pids()
        for client, how in zip(self.old, ("SET client_encoding = LATIN1", "SET search_path = nowhere",
                                          "SET standard_conforming_strings = off"), strict=True):  # fmt: skip
            client.query(how)
        self.old[0].query("CREATE TABLE noticed (a int); DROP TABLE noticed")  # so that each server is asked anew
        self.assertEqual(self.pids(), before)


if __name__ == "__main__":
    unittest.main()
