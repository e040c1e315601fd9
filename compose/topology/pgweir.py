"""A pgweir in front of the PostgreSQL."""
import json

from .ports import HOST
from .server import USER, HttpServer

POOL_SIZE = 15  # of PostgreSQL's 20, three are kept for the superuser, and two are left for looking around


class Pgweir(HttpServer):
    """Lends POOL_SIZE server connections for a transaction each. `http_port` serves its metrics. `more` is what is added
    to its configuration, in lines."""

    health_path = "/readyz"

    def __init__(self, children, directory, name, binary, postgres, port, http_port, pool_size=POOL_SIZE,
                 more=""):  # fmt: skip
        super().__init__(children, directory, name, port, http_port)
        self._binary = binary
        self._postgres = postgres
        self._pool_size = pool_size
        self._more = more
        self.config_file = directory / "pgweir.yaml"

    def prepare(self):
        secret = json.dumps(self._postgres.password)  # a JSON string is a YAML string
        text = f"""version: 1
listen: {{addresses: ["{HOST}:{self.port}"]}}
admin: {{http: "{HOST}:{self.http_port}", console_users: [{USER}]}}
auth:
  method: scram-sha-256
  users: {{{USER}: {{password: {secret}}}}}
databases:
  {self._postgres.database}:
    upstream: {{host: {HOST}, port: {self._postgres.port}, user: {USER}, password: {secret}}}
    pool: {{mode: transaction, size: {self._pool_size}}}
shutdown: {{grace: 2s}}
{self._more}"""
        self.config_file.touch(mode=0o600)
        self.config_file.write_text(text, encoding="utf-8")

    def launch(self):
        self._run([self._binary, "serve", "--config", self.config_file])
