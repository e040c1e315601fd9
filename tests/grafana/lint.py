"""The rules of Grafana's dashboard-linter, which is not packaged for Debian, and a few of our own."""
import json
import re
import subprocess
import tempfile

from .files import names_in

APPLICATION = "The lab's application"
COUNTER = re.compile(r"[a-z0-9_]+_(?:total|bucket|count|sum)(?=\{)")
UNITS = {"s", "ms", "ops", "reqps", "percentunit", "bytes", "Bps", "short", "none"}


def descriptions(board):
    for panel in board.panels:
        if not panel.title:
            yield f"descriptions: panel {panel.document['id']} has no title"
        if len(panel.document.get("description", "")) < 40:
            yield f"descriptions: {panel.title}: what does it show, and what is to be done?"


def datasources(board):
    for panel in board.panels:
        for document in [panel.document, *panel.document.get("targets", [])]:
            if document.get("datasource") != {"type": "prometheus", "uid": "${datasource}"}:
                yield f"datasources: {panel.title} does not ask the chosen one"
    for name, variable in board.variables().items():
        if variable["type"] == "query" and variable.get("datasource", {}).get("uid") != "${datasource}":
            yield f"datasources: the variable {name} does not ask the chosen one"


def units(board):
    for panel in board.panels:
        fields = panel.document["fieldConfig"]
        found = [fields["defaults"].get("unit")]
        found += [change["value"] for override in fields["overrides"] for change in override["properties"]
                  if change["id"] == "unit"]  # fmt: skip
        for unit in found:
            if unit not in UNITS:
                yield f"units: {panel.title}: {unit!r}"


def targets(board):
    for panel in board.panels:
        if not any(panel.expressions()):
            yield f"targets: {panel.title} asks for nothing"
        references = [target["refId"] for target in panel.document.get("targets", [])]
        if len(references) != len(set(references)):
            yield f"targets: {panel.title} has the same refId twice"
        if any(not target.get("legendFormat") for target in panel.document.get("targets", [])):
            yield f"targets: {panel.title}: a legend that Grafana would make up"


def promql(board):
    """Prometheus's own parser reads every query: as a rule, the only way in which promtool takes one."""
    queries = [(panel.title, expression) for panel in board.panels for expression in panel.expressions()]
    rules = [{"record": f"query{number}", "expr": re.sub(r"\$__\w+", "5m", expression)}
             for number, (_, expression) in enumerate(queries)]  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "board", "rules": rules}]}, file)
        file.flush()
        outcome = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
    said = outcome.stdout + outcome.stderr
    found = re.findall(r'"query(\d+)": could not parse expression: (.*)', said)
    for number, reason in found:
        yield f"promql: {queries[int(number)][0]}: {reason}: {queries[int(number)][1]}"
    if outcome.returncode != 0 and not found:
        yield f"promql: {' '.join(said.split())}"


def matchers(board):
    """Each selector is narrowed to what the reader has chosen. The application is a job of its own, without pools."""
    for panel in board.panels:
        wanted = ['job="tasks"'] if panel.row == APPLICATION else ['job=~"$job"', 'instance=~"$instance"']
        for expression in panel.expressions():
            selectors = re.findall(r"(?:^|[^\w\[])[a-z_]\w*\{([^}]*)\}", expression)
            if len(selectors) != len(names_in(expression)):
                yield f"matchers: {panel.title}: a metric without labels in {expression}"
            for selector in selectors:
                for matcher in wanted:
                    if matcher not in selector:
                        yield f"matchers: {panel.title}: {matcher} is missing in {expression}"


def intervals(board):
    for panel in board.panels:
        for window in re.findall(r"\[([^\]]*)\]", "".join(panel.expressions())):
            if window not in ("$__rate_interval", "$__range"):
                yield f"intervals: {panel.title}: [{window}] is not the scrape interval's [$__rate_interval]"


def counters(board):
    for panel in board.panels:
        for expression in panel.expressions():
            for found in COUNTER.finditer(expression):
                if not re.search(r"\b(?:rate|irate|increase)\($", expression[: found.start()]):
                    yield f"counters: {panel.title}: {found.group()} is not in rate() or increase()"


def uneditable(board):
    if board.document.get("editable") is not False:
        yield "uneditable: changes would be lost with the next start of Grafana"


BOARD_RULES = (descriptions, datasources, units, targets, promql, matchers, intervals, counters, uneditable)
