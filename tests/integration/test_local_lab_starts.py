"""compose/local: how a lab starts, or does not, and that it leaves nothing behind then."""
import contextlib
import os
import re
import shutil
import signal
import socket
import unittest

from kit import local_lab
from kit.local_lab import HOST, NOT_UP, PORTS, STOPPED, Lab, LabCase, script
from kit.ports import free_port
from kit.waiting import wait_until


def setUpModule():
    """A lab that takes as long as one may to fail: it does so beside the other tests."""
    global endless
    local_lab.set_up_tools()
    script(local_lab.tools / "broken", "echo no luck today\nexit 3")
    script(local_lab.tools / "endless", "echo one moment please\nexec sleep 600")
    (local_lab.tools / "garbage").write_bytes(b"neither a script nor a program\n")
    (local_lab.tools / "garbage").chmod(0o755)
    endless = Lab()
    unittest.addModuleCleanup(endless.close)
    endless.process = endless.start("up", "--scale", "app=1", PGWEIR_BINARY=str(local_lab.tools / "endless"))
    unittest.addModuleCleanup(endless.abandon, endless.process)


class StartsThatFail(LabCase):
    def test_a_part_that_ends_at_once(self):
        lab = self.lab()
        output = self.assert_fails(lab, "up", "--scale", "app=1", PGWEIR_BINARY=str(local_lab.tools / "broken"),
                                   says="error: pgweir ended with exit code 3:\n    no luck today")  # fmt: skip
        self.assertNotIn("starting app-1", output)
        lab.assert_nothing_left()

    def test_a_part_that_is_no_program(self):
        lab = self.lab()
        self.assert_fails(lab, "up", "--scale", "app=1", PGWEIR_BINARY=str(local_lab.tools / "garbage"),
                          says="error: pgweir cannot be started: ")  # fmt: skip
        lab.assert_nothing_left()

    def test_no_pgweir(self):
        lab = self.lab()
        (local_lab.tools / "text").touch(mode=0o644)
        for path in ("/no/such/pgweir", local_lab.tools, local_lab.tools / "text"):
            self.assert_fails(lab, "up", PGWEIR_BINARY=str(path),
                              says=f"error: PGWEIR_BINARY: there is no program {path}")  # fmt: skip
            lab.assert_nothing_left()

    def test_ports_in_use(self):
        lab = self.lab()
        with contextlib.ExitStack() as stack:
            taken = [stack.enter_context(socket.create_server((HOST, 0))).getsockname()[1] for _ in PORTS]
            for part, port in zip(PORTS, taken):
                self.assert_fails(lab, "up", "--port", f"{part}={port}", ports=["--any-ports"],
                                  says=f"error: in use on 127.0.0.1: port {port} (for {part}): choose others with "
                                  "--port PART=N, or take any free ones with --any-ports")  # fmt: skip
            both = [f"--port=nginx={taken[0]}", f"--port=postgres={taken[1]}"]
            output = self.assert_fails(lab, "up", ports=["--any-ports", *both],
                                       says=f"port {taken[0]} (for nginx), port {taken[1]} (for postgres): ")
            self.assertNotIn("starting", output)
        lab.assert_nothing_left()

    def test_the_usual_port_in_use(self):
        lab = self.lab()
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):  # somebody else has it: as well
                stack.enter_context(socket.create_server((HOST, 9090)))
            self.assert_fails(lab, "up", ports=[], says="port 9090 (for prometheus)")
        lab.assert_nothing_left()

    def test_bad_options(self):
        lab = self.lab()
        port = free_port()
        self.assert_fails(lab, "up", ports=["--any-ports", f"--port=nginx={port}", f"--port=postgres={port}"],
                          says="error: the same port is asked for twice")  # fmt: skip
        for options, complaint in (
            (["--port", "memcached=11211"], f"'memcached=11211': PART=N with one of {', '.join(PORTS)} and N"),
            (["--port", "nginx=65536"], "'nginx=65536': PART=N"),
            (["--port", "nginx=-1"], "'nginx=-1': PART=N"),
            (["--port", "nginx=http"], "'nginx=http': PART=N"),
            (["--port", "nginx"], "'nginx': PART=N"),
            (["--port"], "--port: expected one argument"),
            (["--sidecar", "--direct"], "not allowed with argument"),
            (["--cache", "--direct"], "--cache: not allowed with argument --direct"),
            (["--scale", "app=0"], "'app=0': app=N with N from 1 to 20"),
            (["--scrape-interval", "soon"], "'soon': such as 5s"),
        ):
            self.assert_fails(lab, "up", ports=options, code=2, says=complaint)
        lab.assert_nothing_left()

    def test_missing_packages(self):
        """As an ordinary user without sudo sees it: nothing is installed here."""
        path = local_lab.tools / "without"
        path.mkdir()
        for name in ("dirname", "sort", "env"):
            (path / name).symlink_to(shutil.which(name))
        lab = self.lab()
        self.assert_fails(lab, "up", PATH=str(path), says="without apt, install what these packages hold: postgresql ")
        script(path / "apt-get", "exit 1")
        script(path / "id", "echo 1000")
        script(path / "dpkg-query", "case $4 in nginx-light | prometheus) exit 1; esac; echo installed")
        output = self.assert_fails(lab, "up", PATH=str(path), says="error: missing packages: nginx-light prometheus\n")
        self.assertIn("run as root, or install sudo, or install them yourself", output)
        self.assertNotIn("starting", output)
        lab.assert_nothing_left()

    def test_a_directory_that_is_no_lab(self):
        lab = self.lab()
        lab.directory.mkdir()
        (lab.directory / "thesis.txt").write_text("years of work", encoding="ascii")
        for command in ("up", "down"):
            self.assert_fails(lab, command, says=f"error: {lab.directory} is not the directory of a lab: remove it, or "
                              "name another one with PGWEIR_LAB_DIRECTORY")  # fmt: skip
        for command in (("status",), ("logs",), ("scale", "app=2")):
            self.assert_fails(lab, *command, says=NOT_UP)
        self.assertEqual([path.read_text(encoding="ascii") for path in lab.directory.iterdir()], ["years of work"])
        shutil.rmtree(lab.directory)

    def test_a_file_in_place_of_the_directory(self):
        lab = self.lab()
        lab.directory.write_text("years of work", encoding="ascii")
        for command in ("up", "down"):
            self.assert_fails(lab, command, says="error: ")
        self.assertEqual(lab.directory.read_text(encoding="ascii"), "years of work")
        lab.directory.unlink()

    def test_a_path_that_is_too_long(self):
        for length in (71, 300):
            lab = self.lab()
            lab.directory = lab.above / ("x" * (length - len(str(lab.above)) - 1))
            self.assert_fails(lab, "up", says=f"{lab.directory} is too long for the sockets in it: at most 70 bytes")
            lab.assert_nothing_left()

    def test_nothing_is_up(self):
        lab = self.lab()
        for _ in range(2):
            self.assertEqual(lab.must("down"), "the lab is not up: there is nothing to stop\n")
        for command in (("status",), ("status", "--json"), ("logs",), ("logs", "-f"), ("scale", "app=2")):
            self.assert_fails(lab, *command, says=NOT_UP)


class Beginnings(LabCase):
    """Two at a time."""

    def test_while_one_starts(self):
        lab = self.lab()
        process = lab.start("up", "--scale", "app=1", ports=["--any-ports"])
        wait_until(lambda: "starting postgres" in lab.log(), message="the start")
        self.assert_fails(lab, "up", says="error: a lab is up already, or on its way up or down")
        for command in (("status",), ("logs",), ("scale", "app=2")):
            self.assert_fails(lab, *command, says="error: the lab is on its way up or down")
        self.assertIsNone(process.poll(), "it is still on its way")
        self.assertEqual(lab.must("down"), STOPPED + "\n")
        lab.assert_nothing_left()
        code, output = lab.end(process)
        self.assertEqual(code, 1, output)
        self.assertTrue(output.endswith("error: the lab was stopped by SIGTERM before it was up\n"), output)

    def test_two_at_once(self):
        lab = self.lab()
        ports = [f"--port={part}=0" for part in PORTS]
        started = [lab.start("up", "--scale", "app=1", ports=ports) for _ in range(2)]
        (won, output), (lost, complaint) = sorted(map(lab.end, started))
        self.assertEqual((won, lost), (0, 1), (output, complaint))
        self.assertIn("the lab is up", output)
        self.assertIn("error: a lab is up already, or on its way up or down", complaint)
        self.assertEqual(lab.run("status")[0], 0)
        downs = [lab.start("down") for _ in range(2)]
        self.assertEqual([lab.end(down)[0] for down in downs], [0, 0])
        lab.assert_nothing_left()
        self.assertEqual(lab.must("down"), "the lab is not up: there is nothing to stop\n")


class Attached(LabCase):
    """Also: without pgweir, and with a umask that keeps everybody out."""

    def up(self, lab):
        """The command once everything is up, and what it has said."""
        process = lab.start("up", "--attach", "--direct", "--scale", "app=1", umask=0o077)
        said = []
        for line in process.stdout:
            said.append(line)
            if re.match(r"^postgres +\| .*database system is ready to accept connections$", line):
                return process, "".join(said)
        self.fail(f"it does not come up: {said}")

    def test_shows_the_logs_until_ctrl_c(self):
        lab = self.lab()
        process, said = self.up(lab)
        self.assertRegex(said, r"(?m)^lab +\| .* the lab is up$")
        self.assertNotRegex(said, r"(?m)^pgweir ")
        status = self.assert_all_healthy(lab, ["postgres", "app-1", "nginx", "prometheus"])
        self.assertEqual((status["mode"], status["pgweir"], status["metrics"], status["redis"]),
                         ("direct", None, None, None))  # fmt: skip
        lab.hit()
        self.assertEqual(lab.count(), {"value": 1, "ids": 1})
        self.assertTrue(any(re.match(r"^nginx +\| .* POST /hit 200 ", line) for line in process.stdout))
        os.killpg(process.pid, signal.SIGINT)
        code, output = lab.end(process)
        self.assertEqual(code, 130, output)
        self.assertTrue(output.endswith("stopped by SIGINT\n"), output)
        self.assertEqual(list(lab.above.iterdir()), [], "all has gone when the command ends")
        lab.assert_nothing_left()

    def test_ends_with_its_process(self):
        lab = self.lab()
        process, _ = self.up(lab)
        process.kill()
        lab.end(process)
        lab.assert_nothing_left()

    def test_ends_by_down(self):
        lab = self.lab()
        process, _ = self.up(lab)
        lab.must("down")
        self.assertEqual(lab.end(process)[0], 0)


class NeverReady(LabCase):
    """Its lab was started before all other tests."""

    def test_a_part_that_does_not_become_healthy(self):
        code, output = endless.end(endless.process)
        self.assertEqual(code, 1, output)
        self.assertTrue(output.endswith("error: pgweir does not become healthy within 30 s:\n    one moment please\n"),
                        output)  # fmt: skip
        endless.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
