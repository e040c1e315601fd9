"""The process that a lab's parts belong to: brings them up, answers what users ask, and takes them down."""
import contextlib
import json
import os
import select
import subprocess
import time

from .children import Children, Interrupted, die_with_parent, ignore_signals, raise_on_signals
from .home import Home
from .problem import Problem
from .topology import Topology
from .watch import Watch

TICK = 0.2  # seconds
PATIENCE = 5  # seconds for a request to arrive once somebody has connected


class Supervisor:
    """Speaks JSON, an object a line: what to do comes in; {"tell": text} any number of times, and one {"answer": ...} or
    {"problem": text} go out. Whoever started it reads the same on its standard output until the lab is up."""

    def __init__(self, home, children, binary, options):
        self._home = home
        self._log = open(home.path / "log", "a", encoding="utf-8", buffering=1)
        self._asking = [os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)]
        self._topology = Topology(children, home.path, binary, options, self._tell)
        self._watch = Watch(self._topology, self._tell)
        self._options = options

    def start(self):
        self._topology.start()

    def serve(self):
        """Until a signal comes."""
        with contextlib.closing(self._home.listen()) as listener:
            self._tell("the lab is up")
            send(self._asking.pop(), {"answer": self.status()})
            for number in (1, 2):
                os.dup2(self._log.fileno(), number)
            while True:
                if select.select([listener], [], [], TICK)[0]:
                    connection, _ = listener.accept()
                    with connection:
                        self._answer(connection)
                self._watch.look()

    def status(self):
        parts = [{"name": part.name, "pid": part.process.pid, "endpoint": part.endpoint(), "log": str(part.log_file),
                  "state": state_of(part), "restarts": self._watch.restarts.get(part.name, 0)}
                 for part in self._topology.parts()]  # fmt: skip
        return {"mode": self._options.mode, "parts": parts} | self._topology.urls()

    def _answer(self, connection):
        connection.settimeout(PATIENCE)
        with connection.makefile("rw", encoding="utf-8") as stream, contextlib.suppress(OSError, ValueError):
            request = json.loads(stream.readline())
            self._asking.append(stream)
            try:
                send(stream, {"answer": self._do(request)})
            except (Problem, OSError) as problem:
                send(stream, {"problem": str(problem)})
            finally:
                self._asking.remove(stream)

    def _do(self, request):
        match request:
            case {"do": "status"}:
                pass
            case {"do": "scale", "app": int(replicas)}:
                self._topology.scale(replicas)
            case _:
                raise Problem(f"not understood: {request}")
        return self.status()

    def _tell(self, text):
        self._log.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        for stream in self._asking:
            send(stream, {"tell": text})


def state_of(part):
    if not part.is_running():
        return "down"
    return "healthy" if part.is_healthy() else "unhealthy"


def send(stream, message):
    # Who asked may have gone: what was asked for is done all the same.
    with contextlib.suppress(OSError):
        stream.write(json.dumps(message) + "\n")
        stream.flush()


def run(directory, binary, options, parent, attached):
    """The life of a lab. Until it is up, or always with `attached`, it ends with its parent process. Exit code."""
    home = Home(directory)
    children = Children(home.note_processes)
    try:
        try:
            raise_on_signals()
            os.umask(0o022)  # PostgreSQL's and nginx's own users look into their directories
            die_with_parent(parent)
            home.claim()
            supervisor = Supervisor(home, children, binary, options)
            supervisor.start()
            if not attached:
                die_with_parent(None)
            supervisor.serve()
        finally:
            ignore_signals()  # from here on nothing comes in between
    except Interrupted as signal_name:
        complain(f"the lab was stopped by {signal_name} before it was up")
        return 0
    except (Problem, OSError, subprocess.SubprocessError) as problem:
        complain(str(problem))
        return 1
    finally:
        children.stop_all()
        home.give_up()


def complain(text):
    with contextlib.suppress(OSError):  # who started it has gone
        os.write(1, json.dumps({"problem": text}).encode() + b"\n")
