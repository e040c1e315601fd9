"""The files that describe the containers."""
import fnmatch
import functools
import json
import os
import pathlib
import re
import subprocess

import yaml

COMPOSE = "compose/compose.yaml"
ENVIRONMENTS = ("compose/.env", "compose/.env.production.example")
VARIABLE = re.compile(r"\$\{(\w+)\}")


def run(command, *, cwd=None, environment=None):
    """(exit code, all that it said). Without the variables of whoever runs the check: Compose would take them."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(command, cwd=cwd, env=kept | (environment or {}), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
    return done.returncode, done.stdout.strip()


class Dockerfile:
    def __init__(self, name, text, context):
        self.name = name
        self.text = text
        self.context = context  # the folder that COPY sees
        self.stages = []  # each a list of (INSTRUCTION, text)
        # Comments are taken out of continued lines too.
        joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
        for line in filter(None, map(str.strip, joined.splitlines())):
            instruction, _, rest = line.partition(" ")
            if instruction.upper() == "FROM":
                self.stages.append([])
            self.stages[-1].append((instruction.upper(), rest.strip()))

    def all(self, instruction):
        return [rest for stage in self.stages for found, rest in stage if found == instruction]

    def last(self, instruction):
        """Of the last stage, which is the image; empty if there is none."""
        return next((rest for found, rest in reversed(self.stages[-1]) if found == instruction), "")

    def last_list(self, instruction):
        """The list of an exec form, also behind the options of HEALTHCHECK; empty if it is none."""
        try:
            return json.loads(re.sub(r"^.*?(CMD )?(?=\[)", "", self.last(instruction)))
        except ValueError:
            return []


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8")

    @functools.cache
    def environment(self, name):
        lines = [line for line in self.text(name).splitlines() if line and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    @functools.cached_property
    def compose(self):
        """As Compose sees it in development."""
        values = self.environment(ENVIRONMENTS[0])
        return yaml.safe_load(VARIABLE.sub(lambda found: values.get(found[1], found[0]), self.text(COMPOSE)))

    @property
    def services(self):
        return self.compose["services"]

    def path(self, written):
        """Of what is written in compose.yaml, seen from its folder; from the root of the tree."""
        return os.path.normpath(os.path.join(os.path.dirname(COMPOSE), written))

    def binds(self, service):
        """[(path from the root, path in the container, options)] of what is mounted from the tree."""
        mounts = [mount.split(":") for mount in self.services[service].get("volumes", [])]
        return [(self.path(source), target, options) for source, target, *options in mounts if source[0] in "./"]

    def secret_files(self, service):
        """{path in the container: path from the root}"""
        return {f"/run/secrets/{name}": self.path(self.compose["secrets"][name]["file"])
                for name in self.services[service].get("secrets", [])}  # fmt: skip

    def builds(self):
        """{service: Dockerfile} of those with images of ours."""
        found = {}
        for name, service in self.services.items():
            if build := service.get("build"):
                build = {"context": build} if isinstance(build, str) else build
                context = self.path(build["context"])
                file = os.path.normpath(os.path.join(context, build.get("dockerfile", "Dockerfile")))
                found[name] = Dockerfile(file, self.text(file), context)
        return found

    def dockerfiles(self):
        return list({file.name: file for file in self.builds().values()}.values())

    def is_ignored(self, context, path):
        """Whether the context's .dockerignore keeps the path from COPY."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        ignored = False
        for line in self.text(os.path.join(context, ".dockerignore")).splitlines():
            pattern = line.removeprefix("!")
            if line and not line.startswith("#") and any(fnmatch.fnmatch(each, pattern) for each in above):
                ignored = not line.startswith("!")
        return ignored
