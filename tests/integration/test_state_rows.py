"""Whatever clients do to their sessions, in turns and on few servers: each is told what PostgreSQL itself would tell it,
and nobody finds what another one left."""
import importlib
import pkgutil
import unittest

import state_rows

from kit.rows import Rotation, RowsCase

ROWS = [row for module in pkgutil.iter_modules(state_rows.__path__)
        for row in importlib.import_module(f"state_rows.{module.name}").ROWS]  # fmt: skip


class StateRows(RowsCase):
    def check(self, row):
        expected, _ = self.play_directly(row)
        for rotates in (False, True):
            self.assertEqual(self.difference(row, expected, row.held, rotates, self.proxy_of), "")

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(ROWS), 200)
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS), "names are unique")

    def test_rotation_gives_a_client_another_server_each_time(self):
        proxy = self.proxy_of(2)
        with self.clients(proxy, 3) as (client, *others):
            rotation, pids = Rotation(proxy, others), []
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
