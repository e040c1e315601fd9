"""pgweir's release build."""
import os
import pathlib
import shutil
import sys

from topology.problem import Problem
from topology.server import ROOT


def tell(text=""):
    print(text, flush=True)


def pgweir_binary(children):
    """The path of the release build, brought up to date, or of the one that PGWEIR_BINARY names."""
    if chosen := os.environ.get("PGWEIR_BINARY"):
        if not os.path.isfile(chosen) or not os.access(chosen, os.X_OK):
            raise Problem(f"PGWEIR_BINARY: there is no program {chosen}")
        return pathlib.Path(chosen).resolve()
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "--preset", "release", "--target", "pgweir"]):  # fmt: skip
        if not shutil.which(command[0]):
            raise Problem(f"{command[0]} is missing")
        tell(" ".join(command))
        code, _, _ = children.run(command, cwd=ROOT, stdout=sys.stderr, stderr=sys.stderr)
        if code != 0:
            raise Problem(f"`{' '.join(command)}` failed")
    return ROOT / "build" / "release" / "pgweir"
