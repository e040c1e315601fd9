"""What Prometheus has measured, as the series of a panel."""
import dataclasses
import json
import math
import urllib.error
import urllib.parse
import urllib.request

import board as boards

STEPS = 120  # at most so many values of a series: more would not be seen


class RenderError(Exception):
    """What the user can do something about."""


class Source:
    """A Prometheus, asked without the user's http_proxy."""

    def __init__(self, url):
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def scrape_interval(self):
        """The longest of all targets, in seconds; 0 without any."""
        targets = self._get("targets", state="active")["activeTargets"]
        return max((boards.seconds(target["scrapeInterval"]) for target in targets), default=0)

    def query_range(self, query, window):
        """[(labels, [(time, value)])]"""
        data = self._get("query_range", query=query, start=window.start, end=window.end, step=window.step)
        return [(series["metric"], [(float(at), float(value)) for at, value in series["values"]])
                for series in data["result"]]  # fmt: skip

    def _get(self, path, **arguments):
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
        try:
            with self._opener.open(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise RenderError(f"Prometheus at {self._url} refuses {arguments.get('query', path)}: {said}") from error
        except (OSError, ValueError) as error:
            raise RenderError(f"no Prometheus answers at {self._url}: {error}") from error


@dataclasses.dataclass(frozen=True)
class Window:
    """What is looked at, and how finely: times in seconds since the epoch."""

    start: float
    end: float
    step: float
    variables: dict

    @classmethod
    def of(cls, source, start, end, **chosen):
        scrape = source.scrape_interval() or 15
        step = max(1, math.ceil((end - start) / STEPS), math.ceil(scrape))
        # As Grafana computes it.
        rate_interval = max(step + scrape, 4 * scrape)
        return cls(start, end, step, boards.variables(end - start, step, rate_interval, **chosen))

    def times(self):
        return [self.start + number * self.step for number in range(int((self.end - self.start) / self.step) + 1)]


@dataclasses.dataclass(frozen=True, eq=False)
class Series:
    name: str
    labels: dict
    target: boards.Target
    field: boards.Field
    values: list  # one for each of the window's times, nan where there is none

    def finite(self):
        return [value for value in self.values if math.isfinite(value)]

    def reduced(self, calculation="lastNotNull"):
        return boards.reduce_values(self.values, calculation)


def fetch(panel, source, window):
    """[Series] that have a value in the window."""
    found = []
    for target in panel.targets:
        for labels, points in source.query_range(target.query(window.variables), window):
            name = target.name(labels)
            field = panel.field(name, target.ref)
            at = {round(when, 3): value for when, value in points}
            values = [at.get(round(when, 3), math.nan) for when in window.times()]
            found.append(Series(field.display_name or name, labels, target, field, values))
    return [series for series in found if series.finite()]
