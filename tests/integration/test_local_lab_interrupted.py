"""compose/local: whenever and however a lab is interrupted, nothing is left behind."""
import itertools
import os
import signal
import time
import unittest

from kit import local_lab
from kit.local_lab import ENDS_WITHIN, NOT_UP, STOPPED, Lab, LabCase
from kit.waiting import wait_until


def setUpModule():
    local_lab.set_up_tools()


def twice(number):
    """To the process alone, as `kill` does. Impatience does no harm."""

    def strike(process):
        process.send_signal(number)
        time.sleep(0.02)
        process.send_signal(number)

    return strike


def ctrl_c(process):
    """As a terminal does: to all that have not left the process's group."""
    os.killpg(process.pid, signal.SIGINT)


class Interruptions(LabCase):
    MOMENTS = 12
    STRIKES = ((twice(signal.SIGINT), signal.SIGINT), (ctrl_c, signal.SIGINT), (twice(signal.SIGTERM), signal.SIGTERM),
               (ctrl_c, signal.SIGINT), (twice(signal.SIGHUP), signal.SIGHUP))  # fmt: skip

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lab = Lab()
        cls.addClassCleanup(lab.close)
        began = time.monotonic()
        lab.up("--scale", "app=1")
        cls.took = time.monotonic() - began
        lab.must("down")

    def delays(self, number):
        """Seconds, spread over a start."""
        return [self.took * (moment + 0.5) / number for moment in range(number)]

    def struck(self, lab, delay, strike):
        """(exit code, output) of an `up` that something happens to."""
        process = lab.start("up", "--scale", "app=1")
        time.sleep(delay)  # the point is to strike anywhere
        strike(process)
        return lab.end(process)

    def assert_ended(self, lab, code, output, *codes):
        """At the end of a start everything may just have come up."""
        if code == 0:
            self.assertIn("the lab is up", output)
            lab.must("down")
        else:
            self.assertIn(code, codes, output)
        self.assertNotIn("Traceback", output)
        lab.assert_nothing_left()

    def test_signals(self):
        lab = self.lab()
        for delay, (strike, number) in zip(self.delays(self.MOMENTS), itertools.cycle(self.STRIKES)):
            with self.subTest(f"{strike.__name__} {number.name}", delay=f"{delay:.2f}"):
                code, output = self.struck(lab, delay, strike)
                # As long as the shell runs the signal itself ends it.
                self.assert_ended(lab, code, output, 130, -number)
        lab.up("--scale", "app=1")
        lab.must("down")

    def test_ctrl_c_while_packages_are_looked_up(self):
        lab = self.lab()
        for delay in (0.02, 0.06, 0.1):
            with self.subTest(delay=delay):
                code, output = self.struck(lab, delay, ctrl_c)
                self.assertNotIn("apt-get was called", output)
                self.assert_ended(lab, code, output, 130, -signal.SIGINT)

    def test_up_is_killed(self):
        lab = self.lab()
        for delay in self.delays(self.MOMENTS // 2):
            with self.subTest(delay=f"{delay:.2f}"):
                code, output = self.struck(lab, delay, lambda process: process.kill())
                self.assert_ended(lab, code, output, -signal.SIGKILL)

    def test_the_supervisor_is_killed_while_it_starts(self):
        lab = self.lab()
        for step in ("starting postgres", "starting app-1"):
            with self.subTest(step):
                process = lab.start("up", "--scale", "app=1")
                wait_until(lambda: step in lab.log(), message=step)
                os.kill(lab.supervisor(), signal.SIGKILL)
                code, output = lab.end(process)
                self.assertEqual(code, 1, output)
                self.assertTrue(output.endswith("error: the lab has ended before it could answer\n"), output)
                # The next one does not wait for the processes to end before it looks.
                lab.up("--scale", "app=1")
                lab.must("down")
                lab.assert_nothing_left()

    def test_the_supervisor_is_killed_when_all_is_up(self):
        lab = self.lab()
        lab.up("--scale", "app=1")
        for command in ("up", "down"):
            follower = lab.start("logs", "-f")
            self.assertIn("starting postgres", follower.stdout.readline())
            os.kill(lab.supervisor(), signal.SIGKILL)
            self.assertEqual(lab.end(follower)[0], 0)
            self.assert_fails(lab, "status", says=NOT_UP)
            if command == "up":
                lab.up("--scale", "app=1")
                self.assert_all_healthy(lab, ["postgres", "redis", "pgweir", "app-1", "nginx", "prometheus"])
                self.assertEqual(lab.count(), {"value": 0, "ids": 0})
            else:
                # The parts end by themselves.
                wait_until(lambda: not lab.processes(), ENDS_WITHIN, message=lambda: f"these: {lab.processes()}")
                self.assertTrue(lab.directory.exists())
                self.assertEqual(lab.must("down"), STOPPED + "\n")
                lab.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
