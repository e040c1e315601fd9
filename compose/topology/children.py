"""Child processes that end with the one that starts them, and signals that end it in order."""
import contextlib
import ctypes
import os
import pwd
import signal
import subprocess

SERVER_USER = "postgres"  # PostgreSQL refuses to run as root
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed. Not an Exception: nothing on the way may take it for an error."""


def raise_on_signals():
    def handler(number, _):
        ignore_signals()
        raise Interrupted(signal.Signals(number).name)

    for number in ENDING:
        signal.signal(number, handler)
    # A process inherits what was held when it was started.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def ignore_signals():
    """While things are being stopped a second Ctrl-C would leave half of them running."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def signals_held():
    """No signal arrives between making something and noting that it has to be taken away again."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with_parent(parent):
    """SIGTERM for this process when the thread that started it ends; None: no longer."""
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM) if parent else 0, 0, 0, 0)
    if parent and os.getppid() != parent:
        raise Interrupted("the end of the parent process")


class Children:
    """What was started and has not been waited for; the last one started is stopped first. `note` is told all their
    pids after each start."""

    def __init__(self, note=lambda pids: None):
        self._running = []  # (process, signals to end it with, the most patient first)
        self._note = note

    def start(self, arguments, *, endings=(signal.SIGTERM,), as_server_user=False, **options):
        """A process in a session of its own, so that Ctrl-C reaches only us."""
        if as_server_user and os.geteuid() == 0:
            account = pwd.getpwnam(SERVER_USER)
            options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

        parent = os.getpid()

        def prepare():
            # Runs after the change of user, which would clear it. It is for our own SIGKILL.
            _libc.prctl(PR_SET_PDEATHSIG, int(endings[-1]), 0, 0, 0)
            if os.getppid() != parent:  # that was before
                os._exit(1)
            for number in ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

        with signals_held():
            process = subprocess.Popen(arguments, start_new_session=True, preexec_fn=prepare, **options)
            self._running.append((process, endings))
            self._note([process.pid for process, _ in self._running])
        return process

    def run(self, arguments, *, timeout=None, **options):
        """(exit code, output, errors) of a process that ends by itself."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "text": True, "errors": "replace"} | options  # fmt: skip
        process = self.start(arguments, **options)
        try:
            output, errors = process.communicate(timeout=timeout)
        finally:
            self.stop(process)
        return process.returncode, output, errors

    def stop(self, process):
        for entry in [entry for entry in self._running if entry[0] is process]:
            self._end(*entry)
            self._running.remove(entry)

    def stop_all(self):
        while self._running:
            self._end(*self._running[-1])
            self._running.pop()

    @staticmethod
    def _end(process, endings):
        for number in (*endings, signal.SIGKILL):
            if process.poll() is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        # A compiler may outlive the build that started it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
