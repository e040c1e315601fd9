"""Test cases that start what they need and leave nothing behind."""
import unittest

from .pgweir import Pgweir, merged
from .postgres import Postgres
from .rawclient import RawClient
from .waiting import wait_until

USER = DATABASE = "app"
PASSWORD = "app's secret: 100%"  # with what a URL, a YAML file and SQL each have to quote


class Case(unittest.TestCase):
    """One PostgreSQL for the class, with the role and the database `app`; a pgweir in front of it for each test that
    asks, and when the test ends nothing may be held in it."""

    postgres_options = {}  # arguments of Postgres
    longMessage = True
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres = Postgres(**cls.postgres_options)
        cls.addClassCleanup(cls.postgres.close)
        cls.postgres.start()
        cls.postgres.create_role(USER, PASSWORD)
        cls.postgres.create_database(DATABASE, USER)

    @classmethod
    def config(cls, **changes):
        """A configuration with trust in front of cls.postgres, in transaction mode with four servers. Changes are laid
        over it, mapping by mapping."""
        base = {
            "auth": {"method": "trust"},
            "databases": {
                DATABASE: {"upstream": cls.upstream(), "pool": {"mode": "transaction", "size": 4}},
            },
        }
        return merged(base, changes)

    @classmethod
    def upstream(cls, port=None):
        """The URL of the database `app`; `port` for something between pgweir and PostgreSQL."""
        return cls.postgres.url(USER, PASSWORD, DATABASE, port)

    @classmethod
    def class_pgweir(cls, **changes):
        """A running pgweir for all tests of the class."""
        proxy = Pgweir(cls.config(**changes))
        cls.addClassCleanup(proxy.close)
        return proxy.start()

    def pgweir(self, *, start=True, at_rest=True, arguments=(), environment=None, database=None, **changes):
        """A running pgweir for this test. `database` is laid over the one database of config(). at_rest=False where the
        test itself takes it down."""
        if database is not None:
            changes = merged(changes, {"databases": {DATABASE: database}})
        proxy = Pgweir(self.config(**changes), arguments=arguments, environment=environment)
        self.addCleanup(proxy.close)
        if at_rest:
            self.addCleanup(self._assert_at_rest, proxy)
        return proxy.start() if start else proxy

    @staticmethod
    def _assert_at_rest(proxy):
        if proxy.process is not None:
            proxy.assert_at_rest()

    def raw(self, port):
        """A raw client that is connected and has said nothing yet; closed when the test ends."""
        client = RawClient(port)
        self.addCleanup(client.close)
        return client

    def login(self, proxy, user=USER, database=None, password=None, **parameters):
        """A raw client that is logged in; closed when the test ends."""
        client = self.raw(proxy.port)
        client.startup(user, database or DATABASE, password, **parameters)
        return client

    def servers(self):
        """How many client connections PostgreSQL has to the database."""
        return len(self.postgres.backends(DATABASE))

    def running(self, text=""):
        """The server process of each active statement that contains the text."""
        return [pid for pid, state, query in self.postgres.backends(DATABASE) if state == "active" and text in query]

    def wait_for_statement(self, text):
        """Until PostgreSQL runs a statement that contains the text."""
        return self.wait_until(lambda: self.running(text), message=f"PostgreSQL to run {text}")

    def wait_until(self, condition, timeout=30.0, message="the condition"):
        return wait_until(condition, timeout, message)
