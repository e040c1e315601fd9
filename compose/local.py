"""The lab as plain processes on loopback: PostgreSQL, Redis, pgweir, replicas of app/tasks, nginx and Prometheus."""
import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from building import pgweir_binary, tell
from topology import supervisor
from topology.children import Children, Interrupted, ignore_signals, raise_on_signals, signals_held
from topology.home import Home, usual_directory
from topology.problem import Problem
from topology.topology import MOST_REPLICAS, USUAL_PORTS, Options

PATIENCE = 90  # seconds for a lab to stop


def read_arguments():
    parser = argparse.ArgumentParser(prog="compose/local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="starts everything, and returns when all of it is healthy")
    how = up.add_mutually_exclusive_group()
    how.add_argument("--sidecar", dest="mode", action="store_const", const="sidecar", default="service",
                     help="a pgweir for each replica, instead of one for all")  # fmt: skip
    how.add_argument("--direct", dest="mode", action="store_const", const="direct",
                     help="no pgweir: the replicas connect to PostgreSQL")  # fmt: skip
    up.add_argument("--cache", action="store_const", const="redis", default="off",
                    help="with the result cache of each pgweir on, over Redis")  # fmt: skip
    up.add_argument("--scale", type=replicas, default=Options.replicas, metavar="app=N", dest="replicas",
                    help=f"how many replicas (default: {Options.replicas})")  # fmt: skip
    up.add_argument("--scrape-interval", type=interval, default=Options.scrape_interval, metavar="DURATION",
                    help=f"of Prometheus (default: {Options.scrape_interval})")  # fmt: skip
    up.add_argument("--port", type=port, action="append", default=[], metavar="PART=N", dest="ports",
                    help=f"0: any free one; the parts: {', '.join(f'{p} ({n})' for p, n in USUAL_PORTS.items())}")  # fmt: skip
    up.add_argument("--any-ports", action="store_true", help="any free ports where --port says nothing")
    up.add_argument("--attach", action="store_true", help="stay, show the logs, and stop everything at Ctrl-C")
    commands.add_parser("down", help="stops everything and removes the data")
    status = commands.add_parser("status", help="what runs where; exit code 1 unless all of it is healthy")
    status.add_argument("--json", action="store_true")
    scale = commands.add_parser("scale", help="more or fewer replicas, without an error for anybody")
    scale.add_argument("replicas", type=replicas, metavar="app=N")
    logs = commands.add_parser("logs", help="what the parts have written")
    logs.add_argument("-f", "--follow", action="store_true", help="until Ctrl-C")
    logs.add_argument("parts", nargs="*", metavar="PART", help="as in `status`; lab: what was done to the lab itself")
    chosen = parser.parse_args()
    if chosen.command == "up" and chosen.mode == "direct" and chosen.cache != "off":
        up.error("argument --cache: not allowed with argument --direct: it is pgweir that caches")
    return chosen


def replicas(text):
    found = re.fullmatch(r"app=(\d{1,4})", text)
    if not found or not 1 <= int(found.group(1)) <= MOST_REPLICAS:
        raise argparse.ArgumentTypeError(f"{text!r}: app=N with N from 1 to {MOST_REPLICAS}")
    return int(found.group(1))


def port(text):
    part, _, number = text.partition("=")
    if part not in USUAL_PORTS or not number.isascii() or not number.isdigit() or int(number) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: PART=N with one of {', '.join(USUAL_PORTS)} and N up to 65535")
    return part, int(number)


def interval(text):
    if not re.fullmatch(r"[1-9]\d{0,3}(ms|s|m)", text):
        raise argparse.ArgumentTypeError(f"{text!r}: such as 5s")
    return text


def up(chosen):
    home = Home(usual_directory())
    home.check_that_none_is_up()  # now, and not after the build
    children = Children()
    try:
        binary = pgweir_binary(children) if chosen.mode != "direct" else pathlib.Path()
    finally:
        children.stop_all()
    options = Options(chosen.replicas, chosen.mode, chosen.scrape_interval, dict(chosen.ports), chosen.any_ports,
                      cache=chosen.cache)  # fmt: skip
    with raised(home, binary, options, chosen.attach) as status:
        tell()
        show(status)
        if chosen.attach:
            follow(status, ())
    return 0


@contextlib.contextmanager
def raised(home, binary, options, attached):
    """The lab's status once it is up. It is taken down when the block is interrupted, and with `attached` at its end."""
    arguments = json.dumps([str(home.path), str(binary), dataclasses.asdict(options), os.getpid(), attached])
    process, stays = None, False
    try:
        with signals_held():
            process = subprocess.Popen([sys.executable, "-S", "-B", __file__, "--supervise", arguments], cwd="/",
                                       start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       text=True)  # fmt: skip
        yield answer_of(process.stdout)
        ignore_signals()  # too late: it is up
        stays = not attached
    finally:
        ignore_signals()
        if process and not stays:
            process.terminate()
            process.wait()


def answer_of(stream):
    """What a supervisor answers. Shows what it tells meanwhile."""
    while line := next_line(stream):
        message = json.loads(line)
        if "tell" in message:
            tell(message["tell"])
        elif "problem" in message:
            raise Problem(message["problem"])
        else:
            return message["answer"]
    raise Problem("the lab has ended before it could answer")


def next_line(stream):
    try:
        return stream.readline()
    except ConnectionError:
        return ""


def ask(**request):
    connection = Home(usual_directory()).connect()
    if connection is None:
        raise Problem("the lab is not up: `compose/local up` starts it")
    with connection, connection.makefile("r", encoding="utf-8") as stream:
        with contextlib.suppress(ConnectionError):  # then there is no answer either
            connection.sendall(json.dumps(request).encode() + b"\n")
        return answer_of(stream)


def down(_):
    if Home(usual_directory()).take_down(PATIENCE):
        tell("everything that was started is stopped, and the data is removed")
    else:
        tell("the lab is not up: there is nothing to stop")
    return 0


def scale(chosen):
    show(ask(do="scale", app=chosen.replicas))
    return 0


def status(chosen):
    found = ask(do="status")
    if chosen.json:
        tell(json.dumps(found, indent=2))
    else:
        show(found)
    return 0 if all(part["state"] == "healthy" for part in found["parts"]) else 1


def show(status):
    tell(f"{'part':<12} {'state':<10} {'address':<22} {'pid':>8} {'restarts':>9}")
    for part in status["parts"]:
        tell(f"{part['name']:<12} {part['state']:<10} {part['endpoint']:<22} {part['pid']:>8} {part['restarts']:>9}")
    tell()
    for what in ("application", "pgweir", "metrics", "postgres", "redis", "prometheus"):
        if status[what]:
            tell(f"{what:<12} {status[what]}")


def logs(chosen):
    found = ask(do="status")
    names = ["lab", *(part["name"] for part in found["parts"])]
    if unknown := [name for name in chosen.parts if name not in names]:
        raise Problem(f"there is no {', no '.join(unknown)}: the parts are {', '.join(names)}")
    if chosen.follow:
        follow(found, chosen.parts)
    else:
        with log_files(found, chosen.parts) as files:
            show_new_lines(files)
    return 0


@contextlib.contextmanager
def log_files(status, parts):
    """{name: open file}"""
    paths = {"lab": usual_directory() / "log"} | {part["name"]: part["log"] for part in status["parts"]}
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(open(path, encoding="utf-8", errors="replace"))
               for name, path in paths.items() if not parts or name in parts}  # fmt: skip


def show_new_lines(files):
    width = max(map(len, files))
    for name, file in files.items():
        for line in file:
            tell(f"{name:<{width}} | {line.rstrip()}")


def follow(status, parts):
    """Until the lab has gone, or a signal comes."""
    with log_files(status, parts) as files:
        while Home(usual_directory()).is_up():
            show_new_lines(files)
            time.sleep(0.2)
        show_new_lines(files)


def main():
    if sys.argv[1:2] == ["--supervise"]:
        directory, binary, options, parent, attached = json.loads(sys.argv[2])
        return supervisor.run(pathlib.Path(directory), pathlib.Path(binary), Options(**options), parent, attached)
    try:
        raise_on_signals()
        chosen = read_arguments()
        return {"up": up, "down": down, "status": status, "scale": scale, "logs": logs}[chosen.command](chosen)
    except Interrupted as signal_name:
        print(f"\nstopped by {signal_name}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1 if chosen.command == "up" else 0
    except (Problem, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    finally:
        ignore_signals()  # the code is decided


if __name__ == "__main__":
    sys.exit(main())
