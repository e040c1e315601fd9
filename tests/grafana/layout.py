"""A board's shape: schema, identity, grid, variables."""
import json
import pathlib

import jsonschema

SCHEMA = pathlib.Path(__file__).with_name("dashboard.schema.json")
COLUMNS = 24
# The variables, and what each is narrowed to.
NARROWED = {"job": (), "instance": ('job=~"$job"',), "pool": ('job=~"$job"', 'instance=~"$instance"')}
MOST_PANELS = 24
ROWS = {
    "saturation": ["Verdict", "Saturation", "Who waits", "PostgreSQL or the application", "Errors and life cycle",
                   "The lab's application", "The proxy itself"],
    "cache": ["Is it worth it", "Why not", "What makes replies too old", "What is kept",
              "The store that several share"],
}  # fmt: skip


def boards(files):
    """Those whose rows are known here, and no others."""
    found = [board.name for board in files.boards]
    yield from (f"boards: there is no {name}.json" for name in sorted(ROWS.keys() - found))
    yield from (f"boards: what rows should {name}.json have?" for name in sorted(set(found) - ROWS.keys()))
    uids = [board.document["uid"] for board in files.boards]
    if len(uids) != len(set(uids)):
        yield "boards: two have the same uid"


def schema(board):
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for error in sorted(validator.iter_errors(board.document), key=str):
        yield f"schema: {'/'.join(map(str, error.path))}: {error.message[:200]}"


def identity(board):
    ids = [panel["id"] for panel in _all(board)]
    if len(ids) != len(set(ids)):
        yield "identity: two panels have the same id"
    if board.document["id"] is not None:
        yield "identity: id belongs to the Grafana that imports the board, and has to be null"
    titles = [panel.title for panel in board.panels]
    if len(titles) != len(set(titles)):
        yield "identity: two panels have the same title"


def rows(board):
    found = [panel["title"] for panel in board.document["panels"] if panel["type"] == "row"]
    if found != ROWS.get(board.name):
        yield f"rows: {found}, not {ROWS.get(board.name)}"
    if len(board.panels) > MOST_PANELS:
        yield f"rows: {len(board.panels)} panels, more than {MOST_PANELS}: who is to read them?"


def grid(board):
    taken = {}
    for panel in _all(board):
        at = panel["gridPos"]
        if at["x"] + at["w"] > COLUMNS:
            yield f"grid: {panel['title']} sticks out on the right"
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if cell in taken:
                yield f"grid: {panel['title']} lies over {taken[cell]}"
                break
            taken[cell] = panel["title"]
    for y in sorted({y for _, y in taken}):
        if sum(1 for _, line in taken if line == y) != COLUMNS:
            yield f"grid: line {y} is not filled"


def variables(board):
    found = board.variables()
    for name, matchers in NARROWED.items():
        variable = found.get(name, {})
        wanted = {"type": "query", "multi": True, "includeAll": True, "allValue": ".+", "refresh": 2}
        for key, value in wanted.items():
            if variable.get(key) != value:
                yield f"variables: {name}: {key} is {variable.get(key)!r}, not {value!r}"
        if not variable.get("label"):
            yield f"variables: {name} has no label"
        if not str(variable.get("definition")).startswith("label_values("):
            yield f"variables: {name} is not made by label_values()"
        if variable.get("query", {}).get("query") != variable.get("definition"):
            yield f"variables: {name}: query and definition differ"
        for matcher in matchers:
            if matcher not in str(variable.get("definition")):
                yield f"variables: {name} is not narrowed by {matcher}"
    if found.get("datasource", {}).get("type") != "datasource":
        yield "variables: there is no datasource to choose"


def _all(board):
    for panel in board.document["panels"]:
        yield panel
        yield from panel.get("panels", [])


RULES = (boards,)
BOARD_RULES = (schema, identity, rows, grid, variables)
