"""Builds pgweir, puts it in front of a private PostgreSQL, and compares both under far too many clients; and once more
with pgweir's result cache, if it has one."""
import argparse
import pathlib
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

from building import pgweir_binary, tell
from comparison import Bench, table
from topology import cache
from topology.children import Children, Interrupted, ignore_signals, raise_on_signals, signals_held
from topology.pgweir import Pgweir
from topology.ports import HOST, can_listen, free_port
from topology.postgres import Postgres
from topology.problem import Problem
from topology.server import USER

DATABASE = "shop"

FILES_BESIDE_CLIENTS = 200


def read_arguments():
    parser = argparse.ArgumentParser(prog="compose/quickstart", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="leave after the comparison instead of staying up")
    parser.add_argument("--port", type=int, metavar="N", help="of pgweir; 0: any free one (default: 6432)")
    parser.add_argument("--http-port", type=int, metavar="N", help="of its metrics; 0: any (default: 9127)")
    parser.add_argument("--clients", type=int, default=500, metavar="N", help="of pgbench (default: 500)")
    parser.add_argument("--transactions", type=int, default=20, metavar="N", help="of each client (default: 20)")
    chosen = parser.parse_args()
    for name, value, low, high in (("--port", chosen.port or 0, 0, 65535), ("--clients", chosen.clients, 1, 5000),
                                   ("--http-port", chosen.http_port or 0, 0, 65535),
                                   ("--transactions", chosen.transactions, 1, 10000)):  # fmt: skip
        if not low <= value <= high:
            parser.error(f"{name}: {low} to {high}")
    return chosen


def allow_files(clients):
    """pgbench and pgweir need a descriptor for each client."""
    needed = clients + FILES_BESIDE_CLIENTS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Problem(f"{clients} clients need {needed} open files, and the limit is {hard}: see `ulimit -Hn`, or use "
                      "fewer with --clients")  # fmt: skip
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def choose_port(wanted, usual, option):
    """The one that was asked for (0: any), or the usual one if nobody has it."""
    if wanted:
        if not can_listen(wanted):
            raise Problem(f"port {wanted} on {HOST} is in use: choose another one with {option}, or 0 for any")
        return wanted
    if wanted is None and can_listen(usual):
        return usual
    port = free_port()
    if wanted is None:
        tell(f"port {usual} on {HOST} is in use: {port} is used instead ({option} chooses)")
    return port


def temporary_directory():
    with signals_held():
        path = pathlib.Path(tempfile.mkdtemp(prefix="pgweir-quickstart-"))
    path.chmod(0o711)  # PostgreSQL's own user passes through
    return path


def tell_where(pgweir, password):
    url = f"postgres://{USER}:{password}@{HOST}:{pgweir.port}"
    tell(f"""
pgweir is in front of PostgreSQL:
  host {HOST}, port {pgweir.port}, user {USER}, password {password}, database {DATABASE}
  URL       {url}/{DATABASE}
  psql      psql {url}/{DATABASE}
  console   psql {url}/pgweir -c 'SHOW POOLS'
  metrics   curl http://{HOST}:{pgweir.http_port}/metrics
  config    {pgweir.config_file}""")


def run(chosen, children, directory):
    allow_files(chosen.clients)
    port = choose_port(chosen.port, 6432, "--port")
    http_port = choose_port(chosen.http_port, 9127, "--http-port")
    binary = pgweir_binary(children)
    password = secrets.token_hex(12)
    postgres = Postgres(children, directory / "postgres", free_port(), password, DATABASE)
    tell(f"starting PostgreSQL {postgres.version} on {postgres.endpoint()}")
    postgres.start()
    bench = Bench(children, postgres, directory, chosen.clients, chosen.transactions)
    bench.prepare()
    tell(f"pgbench with {chosen.clients} clients, {chosen.transactions} transactions each, directly")
    direct = bench.run(postgres.port)
    tell(f"starting pgweir on {HOST}:{port}")
    pgweir = Pgweir(children, directory / "pgweir", "pgweir", binary, postgres, port, http_port)
    pgweir.start()
    tell("the same pgbench through pgweir")
    outcomes = {"through pgweir": bench.run(pgweir.port, pgweir), "directly": direct}
    wanted = chosen.clients * chosen.transactions
    well = went_well(outcomes["through pgweir"], wanted, pgweir)
    if cache.is_available(children, binary, directory, cache.settings()):
        # A cache in the memory of a process is right for one pgweir alone: the first one has to go.
        pgweir.stop()
        pgweir = Pgweir(children, directory / "pgweir-with-cache", "pgweir", binary, postgres, port, http_port,
                        more=cache.settings())  # fmt: skip
        pgweir.start()
        tell("the same pgbench through pgweir with its result cache")
        outcomes["with the cache on"] = bench.run(pgweir.port, pgweir)
        well = went_well(outcomes["with the cache on"], wanted, pgweir) and well
    tell()
    tell("\n".join(table(chosen.clients, outcomes)))
    tell_where(pgweir, password)
    if chosen.exit:
        return 0 if well else 1
    tell("\nPress Ctrl-C to stop both and to remove the data.")
    return stay_up(postgres, pgweir)


def went_well(outcome, transactions, pgweir):
    well = outcome.transactions == transactions and outcome.errors() == "none"
    if not well:
        tell("\nerror: not everything went well through pgweir; its last words:\n" + pgweir.last_words())
    return well


def stay_up(*servers):
    try:
        while True:
            for server in servers:
                server.check_alive()
            time.sleep(0.2)
    except Interrupted:
        return 0


def main():
    chosen = read_arguments()
    raise_on_signals()
    children, directory = Children(), None
    try:
        directory = temporary_directory()
        code = run(chosen, children, directory)
    except Interrupted as signal_name:
        code = 130
        print(f"\nstopped by {signal_name}", file=sys.stderr)
    except (Problem, subprocess.TimeoutExpired) as problem:
        code = 1
        print(f"error: {problem}", file=sys.stderr)
    finally:
        ignore_signals()
        children.stop_all()
        if directory:
            shutil.rmtree(directory, ignore_errors=True)
    tell("everything that was started is stopped")
    return code


if __name__ == "__main__":
    sys.exit(main())
