"""Clients of the workload: a thread each, that asks, notes what it was told, and comes again when it was thrown out."""
import collections
import random
import threading
import time

from . import operations
from .drivers import Problem
from .history import Operation

clock = time.monotonic_ns
THINK = 0.004  # seconds between two operations, at most


class Client(threading.Thread):
    """Ends when `stop` is set. `address()` is the port to connect to; `via` says whose it is."""

    mix = operations.MIX

    def __init__(self, name, seed, driver, address, user, via, stop):
        super().__init__(name=name, daemon=True)
        self.rng = random.Random(f"{seed} {name}")
        self.user, self.via = user, via
        self.history = []
        self.session = None
        self.connects = 0
        self.problems = collections.Counter()  # by SQLSTATE and text
        self.done = collections.Counter()  # operations that were answered, by name
        self.failure = None  # what should not have happened
        self.driver = driver
        self._address, self._stop_event = address, stop
        self._began = 0

    # For operations

    def begin(self):
        self._began = clock()
        return self._began

    def note(self, kind, registers, versions, *, began=None, **more):
        session = f"{self.name}.{self.connects}"
        self.history.append(Operation(session, kind, registers, tuple(versions), began or self._began, clock(),
                                      user=self.user, via=self.via, **more))  # fmt: skip

    def leave(self):
        if self.session is not None:
            session, self.session = self.session, None
            session.close()

    # The thread

    def run(self):
        try:
            while not self._stop_event.is_set():
                self._turn()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure
        finally:
            self.leave()

    def _turn(self):
        try:
            if self.session is None:
                self.session = self.connect()
                self.connects += 1
            self.operate()
            self.think()
        except Problem as problem:
            self.problems[str(problem)] += 1
            # What is left of a transaction goes with the session.
            self.leave()
            self._stop_event.wait(0.02)

    def connect(self):
        return self.driver(self._address(), self.user, "app")

    def think(self):
        self._stop_event.wait(self.rng.random() * THINK)

    def operate(self):
        (operation,) = self.rng.choices(list(self.mix), list(self.mix.values()))
        operation(self)
        self.done[operation.__name__] += 1
