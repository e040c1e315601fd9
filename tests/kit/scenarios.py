"""Tests that each run one scenario of a program in another language.

    class Perl(scenarios("perl", "scenarios.pl", directory=HERE / "perl", names=("query", ...))): pass
    class Direct(Perl, DirectRoute): pass

The program is called with the name of a scenario, or with --list; the server is named by libpq's environment. One that
takes long to start stays (resident=True): it is called with --stay, and reads names, one a line, from its standard
input. Behind what a scenario prints comes a line `passed NAME` or `failed NAME`.

A suite that builds its program sets `command` in setUpClass(), before it calls that of its base.
"""
import contextlib
import queue
import subprocess
import threading

from . import processes

TIMEOUT = 60.0  # seconds for a scenario


class Resident:
    """A program that runs scenarios until it is closed."""

    def __init__(self, command, **options):
        self._process = processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, **options)  # fmt: skip
        self._lines = queue.SimpleQueue()
        self.gone = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def run(self, name):
        """Whether the scenario passed, and what it printed."""
        with contextlib.suppress(BrokenPipeError):  # what it said before it ended is read below
            self._process.stdin.write(name + "\n")
            self._process.stdin.flush()
        printed = []
        while True:
            try:
                line = self._lines.get(timeout=TIMEOUT)
            except queue.Empty:
                self._process.kill()
                line = f"killed after {TIMEOUT:g} s\n"
            if line is None:
                self.gone = True
                return False, "".join(printed)
            if line in (f"passed {name}\n", f"failed {name}\n"):
                return line.startswith("passed"), "".join(printed)
            printed.append(line)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        processes.finish(self._process)
        self._reader.join()
        self._process.stdout.close()


def scenarios(*program, directory, names, resident=False):
    class Scenarios:
        command = program
        _resident = None  # what runs the scenarios of the class, from its first one on

        def test_each_scenario_has_its_test(self):
            listed = self.run_program(*self.command, "--list", cwd=directory).split()
            self.assertEqual(sorted(listed), sorted(names))

        def run_scenario(self, name):
            if not resident:
                self.run_program(*self.command, name, cwd=directory)
                return
            this = type(self)
            if this._resident is None or this._resident.gone:
                this._resident = Resident([*self.command, "--stay"], cwd=directory, env=self.environment)
                this.addClassCleanup(this._resident.close)
            passed, printed = this._resident.run(name)
            self.assertTrue(passed, f"{name}:\n{printed}")

    for name in names:
        def test(self, name=name):
            self.run_scenario(name)

        setattr(Scenarios, f"test_{name}", test)
    return Scenarios
