"""What became of the hits."""
import dataclasses

import board
import render
from topology.pgweir import POOL_SIZE
from topology.postgres import MAX_CONNECTIONS

from . import plots
from .counter import MODES, RESERVED
from .report import Part, Report

FLOOD_COLUMNS = {
    "mode": lambda flood: MODES[flood.mode],
    "replicas": lambda flood: f"{flood.replicas}",
    "hits": lambda flood: f"{flood.requested:,}",
    "sent": lambda flood: f"{flood.sent:,}",
    "clients": lambda flood: f"{flood.clients}",
    "counted": lambda flood: f"{flood.counter:,}",
    "missing": lambda flood: f"{flood.missing:,}",
    "errors": lambda flood: f"{flood.errors:,}",
    "too many clients": lambda flood: f"{flood.refused:,}",
    "pool timeouts": lambda flood: f"{flood.pool_timeouts:,}",
    "connections": lambda flood: f"{flood.connections}",
    "hits/s": lambda flood: f"{flood.rate:.0f}",
    "p50": lambda flood: f"{flood.p50_ms:,} ms",
    "p99": lambda flood: f"{flood.p99_ms:,} ms",
}
KILL_COLUMNS = {
    "mode": lambda kill: MODES[kill.mode],
    "killed": lambda kill: kill.victim,
    "out for": lambda kill: f"{kill.back - kill.killed:.1f} s",
    "hits": lambda kill: f"{kill.requested:,}",
    "acknowledged": lambda kill: f"{kill.acknowledged:,}",
    "refused": lambda kill: f"{kill.refused:,}",
    "in doubt": lambda kill: f"{kill.in_doubt:,}",
    "counted": lambda kill: f"{kill.counter:,}",
    "distinct ids": lambda kill: f"{kill.ids:,}",
}
BOARD = "board.svg"
ROWS = ["Verdict", "Saturation", "Who waits", "PostgreSQL or the application"]
FEWEST_POINTS = 3  # of a plot over time; a scrape is a second
SIDECARS = "sum by (instance) (pgweir_pool_connections)"


class CounterReport(Report):
    title = "The counter"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._settling = []  # SVG of each flood through sidecars
        self._on_board = None  # the flood that the picture of the board is of

    def look(self, lab, flood):
        """At floods through pgweir."""
        if flood.mode == "service" and flood.seconds >= FEWEST_POINTS:
            url = f"http://{lab.topology.prometheus.endpoint()}"
            render.render(board.Board.load(render.SATURATION), url, flood.started, flood.ended,
                          self.directory / BOARD, ROWS)  # fmt: skip
            self._on_board = flood
        elif flood.mode == "sidecar":
            found = lab.topology.prometheus.query_range(SIDECARS, flood.started, flood.ended)
            names = {f"127.0.0.1:{pgweir.http_port}": pgweir.name for pgweir in lab.topology.pgweirs}
            series = {names[labels["instance"]]: points for labels, points in found if labels["instance"] in names}
            if max(map(len, series.values()), default=0) >= FEWEST_POINTS:
                self._settling.append(plots.settling(flood, series, MAX_CONNECTIONS - RESERVED,
                                                     POOL_SIZE * flood.replicas))  # fmt: skip

    def setting(self):
        return (f"PostgreSQL with max_connections={MAX_CONNECTIONS}, {RESERVED} of them for superusers; a pool of "
                f"{POOL_SIZE} in each pgweir; app/tasks with SQLAlchemy's default pool (5 + 10) in each replica; nginx in "
                "front; everything and the load on one machine.")  # fmt: skip

    def parts(self):
        return [Part("What became of the hits", FLOOD_COLUMNS, self.scene.floods, plots.hits),
                Part("While parts are killed", KILL_COLUMNS, self.scene.kills, plots.kills)]  # fmt: skip

    def found(self):
        return {"floods": [dataclasses.asdict(flood) | {"missing": flood.missing} for flood in self.scene.floods],
                "kills": list(map(dataclasses.asdict, self.scene.kills))}  # fmt: skip

    def more_pictures(self):
        found = [("Sidecars share what PostgreSQL allows", "".join(self._settling))] if self._settling else []
        if self._on_board:
            picture = plots.element((self.directory / BOARD).read_text(encoding="utf-8"))
            found.append((f"The board Saturation, {self.where(self._on_board)}", picture))
        return found

    def more_files(self):
        return [BOARD] if self._on_board else []

    def where(self, result):
        victim = getattr(result, "victim", None)
        return (f"{MODES[result.mode]}, {plots.replicas(result.replicas)}, {result.requested:,} hits from "
                f"{result.clients} clients{f', {victim} killed' if victim else ''}")  # fmt: skip
