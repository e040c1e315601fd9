"""The panels but heatmaps: time series, stat, gauge, bar gauge, table."""
import dataclasses
import math

from matplotlib.patches import Wedge

import board as boards
from .axes import place_axes, time_axis, value_axis
from .legends import draw_legend
from .paper import GRID, LINE, MUTED, PANEL, SMALL, TEXT, Box, shortened, text_width

DARK_TEXT = {colour: codes[4 if hue == "yellow" else 3] for hue, codes in boards.HUES.items() for colour in codes[:3]}


def series_colours(series):
    """Palette by place, unless the field says otherwise."""
    found = []
    for index, one in enumerate(series):
        by_value = None if one.field.takes_palette() else one.field.colour(one.reduced())
        found.append(one.field.fixed_colour() or by_value or boards.PALETTE[index % len(boards.PALETTE)])
    return found


def stack(series):
    """[(lower, upper)] lines of each: those of the same group stand on each other."""
    heights, found = {}, []
    for one in series:
        stacking = one.field.custom("stacking", {})
        if stacking.get("mode", "none") == "none":
            found.append((None, one.values))
            continue
        group = (stacking["mode"], stacking.get("group", "A"))
        lower = heights.get(group, [0.0] * len(one.values))
        upper = [below + (value if math.isfinite(value) else 0) for below, value in zip(lower, one.values)]
        heights[group] = upper
        found.append((lower, upper))
    for index, one in enumerate(series):
        stacking = one.field.custom("stacking", {})
        if stacking.get("mode") == "percent":
            totals = heights["percent", stacking.get("group", "A")]
            found[index] = tuple([value / total if total else math.nan for value, total in zip(line, totals)]
                                 for line in found[index])  # fmt: skip
    return found


def draw_timeseries(sheet, panel, series, box, window):
    colours = series_colours(series)
    box = draw_legend(sheet, panel, list(zip(series, colours)), box)
    drawn = list(zip(series, colours, stack(series)))
    beside = [one for one in drawn if one[0].field.custom("axisPlacement") == "right"]
    left = sheet.axes(box)
    labels = draw_lines(left, panel.field(), [one for one in drawn if one not in beside] or drawn, box, window)
    right_labels = []
    if beside and len(beside) < len(drawn):
        right = left.twinx()
        right.spines[:].set_visible(False)
        right.tick_params(length=0, pad=4, labelsize=SMALL, labelcolor=MUTED)
        right_labels = draw_lines(right, beside[0][0].field, beside, box, window)
        right.grid(False)
    time_axis(left, window, box.width - 50)
    place_axes(sheet, left, box, labels, right_labels)


def draw_lines(axes, field, drawn, box, window):
    """Of (series, colour, (lower, upper)), which share an axis. The labels of that."""
    for one, colour, (lower, upper) in drawn:
        draw_line(axes, window, one.field, colour, lower, upper)
    numbers = [value for _, _, (_, upper) in drawn for value in upper if math.isfinite(value)]
    if field.custom("stacking", {}).get("mode") == "percent":
        field = boards.Field({"unit": "percentunit", "min": 0, "max": 1})
    draw_thresholds(axes, field)
    return value_axis(axes, field, min(numbers), max(numbers), box.height)


def draw_line(axes, window, field, colour, lower, upper):
    step = {"stepAfter": "post", "stepBefore": "pre"}.get(field.custom("lineInterpolation"))
    drawn_as = field.custom("drawStyle", "line")
    times = window.times()
    dashes = field.custom("lineStyle", {}).get("fill") in ("dash", "dot")
    if drawn_as != "points":
        axes.plot(times, upper, color=colour, linewidth=field.custom("lineWidth", 1), linestyle="--" if dashes else "-",
                  drawstyle=f"steps-{step}" if step else "default", solid_joinstyle="round")  # fmt: skip
    if drawn_as == "points" or sum(map(math.isfinite, upper)) == 1:
        axes.plot(times, upper, color=colour, linestyle="", marker="o", markersize=3)
    opacity = field.custom("fillOpacity", 0) / 100
    lower = [0.0] * len(upper) if lower is None else lower
    if opacity and any(above > below for below, above in zip(lower, upper)):
        axes.fill_between(times, lower, upper, color=colour, alpha=opacity, linewidth=0, step=step)


def draw_thresholds(axes, field):
    if field.custom("thresholdsStyle", {}).get("mode", "off") != "off":
        for value, colour in field.steps():
            axes.axhline(value, color=colour, linewidth=1, linestyle="--")


def draw_stat(sheet, panel, series, box, window):
    many = len(series) > 1
    for one, place in zip(series, box.columns(len(series), gap=8)):
        value = one.reduced(panel.calculation)
        chosen = one.field.colour(value)
        text_colour, name_colour = DARK_TEXT.get(chosen, chosen or TEXT), MUTED
        if panel.options.get("colorMode", "").startswith("background") and chosen:
            sheet.rectangle(place, DARK_TEXT.get(chosen, chosen), zorder=-0.5)  # below the curve
            text_colour = name_colour = chosen = PANEL
            place = place.inset(2, 2, 2, 2)
        if panel.options.get("graphMode") == "area":
            draw_spark(sheet, one, place.inset(top=place.height * 0.62), window, chosen or MUTED)
            place = place.inset(bottom=place.height * 0.3)
        if many or panel.options.get("textMode") in ("value_and_name", "name"):
            sheet.text(place.x + place.width / 2, place.y + LINE / 2, shortened(one.name, place.width, SMALL),
                       colour=name_colour, ha="center", va="center_baseline")  # fmt: skip
            place = place.inset(top=LINE)
        draw_big(sheet, one.field.text(value), place, text_colour)


def draw_big(sheet, text, box, colour):
    size = min(26, box.height * 0.6, 26 * (box.width - 12) / text_width(text, 26, "bold"))
    sheet.text(box.x + box.width / 2, box.y + box.height / 2, text, size, colour, weight="bold", ha="center",
               va="center_baseline")  # fmt: skip


def draw_spark(sheet, series, box, window, colour):
    axes = sheet.axes(box)
    axes.axis("off")
    draw_line(axes, window, boards.Field({"custom.fillOpacity": 15}), colour, None, series.values)
    axes.set_xlim(window.start, window.end)
    low, high = min(0, *series.finite()), max(series.finite())
    axes.set_ylim(low, high if high > low else low + 1)


def gauge_range(field, values):
    low = field.minimum if field.minimum is not None else min(0, *values)
    high = field.maximum if field.maximum is not None else max([*values, *(at for at, _ in field.steps())])
    return low, high if high > low else low + 1


def draw_gauge(sheet, panel, series, box, window):
    for one, place in zip(series, box.columns(len(series), gap=8)):
        value = one.reduced(panel.calculation)
        low, high = gauge_range(one.field, [value])
        share = min(1, max(0, (value - low) / (high - low)))
        colour = one.field.colour(value) or boards.PALETTE[0]
        name_line = LINE if len(series) > 1 else 0
        radius = min(place.width / 2, (place.height - name_line) / 1.25)
        centre = (place.x + place.width / 2, place.y + radius)
        # Degrees grow clockwise here, since places grow downwards.
        for end, part in ((360, GRID), (180 + 180 * share, colour)):
            sheet.add(Wedge(centre, radius, 180, end, width=radius * 0.24, facecolor=part, edgecolor="none"))
        room = Box(centre[0] - radius * 0.66, centre[1] - radius * 0.42, radius * 1.32, radius * 0.5)
        draw_big(sheet, one.field.text(value), room, DARK_TEXT.get(colour, colour))
        if name_line:
            sheet.text(centre[0], place.y + place.height - LINE / 2, shortened(one.name, place.width, SMALL),
                       ha="center", va="center_baseline")  # fmt: skip


def draw_bargauge(sheet, panel, series, box, window):
    shown = series[: max(1, int(box.height / (LINE + 2)))]
    values = [one.reduced(panel.calculation) for one in shown]
    texts = [one.field.text(value) for one, value in zip(shown, values)]
    names_width = min(box.width * 0.4, max(text_width(one.name, SMALL) for one in shown) + 8)
    texts_width = max(text_width(text, SMALL) for text in texts) + 8
    low, high = gauge_range(panel.field(), values)
    height = min(box.height / len(shown), 2.2 * LINE)
    for index, (one, value, text) in enumerate(zip(shown, values, texts)):
        line = Box(box.x, box.y + index * height, box.width, height)
        middle = line.y + line.height / 2
        bar = line.inset(left=names_width, right=texts_width, top=height * 0.18, bottom=height * 0.18)
        colour = series_colours([one])[0] if not one.field.takes_palette() else series_colours(shown)[index]
        share = min(1, max(0, (value - low) / (high - low)))
        sheet.rectangle(bar, GRID)
        sheet.rectangle(dataclasses.replace(bar, width=bar.width * share), colour)
        sheet.text(box.x, middle, shortened(one.name, names_width - 8, SMALL), va="center_baseline")
        sheet.text(box.x + box.width, middle, text, ha="right", va="center_baseline")


def draw_table(sheet, panel, series, box, window):
    names, rows = table(panel, series)
    shown = rows[: max(1, int(box.height / (LINE + 2)) - 1)]
    widths = [max(text_width(text, SMALL) for text in column) + 14 for column in zip(names, *shown)]
    squeeze = box.width / sum(widths)
    height, x = LINE + 2, box.x
    for index, name in enumerate(names):
        width = widths[index] * squeeze
        for line, text in enumerate([name, *(row[index] for row in shown)]):
            sheet.text(x, box.y + (line + 0.5) * height, shortened(text, width - 6, SMALL), va="center_baseline",
                       colour=MUTED if line == 0 else TEXT)  # fmt: skip
        x += width


def table(panel, series):
    """(column names, rows of text). Series of several queries that have the same labels are one row."""
    refs = list(dict.fromkeys(one.target.ref for one in series))
    value_names = {ref: f"Value #{ref}" if len(panel.targets) > 1 else "Value" for ref in refs}
    rows = {}
    for one in series:
        labels = {name: value for name, value in one.labels.items() if name != "__name__"}
        row = rows.setdefault(tuple(sorted(labels.items())), dict(labels))
        column = value_names[one.target.ref]
        row[column] = panel.field(column, one.target.ref).text(one.reduced())
    columns = sorted({name for row in rows.values() for name in row} - set(value_names.values()))
    columns += value_names.values()
    renamed, columns = organised(panel, columns)
    return [renamed.get(name) or name for name in columns], [[row.get(name, "") for name in columns]
                                                             for row in rows.values()]  # fmt: skip


def organised(panel, columns):
    """({column: new name}, columns) by the transformation `organize`."""
    for transformation in panel.transformations:
        if transformation["id"] == "organize":
            options = transformation["options"]
            places, hidden = options.get("indexByName", {}), options.get("excludeByName", {})
            kept = [name for name in columns if not hidden.get(name)]
            return options.get("renameByName", {}), sorted(kept, key=lambda name: places.get(name, len(places)))
    return {}, columns
