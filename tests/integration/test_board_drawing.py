"""How a board is drawn: its numbers, texts and colours, and every kind of panel, without a lab."""
import math
import sys
import unittest
import xml.etree.ElementTree

import matplotlib

from kit.pgweir import ROOT

sys.path[:0] = [str(ROOT / "grafana")]
import board as boards  # noqa: E402
import render  # noqa: E402
from drawing.charts import stack  # noqa: E402
from drawing.heatmaps import buckets  # noqa: E402
from drawing.measured import Series, Window, fetch  # noqa: E402
from drawing.paper import STYLE  # noqa: E402


class Values(unittest.TestCase):
    """How numbers become text and colours, as Grafana does it."""

    def test_units(self):
        for value, unit, text in (
            (0, "s", "0 s"), (0.00025, "s", "250 µs"), (0.0123, "s", "12.3 ms"), (1.5, "s", "1.5 s"),
            (90, "s", "1.5 min"), (2500, "ms", "2.5 s"), (0.256, "percentunit", "25.6%"), (0, "percentunit", "0%"),
            (1234, "short", "1.23 K"), (1536, "bytes", "1.5 KiB"), (12.3456, "ops", "12.3 ops/s"),
            (4500, "reqps", "4.5 K req/s"), (100, "none", "100"), (-0.5, "short", "-0.5"), (math.nan, "s", "NaN"),
            (math.inf, "s", "+Inf"),
        ):  # fmt: skip
            with self.subTest(value=value, unit=unit):
                self.assertEqual(boards.with_unit(value, unit), text)

    def test_variables(self):
        values = boards.variables(299.2, 1, 4, pool="app")
        for text, expected in (
            ('a{pool=~"$pool"}[$__rate_interval]', 'a{pool=~"app"}[4s]'), ("[${__range}]", "[300s]"),
            ('a{job=~"${job:regex}"}', 'a{job=~".+"}'), ('a{b=~"c$"}', 'a{b=~"c$"}'),
        ):  # fmt: skip
            self.assertEqual(boards.substitute(text, values), expected)
        with self.assertRaises(KeyError):
            boards.substitute("$unheard_of", values)

    def test_mappings_and_thresholds(self):
        field = boards.Field({
            "unit": "percentunit",
            "mappings": [{"type": "value", "options": {"0": {"text": "none", "color": "blue"}}},
                         {"type": "range", "options": {"from": 0.9, "to": None, "result": {"text": "full"}}}],
            "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None},
                                                         {"color": "#FF0000", "value": 0.5}]},
        })  # fmt: skip
        found = {value: (field.text(value), field.colour(value)) for value in (0, 0.2, 0.5, 0.95)}
        green, blue = boards.COLOURS["green"], boards.COLOURS["blue"]
        self.assertEqual(found, {0: ("none", blue), 0.2: ("20%", green), 0.5: ("50%", "#FF0000"),
                                 0.95: ("full", "#FF0000")})  # fmt: skip

    def test_names(self):
        target = boards.Target("A", "up", "{{job}} on {{ instance }}", "time_series")
        self.assertEqual(target.name({"job": "a", "instance": "b"}), "a on b")
        self.assertEqual(target.legend_labels(), ["job", "instance"])
        self.assertEqual(boards.Target("A", "up", "__auto", "").name({"__name__": "up", "job": "a"}), 'up{job="a"}')


class Canned:
    """What looks like a Prometheus: each query gets the same series, but `nothing` gets none."""

    def scrape_interval(self):
        return 1

    def query_range(self, query, window):
        if query == "nothing":
            return []
        return [({"le": bound, "name": f"{bound} & <more>"}, [(at, (index + 1) * 0.3) for at in window.times()[5:]])
                for index, bound in enumerate(("0.1", "1", "+Inf"))]  # fmt: skip


class EveryKindOfPanel(unittest.TestCase):
    KINDS = ("timeseries", "stat", "gauge", "bargauge", "heatmap", "table", "text")

    def picture(self, kinds, expr="a", collapsed=False, **fields):
        panels = [{"type": kind, "title": f"A {kind}", "gridPos": {"x": 0, "y": 1 + 8 * index, "w": 12, "h": 8},
                   "targets": [{"refId": "A", "expr": expr, "legendFormat": "{{name}}"}],
                   "fieldConfig": {"defaults": {"unit": "percentunit", **fields}},
                   "options": {"content": "**Some** text"}}
                  for index, kind in enumerate(kinds)]  # fmt: skip
        row = {"type": "row", "title": "The row", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}, "collapsed": collapsed,
               "panels": panels if collapsed else []}  # fmt: skip
        board = boards.Board({"title": "Board", "panels": [row] if collapsed else [row, *panels]})
        with matplotlib.rc_context(STYLE):
            sheet, empty = render.draw_board(board, Canned(), Window.of(Canned(), 1000, 1060), None, None)
            return {"".join(element.itertext()) for element in xml.etree.ElementTree.fromstring(sheet.svg()).iter()
                    if element.tag.endswith("}text")}, empty  # fmt: skip

    def test_all_are_drawn(self):
        for collapsed in (False, True):
            shown, empty = self.picture(self.KINDS, collapsed=collapsed)
            self.assertEqual(empty, [])
            self.assertLessEqual({"Board", "The row", *(f"A {kind}" for kind in self.KINDS)}, shown)
            self.assertLessEqual({"0.1 & <more>", "30%", "90%", "Some text"}, shown)

    def test_no_data(self):
        shown, empty = self.picture(("timeseries", "stat"), expr="nothing")
        self.assertEqual(empty, ["A timeseries", "A stat"])
        self.assertIn("No data", shown)
        shown, empty = self.picture(("stat",), expr="nothing", noValue="none")
        self.assertEqual((empty, "No data" in shown, "none" in shown), ([], False, True))

    def test_stacks(self):
        def series(mode, *values):
            return Series("", {}, None, boards.Field({"custom.stacking": {"mode": mode}}), list(values))

        self.assertEqual(stack([series("normal", 1, math.nan), series("none", 9, 9), series("normal", 2, 4)]),
                         [([0, 0], [1, 0]), (None, [9, 9]), ([1, 0], [3, 4])])  # fmt: skip
        self.assertEqual(stack([series("percent", 1, 2), series("percent", 3, 2)]),
                         [([0, 0], [0.25, 0.5]), ([0.25, 0.5], [1, 1])])  # fmt: skip

    def test_buckets(self):
        window = Window.of(Canned(), 1000, 1010)
        panel = boards.Panel({"type": "heatmap", "gridPos": dict.fromkeys("xywh", 1),
                              "targets": [{"refId": "A", "expr": "a"}]}, "")  # fmt: skip
        bounds, values = buckets(fetch(panel, Canned(), window))
        self.assertEqual(bounds, [0.1, 1, math.inf])
        for of_bucket in values:
            self.assertEqual(of_bucket[:5], [0] * 5)
            self.assertAlmostEqual(of_bucket[-1], 0.3)


if __name__ == "__main__":
    unittest.main()
