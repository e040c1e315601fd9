"""Axes of time and of values with a unit."""
import datetime
import math

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

import board as boards
from .paper import GRID, LINE, SMALL, text_width

TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def place_axes(sheet, axes, box, labels, right_labels=()):
    """Between the labels of its vertical axes, above those of time."""
    left, right = (max((text_width(label, SMALL) for label in side), default=0) + 6 for side in (labels, right_labels))
    for shared in axes.get_shared_x_axes().get_siblings(axes):
        sheet.move(shared, box.inset(left=left, top=6, right=right, bottom=LINE + 3))


def time_axis(axes, window, width):
    span = max(window.end - window.start, 1)
    room = max(2, int(width / 62))
    step = next((step for step in TIME_STEPS if span / step <= room), TIME_STEPS[-1])
    shape = "%H:%M:%S" if step < 60 else "%H:%M"
    zone = datetime.datetime.fromtimestamp(window.start).astimezone().utcoffset().total_seconds()
    first = math.ceil((window.start + zone) / step) * step - zone
    # A label in the middle of each tick must not leave the panel.
    edge = span * 18 / width
    ticks = [at for at in (first + number * step for number in range(room + 2))
             if window.start + edge <= at <= window.end - edge]  # fmt: skip
    axes.set_xlim(window.start, window.end)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: datetime.datetime.fromtimestamp(at).strftime(shape)))
    axes.grid(axis="x", color=GRID, linewidth=0.6)


class UnitLocator(MaxNLocator):
    """Ticks that are round in the unit in which they are shown."""

    def __init__(self, unit, number):
        super().__init__(nbins=number, steps=[1, 2, 2.5, 5, 10])
        self._unit = unit

    def tick_values(self, vmin, vmax):
        worth, _ = boards.scale(max(abs(vmin), abs(vmax)), self._unit)
        return super().tick_values(vmin / worth, vmax / worth) * worth


def value_axis(axes, field, low, high, height):
    """The labels that it got."""
    scale = field.custom("scaleDistribution", {})
    number = max(2, min(6, int(height / 22)))
    low = field.minimum if field.minimum is not None else min(low, field.custom("axisSoftMin", 0))
    high = field.maximum if field.maximum is not None else max(high * 1.06, field.custom("axisSoftMax", -math.inf))
    if scale.get("type") == "log":
        axes.set_yscale("log", base=scale.get("log", 10))
        axes.yaxis.set_major_locator(LogLocator(base=scale.get("log", 10), numticks=number))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(low, high if high > low else low + 1)
        axes.yaxis.set_major_locator(UnitLocator(field.unit, number))
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    bottom, top = axes.get_ylim()
    ticks = [tick for tick in axes.yaxis.get_major_locator()() if bottom <= tick <= top]
    labels = [boards.with_unit(round(tick, 12), field.unit) for tick in ticks]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda _, index: labels[index]))
    return labels
