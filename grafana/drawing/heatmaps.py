"""A heatmap, from the buckets of a histogram."""
import math

from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, FuncFormatter

import board as boards
from .axes import place_axes, time_axis
from .paper import GRID, LINE, MUTED, SMALL, Box, text_width

HEAT = ("#E8F1FB", "#C6DCF4", "#9CC3EB", "#6FA5DF", "#4785CE", "#2A66B3", "#174A8C", "#0B2F63")


def draw_heatmap(sheet, panel, series, box, window):
    unit = panel.options.get("yAxis", {}).get("unit") or panel.field().unit
    bounds, columns = buckets(series)
    axes = sheet.axes(box)
    shown = [row for row in range(len(bounds)) if any(columns[row])]
    first, last = max(0, shown[0] - 1) if shown else 0, min(len(bounds), shown[-1] + 2) if shown else len(bounds)
    most = max((max(columns[row]) for row in shown), default=1) or 1
    for level, path in heat_paths(columns, first, last, most, window).items():
        axes.add_patch(PathPatch(path, facecolor=HEAT[level], edgecolor="none"))
    labels = ["more" if math.isinf(bound) else boards.with_unit(bound, unit) for bound in bounds[first:last]]
    every = max(1, math.ceil(len(labels) * LINE / (box.height - 30)))
    axes.set_ylim(0, last - first)
    # A bound is the upper edge of its bucket.
    axes.yaxis.set_major_locator(FixedLocator(range(1, last - first + 1, every)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: labels[int(tick) - 1]))
    time_axis(axes, window, box.width - 50)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    box = draw_heat_scale(sheet, box, most)
    place_axes(sheet, axes, box, labels)


def buckets(series):
    """(upper bounds, values of each bucket over time): Prometheus adds each to those below."""
    by_bound = {}
    for one in series:
        kept = by_bound.setdefault(float(one.labels["le"]), [0.0] * len(one.values))
        by_bound[float(one.labels["le"])] = [total + (value if math.isfinite(value) else 0)
                                             for total, value in zip(kept, one.values)]  # fmt: skip
    bounds = sorted(by_bound)
    below = [[0.0] * len(by_bound[bounds[0]]), *(by_bound[bound] for bound in bounds)]
    return bounds, [[max(0.0, upper - lower) for lower, upper in zip(below[index], below[index + 1])]
                    for index in range(len(bounds))]  # fmt: skip


def heat_paths(columns, first, last, most, window):
    """{level: Path} of all cells with that level. Many buckets differ by orders of magnitude: the root shows both."""
    corners = {}
    times = window.times()
    for row in range(first, last):
        levels = [heat_level(value, most) for value in columns[row]]
        start = 0
        for index in range(1, len(levels) + 1):
            if index < len(levels) and levels[index] == levels[start]:
                continue
            if levels[start] is not None:
                left, right = times[start] - window.step / 2, times[index - 1] + window.step / 2
                bottom = row - first
                corners.setdefault(levels[start], []).extend(
                    [(left, bottom), (left, bottom + 1), (right, bottom + 1), (right, bottom), (left, bottom)])
            start = index
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return {level: Path(points, codes * (len(points) // 5)) for level, points in corners.items()}


def heat_level(value, most):
    return min(len(HEAT) - 1, int(math.sqrt(value / most) * len(HEAT))) if value > most * 1e-6 else None


def draw_heat_scale(sheet, box, most):
    """How much the darkest colour stands for. What is left of the box above it."""
    line = box.inset(top=box.height - LINE)
    text = f"0 to {boards.with_unit(most, 'short')}"
    x = line.x + line.width - text_width(text, SMALL) - 8 - 10 * len(HEAT)
    for index, colour in enumerate(HEAT):
        sheet.rectangle(Box(x + index * 10, line.y + 3, 10, LINE - 6), colour)
    sheet.text(line.x + line.width, line.y + LINE / 2, text, colour=MUTED, ha="right", va="center_baseline")
    return box.inset(bottom=LINE + 3)
