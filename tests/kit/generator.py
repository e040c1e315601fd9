"""Rows (see kit.script) at random: clients that take turns and change their sessions in every way there is. The same
seed is always the same row.

Kept out is what README.md names as different in transaction mode, and what is never the same twice:
- names in pg_prepared_statements but those of SQL's PREPARE;
- pg_settings.source; whether a custom setting is empty or unknown (it is read as NULLIF(.., ''));
- notifications (the sender's pid is another one);
- EXECUTE of what the protocol prepared, DEALLOCATE of it as one of several statements or under a name: what SQL's
  PREPARE makes has names of its own here;
- literals that depend on settings, and moments, in named statements;
- sequences drawn from before their client has asked for lastval(): those who draw ask in the same statement;
- of clients that asked for settings at startup: RESET behind which the same text goes on, SET LOCAL .. TO DEFAULT,
  set_config() to NULL, RESET SESSION AUTHORIZATION if it was a role, and an isolation level behind RESET;
- a name that is taken given to another statement, and values of another number than a statement has parameters: which of
  several errors, and which of several names of one statement, is told;
- the number of a server's pg_temp; tables that are altered; whatever waits for a lock of another client; a seed for
  random().
Locks are not taken by clients that leave early: when they are free again is a matter of luck, directly too.
"""
import random

from .script import Row

SETTINGS = {
    "work_mem": ("'7MB'", "'8MB'", "9216", "'a lot'", "DEFAULT"),
    "enable_seqscan": ("off", "on", "'no'", "DEFAULT"),
    "geqo": ("off", "true", "DEFAULT"),
    "statement_timeout": ("'55s'", "'1.5min'", "0", "'5 elephants'"),
    "lock_timeout": ("'17s'", "DEFAULT"),
    "search_path": ("public", "pg_catalog, public", "''", '"$user", public', "DEFAULT"),
    "TimeZone": ("'Asia/Tokyo'", "'America/Lima'", "'utc'", "'Nowhere'", "DEFAULT"),
    "DateStyle": ("'SQL, DMY'", "German", "ISO", "DEFAULT"),
    "IntervalStyle": ("'iso_8601'", "postgres", "DEFAULT"),
    "application_name": ("'one'", "'two'", "''", "DEFAULT"),
    "client_min_messages": ("warning", "notice", "error", "DEFAULT"),
    "extra_float_digits": ("0", "3", "DEFAULT"),
    "bytea_output": ("escape", "hex"),
    "client_encoding": ("'LATIN1'", "'UTF8'", "DEFAULT"),
    "standard_conforming_strings": ("off", "on", "DEFAULT"),
    "synchronous_commit": ("off", "local", "DEFAULT"),
    "default_transaction_isolation": ("'repeatable read'", "serializable", "DEFAULT"),
    "default_transaction_read_only": ("on", "off", "DEFAULT"),
    "transaction_read_only": ("on",),
    "log_statement": ("'all'",),  # not this user's to change
    "no_such_setting": ("1",),
    "app.tenant": ("'7'", "'8'", "''", "DEFAULT"),
    "app.request": ("'get'", "'put'"),
}  # fmt: skip
KNOWN = [name for name in SETTINGS if name not in ("no_such_setting", "transaction_read_only")]
SHOWN = [name for name in KNOWN if "." not in name]
SEEN = ", ".join(f"NULLIF(current_setting('{name}', true), '')" for name in ("work_mem", "app.tenant", "app.request"))
ROLES = ("pg_monitor", "pg_read_all_stats", "NONE", "app", "nobody_is_called_this")
TRANSACTION = (
    "BEGIN", "BEGIN", "BEGIN", "START TRANSACTION READ ONLY", "BEGIN ISOLATION LEVEL REPEATABLE READ", "COMMIT",
    "COMMIT", "COMMIT", "ROLLBACK", "ROLLBACK", "SAVEPOINT s1", "SAVEPOINT s1", "SAVEPOINT s2", "ROLLBACK TO s1",
    "ROLLBACK TO s1", "ROLLBACK TO s2", "RELEASE s1", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN",
    "SET TRANSACTION READ ONLY", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # fmt: skip
READS = (
    f"SELECT {SEEN}", f"SELECT {SEEN}", "SELECT current_user, session_user", "SELECT current_user, session_user",
    "SELECT s FROM unnest(current_schemas(false)) AS s WHERE s !~ '^pg_temp'",
    "SELECT name, statement FROM pg_prepared_statements WHERE from_sql ORDER BY 1",
    "SELECT name, is_holdable FROM pg_cursors ORDER BY 1", "SELECT pg_listening_channels()",
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() ORDER BY 1",
    "SELECT '2001-02-03 04:05:06+00'::timestamptz, '1 day 02:03'::interval", "SELECT 0.1::float8 + 0.2::float8",
    "SELECT decode('6100', 'hex')",
    "SELECT setting FROM pg_settings WHERE name ~ '^(work_mem|geqo|lock_t)' ORDER BY name",
    "SHOW transaction_isolation", "SHOW transaction_read_only", "SHOW role", "SELECT 7")  # fmt: skip
ERRORS = ("SELECT 1/0", "SELECT nothing", "SELEC 1", "SELECT 'x'::int")
PREPARED = (
    "PREPARE p1 AS SELECT 7", "PREPARE p1 (int) AS SELECT $1 + 1", "PREPARE p2 AS SELECT current_setting('work_mem')",
    "EXECUTE p1", "EXECUTE p1", "EXECUTE p1 (1)", "EXECUTE p2", "EXECUTE p2", "DEALLOCATE p1",
    "DEALLOCATE p2")  # fmt: skip
NAMED = {
    "n1": ("SELECT current_setting('work_mem'), current_user", "SET enable_seqscan = off", "BEGIN", "COMMIT",
           "SHOW work_mem", "SELECT 1/0", "RESET work_mem"),
    "n2": ("SELECT $1::int + 1", "SELECT set_config('app.tenant', $1, false)", "SELECT set_config('work_mem', $1, true)",
           "SELECT 1 / ($1::int - 7)"),
}  # fmt: skip
TEMPORARY = (
    "CREATE TEMP TABLE t1 AS SELECT 7 AS v", "CREATE TEMP TABLE t1 AS SELECT 8 AS v", "CREATE TEMP TABLE t2 (v int)",
    "CREATE TEMP TABLE t1 (v int) ON COMMIT DROP", "SELECT 9 AS v INTO TEMP t2", "INSERT INTO t1 VALUES (9)",
    "SELECT v FROM t1", "SELECT v FROM t1", "SELECT count(*) FROM t2", "DROP TABLE t1", "DROP TABLE IF EXISTS t1, t2",
    "CREATE TEMP VIEW v1 AS SELECT 7 AS v", "DROP VIEW IF EXISTS v1", "DISCARD TEMP")  # fmt: skip
CURSORS = (
    "DECLARE c1 CURSOR WITH HOLD FOR SELECT generate_series(1, 5)",
    "DECLARE c1 CURSOR FOR SELECT generate_series(1, 5)",
    "DECLARE c2 SCROLL CURSOR WITH HOLD FOR SELECT 1 / (3 - n) FROM generate_series(1, 3) AS n", "FETCH c1",
    "FETCH 2 FROM c1", "FETCH c1", "FETCH c2", "MOVE c1", "CLOSE c1", "CLOSE c2", "CLOSE ALL")  # fmt: skip
LOCKS = (
    "SELECT pg_try_advisory_lock(7)", "SELECT pg_try_advisory_lock(7)", "SELECT pg_try_advisory_lock_shared(8)",
    "SELECT pg_try_advisory_xact_lock(8)", "SELECT pg_try_advisory_lock(1, 2)", "SELECT pg_advisory_unlock(7)",
    "SELECT pg_advisory_unlock(7)", "SELECT pg_advisory_unlock_shared(8)",
    "SELECT pg_advisory_unlock_all()")  # fmt: skip
OTHERS = (
    "LISTEN news", "UNLISTEN news", "UNLISTEN *", "DISCARD PLANS", "DISCARD SEQUENCES", "DEALLOCATE ALL",
    "DO $$ BEGIN SET work_mem = '9MB'; END $$", "DO $$ BEGIN RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$",
    "SELECT nextval('drawn') = lastval()", "SELECT lastval() > 0", "SELECT lastval() > 0",
    "SET SESSION AUTHORIZATION app", "SET SESSION AUTHORIZATION DEFAULT", "RESET SESSION AUTHORIZATION",
    "SET SESSION AUTHORIZATION postgres", "SET TIME ZONE -3", "SET NAMES 'LATIN1'", "SET search_path = pg_temp, public",
    "SET CONSTRAINTS ALL DEFERRED")  # fmt: skip
STARTUP = (
    {}, {}, {}, {"options": "-c work_mem=5MB"}, {"application_name": "billing", "TimeZone": "Asia/Tokyo"},
    {"options": "-c app.tenant=6 -c geqo=off", "DateStyle": "German"}, {"options": "-c role=pg_monitor"},
    {"options": "-c default_transaction_isolation=serializable"}, {"client_encoding": "LATIN1"})  # fmt: skip
SETUP = ("x! CREATE SEQUENCE IF NOT EXISTS drawn; GRANT ALL ON SEQUENCE drawn TO app",)
ALWAYS = {"setting": 6, "read": 6, "transaction": 6}
# A row has a few of these only: so its statements have to do with each other. theme: how often, in relation to the rest
THEMES = {"error": 2, "role": 3, "prepared": 4, "temporary": 4, "cursor": 4, "lock": 4, "other": 4, "named": 5}
FIXED = {"transaction": TRANSACTION, "error": ERRORS, "prepared": PREPARED, "temporary": TEMPORARY, "cursor": CURSORS,
         "lock": LOCKS, "other": OTHERS}  # fmt: skip


class Generator:
    def __init__(self, seed):
        self._seed = seed
        self._random = random.Random(seed)
        count = self._random.choice((2, 2, 3))
        self._letters = "abc"[:count]
        self._startup = {letter: parameters for letter in self._letters
                         if (parameters := self._random.choice(STARTUP))}  # fmt: skip
        self._leaves = self._random.choice((None, None, None, *self._letters))
        themes = self._random.sample(sorted(THEMES), self._random.randint(1, 4))
        self._themes = [*ALWAYS, *themes]
        self._weights = [*ALWAYS.values(), *(THEMES[theme] for theme in themes)]
        self._taken = set()  # (letter, name) of statements
        self._names = self._random.sample(KNOWN, self._random.randint(2, 5))

    def row(self):
        speaker = self._letters[0]
        lines = list(SETUP) if "other" in self._themes else []
        present = set(self._letters)
        for _ in range(self._random.randint(8, 24)):
            if self._random.random() < 0.5:
                speaker = self._random.choice(sorted(present))
            if speaker == self._leaves and self._random.random() < 0.1 and len(present) > 1:
                lines.append(f"{speaker}.")
                present.discard(speaker)
                speaker = min(present)
                continue
            lines.append(self._line(speaker))
        for letter in sorted(present):
            lines.append(f"{letter}: SELECT {SEEN}, current_user")
        return Row(f"at random, seed {self._seed}", "\n".join(lines), startup=self._startup)

    def _line(self, letter):
        theme = self._theme()
        if theme == "named":
            return letter + self._named(letter)
        chance = self._random.random()
        if chance < 0.03:
            return letter + self._random.choice((": DISCARD ALL", "+ DISCARD ALL", ": RESET ALL", "+ RESET ALL"))
        if chance < 0.18:
            several = [self._statement(letter, among_others=True) for _ in range(self._random.randint(2, 4))]
            return f"{letter}: " + "; ".join(several)
        if chance < 0.33:
            several = [self._statement(letter, among_others=True) for _ in range(self._random.randint(1, 4))]
            return f"{letter}* " + " | ".join(several)
        return letter + (": " if chance < 0.8 else "+ ") + self._statement(letter, theme=theme)

    def _theme(self):
        return self._random.choices(self._themes, self._weights)[0]

    def _statement(self, letter, theme=None, among_others=False):
        theme = theme or self._theme()
        if theme == "setting":
            return self._setting(letter, among_others)
        if theme == "role":
            return self._role(may_return=not (among_others and letter in self._startup))
        if theme == "lock" and letter == self._leaves:
            theme = "read"
        if theme == "read" and self._random.random() < 0.3:
            shown = [name for name in self._names if name in SHOWN]
            return f"SHOW {self._random.choice(shown or SHOWN)}"
        statement = self._random.choice(FIXED.get(theme, READS))
        startup = str(self._startup.get(letter, ""))
        if ("AUTHORIZATION" in statement and "role" in startup) or (" ISOLATION" in statement and startup):
            return "SELECT current_user, session_user"
        return statement

    def _setting(self, letter, among_others):
        name = self._random.choice(self._names)
        if self._random.random() < 0.04:
            name = self._random.choice(list(SETTINGS))
        value = self._random.choice(SETTINGS[name])
        way = self._random.random()
        if letter in self._startup and among_others:
            way %= 0.6  # no RESET
        if letter in self._startup and (among_others or not (way < 0.45 or 0.60 <= way < 0.80)):
            value = SETTINGS[name][0]  # no DEFAULT
        if way < 0.45:
            return f"SET {name} = {value}"
        if way < 0.60:
            return f"SET LOCAL {name} = {value}"
        if way < 0.75:
            return f"RESET {name}"
        if way < 0.80:
            return "RESET ALL"
        text = "NULL" if value == "DEFAULT" else "'" + value.replace("'", "") + "'"
        return f"SELECT set_config('{name}', {text}, {self._random.choice(('true', 'false'))})"

    def _role(self, may_return):
        role = self._random.choice(ROLES)
        local = self._random.choice(("true", "false"))
        again = "RESET ROLE" if may_return else f"SET ROLE {role}"
        return self._random.choice((f"SET ROLE {role}", f"SET ROLE {role}", f"SET LOCAL ROLE {role}", again,
                                    f"SELECT set_config('role', '{role.lower()}', {local})"))  # fmt: skip

    def _named(self, letter):
        name = self._random.choice(sorted(NAMED))
        way = self._random.random()
        if way < 0.32 and (letter, name) in self._taken:
            self._taken.discard((letter, name))
            return f"- {name}"
        if way < 0.32:
            self._taken.add((letter, name))
            return f"= {name} {self._random.choice(NAMED[name])}"
        if way < 0.35:
            return "= n3 SELECT nothing"  # which is never taken
        if way < 0.80:
            return f"@ {name}" if name == "n1" else f"@ {name} {self._random.choice((7, 1234))}"
        if way < 0.90:
            return f"- {name}"
        return self._random.choice((": ", "+ ")) + f"DEALLOCATE {name}"
