"""compose/LAB.md: every command of the guide works, and shows what the guide says it shows."""
import os
import re
import shutil
import subprocess
import unittest

from kit import processes
from kit.pgweir import ROOT, binary
from kit.ports import free_port

GUIDE = ROOT / "compose" / "LAB.md"
PORTS = {"nginx": "8080", "pgweir": "6432", "prometheus": "9090", "postgres": "15432", "pgweir-http": "9127",
         "redis": "16379"}
PATIENCE = 300  # seconds for one block
# What readers have time for, and tests have not.
SHORTER = (("sleep 60", "sleep 8"), ("-T 30", "-T 4"), ("-n 5000", "-n 2000"), ("sleep 2;", "sleep 0.5;"))


def steps():
    """{number of the step: [its blocks of commands]}"""
    parts = re.split(r"^## (\d+)\. ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    docker = re.compile(r"^## With Docker.*", re.MULTILINE | re.DOTALL)
    return {int(number): re.findall(r"^```sh\n(.*?)^```", docker.sub("", text), re.MULTILINE | re.DOTALL)
            for number, text in zip(parts[1::2], parts[2::2])}  # fmt: skip


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = steps()
        cls.directory = processes.temporary_directory("guide")
        cls.directory.chmod(0o711)
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.ports = {part: free_port() for part in PORTS}
        cls.environment = os.environ | {"PGWEIR_BINARY": str(binary()),
                                        "PGWEIR_LAB_DIRECTORY": str(cls.directory / "lab")}  # fmt: skip
        cls.addClassCleanup(cls.shell, "compose/local down")

    @classmethod
    def shell(cls, commands):
        """What they print. One shell for all of a step, as with a reader who does not change terminals."""
        text = commands.replace("/tmp/", f"{cls.directory}/")
        for long, short in SHORTER:
            text = text.replace(long, short)
        for part, port in PORTS.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{cls.ports[part]}")
        options = " ".join(f"--port {part}={port}" for part, port in cls.ports.items())
        text = re.sub(r"^(compose/local up.*)$", rf"\1 {options}", text, flags=re.MULTILINE)
        process = processes.start(["bash", "-euo", "pipefail", "-c", text], env=cls.environment, cwd=ROOT, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        output, _ = process.communicate(timeout=PATIENCE)
        processes.finish(process)
        if process.returncode != 0:
            raise AssertionError(f"exit code {process.returncode} of:\n{text}\n{output}")
        return output

    def step(self, number, blocks=slice(None)):
        return self.shell("\n".join(self.steps[number][blocks]))

    def count(self, output):
        """The last {"value": , "ids": } in it."""
        value, ids = re.findall(r'"value":(\d+),"ids":(\d+)', output)[-1]
        return int(value), int(ids)

    def assert_exact(self, output, count):
        self.assertNotIn("Non-2xx", output)
        self.assertEqual(self.count(output), (count, count), output)

    def assert_drawn(self, name):
        self.assertIn("</svg>", (self.directory / name).read_text())

    def test_the_guide_from_its_first_step_to_its_last(self):
        self.assertEqual(sorted(self.steps), list(range(1, 12)))
        self.assertEqual(self.count(self.step(1)), (1, 1))

        broken = self.step(2)
        self.assertRegex(broken, r"Non-2xx responses: +\d{2,}")
        self.assertRegex(broken, "TooManyConnectionsError: (remaining connection slots are|sorry, too many clients)")
        value, ids = self.count(broken)
        self.assertEqual(value, ids)
        self.assertLess(value, 1000)

        first, scaled = self.steps[3]
        self.assert_exact(self.shell(first), 1000)
        self.assert_exact(self.shell(scaled), 3000)
        self.step(4, slice(1))
        self.assert_drawn("saturation.svg")

        # URL and LAB are for the steps behind, too.
        holding, limit = self.steps[5]
        self.assertRegex(self.shell(holding), r'"counted":true')
        self.assert_drawn("held.svg")
        self.assertRegex(self.shell(limit), "idle_in_transaction|reload")
        self.shell(holding)
        self.assertIn("idle transaction timeout", (self.directory / "held-1").read_text())

        url = self.steps[5][0].splitlines()[0]
        slow = self.shell("\n".join([url, *self.steps[6]]))
        self.assertRegex(slow, "number of failed transactions: 0 ")
        self.assertRegex(slow, "pg_sleep")
        self.assert_drawn("slow.svg")

        killed = self.step(7)
        self.assertRegex(killed, r"postgres +healthy .* 1\n")
        value, ids = self.count(killed)
        self.assertEqual(value, ids)
        before = ids

        naive = self.step(8)
        value, ids = self.count(naive)
        self.assertEqual(ids, before + 1000)
        self.assertLess(value, ids)

        sidecars = self.step(9)
        self.assert_exact(sidecars, 2000)
        self.assertEqual(len(re.findall('"value"', sidecars)), 5 + 1)

        cached = self.step(10)
        self.assertNotIn("Non-2xx", cached)
        self.assertEqual(re.findall(r'"name":"(\w+)"', cached), ["Ada"] + 7 * ["Grace"])
        results = {result: int(number) for result, number in
                   re.findall(r'"result":"(\w+)"},"value":\[[\d.]+,"(\d+)"\]', cached)}  # fmt: skip
        self.assertGreater(results["hit"], sum(results.values()) / 2, results)
        # Step 11 is what test_lab_counter does.
        self.assertIn("bench/lab counter --quick", self.steps[11][0])


if __name__ == "__main__":
    unittest.main()
