"""Session state when somebody dies: at every moment at which pgweir writes to a server it is stopped once, a server or
a client is killed, and it goes on. Only test builds have fault points, so tests/run leaves this file out for the release
preset."""
import unittest

from kit.case import DATABASE, USER
from kit.faults import KEEPERS, LISTENERS, FaultCase, Writer
from kit.rawclient import rows_of

POINTS = ("request_due", "request_forwarded")


class ServerDies(FaultCase):
    def sweep_all(self, scenario, *texts, size=1):
        self.assert_met(set().union(*(self.sweep(point, scenario, size) for point in POINTS)), *texts)

    def settings(self, proxy):
        """One server in turn for two: for each statement its session is made another one's."""
        one = Writer(self, proxy, TimeZone="Asia/Tokyo")
        other = Writer(self, proxy, work_mem="7MB")
        one.write()
        other.write(extended=True)
        one.set("role", "tenant", "SET ROLE {1}")
        other.set("TimeZone", "Europe/Rome")
        one.write(extended=True)
        other.write()
        one.set("role", "none", "RESET ROLE")
        one.write()
        for client in (one, other):
            client.leave()

    def test_while_settings_are_applied(self):
        self.sweep_all(self.settings, "set_config", "INSERT INTO seen", "RESET ROLE")

    def test_while_it_is_probed(self):
        self.sweep("request_forwarded", self.settings, server={"check_after": "1ms"})

    def deferred(self, proxy):
        one, other = Writer(self, proxy, TimeZone="Asia/Tokyo"), Writer(self, proxy)
        for client in (one, other, one):
            before = len(self.acknowledged)
            client.ask("BEGIN")
            client.write()
            client.set("work_mem", "9MB", "SET LOCAL {0} TO '{1}'")
            client.write()
            if not client.ask("COMMIT"):
                del self.acknowledged[before:]
            client.wanted["work_mem"] = "4MB"
            client.write()
        for client in (one, other):
            client.leave()

    def test_behind_a_deferred_begin(self):
        self.sweep_all(self.deferred, "SET LOCAL", "set_config")

    def surveyed(self, proxy):
        """What only a survey finds: with settings, a temporary table, a lock, a cursor, and a channel outstanding."""
        one, other = Writer(self, proxy, TimeZone="Asia/Tokyo"), Writer(self, proxy)
        one.set("work_mem", "9MB", "SELECT sets('{1}')")
        other.write()
        one.write()
        for cause in ("CREATE TEMP TABLE mine ()", "SELECT pg_advisory_lock(7)", "LISTEN news",
                      "BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT 7; COMMIT"):  # fmt: skip
            one.ask(cause)
            other.write()
            one.write()
        for client in (one, other):
            client.leave()

    def test_while_its_session_is_surveyed(self):
        self.sweep_all(self.surveyed, "sets('9MB')", "CREATE TEMP", "advisory_lock", "LISTEN news",
                       "'setting'::pg_catalog", size=2)  # fmt: skip

    def listening(self, proxy):
        """One that comes to listen, and whose channel goes to the hub."""
        one, other = Writer(self, proxy, TimeZone="Asia/Tokyo"), Writer(self, proxy)
        for channel in ("news", "sport"):
            one.ask(f"LISTEN {channel}")
            other.write()
            one.write()
        one.ask("UNLISTEN news")
        one.write()
        other.write()
        for client in (one, other):
            client.leave()

    def test_while_a_channel_goes_to_the_hub(self):
        self.sweep_all(self.listening, "LISTEN news", 'LISTEN "pgweir', "UNLISTEN", size=2)

    def routines(self, proxy):
        """Each change of a function makes pgweir read them anew, before the next one is lent a server."""
        one, other = Writer(self, proxy, TimeZone="Asia/Tokyo"), Writer(self, proxy)
        for value in ("8MB", "9MB"):
            one.ask("CREATE OR REPLACE FUNCTION changes() RETURNS text LANGUAGE plpgsql AS"
                    f" $$ BEGIN SET work_mem TO '{value}'; RETURN ''; END $$")  # fmt: skip
            other.set("work_mem", value, "SELECT changes()")
            one.write()
            other.write()
        for client in (one, other):
            client.leave()

    def test_while_routines_are_read(self):
        met = set()
        for point in ("question_due", "question_sent"):
            self.postgres.sql("CREATE OR REPLACE FUNCTION changes() RETURNS text LANGUAGE sql AS $$ SELECT '' $$;"
                              f"ALTER FUNCTION changes() OWNER TO {USER}", database=DATABASE)  # fmt: skip
            met |= self.sweep(point, self.routines)
        self.assert_met(met, "proname", "string_agg(what", "WITH RECURSIVE led")


class ClientDies(FaultCase):
    def pinned(self, proxy):
        """One that is killed wherever it is, the other one must not feel it."""
        self.victim = None
        other = Writer(self, proxy)
        self.victim = Writer(self, proxy, TimeZone="Asia/Tokyo")
        for cause in ("SELECT sets('9MB')", "SET ROLE tenant", "CREATE TEMP TABLE mine ()", "LISTEN news",
                      "SELECT pg_advisory_lock(7)", "BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT 7; COMMIT"):  # fmt: skip
            if not self.victim.killed:
                self.victim.try_to(cause)
            other.write()
        self.victim.leave()
        other.leave()

    def victim_dies(self):
        if self.victim is not None:
            self.victim.kill()

    def test_wherever_its_session_is(self):
        for point in POINTS:
            self.sweep(point, self.pinned, size=2, harm=self.victim_dies)


class ListenerDies(FaultCase):
    def listening(self, proxy):
        one, speaker = Writer(self, proxy), Writer(self, proxy)
        one.ask("LISTEN news")
        one.write()
        for number in (1, 2):
            speaker.ask(f"NOTIFY news, '{number}'")
        one.hears("2")
        for client in (one, speaker):
            client.leave()

    def test_while_a_listen_is_on_its_way(self):
        for point in ("listener_due", "listener_sent"):
            self.sweep(point, self.listening, size=2, harm=lambda: self.postgres.sql(LISTENERS))


class CacheKeeperDies(FaultCase):
    COUNT = "SELECT count(*) FROM seen"

    def counting(self, proxy):
        """Until the cache serves. What was acknowledged is counted, whether it does or not."""
        writer, reader = Writer(self, proxy), self.login(proxy)

        def hit():
            before = proxy.metric("pgweir_cache_requests_total", result="hit")
            writer.write()
            for _ in range(3):
                self.assertEqual(rows_of(reader.query(self.COUNT)), [[str(len(self.acknowledged))]])
            return proxy.metric("pgweir_cache_requests_total", result="hit") > before

        self.wait_until(hit, message="the cache to serve")
        writer.leave()
        reader.terminate()

    def test_while_it_takes_its_lock(self):
        for point in ("cache_lock_due", "cache_lock_sent"):
            self.sweep(point, self.counting, size=2, harm=lambda: self.postgres.sql(KEEPERS),
                       cache={"mode": "auto"})  # fmt: skip


if __name__ == "__main__":
    unittest.main()
