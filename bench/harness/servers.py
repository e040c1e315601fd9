"""The processes of one benchmark run: PostgreSQL, PgBouncer, pgweir and the small programs built beside them."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from kit import processes
from kit.ports import free_port

from . import ROOT, machine

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
PGPOOL = shutil.which("pgpool", path="/usr/sbin:/usr/bin") or "pgpool"
PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin") or "pgbouncer"
RELEASE, UNTRACKED = ROOT / "build" / "release", ROOT / "build" / "untracked"
MAX_CONNECTIONS = 150


def wait_for_port(port, process, name, seconds=20):
    """Returns once something listens on `port`; the process must not end before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with status {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} does not listen on port {port}")


def address(port, database="postgres"):
    return ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres", database]


class Server:
    """Something that listens: `port`, and `pid` of the process whose CPU time counts (None: nobody's)."""

    def __init__(self, port, process, *, watched=True, forks=False):
        self.port, self.process, self._forks = port, process, forks
        self.pid = process.pid if watched else None

    def cpu_seconds(self):
        return machine.tree_seconds(self.pid) if self._forks else machine.cpu_seconds(self.pid)


class Servers:
    """Starts and stops. PostgreSQL and PgBouncer refuse to be root, so root starts them as user postgres."""

    def __init__(self):
        self.folder = processes.temporary_directory("bench", for_server_user=True)
        self.folder.chmod(0o755)
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(list(self.running)):
            self.stop(server)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, command, port, *, watched=True, forks=False, **options):
        with open(self.folder / f"{name}-{port}.log", "w") as log:
            # A session of their own: Ctrl-C reaches this script only, which stops them in order.
            process = processes.start([str(word) for word in command], stdout=log, stderr=log, cwd=self.folder,
                                      **options)
        server = Server(port, process, watched=watched, forks=forks)
        self.running.append(server)
        try:
            wait_for_port(port, process, name)
        except RuntimeError as error:
            raise RuntimeError(f"{error}:\n{pathlib.Path(log.name).read_text()[-2000:]}") from None
        return server

    def stop(self, server):
        """PostgreSQL's SIGINT is its fast shutdown."""
        self.running.remove(server)
        server.process.send_signal(signal.SIGINT)
        try:
            server.process.wait(3)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
        processes.finish(server.process)

    def postgres(self):
        """With the tables of pgbench at scale 10, all in memory."""
        data, port = self.folder / "data", free_port()
        made = processes.start([POSTGRES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
                               as_server_user=True, cwd=self.folder, stdout=subprocess.DEVNULL)
        if made.wait() != 0:
            raise RuntimeError("initdb failed")
        processes.finish(made)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                    "shared_buffers": "256MB", "fsync": "off", "autovacuum": "off", "jit": "off",
                    "max_connections": MAX_CONNECTIONS}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        server = self.start("postgres", [POSTGRES / "postgres", "-D", data, *options], port, watched=False,
                            as_server_user=True, last_signal=signal.SIGQUIT)
        self._wait_for_login(port)
        subprocess.run(["pgbench", "-i", "-q", "-s", "10", *address(port)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return server

    @staticmethod
    def _wait_for_login(port):
        """The socket listens before the server takes connections."""
        for _ in range(100):
            if subprocess.run([POSTGRES / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not take connections")

    def program(self, path, *arguments):
        """One of the programs built from bench/, listening on a free port, its first argument."""
        port = free_port()
        return self.start(path.name, [path, port, *arguments], port)

    def relay(self, path, upstream):
        return self.program(path, upstream.port)

    def pgbouncer(self, upstream, size):
        """Database postgres in transaction mode, database session in session mode."""
        port = free_port()
        config, users = self.folder / f"pgbouncer-{port}.ini", self.folder / "users.txt"
        users.write_text('"postgres" ""\n')
        target = f"host=127.0.0.1 port={upstream} dbname=postgres"
        config.write_text(f"[databases]\npostgres = {target}\nsession = {target} pool_mode=session\n[pgbouncer]\n"
                          f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
                          f"auth_type = trust\nauth_file = {users}\npool_mode = transaction\n"
                          f"default_pool_size = {size}\nmax_client_conn = 10000\n"
                          # pgweir does not log every client either.
                          "log_connections = 0\nlog_disconnections = 0\n")
        return self.start("pgbouncer", [PGBOUNCER, config], port, as_server_user=True)

    def pgpool(self, upstream, size):
        """With its query cache on, in as many processes as there are clients, and one for whoever looks."""
        port = free_port()
        config = self.folder / f"pgpool-{port}.conf"
        oids = self.folder / f"pgpool-{port}"
        oids.mkdir(mode=0o777)
        oids.chmod(0o777)
        settings = {"backend_clustering_mode": "streaming_replication", "listen_addresses": "127.0.0.1", "port": port,
                    "unix_socket_directories": oids, "pcp_socket_dir": oids, "pid_file_name": oids / "pid",
                    "logdir": oids, "pcp_port": free_port(), "backend_hostname0": "127.0.0.1", "backend_port0": upstream.port,
                    "sr_check_period": 0, "load_balance_mode": "off", "num_init_children": size + 1, "max_pool": 1,
                    "memory_cache_enabled": "on", "memqcache_method": "shmem", "memqcache_total_size": "64MB",
                    "memqcache_max_num_cache": 200_000, "memqcache_expire": 60, "memqcache_oiddir": oids}
        config.write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()))
        for name in ("pcp.conf", "pool_hba.conf"):
            (oids / name).touch()
        return self.start("pgpool", [PGPOOL, "-n", "-f", config, "-F", oids / "pcp.conf", "-a", oids / "pool_hba.conf"],
                          port, forks=True, as_server_user=True)

    def redis(self):
        port = free_port()
        return self.start("redis", ["/usr/bin/redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly",
                                    "no", "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"], port, watched=False)

    def script(self, name, text):
        """A file for pgbench."""
        path = self.folder / f"{name}.sql"
        path.write_text(text + "\n")
        return path

    @staticmethod
    def copy_database(port, name):
        """Of the one with the tables of pgbench, which nobody may use meanwhile."""
        subprocess.run(["createdb", "-T", "postgres", *address(port)[:-1], name], check=True)

    def pgweir(self, upstream, size, workers=1, build=RELEASE, *, database="postgres", cache=None):
        """`cache`: its section of the configuration."""
        port = free_port()
        config = self.folder / f"pgweir-{port}.yaml"
        config.write_text("version: 1\n"
                          f'listen: {{addresses: ["127.0.0.1:{port}"], max_clients: 10000}}\n'
                          "admin: {http: off, console_users: [postgres]}\n"
                          "auth: {method: trust}\n"
                          "databases:\n  postgres:\n"
                          f'    upstream: "postgres://postgres@127.0.0.1:{upstream}/{database}"\n'
                          f"    pool: {{mode: transaction, size: {size}}}\n"
                          f"shutdown: {{grace: 1s}}\ncache: {json.dumps(cache or {})}\n")
        return self.start("pgweir", [build / "pgweir", "serve", "--config", config, "--set", f"workers={workers}"],
                          port)


def versions():
    """{name: version} of everything that is compared."""
    return {
        "PostgreSQL": machine.output_of(POSTGRES / "postgres", "--version").rpartition(") ")[2] or
                      machine.output_of(POSTGRES / "postgres", "--version"),
        "PgBouncer": machine.output_of(PGBOUNCER, "--version").splitlines()[0].split()[-1],
        "Pgpool-II": machine.output_of(PGPOOL, "--version").split()[2],
        "Redis": machine.output_of("/usr/bin/redis-server", "--version").split()[2].removeprefix("v="),
        "pgweir": machine.output_of(RELEASE / "pgweir", "version"),
    }
