"""The same test three ways: directly on PostgreSQL (the oracle), through pgweir in transaction and in session mode.

    class PsqlTests: ...test methods that use self.port...
    class Direct(PsqlTests, DirectRoute): pass
    class Transaction(PsqlTests, TransactionRoute): pass
    class Session(PsqlTests, SessionRoute): pass
"""
import contextlib
import subprocess
import threading

from .case import DATABASE, PASSWORD, USER, Case
from .postgres import HOST, clean_environment


class Route(Case):
    """SCRAM-SHA-256 on both sides, as an application would use it."""

    postgres_options = {"auth": "scram-sha-256"}
    pool = None  # of the database; None: directly on PostgreSQL
    proxy = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = cls.postgres.port
        if cls.pool is not None:
            cls.proxy = cls.class_pgweir(
                auth={"method": "scram-sha-256", "users": cls.users()}, databases={DATABASE: {"pool": cls.pool}}
            )
            cls.port = cls.proxy.port

    @classmethod
    def users(cls):
        return {USER: {"password": PASSWORD}, "operator": {"password": "of the console"}}

    def setUp(self):
        super().setUp()
        if self.proxy is not None:
            self.addCleanup(self._check_proxy)

    def _check_proxy(self):
        self.proxy.assert_at_rest()
        self.proxy.check_log()
        self.assertLessEqual(self.servers(), self.pool["size"])

    @contextlib.contextmanager
    def limited_servers(self):
        """Looks, again and again while the block runs, how many connections PostgreSQL has: never more than the pool's
        size, whatever the number of clients."""
        limit = self.pool["size"] if self.pool else None
        peak, done = 0, threading.Event()

        def watch():
            nonlocal peak
            connection = self.postgres.connect(DATABASE)
            with connection.cursor() as cursor:
                while not done.wait(0.01):
                    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
                                   " AND application_name <> 'pgweir listener'", (USER,))
                    peak = max(peak, cursor.fetchone()[0])
            connection.close()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
        self.assertGreater(peak, 0)
        if limit is not None:
            self.assertLessEqual(peak, limit, "server connections at once")

    @property
    def parameters(self):
        """Connection parameters under libpq's names."""
        return {"host": HOST, "port": self.port, "user": USER, "password": PASSWORD, "dbname": DATABASE}

    @property
    def environment(self):
        """The same for programs that use libpq, and for node."""
        return clean_environment() | {
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": DATABASE,
        }

    def run_program(self, *command, input=None, check=True, timeout=120, **options):
        """Standard output and error together, as text; its failure is the test's unless check=False."""
        done = subprocess.run(command, input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=self.environment, timeout=timeout, check=False, **options)  # fmt: skip
        if check:
            self.assertEqual(done.returncode, 0, f"{' '.join(map(str, command))}:\n{done.stdout}")
        return done.stdout


class DirectRoute(Route):
    pass


class TransactionRoute(Route):
    pool = {"mode": "transaction", "size": 2}


class SessionRoute(Route):
    pool = {"mode": "session", "size": 10}
