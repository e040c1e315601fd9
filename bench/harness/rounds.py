"""Taking the measurements: in turn, when others leave the machine alone, within a time budget."""
import contextlib
import fcntl
import sys
import time

from . import machine

# A run in which others had more than this share of the machine says little.
DISTURBED = 0.05


class Clock:
    """The time budget of a run, and whether the run is ahead of it: then there is time to repeat what was disturbed."""

    def __init__(self, budget, planned):
        self._start, self._budget, self._planned, self._done = time.monotonic(), budget, planned, 0

    def _used(self):
        return (time.monotonic() - self._start) / self._budget

    def one_done(self):
        self._done += 1

    def did_not_run(self, seconds):
        """What somebody else's lock took is not ours."""
        self._start += seconds

    def ahead(self):
        return self._used() < self._done / self._planned

    def over(self):
        return self._used() > 1

    def room_for_another(self):
        return self._used() * (self._done + 1) <= self._done


@contextlib.contextmanager
def held(lock, clock):
    """An flock on the file `lock`, if one is given: whoever compiles under the same lock waits meanwhile."""
    if not lock:
        yield
        return
    with open(lock, "w") as file:
        start = time.monotonic()
        fcntl.flock(file, fcntl.LOCK_EX)
        clock.did_not_run(time.monotonic() - start)
        yield


def take(measurement, seconds, clock):
    """Tries a disturbed run again while there is time, and keeps the least disturbed one."""
    samples = []
    while not samples or (len(samples) < 3 and samples[-1]["foreign"] >= DISTURBED and clock.ahead()):
        machine.wait_for_quiet(DISTURBED, patience=2 if clock.ahead() else 0.2)
        with machine.ForeignShare() as others:
            values = measurement.run(seconds)
        samples.append({"case": measurement.case, "contender": measurement.contender, "foreign": others.share} | values)
    return min(samples, key=lambda sample: sample["foreign"])


def run_scene(measurements, rounds, seconds, clock, lock):
    """[sample]. Each round starts with another contender, so none is always first after a change of the case."""
    cases = {}
    for each in measurements:
        cases.setdefault(each.case, []).append(each)
    samples = []
    for number in range(rounds):
        if clock.over() and number:
            print(f"out of time after {number} of {rounds} rounds", file=sys.stderr)
            break
        with held(lock, clock):
            for contenders in cases.values():
                turn = number % len(contenders)
                for each in contenders[turn:] + contenders[:turn]:
                    samples.append({"round": number, **take(each, seconds, clock)})
                    clock.one_done()
        print(f"  round {number + 1} of {rounds}", file=sys.stderr)
    return samples
