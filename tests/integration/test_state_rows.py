"""Whatever clients do to their sessions, in turns and on few servers: each is told what PostgreSQL itself would tell it,
and nobody finds what another one left."""
import importlib
import pkgutil
import unittest

import state_rows

from kit.case import DATABASE, PASSWORD, USER
from kit.rawclient import RawClient, error_of
from kit.route import Route
from kit.script import Player, first_difference

ROWS = [row for module in pkgutil.iter_modules(state_rows.__path__)
        for row in importlib.import_module(f"state_rows.{module.name}").ROWS]  # fmt: skip

VIRGIN = """SELECT (SELECT string_agg(name || '=' || setting, ',') FROM pg_settings
        WHERE source = 'session' AND setting IS DISTINCT FROM reset_val),
    (SELECT count(*) FROM pg_prepared_statements WHERE from_sql), (SELECT count(*) FROM pg_cursors WHERE is_holdable),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    (SELECT count(*) FROM pg_listening_channels()),
    (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()), current_user, session_user,
    current_setting('app.tenant', true), current_setting('search_path')"""
FRESH = [[None, "0", "0", "0", "0", "0", USER, USER, None, '"$user", public']]


class Rotation:
    """Two clients that hold a free server in turn, so that the next one who asks gets another one than last time."""

    def __init__(self, proxy, clients):
        self._proxy = proxy
        self._holds, self._waits = clients
        self._holding = False

    def turn(self):
        if int(self._proxy.show("POOLS")[0]["sv_idle"]) == 0:
            return
        self._waits.query("BEGIN")
        if self._holding:
            self._holds.query("COMMIT")
        self._holds, self._waits, self._holding = self._waits, self._holds, True

    def end(self):
        if self._holding:
            self._holds.query("COMMIT")
            self._holding = False


class StateRows(Route):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.sql("GRANT pg_monitor TO app")
        cls.proxies = {}

    @classmethod
    def proxy_of(cls, size):
        if size not in cls.proxies:
            cls.proxies[size] = cls.class_pgweir(
                auth={"method": "scram-sha-256", "users": cls.users()},
                databases={DATABASE: {"pool": {"size": size, "queue": {"max_wait": "5s"}}}})  # fmt: skip
        return cls.proxies[size]

    def client(self, port):
        client = RawClient(port)
        self.addCleanup(client.close)
        client.startup(USER, DATABASE, PASSWORD)
        return client

    def superuser(self, sql):
        self.postgres.sql(sql, database=DATABASE)

    def assert_fresh(self, proxy, size):
        proxy.assert_at_rest()
        clients = [self.client(proxy.port) for _ in range(size)]
        for client in clients:
            self.assertIsNone(error_of(client.query("BEGIN")))
        for client in clients:
            self.assertEqual(client.rows(VIRGIN), FRESH)
        for client in clients:
            client.query("COMMIT")
            client.terminate()

    def check(self, row):
        expected = Player(self.postgres.port, self.superuser).play(row)
        proxy = self.proxy_of(row.held)
        seen = Player(proxy.port, self.superuser).play(row)
        self.assertEqual(first_difference(expected, seen), "", "on as many servers as it needs")
        self.assert_fresh(proxy, row.held)
        more = self.proxy_of(row.held + 1)
        rotation = Rotation(more, [self.client(more.port) for _ in range(2)])
        seen = Player(more.port, self.superuser, rotation.turn).play(row)
        rotation.end()
        self.assertEqual(first_difference(expected, seen), "", "with one server more, in rotation")
        self.assert_fresh(more, row.held + 1)

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(ROWS), 200)
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS), "names are unique")

    def test_rotation_gives_a_client_another_server_each_time(self):
        proxy = self.proxy_of(2)
        rotation = Rotation(proxy, [self.client(proxy.port) for _ in range(2)])
        client, pids = self.client(proxy.port), []
        for _ in range(6):
            rotation.turn()
            pids.append(client.value("SELECT pg_backend_pid()"))
        rotation.end()
        self.assertEqual(len(set(pids[-4:])), 2, pids)


def _add_tests():
    for number, row in enumerate(ROWS):
        def test(self, row=row):
            self.check(row)

        test.__doc__ = row.name
        setattr(StateRows, f"test_{number:03}_{''.join(c if c.isalnum() else '_' for c in row.name)}", test)


_add_tests()

if __name__ == "__main__":
    unittest.main()
