"""Panels and rules ask for what is exported, and what is exported is asked for."""
import re

import yaml

from .files import family_of, names_in

BUILT_IN = {"up"}


def expressions(files):
    found = [expression for board in files.boards for expression in board.expressions()]
    for variable in (variable for board in files.boards for variable in board.variables().values()):
        found += re.findall(r"^label_values\((.*), \w+\)$", variable.get("definition", ""))
    return found + [rule["expr"] for rule in files.rules]


def exist(files):
    exported = files.exported()
    recorded = {rule["record"] for rule in files.rules if "record" in rule}
    for expression in expressions(files):
        for name in names_in(expression):
            if family_of(name, exported) not in exported and name not in recorded | BUILT_IN:
                yield f"exist: nobody exports {name}"


def shown(files):
    """Every metric is on a panel, in a rule, or on the list of those that are not, with the reason."""
    exported = files.exported()
    used = {family_of(name, exported) for expression in expressions(files) for name in names_in(expression)}
    listed = yaml.safe_load((files.root / "tests" / "grafana" / "not_shown.yml").read_text(encoding="utf-8"))
    for name in sorted(exported.keys() - used - listed.keys()):
        yield f"shown: {name} is on no panel, in no rule, and not in tests/grafana/not_shown.yml"
    for name, reason in listed.items():
        if name in used:
            yield f"shown: {name} is shown, and in tests/grafana/not_shown.yml"
        if name not in exported:
            yield f"shown: nobody exports {name}, which is in tests/grafana/not_shown.yml"
        if len(str(reason)) < 20:
            yield f"shown: {name} is in tests/grafana/not_shown.yml without a reason"


def label_values(files):
    """Values that matchers name are values that pgweir's labels have."""
    labels = [path.read_text(encoding="utf-8") for path in (files.root / "proxy" / "metrics").glob("*labels.hpp")]
    known = set(re.findall(r'"([a-z_]+)"', "".join(labels))) | {"success", "failure"}
    for expression in expressions(files):
        for _, values in re.findall(r'\b(result|phase|reason|state)(?:=|!=|=~|!~)"([^"]*)"', expression):
            for value in values.split("|"):
                if value not in known:
                    yield f"label_values: no label has the value {value}: {expression}"


RULES = (exist, shown, label_values)
