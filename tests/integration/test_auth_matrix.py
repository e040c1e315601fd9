"""Every way in which a client can prove who it is, with every way in which PostgreSQL can ask pgweir."""
import base64
import hashlib
import hmac
import os
import socket
import unittest

import psycopg2
from psycopg2.extensions import quote_ident

from kit import messages, pgweir
from kit.case import DATABASE, Case
from kit.pgweir import CONSOLE_USER, HOST
from kit.rawclient import RawClient, ServerError

METHODS = ("trust", "password", "md5", "scram-sha-256")
SCRAM = "scram-sha-256"
NO_SECRET = "the server asks for a password, and none is known"

# (clients' method, what the configuration holds) -> the methods of PostgreSQL that can be answered with it.
SUFFICES = {
    ("trust", "nothing"): {"trust"},
    ("trust", "clear"): set(METHODS),
    ("trust", "verifier"): {"trust"},
    ("trust", "hash"): {"trust", "md5"},
    ("password", "clear"): set(METHODS),
    ("password", "verifier"): set(METHODS),
    ("password", "hash"): set(METHODS),
    ("md5", "clear"): set(METHODS),
    ("md5", "verifier"): {"trust", SCRAM},  # they are asked by SCRAM
    ("md5", "hash"): {"trust", "md5"},
    (SCRAM, "clear"): set(METHODS),
    (SCRAM, "verifier"): {"trust", SCRAM},
}
KINDS = ("clear", "verifier", "hash", "nothing")


def name_of(server, kind):
    return f"{server} {kind}"


def secret_of(user):
    return f"geheim: ü {user}"


def md5_hash(user, password):
    return "md5" + hashlib.md5((password + user).encode()).hexdigest()


def verifier(password):
    """One with a salt of its own."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 4096)
    client, server = (hmac.new(salted, text, hashlib.sha256).digest() for text in (b"Client Key", b"Server Key"))
    stored, server, salt = (base64.b64encode(each).decode() for each in (hashlib.sha256(client).digest(), server, salt))
    return f"SCRAM-SHA-256$4096:{salt}${stored}:{server}"


class AuthMatrix(Case):
    """A role for each method of PostgreSQL and each kind of secret in pgweir's configuration."""

    postgres_options = {
        "hba": [f"host all {','.join(chr(34) + name_of(server, kind) + chr(34) for kind in KINDS)} {HOST}/32 {server}"
                for server in METHODS] + [f"host all all {HOST}/32 trust"]
    }  # fmt: skip

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        connection = cls.postgres.connect()
        with connection.cursor() as cursor:
            for server in METHODS:
                cursor.execute("SET password_encryption TO %s", ("md5" if server == "md5" else SCRAM,))
                for kind in KINDS:
                    user = name_of(server, kind)
                    cursor.execute(f"CREATE ROLE {quote_ident(user, cursor)} LOGIN PASSWORD %s", (secret_of(user),))
            cursor.execute("SELECT rolname, rolpassword FROM pg_authid")
            cls.stored = dict(cursor.fetchall())
        connection.close()

    def secret(self, server, kind):
        """As the configuration has it: what pg_authid holds where that is of the kind."""
        user = name_of(server, kind)
        if kind == "clear":
            return secret_of(user)
        if kind == "hash":
            return md5_hash(user, secret_of(user))
        return self.stored[user] if server != "md5" else verifier(secret_of(user))

    def users(self, method):
        """The configuration refuses what cannot work."""
        kinds = [kind for asked, kind in SUFFICES if asked == method and kind != "nothing"]
        known = {name_of(server, kind): {"password": self.secret(server, kind)} for server in METHODS for kind in kinds}
        return known | {CONSOLE_USER: {"password": "of the console"}, "someone": {"password": "of someone"}}

    def front(self, method, databases=None, users=None):
        """A pgweir whose database `app` is worked in under each client's own name."""
        own = {"upstream": f"postgres://{HOST}:{self.postgres.port}/{DATABASE}"}
        return self.pgweir(auth={"method": method, "users": self.users(method) | (users or {})},
                           databases={DATABASE: own} | (databases or {}))  # fmt: skip

    def served(self, proxy, user, password, database=DATABASE):
        """current_user by a real driver."""
        connection = psycopg2.connect(host=HOST, port=proxy.port, user=user, password=password, dbname=database)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_user, count(*) FROM generate_series(1, %s)", (3,))
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def refused(self, proxy, user, password, database=DATABASE):
        with self.assertRaises(ServerError) as refused:
            self.login(proxy, user=user, password=password, database=database)
        self.assertEqual(refused.exception.fields["S"], "FATAL")
        with self.assertRaises(psycopg2.OperationalError) as told:
            self.served(proxy, user, password, database)
        self.assertIn(refused.exception.fields["M"], str(told.exception))
        return refused.exception

    # Each client under its own name: what it proved, or what the configuration knows of it, has to do

    def check(self, method):
        proxy = self.front(method)
        for server in METHODS:
            for kind in [kind for asked, kind in SUFFICES if asked == method]:
                with self.subTest(client=method, secret=kind, server=server):
                    user = name_of(server, kind)
                    if server in SUFFICES[method, kind]:
                        self.assertEqual(self.served(proxy, user, secret_of(user)), user)
                        continue
                    error = self.refused(proxy, user, secret_of(user))
                    self.assertEqual(error.sqlstate, "08004")
                    self.assertIn(NO_SECRET, error.fields["M"])
        return proxy

    def test_trust(self):
        proxy = self.check("trust")
        error = self.refused(proxy, "nobody", None)
        self.assertEqual((error.sqlstate, error.fields["M"]), ("28000", 'role "nobody" does not exist'))

    def test_password(self):
        self.check("password")

    def test_md5(self):
        self.check("md5")

    def test_scram(self):
        self.check(SCRAM)

    def test_hash_for_scram(self):
        # It cannot be used for that, whatever the client knows.
        users = {"hashed": {"password": md5_hash("hashed", "of hashed")}}
        proxy = self.pgweir(start=False, at_rest=False, auth={"method": SCRAM, "users": users})
        with self.assertRaisesRegex(RuntimeError, "pgweir ended with 2"):
            proxy.start()
        self.assertEqual(proxy.wait(), 2)
        done = pgweir.run("check", "--config", str(proxy.config_file))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "auth.users.hashed: .*md5.*scram-sha-256")
        self.assertNotIn(users["hashed"]["password"], done.stderr)

    def test_secrets_that_postgresql_does_not_share(self):
        # The right one for pgweir, another one in pg_authid.
        user, salted = name_of(SCRAM, "clear"), name_of(SCRAM, "verifier")
        proxy = self.front(SCRAM, users={user: {"password": "outdated"},
                                         salted: {"password": verifier(secret_of(salted))}})  # fmt: skip
        error = self.refused(proxy, user, "outdated")
        words = f'password authentication failed for user "{user}"'
        self.assertEqual((error.sqlstate, error.fields["M"]), ("28P01", words))
        error = self.refused(proxy, salted, secret_of(salted))
        self.assertEqual(error.sqlstate, "08004")
        self.assertIn("another verifier", error.fields["M"])

    # All clients as the upstream's user, with its password: theirs need not have to do with it

    def databases(self, password_of):
        common = {"host": HOST, "port": self.postgres.port, "database": DATABASE}
        users = {server: name_of(server, "clear") for server in METHODS}
        return {f"as {server}": {"upstream": common | {"user": user, "password": password_of(user)}}
                for server, user in users.items()}  # fmt: skip

    def test_forced_name(self):
        databases = self.databases(secret_of)
        for method in METHODS:
            users = {"salted": {"password": verifier("of salted")}}
            if method != SCRAM:
                users["hashed"] = {"password": md5_hash("hashed", "of hashed")}
            proxy = self.front(method, databases, users)
            for server in METHODS:
                for user in ("someone", *users):
                    with self.subTest(client=method, server=server, user=user):
                        self.assertEqual(self.served(proxy, user, f"of {user}", f"as {server}"),
                                         name_of(server, "clear"))  # fmt: skip

    def test_upstream_without_a_password(self):
        # What the client proves is the client's, and is not shown to the server in another's name.
        databases = self.databases(secret_of)
        for database in databases.values():
            del database["upstream"]["password"]
        proxy = self.front("password", databases)
        self.assertEqual(self.served(proxy, "someone", "of someone", "as trust"), "trust clear")
        for server in METHODS[1:]:
            with self.subTest(server):
                error = self.refused(proxy, "someone", "of someone", f"as {server}")
                self.assertEqual(error.sqlstate, "08004")
                self.assertIn(NO_SECRET, error.fields["M"])

    def test_upstream_with_a_wrong_password(self):
        proxy = self.front(SCRAM, self.databases(lambda _: "of yesterday"))
        for server in METHODS[1:]:
            with self.subTest(server):
                error = self.refused(proxy, "someone", "of someone", f"as {server}")
                words = f'password authentication failed for user "{server} clear"'
                self.assertEqual((error.sqlstate, error.fields["M"]), ("28P01", words))
                self.assertNotIn("of yesterday", proxy.log())

    # Who is refused

    def attempt(self, proxy, user, password):
        """What one sees of a login: each message by kind, and each error in full, the name left out."""
        seen = []
        with RawClient(proxy.port) as client:
            client.send(messages.startup({"user": user, "database": DATABASE}))
            try:
                seen += [(message.tag, message.body) for message in client.login(user, password)]
            except ServerError as error:
                seen.append({code: text.replace(user, "NAME") for code, text in error.fields.items()})
            self.assertEqual(client.until_closed(), [])
        return seen

    def test_wrong_passwords(self):
        for method in METHODS[1:]:
            proxy = self.front(method)
            for kind in [kind for asked, kind in SUFFICES if asked == method]:
                user = name_of("trust", kind)
                for wrong in {"wrong", secret_of(user)[:-1], "", self.secret("trust", kind)} - {secret_of(user)}:
                    with self.subTest(method=method, kind=kind, wrong=wrong):
                        (error,) = self.attempt(proxy, user, wrong)
                        self.assertEqual((error["S"], error["C"]), ("FATAL", "28P01"))
                        self.assertEqual(error["M"], 'password authentication failed for user "NAME"')
            self.assertEqual(proxy.metric("pgweir_client_connects_total", result="ok"), 0)
            self.assertEqual(self.servers(), 0)

    def test_unknown_users_look_the_same(self):
        for method in METHODS[1:]:
            proxy = self.front(method)
            with self.subTest(method):
                known = self.attempt(proxy, name_of("trust", "clear"), "wrong")
                self.assertEqual(self.attempt(proxy, "nobody", "wrong"), known)
                self.assertEqual(self.attempt(proxy, "nobody", ""), known)
                # Not even by what is asked; and a salt that changes would tell.
                self.assertEqual(self.asked(proxy, "nobody")[0], self.asked(proxy, name_of("trust", "clear"))[0])
                self.assertEqual(self.asked(proxy, "nobody")[1], self.asked(proxy, "nobody")[1])

    def asked(self, proxy, user):
        """The kinds of request of a login with what of them may not differ, and the salt of SCRAM."""
        client = self.raw(proxy.port)
        client.send(messages.startup({"user": user, "database": DATABASE}))
        first = client.receive()
        if first.authentication != 10:
            return (first.authentication, len(first.body)), None
        nonce = b"n,,n=,r=abcdefghijklmnop"
        client.send(messages.message("p", b"SCRAM-SHA-256\0" + len(nonce).to_bytes(4, "big") + nonce))
        challenge = dict(part.split(b"=", 1) for part in client.receive().body[4:].split(b","))
        return (first.body, len(challenge[b"r"]), len(challenge[b"s"]), challenge[b"i"]), challenge[b"s"]

    def test_trust_only_from_where_it_is_allowed(self):
        # The machine's own address that is not loopback; nothing is sent to find it.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        self.assertFalse(address.startswith("127."), "this machine has no address but loopback")
        proxy = self.pgweir(start=False, at_rest=False)
        listen = {"addresses": [f"{HOST}:{proxy.port}", f"{address}:{proxy.port}"]}
        for allowed in (["203.0.113.0/24", "::/0"], [f"{address}/32"]):
            proxy.write_config(self.config(listen=listen, auth={"allow_trust_from": allowed}))
            proxy.start()
            client = RawClient(proxy.port, address)
            self.addCleanup(client.close)
            if address in allowed[0]:
                client.startup("app", DATABASE)
                self.assertEqual(client.value("SELECT 1"), "1")
            else:
                with self.assertRaises(ServerError) as refused:
                    client.startup("app", DATABASE)
                self.assertEqual((refused.exception.fields["S"], refused.exception.sqlstate), ("FATAL", "28000"))
                self.assertIn("trust is not allowed from this address", refused.exception.fields["M"])
                self.assertEqual(self.login(proxy).value("SELECT 1"), "1")
            proxy.stop()
        # Nobody named: that cannot have been meant.
        proxy.write_config(self.config(listen=listen))
        done = pgweir.run("check", "--config", str(proxy.config_file))
        self.assertEqual(done.returncode, 2)
        self.assertIn("auth.allow_trust_from", done.stderr)


if __name__ == "__main__":
    unittest.main()
