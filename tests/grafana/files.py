"""The files that the rules look at."""
import dataclasses
import functools
import json
import re

import yaml

# What is not a function in an expression without its labels and ranges; whatever the prefix, so that a misspelt one is
# found.
NAME = re.compile(r"(?<![\w:$.])([a-zA-Z_][\w:]*)(?![\w:]|\s*\()")
OPERATORS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "by", "without", "on", "ignoring", "group_left",
             "group_right"}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Panel:
    document: dict
    row: str

    @property
    def title(self):
        return self.document.get("title", "")

    def expressions(self):
        return [target.get("expr", "") for target in self.document.get("targets", [])]


class Board:
    def __init__(self, path):
        self.name = path.stem
        self.document = json.loads(path.read_text(encoding="utf-8"))

    @functools.cached_property
    def panels(self):
        """All but the rows, those of collapsed rows too."""
        found, row = [], ""
        for document in self.document["panels"]:
            if document["type"] == "row":
                row = document["title"]
                found += [Panel(inner, row) for inner in document["panels"]]
            else:
                found.append(Panel(document, row))
        return found

    def expressions(self):
        return [expression for panel in self.panels for expression in panel.expressions()]

    def variables(self):
        return {variable["name"]: variable for variable in self.document["templating"]["list"]}


class Files:
    def __init__(self, root):
        self.root = root

    @functools.cached_property
    def boards(self):
        return [Board(path) for path in sorted((self.root / "grafana" / "dashboards").glob("*.json"))]

    @functools.cached_property
    def rules_path(self):
        return self.root / "grafana" / "rules" / "pgweir.yml"

    @functools.cached_property
    def rules(self):
        document = yaml.safe_load(self.rules_path.read_text(encoding="utf-8"))
        return [rule for group in document["groups"] for rule in group["rules"]]

    def exported(self):
        """{metric: type}, as the sources of pgweir and of the application have them."""
        return self._of_pgweir() | self._of_the_application()

    def _of_pgweir(self):
        metrics = self.root / "proxy" / "metrics"
        families = (metrics / "families.cpp").read_text(encoding="utf-8")
        found = dict(re.findall(r'family\{"(pgweir_\w+)",\s*(gauge|counter|histogram)', families))
        for source in (metrics / "exporter").glob("*.cpp"):
            for name in re.findall(r'"((?:pgweir|process)_\w+)",', source.read_text(encoding="utf-8")):
                found[name] = "counter" if name.endswith("_total") else "gauge"
        return found

    def _of_the_application(self):
        source = (self.root / "app" / "tasks" / "tasks" / "metrics.py").read_text(encoding="utf-8")
        found = {f"{name}_total": "counter" for name in re.findall(r'Counter\("(\w+)"', source)}
        found |= {name: "histogram" for name in re.findall(r'Histogram\("(\w+)"', source)}
        return found | {name: "gauge" for name in re.findall(r'_gauge\("(\w+)"', source)}


def names_in(expression):
    """The metrics that a PromQL expression asks for."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expression)
    bare = re.sub(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    return [name for name in NAME.findall(bare) if name.lower() not in OPERATORS]


def family_of(name, exported):
    """The exported metric that a series belongs to: a histogram has three."""
    for suffix in ("_bucket", "_count", "_sum"):
        family = name.removesuffix(suffix)
        if family != name and exported.get(family) == "histogram":
            return family
    return name
