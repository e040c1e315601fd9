"""The result cache in a pgweir's configuration, and whether a pgweir has one."""
import json
import re

from .problem import Problem

LATER = re.compile(r"^.*: cache(\.\w+)*: not available in this version\b.*$")
ANY_REDIS = "redis://:none@127.0.0.1:6379/0"
# As little of a configuration as there can be.
LEAST = """version: 1
auth: {users: {app: {password: none}}}
databases: {app: {upstream: "postgres://app:none@127.0.0.1:5432/app"}}
"""


def settings(redis_url=None):
    """A line of a configuration, with its end. Several pgweir on one database need a Redis that all of them name."""
    cache = {"mode": "auto"} | ({"redis": {"url": redis_url}} if redis_url else {})
    return f"cache: {json.dumps(cache)}\n"  # JSON is YAML


def is_available(children, binary, directory, wanted):
    """Whether this program takes these settings: it is asked. Problem: it refuses them for another reason than that its
    version does not have that yet."""
    file = directory / "with-cache.yaml"
    file.write_text(LEAST + wanted, encoding="utf-8")
    code, output, errors = children.run([binary, "check", "--config", file], timeout=30)
    said = (output + errors).strip()
    if code == 0:
        return True
    if said and all(map(LATER.match, said.splitlines())):
        return False
    raise Problem(f"`pgweir check` refuses the settings of the cache with exit code {code}:\n{said}")
