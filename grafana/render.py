#!/usr/bin/python3
"""Draws the panels of a Grafana board from what a Prometheus has measured, as one picture or one panel at a time.

    grafana/render.py --prometheus URL --minutes 5 --out saturation.svg [--rows Verdict Saturation]
"""
import argparse
import datetime
import pathlib
import sys
import time

import matplotlib

import board as boards
from drawing.measured import RenderError, Source, Window, fetch
from drawing.panels import draw_panel
from drawing.paper import COLUMN, FOOTER, GAP, HEADING, MARGIN, MUTED, PAGE, ROW_HEADER, SMALL, STYLE, UNIT, Box, Sheet

DASHBOARDS = pathlib.Path(__file__).parent / "dashboards"
SATURATION, CACHE = DASHBOARDS / "saturation.json", DASHBOARDS / "cache.json"


def draw_board(board, source, window, rows, title):
    """(Sheet, titles of the panels without data)"""
    chosen = {name: panels for name, panels in board.rows().items() if rows is None or name in rows}
    if missing := set(rows or ()) - set(chosen):
        raise RenderError(f"there is no row {', '.join(sorted(missing))}: {', '.join(board.rows())}")
    width = 2 * MARGIN + 24 * COLUMN
    height = HEADING + sum(row_height(name, panels) for name, panels in chosen.items()) + FOOTER + MARGIN
    sheet = Sheet(width, height, PAGE)
    sheet.text(MARGIN, HEADING / 2 + 4, title or board.title, 14, weight="bold", va="center_baseline")
    top, empty = HEADING, []
    for name, panels in chosen.items():
        empty += draw_row(sheet, name, panels, top, source, window)
        top += row_height(name, panels)
    sheet.text(MARGIN, top + FOOTER / 2 + 2, provenance(window), SMALL, MUTED, va="center_baseline")
    return sheet, empty


def row_height(name, panels):
    first = min(panel.y for panel in panels)
    return (ROW_HEADER if name else 0) + UNIT * (max(panel.y + panel.height for panel in panels) - first)


def draw_row(sheet, name, panels, top, source, window):
    """The titles of its panels without data."""
    if name:
        sheet.text(MARGIN, top + ROW_HEADER / 2, name, 11.5, weight="bold", va="center_baseline")
        top += ROW_HEADER
    first = min(panel.y for panel in panels)
    empty = []
    for panel in panels:
        box = Box(MARGIN + panel.x * COLUMN, top + (panel.y - first) * UNIT, panel.width * COLUMN, panel.height * UNIT)
        box = box.inset(right=GAP if panel.x + panel.width < 24 else 0, bottom=GAP)
        if not draw_panel(sheet, panel, fetch(panel, source, window), box, window):
            empty.append(panel.title)
    return empty


def provenance(window):
    start, end = (datetime.datetime.fromtimestamp(at) for at in (window.start, window.end))
    return (f"Drawn by grafana/render.py from measured data, from {start:%H:%M:%S} to {end:%H:%M:%S} "
            f"on {end:%Y-%m-%d}; not a screenshot of Grafana.")  # fmt: skip


def render(board, prometheus_url, start, end, out_path, rows=None, title=None, **chosen):
    """An SVG or a PNG, by the suffix of `out_path`. `rows`: the titles of those to draw. `chosen`: values for the
    board's variables. The titles of the panels without data."""
    out_path = pathlib.Path(out_path)
    if out_path.suffix not in (".svg", ".png"):
        raise RenderError(f"{out_path}: a picture is an .svg or a .png")
    source = Source(prometheus_url)
    with matplotlib.rc_context(STYLE):
        sheet, empty = draw_board(board, source, Window.of(source, start, end, **chosen), rows, title)
        if out_path.suffix == ".svg":
            out_path.write_text(sheet.svg() + "\n", encoding="utf-8")
        else:
            sheet.figure.savefig(out_path, dpi=144)
    return empty


def panel_svg(panel, prometheus_url, start, end, width=560, height=230, **chosen):
    """One panel as an SVG element, to stand in a page."""
    source = Source(prometheus_url)
    window = Window.of(source, start, end, **chosen)
    with matplotlib.rc_context(STYLE):
        sheet = Sheet(width, height, "none")
        draw_panel(sheet, panel, fetch(panel, source, window), Box(0.5, 0.5, width - 1, height - 1), window)
        return sheet.svg()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", metavar="URL", required=True, help="such as http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=5, help="how long before now to begin (default: 5)")
    parser.add_argument("--out", metavar="FILE", type=pathlib.Path, required=True, help="ends in .svg or .png")
    parser.add_argument("--rows", metavar="TITLE", nargs="+", help="only these rows of the board")
    parser.add_argument("--board", metavar="FILE", type=pathlib.Path, default=SATURATION)
    parser.add_argument("--title")
    chosen = parser.parse_args()
    end = time.time()
    try:
        empty = render(boards.Board.load(chosen.board), chosen.prometheus, end - chosen.minutes * 60, end, chosen.out,
                       chosen.rows, chosen.title)  # fmt: skip
    except (OSError, RenderError) as error:
        sys.exit(f"error: {error}")
    for title in empty:
        print(f"no data: {title}")


if __name__ == "__main__":
    main()
