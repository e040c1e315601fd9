"""Replies that a rule keeps for all users: whoever may not see one is refused as ever, and what is another one to each user
is shared by nobody."""

from kit import messages
from kit.cache import CacheCase, SharedCase
from kit.rawclient import error_of, rows_of

RULES = [{"name": "all", "ttl": "1h", "shared_by": "all_users"}]
NOT_ALLOWED = "42501"


def name_of(id):
    return f"SELECT name FROM users WHERE id = {id}"


class Roles(CacheCase):
    """alice and bob may read users, carol may not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in ("alice", "bob"):
            cls.postgres.create_role(user)
        cls.postgres.create_role("carol", options="LOGIN NOINHERIT")
        cls.postgres.create_role("readers", options="NOLOGIN ROLE carol")

    def setUp(self):
        super().setUp()
        self.sql("DROP SCHEMA IF EXISTS secret CASCADE", "DROP VIEW IF EXISTS mine", "GRANT SELECT ON users TO alice, bob, readers",
                 "REVOKE ALL ON users FROM carol")  # fmt: skip

    def each_as_themselves(self):
        return {"upstream": f"postgres://127.0.0.1:{self.postgres.port}/app"}

    def sharing_users(self, rules=RULES, **cache):
        proxy = self.pgweir(database=self.each_as_themselves(), cache={"mode": "rules", "rules": rules} | cache)
        self.proxies[proxy.port] = proxy
        return proxy

    def as_users(self, proxy, *names):
        return [self.login(proxy, user=name) for name in names]

    def assert_refused(self, proxy, client, text):
        hits = self.hits(proxy)
        self.assertEqual(error_of(client.query(text)).sqlstate, NOT_ALLOWED)
        self.assertEqual(self.hits(proxy), hits)


class Sharing(Roles):
    def test_who_was_answered_one_is_given_all_of_them(self):
        proxy = self.sharing_users()
        alice, bob = self.as_users(proxy, "alice", "bob")
        for id in range(1, 6):
            self.warm(alice, name_of(id))
        self.assert_miss(proxy, lambda: rows_of(bob.query(name_of(1))), [["user 1"]])
        for id in range(1, 6):
            self.assert_hit(proxy, lambda: rows_of(bob.query(name_of(id))), [[f"user {id}"]])
        self.assertEqual(int(proxy.show("CACHE")[0]["entries"]), 5)
        self.assertEqual({row["user"] for row in proxy.show("CACHE ENTRIES")}, {None})
        self.assertEqual(proxy.show("CACHE RULES")[0]["shared_by"], "all_users")

    def test_a_write_is_seen_by_all(self):
        proxy = self.sharing_users()
        alice, bob, owner = self.as_users(proxy, "alice", "bob", "app")
        for client in (alice, bob):
            self.warm(client, name_of(1))
        owner.query("UPDATE users SET name = 'changed' WHERE id = 1")
        self.assert_miss(proxy, lambda: rows_of(alice.query(name_of(1))), [["changed"]])
        self.assert_hit(proxy, lambda: rows_of(bob.query(name_of(1))), [["changed"]])

    def test_another_statement_is_another_right(self):
        self.sql("REVOKE SELECT ON users FROM bob", "GRANT SELECT (id, name) ON users TO bob")
        proxy = self.sharing_users()
        alice, bob = self.as_users(proxy, "alice", "bob")
        self.warm(alice, "SELECT * FROM users WHERE id = 1")
        self.warm(bob, name_of(1))
        self.assert_refused(proxy, bob, "SELECT * FROM users WHERE id = 1")

    def test_without_such_a_rule_nobody_shares(self):
        proxy = self.sharing_users([{"name": "all", "ttl": "1h"}])
        alice, bob = self.as_users(proxy, "alice", "bob")
        self.warm(alice, name_of(1))
        self.warm(alice, name_of(2))
        self.warm(bob, name_of(1))
        self.assert_miss(proxy, lambda: rows_of(bob.query(name_of(2))), [["user 2"]])
        self.assertEqual(proxy.show("CACHE RULES")[0]["shared_by"], "one_user")

    def test_the_flight_of_another_is_no_answer(self):
        """Each is answered by the server once, and not by a reply that was made for another."""
        self.sql("CREATE TABLE IF NOT EXISTS secrets AS SELECT 7 AS id", "GRANT SELECT ON secrets TO alice")
        proxy = self.sharing_users()
        alice, carol = self.as_users(proxy, "alice", "carol")
        self.warm(alice, name_of(1))
        slow = "SELECT count(*) FROM secrets, generate_series(1, 2000000)"
        alice.send(messages.query(slow))
        self.wait_until(lambda: proxy.show("CACHE")[0]["flights"] == "1", message="alice's to begin")
        self.assertEqual(error_of(carol.query(slow)).sqlstate, NOT_ALLOWED)
        self.assertEqual(rows_of(alice.until_ready()), [["2000000"]])


class Rights(Roles):
    def test_who_may_not_read_is_refused(self):
        proxy = self.sharing_users()
        alice, carol = self.as_users(proxy, "alice", "carol")
        self.warm(alice, name_of(1))
        for _ in range(3):
            self.assert_refused(proxy, carol, name_of(1))

    def test_rights_that_come_and_go(self):
        proxy = self.sharing_users()
        alice, carol, owner = self.as_users(proxy, "alice", "carol", "app")
        for _ in range(3):
            self.assert_refused(proxy, carol, name_of(1))
            owner.query("GRANT SELECT ON users TO carol")
            self.warm(alice, name_of(1))
            self.warm(carol, name_of(1))
            owner.query("REVOKE SELECT ON users FROM carol")
            self.assert_refused(proxy, carol, name_of(1))
            self.warm(alice, name_of(1))
            self.assert_refused(proxy, carol, name_of(1))

    def test_a_role_that_was_taken_on(self):
        proxy = self.sharing_users()
        alice, carol = self.as_users(proxy, "alice", "carol")
        self.warm(alice, name_of(1))
        for client in (alice, carol):
            client.query("SET search_path = public")  # "$user" would be another one with the role
        for id in (1, 2):
            self.warm(alice, name_of(id))
            carol.query("SET ROLE readers")
            self.warm(carol, name_of(id))
            carol.query("RESET ROLE")
            self.assert_refused(proxy, carol, name_of(id))

    def test_by_messages(self):
        proxy = self.sharing_users()
        alice, carol = self.as_users(proxy, "alice", "carol")

        def ask(client):
            client.send(messages.parse("", "SELECT name FROM users WHERE id = $1"), messages.bind("", "", ["1"]),
                        messages.describe_portal(), messages.execute(), messages.sync())  # fmt: skip
            return client.until_ready()

        self.wait_until(lambda: (self.assertEqual(rows_of(ask(alice)), [["user 1"]]), self.hits(proxy) > 0)[1])
        self.assertEqual(error_of(ask(carol)).sqlstate, NOT_ALLOWED)

    def test_revoked_through_another_pgweir(self):
        proxy, other = self.sharing_users(), self.pgweir(cache={"mode": "off"})
        alice, carol, owner = *self.as_users(proxy, "alice", "carol"), self.login(other)
        owner.query("GRANT SELECT ON users TO carol")
        for client in (alice, carol):
            self.warm(client, name_of(1))
        owner.query("REVOKE SELECT ON users FROM carol")
        self.wait_until(lambda: error_of(carol.query(name_of(1))) is not None, message="the change to be noticed")
        self.warm(alice, name_of(1))
        self.assert_refused(proxy, carol, name_of(1))


class Another(Roles):
    """What is another reply to each."""

    def test_what_says_who_asks(self):
        self.sql("CREATE VIEW mine AS SELECT name, current_user AS whose FROM users", "GRANT SELECT ON mine TO alice, bob")
        proxy = self.sharing_users()
        alice, bob = self.as_users(proxy, "alice", "bob")
        for text in ("SELECT current_user, name FROM users WHERE id = 1", "SELECT whose FROM mine WHERE name = 'user 1'",
                     "SELECT session_user FROM users WHERE id = 2"):  # fmt: skip
            self.warm(alice, text.replace("1", "3"))
            self.warm(bob, text.replace("1", "4"))
            for client, name in ((alice, "alice"), (bob, "bob")) * 2:
                self.assertEqual(rows_of(client.query(text))[0][0], name, text)

    def test_a_schema_that_only_one_may_use(self):
        self.sql("CREATE SCHEMA secret", "CREATE TABLE secret.users AS SELECT id, 'secret'::text AS name FROM public.users",
                 "GRANT SELECT ON secret.users TO alice, bob", "GRANT USAGE ON SCHEMA secret TO alice")  # fmt: skip
        proxy = self.sharing_users()
        alice, bob = self.as_users(proxy, "alice", "bob")
        for client in (alice, bob):
            client.query("SET search_path = secret, public")
        self.warm(alice, name_of(1))
        self.warm(bob, name_of(2))
        self.assert_miss(proxy, lambda: rows_of(bob.query(name_of(1))), [["user 1"]])
        self.assertEqual(rows_of(alice.query(name_of(2))), [["secret"]])

    def test_settings_of_their_own(self):
        self.postgres.sql("ALTER ROLE bob SET bytea_output = 'escape'")
        self.addCleanup(self.postgres.sql, "ALTER ROLE bob RESET bytea_output")
        proxy = self.sharing_users()
        alice, bob = self.as_users(proxy, "alice", "bob")
        text = "SELECT name::bytea FROM users WHERE id = {}"
        for client in (alice, bob):
            self.warm(client, text.format(1))
        self.assertEqual(self.warm(alice, text.format(2)), [["\\x757365722032"]])
        self.assert_miss(proxy, lambda: rows_of(bob.query(text.format(2))), [["user 2"]])
        alice.query("SET bytea_output = 'escape'")
        self.assertEqual(rows_of(alice.query(text.format(2))), [["user 2"]])

    def test_settings_that_the_database_is_given_meanwhile(self):
        """The servers of one user are older, those of the other newer than that."""
        proxy = self.sharing_users()
        (owner,) = self.as_users(proxy, "app")
        text = "SELECT name::bytea FROM users WHERE id = {}"
        self.warm(owner, text.format(1))
        self.postgres.sql("ALTER DATABASE app SET bytea_output = 'escape'")
        self.addCleanup(self.postgres.sql, "ALTER DATABASE app RESET bytea_output")
        (alice,) = self.as_users(proxy, "alice")
        for id in (1, 2):
            self.assertEqual(self.warm(alice, text.format(id)), [[f"user {id}"]])
            self.assertEqual(rows_of(owner.query(text.format(id))), [[rf"\x75736572203{id}"]])

    def test_settings_that_a_role_is_given_meanwhile(self):
        proxy = self.sharing_users()
        alice, owner = self.as_users(proxy, "alice", "app")
        text = "SELECT name::bytea FROM users WHERE id = {}"
        for client in (alice, owner):
            self.warm(client, text.format(1))
        self.postgres.sql("ALTER ROLE alice SET bytea_output = 'escape'")
        self.addCleanup(self.postgres.sql, "ALTER ROLE alice RESET bytea_output")
        self.postgres.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'alice'")
        self.wait_until(lambda: rows_of(alice.query(text.format(1))) == [["user 1"]], message="a new server")
        for id in (1, 2):
            self.warm(owner, text.format(1))
            self.assertEqual(self.warm(alice, text.format(id)), [[f"user {id}"]])
            self.assertEqual(rows_of(owner.query(text.format(id))), [[rf"\x75736572203{id}"]])


class OverRedis(Roles, SharedCase):
    def test_users_of_two_pgweirs(self):
        with_redis = {"redis": {"url": self.redis.url(), "timeout": "2s"}, "ttl": "1h"}
        one, two = (self.sharing_users(**with_redis) for _ in range(2))
        for proxy in (one, two):
            self.login(proxy, user="alice").close()
            self.wait_until(lambda: self.serving(proxy), message="the cache to serve")
        alice, bob, owner = self.login(one, user="alice"), self.login(one, user="bob"), self.login(two, user="app")
        self.warm(alice, name_of(1))
        self.warm(alice, name_of(2))
        self.warm(bob, name_of(1))
        self.assert_hit(one, lambda: rows_of(bob.query(name_of(2))), [["user 2"]])
        owner.query("UPDATE users SET name = 'changed' WHERE id = 2")
        self.assert_miss(one, lambda: rows_of(bob.query(name_of(2))), [["changed"]])
        self.assert_hit(one, lambda: rows_of(alice.query(name_of(2))), [["changed"]])
        owner.query("REVOKE SELECT ON users FROM bob")
        self.assert_refused(one, bob, name_of(2))
        self.warm(alice, name_of(2))
        self.assert_refused(one, bob, name_of(2))
