"""compose/local: the whole lab comes up, does what it says, and leaves nothing behind, whenever and however it ends."""
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest
import uuid

import psycopg2

from kit import processes
from kit.pgweir import ROOT, binary
from kit.ports import free_port
from kit.waiting import wait_until

LOCAL = ROOT / "compose" / "local"
RULES = ROOT / "grafana" / "rules"
HOST = "127.0.0.1"
PORTS = ("nginx", "pgweir", "pgweir-http", "prometheus", "postgres", "redis")
MARK = "PGWEIR_LOCAL_LAB_TEST"
ENDS_WITHIN = 30  # seconds
NOT_UP = "error: the lab is not up: `compose/local up` starts it"
spare_ports = []  # sets of PORTS that no lab has at the moment
STOPPED = "everything that was started is stopped, and the data is removed"


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def setUpModule():
    """Programs for the tests, and a lab that takes as long as one may to fail: it does so beside the other tests."""
    global tools, endless
    tools = processes.temporary_directory("tools")
    tools.chmod(0o755)
    unittest.addModuleCleanup(shutil.rmtree, tools)
    (tools / "bin").mkdir()
    # Whatever happens, no test may install anything.
    script(tools / "bin" / "apt-get", 'echo "apt-get was called: $*" >&2; exit 1')
    script(tools / "broken", "echo no luck today\nexit 3")
    script(tools / "endless", "echo one moment please\nexec sleep 600")
    (tools / "garbage").write_bytes(b"neither a script nor a program\n")
    (tools / "garbage").chmod(0o755)
    endless = Lab()
    unittest.addModuleCleanup(endless.close)
    endless.process = endless.start("up", "--scale", "app=1", PGWEIR_BINARY=str(tools / "endless"))
    unittest.addModuleCleanup(endless.abandon, endless.process)


class Lab:
    """A lab directory, and commands on it."""

    def __init__(self, name="lab"):
        self.mark = uuid.uuid4().hex
        self.above = processes.temporary_directory("local")
        self.above.chmod(0o755)  # PostgreSQL's own user looks in
        self.directory = self.above / name
        self._supervisors = []
        self._numbers = spare_ports.pop() if spare_ports else [free_port() for _ in PORTS]
        self.ports = [f"--port={part}={number}" for part, number in zip(PORTS, self._numbers)]

    # Commands

    def start(self, *arguments, ports=None, umask=-1, **environment):
        """The command as a running process. `up` gets ports that no other test has."""
        if arguments[0] == "up":
            arguments = [*arguments, *(self.ports if ports is None else ports)]
        environment = os.environ | {
            "PATH": f"{tools / 'bin'}:{os.environ['PATH']}", "PGWEIR_BINARY": str(binary().absolute()),
            "PGWEIR_LAB_DIRECTORY": str(self.directory), "TMPDIR": str(self.above), MARK: self.mark,
            # What the caller has in the environment must not lead it astray.
            "PGHOST": "no.such.host.invalid", "PGPORT": "1", "DATABASE_URL": "postgres://no.such.host.invalid/none",
            "http_proxy": "http://127.0.0.1:9", "PYTHONPATH": "/no/such/directory",
        } | environment  # fmt: skip
        return processes.start([LOCAL, *arguments], env=environment, text=True, cwd="/", umask=umask,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip

    def end(self, process, timeout=120):
        """(exit code, output)"""
        with process.stdout:
            output, _ = process.communicate(timeout=timeout)
        processes.finish(process)
        return process.returncode, output

    def abandon(self, process):
        """Whether or not it has ended."""
        if process.poll() is None:
            process.terminate()
            self.end(process)

    def run(self, *arguments, **options):
        """(exit code, output)"""
        return self.end(self.start(*arguments, **options))

    def must(self, *arguments, **options):
        """The output of a command that has to go well."""
        code, output = self.run(*arguments, **options)
        assert code == 0, (code, output)
        return output

    def up(self, *arguments, **options):
        output = self.must("up", *arguments, **options)
        # Should the test run be killed, its reaper ends the lab.
        self._supervisors.append(self.supervisor())
        processes._tell_reaper(f"process {self._supervisors[-1]} {int(signal.SIGTERM)}")
        return output

    def status(self):
        return json.loads(self.run("status", "--json")[1])

    def part(self, name):
        return next(part for part in self.status()["parts"] if part["name"] == name)

    def names(self):
        return [part["name"] for part in self.status()["parts"]]

    def supervisor(self):
        return int((self.directory / "lock").read_text(encoding="ascii"))

    def log(self):
        """What was done to the lab itself; as long as that is there."""
        try:
            return (self.directory / "log").read_text(encoding="utf-8")
        except OSError:
            return ""

    # What it leaves

    def processes(self):
        """{pid: command line} of those that have inherited the mark. PostgreSQL and nginx write over their environment:
        also of those that work in the lab's directory or name it."""
        found = {}
        below = str(self.directory)
        for directory in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if (f"{MARK}={self.mark}".encode() in (directory / "environ").read_bytes() or below in command
                        or os.readlink(directory / "cwd").startswith(below)):  # fmt: skip
                    found[int(directory.name)] = command
        return found

    def assert_nothing_left(self):
        wait_until(lambda: not self.processes(), ENDS_WITHIN, message=lambda: f"these to end: {self.processes()}")
        left = sorted(self.above.rglob("*"))
        assert not left, left

    def close(self):
        """It should be down. If it is not, that is a failure, but not one that lasts."""
        try:
            self.assert_nothing_left()
        finally:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.above, ignore_errors=True)
            for pid in self._supervisors:
                processes._tell_reaper(f"done {pid}")
            spare_ports.append(self._numbers)

    # What it serves

    def ask(self, method, path, id=None, port=None):
        """(status, body) of nginx"""
        connection = http.client.HTTPConnection(HOST, port or self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"X-Request-Id": id} if id else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    @property
    def port(self):
        return int(self.ports[0].rpartition("=")[2])

    def hit(self):
        status, body = self.ask("POST", "/hit")
        assert status == 200, (status, body)

    def count(self):
        status, body = self.ask("GET", "/count")
        assert status == 200, (status, body)
        return json.loads(body)

    def get(self, url):
        """The body of an answer of a part."""
        status, body = self.ask("GET", "/" + url.split("/", 3)[3], port=int(url.split("/")[2].rpartition(":")[2]))
        assert status == 200, (url, status, body)
        return body

    def prometheus(self, path, status=None):
        return json.loads(self.get(f"{(status or self.status())['prometheus']}/api/v1/{path}"))["data"]

    def targets(self, status=None):
        """{(job, address): health}"""
        return {(target["labels"]["job"], target["labels"]["instance"]): target["health"]
                for target in self.prometheus("targets?state=active", status)["activeTargets"]}  # fmt: skip


def metric(text, name):
    """The sum over all samples of this name."""
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))


class Hits:
    """A stream of them as long as the block lasts. Each has an id and a connection of its own."""

    THREADS = 3
    PAUSE = 0.01  # seconds; the replicas that start meanwhile need the processor, too

    def __init__(self, lab):
        self.acknowledged = 0
        self.bad = []  # anything but 200
        self._lab = lab
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._hit) for _ in range(self.THREADS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more):
        wanted = self.acknowledged + more
        wait_until(lambda: self.acknowledged >= wanted or self.bad, message=f"{more} hits")

    def _hit(self):
        while not self._ended.wait(self.PAUSE):
            try:
                answer = self._lab.ask("POST", "/hit", uuid.uuid4().hex)
            except (OSError, http.client.HTTPException) as error:
                answer = error, ""
            with self._lock:
                if answer[0] == 200 and json.loads(answer[1])["counted"]:
                    self.acknowledged += 1
                else:
                    self.bad.append(answer)


class Case(unittest.TestCase):
    maxDiff = None
    longMessage = True

    def lab(self, **options):
        lab = Lab(**options)
        self.addCleanup(lab.close)
        return lab

    def assert_fails(self, lab, *arguments, says, code=1, **options):
        """Says it in one message, and no Python exception shows through. The output."""
        found, output = lab.run(*arguments, **options)
        self.assertEqual(found, code, output)
        self.assertIn(says, output)
        self.assertNotIn("Traceback", output)
        return output

    def assert_all_healthy(self, lab, names):
        status = lab.status()
        self.assertEqual([(part["name"], part["state"]) for part in status["parts"]],
                         [(name, "healthy") for name in names])  # fmt: skip
        return status


class ServiceMode(Case):
    """What a lab shows that is up and left alone."""

    NAMES = ["postgres", "redis", "pgweir", "app-1", "app-2", "app-3", "nginx", "prometheus"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab_up = lab = Lab("a lab")  # a space must do no harm
        cls.addClassCleanup(lab.close)
        cls.addClassCleanup(lambda: lab.must("down"))
        cls.command_lines = set()
        ended = threading.Event()
        watch = threading.Thread(target=cls.look_at_command_lines, args=(ended,))
        watch.start()
        try:
            cls.output = lab.up()
        finally:
            ended.set()
            watch.join()

    @classmethod
    def look_at_command_lines(cls, ended):
        while not ended.wait(0.02):
            cls.command_lines.update(cls.lab_up.processes().values())

    def test_status(self):
        status = self.assert_all_healthy(self.lab_up, self.NAMES)
        self.assertEqual(status["mode"], "service")
        self.assertEqual(len({part["endpoint"] for part in status["parts"]}), len(self.NAMES))
        code, text = self.lab_up.run("status")
        self.assertEqual(code, 0, text)
        for part in status["parts"]:
            self.assertRegex(text, rf"(?m)^{part['name']} +healthy +{part['endpoint']} +{part['pid']} +\d+$")
        for what in ("application", "pgweir", "metrics", "postgres", "redis", "prometheus"):
            self.assertRegex(text, rf"(?m)^{what} +{re.escape(status[what])}$")
            self.assertIn(status[what], self.output)  # `up` shows the same

    def test_asked_ports_are_used(self):
        status = self.lab_up.status()
        asked = dict(argument.removeprefix("--port=").split("=") for argument in self.lab_up.ports)
        used = {part: status[what].partition("@")[2] or status[what]
                for part, what in (("nginx", "application"), ("pgweir", "pgweir"), ("pgweir-http", "metrics"),
                                   ("postgres", "postgres"), ("redis", "redis"), ("prometheus", "prometheus"))}  # fmt: skip
        for part, address in used.items():
            self.assertRegex(address, rf"127\.0\.0\.1:{asked[part]}\b", part)

    def test_a_hit_goes_through_pgweir_and_counts(self):
        status = self.lab_up.status()

        def transactions():
            return metric(self.lab_up.get(status["metrics"]), "pgweir_pool_checkouts_total")

        before, through = self.lab_up.count(), transactions()
        self.assertEqual(before["value"], before["ids"])
        for _ in range(10):
            self.lab_up.hit()
        after = self.lab_up.count()
        self.assertEqual(after, {"value": before["value"] + 10, "ids": before["ids"] + 10})
        self.assertGreaterEqual(transactions() - through, 11)

    def test_postgres_and_the_urls(self):
        status = self.lab_up.status()
        for what in ("postgres", "pgweir"):
            with contextlib.closing(psycopg2.connect(status[what])) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT setting FROM pg_settings WHERE name = 'max_connections'")
                self.assertEqual(cursor.fetchone(), ("20",), what)
            password = re.search(":([^:@]+)@", status[what]).group(1)
            with self.assertRaisesRegex(psycopg2.OperationalError, "password authentication failed"):
                psycopg2.connect(status[what].replace(password, "wrong"))

    def test_each_part_has_its_directory(self):
        for part in self.lab_up.status()["parts"]:
            directory = self.lab_up.directory / part["name"]
            self.assertEqual(part["log"], str(directory / "log"))
            works_in = pathlib.Path(os.readlink(f"/proc/{part['pid']}/cwd"))
            self.assertTrue(works_in.is_relative_to(directory), f"{part['name']} works in {works_in}")

    def test_prometheus(self):
        status = self.lab_up.status()
        addresses = {part["name"]: part["endpoint"] for part in status["parts"]}
        expected = {("tasks", addresses[name]): "up" for name in ("app-1", "app-2", "app-3")}
        expected["pgweir", status["metrics"].split("/")[2]] = "up"
        wait_until(lambda: self.lab_up.targets(status) == expected,
                   message=lambda: f"{expected}, found: {self.lab_up.targets(status)}", interval=0.1)  # fmt: skip
        for target in self.lab_up.prometheus("targets", status)["activeTargets"]:
            self.assertEqual(target["scrapeInterval"], "5s")
        self.assertEqual({group["file"] for group in self.lab_up.prometheus("rules", status)["groups"]},
                         {str(path) for path in RULES.glob("*.yml")})  # fmt: skip

    def test_logs(self):
        self.lab_up.hit()
        lines = {}  # part -> what it says
        for line in self.lab_up.must("logs").splitlines():
            self.assertRegex(line, r"^\S+ +\| ")
            name, _, text = line.partition("|")
            lines.setdefault(name.strip(), []).append(text.strip())
        self.assertLessEqual(set(lines), {"lab", *self.NAMES})
        self.assertLessEqual({"lab", "postgres", "pgweir", "nginx"}, set(lines))  # the others have nothing to say
        self.assertRegex(lines["lab"][-1], r"^\d\d:\d\d:\d\d the lab is up$")
        self.assertIn("database system is ready to accept connections", lines["postgres"][-1])
        self.assertIn(" POST /hit 200 ", lines["nginx"][-1])

    def test_logs_of_parts(self):
        output = self.lab_up.must("logs", "postgres", "lab")
        self.assertEqual({line.partition("|")[0].strip() for line in output.splitlines()}, {"lab", "postgres"})
        output = self.assert_fails(self.lab_up, "logs", "nginx", "memcached", says="error: there is no memcached: ")
        for name in ("lab", *self.NAMES):
            self.assertIn(name, output.partition("the parts are")[2])

    def test_logs_follow_until_ctrl_c(self):
        process = self.lab_up.start("logs", "-f", "nginx")
        self.lab_up.ask("GET", "/follow-me")
        for line in process.stdout:
            if "/follow-me 404" in line:
                break
        else:
            self.fail("the line does not come")
        process.send_signal(signal.SIGINT)
        code, output = self.lab_up.end(process)
        self.assertEqual(code, 130, output)
        self.assertTrue(output.endswith("stopped by SIGINT\n"), output)

    def test_a_reader_that_has_seen_enough(self):
        process = self.lab_up.start("logs")
        process.stdout.close()
        self.assertEqual(process.wait(ENDS_WITHIN), 0)
        processes.finish(process)

    def test_a_second_up_is_refused(self):
        self.assert_fails(self.lab_up, "up", says=f"error: a lab is up already, or on its way up or down, in "
                          f"{self.lab_up.directory}: see `compose/local status`, or stop it with")  # fmt: skip
        self.assert_all_healthy(self.lab_up, self.NAMES)
        self.lab_up.hit()

    def test_bad_scale_arguments(self):
        for argument in ("app=0", "app=21", "app=x", "app=-1", "app=", "app", "3", "web=3", "app=3=3"):
            with self.subTest(argument):
                self.assert_fails(self.lab_up, "scale", argument, code=2,
                                  says=f"'{argument}': app=N with N from 1 to 20")  # fmt: skip
        self.assert_fails(self.lab_up, "scale", code=2, says="the following arguments are required: app=N")
        self.assertEqual(self.lab_up.names(), self.NAMES)

    def test_bad_commands(self):
        self.assert_fails(self.lab_up, "restart", code=2, says="invalid choice: 'restart'")
        process = self.lab_up.start("--help")
        code, output = self.lab_up.end(process)
        self.assertEqual(code, 0, output)
        for command in ("up", "down", "status", "scale", "logs"):
            self.assertRegex(output, rf"(?m)^ +{command} ")

    def test_who_talks_nonsense_does_no_harm(self):
        for text in (b"", b"\n", b"{}\n", b"[]\n", b"null\n", b'{"do": "scale"}\n', b'{"do": "scale", "app": "3"}\n',
                     b'{"do": "scale", "app": 0}\n', b"\xff\xfe\n", b'{"do"'):  # fmt: skip
            with self.subTest(text), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.lab_up.directory / "control"))
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    self.assertNotIn(b"answer", connection.recv(4096))
        self.assert_all_healthy(self.lab_up, self.NAMES)

    def test_redis(self):
        url = self.lab_up.status()["redis"]
        self.assertEqual(self.redis(url, "CONFIG", "GET", "maxmemory"), ["maxmemory", f"{256 * 1024 * 1024}"])
        self.assertEqual(self.redis(url, "CONFIG", "GET", "maxmemory-policy"), ["maxmemory-policy", "allkeys-lru"])
        self.assertEqual(self.redis(url, "SET", "key", "value"), ["OK"])
        self.assertIn("NOAUTH Authentication required.", self.redis(re.sub(":[^:]+@", ":wrong@", url), "GET", "key"))

    @staticmethod
    def redis(url, *command):
        """The lines of the answer."""
        password, host, port, database = re.fullmatch(r"redis://:(\w+)@(\S+):(\d+)/(\d+)", url).groups()
        done = subprocess.run(["redis-cli", "-h", host, "-p", port, "-n", database, *command], capture_output=True,
                              text=True, timeout=30, check=False, env=os.environ | {"REDISCLI_AUTH": password})  # fmt: skip
        return done.stdout.split("\n")[:-1]

    def test_secrets(self):
        self.assert_secret("postgres", {"pgweir/pgweir.yaml"})
        self.assert_secret("redis", {"redis/redis.conf"})
        socket_file = next((self.lab_up.directory / "postgres").glob(".s.PGSQL.*[0-9]"))
        for name in ("pgweir/pgweir.yaml", "redis/redis.conf", "control", "postgres/data", socket_file):
            mode = (self.lab_up.directory / name).stat().st_mode
            self.assertEqual(stat.S_IMODE(mode) & 0o077, 0, f"{name}: {stat.filemode(mode)}")

    def assert_secret(self, what, files):
        """The password in that URL is in these files, in no other, and in nobody's arguments."""
        password = re.search(":([^:@]+)@", self.lab_up.status()[what]).group(1)
        everybody = {path.read_bytes().replace(b"\0", b" ").decode(errors="replace") for path in
                     pathlib.Path("/proc").glob("[0-9]*/cmdline") if path.exists()}  # fmt: skip
        self.assertTrue(any("initdb" in line for line in self.command_lines), "the start was watched")
        for line in self.command_lines | everybody:
            self.assertNotIn(password, line)
        holding = set()
        for path in self.lab_up.directory.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and password.encode() in path.read_bytes():
                    holding.add(str(path.relative_to(self.lab_up.directory)))
        self.assertEqual(holding, files)


class Scaling(Case):
    def scale(self, lab, hits, replicas):
        output = lab.must("scale", f"app={replicas}")
        self.assertEqual(hits.bad, [], output)
        hits.wait_for(30)
        return output

    def assert_known(self, lab, status):
        """nginx and Prometheus know the replicas that status shows, and no others."""
        parts = {part["name"]: part["endpoint"] for part in status["parts"]}
        replicas = {endpoint for name, endpoint in parts.items() if name.startswith("app-")}
        seen = len(lab.must("logs", "nginx").splitlines())
        for _ in range(3 * len(replicas)):
            lab.hit()
        served = {line.split()[7] for line in lab.must("logs", "nginx").splitlines()[seen:]}
        self.assertEqual(served, replicas)
        pgweirs = 1 if status["mode"] == "service" else len(replicas)
        wait_until(lambda: self.scraped(lab, status, "tasks") == (replicas, {"up"})
                   and len(self.scraped(lab, status, "pgweir")[0]) == pgweirs
                   and self.scraped(lab, status, "pgweir")[1] == {"up"},
                   message=lambda: f"{replicas} as targets, found: {lab.targets(status)}", interval=0.1)  # fmt: skip

    def scraped(self, lab, status, job):
        """(addresses, their healths)"""
        targets = {address: health for (found, address), health in lab.targets(status).items() if found == job}
        return set(targets), set(targets.values())

    def assert_counted(self, lab, hits):
        self.assertEqual(hits.bad, [])
        self.assertGreater(hits.acknowledged, 100)
        self.assertEqual(lab.count(), {"value": hits.acknowledged, "ids": hits.acknowledged})

    def test_service(self):
        lab = self.lab()
        lab.up("--scale", "app=2", "--scrape-interval", "1s")
        follower = lab.start("logs", "-f")
        with Hits(lab) as hits:
            hits.wait_for(30)
            output = self.scale(lab, hits, 4)
            self.assertRegex(output, r"(?m)^starting app-4 on ")
            self.assertRegex(output, r"(?m)^app-4 +healthy ")
            output = self.scale(lab, hits, 1)
            self.assertRegex(output, r"(?m)^stopping app-4$")
            self.assertNotRegex(output, r"(?m)^app-2 ")
            self.scale(lab, hits, 1)  # what is there already
            self.scale(lab, hits, 3)
        self.assert_counted(lab, hits)
        self.assertNotIn("[error]", lab.must("logs", "nginx"))  # no replica has left before nginx knew
        status = self.assert_all_healthy(lab, ["postgres", "redis", "pgweir", "app-1", "app-2", "app-3", "nginx",
                                               "prometheus"])  # fmt: skip
        self.assert_known(lab, status)
        self.assertEqual(lab.prometheus("targets", status)["activeTargets"][0]["scrapeInterval"], "1s")
        self.assertEqual(lab.must("down"), STOPPED + "\n")
        code, output = lab.end(follower)
        self.assertEqual(code, 0, output)
        self.assertRegex(output, r"(?m)^lab +\| .* starting app-4 on ")
        lab.assert_nothing_left()

    def test_sidecars(self):
        lab = self.lab()
        self.assertRegex(lab.up("--sidecar", "--scale", "app=2", "--scrape-interval", "1s"), r"(?m)^pgweir-2 +healthy ")
        with Hits(lab) as hits:
            hits.wait_for(30)
            self.scale(lab, hits, 3)
            status = self.assert_all_healthy(lab, ["postgres", "redis", "pgweir-1", "pgweir-2", "pgweir-3", "app-1", "app-2",
                                                   "app-3", "nginx", "prometheus"])  # fmt: skip
            self.assertEqual(status["mode"], "sidecar")
            self.assert_each_uses_its_own(lab, status)
            self.scale(lab, hits, 1)
        self.assert_counted(lab, hits)
        status = self.assert_all_healthy(lab, ["postgres", "redis", "pgweir-1", "app-1", "nginx", "prometheus"])
        self.assert_known(lab, status)
        lab.must("down")

    def assert_each_uses_its_own(self, lab, status):
        """Each pgweir has been asked, and its replica has connected to no other."""
        parts = {part["name"]: part["endpoint"] for part in status["parts"]}
        for number in (1, 2, 3):
            config = (lab.directory / f"pgweir-{number}" / "pgweir.yaml").read_text(encoding="utf-8")
            self.assertIn(f'listen: {{addresses: ["{parts[f"pgweir-{number}"]}"]}}', config)
            http_address = re.search(r'http: "(\S+)"', config).group(1)
            self.assertGreater(metric(lab.get(f"http://{http_address}/metrics"), "pgweir_pool_checkouts_total"), 0)
            peers = self.peers_of(lab.part(f"app-{number}")["pid"]) & set(parts.values())
            self.assertEqual(peers - {parts["nginx"]}, {parts[f"pgweir-{number}"]}, f"app-{number}")

    @staticmethod
    def peers_of(pid):
        """Addresses that the process has connected to, or been connected from."""
        inodes = set()
        for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes.update(re.findall(r"^socket:\[(\d+)\]$", os.readlink(path)))
        peers = set()
        for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                peers.add(f"{HOST}:{int(fields[2].rpartition(':')[2], 16)}")
        return peers


class PartsThatDie(Case):
    def test_they_come_back(self):
        lab = self.lab()
        lab.up("--scale", "app=2", ports=["--any-ports", *lab.ports[:1]])
        names = ["postgres", "redis", "pgweir", "app-1", "app-2", "nginx", "prometheus"]
        before = {part["name"]: part for part in self.assert_all_healthy(lab, names)["parts"]}
        victims = ["app-1", "pgweir", "nginx", "prometheus", "redis", "postgres"]
        for name in victims:
            os.kill(before[name]["pid"], signal.SIGKILL)
        self.assertEqual(lab.run("status")[0], 1)
        wait_until(lambda: lab.run("status")[0] == 0, message=lambda: lab.run("status")[1], interval=0.2)
        after = {part["name"]: part for part in self.assert_all_healthy(lab, names)["parts"]}
        for name in victims:
            self.assertNotEqual(after[name]["pid"], before[name]["pid"])
            self.assertEqual(after[name]["endpoint"], before[name]["endpoint"])
            if name == "postgres":  # it does not start while the last of its old backends goes
                self.assertGreaterEqual(after[name]["restarts"], 1)
            else:
                self.assertEqual(after[name]["restarts"], 1, name)
        self.assertEqual({part: after["app-2"][part] for part in ("pid", "restarts")},
                         {"pid": before["app-2"]["pid"], "restarts": 0})  # fmt: skip
        self.assertIn("app-1 has ended with exit code -9: started again", lab.log())
        # The first request that finds a dead connection in the pool gets a 503.
        wait_until(lambda: [lab.ask("POST", "/hit")[0] for _ in range(4)] == [200] * 4, message="four good hits")
        self.assertEqual(lab.count()["value"], lab.count()["ids"])
        lab.must("down")


class StartsThatFail(Case):
    def test_a_part_that_ends_at_once(self):
        lab = self.lab()
        output = self.assert_fails(lab, "up", "--scale", "app=1", PGWEIR_BINARY=str(tools / "broken"),
                                   says="error: pgweir ended with exit code 3:\n    no luck today")  # fmt: skip
        self.assertNotIn("starting app-1", output)
        lab.assert_nothing_left()

    def test_a_part_that_is_no_program(self):
        lab = self.lab()
        self.assert_fails(lab, "up", "--scale", "app=1", PGWEIR_BINARY=str(tools / "garbage"),
                          says="error: pgweir cannot be started: ")  # fmt: skip
        lab.assert_nothing_left()

    def test_no_pgweir(self):
        lab = self.lab()
        (tools / "text").touch(mode=0o644)
        for path in ("/no/such/pgweir", tools, tools / "text"):
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
            (["--scale", "app=0"], "'app=0': app=N with N from 1 to 20"),
            (["--scrape-interval", "soon"], "'soon': such as 5s"),
        ):
            self.assert_fails(lab, "up", ports=options, code=2, says=complaint)
        lab.assert_nothing_left()

    def test_missing_packages(self):
        """As an ordinary user without sudo sees it: nothing is installed here."""
        path = tools / "without"
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


class Beginnings(Case):
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


class Attached(Case):
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


class Interruptions(Case):
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


class NeverReady(Case):
    """Its lab was started before all other tests."""

    def test_a_part_that_does_not_become_healthy(self):
        code, output = endless.end(endless.process)
        self.assertEqual(code, 1, output)
        self.assertTrue(output.endswith("error: pgweir does not become healthy within 30 s:\n    one moment please\n"),
                        output)  # fmt: skip
        endless.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
