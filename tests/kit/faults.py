"""A pgweir that is stopped at a fault point, what is done to others then, and what must be true behind it."""
import itertools
import pathlib
import signal
import socket
import threading

from . import messages
from .case import DATABASE, PASSWORD, USER, Case
from .fresh import leaks_of, look
from .rawclient import ConnectionClosed, RawClient
from .waiting import wait_until

LOST = ("57P01", "08006", "08007")
LISTENERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pgweir listener'"
KEEPERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pgweir cache'"


class Stop:
    """Waits for the process to be stopped by PGWEIR_FAULTS, does the harm, and lets it go on: while it is entered.

    with Stop(proxy, lambda: postgres.terminate(DATABASE)) as stop:
        ...
    stop.happened
    """

    def __init__(self, proxy, harm):
        self._proxy = proxy
        self._harm = harm
        self._over = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.happened = False

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _watch(self):
        while not self.happened and not self._over.wait(0.002):
            self.happened = self._is_stopped()
        if not self.happened:
            return
        try:
            self._harm()
        except Exception as error:  # pylint: disable=broad-except
            self._error = error  # the test's, when it leaves
        finally:
            self._proxy.process.send_signal(signal.SIGCONT)

    def _is_stopped(self):
        if self._proxy.process is None:
            return False  # not yet started
        status = pathlib.Path(f"/proc/{self._proxy.process.pid}/stat").read_text(encoding="utf-8")
        return status.rpartition(")")[2].split()[0] == "T"


class Writer:
    """A client each of whose rows says which settings it should have had, and which it had."""

    def __init__(self, case, proxy, **startup):
        self.case, self.proxy, self.startup = case, proxy, startup
        self.numbers = itertools.count(1000 * case.writers)
        case.writers += 1
        self.killed, self.status = False, "I"
        self.connect()

    def connect(self):
        self.client = self.case.login(self.proxy, **self.startup)
        self.wanted = {"TimeZone": "Etc/UTC", "work_mem": "4MB", "role": "none"} | self.startup

    def ask(self, sql, extended=False):
        """Whether it is known to have been done. Who is told nothing, or twice, is no good case."""
        batch = [messages.parse("", sql), messages.bind(), messages.execute(), messages.sync()]
        received, closed = [], False
        try:
            self.client.send(*(batch if extended else [messages.query(sql)]))
            while not received or received[-1].tag != "Z":
                received.append(self.client.receive())
        except (ConnectionClosed, OSError):
            closed = True
        errors = [one for one in received if one.tag == "E"]
        self.case.assertLessEqual(len(errors), 1, sql)
        for error in errors:
            self.case.assertIn(error.sqlstate, (*LOST, "25P02"), f"{sql}: {error.fields}")
        if closed:
            self.case.assertTrue(errors or self.killed, f"{sql}: closed without a word")
            self.client.close()
            self.connect()
        self.status = "I" if closed else received[-1].status
        rolled_back = any(one.tag == "C" and one.command == "ROLLBACK" for one in received)
        return not (errors or closed or rolled_back)

    def set(self, name, value, sql="SET {0} TO '{1}'"):
        if self.ask(sql.format(name, value)) and ("LOCAL" not in sql or self.status == "T"):
            self.wanted[name] = value

    def write(self, extended=False):
        shown = " || ' ' || ".join(f"current_setting('{name}')" for name in self.wanted)
        number, wanted = next(self.numbers), " ".join(self.wanted.values())
        if self.ask(f"INSERT INTO seen VALUES ({number}, '{wanted}', {shown})", extended):
            self.case.acknowledged.append(number)

    def try_to(self, sql):
        """What the one that is killed does, and nobody asks for its answer."""
        try:
            self.client.query(sql)
        except (ConnectionClosed, OSError):
            pass

    def hears(self, payload):
        """Until a notification with the payload, or the warning that some may have been missed."""
        while True:
            received = self.client.receive()
            if received.tag == "N" or received.tag == "A" and received.notification[2] == payload:
                return

    def kill(self):
        self.killed = True
        try:
            self.client.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has just left

    def leave(self):
        self.client.terminate()


class FaultCase(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres.create_role("tenant", options="NOLOGIN IN ROLE pg_monitor")
        cls.postgres.sql(f"GRANT tenant, pg_monitor TO {USER}")
        cls.postgres.sql("ALTER DATABASE app SET TimeZone TO 'Etc/UTC';"
                         "CREATE TABLE seen (number int, wanted text, had text); GRANT ALL ON seen TO PUBLIC;"
                         "CREATE FUNCTION sets(value text) RETURNS text LANGUAGE plpgsql AS"
                         " $$ BEGIN PERFORM set_config('work_mem', value, false); RETURN value; END $$",
                         database=DATABASE)  # fmt: skip
        with RawClient(cls.postgres.port) as client:
            client.startup(USER, DATABASE, PASSWORD)
            cls.fresh = look(client)

    def all_is_executed(self):
        """Nothing stands in a socket of PostgreSQL, and each of its processes waits for more."""
        port = f":{self.postgres.port:04X}"
        lines = pathlib.Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
        connections = [fields for line in lines if (fields := line.split())[1].endswith(port) and fields[3] == "01"]
        if any(int(fields[4].partition(":")[2], 16) for fields in connections):
            return False
        return not self.postgres.sql("SELECT FROM pg_stat_activity WHERE backend_type = 'client backend'"
                                     " AND pid <> pg_backend_pid() AND wait_event IS DISTINCT FROM 'ClientRead'")  # fmt: skip

    def servers_die(self):
        self.wait_until(self.all_is_executed, message="what was sent to be executed")
        self.moments.add(" ".join(query[:80] for _, _, query in self.postgres.backends(DATABASE)))
        self.postgres.terminate(DATABASE)

    def assert_clean(self, proxy, size):
        proxy.assert_at_rest()
        clients = [self.login(proxy) for _ in range(size)]
        self.assertEqual(leaks_of(clients, self.fresh), [])
        for client in clients:
            client.terminate()

    def sweep(self, point, scenario, size=1, harm=None, cache=None, **database):
        """The scenario, stopped once at each moment at which it comes to the point; what PostgreSQL did last then."""
        options = {} if cache is None else {"cache": cache}
        self.moments = set()
        for count in range(1, 200):
            self.postgres.sql("TRUNCATE seen", database=DATABASE)
            self.writers, self.acknowledged = 0, []
            proxy = self.pgweir(start=False, at_rest=False, database={"pool": {"size": size}} | database,
                                environment={"PGWEIR_FAULTS": f"{point}=stop:{count}"}, **options)  # fmt: skip
            with self.subTest(point=point, count=count):
                with Stop(proxy, lambda: (harm or self.servers_die)()) as stop:
                    proxy.start()
                    scenario(proxy)
                    proxy.assert_at_rest()
                if not stop.happened:
                    self.assertGreater(count, 1, "was never come to")
                    proxy.kill()
                    return self.moments
                self.assert_clean(proxy, size)
                rows = self.postgres.sql("SELECT number, wanted, had FROM seen ORDER BY number", database=DATABASE)
                self.assertEqual([row for row in rows if row[1] != row[2]], [], "foreign settings")
                numbers = [row[0] for row in rows]
                self.assertEqual(len(numbers), len(set(numbers)), "done twice")
                self.assertEqual(sorted(set(self.acknowledged) - set(numbers)), [], "acknowledged and not there")
            proxy.close()
        return self.moments

    def assert_met(self, moments, *texts):
        for text in texts:
            self.assertTrue(any(text in moment for moment in moments), f"never at {text}:\n" + "\n".join(sorted(moments)))
