"""Sessions at random that change everything they can, and end in every way there is."""
import random

from . import messages
from .fresh import CUSTOM

# The names of settings that nobody may leave alone, with values that are theirs. All others are taken from pg_settings.
STRINGS = {
    "application_name": "vandal", "search_path": "pg_temp, information_schema", "TimeZone": "Asia/Tokyo",
    "DateStyle": "German", "client_encoding": "LATIN1", "lc_time": "C", "lc_numeric": "POSIX", "lc_monetary": "POSIX",
    "default_text_search_config": "pg_catalog.german", "role": "pg_monitor", "session_authorization": "app",
    "timezone_abbreviations": "India", "temp_tablespaces": "", "default_table_access_method": "heap", "seed": "0.5",
}  # fmt: skip
# A transaction that is deferrable waits for those of others.
CHANGEABLE = """SELECT name, vartype, boot_val, setting, min_val, max_val, enumvals FROM pg_settings
    WHERE context = 'user' AND name !~ 'deferrable'"""
OF_THE_TRANSACTION = ("transaction_isolation", "transaction_read_only")

# Statements that leave something behind, by what they leave.
OBJECTS = {
    "prepared": ("PREPARE p{n} AS SELECT {n}", "PREPARE p{n} (int) AS SELECT $1"),
    "cursors": ("DECLARE c{n} CURSOR WITH HOLD FOR SELECT generate_series(1, 9)",
                "BEGIN; DECLARE c{n} CURSOR FOR SELECT 1"),
    "locks": ("SELECT pg_try_advisory_lock({n})", "SELECT pg_try_advisory_lock_shared({n})",
              "SELECT pg_try_advisory_lock(1, {n})",
              "SELECT pg_try_advisory_lock(n) FROM generate_series(1, {n}) AS n"),
    "listening": ("LISTEN news{n}", "LISTEN \"News {n}\"; LISTEN other"),
    "temporary": ("CREATE TEMP TABLE t{n} (id serial, v text)", "SELECT 1 AS v INTO TEMP s{n}",
                  "CREATE TEMP VIEW v{n} AS SELECT 1", "CREATE TEMP SEQUENCE q{n}; SELECT nextval('q{n}')",
                  "CREATE TYPE pg_temp.e{n} AS ENUM ('a')",
                  "CREATE FUNCTION pg_temp.f{n}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                  "CREATE DOMAIN pg_temp.d{n} AS int", "DO $$ BEGIN CREATE TEMP TABLE b{n} (); END $$",
                  "CREATE TABLE pg_temp.x{n} AS SELECT 1 AS v"),
    "users": ("SET ROLE pg_monitor", "SET ROLE pg_read_all_stats", "SET SESSION AUTHORIZATION app"),
    "sequences": ("SELECT nextval('drawn')", "SELECT setval('drawn', {n})", "INSERT INTO counted DEFAULT VALUES",
                  "SELECT nextval('drawn'), lastval()"),
    "random": ("SELECT setseed(0.5)", "SET seed = 0.5"),
    "transactions": ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s", "SELECT 1/0", "COMMIT AND CHAIN",
                     "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY",
                     "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
    "less": ("RESET ALL", "DISCARD PLANS", "DISCARD TEMP", "DISCARD SEQUENCES", "DEALLOCATE ALL", "CLOSE ALL",
             "UNLISTEN *", "SELECT pg_advisory_unlock_all()", "RESET ROLE"),
}  # fmt: skip


def other_value(rng, row):
    """A value for a setting that is neither the one it has nor one with which no statement ends."""
    name, kind, boot, setting, least, most, values = row
    if kind == "bool":
        return "off" if setting == "on" else "on"
    if kind == "enum":
        others = [value for value in values.strip("{}").replace('"', "").split(",") if value != setting]
        return rng.choice(others or [setting])
    if kind in ("integer", "real"):
        more = 60_000 if name.endswith("_timeout") else 1  # milliseconds
        for value in (float(setting) + more, float(setting) - 1, float(least)):
            if float(least) <= value <= float(most):
                return f"{value:g}" if kind == "real" else str(int(value))
    return STRINGS.get(name, boot)


class Vandal:
    """What one session does: steps() are what it sends and waits for, end() is how it goes."""

    def __init__(self, seed, changeable):
        self._random = random.Random(seed)
        self._changeable = [row for row in changeable if row[1] != "string"]
        # A server with a custom setting cannot be cleaned, only closed: most sessions make none.
        self._custom = self._random.random() < 0.1
        kinds = self._random.sample(sorted(OBJECTS), self._random.randint(1, 4))
        self._kinds = [kind for kind in kinds if kind != "random" or self._random.random() < 0.2]
        self.ending = self._random.choice(sorted(ENDINGS))

    def changes(self):
        """(name, value) of each setting of the session that a client may change."""
        rows = [row for row in self._changeable if row[0] not in OF_THE_TRANSACTION]
        return [(row[0], other_value(self._random, row)) for row in rows]

    def startup(self):
        chosen = self._random.random()
        if chosen < 0.6:
            return {}
        if chosen < 0.8:
            return {"application_name": f"vandal {chosen:.2f}", "TimeZone": "Asia/Tokyo", "client_encoding": "LATIN1"}
        if chosen < 0.85 and self._custom:
            return {"options": "-c app.tenant=9"}
        return {"options": "-c work_mem=5MB -c search_path=information_schema -c role=pg_monitor -c geqo=off"}

    def steps(self):
        """Lists of messages that are answered by one ReadyForQuery each."""
        for _ in range(self._random.randint(2, 9)):
            way = self._random.random()
            if way < 0.50:
                yield [messages.query(self._statement())]
            elif way < 0.65:
                yield [messages.query("; ".join(self._statement() for _ in range(self._random.randint(2, 5))))]
            elif way < 0.85:
                yield [*self._pipeline(self._random.randint(1, 4)), messages.sync()]
            elif way < 0.97:
                yield self._named()
            elif way < 0.98:
                yield [messages.query(self._setting() + " /*" + "x" * (1100 * 1024) + "*/")]
            else:
                # pg_try_advisory_lock(bigint)
                yield [messages.function_call(2882, [str(self._number())], [0])]

    def end(self, client):
        ENDINGS[self.ending](self, client)

    def _number(self):
        return self._random.randint(1, 5)

    def _named(self):
        name = f"n{self._number()}"
        parts = [messages.parse(name, self._statement().split("; ")[0])] * (self._random.random() < 0.6)
        return [*parts, messages.bind("", name), messages.execute(), messages.sync()]

    def _pipeline(self, count):
        """Without its Sync."""
        parts = []
        for _ in range(count):
            portal = self._random.choice(("", f"portal{self._number()}"))
            parts.append(messages.parse("", self._statement().split("; ")[0]))
            parts += [messages.bind(portal), messages.execute(portal)]
        return parts

    def _statement(self):
        if not self._kinds or self._random.random() < 0.5:
            return self._setting()
        return self._random.choice(OBJECTS[self._random.choice(self._kinds)]).format(n=self._number())

    def _setting(self):
        if self._custom and self._random.random() < 0.3:
            name, value = self._random.choice(CUSTOM), str(self._number())
        elif self._random.random() < 0.25:
            name = self._random.choice([one for one in STRINGS if one != "seed"])
            value = STRINGS[name]
        else:
            row = self._random.choice(self._changeable)
            name, value = row[0], other_value(self._random, row)
        written = value if name in ("search_path",) else f"'{value}'"
        return self._random.choice((
            f"SET {name} = {written}", f"SET {name} = {written}", f"SET LOCAL {name} = {written}", f"RESET {name}",
            f"SELECT set_config('{name}', '{value}', false)", f"SELECT set_config('{name}', '{value}', true)",
            f"UPDATE pg_settings SET setting = '{value}' WHERE name = '{name}'",
            f"DO $$ BEGIN PERFORM set_config('{name}', '{value}', false); END $$"))  # fmt: skip

    # How it ends. What it has sent last need not be answered.

    def _terminates(self, client):
        client.terminate()

    def _dies(self, client):
        client.close()

    def _resets(self, client):
        client.reset()

    def _in_a_transaction(self, client):
        client.query("BEGIN")
        client.query(self._statement())
        self._random.choice((client.terminate, client.close))()

    def _in_a_failed_transaction(self, client):
        client.query("BEGIN")
        client.query(self._statement() + "; SELECT 1/0")
        self._random.choice((client.terminate, client.close))()

    def _in_a_pipeline(self, client):
        client.send(*self._pipeline(3), *[messages.flush()] * self._random.randint(0, 1))
        self._random.choice((client.terminate, client.close, client.reset))()

    def _in_a_message(self, client):
        request = messages.query("; ".join(self._statement() for _ in range(3)))
        client.send(messages.query(self._statement()), request[: self._random.randint(1, len(request) - 1)])
        self._random.choice((client.terminate, client.close))()

    def _before_the_answer(self, client):
        client.send(*[messages.query(self._statement()) for _ in range(3)])
        self._random.choice((client.terminate, client.close, client.reset))()

    def _with_discard_all(self, client):
        client.query("ROLLBACK")
        client.query("DISCARD ALL")
        self._random.choice((client.terminate, client.close))()

    def _in_copy_from(self, client):
        client.query("ROLLBACK; CREATE TEMP TABLE copied (v text)")
        client.send(messages.query("COPY copied FROM STDIN"), messages.copy_data("1\n2\n"))
        self._random.choice((client.terminate, client.close, client.reset))()

    def _in_copy_to(self, client):
        copy = "COPY (SELECT generate_series(1, 99999)) TO STDOUT"
        client.send(messages.query(self._statement()), messages.query(copy))
        self._random.choice((client.terminate, client.close, client.reset))()

    def _while_a_statement_runs(self, client):
        client.send(messages.query(self._statement() + "; SELECT count(*) FROM generate_series(1, 20000)"))
        self._random.choice((client.terminate, client.close, client.cancel))()
        client.close()


_WORDS = ("_in_", "_with_", "_while_", "_before_", "_terminates", "_dies", "_resets")
ENDINGS = {name[1:]: value for name, value in vars(Vandal).items() if name.startswith(_WORDS)}
