"""One panel, with its frame and title."""
import re

import board as boards
from .charts import draw_bargauge, draw_gauge, draw_stat, draw_table, draw_timeseries
from .heatmaps import draw_heatmap
from .measured import RenderError
from .paper import FRAME, LINE, MUTED, PADDING, PANEL, SMALL, TITLE, TITLE_LINE, shortened, text_width

DRAW = {
    "timeseries": draw_timeseries,
    "stat": draw_stat,
    "gauge": draw_gauge,
    "bargauge": draw_bargauge,
    "table": draw_table,
    "heatmap": draw_heatmap,
}


def draw_text(sheet, panel, box):
    words = re.sub(r"[*#`]|\]\([^)]*\)|\[", "", panel.options.get("content", "")).split()
    y, line = box.y, ""
    for word in [*words, None]:
        if word is not None and text_width(f"{line} {word}", SMALL) <= box.width:
            line = f"{line} {word}".strip()
            continue
        if y + LINE <= box.y + box.height:
            sheet.text(box.x, y + LINE / 2, line, va="center_baseline")
        y, line = y + LINE, word


def draw_panel(sheet, panel, series, box, window):
    """Whether there was something to draw."""
    sheet.rectangle(box, PANEL, edge=FRAME, zorder=-1)
    title = boards.substitute(panel.title, window.variables)
    sheet.text(box.x + PADDING, box.y + PADDING + TITLE / 2, shortened(title, box.width - 2 * PADDING, TITLE, "bold"),
               TITLE, weight="bold", va="center_baseline")  # fmt: skip
    inside = box.inset(PADDING, TITLE_LINE + 4, PADDING, PADDING)
    if panel.kind == "text":
        draw_text(sheet, panel, inside)
        return True
    if not series:
        no_value = panel.field().no_value
        sheet.text(box.x + box.width / 2, inside.y + inside.height / 2, no_value or "No data", TITLE, MUTED,
                   ha="center", va="center_baseline")  # fmt: skip
        return no_value is not None
    if panel.kind not in DRAW:
        raise RenderError(f"panel {panel.title}: nobody knows here how to draw a {panel.kind}")
    DRAW[panel.kind](sheet, panel, series, inside, window)
    return True
