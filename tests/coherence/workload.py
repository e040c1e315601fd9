"""Clients of several drivers write and read through several pgweir, perhaps while parts of it all fail, and what they
were told is checked.

    PYTHONPATH=tests python3 -m coherence.workload [--seconds 60] [--seed 1] [--clients 12] [--pgweirs 3]
        [--cache auto [--redis]] [--faults [redis]]

Exit code 1 when a promise was broken; the history is kept then. Without a cache in pgweir this is a test of the pooler
alone, and of the checker. With --redis they share the cache. Then either everything else fails, or that Redis: what is
allowed meanwhile (void_windows) is counted, and is no broken promise.
"""
import argparse
import collections
import contextlib
import pathlib
import sys
import tempfile
import threading
import time
from typing import NamedTuple

from kit.redis_server import RedisServer
from kit.waiting import wait_until

from . import history, operations, schema, void_windows
from .clients import Client
from .drivers import DRIVERS
from .faults import DATABASE_FAULTS, Schedule
from .observers import OBSERVERS
from .process_faults import ComeAndGo
from .redis_faults import REDIS_FAULTS
from .stage import CACHES, HASTY, PATIENT, Stage
from .write_faults import KILLS_BEHIND_COMMIT, WRITE_FAULTS, SettleInCommit


class Run(NamedTuple):
    """What came of a workload."""

    seed: object
    history: list
    final: dict  # register -> version
    struck: list  # faults: (time.monotonic(), name)
    problems: collections.Counter  # by SQLSTATE and text
    violations: list

    def summary(self):
        outcomes = collections.Counter(operation.outcome for operation in self.history)
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        return f"seed {self.seed}: {told}, {len(self.struck)} faults, {len(self.violations)} violations"

    def complaint(self, most=5):
        """In words, with the history kept for a closer look."""
        file = pathlib.Path(tempfile.mkdtemp(prefix="pgweir-history-")) / "history"
        history.save(self.history, self.final, file)
        faults = [f"{at:.6f} s: {name}" for at, name in self.struck]
        more = [f"... the history is in {file}; python3 -m coherence.history {file}"]
        return "\n".join([self.summary(), *faults, *map(str, self.violations[:most]), *more])


class Progress(NamedTuple):
    """Who is at work."""

    clients: list
    schedule: Schedule

    def history(self):
        """What they have been told so far."""
        return [operation for each in (*self.clients, self.schedule) for operation in list(each.history)]


def run(stage, *, seconds, seed, clients=12, mix=operations.MIX, faults=(), every=0.7, extra=(),
        enough=lambda progress: True):  # fmt: skip
    """Takes longer until each fault has struck and enough(progress) is true. `extra` are further clients, made by functions
    of (name, seed, stage, stop)."""
    stop = threading.Event()
    everybody = [_client(number, seed, stage, stop) for number in range(clients)]
    for client in everybody:
        client.mix = mix
    everybody += [make(f"extra {number}", seed, stage, stop) for number, make in enumerate(extra)]
    schedule = Schedule(stage, faults, seed, every)
    progress = Progress(everybody, schedule)
    threads = [schedule, *everybody]
    for thread in threads:
        thread.start()
    try:
        earliest = time.monotonic() + seconds
        wait_until(lambda: any(thread.failure for thread in threads) or
                   time.monotonic() >= earliest and schedule.each_once.is_set() and enough(progress),
                   timeout=seconds + 60, message=lambda: f"each fault to strike and enough to be done: {schedule.struck}")  # fmt: skip
    finally:
        schedule.stop()
        stop.set()
        for client in everybody:
            client.join()
    for thread in threads:
        if thread.failure is not None:
            raise thread.failure
    return _result(seed, stage, progress)


def _client(number, seed, stage, stop):
    """Every driver as every user through every pgweir, as far as there are enough clients."""
    driver = DRIVERS[number % len(DRIVERS)]
    user = schema.USERS[number // len(DRIVERS) % len(schema.USERS)]
    address, via = stage.address(number + number // len(DRIVERS))
    return Client(f"{driver.driver} {number}", seed, driver, address, user, via, stop)


def _result(seed, stage, progress):
    told = progress.history()
    problems = sum((client.problems for client in progress.clients), collections.Counter())
    final = stage.final_versions()
    return Run(seed, told, final, progress.schedule.struck, problems, history.check(told, final))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--pgweirs", type=int, help="0: directly on PostgreSQL; by default 3, and with a cache alone 1")
    parser.add_argument("--faults", nargs="?", choices=("others", "redis"), const="others", help="which parts fail")
    parser.add_argument("--cache", choices=CACHES, help="in the memory of each pgweir")
    parser.add_argument("--redis", action="store_true", help="and in a Redis that they share")
    chosen = parser.parse_args()
    if chosen.redis and not chosen.cache or chosen.faults == "redis" and not chosen.redis:
        parser.error("--redis needs a --cache, and its faults need --redis")
    alone = chosen.cache and not chosen.redis
    pgweirs = chosen.pgweirs if chosen.pgweirs is not None else 1 if alone else 3
    faults = _faults(chosen, pgweirs, alone) if pgweirs else ()
    cache = CACHES.get(chosen.cache)
    if chosen.redis:
        cache = cache | (HASTY if chosen.faults == "redis" else PATIENT)
    cached = {"mix": operations.READ_MOSTLY, "extra": OBSERVERS} if chosen.cache else {}
    with contextlib.ExitStack() as exit_stack:
        redis = exit_stack.enter_context(RedisServer()) if chosen.redis else None
        stage = exit_stack.enter_context(Stage(pgweirs, cache, redis))
        result = run(stage, seconds=chosen.seconds, seed=chosen.seed, clients=chosen.clients, faults=faults, **cached)
        hits = [stage.hits(number) for number in range(pgweirs)]
        windows = void_windows.windows(stage.pgweirs)
    for text, count in result.problems.most_common(10):
        print(f"{count:6}  {text}")
    print("hits since the last start:", *hits)
    if chosen.faults == "redis":
        left = void_windows.unaccounted(result.violations, result.history, windows)
        print(f"{len(result.violations) - len(left)} old reads are allowed, and there were {len(windows)} windows")
        result = result._replace(violations=left)
    print(result.complaint() if result.violations else result.summary())
    return 1 if result.violations else 0


def _faults(chosen, pgweirs, alone):
    if chosen.faults != "others":
        return REDIS_FAULTS if chosen.faults else ()
    if chosen.redis:
        return *DATABASE_FAULTS, *WRITE_FAULTS, *KILLS_BEHIND_COMMIT
    return *DATABASE_FAULTS, *WRITE_FAULTS, *({1: (SettleInCommit,), 2: (ComeAndGo,)}.get(pgweirs, ()) if alone else ())


if __name__ == "__main__":
    sys.exit(main())
