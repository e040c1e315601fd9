"""app/tasks as a process, for tests."""
import contextlib
import http.client
import json
import os
import signal
import subprocess

from prometheus_client.parser import text_string_to_metric_families

from kit import processes
from kit.pgweir import ROOT
from kit.ports import free_port
from kit.postgres import HOST
from kit.waiting import wait_until

PYTHON = "/usr/bin/python3"  # Debian's: the libraries are Debian packages
UVICORN = ("-m", "uvicorn", "tasks.main:app")


class Service:
    def __init__(self, url, command=UVICORN):
        self.directory = processes.temporary_directory("tasks")
        self.log_file = self.directory / "log"
        self.port = free_port()
        self.process = None
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self.environment |= {"DATABASE_URL": url, "PYTHONPATH": str(ROOT / "app" / "tasks")}
        self._command = command

    def run(self, module, *arguments):
        """A running `tasks.schema` or `tasks.data`."""
        return processes.start([PYTHON, "-m", module, *arguments], env=self.environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip

    def start(self):
        command = [PYTHON, *self._command, "--host", HOST, "--port", str(self.port), "--no-access-log"]
        with open(self.log_file, "ab") as log:
            self.process = processes.start(command, stdout=log, stderr=log, env=self.environment)
        wait_until(self.answers, message=lambda: f"the service to answer:\n{self.log()}", interval=0.05)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the service ended with {self.process.returncode}:\n{self.log()}")
        try:
            return self.get("/healthz")[0] == 200
        except ConnectionError:
            return False

    def wait(self):
        code = self.process.wait(30)
        processes.finish(self.process)
        self.process = None
        return code

    def close(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait()
            raise
        if code != 0 or "Traceback" in self.log():
            raise RuntimeError(f"the service ended with {code}:\n{self.log()}")

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def ask(self, method, path, headers=None, body=None):
        """(status, body)"""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, id=None):
        status, body = self.ask("POST", path, {"X-Request-Id": id} if id else None)
        return status, json.loads(body)

    def change(self, **user):
        """The answer to POST /user."""
        status, body = self.ask("POST", "/user", {"Content-Type": "application/json"}, json.dumps(user))
        return status, json.loads(body)

    def get_json(self, path):
        status, body = self.get(path)
        return status, json.loads(body)

    def count(self):
        status, body = self.get("/count")
        assert status == 200, (status, body)
        return json.loads(body)

    def metric(self, name, **labels):
        """The value of the one sample with this name and these labels; 0 without one."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        found = [sample.value for family in families for sample in family.samples
                 if sample.name == name and sample.labels == labels]  # fmt: skip
        assert len(found) <= 1, found
        return found[0] if found else 0
