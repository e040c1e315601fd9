"""compose.yaml and its variables, alone."""
import fcntl
import json
import pathlib
import re

import jsonschema

from .tree import COMPOSE, ENVIRONMENTS, VARIABLE, run

PACKAGES = pathlib.Path(__file__).resolve().parent
STYLE = "{extends: default, rules: {line-length: {max: 120}, document-start: disable}}"
PUBLISHED = {"nginx", "pgweir", "prometheus", "grafana"}
SCALED = "app"


def npm_package(name):
    """The folder of a package of package.json. Installs it, unless what is there is what the lock file asks for."""
    with open(PACKAGES / "package-lock.json", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = lock.read()
        stamp = PACKAGES / "node_modules" / ".installed"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            code, said = run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=PACKAGES)
            if code != 0:
                raise SystemExit(f"npm ci: {said}")
            stamp.write_text(wanted, encoding="utf-8")
    return PACKAGES / "node_modules" / name


def syntax(tree):
    """YAML as yamllint wants it; Debian 12's docker-compose, and the schema of today's Compose, accept it."""
    code, said = run(["yamllint", "--strict", "-f", "parsable", "-d", STYLE, "compose"], cwd=tree.root)
    if code != 0:
        yield said
    for name in ENVIRONMENTS:
        code, said = run(["docker-compose", "--env-file", name, "-f", COMPOSE, "config", "-q"], cwd=tree.root)
        if code != 0 or said:
            yield f"{COMPOSE}: docker-compose with {name}: {said}"
    schema = json.loads((npm_package("dclint") / "schemas" / "compose.schema.json").read_text(encoding="utf-8"))
    for error in jsonschema.Draft7Validator(schema).iter_errors(tree.compose):
        yield f"{COMPOSE}: {'.'.join(map(str, error.absolute_path))}: {error.message}"


def variables(tree):
    """Both environments have what compose.yaml uses, and nothing else but what Compose itself reads."""
    text = tree.text(COMPOSE)
    used = set(VARIABLE.findall(text))
    if others := set(re.findall(r"(?<!\$)\$(?!\{\w+\})\S*", text)):
        yield f"{COMPOSE}: not written as ${{NAME}}: {', '.join(sorted(others))}"
    for name in ENVIRONMENTS:
        values = tree.environment(name)
        yield from (f"{name}: {missing} is missing" for missing in sorted(used - values.keys()))
        yield from (f"{name}: {empty} is empty" for empty, value in values.items() if not value)
        yield from (f"{name}: {extra} is not used in {COMPOSE}" for extra in sorted(values.keys() - used)
                    if not extra.startswith("COMPOSE_"))  # fmt: skip


def paths(tree):
    """What is mounted or built from exists."""
    for name in tree.services:
        for source, target, options in tree.binds(name):
            if not (tree.root / source).exists():
                yield f"{COMPOSE}: {name}: there is no {source}"
            if options != ["ro"]:
                yield f"{COMPOSE}: {name}: {target} is of the tree and mounted writable"
        for source in tree.secret_files(name).values():
            if not (tree.root / source).is_file():
                yield f"{COMPOSE}: {name}: there is no {source}"


def secrets(tree):
    """Secrets are files: who reads /run/secrets/NAME has it, who has it reads it, and no value holds a password."""
    for name, service in tree.services.items():
        environment = service.get("environment", {})
        files = [source for source, _, _ in tree.binds(name) if (tree.root / source).is_file()]
        said = " ".join(map(str, environment.values())) + " ".join(map(tree.text, files))
        reads, has = set(re.findall(r"/run/secrets/\w+", said)), set(tree.secret_files(name))
        yield from (f"{COMPOSE}: {name} reads {each} and does not have it" for each in sorted(reads - has))
        yield from (f"{COMPOSE}: {name} has {each} and does not read it" for each in sorted(has - reads))
        for variable, value in environment.items():
            if re.search("PASSWORD|SECRET|TOKEN", variable) and not variable.endswith("_FILE"):
                yield f"{COMPOSE}: {name}: {variable} is no file"
            if re.search(r"://[^/@]*:[^/@]*@", str(value)):
                yield f"{COMPOSE}: {name}: {variable} is a URL with a password"


def rights(tree):
    """Nobody can more than he needs."""
    for name, service in tree.services.items():
        wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
        for key, value in wanted.items():
            if service.get(key) != value:
                yield f"{COMPOSE}: {name}: {key} is not {value}"
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", service.get("user", "1:1")):
            yield f"{COMPOSE}: {name}: user is not UID:GID"
        for key in ("privileged", "cap_add", "network_mode", "pid", "logging"):
            if key in service:
                yield f"{COMPOSE}: {name}: {key}"


def images(tree):
    """Images of others have a version; with one digit they would change under us."""
    for name, service in tree.services.items():
        if "build" not in service and not re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", service["image"]):
            yield f"{COMPOSE}: {name}: {service['image']} has no version"


def publishing(tree):
    """Four services are published, where the environment says; replicas have no names and ports to quarrel about."""
    text = tree.text(COMPOSE)
    for name, service in tree.services.items():
        if service.get("ports") and name not in PUBLISHED:
            yield f"{COMPOSE}: {name} is published"
        if "container_name" in service:
            yield f"{COMPOSE}: {name}: with container_name there can be only one"
        for port in service.get("ports", []):
            if len(port.split(":")) != 3:
                yield f"{COMPOSE}: {name}: {port} does not say on which address"
    for port in re.findall(r"^    ports: \[\"(.*)\"\]", text, re.MULTILINE):
        if not re.match(r"\$\{PUBLISH_ADDRESS\}:\$\{\w+_PORT\}:\d+$", port):
            yield f"{COMPOSE}: {port} is not ${{PUBLISH_ADDRESS}}:${{..._PORT}}:PORT"
    for name in ENVIRONMENTS:
        if tree.environment(name)["PUBLISH_ADDRESS"] != "127.0.0.1":
            yield f"{name}: PUBLISH_ADDRESS is not loopback"
    yield from (f"{COMPOSE}: {name} is not published" for name in sorted(PUBLISHED)
                if not tree.services[name].get("ports"))  # fmt: skip


def order(tree):
    """Who waits, waits for health, or for the end of what ends; and all that stays can tell its health."""
    builds = tree.builds()
    waits = {name: service.get("depends_on", {}) for name, service in tree.services.items()}
    for name, others in waits.items():
        for other, how in others.items():
            ends = tree.services[other].get("restart") == "no"
            wanted = "service_completed_successfully" if ends else "service_healthy"
            if how.get("condition") != wanted:
                yield f"{COMPOSE}: {name} waits for {other}, but not with {wanted}"
    for name, service in tree.services.items():
        check = service.get("healthcheck", {})
        if name in builds:
            check = {"test": builds[name].last("HEALTHCHECK")}
            check["interval"] = "".join(re.findall(r"--interval=(\w+)", check["test"]))
        if not check.get("test") or check.get("interval") != "2s":
            yield f"{COMPOSE}: {name}: no health check every 2 s"
    while free := [name for name, others in waits.items() if not others.keys() & waits.keys()]:
        waits = {name: others for name, others in waits.items() if name not in free}
    if waits:
        yield f"{COMPOSE}: in a circle: {', '.join(waits)}"


RULES = (syntax, variables, paths, secrets, rights, images, publishing, order)
