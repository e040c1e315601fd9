"""The machine: CPU time of processes, how much of it others take, memory, names and versions."""
import contextlib
import glob
import os
import pathlib
import platform
import re
import subprocess
import time


def cpu_seconds(pid):
    """CPU time of all live threads, in the scheduler's nanoseconds (stat has only ticks of 10 ms)."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        total += int(pathlib.Path(path).read_text().split()[0])
    return total / 1e9


def private_bytes(pid):
    """Memory that belongs to the process alone: RSS would count pages of the binary as they are first touched."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s*(\d+) kB", text, re.MULTILINE)[1]) * 1024


def tree_ticks(pid):
    """CPU ticks of a process, its live descendants and its reaped children."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(map(int, fields[11:15])) + sum(map(tree_ticks, children))
    return 0


def tree_seconds(pid):
    return tree_ticks(pid) / os.sysconf("SC_CLK_TCK")


def foreign_ticks():
    """CPU ticks of the machine that went neither to idling nor to this run. Only differences mean anything."""
    # The backends of the last clients are still ending, and one that is reaped between two reads would be missed.
    time.sleep(0.1)
    user, nice, system, _, _, irq, softirq = map(int, pathlib.Path("/proc/stat").read_text().split(maxsplit=8)[1:8])
    return user + nice + system + irq + softirq - tree_ticks(os.getpid())


def capacity_ticks():
    """CPU ticks the machine has to give in a second."""
    return os.cpu_count() * os.sysconf("SC_CLK_TCK")


class ForeignShare:
    """`with ForeignShare() as others:` and afterwards others.share is what other processes took of the machine."""

    share = 0.0

    def __enter__(self):
        self._ticks, self._start = foreign_ticks(), time.monotonic()
        return self

    def __exit__(self, *_):
        used = foreign_ticks() - self._ticks
        self.share = max(0.0, used / capacity_ticks() / (time.monotonic() - self._start))


def wait_for_quiet(share, patience=2):
    """Returns when others take less than `share` of the machine, or after `patience` seconds."""
    deadline = time.monotonic() + patience
    before = foreign_ticks()
    while time.monotonic() < deadline:
        time.sleep(0.2)
        before, last = foreign_ticks(), before
        if before - last < share * 0.3 * capacity_ticks():
            return


def output_of(*command):
    """Some say their version on the one, some on the other."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return (done.stdout or done.stderr).strip()


def description():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} CPUs; Linux {platform.release()}"


def compiler():
    return f"GCC {output_of('gcc', '-dumpfullversion')}"
