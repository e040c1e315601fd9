"""Provisioning, and the rules of Prometheus."""
import re
import subprocess

import yaml

LINK = re.compile(r"^/d/([\w-]+)\?viewPanel=(\d+)$")


def provisioned(files):
    folder = files.root / "grafana" / "provisioning"
    source = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text(encoding="utf-8"))["datasources"][0]
    provider = yaml.safe_load((folder / "dashboards" / "pgweir.yml").read_text(encoding="utf-8"))["providers"][0]
    for board in files.boards:
        if board.variables()["datasource"]["current"]["value"] != source["uid"]:
            yield f"provisioned: {board.name} does not begin with the data source {source['uid']}"
    local = yaml.safe_load((files.root / "compose/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    if source["jsonData"]["timeInterval"] != local["global"]["scrape_interval"]:
        yield "provisioned: timeInterval is not Prometheus's scrape interval: $__rate_interval would be wrong"
    jobs = {scraped["job_name"] for scraped in local["scrape_configs"]}
    queries = [rule["expr"] for rule in files.rules]
    queries += [query for board in files.boards for query in board.expressions()]
    for job in sorted({job for query in queries for job in re.findall(r'\bjob="([^"]*)"', query)} - jobs):
        yield f"provisioned: Prometheus has no job {job}"
    if provider["allowUiUpdates"]:
        yield "provisioned: what is changed in Grafana would be lost"
    compose = (files.root / "compose" / "compose.yaml").read_text(encoding="utf-8")
    if f"../grafana/dashboards:{provider['options']['path']}:ro" not in compose:
        yield f"provisioned: compose.yaml puts no boards into {provider['options']['path']}"
    url = re.fullmatch(r"http://([\w-]+):\d+", source["url"])
    if not url or url[1] not in yaml.safe_load(compose)["services"]:
        yield f"provisioned: compose.yaml has no service that is {source['url']}"


def alerts(files):
    places = {(board.document["uid"], panel.document["id"]) for board in files.boards for panel in board.panels}
    for rule in files.rules:
        if "record" in rule:
            if not re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z0-9_]+", rule["record"]):
                yield f"alerts: {rule['record']} is not level:metric:operations"
            continue
        if not re.fullmatch(r"Pgweir([A-Z][a-z0-9]+)+", rule["alert"]):
            yield f"alerts: {rule['alert']} is not CamelCase with our prefix"
        if rule["labels"]["severity"] not in ("critical", "warning", "info"):
            yield f"alerts: {rule['alert']}: severity {rule['labels']['severity']}"
        if not rule["annotations"].get("summary") or len(rule["annotations"].get("description", "")) < 40:
            yield f"alerts: {rule['alert']}: what has happened, and what is to be done?"
        link = LINK.match(rule["annotations"].get("dashboard", ""))
        if not link or (link.group(1), int(link.group(2))) not in places:
            yield f"alerts: {rule['alert']} leads to no panel"


def promtool(files):
    tests = files.root / "tests" / "grafana" / "rules_test.yml"
    for command in (["promtool", "check", "rules", files.rules_path], ["promtool", "test", "rules", tests]):
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        if outcome.returncode != 0:
            yield f"promtool: {' '.join((outcome.stdout + outcome.stderr).split())}"


def every_alert_is_tested(files):
    """That it fires, and that it does not."""
    text = (files.root / "tests" / "grafana" / "rules_test.yml").read_text(encoding="utf-8")
    cases = [case for test in yaml.safe_load(text)["tests"] for case in test.get("alert_rule_test", [])]
    asked = {expression["expr"] for test in yaml.safe_load(text)["tests"]
             for expression in test.get("promql_expr_test", [])}  # fmt: skip
    for rule in files.rules:
        if "record" in rule:
            if rule["record"] not in asked:
                yield f"every_alert_is_tested: {rule['record']} has no test"
            continue
        own = [case for case in cases if case["alertname"] == rule["alert"]]
        fires = any(alert["exp_labels"]["severity"] == rule["labels"]["severity"]
                    for case in own for alert in case.get("exp_alerts", []))  # fmt: skip
        if not fires or all(case.get("exp_alerts") for case in own):
            yield f"every_alert_is_tested: {rule['alert']} ({rule['labels']['severity']})"


RULES = (provisioned, alerts, promtool, every_alert_is_tested)
