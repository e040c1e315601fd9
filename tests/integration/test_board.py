"""Grafana boards on labs that give them something to show, and the rules: every panel has data, and the alert comes and
goes."""
import contextlib
import json
import math
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree

import psycopg2
import yaml

from grafana.files import Files
from kit import processes
from kit.cache_settings import takes
from kit.pgweir import ROOT, binary
from kit.ports import free_port
from kit.waiting import wait_until

sys.path[:0] = [str(ROOT / "compose"), str(ROOT / "grafana")]
import board as boards  # noqa: E402
import render  # noqa: E402
from drawing.measured import RenderError, Source, Window, fetch  # noqa: E402
from topology.children import Children  # noqa: E402
from topology.pgweir import POOL_SIZE  # noqa: E402
from topology.server import http_get  # noqa: E402
from topology.topology import USUAL_PORTS, Options, Topology  # noqa: E402

RULES = ROOT / "grafana" / "rules"
ALERT = "PgweirPoolSaturated"
CLIENTS = 3 * POOL_SIZE
FASTER = 60  # what takes minutes in the rules takes seconds here
SHORTEST_RANGE = 4  # seconds: rate() needs two scrapes in it, also when one comes late
# Each with the reason why it may be empty while nothing is wrong with it.
EXCUSED = {}
MOST_CLIENTS = CLIENTS + 20  # pgbench's, the replicas', and some of Trouble's
# The last one ends the server that runs it.
WRONG_STATEMENTS = ("SELECT 1 / 0", "SELECT nothing", "SELECT pg_terminate_backend(pg_backend_pid())")


def faster(duration, shortest=0):
    """Prometheus's notation, such as 1h30m."""
    return f"{max(shortest, math.ceil(boards.seconds(duration) / FASTER))}s"


def faster_rules(document):
    """The same rules with all durations shorter."""
    for group in document["groups"]:
        if "interval" in group:
            group["interval"] = "1s"
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[(\w+)\]", lambda found: f"[{faster(found[1], SHORTEST_RANGE)}]", rule["expr"])
            if "for" in rule:
                rule["for"] = faster(rule["for"])
    return document


class Load:
    """As long as the block lasts: more clients than servers, always at work, and requests through nginx."""

    def __init__(self, children, directory, topology):
        self._children = children
        self._directory = directory
        self._topology = topology
        self._running = []

    def __enter__(self):
        script = self._directory / "sleep.sql"
        script.write_text("SELECT pg_sleep(0.03);\n", encoding="ascii")
        body = self._directory / "empty-body"
        body.touch()
        url = self._topology.urls()
        self._start("pgbench", "-n", "-f", script, "-c", str(CLIENTS), "-T", "600", url["pgweir"])
        # All are there before anybody takes their places.
        wait_until(lambda: self._topology.pgweirs[0].samples("pgweir_client_connections")[0][1] >= CLIENTS,
                   message=f"{CLIENTS} clients")  # fmt: skip
        self._start("ab", "-q", "-r", "-l", "-t", "600", "-n", "1000000", "-c", "4", "-T", "text/plain", "-p", body,
                    f"{url['application']}/hit")  # fmt: skip
        return self

    def __exit__(self, kind, *_):
        ended = [process.args[0] for process in self._running if process.poll() is not None]
        for process in self._running:
            self._children.stop(process)
        if ended and kind is None:
            raise AssertionError("\n".join(self._log(name).read_text(encoding="utf-8") for name in ended))

    def _log(self, name):
        return self._directory / f"{name}.log"

    def _start(self, *arguments):
        with open(self._log(arguments[0]), "wb") as log:
            self._running.append(self._children.start(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                      cwd=self._directory))  # fmt: skip


class Trouble:
    """What goes wrong on a bad day, whenever make() is called; and a client that is pinned as long as the block lasts."""

    def __init__(self, topology):
        self._password = topology.postgres.password
        self._url = topology.urls()["pgweir"]

    def __enter__(self):
        self._pinned = psycopg2.connect(self._url)
        self._pinned.autocommit = True
        self._pinned.cursor().execute("CREATE TEMPORARY TABLE pin (number int)")
        return self

    def __exit__(self, *_):
        self._pinned.close()

    def make(self):
        for trouble in (self._wrong_statements, self._wrong_password, self._too_many):
            with contextlib.suppress(psycopg2.OperationalError):  # too many clients
                trouble()

    def _wrong_statements(self):
        with contextlib.closing(psycopg2.connect(self._url, application_name="the tests")) as connection:
            connection.autocommit = True
            for statement in WRONG_STATEMENTS:
                with contextlib.suppress(psycopg2.Error), connection.cursor() as cursor:
                    cursor.execute(statement)

    def _wrong_password(self):
        psycopg2.connect(self._url.replace(self._password, "wrong"))

    def _too_many(self):
        with contextlib.ExitStack() as clients:
            for _ in range(MOST_CLIENTS):
                clients.enter_context(contextlib.closing(psycopg2.connect(self._url)))


class BoardTests:
    """Of one board. What it is to show is made by `load`, as long as that lasts."""

    maxDiff = None
    longMessage = True
    file = None  # of the board
    options = {}  # of the lab

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.directory = processes.temporary_directory("board")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.directory.chmod(0o711)  # PostgreSQL's and nginx's own users pass through
        cls.children = Children()
        cls.addClassCleanup(cls.children.stop_all)
        cls.topology = cls.make_topology()
        cls.topology.start()
        cls.board = boards.Board.load(cls.file)
        cls.source = Source(cls.topology.urls()["prometheus"])
        started = time.time()
        with cls.load() as make_more:
            wait_until(lambda: make_more() or not cls.without_data(cls.window(started)), 30, interval=0.5,
                       message=lambda: f"data for {cls.without_data(cls.window(started))}")  # fmt: skip
            cls.seen = cls.window(started)

    @classmethod
    def make_topology(cls):
        rules = cls.directory / "rules"
        rules.mkdir()
        for path in RULES.glob("*.yml"):
            document = faster_rules(yaml.safe_load(path.read_text(encoding="utf-8")))
            (rules / path.name).write_text(yaml.safe_dump(document), encoding="utf-8")
        ports = {part: free_port() for part in USUAL_PORTS}
        options = Options(replicas=2, scrape_interval="1s", ports=ports, rules=rules, **cls.options)
        return Topology(cls.children, cls.directory, binary().absolute(), options)

    @classmethod
    def load(cls):
        """A context whose value is a function that makes some more of it."""
        raise NotImplementedError

    @classmethod
    def window(cls, started):
        return Window.of(cls.source, started, time.time())

    @classmethod
    def without_data(cls, window):
        """The queries whose result has no finite number, but for those of the panels that are excused."""
        return [f"{panel.title}: {target.expr}" for panel, target in cls.targets()
                if panel.title not in EXCUSED and not cls.finite(target, window)]  # fmt: skip

    @classmethod
    def targets(cls):
        return [(panel, target) for panel in cls.board.panels for target in panel.targets]

    @classmethod
    def finite(cls, target, window):
        """[labels] of the series that have a finite value."""
        found = cls.source.query_range(target.query(window.variables), window)
        return [labels for labels, points in found if any(math.isfinite(value) for _, value in points)]

    def test_every_query_has_finite_data(self):
        for panel, target in self.targets():
            with self.subTest(panel=panel.title, query=target.expr):
                values = [value for _, points in self.source.query_range(target.query(self.seen.variables), self.seen)
                          for _, value in points]  # fmt: skip
                self.assertFalse([value for value in values if math.isinf(value)])
                if panel.title not in EXCUSED:
                    self.assertTrue([value for value in values if math.isfinite(value)])

    def test_series_have_the_labels_of_the_legend(self):
        for panel, target in self.targets():
            for labels in self.finite(target, self.seen):
                with self.subTest(panel=panel.title, legend=target.legend):
                    self.assertLessEqual(set(target.legend_labels()), set(labels))

    def test_no_two_series_of_a_panel_have_the_same_name(self):
        for panel in self.board.panels:
            with self.subTest(panel=panel.title):
                names = [(series.target.ref, series.name) for series in fetch(panel, self.source, self.seen)]
                if panel.kind not in ("heatmap", "table"):
                    self.assertEqual(len(set(names)), len(names), names)

    def test_the_picture(self):
        for name in ("board.svg", "board.png"):
            empty = render.render(self.board, self.topology.urls()["prometheus"], self.seen.start, self.seen.end,
                                  self.directory / name)  # fmt: skip
            self.assertLessEqual(set(empty), set(EXCUSED))
        text = (self.directory / "board.svg").read_text(encoding="utf-8")
        self.assertLess(len(text.encode()), 400_000)
        self.assert_stands_alone(text)
        shown = {"".join(element.itertext()) for element in xml.etree.ElementTree.fromstring(text).iter()
                 if element.tag.endswith("}text")}  # fmt: skip
        self.assertLessEqual({panel.row for panel in self.board.panels}, shown)
        self.assertTrue([line for line in shown if line.endswith("; not a screenshot of Grafana.")], shown)

    def test_one_panel_for_a_page(self):
        for panel in self.board.panels[:2]:
            text = render.panel_svg(panel, self.topology.urls()["prometheus"], self.seen.start, self.seen.end)
            self.assert_stands_alone(text)
            self.assertIn(panel.title, text)

    def assert_stands_alone(self, svg):
        """It is XML, and refers to nothing outside."""
        root = xml.etree.ElementTree.fromstring(svg)
        references = [value for element in root.iter() for name, value in element.items() if name.endswith("href")]
        self.assertFalse([reference for reference in references if not reference.startswith("#")])
        self.assertNotIn("url(http", svg)


class Saturation(BoardTests, unittest.TestCase):
    file = render.SATURATION

    @classmethod
    @contextlib.contextmanager
    def load(cls):
        cls.limit_clients()
        with cls.overload(), Trouble(cls.topology) as trouble:
            yield trouble.make

    @classmethod
    def overload(cls):
        return Load(cls.children, cls.directory, cls.topology)

    @classmethod
    def limit_clients(cls):
        proxy = cls.topology.pgweirs[0]
        config = yaml.safe_load(proxy.config_file.read_text(encoding="utf-8"))
        config["listen"]["max_clients"] = MOST_CLIENTS
        proxy.config_file.write_text(yaml.safe_dump(config), encoding="utf-8")
        proxy.process.send_signal(signal.SIGHUP)
        wait_until(lambda: proxy.samples("pgweir_client_connections_limit") == [("", MOST_CLIENTS)],
                   message="the reload")  # fmt: skip

    def test_what_is_exported_is_what_the_check_of_the_board_knows(self):
        known = Files(ROOT).exported()
        # The Python client adds the time when each counter and histogram began.
        known |= {f"{name.removesuffix('_total')}_created": "gauge" for name in known if name.startswith("tasks_")}
        for port in (self.topology.pgweirs[0].http_port, self.topology.replicas[0].port):
            live = dict(re.findall(r"(?m)^# TYPE (\S+) (\S+)$", http_get(port, "/metrics")))
            self.assertTrue(live)
            self.assertEqual({name: kind for name, kind in live.items() if known.get(name) != kind}, {})

    def test_a_row_that_is_not_there(self):
        with self.assertRaisesRegex(RenderError, "there is no row Nonsense: "):
            render.render(self.board, self.topology.urls()["prometheus"], self.seen.start, self.seen.end,
                          self.directory / "nothing.svg", rows=["Nonsense"])  # fmt: skip

    def test_the_alert_fires_in_an_overload_and_clears(self):
        with self.overload():
            wait_until(lambda: "firing" in self.alert_states(), 30, interval=0.2,
                       message=lambda: f"{ALERT} to fire, it is {self.alert_states()}; {self.rule_health()}")  # fmt: skip
        wait_until(lambda: not self.alert_states(), 30, interval=0.2,
                   message=lambda: f"{ALERT} to clear, it is {self.alert_states()}")  # fmt: skip

    def test_all_rules_can_be_evaluated(self):
        wait_until(lambda: "unknown" not in self.rule_health().values(), message=lambda: f"{self.rule_health()}")
        self.assertEqual(set(self.rule_health().values()), {"ok"}, self.rule_health())

    def alert_states(self):
        return {alert["state"] for alert in self.ask("alerts")["alerts"] if alert["labels"]["alertname"] == ALERT}

    def rule_health(self):
        return {rule["name"]: rule["health"] for group in self.ask("rules")["groups"] for rule in group["rules"]}

    def ask(self, path):
        return json.loads(http_get(self.topology.prometheus.port, f"/api/v1/{path}"))["data"]


class Reads:
    """As long as the block lasts clients read a row; change() changes it, after which PostgreSQL is asked again."""

    def __init__(self, children, directory, topology):
        self._children = children
        self._directory = directory
        self._topology = topology

    def __enter__(self):
        url = self._topology.urls()["pgweir"]
        self._writer = psycopg2.connect(url)
        self._writer.autocommit = True
        self._writer.cursor().execute("INSERT INTO users (name) VALUES ('Ada')")
        script = self._directory / "read.sql"
        script.write_text("SELECT name FROM users WHERE id = 1;\n", encoding="ascii")
        self._pgbench = self._children.start(["pgbench", "-n", "-f", script, "-c", "4", "-T", "600", url],
                                             cwd=self._directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL)  # fmt: skip
        return self

    def __exit__(self, kind, *_):
        ended = self._pgbench.poll() is not None
        self._children.stop(self._pgbench)
        self._writer.close()
        if ended and kind is None:
            raise AssertionError("the clients that read have ended")

    def change(self):
        self._writer.cursor().execute("UPDATE users SET version = version + 1")


@unittest.skipUnless(takes("{mode: auto}"), "this pgweir has no result cache")
class Cache(BoardTests, unittest.TestCase):
    file = render.CACHE
    options = {"cache": "redis"}

    @classmethod
    @contextlib.contextmanager
    def load(cls):
        with Reads(cls.children, cls.directory, cls.topology) as reads:
            yield reads.change

    def test_hits_and_what_they_save_are_more_than_nothing(self):
        for title in ("Connections saved", "Hits", "Reads, by result", "Invalidations, by reason", "Replies kept"):
            with self.subTest(title):
                panel = next(panel for panel in self.board.panels if panel.title == title)
                self.assertGreater(max(value for series in fetch(panel, self.source, self.seen)
                                       for value in series.values if math.isfinite(value)), 0)  # fmt: skip


if __name__ == "__main__":
    unittest.main()
