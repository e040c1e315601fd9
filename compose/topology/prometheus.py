"""A Prometheus that scrapes every pgweir and every replica, and evaluates the rules of grafana/rules."""
import json
import os
import pathlib
import urllib.parse

from .ports import HOST
from .problem import Problem
from .server import ROOT, HttpServer, http_get

PROGRAM = "/usr/bin/prometheus"
RULES = ROOT / "grafana" / "rules"


class Prometheus(HttpServer):
    """The jobs are `pgweir` and `tasks`."""

    health_path = "/-/ready"

    def __init__(self, children, directory, port, scrape_interval, rules):
        super().__init__(children, directory, "prometheus", port)
        if not os.access(PROGRAM, os.X_OK):
            raise Problem(f"there is no {PROGRAM}: install the package prometheus")
        self._scrape_interval = scrape_interval
        self._rules = pathlib.Path(rules)

    def prepare(self):
        rules = [str(path) for path in sorted(self._rules.glob("*.yml"))]
        jobs = [{"job_name": job, "file_sd_configs": [{"files": [f"targets/{job}.json"], "refresh_interval": "5s"}]}
                for job in ("pgweir", "tasks")]  # fmt: skip
        every = {"scrape_interval": self._scrape_interval, "evaluation_interval": self._scrape_interval,
                 "scrape_timeout": self._scrape_interval}  # fmt: skip
        config = {"global": every, "rule_files": rules, "scrape_configs": jobs}
        # JSON is YAML.
        (self.directory / "prometheus.yml").write_text(json.dumps(config, indent=2), encoding="utf-8")

    def launch(self):
        self._run([PROGRAM, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
                   "--storage.tsdb.retention.time=1d", f"--web.listen-address={HOST}:{self.port}"])  # fmt: skip

    def scrape(self, ports_of_jobs):
        """{job: [port]}, from now on. Prometheus looks at the files when they are moved into place."""
        targets = self.directory / "targets"
        targets.mkdir(parents=True, exist_ok=True)
        for job, ports in ports_of_jobs.items():
            new = targets / f"{job}.new"
            new.write_text(json.dumps([{"targets": [f"{HOST}:{port}" for port in ports]}]), encoding="utf-8")
            new.rename(targets / f"{job}.json")

    def query_range(self, query, start, end, step=1):
        """[(labels, [(time, value)])]. Times are in seconds since the epoch."""
        arguments = urllib.parse.urlencode({"query": query, "start": start, "end": end, "step": step})
        answer = json.loads(http_get(self.port, f"/api/v1/query_range?{arguments}"))
        return [(series["metric"], [(float(time), float(value)) for time, value in series["values"]])
                for series in answer["data"]["result"]]  # fmt: skip
