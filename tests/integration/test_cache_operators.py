"""What operators see of the result cache, and do to it: the console's commands, and the command line's."""
import json
import shutil
import unittest

from kit import pgweir, processes
from kit.cache import CacheCase
from kit.case import DATABASE


class Operators(CacheCase):
    """A pgweir with a cache, and the console's own socket."""

    TEXT = "SELECT name FROM users WHERE id = 1"

    def setUp(self):
        super().setUp()
        self.directory = processes.temporary_directory("operators")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.socket = str(self.directory / "console")

    def serving(self, **cache):
        """Its cache serves."""
        return self.caching(admin={"socket": self.socket}, **cache)

    def run_command(self, *arguments):
        """(exit code, standard output, standard error)."""
        done = pgweir.run(*arguments, "--socket", self.socket)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments):
        """What the command says to a program."""
        code, output, errors = self.run_command(*arguments, "--json")
        self.assertEqual((code, errors), (0, ""), arguments)
        return json.loads(output)

    def domain(self, proxy):
        """The one row of SHOW CACHE."""
        (row,) = proxy.show("CACHE")
        return row


class Statistics(Operators):
    def test_a_row_for_the_cache_of_each_database(self):
        proxy = self.serving()
        client = self.login(proxy)
        self.warm(client, self.TEXT)
        row = self.domain(proxy)
        self.assertEqual((row["cache"], row["state"]), (f"127.0.0.1:{self.postgres.port}/{DATABASE}", "on"))
        self.assertEqual(int(row["hits"]), int(self.hits(proxy)))
        self.assertEqual(int(row["entries"]), int(proxy.metric("pgweir_cache_entries")))
        self.assertEqual(int(row["bytes"]), int(proxy.metric("pgweir_cache_bytes")))
        self.assertEqual(int(row["max_bytes"]), 64 * 1024 * 1024)
        self.assertGreaterEqual(int(row["entries"]), 2)
        written = int(row["written"])
        client.query("UPDATE users SET version = version + 1")
        self.assertGreater(int(self.domain(proxy)["written"]), written)

    def test_why_it_does_not_serve(self):
        proxy = self.serving()
        self.wait_until(lambda: self.domain(proxy)["state"] == "on", message="it to serve")
        other = self.pgweir(cache={"mode": "auto"})
        self.login(other).query("SELECT 1")
        self.wait_until(lambda: self.domain(proxy)["state"] == "another_pgweir", message="it to stop")
        self.assertEqual(self.domain(proxy)["entries"], "0")

    def test_without_a_cache_there_is_nothing_to_show(self):
        proxy = self.pgweir(admin={"socket": self.socket})
        self.login(proxy).query("SELECT 1")
        self.assertEqual(proxy.show("CACHE"), [])
        self.assertEqual(self.ask("cache", "stats"), [])

    def test_the_command(self):
        proxy = self.serving()
        self.warm(self.login(proxy), self.TEXT)
        shown = self.domain(proxy)
        (row,) = self.ask("cache", "stats")
        self.assertEqual({name: str(value) for name, value in row.items()}, shown)
        self.assertEqual(type(row["hits"]), int)
        code, output, _ = self.run_command("cache", "stats")
        self.assertEqual(code, 0)
        self.assertEqual([line.split() for line in output.splitlines()], [[name, value] for name, value in shown.items()])
        for arguments in ((), ("nonsense",), ("stats", "more")):
            self.assertEqual(self.run_command("cache", *arguments)[:2], (2, ""), arguments)


if __name__ == "__main__":
    unittest.main()
