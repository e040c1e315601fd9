"""Which parts there are, in which order they start, and how replicas come and go."""
import dataclasses
import secrets

from . import cache
from .nginx import Nginx
from .pgweir import Pgweir
from .ports import HOST, can_listen, free_port
from .postgres import Postgres
from .problem import Problem
from .prometheus import RULES, Prometheus
from .redis import Redis
from .replica import PYTHON, Replica, tasks_environment

DATABASE = "app"
MOST_REPLICAS = 20
# Where users find things. Replicas, and all sidecars but the first, take whatever is free.
USUAL_PORTS = {"nginx": 8080, "pgweir": 6432, "pgweir-http": 9127, "prometheus": 9090, "postgres": 15432,
               "redis": 16379}


@dataclasses.dataclass(frozen=True)
class Options:
    replicas: int = 3
    mode: str = "service"  # service: one pgweir for all replicas; sidecar: one for each; direct: none
    scrape_interval: str = "5s"
    ports: dict = dataclasses.field(default_factory=dict)  # what differs from USUAL_PORTS; 0: any free one
    any_ports: bool = False  # where `ports` says nothing
    rules: str = str(RULES)  # the directory of what Prometheus evaluates
    # The result cache of each pgweir: off; memory: right for one pgweir alone; redis: shared. See cache.is_available().
    cache: str = "off"
    preload: str = ""  # PostgreSQL's shared_preload_libraries


def choose_ports(options):
    """{part: port}. All that are taken are named at once."""
    wanted = {part: options.ports.get(part, 0 if options.any_ports else usual) for part, usual in USUAL_PORTS.items()}
    if options.mode == "direct":
        del wanted["pgweir"], wanted["pgweir-http"], wanted["redis"]
    taken = [f"{port} (for {part})" for part, port in wanted.items() if port and not can_listen(port)]
    if taken:
        raise Problem(f"in use on {HOST}: port {', port '.join(taken)}: choose others with --port PART=N, or take any "
                      "free ones with --any-ports")  # fmt: skip
    if len(asked := [port for port in wanted.values() if port]) != len(set(asked)):
        raise Problem("the same port is asked for twice")
    chosen = {}
    for part, port in wanted.items():
        while not port or port in chosen.values():
            port = free_port()
        chosen[part] = port
    return chosen


class Topology:
    """Everything that runs below `directory`. Not for two threads at once."""

    def __init__(self, children, directory, binary, options, tell=lambda text: None):
        self._children = children
        self._directory = directory
        self._binary = binary
        self._options = options
        self._tell = tell
        ports = choose_ports(options)
        self.postgres = Postgres(children, directory / "postgres", ports["postgres"], secrets.token_hex(12), DATABASE,
                                 options.preload)  # fmt: skip
        self.redis = None  # what only a pgweir would use
        if "redis" in ports:
            self.redis = Redis(children, directory / "redis", ports["redis"], secrets.token_hex(12))
        self.pgweirs = []
        self.replicas = []
        self.nginx = Nginx(children, directory / "nginx", ports["nginx"])
        self.prometheus = Prometheus(children, directory / "prometheus", ports["prometheus"], options.scrape_interval,
                                     options.rules)  # fmt: skip
        self._chosen_ports = set(ports.values())
        self._first_pgweir_ports = [(ports["pgweir"], ports["pgweir-http"])] if "pgweir" in ports else []

    def start(self):
        self._start(self.postgres)
        self._make_schema()
        if self.redis:
            self._start(self.redis)
        if self._options.mode == "service":
            self._start_pgweir("pgweir")
        for _ in range(self._options.replicas):
            self._start_replica()
        self._tell_who_serves()
        self._start(self.nginx)
        self._start(self.prometheus)

    def scale(self, replicas):
        """New ones are healthy before they get requests; those that go have ended what they were asked before."""
        if not 1 <= replicas <= MOST_REPLICAS:
            raise Problem(f"app={replicas}: 1 to {MOST_REPLICAS} replicas")
        try:
            while len(self.replicas) < replicas:
                self._start_replica()
        except Problem:
            self._tell_who_serves()  # some did start
            raise
        leaving = [self.replicas.pop() for _ in range(len(self.replicas) - replicas)]
        sidecars = [self.pgweirs.pop() for _ in leaving] if self._options.mode == "sidecar" else []
        try:
            self._tell_who_serves()
            if leaving:
                self.nginx.wait_for_requests_before()
        finally:
            for part in leaving + sidecars:
                self._tell(f"stopping {part.name}")
                part.stop()

    def parts(self):
        redis = [self.redis] if self.redis else []
        return [self.postgres, *redis, *self.pgweirs, *self.replicas, self.nginx, self.prometheus]

    def part(self, name):
        for part in self.parts():
            if part.name == name:
                return part
        raise Problem(f"there is no {name}: {', '.join(part.name for part in self.parts())}")

    def urls(self):
        """{what: where users find it}"""
        first = self.pgweirs[0] if self.pgweirs else None
        return {
            "application": f"http://{self.nginx.endpoint()}",
            "prometheus": f"http://{self.prometheus.endpoint()}",
            "postgres": self.postgres.url(),
            "redis": self.redis.url() if self.redis else None,
            "pgweir": self.postgres.url(first.port) if first else None,
            "metrics": f"http://{HOST}:{first.http_port}/metrics" if first else None,
        }

    def _start(self, part):
        self._tell(f"starting {part.name} on {part.endpoint()}")
        try:
            part.start()
        except BaseException:
            part.stop()
            raise

    def _make_schema(self):
        code, output, errors = self._children.run([PYTHON, "-m", "tasks.schema"], timeout=60, cwd=self._directory,
                                                  env=tasks_environment(self.postgres.url()))  # fmt: skip
        if code != 0:
            raise Problem(f"app/tasks could not make its tables:\n{output}{errors}")

    def _start_pgweir(self, name):
        ports = self._first_pgweir_ports.pop() if self._first_pgweir_ports else (self._port(), self._port())
        pgweir = Pgweir(self._children, self._directory / name, name, self._binary, self.postgres, *ports,
                        more=self._cache_settings())  # fmt: skip
        self._start(pgweir)
        self.pgweirs.append(pgweir)

    def _cache_settings(self):
        if self._options.cache == "off":
            return ""
        return cache.settings(self.redis.url() if self._options.cache == "redis" else None)

    def _start_replica(self):
        number = len(self.replicas) + 1
        if self._options.mode == "sidecar":
            self._start_pgweir(f"pgweir-{number}")
        url = self.postgres.url(self.pgweirs[-1].port if self.pgweirs else None)
        name = f"app-{number}"
        replica = Replica(self._children, self._directory / name, name, self._port(), url)
        try:
            self._start(replica)
        except BaseException:
            if self._options.mode == "sidecar":
                self.pgweirs.pop().stop()
            raise
        self.replicas.append(replica)

    def _port(self):
        """A free one, also of those whose part has yet to start."""
        while (port := free_port()) in self._chosen_ports:
            pass
        self._chosen_ports.add(port)
        return port

    def _tell_who_serves(self):
        ports = [replica.port for replica in self.replicas]
        self.nginx.serve(ports)
        self.prometheus.scrape({"pgweir": [pgweir.http_port for pgweir in self.pgweirs], "tasks": ports})
