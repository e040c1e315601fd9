"""What drivers and frameworks set when they connect costs a server once, and every later connection none."""
import unittest

from kit import messages
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.rawclient import rows_of, tags
from kit.script import told

CHATTER = {
    "Rails": ("SET client_min_messages TO 'warning'", "SET standard_conforming_strings = on",
              "SET SESSION intervalstyle TO iso_8601", "SET SESSION timezone TO 'UTC'"),
    "Sequelize": ("SET client_min_messages TO warning;SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE;",),
    "Django": ("SET TIME ZONE 'UTC'", "SET default_transaction_isolation TO 'repeatable read'"),
    "Laravel": ("set names 'utf8'", "set time zone 'Europe/Berlin'", "set session synchronous_commit to 'off'"),
    "pg_dump": ("SET DATESTYLE = ISO", "SET INTERVALSTYLE = POSTGRES", "SET extra_float_digits TO 3",
                "SET synchronize_seqscans TO off", "SET statement_timeout = 0", "SET row_security = off"),
    "psycopg2": ("SET datestyle TO 'ISO'", "SET default_transaction_read_only TO 'on'",
                 "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE"),
    "limits": ("SET statement_timeout = '30s'", "SET lock_timeout TO 500", "SET work_mem = '7MB'", "SET jit = off"),
}  # fmt: skip
EXTENDED = {
    "pgjdbc": ("SET extra_float_digits = 3", "SET application_name = 'PostgreSQL JDBC Driver'",
               "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"),
}  # fmt: skip
SETTINGS = """SELECT name, setting FROM pg_settings WHERE name ~ '^(client_|standard_|intervalst|timezone$|default_trans|date|
extra_float|synchron|statement_t|lock_t|row_sec|work_mem|jit$|application)' ORDER BY name""".replace("\n", "")


def ask(client, sql, extended):
    if extended:
        client.send(messages.parse("", sql), messages.bind(), messages.describe_portal(), messages.execute("", 1),
                    messages.sync())  # fmt: skip
        return client.until_ready()
    return client.query(sql)


def say_all(client, texts, extended):
    return [[told(message, {}) for message in ask(client, text, extended)] for text in texts]


class LoginChatter(Case):
    def direct(self):
        client = self.raw(self.postgres.port)
        client.startup(USER, DATABASE, PASSWORD)
        return client

    def check(self, texts, extended):
        direct = self.direct()
        expected, settings = say_all(direct, texts, extended), direct.rows(SETTINGS)
        direct.terminate()
        proxy = self.pgweir(database={"pool": {"size": 1, "queue": {"max_wait": "5s"}}})
        first, later, holder = (self.login(proxy) for _ in range(3))
        untouched = holder.rows(SETTINGS)
        self.assertEqual(say_all(first, texts, extended), expected)
        self.assertEqual(first.rows(SETTINGS), settings)
        holder.hold_server()
        self.assertEqual(say_all(later, texts, extended), expected, "without a server")
        self.assertEqual(proxy.metric("pgweir_session_settings_answered_total"), len(texts))
        self.assertEqual(proxy.state()["waiting"], 0)
        holder.query("COMMIT")
        self.assertEqual(later.rows(SETTINGS), settings)
        self.assertEqual(holder.rows(SETTINGS), untouched)

    def test_each_server_is_brought_to_what_was_answered(self):
        proxy = self.pgweir(database={"pool": {"size": 2}})
        first, later, holder = (self.login(proxy) for _ in range(3))
        first.query("SET TimeZone = 'Asia/Tokyo'")
        later.query("SET TimeZone = 'Asia/Tokyo'")
        self.assertEqual(proxy.metric("pgweir_session_settings_answered_total"), 1)
        pids = set()
        for _ in range(2):
            pids.add(later.value("SELECT pg_backend_pid()"))
            self.assertEqual(later.value("SELECT current_setting('TimeZone')"), "Asia/Tokyo")
            holder.hold_server()
        self.assertEqual(len(pids), 2)
        holder.query("COMMIT")

    def test_what_is_wrong_is_asked_every_time(self):
        proxy, direct = self.pgweir(), self.direct()
        client = self.login(proxy)
        for text in ("SET TimeZone = 'Nowhere/Land'", "SET extra_float_digits = 300", "SET jit = perhaps",
                     "SET work_mem = '7 miles'", "SET work_mem = '7MB'; SET jit = perhaps"):  # fmt: skip
            for _ in range(2):
                self.assertEqual(say_all(client, [text], False), say_all(direct, [text], False))
        self.assertEqual(proxy.metric("pgweir_session_settings_answered_total"), 0)
        self.assertEqual(client.value("SHOW work_mem"), direct.value("SHOW work_mem"))

    def test_what_rights_and_catalogs_decide_is_asked_every_time(self):
        self.postgres.sql("CREATE ROLE borrowed; GRANT borrowed TO app")
        proxy = self.pgweir()
        client, other = self.login(proxy), self.login(proxy)
        for text in ("SET ROLE borrowed", "SET ROLE NONE", "SET search_path = public", "SET app.tenant = '7'",
                     "SET default_tablespace = ''", "SET client_encoding = 'LATIN1'", "SET TimeZone TO DEFAULT"):  # fmt: skip
            for each in (client, other):
                self.assertIn(tags(each.query(text))[-2:], ("CZ", "SZ"), text)
        self.assertEqual(proxy.metric("pgweir_session_settings_answered_total"), 0)

    def test_beside_what_listens_and_what_is_pinned(self):
        proxy = self.pgweir()
        listener, pinned, client = (self.login(proxy) for _ in range(3))
        listener.query("LISTEN news")
        pinned.query("SELECT pg_advisory_lock(7)")
        for each in (client, client, listener, pinned):
            self.assertEqual(tags(each.query("SET lock_timeout TO 500")), "CZ")
        self.assertEqual(proxy.metric("pgweir_session_settings_answered_total"), 0)
        for each in (client, listener, pinned):
            self.assertEqual(rows_of(each.query("SELECT 1; SHOW lock_timeout"))[-1], ["500ms"])

    def test_other_servers_are_asked_anew(self):
        proxy = self.pgweir()

        def answered():
            before = proxy.metric("pgweir_session_settings_answered_total")
            client = self.login(proxy)
            client.query("SET DateStyle = ISO")
            self.assertEqual(client.value("SELECT current_setting('DateStyle')"), "ISO, MDY")
            client.terminate()
            return proxy.metric("pgweir_session_settings_answered_total") - before

        self.assertEqual([answered(), answered()], [0, 1])
        self.postgres.sql("ALTER SYSTEM SET TimeZone = 'Europe/Berlin'")
        try:
            self.postgres.restart()
            self.wait_until(lambda: self.login(proxy).value("SELECT current_setting('TimeZone')") == "Europe/Berlin",
                            message="a server with the new configuration")  # fmt: skip
            self.assertEqual([answered(), answered()], [0, 1])
        finally:
            self.postgres.sql("ALTER SYSTEM RESET TimeZone")
            self.postgres.restart()


def _add_tests():
    for extended, chatter in ((False, CHATTER), (True, EXTENDED)):
        for name, texts in chatter.items():
            def test(self, texts=texts, extended=extended):
                self.check(texts, extended)

            setattr(LoginChatter, f"test_of_{name}", test)


_add_tests()

if __name__ == "__main__":
    unittest.main()
