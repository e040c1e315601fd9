"""What a session may hold that a new one does not: asked by its client, named by kind.

    fresh = look(a client of PostgreSQL itself)
    self.assertEqual(leaks(look(client), fresh), [])
"""
from .rawclient import ServerError

# The custom settings that tests make. PostgreSQL lists those nowhere, so each has to be asked for.
CUSTOM = ("app.tenant", "app.request", "app.customer.id", "app.viewer")

_TEMPORARY = " UNION ALL ".join(
    f"SELECT {prefix}name::text FROM {catalog} WHERE {prefix}namespace = pg_my_temp_schema()"
    for catalog, prefix in (("pg_class", "rel"), ("pg_proc", "pro"), ("pg_type", "typ"), ("pg_operator", "opr"))
)

QUESTIONS = {
    "settings": "SELECT name, setting, source FROM pg_settings",
    # One that another client made by SET LOCAL may be empty.
    "custom settings": "SELECT name, current_setting(name, true) FROM unnest(string_to_array('" + " ".join(CUSTOM) +
                       "', ' ')) AS name WHERE current_setting(name, true) <> ''",
    # Those of the pooler, which clients cannot name, are its own affair.
    "prepared statements": "SELECT name, statement FROM pg_prepared_statements"
                           " WHERE from_sql OR name !~ '^pgweir_[0-9]+$'",
    "cursors": "SELECT name, statement FROM pg_cursors",
    "advisory locks": "SELECT classid, objid, objsubid, mode FROM pg_locks"
                      " WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "listening": "SELECT pg_listening_channels()",
    "temporary objects": _TEMPORARY,
    "users": "SELECT current_user, session_user, current_setting('role')",
    "schemas": "SELECT current_schemas(false)",
}  # fmt: skip
NOTHING_DRAWN = "55000"


def look(client):
    """kind: rows, in a transaction of its own if the client has none."""
    begun = client.query("BEGIN")[-1].status
    if begun != "T":
        raise RuntimeError(f"BEGIN leads to the status {begun}")
    received = client.query("; ".join(QUESTIONS.values()))
    answers, rows = [], []
    for message in received:
        if message.tag == "E":
            raise ServerError(message)
        if message.tag == "D":
            rows.append(tuple(None if value is None else value.decode() for value in message.row))
        elif message.tag == "C":
            answers.append(rows)
            rows = []
    found = dict(zip(QUESTIONS, answers))
    # It fails, and the transaction with it: so it comes last.
    try:
        found["sequences"] = [(client.value("SELECT lastval()"),)]
    except ServerError as error:
        found["sequences"] = [] if error.sqlstate == NOTHING_DRAWN else [(str(error),)]
    return found


def _settings(found, fresh):
    usual = {name: (setting, source) for name, setting, source in fresh}
    for name, setting, source in found:
        wanted = usual.pop(name, None)
        if wanted is None:
            # The defaults of a library that somebody made PostgreSQL load are nobody's.
            leaked = source != "default"
        else:
            # What is set to what it is anyway has another source.
            leaked = setting != wanted[0] or source not in (wanted[1], "session")
        if leaked:
            yield f"settings: {name} = {setting} ({source})"
    for name in usual:
        yield f"settings: {name} is gone"


def leaks(found, fresh):
    """What is not as in the fresh session, in words that begin with the kind."""
    told = list(_settings(found["settings"], fresh["settings"]))
    for kind, rows in found.items():
        if kind != "settings" and sorted(rows, key=str) != sorted(fresh[kind], key=str):
            told.append(f"{kind}: {rows}")
    return told


def leaks_of(clients, fresh):
    """The same of each of these clients, which hold a server each at that moment."""
    told = []
    for number, client in enumerate(clients):
        told += [f"server {number}: {leak}" for leak in leaks(look(client), fresh)]
    for client in clients:
        client.query("ROLLBACK")
    return told
