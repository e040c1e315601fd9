"""Child processes and temporary directories that never survive the test run."""
import atexit
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import tempfile
import threading

SERVER_USER = "postgres"  # PostgreSQL refuses to run as root

_lock = threading.Lock()
_reaper = None


def _tell_reaper(line):
    global _reaper
    with _lock:
        if _reaper is None:
            script = pathlib.Path(__file__).with_name("reaper.py")
            _reaper = subprocess.Popen(
                [sys.executable, script], stdin=subprocess.PIPE, text=True, start_new_session=True, cwd="/"
            )
            atexit.register(_end_reaper)
        _reaper.stdin.write(line + "\n")
        _reaper.stdin.flush()


def _end_reaper():
    _reaper.stdin.close()
    _reaper.wait()


def start(arguments, *, last_signal=signal.SIGKILL, as_server_user=False, **options):
    """A process in a session of its own. If the test run ends without finish(), its group gets last_signal, and a
    little later SIGKILL."""
    if as_server_user and os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_USER)
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    options.setdefault("stdin", subprocess.DEVNULL)
    process = subprocess.Popen(arguments, start_new_session=True, **options)
    _tell_reaper(f"process {process.pid} {int(last_signal)}")
    return process


def finish(process):
    """The process has been waited for: its number may soon belong to somebody else."""
    _tell_reaper(f"done {process.pid}")


def temporary_directory(prefix, *, for_server_user=False):
    """Removed when the test run ends. Short, because the path of a unix socket has at most 107 bytes."""
    path = tempfile.mkdtemp(prefix=f"pgweir-{prefix}-", dir="/tmp")
    _tell_reaper(f"directory {path}")
    if for_server_user and os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_USER)
        os.chown(path, account.pw_uid, account.pw_gid)
    return pathlib.Path(path)
