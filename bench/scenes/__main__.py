"""Runs a scene of the lab, writes its report, and fails when a claim does not hold. A whole run, not --quick, also puts
its tables into bench/RESULTS.md."""
import argparse
import pathlib
import subprocess
import sys
import time

from building import pgweir_binary
from drawing.measured import RenderError
from harness.report import replace_section
from topology.children import Children, Interrupted, ignore_signals, raise_on_signals
from topology.problem import Problem

from .counter import Counter
from .counter_report import CounterReport
from .lookup import Lookup
from .lookup_report import LookupReport
from .stage import Stage

HERE = pathlib.Path(__file__).resolve().parents[1]
RESULTS = HERE / "RESULTS.md"
SCENES = {"counter": (Counter, CounterReport), "lookup": (Lookup, LookupReport)}


class Progress:
    """A line when a step begins, and a line for what came of it."""

    def __init__(self):
        self.steps = 0
        self._done = 0
        self._started = time.monotonic()

    def __call__(self, text):
        self._done += 1
        print(f"[{self._done:>2}/{self.steps}, {time.monotonic() - self._started:4.0f} s] {text}", flush=True)

    def result(self, text):
        print(f"{'':16}{text}", flush=True)


def read_arguments():
    parser = argparse.ArgumentParser(prog="bench/lab", description=__doc__)
    parser.add_argument("scene", choices=list(SCENES), help="which one")
    parser.add_argument("--quick", action="store_true", help="a minute or two, with fewer requests")
    parser.add_argument("--only", nargs="+", metavar="MODE", help="; ".join(
        f"{name}: {', '.join(scene.modes)}" for name, (scene, _) in SCENES.items()))  # fmt: skip
    parser.add_argument("--output", type=pathlib.Path, metavar="DIRECTORY", help="default: bench/out/lab/SCENE[-quick]")
    parser.add_argument("--budget", type=float, default=3600, metavar="SECONDS",
                        help="no step begins after that (default: 3600)")  # fmt: skip
    chosen = parser.parse_args()
    modes = SCENES[chosen.scene][0].modes
    chosen.whole = not chosen.only and not chosen.quick
    chosen.only = chosen.only or modes
    if unknown := set(chosen.only) - set(modes):
        parser.error(f"--only: {', '.join(sorted(unknown))}: {chosen.scene} has {', '.join(modes)}")
    if not chosen.output:
        chosen.output = HERE / "out" / "lab" / (chosen.scene + ("-quick" if chosen.quick else ""))
    return chosen


def run(chosen, children):
    binary = pgweir_binary(children)
    stage = Stage(binary, chosen.output.absolute(), chosen.budget)
    progress = Progress()
    make_scene, make_report = SCENES[chosen.scene]
    scene = make_scene(stage, chosen.quick, chosen.only, progress)
    progress.steps = scene.steps()
    report = make_report(scene, binary, chosen.quick, stage.output)
    try:
        scene.run(report.look)
    finally:  # what was measured before something went wrong is worth having
        print(report.markdown())
        print("written: " + " ".join(str(path) for path in report.write()), flush=True)
        for claim in scene.broken_claims():
            print(f"error: this does not hold: {claim}", file=sys.stderr)
    if scene.broken_claims():
        return 1
    if chosen.whole:
        update_results(f"lab {scene.name}", report.markdown())
    return 0


def update_results(name, section):
    text = RESULTS.read_text(encoding="utf-8")
    RESULTS.write_text(replace_section(text, name, section), encoding="utf-8")


def main():
    chosen = read_arguments()
    raise_on_signals()
    children = Children()
    try:
        return run(chosen, children)
    except Interrupted as signal_name:
        print(f"\nstopped by {signal_name}", file=sys.stderr)
        return 130
    except (Problem, RenderError, subprocess.TimeoutExpired) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    finally:
        ignore_signals()
        children.stop_all()


if __name__ == "__main__":
    sys.exit(main())
