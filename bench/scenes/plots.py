"""Plots of a scene's results, as SVG to stand in a page."""
import io

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

GOOD, BAD, OUTAGE, LIMIT = "#3b7d4f", "#c4452f", "#e8c4bc", "#555555"
MODES = {"direct": "directly", "service": "through pgweir", "sidecar": "a pgweir for each replica"}


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
    labels = [f"{MODES[flood.mode]}, {replicas(flood.replicas)}, {flood.requested:,} from {flood.clients}"
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
        axes.set_title(f"{MODES[kill.mode]}: {kill.victim} is killed and comes back", fontsize="medium", loc="left")
        axes.set_ylabel("hits/s")
    grid[0, 0].legend(frameon=False, loc="upper right")
    grid[-1, 0].set_xlabel("seconds")
    figure.tight_layout()
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
