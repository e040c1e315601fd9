"""A scene's results as JSON, as Markdown, and as one page that asks nobody for anything."""
import dataclasses
import datetime
import html
import json

import board
import render
from harness import machine
from topology.pgweir import POOL_SIZE
from topology.postgres import MAX_CONNECTIONS

from . import plots
from .counter import RESERVED

FLOOD_COLUMNS = {
    "mode": lambda flood: plots.MODES[flood.mode],
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
    "mode": lambda kill: plots.MODES[kill.mode],
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
STYLE = """body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } svg { max-width: 100%; height: auto }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right } th { font-weight: 600 }
td { white-space: nowrap } td:first-child, th:first-child, .claims td { text-align: left } .no { color: #c4452f; font-weight: 600 }
.scroll { overflow-x: auto }"""


class Report:
    """Is written to `directory`."""

    def __init__(self, scene, binary, quick, directory):
        self._scene = scene
        self._quick = quick
        self._when = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        self._machine = machine.description()
        self._versions = ", ".join([machine.output_of(binary, "version"), machine.output_of("psql", "--version")])
        self._directory = directory
        self._settling = []  # SVG of each flood through sidecars
        self._on_board = None  # the flood that the picture of the board is of

    def look(self, lab, flood):
        """While the lab that has just been flooded is up."""
        if flood.mode == "service" and flood.seconds >= FEWEST_POINTS:
            url = f"http://{lab.topology.prometheus.endpoint()}"
            render.render(board.Board.load(render.SATURATION), url, flood.started, flood.ended,
                          self._directory / BOARD, ROWS)  # fmt: skip
            self._on_board = flood
        elif flood.mode == "sidecar":
            found = lab.topology.prometheus.query_range(SIDECARS, flood.started, flood.ended)
            names = {f"127.0.0.1:{pgweir.http_port}": pgweir.name for pgweir in lab.topology.pgweirs}
            series = {names[labels["instance"]]: points for labels, points in found if labels["instance"] in names}
            if max(map(len, series.values()), default=0) >= FEWEST_POINTS:
                self._settling.append(plots.settling(flood, series, MAX_CONNECTIONS - RESERVED,
                                                     POOL_SIZE * flood.replicas))  # fmt: skip

    def write(self):
        """The paths of the files."""
        contents = {"report.json": self.json(), "report.md": self.markdown(), "report.html": self.page()}
        for name, text in contents.items():
            (self._directory / name).write_text(text, encoding="utf-8")
        return [self._directory / name for name in (*contents, *([BOARD] if self._on_board else []))]

    def json(self):
        floods = [dataclasses.asdict(flood) | {"missing": flood.missing} for flood in self._scene.floods]
        kills = [dataclasses.asdict(kill) for kill in self._scene.kills]
        found = {"scene": self._scene.name, "quick": self._quick, "time": self._when, "machine": self._machine,
                 "versions": self._versions, "floods": floods, "kills": kills,
                 "broken": self._scene.broken_claims()}  # fmt: skip
        return json.dumps(found, indent=1) + "\n"

    def markdown(self):
        claims = "\n".join(f"- {claim}" for claim in self._scene.broken_claims()) or "None is broken."
        return (f"## The counter\n\n{self._about()}\n\n{table(FLOOD_COLUMNS, self._scene.floods)}\n\n"
                f"### While parts are killed\n\n{table(KILL_COLUMNS, self._scene.kills)}\n\n"
                f"### Broken claims, of {self._claims()}\n\n{claims}\n")  # fmt: skip

    def page(self):
        broken = self._scene.broken_claims()
        verdict = (f'<p class="no">{len(broken)} of {self._claims()} claims do not hold.</p>' if broken else
                   f"<p>All {self._claims()} claims hold.</p>")  # fmt: skip
        parts = [f"<h1>The counter</h1><p>{html.escape(self._about())}</p>{verdict}"]
        if self._scene.floods:
            parts += ["<h2>What became of the hits</h2>", plots.hits(self._scene.floods),
                      html_table(FLOOD_COLUMNS, self._scene.floods)]  # fmt: skip
        if self._scene.kills:
            parts += ["<h2>While parts are killed</h2>", plots.kills(self._scene.kills),
                      html_table(KILL_COLUMNS, self._scene.kills)]  # fmt: skip
        if self._settling:
            parts += ["<h2>Sidecars share what PostgreSQL allows</h2>", *self._settling]
        if self._on_board:
            parts += [f"<h2>The board Saturation, {html.escape(where(self._on_board))}</h2>",
                      plots.element((self._directory / BOARD).read_text(encoding="utf-8"))]  # fmt: skip
        parts += ["<h2>What was claimed</h2>", self._claims_table()]
        return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>The counter</title><style>{STYLE}</style>'
                f"<body>{''.join(parts)}</body></html>\n")  # fmt: skip

    def _about(self):
        size = "A short run. " if self._quick else ""
        return (f"{size}PostgreSQL with max_connections={MAX_CONNECTIONS}, {RESERVED} of them for superusers; a pool of "
                f"{POOL_SIZE} in each pgweir; app/tasks with SQLAlchemy's default pool (5 + 10) in each replica; nginx in "
                f"front; everything and the load on one machine. {self._machine}. {self._versions}. {self._when}.")  # fmt: skip

    def _claims(self):
        return sum(len(result.claims) for result in self._scene.floods + self._scene.kills)

    def _claims_table(self):
        rows = []
        for result in self._scene.floods + self._scene.kills:
            rows += [f'<tr><td>{html.escape(where(result))}</td><td>{html.escape(claim)}</td>'
                     f'<td{"" if holds else " class=no"}>{"holds" if holds else "does not hold"}</td></tr>'
                     for claim, holds in result.claims]  # fmt: skip
        return f'<div class="scroll"><table class="claims">{"".join(rows)}</table></div>'


def where(result):
    victim = getattr(result, "victim", None)
    return (f"{plots.MODES[result.mode]}, {plots.replicas(result.replicas)}, {result.requested:,} hits from "
            f"{result.clients} clients{f', {victim} killed' if victim else ''}")  # fmt: skip


def table(columns, results):
    lines = [list(columns), ["---"] * len(columns), *([show(result) for show in columns.values()] for result in results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def html_table(columns, results):
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(show(result))}</td>" for show in columns.values()) + "</tr>"
                   for result in results)  # fmt: skip
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
