"""`pgweir check --connect`: whether what the configuration names can be connected to, before anybody serves by it."""
import json

from kit import pgweir
from kit.case import DATABASE, PASSWORD, USER, Case
from kit.ports import free_port
from kit.postgres import HOST
from kit.redis_server import RedisServer

REDIS_PASSWORD = "the-redis-secret"


class CheckConnect(Case):
    postgres_options = {"auth": "scram-sha-256"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.redis = RedisServer(password=REDIS_PASSWORD)
        cls.addClassCleanup(cls.redis.close)
        cls.redis.start()

    def check(self, *options, **changes):
        """What it ends with, prints and complains of."""
        file = self.postgres.directory / "check.yaml"
        listen = {"addresses": [f"{HOST}:{free_port()}"]}
        file.write_text(json.dumps({"version": 1, "listen": listen} | self.config(**changes)), encoding="utf-8")
        done = pgweir.run("check", *(options or ["--connect"]), "--config", str(file))
        for secret in (PASSWORD, REDIS_PASSWORD, "wrong-secret"):
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def cache(self, url):
        return {"mode": "auto", "redis": {"url": url}}

    def upstream_of(self, **parts):
        return {DATABASE: {"upstream": self.postgres.url(**({"user": USER, "password": PASSWORD, "database": DATABASE} | parts))}}

    def test_all_is_there(self):
        code, said, complained = self.check(cache=self.cache(self.redis.url(password=REDIS_PASSWORD)))
        self.assertEqual((code, complained), (0, ""))
        self.assertRegex(said, rf"(?m)^databases\.app\.upstream: PostgreSQL 1\d\.\d.* at {HOST}:{self.postgres.port}, as {USER}$")
        self.assertRegex(said, rf"(?m)^cache\.redis\.url: Redis [\d.]+ at {HOST}:{self.redis.port}$")

    def test_without_the_option_nothing_is_tried(self):
        said = self.check("--set", "workers=1", cache=self.cache(f"redis://{HOST}:{free_port()}"))
        self.assertEqual(said, (0, "configuration is valid\n", ""))

    def test_a_wrong_password_of_redis(self):
        code, _, complained = self.check(cache=self.cache(self.redis.url(password="wrong-secret")))
        self.assertEqual(code, 1)
        self.assertRegex(complained, r"^cache\.redis\.url: .*(WRONGPASS|password)")

    def test_no_redis(self):
        code, said, complained = self.check(cache=self.cache(f"redis://{HOST}:{free_port()}"))
        self.assertEqual(code, 1)
        self.assertRegex(complained, r"^cache\.redis\.url: .*refused")
        self.assertIn("databases.app.upstream: PostgreSQL", said)

    def test_a_wrong_password_of_postgresql(self):
        code, _, complained = self.check(databases=self.upstream_of(password="wrong-secret"))
        self.assertEqual(code, 1)
        self.assertIn("databases.app.upstream: password authentication failed", complained)

    def test_no_database_of_that_name(self):
        code, _, complained = self.check(databases=self.upstream_of(database="nowhere"))
        self.assertEqual(code, 1)
        self.assertIn('database "nowhere" does not exist', complained)

    def test_no_postgresql(self):
        code, _, complained = self.check(databases=self.upstream_of(port=free_port()))
        self.assertEqual(code, 1)
        self.assertRegex(complained, r"databases\.app\.upstream: .*refused")

    def test_clients_that_log_in_as_themselves(self):
        upstream = {DATABASE: {"upstream": f"postgres://{HOST}:{self.postgres.port}/{DATABASE}"}}
        code, said, _ = self.check(databases=upstream, auth={"users": {USER: {"password": PASSWORD}}})
        self.assertEqual(code, 0)
        self.assertIn(f", as {USER}", said)
        code, said, _ = self.check(databases=upstream)
        self.assertEqual(code, 0)
        self.assertIn("databases.app.upstream: not tried: ", said)
