"""What the tests of prepared statements have in common."""
from . import messages
from .case import DATABASE, Case
from .rawclient import error_of, rows_of, tags


class PreparedCase(Case):
    servers_of_pool, max_prepared = 2, 200

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Which server is lent next is certain with one worker only.
        cls.proxy = cls.class_pgweir(workers=1, databases={DATABASE: {
            "pool": {"size": cls.servers_of_pool}, "server": {"max_prepared": cls.max_prepared}}})  # fmt: skip

    def setUp(self):
        super().setUp()
        self.addCleanup(self.proxy.assert_at_rest)
        self.client = self.login(self.proxy)

    def ask(self, *parts, client=None):
        """All messages up to the ReadyForQuery of the Sync that is added."""
        client = client or self.client
        client.send(*parts, messages.sync())
        return client.until_ready()

    def prepare(self, name, sql, types=(), client=None):
        self.assertEqual(tags(self.ask(messages.parse(name, sql, types), client=client)), "1Z")

    def run_statement(self, name, values=(), client=None):
        return rows_of(self.ask(messages.bind("", name, values), messages.execute(), client=client))

    def on_other_server(self):
        """Keeps the most recently used server busy, so that the next statement gets the other one."""
        blocker = self.login(self.proxy)
        blocker.hold_server()
        return blocker

    def assert_error(self, received, sqlstate, pattern=None):
        self.assertEqual(error_of(received).sqlstate, sqlstate, error_of(received).fields)
        if pattern is not None:
            self.assertRegex(error_of(received).fields["M"], pattern)
