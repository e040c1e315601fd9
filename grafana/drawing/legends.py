"""A panel's legend, as a list or as a table."""
import board as boards
from .paper import LINE, MUTED, SMALL, TEXT, Box, shortened, text_width


def legend_calculations(options):
    return options.get("calcs") or [] if options.get("displayMode") == "table" else []


def draw_legend(sheet, panel, entries, box):
    """Of [(series, colour)], below or beside the plot. What is left of the box for the plot."""
    options = panel.options.get("legend", {})
    if options.get("showLegend", True) is False or options.get("displayMode") == "hidden":
        return box
    entries = sort_entries(entries, options)
    calculations = legend_calculations(options)
    if options.get("placement") == "right":
        width = min(box.width * 0.42, max(110, 16 + max(text_width(entry[0].name, SMALL) for entry in entries)
                                          + 52 * len(calculations)))  # fmt: skip
        place = Box(box.x + box.width - width, box.y, width, box.height)
        draw_legend_table(sheet, entries, calculations, place)
        return box.inset(right=width + 10)
    if calculations:
        lines = min(len(entries) + 1, max(2, int(box.height * 0.45 / LINE)))
        draw_legend_table(sheet, entries, calculations, box.inset(top=box.height - lines * LINE))
    else:
        lines = draw_legend_list(sheet, entries, box, most=max(1, int(box.height * 0.3 / LINE)))
    return box.inset(bottom=lines * LINE + 3)


def sort_entries(entries, options):
    titles = {boards.REDUCTION_TITLES.get(name, name.capitalize()): name for name in boards.REDUCTIONS}
    wanted = titles.get((options.get("sortBy") or "").rstrip(" *"))
    if not wanted:
        return entries
    return sorted(entries, key=lambda entry: entry[0].reduced(wanted), reverse=options.get("sortDesc", False))


def draw_legend_list(sheet, entries, box, most):
    """How many lines it took, `most` at most."""
    names = [shortened(series.name, box.width - 16, SMALL) for series, _ in entries]
    lines, x = [[]], 0
    for index, name in enumerate(names):
        width = 16 + text_width(name, SMALL) + 12
        more = f"+ {len(names) - index} more"
        reserve = text_width(more, SMALL) if len(lines) == most and index < len(names) - 1 else 0
        if x + width - 12 + reserve > box.width and lines[-1]:
            if len(lines) == most:
                lines[-1].append((x, more, None))
                break
            lines.append([])
            x = 0
        lines[-1].append((x, name, entries[index][1]))
        x += width
    top = box.y + box.height - len(lines) * LINE
    for number, line in enumerate(lines):
        for x, name, colour in line:
            draw_legend_name(sheet, box.x + x, top + number * LINE, name, colour)
    return len(lines)


def draw_legend_name(sheet, x, y, name, colour):
    if colour is None:
        sheet.text(x, y + LINE / 2, name, colour=MUTED, va="center_baseline")
        return
    sheet.rectangle(Box(x, y + LINE / 2 - 1.5, 11, 3), colour)
    sheet.text(x + 16, y + LINE / 2, name, va="center_baseline")


def draw_legend_table(sheet, entries, calculations, box):
    lines = max(1, int(box.height / LINE)) - (1 if calculations else 0)
    shown, hidden = most_important(entries, lines)
    cells = [[series.field.text(series.reduced(calculation)) for calculation in calculations] for series, _ in shown]
    titles = [boards.REDUCTION_TITLES.get(name, name.capitalize()) for name in calculations]
    widths = [max(text_width(text, SMALL) for text in column) + 10 for column in zip(titles, *cells)]
    edges = [box.x + box.width - sum(widths[index + 1 :]) for index in range(len(widths))]
    y = box.y
    if calculations:
        draw_cells(sheet, edges, titles, y, MUTED)
        y += LINE
    for (series, colour), texts in zip(shown, cells):
        draw_legend_name(sheet, box.x, y, shortened(series.name, box.width - sum(widths) - 16, SMALL), colour)
        draw_cells(sheet, edges, texts, y, TEXT)
        y += LINE
    if hidden:
        zero = all(not any(series.finite()) for series, _ in hidden)
        draw_legend_name(sheet, box.x, y, f"+ {len(hidden)} more{', all 0' if zero else ''}", None)


def most_important(entries, lines):
    """(those that are shown in so many lines, the others): a picture cannot be scrolled, so high values go first."""
    if len(entries) <= lines:
        return entries, []
    by_height = sorted(entries, key=lambda entry: entry[0].reduced("max"), reverse=True)
    high = by_height[: lines - 1]
    return [entry for entry in entries if entry in high], by_height[lines - 1 :]


def draw_cells(sheet, edges, texts, y, colour):
    for text, edge in zip(texts, edges):
        sheet.text(edge, y + LINE / 2, text, colour=colour, ha="right", va="center_baseline")
