"""A scene's results as JSON, as Markdown, and as one page that asks nobody for anything."""
import dataclasses
import datetime
import html
import json

from harness import machine

from . import plots

STYLE = """body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } svg { max-width: 100%; height: auto }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right } th { font-weight: 600 }
td { white-space: nowrap } td:first-child, th:first-child, .claims td { text-align: left } .no { color: #c4452f; font-weight: 600 }
.scroll { overflow-x: auto }"""


@dataclasses.dataclass
class Part:
    """A table, and a picture of what is in it. In Markdown the first part's heading is the report's title."""

    heading: str
    columns: dict  # name: function that makes a cell of a result
    results: list
    draw: object  # function that makes an SVG element of the results


class Report:
    """What is the same for all scenes. It is written to `directory`."""

    title = ""

    def __init__(self, scene, binary, quick, directory):
        self.scene = scene
        self.directory = directory
        self._quick = quick
        self._when = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        self._machine = machine.description()
        self._versions = ", ".join([machine.output_of(binary, "version"), machine.output_of("psql", "--version")])

    # What each has to say.

    def look(self, lab, result):
        """While the lab that has just been measured is up."""

    def setting(self):
        """What was measured, as the first words of a sentence or more."""
        raise NotImplementedError

    def parts(self):
        raise NotImplementedError

    def found(self):
        """{name: what JSON can hold}"""
        raise NotImplementedError

    def where(self, result):
        raise NotImplementedError

    def results(self):
        """All that have claims."""
        return [result for part in self.parts() for result in part.results]

    def more_pictures(self):
        """[(heading, SVG element)]"""
        return []

    def more_files(self):
        """Names of files that are there already."""
        return []

    def remarks(self):
        """Sentences that stand below the first table."""
        return []

    # What comes of it.

    def write(self):
        """The paths of the files."""
        contents = {"report.json": self.json(), "report.md": self.markdown(), "report.html": self.page()}
        for name, text in contents.items():
            (self.directory / name).write_text(text, encoding="utf-8")
        return [self.directory / name for name in (*contents, *self.more_files())]

    def json(self):
        found = {"scene": self.scene.name, "quick": self._quick, "time": self._when, "machine": self._machine,
                 "versions": self._versions, **self.found(), "broken": self.scene.broken_claims()}  # fmt: skip
        return json.dumps(found, indent=1) + "\n"

    def markdown(self):
        first, *others = self.parts()
        claims = "\n".join(f"- {claim}" for claim in self.scene.broken_claims()) or "None is broken."
        texts = [f"## {self.title}", self._about(), table(first.columns, first.results), *self.remarks()]
        for part in others:
            texts += [f"### {part.heading}", table(part.columns, part.results)]
        texts += [f"### Broken claims, of {self._claims()}", claims]
        return "\n\n".join(texts) + "\n"

    def page(self):
        broken = self.scene.broken_claims()
        verdict = (f'<p class="no">{len(broken)} of {self._claims()} claims do not hold.</p>' if broken else
                   f"<p>All {self._claims()} claims hold.</p>")  # fmt: skip
        texts = [f"<h1>{self.title}</h1><p>{html.escape(self._about())}</p>{verdict}"]
        texts += [f"<p>{html.escape(remark)}</p>" for remark in self.remarks()]
        for part in self.parts():
            if part.results:
                texts += [f"<h2>{part.heading}</h2>", part.draw(part.results), html_table(part.columns, part.results)]
        texts += [f"<h2>{html.escape(heading)}</h2>{picture}" for heading, picture in self.more_pictures()]
        texts += ["<h2>What was claimed</h2>", self._claims_table()]
        return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{self.title}</title><style>{STYLE}</style>'
                f"<body>{''.join(texts)}</body></html>\n")  # fmt: skip

    def _about(self):
        size = "A short run. " if self._quick else ""
        return f"{size}{self.setting()} {self._machine}. {self._versions}. {self._when}."

    def _claims(self):
        return sum(len(result.claims) for result in self.results())

    def _claims_table(self):
        rows = []
        for result in self.results():
            rows += [f'<tr><td>{html.escape(self.where(result))}</td><td>{html.escape(claim)}</td>'
                     f'<td{"" if holds else " class=no"}>{"holds" if holds else "does not hold"}</td></tr>'
                     for claim, holds in result.claims]  # fmt: skip
        return f'<div class="scroll"><table class="claims">{"".join(rows)}</table></div>'


def table(columns, results):
    lines = [list(columns), ["---"] * len(columns), *([show(result) for show in columns.values()] for result in results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def html_table(columns, results):
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(show(result))}</td>" for show in columns.values()) + "</tr>"
                   for result in results)  # fmt: skip
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
