"""A Grafana board as its JSON describes it: panels, queries, and how values turn into text and colours."""
import dataclasses
import datetime
import json
import math
import re

VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")
LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
EVERYTHING = {"job": ".+", "instance": ".+", "pool": ".+", "datasource": "prometheus"}

# Grafana's named colours; the shades of a hue are named "light-red", "semi-dark-red" and so on.
SHADES = ("super-light-", "light-", "", "semi-dark-", "dark-")
HUES = {
    "red": ("#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"),
    "orange": ("#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"),
    "yellow": ("#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"),
    "green": ("#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"),
    "blue": ("#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"),
    "purple": ("#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"),
}
COLOURS = {shade + hue: code for hue, codes in HUES.items() for shade, code in zip(SHADES, codes)}
COLOURS |= {"text": "#24292E", "gray": "#8E8E8E", "grey": "#8E8E8E", "transparent": "#24292E"}
PALETTE = ("#73BF69", "#F2CC0C", "#5794F2", "#FF9830", "#F2495C", "#B877D9", "#8AB8FF", "#37872D", "#E0B400",
           "#1F60C4", "#FA6400", "#C4162A", "#8F3BB8", "#96D98D", "#FFB357", "#FF7383", "#CA95E5")  # fmt: skip

# Unit: (what one is worth, its suffix), rising. A unit that is not here is shown as a plain number with its own name.
SECONDS = ((1e-9, " ns"), (1e-6, " µs"), (1e-3, " ms"), (1, " s"), (60, " min"), (3600, " h"), (86400, " d"))


def _thousands(suffix):
    return ((1, f" {suffix}"), (1e3, f" K {suffix}"), (1e6, f" M {suffix}"), (1e9, f" G {suffix}"))


def _binary(suffix):
    return tuple((1024.0**power, f" {prefix}{suffix}") for power, prefix in enumerate(("", "Ki", "Mi", "Gi", "Ti")))


def _decimal(suffix):
    return tuple((1000.0**power, f" {prefix}{suffix}") for power, prefix in enumerate(("", "k", "M", "G", "T")))


SCALES = {
    "s": SECONDS,
    "ms": tuple((worth * 1e3, suffix) for worth, suffix in SECONDS),
    "µs": tuple((worth * 1e6, suffix) for worth, suffix in SECONDS),
    "ns": tuple((worth * 1e9, suffix) for worth, suffix in SECONDS),
    "none": ((1, ""),),
    "short": ((1, ""), (1e3, " K"), (1e6, " Mil"), (1e9, " Bil")),
    "percent": ((1, "%"),),
    "percentunit": ((0.01, "%"),),
    "ops": _thousands("ops/s"),
    "reqps": _thousands("req/s"),
    "cps": _thousands("c/s"),
    "bytes": _binary("B"),
    "decbytes": _decimal("B"),
    "Bps": _decimal("B/s"),
    "binBps": _binary("B/s"),
}


def digits(number, decimals=None):
    """With `decimals`, or as many as three significant digits need."""
    if decimals is not None:
        return f"{number:.{decimals}f}"
    if number == 0:
        return "0"
    needed = max(0, 2 - math.floor(math.log10(abs(number))))
    text = f"{number:.{needed}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scale(value, unit):
    """(what one is worth, suffix) of the largest unit that is not larger than the value."""
    scales = SCALES.get(unit) or ((1, f" {unit.removeprefix('suffix:')}" if unit else ""),)
    if value == 0:
        return next((entry for entry in scales if entry[0] == 1), scales[0])
    fitting = [entry for entry in scales if entry[0] <= abs(value) * 1.0000001]
    return fitting[-1] if fitting else scales[0]


def with_unit(value, unit, decimals=None):
    if not math.isfinite(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    if unit.startswith("dateTime"):  # in milliseconds
        return datetime.datetime.fromtimestamp(value / 1000).strftime("%Y-%m-%d %H:%M:%S")
    worth, suffix = scale(value, unit)
    return digits(value / worth, decimals) + suffix


def colour(name):
    """As #rrggbb."""
    return COLOURS.get(name, name)


REDUCTIONS = {
    "lastNotNull": lambda values: values[-1],
    "last": lambda values: values[-1],
    "firstNotNull": lambda values: values[0],
    "first": lambda values: values[0],
    "mean": lambda values: sum(values) / len(values),
    "max": max,
    "min": min,
    "sum": sum,
    "count": len,
    "range": lambda values: max(values) - min(values),
    "diff": lambda values: values[-1] - values[0],
}
REDUCTION_TITLES = {"lastNotNull": "Last", "firstNotNull": "First", "sum": "Total"}


def reduce_values(values, calculation):
    """One number of those that are finite; None: there is none."""
    finite = [value for value in values if math.isfinite(value)]
    return REDUCTIONS[calculation](finite) if finite else None


def seconds(duration):
    """Of Prometheus's way to write one, such as 1m30s."""
    worth = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(int(number) * worth[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", duration))


def substitute(text, variables):
    """$x, ${x} and ${x:format} replaced. KeyError for a variable that is not there."""
    return VARIABLE.sub(lambda found: variables[found.group(1) or found.group(2)], text)


def variables(range_seconds, interval, rate_interval, **chosen):
    """Values for substitute(); whatever the user may choose is everything there is, unless `chosen`. Prometheus takes
    durations in whole numbers only."""
    span, interval, rate_interval = (max(1, math.ceil(length)) for length in (range_seconds, interval, rate_interval))
    return EVERYTHING | chosen | {
        "__interval": f"{interval}s", "__rate_interval": f"{rate_interval}s", "__range": f"{span}s",
        "__range_s": f"{span}",
    }  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Target:
    """One query of a panel."""

    ref: str
    expr: str
    legend: str
    format: str  # time_series, heatmap or table

    def query(self, values):
        return substitute(self.expr, values)

    def legend_labels(self):
        """The labels that the result has to have."""
        return LABEL.findall(self.legend)

    def name(self, labels):
        """Of a series, as the legend shows it."""
        if self.legend and self.legend != "__auto":
            return LABEL.sub(lambda found: labels.get(found.group(1), ""), self.legend)
        shown = {name: value for name, value in labels.items() if name != "__name__"}
        pairs = ", ".join(f'{name}="{value}"' for name, value in shown.items())
        return labels.get("__name__", "") + (f"{{{pairs}}}" if pairs else "") or self.expr


class Field:
    """How the values of one series are shown: the panel's defaults, and the overrides that match the series."""

    def __init__(self, settings):
        self._settings = settings
        self.unit = settings.get("unit", "none")
        self.minimum = settings.get("min")
        self.maximum = settings.get("max")
        self.display_name = settings.get("displayName")
        self.no_value = settings.get("noValue")
        self.thresholds = settings.get("thresholds", {}).get("steps") or []

    def custom(self, name, default=None):
        return self._settings.get(f"custom.{name}", default)

    def text(self, value):
        return self._mapping(value).get("text") or with_unit(value, self.unit, self._settings.get("decimals"))

    def fixed_colour(self):
        """None: it depends on the value, or on the place in the palette."""
        chosen = self._settings.get("color", {})
        return colour(chosen["fixedColor"]) if chosen.get("mode") in ("fixed", "shades") else None

    def takes_palette(self):
        return self._settings.get("color", {}).get("mode", "").startswith("palette")

    def colour(self, value):
        """By mapping, fixed, or by threshold. None: nothing says."""
        if mapped := self._mapping(value).get("color"):
            return colour(mapped)
        if fixed := self.fixed_colour():
            return fixed
        passed = [step for step in self.thresholds if step.get("value") is None or self._absolute(step) <= value]
        return colour(passed[-1]["color"]) if passed else None

    def steps(self):
        """[(absolute value, colour)] of the thresholds but the first, which has no value."""
        return [(self._absolute(step), colour(step["color"]))
                for step in self.thresholds if step.get("value") is not None]  # fmt: skip

    def _absolute(self, step):
        if self._settings["thresholds"].get("mode") != "percentage":
            return step["value"]
        low, high = self.minimum or 0, 100 if self.maximum is None else self.maximum
        return low + (high - low) * step["value"] / 100

    def _mapping(self, value):
        for mapping in self._settings.get("mappings") or []:
            options = mapping["options"]
            if mapping["type"] == "value" and digits(value, 10).rstrip("0").rstrip(".") in options:
                return options[digits(value, 10).rstrip("0").rstrip(".")]
            if mapping["type"] == "range" and _in_range(value, options):
                return options["result"]
            if mapping["type"] == "special" and options["match"] in ("nan", "null+nan") and math.isnan(value):
                return options["result"]
        return {}


def _in_range(value, options):
    low, high = options.get("from"), options.get("to")
    return (low is None or value >= low) and (high is None or value <= high)


def _matches(matcher, name, ref):
    kind, wanted = matcher["id"], matcher.get("options")
    if kind == "byName":
        return name == wanted
    if kind == "byRegexp":
        return re.search(wanted.strip("/"), name) is not None
    return kind == "byFrameRefID" and ref == wanted


class Panel:
    """`row` is the title of the row it stands in, "" above the first."""

    def __init__(self, document, row):
        self.id = document.get("id")
        self.title = document.get("title", "")
        self.kind = document["type"]
        self.row = row
        self.options = document.get("options", {})
        self.calculation = (self.options.get("reduceOptions", {}).get("calcs") or ["lastNotNull"])[0]
        self.transformations = document.get("transformations") or []
        place = document["gridPos"]
        self.x, self.y, self.width, self.height = place["x"], place["y"], place["w"], place["h"]
        self.targets = [Target(target["refId"], target["expr"], target.get("legendFormat", ""),
                               target.get("format", "time_series")) for target in document.get("targets", [])
                        if not target.get("hide")]  # fmt: skip
        self._fields = document.get("fieldConfig", {})

    def field(self, name="", ref=""):
        """Of the series with this name, of the query `ref`."""
        defaults = self._fields.get("defaults", {})
        # What Grafana assumes where a panel says nothing: lines differ in colour, other values are judged by it.
        settings = {"color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"}}
        settings |= {key: value for key, value in defaults.items() if key != "custom"}
        settings |= {f"custom.{key}": value for key, value in defaults.get("custom", {}).items()}
        for override in self._fields.get("overrides", []):
            if _matches(override["matcher"], name, ref):
                settings |= {change["id"]: change.get("value") for change in override["properties"]}
        return Field(settings)


class Board:
    """`panels` are all but the rows, those of collapsed rows included, in the order in which they are read."""

    def __init__(self, document):
        self.title = document["title"]
        self.uid = document.get("uid")
        self.panels = []
        row = ""
        for entry in sorted(document["panels"], key=lambda entry: (entry["gridPos"]["y"], entry["gridPos"]["x"])):
            if entry["type"] != "row":
                self.panels.append(Panel(entry, row))
                continue
            row = entry["title"]
            self.panels += [Panel(nested, row) for nested in entry.get("panels") or []]

    @classmethod
    def load(cls, path):
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def rows(self):
        """{title: [panel]}, in the board's order."""
        found = {}
        for panel in self.panels:
            found.setdefault(panel.row, []).append(panel)
        return found
