"""What the clients of the workload do: each operation asks through a client's session and notes what it was told.

An operation is a function of a client, which has
    session    a session of drivers.py
    user, rng
    note(kind, registers, versions, **more)     records an operation that began with begin()
    begin()
    leave()
"""
from . import schema
from .drivers import Problem, RawSession
from .history import FAILED, UNKNOWN

# Where versions are read from, and the register that they are versions of.
READS = {
    "account": "SELECT version FROM account WHERE id = %s",
    "account through a view": "SELECT version FROM account_now WHERE id = %s",
    "stock": "SELECT version FROM stock WHERE id = %s",
    "hits": "SELECT version FROM hits WHERE id = %s",
    "page": "SELECT version FROM page WHERE chapter = %s",
    "summary": "SELECT version FROM summary WHERE article = %s",
}
VAULT = "SELECT version FROM vault WHERE id = %s"  # which a fault writes (write_faults), and nobody else
WRITE_VAULT = "UPDATE vault SET version = version + 1 WHERE id = %s RETURNING version"
# It sees what was committed before it, and is answered some milliseconds later.
SLOW = "SELECT version, (SELECT count(*) FROM generate_series(1, 30000)) FROM hits WHERE id = %s"
# One statement that makes a version and returns it.
WRITES = {
    "account": "UPDATE account SET version = version + 1 WHERE id = %s RETURNING version",
    "stock": "WITH changed AS (UPDATE stock SET version = version + 1 WHERE id = %s RETURNING version)"
             " SELECT version FROM changed",
    "page": "UPDATE chapter SET version = version + 1 WHERE id = %s RETURNING version",  # by a cascade
    "summary": "UPDATE article SET version = version + 1 WHERE id = %s RETURNING version",  # by a trigger
}  # fmt: skip
INCREMENT = "UPDATE hits SET version = version + 1 WHERE id = %s RETURNING version"
BOTH = ("account", "stock")
JOIN = "SELECT account.version, stock.version FROM account JOIN stock USING (id) WHERE id = %s"
OWN_ROWS = "SELECT owner, count(*) FROM note WHERE owner = current_user GROUP BY owner"


class Choice:
    """One register of a table."""

    def __init__(self, client, table):
        self.id = client.rng.randint(1, schema.ROWS)
        self.register = f"{table.partition(' ')[0]}/{self.id}"


# Reads


def _read(client, kind, registers, sql, *parameters, inside=False):
    client.begin()
    rows = client.session.execute(sql, *parameters)
    client.note(kind, registers, rows[0][: len(registers)], inside=inside)


def read(client):
    table = client.rng.choice(sorted(READS))
    chosen = Choice(client, table)
    _read(client, "read", (chosen.register,), READS[table], chosen.id)


def read_all(client):
    client.begin()
    rows = client.session.execute("SELECT id, version FROM account ORDER BY id")
    client.note("read", tuple(f"account/{id}" for id, _ in rows), tuple(version for _, version in rows))


def read_vault(client):
    _read(client, "read", ("vault/1",), VAULT, 1)


def read_slowly(client):
    chosen = Choice(client, "hits")
    _read(client, "read", (chosen.register,), SLOW, chosen.id)


def read_edition(client):
    _read(client, "read", ("edition",), "SELECT version FROM edition")


def read_joined(client):
    chosen = Choice(client, "account")
    _read(client, "joined", (chosen.register, f"stock/{chosen.id}"), JOIN, chosen.id)


def read_own_rows(client):
    client.begin()
    rows = client.session.execute(OWN_ROWS)
    count = sum(count for owner, count in rows if owner == client.user)
    client.note("rows", (f"note/{client.user}",), (count,), owners=tuple(owner for owner, _ in rows))


# Writes of one statement


def _write(client, kind, registers, ask, versions=None):
    """`ask()` returns the rows; the versions are those of the first row, unless they are known."""
    client.begin()
    try:
        rows = ask()
    except Problem as problem:
        client.note(kind, registers, (None,) * len(registers), outcome=UNKNOWN if problem.in_doubt else FAILED)
        raise
    client.note(kind, registers, versions or rows[0])


def write(client):
    table = client.rng.choice(sorted(WRITES))
    chosen = Choice(client, table)
    _write(client, "write", (chosen.register,), lambda: client.session.execute(WRITES[table], chosen.id))


def increment(client):
    chosen = Choice(client, "hits")
    _write(client, "increment", (chosen.register,), lambda: client.session.execute(INCREMENT, chosen.id))


def write_script(client):
    """Two statements in one message, which are one transaction."""
    chosen = Choice(client, "account")
    sql = "; ".join(f"UPDATE {table} SET version = version + 1 WHERE id = {chosen.id}" for table in BOTH)
    _write(client, "write", (chosen.register, f"stock/{chosen.id}"), lambda: client.session.script(sql), (None, None))


def add_row_by_copy(client):
    ask = lambda: client.session.copy_note(client.user, "copied")  # noqa: E731
    _write(client, "increment", (f"note/{client.user}",), ask, (None,))


def add_row(client):
    ask = lambda: client.session.execute("INSERT INTO note VALUES (current_user, %s)", "inserted")  # noqa: E731
    _write(client, "increment", (f"note/{client.user}",), ask, (None,))


# Transactions


def _transaction(client, registers, work):
    """`work()` between BEGIN and COMMIT returns the versions that it makes. Now and then it is rolled back instead."""
    began, session, versions = client.begin(), client.session, (None,) * len(registers)
    committing = False
    try:
        session.execute("BEGIN")
        versions = work()
        if client.rng.random() < 0.1:
            session.execute("ROLLBACK")
            client.note("write", registers, versions, began=began, outcome=FAILED)
            return
        committing = True
        session.execute("COMMIT")
    except Problem as problem:
        in_doubt = committing and problem.in_doubt
        client.note("write", registers, versions, began=began, outcome=UNKNOWN if in_doubt else FAILED)
        raise
    client.note("write", registers, versions, began=began)


def write_both(client):
    """Two relations, and reads in between."""
    chosen = Choice(client, "account")
    registers = (chosen.register, f"stock/{chosen.id}")

    def work():
        versions = [client.session.execute(WRITES[table], chosen.id)[0][0] for table in BOTH]
        _read(client, "joined", registers, JOIN, chosen.id, inside=True)
        return tuple(versions)

    _transaction(client, registers, work)


def replace_edition(client):
    def work():
        session = client.session
        session.execute("LOCK TABLE edition IN ACCESS EXCLUSIVE MODE")
        version = session.execute("SELECT version FROM edition")[0][0] + 1
        session.execute("TRUNCATE edition")
        session.execute("INSERT INTO edition VALUES (%s)", version)
        return (version,)

    _transaction(client, ("edition",), work)


# A read that is sent behind a write, before that is answered


def write_and_read(client):
    table = client.rng.choice(["account", "page", "summary"])
    chosen = Choice(client, table)
    if not isinstance(client.session, RawSession):
        return
    began = client.begin()
    try:
        answers = client.session.pipelined((WRITES[table], chosen.id), (READS[table], chosen.id))
    except Problem:
        client.note("write", (chosen.register,), (None,), outcome=UNKNOWN)
        raise
    client.note("write", (chosen.register,), answers[0][0], began=began)
    client.note("read", (chosen.register,), answers[1][0], began=began + 1)


# A client that is killed behind its write


def write_and_vanish(client):
    table = client.rng.choice(sorted(WRITES))
    chosen = Choice(client, table)
    if not isinstance(client.session, RawSession):
        return
    client.begin()
    client.session.send((WRITES[table], chosen.id))
    client.session.vanish()
    client.note("write", (chosen.register,), (None,), outcome=UNKNOWN)
    client.leave()


ONLY_RAW = (write_and_read, write_and_vanish)

# How often each is done
MIX = {
    read: 12, read_all: 1, read_vault: 1, read_slowly: 1, read_edition: 2, read_joined: 4, read_own_rows: 3,
    write: 4, increment: 2, write_script: 1, add_row: 1, add_row_by_copy: 1,
    write_both: 2, replace_edition: 0.5, write_and_read: 2, write_and_vanish: 0.2,
}  # fmt: skip
READS_ONLY = {each: weight for each, weight in MIX.items() if each.__name__.startswith("read")}
# What a cache is for: an entry is asked for some times before it is written again.
READ_MOSTLY = MIX | {each: 12 * weight for each, weight in READS_ONLY.items()}
