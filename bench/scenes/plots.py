"""Plots of a scene's results, as SVG to stand in a page."""
import io

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

from . import counter, lookup  # noqa: E402

GOOD, BAD, OUTAGE, LIMIT = "#3b7d4f", "#c4452f", "#e8c4bc", "#555555"
COLOURS = {"direct": "#8a8a8a", "pooled": "#5794a8", "cached": GOOD}


def svg(figure):
    """No font and no picture is fetched from anywhere."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    pyplot.close(figure)
    return element(text.getvalue())


def element(document):
    """Without what stands before it in a file of its own."""
    return document[document.index("<svg") :]


def hits(floods):
    """What became of the hits, in shares of what was requested."""
    figure, axes = pyplot.subplots(figsize=(9, 0.32 * len(floods) + 1.2))
    labels = [f"{counter.MODES[flood.mode]}, {replicas(flood.replicas)}, {flood.requested:,} from {flood.clients}"
              for flood in floods]  # fmt: skip
    counted = [100 - 100 * flood.missing / max(1, flood.sent) for flood in floods]
    axes.barh(labels, counted, color=GOOD, label="counted")
    axes.barh(labels, [100 - share for share in counted], left=counted, color=BAD, label="missing")
    axes.invert_yaxis()
    axes.set_xlabel("% of the hits that were sent")
    axes.set_xlim(0, 100)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1 + 0.9 / len(floods)), ncols=2, frameon=False)
    return svg(figure)


def kills(results):
    """Hits per second over time, acknowledged and not, around each outage."""
    figure, grid = pyplot.subplots(len(results), figsize=(9, 1.7 * len(results)), sharex=True, squeeze=False)
    for axes, kill in zip(grid[:, 0], results):
        times = [point[0] for point in kill.timeline]
        width = times[1] - times[0] if len(times) > 1 else 1
        axes.step(times, [point[1] / width for point in kill.timeline], where="post", color=GOOD, label="acknowledged")
        axes.step(times, [point[2] / width for point in kill.timeline], where="post", color=BAD, label="not acknowledged")
        axes.axvspan(kill.killed, kill.back, color=OUTAGE, zorder=0)
        axes.set_title(f"{counter.MODES[kill.mode]}: {kill.victim} is killed and comes back", fontsize="medium", loc="left")
        axes.set_ylabel("hits/s")
    grid[0, 0].legend(frameon=False, loc="upper right")
    grid[-1, 0].set_xlabel("seconds")
    figure.tight_layout()
    return svg(figure)


def lookups(results):
    """Good answers per second, and PostgreSQL's CPU time for a thousand of them, side by side for each load."""
    loads = list(dict.fromkeys((each.path, each.clients) for each in results))
    modes = [mode for mode in lookup.MODES if any(each.mode == mode for each in results)]
    figure, sides = pyplot.subplots(1, 2, figsize=(9, 0.32 * len(loads) * len(modes) + 1.4), sharey=True)
    shown = ((sides[0], "good answers per second", lambda each: each.rate),
             (sides[1], "ms of PostgreSQL's CPU time for each", lambda each: each.cpu_ms_each or 0))  # fmt: skip
    width = 0.8 / len(modes)
    for axes, label, value in shown:
        for index, mode in enumerate(modes):
            found = {(each.path, each.clients): value(each) for each in results if each.mode == mode}
            places = [place + index * width for place, load in enumerate(loads) if load in found]
            axes.barh(places, [found[load] for load in loads if load in found], height=width, align="edge",
                      color=COLOURS[mode], label=lookup.MODES[mode])  # fmt: skip
        axes.set_xlabel(label)
    sides[0].set_yticks([place + 0.4 for place in range(len(loads))],
                        [f"{path}, {clients} clients" for path, clients in loads])  # fmt: skip
    sides[0].invert_yaxis()
    figure.legend(*sides[0].get_legend_handles_labels(), loc="upper center", ncols=len(modes), frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.3 / figure.get_figheight()))
    return svg(figure)


def settling(flood, series, limit, wanted):
    """The servers that each sidecar has, one on the other, below what PostgreSQL allows."""
    figure, axes = pyplot.subplots(figsize=(9, 3))
    times = sorted({at for points in series.values() for at, _ in points})
    stacks = [[dict(series[name]).get(at, 0) for at in times] for name in sorted(series)]
    axes.stackplot([at - flood.started for at in times], stacks, labels=sorted(series), step="post", alpha=0.8)
    axes.axhline(limit, color=LIMIT, linestyle="--")
    axes.annotate(f"{limit}: what PostgreSQL allows; the sizes add up to {wanted}", (0.01, limit),
                  xycoords=("axes fraction", "data"), xytext=(0, 3), textcoords="offset points")  # fmt: skip
    axes.set_ylim(0, limit * 1.25)
    axes.set_xlabel("seconds")
    axes.set_ylabel("server connections")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return svg(figure)


def replicas(number):
    return "1 replica" if number == 1 else f"{number} replicas"
