"""What several files say of the same thing."""
import re
import urllib.parse

import yaml

from .tree import COMPOSE, ENVIRONMENTS

PGWEIR = "compose/pgweir/pgweir.yaml"
NGINX = "compose/nginx/nginx.conf"
PROMETHEUS = "compose/prometheus/prometheus.yml"
LOCAL_REDIS = "compose/topology/redis.py"
ROLE = "compose/postgres/app.sql"
SOURCES = "grafana/provisioning/datasources"
DASHBOARDS = "grafana/provisioning/dashboards"
POOL_TIMEOUT = 30  # seconds that SQLAlchemy waits for a connection
FOR_SUPERUSERS = 3  # connections, PostgreSQL's superuser_reserved_connections


def port_of(address):
    return int(re.search(r":(\d+)/?$", address)[1])


def port_asked(test):
    """Of the URL in a health check."""
    return int(re.search(r"http://127\.0\.0\.1:(\d+)", str(test))[1])


def published(tree, service):
    return port_of(tree.services[service]["ports"][0])


def loaded(tree, name):
    return yaml.safe_load(tree.text(name))


def provisioned(tree, folder):
    """{file: content} of a folder of Grafana's provisioning."""
    files = sorted((tree.root / folder).glob("*.yml"))
    if not files:
        raise LookupError(f"no file in {folder}")
    return {f"{folder}/{path.name}": yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}


def scraped(tree, job):
    """(host, port)"""
    (found,) = [each for each in loaded(tree, PROMETHEUS)["scrape_configs"] if each["job_name"] == job]
    (search,) = found["dns_sd_configs"]
    return search["names"][0], search["port"]


def replicas(tree):
    """(host, port) that nginx asks for."""
    host, port = re.search(r"set \$replicas (\w+):(\d+);", tree.text(NGINX)).groups()
    return host, int(port)


def differences(what, said):
    """said: {where: what it says}"""
    if len(set(said.values())) > 1:
        yield f"{what}: " + ", ".join(f"{value} in {where}" for where, value in said.items())


def ports(tree):
    pgweir, app = tree.builds()["pgweir"], tree.builds()["app"]
    config = loaded(tree, PGWEIR)
    clients, http = map(int, pgweir.last("EXPOSE").split())
    yield from differences("pgweir's port", {
        PGWEIR: port_of(config["listen"]["addresses"][0]), pgweir.name: clients, COMPOSE: published(tree, "pgweir"),
    } | {name: port_of(tree.environment(name)["DATABASE_ADDRESS"]) for name in ENVIRONMENTS})  # fmt: skip
    yield from differences("pgweir's HTTP port", {
        PGWEIR: port_of(config["admin"]["http"]), pgweir.name: http, PROMETHEUS: scraped(tree, "pgweir")[1],
        "its health check": port_asked(pgweir.last("HEALTHCHECK"))})  # fmt: skip
    command = app.last_list("CMD")
    yield from differences("the replicas' port", {
        app.name: int(app.last("EXPOSE")), "its command": int(command[command.index("--port") + 1]),
        "its health check": port_asked(app.last("HEALTHCHECK")), NGINX: replicas(tree)[1],
        PROMETHEUS: scraped(tree, "tasks")[1]})  # fmt: skip
    listens = int(re.search(r"listen (\d+)", tree.text(NGINX))[1])
    of_sources = {name: port_of(source["url"]) for name, file in provisioned(tree, SOURCES).items()
                  for source in file["datasources"]}  # fmt: skip
    for name, more in (("nginx", {NGINX: listens}), ("prometheus", of_sources), ("grafana", {})):
        check = {"its health check": port_asked(tree.services[name]["healthcheck"]["test"])}
        yield from differences(f"{name}'s port", {COMPOSE: published(tree, name)} | check | more)


def names(tree):
    """Every host is a service; user and database are called the same everywhere."""
    config = loaded(tree, PGWEIR)
    database, settings = next(iter(config["databases"].items()))
    upstream = settings["upstream"]
    hosts = {PGWEIR: upstream["host"], NGINX: replicas(tree)[0]}
    hosts |= {f"{PROMETHEUS}, {job}": scraped(tree, job)[0] for job in ("pgweir", "tasks")}
    hosts |= {name: tree.environment(name)["DATABASE_ADDRESS"].partition(":")[0] for name in ENVIRONMENTS}
    for name, file in provisioned(tree, SOURCES).items():
        hosts |= {name: urllib.parse.urlsplit(source["url"]).hostname for source in file["datasources"]}
    hosts[f"{PGWEIR}, cache"] = urllib.parse.urlsplit(config["cache"]["redis"]["url"]).hostname
    yield from (f"{where}: {host} is no service" for where, host in hosts.items() if host not in tree.services)

    role = tree.text(ROLE)
    url = urllib.parse.urlsplit(tree.services["app"]["environment"]["DATABASE_URL"])
    yield from differences("the application's user", {
        ROLE: re.search(r"CREATE ROLE (\w+)", role)[1], PGWEIR: upstream["user"],
        "its auth.users": next(iter(config["auth"]["users"])), COMPOSE: url.username})  # fmt: skip
    tested = re.search(r"--dbname=(\w+)", str(tree.services["postgres"]["healthcheck"]["test"]))[1]
    yield from differences("the application's database", {
        ROLE: re.search(r"CREATE DATABASE (\w+)", role)[1], PGWEIR: database, COMPOSE: url.path[1:],
        "PostgreSQL's health check": tested})  # fmt: skip


def dashboards(tree):
    """Grafana looks for them where they are mounted."""
    targets = {target for _, target, _ in tree.binds("grafana")}
    for name, file in provisioned(tree, DASHBOARDS).items():
        for provider in file["providers"]:
            if provider["options"]["path"] not in targets:
                yield f"{name}: nothing is mounted at {provider['options']['path']}"


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def times(tree):
    """Whoever stands in front is more patient than who stands behind."""
    grace = {name: seconds(tree.services[name].get("stop_grace_period", "10s")) for name in ("pgweir", "app", "nginx")}
    drain = seconds(loaded(tree, PGWEIR)["shutdown"]["grace"])
    read = seconds(re.search(r"proxy_read_timeout (\w+);", tree.text(NGINX))[1])
    shorter = {
        "pgweir's shutdown.grace": (drain, "its stop_grace_period", grace["pgweir"]),
        "SQLAlchemy's pool timeout": (POOL_TIMEOUT, "nginx's proxy_read_timeout", read),
        "SQLAlchemy's timeout of the pool": (POOL_TIMEOUT, "the replicas' stop_grace_period", grace["app"]),
        "nginx's proxy_read_timeout": (read, "its stop_grace_period", grace["nginx"]),
    }
    for first, (less, second, more) in shorter.items():
        if less >= more:
            yield f"{first} ({less} s) is not less than {second} ({more} s)"


def sizes(tree):
    """The pool fits into what PostgreSQL allows."""
    for name in ENVIRONMENTS:
        values = tree.environment(name)
        most = int(values["POSTGRES_MAX_CONNECTIONS"]) - FOR_SUPERUSERS
        if not 0 < int(values["POOL_SIZE"]) <= most:
            yield f"{name}: POOL_SIZE is not from 1 to {most}"


def redis(tree):
    """Containers and plain processes have the same one, and it is a cache: nothing of it is on disk."""
    command = tree.services["redis"]["command"]
    local = tree.text(LOCAL_REDIS)
    for setting, name in (("maxmemory", "MAX_MEMORY"), ("maxmemory-policy", "POLICY")):
        yield from differences(f"Redis's {setting}", {
            LOCAL_REDIS: re.search(rf'^{name} = "(.*)"$', local, re.MULTILINE)[1],
            COMPOSE: command[command.index(f"--{setting}") + 1]})  # fmt: skip
    if loaded(tree, PGWEIR)["cache"]["mode"] in ("off", False):  # to YAML 1.1 they are the same
        yield f"{PGWEIR}: the cache is off, and redis is for nothing else"
    given = dict(zip(command, command[1:]))
    if (given.get("--save"), given.get("--appendonly")) != ("", "no"):
        yield f"{COMPOSE}: redis keeps something on disk"


RULES = (ports, names, dashboards, times, sizes, redis)
