"""What the workload runs on: one PostgreSQL, several pgweir in front of it, what is between, and perhaps a Redis."""
import contextlib

from kit.chaos import Chaos
from kit.pgweir import Pgweir
from kit.postgres import Postgres
from kit.waiting import wait_until

from . import schema
from .drivers import RawSession

DATABASE = "app"
SIZE = 6  # servers of each pgweir for each user
# What a cache may be told. Entries live as long as a test, which is to see what else takes them away.
CACHES = {"auto": {"mode": "auto", "ttl": "1h"}, "rules": {"mode": "rules", "rules": [{"name": "all", "ttl": "1h"}]}}
# The relays to Redis are programs of the tests' own, and the machine may be busy: slow is not gone.
PATIENT = {"redis": {"timeout": "5s"}}
HASTY = {"redis": {"timeout": "400ms"}}  # less than Redis is silent, at times


class Stage:
    """Running inside `with`. `pgweirs` 0: clients go to PostgreSQL itself. `cache` is the section of that name in each
    pgweir's file, None for none. `redis` is a running kit.redis_server.RedisServer, or None. `program` and `environment` are
    those of each pgweir.

    To both of them each pgweir goes through a relay of its own, which can cut its network."""

    database = DATABASE

    def __init__(self, pgweirs=2, cache=None, redis=None, program=None, environment=None):
        self.redis = redis
        self._process = {"program": program, "environment": environment}
        self.pgweirs, self.to_postgres, self.to_redis = [], [], []
        self._count, self._cache = pgweirs, cache
        self._exit = contextlib.ExitStack()

    def __enter__(self):
        with self._exit:  # whatever fails below
            self._exit.callback(lambda: self.redis and self.redis.close())
            self.postgres = self._exit.enter_context(Postgres())
            for user in schema.USERS:
                self.postgres.create_role(user)
            self.postgres.create_database(DATABASE, schema.USERS[0])
            schema.create(self.postgres, DATABASE)
            for _ in range(self._count):
                self._start_pgweir()
            self._exit = self._exit.pop_all()
        return self

    def __exit__(self, *error):
        return self._exit.__exit__(*error)

    def _start_pgweir(self):
        self.to_postgres.append(self._exit.enter_context(Chaos(self.postgres.port)))
        if self.redis is not None:
            self.to_redis.append(self._exit.enter_context(Chaos(self.redis.port)))
        self.pgweirs.append(self._exit.enter_context(Pgweir(self._configuration(len(self.pgweirs)), **self._process)))

    def _configuration(self, number):
        """Users work under their own names, so that the cache has to tell them apart."""
        upstream = f"postgres://127.0.0.1:{self.to_postgres[number].port}/{DATABASE}"
        pool = {"mode": "transaction", "size": SIZE, "queue": {"max_wait": "5s"}}
        configuration = {"auth": {"method": "trust"}, "databases": {DATABASE: {"upstream": upstream, "pool": pool}}}
        # Threads share a cache.
        workers = {"workers": 2} if self._cache is not None else {}
        return configuration | workers | self._cache_section(number)

    def _cache_section(self, number):
        """The one place where pgweir is told to cache."""
        if self._cache is None:
            return {}
        cache = dict(self._cache)
        if self.redis is not None:
            cache["redis"] = {"url": f"redis://127.0.0.1:{self.to_redis[number].port}/0"} | cache.get("redis", {})
        return {"cache": cache}

    def address(self, number):
        """Of a pgweir, or of PostgreSQL where there is none: (a function that says the port, its name)"""
        if not self.pgweirs:
            return lambda: self.postgres.port, "PostgreSQL"
        pgweir = self.pgweirs[number % len(self.pgweirs)]
        return lambda: pgweir.port, f"pgweir {number % len(self.pgweirs)}"

    def caches(self, number):
        """Whether this pgweir serves from its cache now."""
        with contextlib.suppress(OSError):
            return self.pgweirs[number].metric("pgweir_cache_serving") == 1
        return False

    def hits(self, number):
        """Since it was started last."""
        return sum(self.pgweirs[number].metric("pgweir_cache_requests_total", result=result) for result in ("hit", "coalesced"))

    def switch_on(self, number):
        """A cache comes with the first client."""
        session = RawSession(self.pgweirs[number].port, schema.USERS[0], DATABASE)
        wait_until(lambda: self.caches(number), message="the cache to serve", interval=0.05)
        session.close()

    def wait_for_hits(self, number):
        wait_until(lambda: self.caches(number), message="the cache to serve", interval=0.05)
        before = self.hits(number)
        wait_until(lambda: self.hits(number) > before, message="hits", interval=0.05)

    def wait_for_caches(self):
        """Until what was there before a fault is in use again. Of several without a Redis there is none to wait for."""
        if self._cache is not None and (self.redis is not None or len(self.pgweirs) == 1):
            for number in range(len(self.pgweirs)):
                self.wait_for_hits(number)

    def final_versions(self):
        """Once nobody works any more: what was in doubt has been done by then, or never will be."""
        wait_until(lambda: not self._working(), message="the end of what was under way")
        return schema.final_versions(self.postgres, DATABASE)

    def _working(self):
        return [query for _, state, query in self.postgres.backends(DATABASE) if state != "idle"]
