"""nginx in front of the replicas."""
import os
import pathlib
import signal

from .ports import HOST
from .problem import Problem
from .server import HttpServer, wait_for

PROGRAM = "/usr/sbin/nginx"
LONGEST_REQUEST = 90  # seconds


class Nginx(HttpServer):
    health_path = "/nginx-health"

    def __init__(self, children, directory, port):
        super().__init__(children, directory, "nginx", port)
        if not os.access(PROGRAM, os.X_OK):
            raise Problem(f"there is no {PROGRAM}: install the package nginx-light")
        self._config_file = directory / "nginx.conf"
        self._replica_ports = []
        self._workers_before = set()

    def launch(self):
        self._run([PROGRAM, "-p", self.directory, "-c", self._config_file, "-e", "stderr"], endings=(signal.SIGTERM,))

    def serve(self, replica_ports):
        """New requests go to these from now on."""
        self._replica_ports = replica_ports
        self.directory.mkdir(mode=0o755, exist_ok=True)
        self._config_file.write_text(self._config(), encoding="utf-8")
        if self.is_running():
            self._workers_before = self._workers()
            self.process.send_signal(signal.SIGHUP)
            wait_for(lambda: not self.is_running() or self._workers() - self._workers_before, self.READY_WITHIN,
                     lambda: f"nginx does not take its new configuration:\n{self.last_words()}")  # fmt: skip

    def wait_for_requests_before(self):
        """Until all is answered that came before the last serve(): workers that knew other replicas have gone."""
        wait_for(lambda: not self._workers() & self._workers_before, LONGEST_REQUEST,
                 lambda: "nginx does not come to the end of its requests")  # fmt: skip

    def _workers(self):
        try:
            return set(pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split())
        except FileNotFoundError:
            return set()

    def _config(self):
        user = "user www-data;\n" if os.geteuid() == 0 else ""
        servers = "\n".join(f"        server {HOST}:{port} max_fails=0;" for port in self._replica_ports)
        temporary = "\n".join(f"    {kind}_temp_path {kind};"
                              for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
        return f"""{user}daemon off;
pid nginx.pid;
worker_processes 1;
worker_rlimit_nofile 8192;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    log_format lab '$msec $request_method $uri $status $request_time $upstream_addr $hit_id';
    access_log /dev/stdout lab;
{temporary}
    map $http_x_request_id $hit_id {{ "" $request_id; default $http_x_request_id; }}
    upstream app {{
{servers}
        # uvicorn closes an idle connection after 5 s. One that closes just as nginx sends a POST on it would be a 502:
        # nginx sends no POST twice.
        keepalive 32;
        keepalive_timeout 2s;
    }}
    server {{
        listen {HOST}:{self.port} backlog=4096;
        client_header_timeout 5s;  # or a browser's spare connection would keep an old worker for a minute
        location = {self.health_path} {{ access_log off; return 200 "ok\\n"; }}
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Request-Id $hit_id;
            # SQLAlchemy gives up after 30 s: its answer is to be seen, not ours.
            proxy_read_timeout 75s;
        }}
    }}
}}
"""
