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

LONGEST_PATH = 70  # bytes; of a unix socket 107, and PostgreSQL's own has the longest name below


def usual_directory():
    return pathlib.Path(os.environ.get("PGWEIR_LAB_DIRECTORY") or f"{tempfile.gettempdir()}/pgweir-lab-{os.getuid()}")


class Home:
    """The supervisor of a lab holds a lock on `lock`, with its pid in it, as long as it lives. So no file that somebody
    left behind is taken for a lab that is up. Who makes or clears the directory meanwhile holds a lock on it itself."""

    def __init__(self, path):
        self.path = path.absolute()
        self._lock_file = self.path / "lock"
        self._socket_file = self.path / "control"
        self._processes_file = self.path / "processes.json"
        self._lock = None

    # What the supervisor does.

    def claim(self):
        if len(os.fsencode(self.path)) > LONGEST_PATH:
            raise Problem(f"{self.path} is too long for the sockets in it: at most {LONGEST_PATH} bytes")
        try:
            while self._lock is None:
                self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
                with self._alone() as still_there:
                    if still_there:
                        self._claim()
        except OSError as error:
            raise Problem(f"{self.path} cannot be used: {error.strerror}") from error
        finally:
            if self._lock is None:
                with contextlib.suppress(OSError):  # it is not empty: somebody else's
                    self.path.rmdir()

    def _claim(self):
        self.check_that_none_is_up()
        self._clear()
        self.path.chmod(0o711)  # PostgreSQL's and nginx's own users pass through
        with signals_held():
            lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            os.write(lock, str(os.getpid()).encode())
            fcntl.flock(lock, fcntl.LOCK_EX)  # others hold it for a look at most
            self._lock = lock

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
        """When the lock is free the directory has gone."""
        if self._lock is not None:
            with contextlib.suppress(OSError, Problem), self._alone():
                self._empty()
                self.path.rmdir()
            os.close(self._lock)

    # What others do.

    def is_up(self):
        try:
            with open(self._lock_file, encoding="utf-8") as lock:
                return holder(lock) is not None
        except OSError:
            return False

    def check_that_none_is_up(self):
        if self.is_up():
            raise Problem(f"a lab is up already, or on its way up or down, in {self.path}: see `compose/local status`, "
                          "or stop it with `compose/local down`")  # fmt: skip

    def connect(self):
        """None: nothing is up. Problem: it is not ready to be asked."""
        if not self.is_up():
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
        found, stopped = self.path.exists(), False
        while self.path.exists() and not (stopped and self.is_up()):
            stopped = self._stop_supervisor(patience) or stopped
            with self._alone() as still_there:
                if still_there and not self.is_up():
                    self._clear()
                    self.path.rmdir()
        return found

    def _stop_supervisor(self, patience):
        """Whether there was one."""
        try:
            lock = open(self._lock_file, encoding="utf-8")
        except FileNotFoundError:
            return False
        with lock:
            if (pid := holder(lock)) is None:
                return False
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + patience
            while holder(lock) is not None:
                if time.monotonic() > deadline:
                    raise Problem(f"the lab does not stop (process {pid})")
                time.sleep(0.05)
        return True

    # What both do.

    @contextlib.contextmanager
    def _alone(self):
        """Nobody else claims or clears the directory meanwhile. Whether it is there still."""
        with contextlib.ExitStack() as stack:
            try:
                directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                stack.callback(os.close, directory)
                fcntl.flock(directory, fcntl.LOCK_EX)
                still_there = os.path.samestat(os.fstat(directory), self.path.stat())
            except FileNotFoundError:
                still_there = False
            yield still_there

    def _clear(self):
        """Removes what is left of a lab whose supervisor was killed. Its processes were told by the kernel."""
        if self.path.stat().st_uid != os.getuid() or not (self._lock_file.exists() or not any(self.path.iterdir())):
            raise Problem(f"{self.path} is not the directory of a lab: remove it, or name another one with "
                          "PGWEIR_LAB_DIRECTORY")  # fmt: skip
        for last_call in (time.monotonic() + 10, time.monotonic() + 20):
            while self._left_processes() and time.monotonic() < last_call:
                time.sleep(0.05)
            for pid in self._left_processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._empty()

    def _empty(self):
        """`lock` goes last: it says that this is the directory of a lab."""
        deadline = time.monotonic() + 5
        while rest := [entry for entry in self.path.iterdir() if entry != self._lock_file]:
            for entry in rest:
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)  # what ends just now may still write into it
                else:
                    entry.unlink(missing_ok=True)
            if time.monotonic() > deadline:
                raise Problem(f"these cannot be removed: {', '.join(map(str, rest))}")
        self._lock_file.unlink(missing_ok=True)

    def _left_processes(self):
        try:
            pids = json.loads(self._processes_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []
        return [pid for pid in pids if self._is_ours(pid)]

    def _is_ours(self, pid):
        """Numbers are used again: ours work in a directory of ours."""
        try:
            return pathlib.Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(self.path.resolve())
        except OSError:
            return False


def holder(lock):
    """The pid of the supervisor that has the lock on this open file."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        return int(lock.read())
    fcntl.flock(lock, fcntl.LOCK_UN)
    return None
