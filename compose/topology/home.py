"""The directory of a lab that is up: who owns it, what is left of one that has died, the socket to talk to it."""
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import tempfile
import time

from .children import signals_held
from .problem import Problem

LONGEST_PATH = 70  # of a unix socket 107 bytes; PostgreSQL's own has the longest name below


def usual_directory():
    return pathlib.Path(os.environ.get("PGWEIR_LAB_DIRECTORY") or f"{tempfile.gettempdir()}/pgweir-lab-{os.getuid()}")


class Home:
    """The supervisor of a lab holds a lock on `lock`, with its pid in it, as long as it lives. So no file that somebody
    left behind is taken for a lab that is up."""

    def __init__(self, path):
        self.path = path.absolute()
        self._lock_file = self.path / "lock"
        self._socket_file = self.path / "control"
        self._processes_file = self.path / "processes.json"
        self._lock = None

    # What the supervisor does.

    def claim(self):
        if len(str(self.path)) > LONGEST_PATH:
            raise Problem(f"{self.path} is too long for the sockets in it: at most {LONGEST_PATH} characters")
        if self._holder() is not None:
            raise Problem(f"a lab is up already, or on its way up or down, in {self.path}: see `compose/local status`, "
                          "or stop it with `compose/local down`")  # fmt: skip
        self.clear()
        with signals_held():
            try:
                self.path.mkdir(mode=0o711, parents=True)  # PostgreSQL's and nginx's own users pass through
            except OSError as error:
                raise Problem(f"{self.path} cannot be made: {error.strerror}") from error
            self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(self._lock, str(os.getpid()).encode())

    def listen(self):
        """A socket that asks nobody but this user in."""
        listener = socket.socket(socket.AF_UNIX)
        before = os.umask(0o077)
        try:
            listener.bind(str(self._socket_file))
        finally:
            os.umask(before)
        listener.listen(16)
        return listener

    def note_processes(self, pids):
        """What has to be gone before this directory can be used again, should the supervisor be killed."""
        new = self._processes_file.with_suffix(".new")
        new.write_text(json.dumps(pids), encoding="utf-8")
        new.rename(self._processes_file)

    def give_up(self):
        if self._lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)

    # What others do.

    def is_up(self):
        return self._holder() is not None

    def connect(self):
        """None: nothing is up. Problem: it is not ready to be asked."""
        if self._holder() is None:
            return None
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self._socket_file))
        except OSError as error:
            connection.close()
            raise Problem("the lab is on its way up or down") from error
        return connection

    def take_down(self, patience):
        """Whether there was something. The supervisor is told, and has gone; or what a killed one left is removed."""
        holder = self._holder()
        if holder is None:
            return self.clear()
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self._holder() == holder:
            if time.monotonic() > deadline:
                raise Problem(f"the lab does not stop (process {holder})")
            time.sleep(0.05)
        return True

    def clear(self):
        """Removes what is left of a lab whose supervisor was killed. Its processes were told by the kernel."""
        if not self.path.exists():
            return False
        if self.path.stat().st_uid != os.getuid() or not (self._lock_file.exists() or not any(self.path.iterdir())):
            raise Problem(f"{self.path} is not the directory of a lab: remove it, or name another one with "
                          "PGWEIR_LAB_DIRECTORY")  # fmt: skip
        for last_call in (time.monotonic() + 10, time.monotonic() + 20):
            while self._left_processes() and time.monotonic() < last_call:
                time.sleep(0.05)
            for pid in self._left_processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.path)
        return True

    def _holder(self):
        """The pid of the supervisor that lives."""
        try:
            with open(self._lock_file, encoding="utf-8") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read() or 0) or None
        except FileNotFoundError:
            pass
        return None

    def _left_processes(self):
        try:
            pids = json.loads(self._processes_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []
        return [pid for pid in pids if self._is_ours(pid)]

    def _is_ours(self, pid):
        """Numbers are used again: ours work in a directory of ours."""
        try:
            return pathlib.Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(self.path)
        except OSError:
            return False
