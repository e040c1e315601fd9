"""What the programs say of their configuration, laid out as it is in their containers."""
import contextlib
import os
import pathlib
import re
import shutil
import tempfile

from .agreement import NGINX, PGWEIR, PROMETHEUS, loaded
from .tree import ENVIRONMENTS, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
PGWEIR_BINARY = pathlib.Path(os.environ.get("PGWEIR_BINARY") or ROOT / "build" / "release" / "pgweir")


@contextlib.contextmanager
def container(tree, service):
    """A folder with what is mounted into the container of a service."""
    with tempfile.TemporaryDirectory(prefix="pgweir-container-") as name:
        folder = pathlib.Path(name)
        files = {target: source for source, target, _ in tree.binds(service)} | tree.secret_files(service)
        for target, source in files.items():
            place = folder / target.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if (tree.root / source).is_dir():
                shutil.copytree(tree.root / source, place)
            elif (tree.root / source).exists():
                shutil.copy(tree.root / source, place)
        yield folder


def pgweir(tree):
    """`pgweir check`, with the environment that the container has."""
    if not PGWEIR_BINARY.exists():
        return
    service = tree.services["pgweir"]
    command, option, file = service["command"]
    if (command, option) != ("serve", "--config"):
        yield f"pgweir is started with {command} {option}"
    for name in ENVIRONMENTS:
        environment = {key: str(value) for key, value in service["environment"].items()}
        environment |= {"PGWEIR__DATABASES__APP__POOL__SIZE": tree.environment(name)["POOL_SIZE"],
                        "PGWEIR__LOG__FORMAT": tree.environment(name)["PGWEIR_LOG_FORMAT"]}  # fmt: skip
        with container(tree, "pgweir") as folder:
            place = folder / file.lstrip("/")
            if place.exists():
                text = place.read_text(encoding="utf-8").replace("/run/secrets/", f"{folder}/run/secrets/")
                place.write_text(text, encoding="utf-8")
            code, said = run([PGWEIR_BINARY, "check", "--config", place], environment=environment)
            if code != 0:
                yield f"{PGWEIR} with {name}: {said}"


def nginx(tree):
    """nginx -t; and what it must not do with a request that changes something."""
    text = tree.text(NGINX)
    with container(tree, "nginx") as folder:
        file = folder / "etc" / "nginx" / "nginx.conf"
        # Whoever is on port 8080 here has nothing to do with it.
        file.write_text(re.sub(r"listen \d+", f"listen unix:{folder}/socket", text.replace("/tmp/", f"{folder}/")),
                        encoding="utf-8")  # fmt: skip
        code, said = run(["/usr/sbin/nginx", "-t", "-e", "stderr", "-c", file])
        if code != 0:
            yield f"{NGINX}: {said}"
    settings = re.sub(r"#.*", "", text)
    for missing, pattern in {
        "looks replicas up again and again": r"resolver 127\.0\.0\.11 valid=2s.*proxy_pass http://\$",
        "passes the request's id on": r"proxy_set_header X-Request-Id",
        "writes its log to standard output": r"access_log /dev/stdout",
    }.items():
        if not re.search(pattern, settings, re.DOTALL):
            yield f"{NGINX}: nothing {missing}"
    if "non_idempotent" in settings:
        yield f"{NGINX}: sends a POST twice"


def prometheus(tree):
    """promtool check config, with the rules."""
    (file,) = [word.removeprefix("--config.file=/") for word in tree.services["prometheus"]["command"]
               if word.startswith("--config.file=")]  # fmt: skip
    config = loaded(tree, PROMETHEUS)
    with container(tree, "prometheus") as folder:
        code, said = run(["promtool", "check", "config", folder / file])
        if code != 0:
            yield f"{PROMETHEUS}: {said}"
        for pattern in config["rule_files"]:
            if not list((folder / file).parent.glob(pattern)):
                yield f"{PROMETHEUS}: no file is called {pattern}"
    if config["global"]["scrape_interval"] != "5s":
        yield f"{PROMETHEUS}: scrape_interval is not 5s"
    for job in config["scrape_configs"]:
        if any(search.get("type") != "A" for search in job["dns_sd_configs"]):
            yield f"{PROMETHEUS}: {job['job_name']}: Docker's DNS has addresses (type A) only"


RULES = (pgweir, nginx, prometheus)
