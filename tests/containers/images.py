"""The Dockerfiles of ours, and the packages in them."""
import os
import pathlib
import re

from .compose_file import npm_package
from .tree import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "release" / "pgweir"
# apt itself needs them, so they are in every Debian.
ALWAYS_THERE = {"libc6", "libgcc-s1", "libstdc++6"}


def lint(tree):
    """What dockerfile-utils has to say."""
    program = npm_package("dockerfile-utils") / "bin" / "dockerfile-utils"
    for file in tree.dockerfiles():
        code, said = run(["node", program, "lint", file.name], cwd=tree.root)
        if code != 0 or said:
            yield f"{file.name}: {said}"


def bases(tree):
    """Images are built on a release of Debian; the old builder, which Debian 12 has, can build them."""
    for file in tree.dockerfiles():
        for base in file.all("FROM"):
            if not re.match(r"debian:(bookworm|12(\.\d+)?)(-slim)?( AS \w+)?$", base):
                yield f"{file.name}: FROM {base}: not a release of Debian"
        if not file.stages[-1][0][1].endswith("-slim"):
            yield f"{file.name}: the image is not built on the slim Debian"
        if re.search(r"^# *syntax=|^RUN --|<<", file.text, re.MULTILINE):
            yield f"{file.name}: needs BuildKit"


def steps(tree):
    """The usual traps."""
    for file in tree.dockerfiles():
        if file.all("ADD"):
            yield f"{file.name}: ADD: COPY is enough, and fetches nothing"
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", file.last("USER")):
            yield f"{file.name}: the image's USER is not UID:GID"
        for instruction in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
            if not file.last_list(instruction):
                yield f"{file.name}: {instruction} is missing, or not in exec form"
        if not file.last("EXPOSE"):
            yield f"{file.name}: EXPOSE is missing"
        for step in file.all("RUN"):
            whole = ("apt-get update", "apt-get install", "--no-install-recommends", "rm -rf /var/lib/apt/lists/*")
            if "apt-get" in step and not all(part in step for part in whole):
                yield f"{file.name}: RUN {step[:40]}...: not all of {', '.join(whole)}"


def copies(tree):
    """What is copied exists and is sent to the builder."""
    for file in tree.dockerfiles():
        stages = [words.split()[-1] for words in file.all("FROM") if " AS " in words]
        for words in map(str.split, file.all("COPY")):
            if words[0].startswith("--from="):
                if words[0].removeprefix("--from=") not in stages:
                    yield f"{file.name}: COPY {words[0]}: no such stage"
                continue
            for source in words[:-1]:
                if not (tree.root / file.context / source).exists():
                    yield f"{file.name}: COPY: there is no {os.path.join(file.context, source)}"
                elif tree.is_ignored(file.context, source):
                    yield f"{file.name}: COPY: {source} is left out by .dockerignore"


def installed(file):
    """What apt installs into the image."""
    packages = set()
    for instruction, step in file.stages[-1]:
        if instruction == "RUN":
            for words in re.findall(r"apt-get install ([^&|;]*)", step):
                packages |= {word for word in words.split() if not word.startswith("-")}
    return packages


def needed(binary):
    """The packages of the libraries that the program is linked to; theirs come with them."""
    direct = set(re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "-d", binary])[1]))
    found = [path for name, path in re.findall(r"(\S+) => (/\S+)", run(["ldd", binary])[1]) if name in direct]
    # Packages know some files below /lib and some below /usr/lib, which are the same.
    files = [prefix + path.removeprefix("/usr") for path in found for prefix in ("", "/usr")]
    owners = run(["dpkg-query", "-S", *files])[1]
    return set(re.findall(r"^([a-z0-9.+-]+)(?::\w+)?: /", owners, re.MULTILINE)) - ALWAYS_THERE


def packages(tree):
    """Each image has what its program needs and nothing else, as tests/packages and the built program say it."""
    builds = tree.builds()
    listed = run(["bash", "-c", 'source tests/packages; echo "${packages_app[@]}"'], cwd=tree.root)[1]
    wanted = {"app": set(listed.split())}
    if BUILT.exists():
        wanted["pgweir"] = needed(BUILT)
    for name, expected in wanted.items():
        there = installed(builds[name])
        yield from (f"{builds[name].name}: {each} is not installed" for each in sorted(expected - there))
        yield from (f"{builds[name].name}: {each} is not needed" for each in sorted(there - expected))
    if "tests/packages build" not in builds["pgweir"].all("RUN"):
        yield f"{builds['pgweir'].name}: what it is built with does not come from tests/packages"


RULES = (lint, bases, steps, copies, packages)
