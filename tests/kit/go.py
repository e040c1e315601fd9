"""Go programs, built with the packages of Go that Debian has: no modules, and nothing from a network."""
import os
import pathlib
import subprocess

from . import processes

# What was compiled once is kept beside the other builds.
CACHE = pathlib.Path(__file__).resolve().parents[2] / "build" / "go-cache"


def build(*sources):
    """The program that these files of one directory make."""
    directory = processes.temporary_directory("go")
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(CACHE),
                                "GOFLAGS": ""}  # fmt: skip
    done = subprocess.run(["go", "build", "-o", directory / "program", *sources], env=environment, capture_output=True,
                          text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return directory / "program"
