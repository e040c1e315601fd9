"""compose/local: the whole lab comes up, does what it says, and leaves nothing behind."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import threading
import unittest
import urllib.request

import psycopg2

from kit import local_lab, processes
from kit.local_lab import ENDS_WITHIN, HOST, STOPPED, Hits, Lab, LabCase, metric
from kit.pgweir import ROOT
from kit.waiting import wait_until

RULES = ROOT / "grafana" / "rules"


def setUpModule():
    local_lab.set_up_tools()


class ServiceMode(LabCase):
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

    def test_the_cache_is_off(self):
        self.assertNotIn("cache:", (self.lab_up.directory / "pgweir" / "pgweir.yaml").read_text(encoding="utf-8"))

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


class Scaling(LabCase):
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


class Cached(LabCase):
    def user(self, lab, document):
        """What is answered to a new user, or to a change of one."""
        url = f"http://{HOST}:{lab.port}/user"
        request = urllib.request.Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read())

    def hits(self, lab):
        """Of all pgweir."""
        configs = [(lab.directory / name / "pgweir.yaml").read_text(encoding="utf-8")
                   for name in ("pgweir-1", "pgweir-2")]  # fmt: skip
        addresses = [re.search(r'http: "(\S+)"', config).group(1) for config in configs]
        return [metric(lab.get(f"http://{address}/metrics"), r'pgweir_cache_requests_total\{.*result="hit"\}')
                for address in addresses]  # fmt: skip

    def test_it_is_asked_for(self):
        lab = self.lab()
        output = lab.up("--sidecar", "--cache", "--scale", "app=2")
        self.assertNotIn("error", output)
        user = self.user(lab, {"name": "Ada"})
        path = f"/user/{user['id']}"
        wait_until(lambda: (lab.ask("GET", path), min(self.hits(lab)) > 0)[1], message="hits of both pgweir")
        changed = self.user(lab, {"id": user["id"], "name": "Grace"})
        for _ in range(10):
            self.assertEqual(json.loads(lab.ask("GET", path)[1]), changed)
        lab.must("down")


class PartsThatDie(LabCase):
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


if __name__ == "__main__":
    unittest.main()
