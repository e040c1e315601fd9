"""What is measured: each scene is a list of cases, each case a list of contenders that run it in turn."""
import time
from typing import Callable, NamedTuple

from . import load, machine, servers
from .servers import MAX_CONNECTIONS, RELEASE

SIZE = 20  # server connections of each pool, and clients where nobody has to wait
IDLE_CLIENTS = 2000
STATEMENTS = 20  # of a pipeline, per Sync
CROWD = 1000  # clients of a stampede

DIRECT, FLOOR, PGBOUNCER, PGWEIR, PGWEIR_2 = "direct", "byte relay floor", "PgBouncer", "pgweir", "pgweir, 2 workers"
UNTRACKED = "pgweir that looks at no text"
PGPOOL = "Pgpool-II, its cache"
CACHED, SHARED = "pgweir, cache in memory", "pgweir, cache with Redis"
CACHES = {CACHED: ("cached", {"mode": "auto"}), SHARED: ("shared", {"mode": "auto", "redis": {}})}


class Measurement(NamedTuple):
    case: str
    contender: str
    run: Callable[[float], dict]  # seconds -> values by name


class Lab:
    """The servers under test, each started when a scene first asks for it."""

    def __init__(self, servers):
        self._servers = servers
        self._started = {}

    def _once(self, name, start):
        if name not in self._started:
            self._started[name] = start()
        return self._started[name]

    @property
    def postgres(self):
        return self._once("postgres", self._servers.postgres)

    @property
    def stub(self):
        return self._once("stub", lambda: self._servers.program(RELEASE / "bench" / "stub_server"))

    def contender(self, name):
        if name == DIRECT:
            return self.postgres
        if name == FLOOR:
            return self._once(name, lambda: self._servers.relay(RELEASE / "bench" / "relay_bare", self.postgres))
        return self._once(name, lambda: self.fresh(name, self.postgres))

    def before_stub(self, name):
        return self._once((name, "stub"), lambda: self.fresh(name, self.stub))

    @property
    def redis(self):
        return self._once("redis", self._servers.redis)

    def script(self, name, text):
        return self._once(("script", name), lambda: self._servers.script(name, text))

    def caching(self, name):
        """Each on a database of its own: on one of them only one would serve."""
        return self._once(name, lambda: self._start_caching(name))

    def _start_caching(self, name):
        database, settings = CACHES[name]
        if "redis" in settings:
            settings = settings | {"redis": {"url": f"redis://127.0.0.1:{self.redis.port}/0"}}
        self._servers.copy_database(self.postgres.port, database)
        server = self._servers.pgweir(self.postgres.port, SIZE, database=database, cache=settings)
        load.wait_for_cache(server.port)
        return server

    def fresh(self, name, upstream):
        if name == PGBOUNCER:
            return self._servers.pgbouncer(upstream.port, SIZE)
        if name == PGPOOL:
            return self._servers.pgpool(upstream, SIZE)
        return self._servers.pgweir(upstream.port, SIZE, workers=2 if name == PGWEIR_2 else 1,
                                    build=servers.UNTRACKED if name == UNTRACKED else RELEASE)

    def stop(self, server):
        self._servers.stop(server)


def with_cpu(server, operations):
    """Runs `operations`, which returns (count, values), and adds the CPU time that each took of the server."""
    before = server.cpu_seconds() if server.pid else 0
    count, values = operations()
    if server.pid and count:
        values["cpu_us"] = (server.cpu_seconds() - before) * 1e6 / count
    return values


def by_pgbench(server, seconds, **options):
    def operations():
        count, rate = load.pgbench(server.port, clients=SIZE, seconds=max(1, round(seconds)), **options)
        return count, {"rate": rate}
    return with_cpu(server, operations)


def by_load_clients(server, seconds, clients, batch=0):
    with load.LoadClients(server.port, clients, batch) as crowd:
        if crowd.ready < clients:
            return {"refused": clients - crowd.ready}
        crowd.run(0.3)  # every server connection open, every buffer grown

        def operations():
            got = crowd.run(seconds)
            if got["errors"] or got["lost"]:
                raise RuntimeError(f"{got['errors']} errors, {got['lost']} clients lost with {clients} clients")
            return got["queries"], {"rate": got["queries"] / got["seconds"], "p50_us": got["p50_us"],
                                    "p99_us": got["p99_us"]}
        return with_cpu(server, operations)


def idle_memory(lab, name):
    """Bytes that each idle client costs a fresh process: logged in, and after it has asked one query."""
    server = lab.fresh(name, lab.postgres)
    try:
        with load.login(server.port) as first:
            load.ask(first)
            before = machine.private_bytes(server.pid)
            with load.idle_clients(server.port, IDLE_CLIENTS) as clients:
                logged_in = machine.private_bytes(server.pid)
                for client in clients:
                    load.ask(client)
                time.sleep(0.1)
                asked = machine.private_bytes(server.pid)
        return {"idle_bytes": (logged_in - before) / IDLE_CLIENTS, "used_bytes": (asked - before) / IDLE_CLIENTS}
    finally:
        lab.stop(server)


class PassThrough:
    name = "pass-through"
    title = f"Pass-through: {SIZE} clients on {SIZE} server connections"
    about = ("`pgbench -S -j 1`. PgBouncer's prepared row is session mode: before 1.21 it has no prepared statements "
             "in transaction mode, which is what its other rows and all of pgweir's are.")
    columns = ["cpu_us", "to_floor", "to_pgbouncer", "rate"]

    def measurements(self, lab):
        for mode in ("simple", "extended", "prepared"):
            for name in (DIRECT, FLOOR, PGBOUNCER, PGWEIR):
                session = name == PGBOUNCER and mode == "prepared"
                yield Measurement(mode, name, lambda seconds, mode=mode, name=name, session=session: by_pgbench(
                    lab.contender(name), seconds, mode=mode, database="session" if session else "postgres"))


class Tracking:
    name = "tracking"
    title = "What it costs to know what sessions become"
    about = (f"`pgbench -S -j 1`, {SIZE} clients on {SIZE} server connections in transaction mode, beside a build of the "
             "same revision in which no text is looked at (preset `untracked`): it would leak what clients set.")
    columns = ["cpu_us", "to_untracked", "rate"]

    def measurements(self, lab):
        for mode in ("simple", "extended", "prepared"):
            for name in (UNTRACKED, PGWEIR):
                yield Measurement(mode, name, lambda seconds, mode=mode, name=name:
                                  by_pgbench(lab.contender(name), seconds, mode=mode, database="postgres"))


class Queue:
    name = "queue"
    title = f"Queue and overload: 20, 200 and 1,000 clients on {SIZE} server connections"
    about = ("Simple protocol, `bench/load/load_clients`: all clients log in first, then each always has one query on "
             "its way. Latency is what a client sees, from its query to its answer. Goodput is the rate in relation to "
             f"that of 20 clients in the same round. PostgreSQL itself (`max_connections={MAX_CONNECTIONS}`) refuses "
             "most of the clients.")
    columns = ["cpu_us", "to_pgbouncer", "rate", "rate_to_pgbouncer", "goodput", "p50_us", "p99_us", "p99_to_p50",
               "refused"]

    def measurements(self, lab):
        for clients in (20, 200, 1000):
            for name in (DIRECT, PGBOUNCER, PGWEIR):
                yield Measurement(f"{clients} clients", name, lambda seconds, clients=clients, name=name:
                                  by_load_clients(lab.contender(name), seconds, clients))


class Connects:
    name = "connects"
    title = "Connects: a new connection for each query"
    about = f"`pgbench -C -S -c {SIZE} -j {SIZE}`: connect, log in (trust), one query, leave. CPU is for all of that."
    columns = ["cpu_us", "to_pgbouncer", "rate", "rate_to_pgbouncer"]

    def measurements(self, lab):
        for name in (DIRECT, PGBOUNCER, PGWEIR):
            yield Measurement("connects", name, lambda seconds, name=name: by_pgbench(
                lab.contender(name), seconds, threads=SIZE, reconnect=True))


class Memory:
    name = "memory"
    title = f"Memory of an idle client: {IDLE_CLIENTS:,} logged-in clients of a fresh process"
    about = ("Growth of the process's anonymous memory (RssAnon), without the kernel's socket buffers: after login, "
             "and after each has asked one query.")
    columns = ["idle_bytes", "used_bytes"]

    def measurements(self, lab):
        for name in (PGBOUNCER, PGWEIR):
            yield Measurement("idle", name, lambda _, name=name: idle_memory(lab, name))


class Workers:
    name = "workers"
    title = "One and two workers"
    about = (f"Queries of {SIZE} clients to PostgreSQL: the same load, so what counts is that nothing is lost. "
             f"Pipelines of {STATEMENTS} statements per Sync, each with Parse (1,500 bytes, as an object mapper writes "
             "it), Bind and Execute, to a stub server that only answers: there the proxy is what limits. On two CPUs "
             "the load and the stub need their part of the second one, so the proxy cannot have all of it. CPU and "
             "rate are for each statement; CPUs are what the proxy used.")
    columns = ["cpu_us", "to_pgweir", "rate", "rate_to_pgweir", "cpus"]

    def measurements(self, lab):
        for name in (PGWEIR, PGWEIR_2):
            yield Measurement("PostgreSQL, simple", name, lambda seconds, name=name:
                              by_load_clients(lab.contender(name), seconds, SIZE))
        for name in (PGWEIR, PGWEIR_2):
            yield Measurement("stub, simple", name, lambda seconds, name=name:
                              by_load_clients(lab.before_stub(name), seconds, SIZE))
        for name in (PGBOUNCER, PGWEIR, PGWEIR_2):
            yield Measurement("stub, pipelines", name, lambda seconds, name=name:
                              by_load_clients(lab.before_stub(name), seconds, SIZE, STATEMENTS))


class Cache:
    name = "cache"
    title = f"The result cache: {SIZE} clients on {SIZE} server connections"
    about = ("`pgbench -j 1`, one worker, `cache.mode: auto`. Hot key: one row by its primary key. Aggregate: count and sum over "
             "20,000 rows. Random keys: `pgbench -S` over a million rows, where hardly anything is asked for twice: what the cache "
             "costs when it is of no use. Updates: one row by a random key, in autocommit mode: what marks and bumps cost. "
             "n % writes: updates of that hot key's table among reads of the hot key. With Redis every hit has its stamps compared "
             "there; Redis has its part of the machine, too. Pgpool-II has its query cache in shared memory, and its CPU is that "
             "of all its processes.")
    columns = ["cpu_us", "to_pgweir", "rate", "rate_to_pgweir"]

    HOT = "SELECT abalance FROM pgbench_accounts WHERE aid = 4711"
    AGGREGATE = "SELECT count(*), sum(abalance) FROM pgbench_accounts WHERE aid BETWEEN 1 AND 20000"
    UPDATE = "\\set aid random(1, 1000000)\nUPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid"

    def cases(self, lab):
        """(name, mode, scripts)"""
        hot, update = lab.script("hot", self.HOT), lab.script("update", self.UPDATE)
        for mode in ("simple", "extended", "prepared"):
            yield f"hot key, {mode}", mode, [(hot, 1)]
        yield "aggregate", "simple", [(lab.script("aggregate", self.AGGREGATE), 1)]
        for mode in ("simple", "prepared"):
            yield f"random keys, {mode}", mode, []
        yield "updates", "simple", [(update, 1)]
        for writes in (1, 10, 50):
            yield f"{writes} % writes", "simple", [(hot, 100 - writes), (update, writes)]

    def measurements(self, lab):
        for name in CACHES:
            lab.caching(name)  # before anybody else uses the database that they copy
        for case, mode, scripts in self.cases(lab):
            for name in (DIRECT, PGPOOL, PGWEIR, CACHED, SHARED):
                yield Measurement(case, name, lambda seconds, name=name, mode=mode, scripts=scripts:
                                  self._run(lab, name, seconds, mode, scripts))

    @staticmethod
    def _run(lab, name, seconds, mode, scripts):
        server = lab.caching(name) if name in CACHES else lab.contender(name)
        return by_pgbench(server, seconds, mode=mode, scripts=scripts)


class Stampede:
    name = "stampede"
    title = f"A stampede: {CROWD:,} clients on one expensive query that was just written to"
    about = (f"{CROWD:,} clients are logged in and all send the same aggregate over a million rows in one moment, just behind "
             "an update of its table. How often PostgreSQL executed it, and when the last client had its answer.")
    columns = ["executed", "last_ms"]

    QUERY = b"SELECT count(*), sum(abalance) FROM pgbench_accounts"
    UPDATE = b"UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = 1"

    def measurements(self, lab):
        for name in CACHES:
            lab.caching(name)
        # Without a cache a thousand of these take minutes, and say nothing that is not known.
        for name in CACHES:
            yield Measurement("stampede", name, lambda _, name=name: self._run(lab.caching(name)))

    def _run(self, server):
        with load.idle_clients(server.port, CROWD) as crowd, load.login(server.port, "pgweir") as console:
            for _ in range(3):
                load.ask(crowd[0], self.QUERY)
            load.ask(crowd[0], self.UPDATE)
            before = load.queries_of_servers(console)
            began = time.monotonic()
            answers = set(load.ask_all(crowd, self.QUERY))
            took = time.monotonic() - began
            if len(answers) != 1:
                raise RuntimeError(f"{len(answers)} different answers to one query")
            return {"executed": load.queries_of_servers(console) - before, "last_ms": took * 1e3}


class Eviction:
    name = "eviction"
    title = "Which replies stay in memory"
    about = ("`bench/cache/eviction_trace`: a cache of 2,000 places, a million requests for 50,000 keys; no time is measured, so "
             "one round says all. Skewed: the k-th key is asked for as often as k to the power of -0.8 or -1 says. Scans: a "
             "third of the requests are for keys that are asked for once, 10,000 in a row. Moving: every 200,000 requests all "
             "keys are others. The memory of pgweir evicts by SIEVE, which a hit costs one bit and no lock of a list; what is "
             "cheap is admitted the second time that it is asked for, in Redis the third, what is costly the first.")
    columns = ["hit_share"]

    CONTENDERS = {"lru": "least recently used", "sieve": "SIEVE, all admitted", "second": "SIEVE, second time",
                  "third": "SIEVE, third time"}

    def measurements(self, lab):
        for line in load.lines_of(RELEASE / "bench" / "eviction_trace"):
            for key, name in self.CONTENDERS.items():
                yield Measurement(line["trace"], name, lambda _, share=line[key]: {"hit_share": share})


SCENES = {scene.name: scene for scene in (PassThrough(), Tracking(), Queue(), Connects(), Memory(), Workers(), Cache(),
                                          Stampede(), Eviction())}
