"""Suites of Go packages as Debian has them, run by `go test`."""
import json
import os
import pathlib
import shutil

from kit.go import CACHE
from kit.pgweir import ROOT
from kit.postgres import HOST, SUPERUSER

from .client_suite import CUT_OFF, FAILED, PASSED, SKIPPED, ClientSuite, run_to

DEBIAN = pathlib.Path("/usr/share/gocode")
OUTCOMES = {"pass": PASSED, "fail": FAILED, "skip": SKIPPED}


class GoSuite(ClientSuite):
    """`go_packages` are whose tests; `more` are files that these need and Debian has elsewhere, or not at all."""

    go_packages = ()
    more = {}

    def build(self):
        shutil.rmtree(self.home, ignore_errors=True)
        for path, source in self.more.items():
            target = self.home / "src" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)

    def play(self, port, log, timeout):
        events = log.with_suffix(".json")
        events.unlink(missing_ok=True)
        command = ["go", "test", "-json", "-vet=off", "-count=1", "-p=1", f"-timeout={timeout:g}s", *self.go_packages]
        command += ["-run", self.only] if self.only else []
        environment = self.environment(port) | {"GO111MODULE": "off", "GOPATH": f"{self.home}:{DEBIAN}",
                                                "GOCACHE": str(CACHE), "GOFLAGS": "", "HOME": os.environ["HOME"]}  # fmt: skip
        code = run_to(events, command, timeout + 60, env=environment, cwd=DEBIAN)
        return self._read(events, log) | ({} if code is not None else {"everything": CUT_OFF})

    @staticmethod
    def _read(events, log):
        outcomes, failed = {}, set()
        with open(log, "w", encoding="utf-8") as text:
            for line in events.read_text(encoding="utf-8", errors="replace").splitlines():
                if not line.startswith("{"):
                    text.write(line + "\n")  # of the compiler
                    continue
                event = json.loads(line)
                text.write(event.get("Output", ""))
                outcome, test = OUTCOMES.get(event["Action"]), event.get("Test")
                if outcome and test:
                    outcomes[f"{event['Package']} {test}"] = outcome
                    failed |= {event["Package"]} if outcome == FAILED else set()
                elif outcome == FAILED and event["Package"] not in failed:
                    outcomes[f"{event['Package']}, not by a test"] = outcome
        return outcomes


class Pq(GoSuite):
    name = "pq"
    packages = ("golang-github-lib-pq-dev",)
    go_packages = ("github.com/lib/pq", "github.com/lib/pq/hstore")
    database = "pqgotest"
    servers = 12  # several tests leave a transaction open


class PqBinary(Pq):
    """Parameters in binary, which lib/pq then sends at once with the text, in unnamed statements."""

    name = "pq-binary"

    def environment(self, port):
        return super().environment(port) | {"PQTEST_BINARY_PARAMETERS": "yes"}


class Pgx(GoSuite):
    name = "pgx"
    packages = ("golang-github-jackc-pgx-v4-dev", "golang-github-jackc-pgconn-dev")
    go_packages = ("github.com/jackc/pgx/v4", "github.com/jackc/pgx/v4/pgxpool", "github.com/jackc/pgx/v4/stdlib",
                   "github.com/jackc/pgconn", "github.com/jackc/pgconn/stmtcache")  # fmt: skip
    more = {
        "github.com/Masterminds/semver/v3": DEBIAN / "src/github.com/Masterminds/semver",
        "github.com/jackc/pgmock": pathlib.Path(__file__).parent / "pgmock",
    }
    database = "pgx_test"
    servers = 12

    def prepare(self, postgres):
        super().prepare(postgres)
        postgres.sql("CREATE DOMAIN uint64 AS numeric(20,0)", database=self.database)
        postgres.sql("CREATE EXTENSION hstore", database=self.database)

    def environment(self, port):
        address = f"host={HOST} port={port} user={SUPERUSER} dbname={self.database} sslmode=disable"
        names = ("PGX_TEST_DATABASE", "PGX_TEST_CONN_STRING", "PGX_TEST_TCP_CONN_STRING")
        # Its tests of how an address is read expect nothing of it in the environment.
        inherited = {name: value for name, value in super().environment(port).items() if not name.startswith("PG")}
        return inherited | dict.fromkeys(names, address)


class Pgtype(GoSuite):
    """Each type through pgx and lib/pq. A part of its tests is in its source package only."""

    name = "pgtype"
    packages = ("golang-github-jackc-pgtype-dev", "golang-github-jackc-pgx-v4-dev", "golang-github-lib-pq-dev")
    go_packages = ("github.com/jackc/pgtype", "github.com/jackc/pgtype/zeronull")
    more = {"github.com/jackc/pgtype": ROOT / "build" / "conformance" / "pgtype"}
    servers = 4

    def prepare(self, postgres):
        super().prepare(postgres)
        postgres.sql("CREATE EXTENSION hstore", database=self.database)

    def environment(self, port):
        address = f"host={HOST} port={port} user={SUPERUSER} dbname={self.database} sslmode=disable"
        return super().environment(port) | {"PGX_TEST_DATABASE": address}


class Sqlx(GoSuite):
    """Over lib/pq."""

    name = "sqlx"
    packages = ("golang-github-jmoiron-sqlx-dev", "golang-github-lib-pq-dev")
    go_packages = ("github.com/jmoiron/sqlx",)
    servers = 4

    def environment(self, port):
        address = f"postgres://{SUPERUSER}@{HOST}:{port}/{self.database}?sslmode=disable"
        others = dict.fromkeys(("SQLX_MYSQL_DSN", "SQLX_SQLITE_DSN"), "skip")
        return super().environment(port) | others | {"SQLX_POSTGRES_DSN": address}
