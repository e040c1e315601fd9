"""What a schema map says, asked of the program `schema_probe` (tests/probe) while it runs."""
import subprocess
import typing

from . import processes
from .pgweir import binary


class Verdict(typing.NamedTuple):
    reasons: frozenset  # codes
    depends_on: frozenset  # oids
    writes: typing.Any  # oids, or "everything"


def _elements(text):
    return frozenset(text.split(",")) if text else frozenset()


def _oids(text):
    return frozenset(map(int, _elements(text)))


class SchemaProbe:
    """Connected to a Postgres of the kit, and with a map read unless read=False, inside `with`."""

    def __init__(self, postgres, database, user="postgres", *, read=True):
        conninfo = f"host={postgres.directory} port={postgres.port} dbname={database} user={user}"
        self._process = processes.start([binary().parent / "tests" / "schema_probe", conninfo], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        try:
            if read:
                self.read()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait(timeout=60)
            processes.finish(self._process)
            self._process = None

    def _ask(self, *fields):
        self._process.stdin.write("\t".join(" ".join(field.split()) if field else "" for field in fields) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"schema_probe gave no answer to {fields}")
        return line.rstrip("\n").split("\t")

    def read(self):
        """Whether anything has changed since the last reading."""
        return self._ask("read")[0] == "map"

    def execute(self, *statements):
        """In the session that the map is read in."""
        for statement in statements:
            self._ask("sql", statement)

    def fingerprint(self):
        return self._ask("fingerprint")[0]

    def verdict(self, statement, path="public"):
        reasons, depends_on, writes = self._ask("text", path, statement)
        return Verdict(_elements(reasons), _oids(depends_on), writes if writes == "everything" else _oids(writes))

    def group(self, oid):
        """What stands for the relation in verdicts, or None."""
        answer = self._ask("group", str(oid))[0]
        return int(answer) if answer else None

    def builtin(self, name):
        """Lists that the name of one of PostgreSQL's own functions is on: settled, runs, harmless."""
        return _elements(self._ask("builtin", name)[0])
