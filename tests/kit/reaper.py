"""Outlives its test run and cleans up behind it, however that ended.

Reads lines from standard input: `process PID SIGNAL`, `done PID`, `directory PATH`. At the end of the input, which
comes also when the test run was killed, it ends the process groups that are left and removes the directories.
"""
import contextlib
import os
import shutil
import signal
import sys
import time


def group_lives(pid):
    try:
        os.killpg(pid, 0)
        return True
    except (ProcessLookupError, PermissionError):
        return False


def end_all(processes):
    for pid, number in processes.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)
    deadline = time.monotonic() + 3
    while any(map(group_lives, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    processes, directories = {}, []
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "process":
            pid, number = rest.split()
            processes[int(pid)] = int(number)
        elif word == "done":
            processes.pop(int(rest), None)
        elif word == "directory":
            directories.append(rest)
    end_all(processes)
    for path in directories:
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main()
