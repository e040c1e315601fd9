"""app/tasks under uvicorn: a web service with a pool of its own, which knows nothing of a pooler."""
import contextlib
import itertools
import signal
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from kit import processes
from kit.case import DATABASE, PASSWORD, USER
from kit.route import DirectRoute, SessionRoute, TransactionRoute
from kit.tasks_service import Service

POOL, OVERFLOW = 5, 10  # SQLAlchemy's defaults
NO_SUCH_USER = {"error": "no_such_user"}
IMPATIENT = """
import sys, uvicorn, tasks.main
tasks.main.database.pool._timeout = 0.3
uvicorn.main(sys.argv[1:])
"""


class TasksTests:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.proxy is not None:
            cls.addClassCleanup(cls.proxy.assert_at_rest)  # once the service has gone
        cls.service = Service(cls.postgres.url(USER, PASSWORD, DATABASE, cls.port))
        cls.addClassCleanup(cls.service.close)
        replicas = [cls.service.run("tasks.schema") for _ in range(2)]
        cls.service.start()
        for replica in replicas:
            output, _ = replica.communicate(timeout=60)
            processes.finish(replica)
            if replica.returncode != 0:
                raise RuntimeError(f"tasks.schema ended with {replica.returncode}:\n{output}")

    def setUp(self):
        super().setUp()
        if self.service.process is None:
            self.service.start()
        self.postgres.sql("TRUNCATE hits; TRUNCATE users, tasks RESTART IDENTITY; UPDATE counter SET value = 0",
                          database=DATABASE)  # fmt: skip

    def _check_proxy(self):
        # Not yet at rest: in session mode the service's idle connections have servers.
        self.proxy.check_log()
        self.assertLessEqual(self.servers(), self.pool["size"])

    def finish(self, process):
        """(exit code, what it printed)"""
        output, _ = process.communicate(timeout=60)
        processes.finish(process)
        return process.returncode, output

    @contextlib.contextmanager
    def locked_counter(self):
        """While the block runs no hit gets further than its UPDATE."""
        connection = self.postgres.connect(DATABASE)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("BEGIN; SELECT FROM counter FOR UPDATE")
            yield

    def stored(self):
        """(the counter's value, the set of ids), past the service and what is in front of PostgreSQL."""
        ids = {id for (id,) in self.postgres.sql("SELECT id FROM hits", database=DATABASE)}
        return self.postgres.value("SELECT value FROM counter", database=DATABASE), ids

    def assert_count(self, number):
        self.assertEqual(self.service.count(), {"value": number, "ids": number})

    def test_hit(self):
        status, answer = self.service.post("/hit", "the first")
        self.assertEqual((status, answer), (200, {"id": "the first", "counted": True}))
        ids = {self.service.post("/hit")[1]["id"] for _ in range(3)}
        self.assertEqual(len(ids), 3)
        self.assert_count(4)

    def test_repeated_id_counts_once(self):
        answers = [self.service.post(path, "again") for path in ("/hit", "/hit", "/hit-naive")]
        self.assertEqual([status for status, _ in answers], [200] * 3)
        self.assertEqual([answer["counted"] for _, answer in answers], [True, False, False])
        self.assert_count(1)

    def test_repeated_id_at_the_same_time_counts_once(self):
        with ThreadPoolExecutor(10) as threads:
            answers = list(threads.map(lambda _: self.service.post("/hit", "together"), range(20)))
        self.assertEqual({status for status, _ in answers}, {200})
        self.assertEqual(sum(answer["counted"] for _, answer in answers), 1)
        self.assert_count(1)

    def test_naive_hit_alone(self):
        for number in range(3):
            self.assertEqual(self.service.post("/hit-naive", f"{number}")[0], 200)
        self.assert_count(3)

    def test_many_hits_at_once(self):
        with self.limited_servers(), ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda number: self.service.post("/hit", f"{number}"), range(200)))
        self.assertEqual({status for status, _ in answers}, {200})
        self.assert_count(200)

    def test_bad_requests(self):
        self.assertEqual(self.service.post("/hit", "x" * 201)[0], 422)
        self.assertEqual(self.service.get("/hit")[0], 405)
        self.assertEqual(self.service.get("/nothing/here")[0], 404)
        self.assertGreater(self.service.metric("tasks_requests_total", path="other", status="404"), 0)
        self.assert_count(0)

    def test_a_user_is_made_changed_and_read(self):
        self.assertEqual(self.service.get_json("/user/1"), (404, NO_SUCH_USER))
        made = {"id": 1, "version": 1, "name": "Ada"}
        self.assertEqual(self.service.change(name="Ada"), (200, made))
        self.assertEqual(self.service.get_json("/user/1"), (200, made))
        changed = {"id": 1, "version": 2, "name": "Ada Lovelace, Gräfin"}
        self.assertEqual(self.service.change(id=1, name=changed["name"]), (200, changed))
        self.assertEqual(self.service.get_json("/user/1"), (200, changed))
        self.assertEqual(self.service.change(id=1, name=changed["name"])[1]["version"], 3)  # a change all the same
        self.assertEqual(self.service.change(name="Ada")[1]["id"], 2)
        self.assertEqual(self.service.change(id=3, name="Nobody"), (404, NO_SUCH_USER))
        self.assertEqual(self.stored_users(), [(1, 3, changed["name"]), (2, 1, "Ada")])

    def test_changes_at_once_have_a_version_each(self):
        self.service.change(name="the first")
        with self.limited_servers(), ThreadPoolExecutor(10) as threads:
            answers = list(threads.map(lambda number: self.service.change(id=1, name=f"{number}"), range(60)))
        self.assertEqual({status for status, _ in answers}, {200})
        self.assertEqual(sorted(user["version"] for _, user in answers), list(range(2, 62)))
        last = max((user for _, user in answers), key=lambda user: user["version"])
        self.assertEqual(self.service.get_json("/user/1"), (200, last))

    def test_summary(self):
        self.service.change(name="Ada")
        self.service.change(name="Grace")
        nothing = {"tasks": 0, "done": 0, "seconds": 0, "median_seconds": None, "p95_seconds": None}
        self.assertEqual(self.service.get_json("/user/1/summary"), (200, {"id": 1, "version": 1, "name": "Ada"} | nothing))
        self.postgres.sql("INSERT INTO tasks (user_id, title, state, seconds) VALUES (1, 'a', 'done', 10),"
                          " (1, 'b', 'open', 20), (1, 'c', 'done', 60), (2, 'd', 'doing', 1000)",
                          database=DATABASE)  # fmt: skip
        some = {"tasks": 3, "done": 2, "seconds": 90, "median_seconds": 20, "p95_seconds": 56}
        self.assertEqual(self.service.get_json("/user/1/summary"), (200, {"id": 1, "version": 1, "name": "Ada"} | some))
        self.service.change(id=1, name="Lady Ada")
        self.assertEqual(self.service.get_json("/user/1/summary"),
                         (200, {"id": 1, "version": 2, "name": "Lady Ada"} | some))  # fmt: skip
        self.assertEqual(self.service.get_json("/user/3/summary"), (404, NO_SUCH_USER))
        self.assertGreaterEqual(self.service.metric("tasks_requests_total", path="/user/{id}/summary", status="200"), 3)

    def test_bad_users(self):
        for user in ({}, {"id": 1}, {"name": None}, {"name": "x" * 201}, {"name": "a\0b"}, {"name": "\ud800"},
                     {"id": 0, "name": "x"}, {"id": 2**63, "name": "x"}, {"id": "one", "name": "x"}):  # fmt: skip
            self.assertEqual(self.service.change(**user)[0], 422, user)
        for id in ("0", "one", "-1", f"{2**63}"):
            self.assertEqual(self.service.get(f"/user/{id}")[0], 422, id)
            self.assertEqual(self.service.get(f"/user/{id}/summary")[0], 422, id)
        self.assertEqual(self.service.get(f"/user/{2**63 - 1}")[0], 404)
        self.assertEqual(self.stored_users(), [])

    def stored_users(self):
        return self.postgres.sql("SELECT id, version, name FROM users ORDER BY id", database=DATABASE)

    def test_data_is_loaded_once(self):
        loading = [self.service.run("tasks.data", "--users", "7", "--tasks", "11") for _ in range(2)]
        self.assertEqual(sorted(map(self.finish, loading)),
                         [(0, "7 users with 11 tasks each\n"), (0, "there are users: nothing is loaded\n")])  # fmt: skip
        self.assertEqual(self.postgres.sql("SELECT user_id, count(*) FROM tasks GROUP BY 1 ORDER BY 1", database=DATABASE),
                         [(id, 11) for id in range(1, 8)])  # fmt: skip
        self.assertEqual(self.service.get_json("/user/7")[1], {"id": 7, "version": 1, "name": "user 7"})
        status, summary = self.service.get_json("/user/7/summary")
        self.assertEqual((status, summary["tasks"], summary["done"]), (200, 11, 6))
        self.assertEqual(self.service.change(name="one more")[1]["id"], 8)

    def test_metrics_move(self):
        def look():
            return [self.service.metric("tasks_requests_total", path="/hit", status="200"),
                    self.service.metric("tasks_request_duration_seconds_count", path="/hit"),
                    self.service.metric("tasks_request_duration_seconds_bucket", path="/hit", le="+Inf")]  # fmt: skip

        before = look()
        for _ in range(3):
            self.service.post("/hit")
        self.assertEqual(look(), [value + 3 for value in before])
        self.assertEqual(self.service.metric("tasks_pool_size"), POOL)

    def test_metrics_show_who_waits_for_the_pool(self):
        def look():
            return [self.service.metric(f"tasks_pool_{name}")
                    for name in ("connections_in_use", "waiting_requests", "connections_idle")]  # fmt: skip

        with ThreadPoolExecutor(25) as threads:
            with self.locked_counter():
                hits = [threads.submit(self.service.post, "/hit") for _ in range(25)]
                busy = [POOL + OVERFLOW, 10, 0]
                self.wait_until(lambda: look() == busy, 10, lambda: f"{busy}, seen: {look()}")
            self.assertEqual([hit.result()[0] for hit in hits], [200] * 25)
        self.wait_until(lambda: look() == [0, 0, POOL], 10, lambda: f"an idle pool, seen: {look()}")
        self.assert_count(25)

    def outage(self, service):
        """PostgreSQL is stopped under load, for long enough that hits fail, and started again."""
        numbers = itertools.count()
        answers = []  # (status, id)
        done = threading.Event()

        def work():
            while not done.is_set():
                id = f"{next(numbers)}"
                answers.append((service.post("/hit", id)[0], id))

        def answered(status, since):
            found = [each for each, _ in answers[since:]]
            if not set(found) <= {200, 503}:
                self.fail(f"{set(found)}:\n{service.log()[-3000:]}")
            return found.count(status) >= 10

        with ThreadPoolExecutor(10) as threads:
            workers = [threads.submit(work) for _ in range(10)]
            try:
                self.wait_until(lambda: answered(200, 0))
                self.postgres.stop()
                stopped = len(answers)
                try:
                    self.wait_until(lambda: answered(503, stopped))
                    self.assertEqual(service.get("/healthz")[0], 200)
                finally:
                    self.postgres.start()
                started = len(answers)
                self.wait_until(lambda: answered(200, started))
            finally:
                done.set()
            for worker in workers:
                worker.result()
        self.assertEqual({status for status, _ in answers}, {200, 503})
        failures = sum(service.metric("tasks_database_failures_total", reason=reason)
                       for reason in ("refused", "unavailable"))  # fmt: skip
        self.assertEqual(failures, sum(status == 503 for status, _ in answers))
        self.assertIn("POST /hit: 503 ", service.log())
        # What was answered with 200 is there. What was not may be: the answer to its COMMIT was lost.
        value, there = self.stored()
        self.assertEqual(value, len(there))
        self.assertLessEqual({id for status, id in answers if status == 200}, there)
        for id in {id for status, id in answers if status == 503}:
            self.assertEqual(service.post("/hit", id), (200, {"id": id, "counted": id not in there}), service.log()[-3000:])
        self.assertEqual(self.stored()[0], len(answers))

    def test_sigterm_with_a_request_under_way(self):
        for _ in range(3):
            self.service.post("/hit")
        with ThreadPoolExecutor(1) as threads:
            with self.locked_counter():
                hit = threads.submit(self.service.post, "/hit", "the last")
                self.wait_for_statement("UPDATE counter")
                self.service.process.send_signal(signal.SIGTERM)
                self.wait_until(self._refuses, message="the service to stop listening")
            self.assertEqual(hit.result()[0], 200)
        self.assertEqual(self.service.wait(), 0, self.service.log())
        self.wait_until(lambda: self.connections() == 0, 5, "the connections' end")
        value, there = self.stored()
        self.assertEqual((value, len(there)), (4, 4))

    def _refuses(self):
        try:
            self.service.get("/healthz")
        except ConnectionError:
            return True
        return False

    def connections(self):
        """Those of the service, to whatever is behind its URL."""
        return self.servers() if self.proxy is None else self.proxy.metric("pgweir_client_connections")


class Direct(TasksTests, DirectRoute):
    def test_postgres_goes_and_comes_back(self):
        self.outage(self.service)

    def test_no_connection_to_be_had(self):
        # One whose pool waits for less than SQLAlchemy's 30 seconds.
        service = Service(self.service.environment["DATABASE_URL"], ("-c", IMPATIENT, "tasks.main:app"))
        self.addCleanup(service.close)
        service.start()
        self.postgres.sql(f"ALTER ROLE {USER} CONNECTION LIMIT 0")
        try:
            self.assertEqual(service.post("/hit", "refused"), (503, {"error": "refused"}))
        finally:
            self.postgres.sql(f"ALTER ROLE {USER} CONNECTION LIMIT -1")
        self.assertEqual(service.metric("tasks_database_failures_total", reason="refused"), 1)
        self.assertIn("POST /hit: 503 refused: TooManyConnectionsError: ", service.log())
        self.assertEqual(service.post("/hit", "refused"), (200, {"id": "refused", "counted": True}))

        with ThreadPoolExecutor(POOL + OVERFLOW) as threads:
            with self.locked_counter():
                hits = [threads.submit(service.post, "/hit") for _ in range(POOL + OVERFLOW)]
                self.wait_until(lambda: service.metric("tasks_pool_connections_in_use") == POOL + OVERFLOW)
                self.assertEqual(service.post("/hit"), (503, {"error": "pool_timeout"}))
            self.assertEqual([hit.result()[0] for hit in hits], [200] * len(hits))
        self.assertEqual(service.metric("tasks_database_failures_total", reason="pool_timeout"), 1)
        self.assertIn("POST /hit: 503 pool_timeout: ", service.log())
        self.assert_count(1 + POOL + OVERFLOW)

    def test_schema_is_left_as_it_is(self):
        self.service.post("/hit")
        self.assertEqual(self.finish(self.service.run("tasks.schema")), (0, ""))
        self.assert_count(1)


class Transaction(TasksTests, TransactionRoute):
    def test_postgres_goes_and_comes_back(self):
        # Shorter than pool.queue.max_wait: hits wait.
        self.service.post("/hit")
        with ThreadPoolExecutor(3) as threads:
            self.postgres.stop()
            try:
                hits = [threads.submit(self.service.post, "/hit") for _ in range(3)]
                self.wait_until(lambda: self.proxy.metric("pgweir_pool_waiting_clients") > 0)
                self.assertEqual(self.service.get("/healthz")[0], 200)
            finally:
                self.postgres.start()
            self.assertEqual([hit.result()[0] for hit in hits], [200] * 3)
        self.assert_count(4)

    # For asyncpg a BEGIN that was answered with an error is still the outermost transaction of that connection, so it
    # sends SAVEPOINT ever after; therefore BEGIN succeeds and the first statement is refused.
    def test_postgres_goes_for_longer_than_the_queue_allows(self):
        proxy = self.pgweir(database={"pool": {"queue": {"max_wait": "500ms"}}})
        service = Service(self.postgres.url(USER, PASSWORD, DATABASE, proxy.port))
        self.addCleanup(service.close)
        self.outage(service.start())


class Session(TasksTests, SessionRoute):
    # A server for each connection of the service's pool; and not 30 s of patience, for the test that stops PostgreSQL.
    pool = SessionRoute.pool | {"size": POOL + OVERFLOW, "queue": {"max_wait": "1s"}}

    def test_postgres_goes_and_comes_back(self):
        self.outage(self.service)


if __name__ == "__main__":
    unittest.main()
