"""redis::link against a real Redis, driven through tests/probe/redis_link_probe."""
import unittest

from kit.redis_probe import LOST, NOT_CONNECTED, TIMED_OUT, TOO_MANY, RedisCase
from kit.waiting import wait_until


class RepliesTest(RedisCase):
    def setUp(self):
        self.server = self.redis()
        self.store = self.connected(self.server.url())

    def test_replies_of_each_kind(self):
        self.assertEqual(
            self.store.ask("send SET a 1", "send GET a", "send GET none", "send INCR a", "send LPUSH list x y",
                           "send LRANGE list 0 -1", "send LRANGE none 0 -1", "send INCR list",
                           "send EVAL return{1,{2,'x'},{},redis.error_reply('NO')} 0"),
            ["+OK", '"1"', "nil", ":2", ":2", '["y" "x"]', "[]",
             "-WRONGTYPE Operation against a key holding the wrong kind of value",
             '[:1 [:2 "x"] [] -ERR NO]'])  # fmt: skip

    def test_a_large_value(self):
        self.server.command("SETRANGE", "large", 3_000_000, "x")
        # With its quotes.
        self.assertEqual(self.store.ask("send GET large", "send GET none"), ["<3000003 characters>", "nil"])

    def test_several_commands_are_answered_together(self):
        self.server.command("SET", "a", "1")
        self.assertEqual(self.store.ask("send_all UNLINK a ; HSET p f v ; HDEL p f", "send GET a"), [":1", "nil"])
        self.assertEqual(self.store.ask("send_all SET a 1 ; INCR p2 x ; SET b 2", "send GET b"),
                         ["-ERR wrong number of arguments for 'incr' command", '"2"'])  # fmt: skip

    def test_what_is_sent_in_a_tick_is_one_read_for_redis(self):
        def reads():
            return int(self.server.info("stats", "total_reads_processed"))

        reads_of_asking = -(reads() - reads())
        before = reads()
        self.store.ask(*[f"send GET {number}" for number in range(50)], "fetch a b", "fetch b c")
        self.assertEqual(reads() - before - reads_of_asking, 1)
        self.assertEqual(self.server.calls("get"), 50)
        self.assertEqual(self.server.calls("mget"), 1)

    def test_look_ups_see_what_was_sent_in_their_tick(self):
        self.assertEqual(self.store.ask("fetch a", "send SET a 1"), ['values "1"', "+OK"])

    def test_look_ups_that_share_a_command_get_each_their_values(self):
        self.server.command("MSET", "a", "1", "b", "2")
        self.server.command("LPUSH", "list", "x")
        self.assertEqual(self.store.ask("fetch a none", "fetch b a b", "fetch none list", "send GET a"),
                         ['values "1" none', 'values "2" "1" "2"', "values none none", '"1"'])  # fmt: skip
        self.assertEqual(self.server.calls("mget"), 1)

    def test_redis_sees_who_we_are(self):
        self.assertEqual(len(self.server.clients()), 1)

    def test_its_eviction_policy_is_known(self):
        self.assertEqual(self.store.status()["eviction"], "noeviction")


class LoginTest(RedisCase):
    PASSWORD = "hush-6fT%25"  # as it stands in a URL
    SECRETS = ("hush", "covert")

    def test_a_password(self):
        server = self.redis(password="hush-6fT%")
        store = self.connected(server.url(password=self.PASSWORD))
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])
        self.assertNotIn("hush", store.log())
        self.refused(server.url(), r"wants a password \(NOAUTH\)")
        self.refused(server.url(password="hush-wrong"), r"refused the user or the .* \(WRONGPASS\)", self.SECRETS)
        # A password where the user belongs.
        self.refused(server.url(user="hush-6fT%25", password=""), "refused the user or the password", self.SECRETS)

    def test_a_password_that_nobody_asked_for(self):
        server = self.redis()
        self.refused(server.url(password=self.PASSWORD), r"has no password for its .* \(ERR\)", self.SECRETS)

    def test_a_user(self):
        rules = "covert on >hush-6fT% ~* &* +@all"
        server = self.redis(users=[rules])
        store = self.connected(server.url("covert", self.PASSWORD))
        self.assertIn(" user=covert ", server.clients()[0])
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])
        self.refused(server.url("covert", "hush-wrong"), "refused the user or the password", self.SECRETS)
        self.refused(server.url("stranger", self.PASSWORD), "refused the user or the password", self.SECRETS)

    def test_a_user_with_few_rights(self):
        few = "on >hush ~app:* -@all +get +mget +set +unlink +ping +select"
        server = self.redis(users=[f"informed {few} +info", f"ignorant {few}"])
        store = self.connected(server.url("informed", "hush"))
        self.assertRegex(store.ask("send SET other 1")[0], "^-NOPERM")
        self.assertEqual(store.ask("fetch other"), ["error Redis refused the command"])
        self.assertEqual(store.ask("send SET app:1 1", "fetch app:1"), ["+OK", 'values "1"'])
        self.assertEqual(store.status()["losses"], 0)
        self.refused(server.url("ignorant", "hush"), r"did not tell by INFO .* \(NOPERM\)", ["hush"])

    def test_a_database(self):
        server = self.redis()
        store = self.connected(server.url(database=3))
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])
        self.assertEqual((server.command("GET", "a"), server.command("GET", "a", database=3)), (None, "1"))
        self.refused(server.url(database=16), r"refused the number of the database \(ERR\)")

    def test_a_unix_socket(self):
        server = self.redis(settings={"port": 0})
        store = self.connected(server.unix_url(database=2))
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])
        self.assertEqual(server.command("GET", "a", database=2), "1")
        self.refused(server.unix_url() + "x", "No such file or directory")

    def test_a_name(self):
        server = self.redis()  # on 127.0.0.1 only: where the name is ::1 too, that one is refused
        self.connected(server.url(host="localhost"))

    def test_what_is_no_url(self):
        for url, sentence in (("rediss://:hush@localhost", "rediss:// needs TLS, which is not built"),
                              ("redis://:hush@", "needs the name of a host"),
                              ("http://localhost", "must begin with redis:// or unix://")):  # fmt: skip
            probe = self.probe(url)
            self.assertEqual(probe.close(), 2)
            self.assertIn("> refused " + sentence, probe.log())
            self.assertNotIn("hush", probe.log())


class FailureTest(RedisCase):
    def test_a_restart_is_another_epoch(self):
        server = self.redis()
        store = self.connected(server.url())
        server.kill9()
        store.wait_lost()
        self.assertEqual(store.ask("send GET a"), [NOT_CONNECTED])
        status = store.status()
        self.assertEqual((status["connected"], status["open"]), (0, 1))
        server.start()
        store.wait_connected(2)
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])
        self.assertEqual(len(set(store.epochs())), 2)
        self.assertEqual(store.status()["open"], 0)

    def test_another_connection_to_the_same_server_is_the_same_epoch(self):
        server = self.redis()
        store = self.connected(server.url())
        self.assertEqual(server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), 1)
        store.wait_lost()
        store.wait_connected(2)
        self.assertEqual(len(set(store.epochs())), 1)
        self.assertEqual(self.connected(server.url(database=1)).epochs()[0], store.epochs()[0])

    def test_a_server_that_comes_later(self):
        server = self.redis()
        server.kill9()
        store = self.probe(server.url())
        store.wait_reason("Connection refused")
        server.start()
        store.wait_connected()
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])

    def test_what_waits_when_the_server_goes_is_told_once(self):
        server = self.redis()
        store = self.connected(server.url())
        server.pause()
        numbers = store.begin(*[f"send GET {number}" for number in range(20)], "fetch a b", "fetch b")
        wait_until(lambda: store.status()["waiting"] == 21)
        server.kill9()
        self.assertEqual({store.answer(number)[1] for number in numbers}, {LOST})
        self.assertEqual(len(store.lines(r"\d+ \d+ .*")), len(numbers))

    def test_a_server_that_hangs_costs_its_timeout_once(self):
        server = self.redis()
        server.command("MSET", "old", "o", "new", "n")
        store = self.connected(server.url(), timeout=50, connect_timeout=300)
        self.assertEqual(store.ask("send GET old"), ['"o"'])
        server.pause()
        try:
            numbers = store.begin("send GET old", "send GET old", "fetch old")
            answers = [store.answer(number) for number in numbers]
            self.assertEqual({reply for _, reply in answers}, {TIMED_OUT})
            # How exact it is the unit tests say: this machine is busy.
            self.assertTrue(all(spent >= 49 for spent, _ in answers), answers)
            for _ in range(10):
                spent, reply = store.answer(store.begin("send GET old")[0])
                self.assertEqual(reply, NOT_CONNECTED)
                self.assertLess(spent, 49)
            status = store.status()
            counted = [status[name] for name in ("open", "timeouts", "failures", "rejections")]
            self.assertEqual(counted, [1, 1, 3, 10])
            # The kernel connects to a process that is stopped; only a greeting closes the breaker.
            store.wait_reason("no connection to Redis came about in time")
            self.assertEqual(len(store.epochs()), 1)
        finally:
            server.resume()
        store.wait_connected(2)
        # The late replies to the old requests are not taken for those to the new ones.
        self.assertEqual(store.ask("send GET new", "fetch new old"), ['"n"', 'values "n" "o"'])
        self.assertEqual(len(set(store.epochs())), 1)

    def test_an_idle_server_that_hangs_is_noticed(self):
        server = self.redis()
        store = self.connected(server.url(), timeout=50, check=100)
        server.pause()
        try:
            store.wait_lost()
        finally:
            server.resume()
        store.wait_connected(2)

    def test_more_requests_than_may_wait(self):
        server = self.redis()
        store = self.connected(server.url(), requests=5)
        server.pause()
        numbers = store.begin(*["send GET a"] * 8)
        self.assertEqual([store.answer(number)[1] for number in numbers[5:]], [TOO_MANY] * 3)
        server.resume()
        self.assertEqual([store.answer(number)[1] for number in numbers[:5]], ["nil"] * 5)

    def test_a_full_server_refuses_values_and_serves_the_rest(self):
        server = self.redis(settings={"maxmemory": "3mb", "maxmemory-policy": "noeviction"})
        store = self.connected(server.url())
        server.command("SET", "stamp", "1")
        server.command("CONFIG", "SET", "maxmemory", "1")
        self.assertRegex(store.ask("send SET a 1")[0], "^-OOM")
        for line, reply in (("fetch stamp", 'values "1"'), ("send UNLINK stamp", ":1"), ("fetch stamp", "values none")):
            self.assertEqual(store.ask(line), [reply])
        self.assertEqual(store.status()["losses"], 0)

    def test_too_many_clients_of_the_server(self):
        server = self.redis(settings={"maxclients": 10})
        probes = [self.probe(server.url()) for _ in range(12)]
        wait_until(lambda: sum(len(each.epochs()) for each in probes) == 10)
        # Where the server closes before it has read our greeting, the kernel may throw its words away.
        for each in probes:
            if not each.epochs():
                each.wait_reason("too many clients|reset by peer|Broken pipe")


class RoleTest(RedisCase):
    def replica_of(self, primary):
        return self.redis(settings={"replicaof": f"127.0.0.1 {primary.port}"})

    def test_a_replica_is_refused_until_it_is_the_primary(self):
        primary = self.redis()
        replica = self.replica_of(primary)
        wait_until(lambda: replica.info("replication", "master_link_status") == "up")
        store = self.refused(replica.url(), "this Redis is a replica")
        replica.command("REPLICAOF", "NO", "ONE")
        store.wait_connected()
        self.assertEqual(store.ask("send SET a 1"), ["+OK"])
        self.assertNotEqual(store.epochs()[0], self.connected(primary.url()).epochs()[0])

    def test_a_primary_that_becomes_a_replica_is_left_also_by_who_only_reads(self):
        primary = self.redis()
        other = self.redis()
        store = self.connected(primary.url(), check=100)
        before = store.epochs()[0]
        primary.command("REPLICAOF", "127.0.0.1", other.port)
        store.wait_lost()
        store.wait_reason("this Redis is a replica")
        self.assertEqual(store.ask("fetch a"), [NOT_CONNECTED])
        primary.command("REPLICAOF", "NO", "ONE")
        store.wait_connected(2)
        # The same process, with other data.
        self.assertNotEqual(store.epochs()[1], before)

    def test_a_write_to_what_became_a_replica_is_the_end_too(self):
        primary = self.redis()
        store = self.connected(primary.url())
        primary.command("REPLICAOF", "127.0.0.1", self.redis().port)
        self.assertRegex(store.ask("send SET a 1")[0], "^-READONLY")
        store.wait_lost()

    def test_a_history_that_redis_begins_by_itself_is_noticed(self):
        primary = self.redis(settings={"repl-backlog-ttl": 1})
        store = self.connected(primary.url(), check=100)
        replica = self.replica_of(primary)
        wait_until(lambda: replica.info("replication", "master_link_status") == "up")
        history = primary.info("replication", "master_replid")
        replica.kill9()
        wait_until(lambda: primary.info("replication", "master_replid") != history, message="another master_replid")
        store.wait_connected(2)
        self.assertEqual(len(set(store.epochs())), 2)


if __name__ == "__main__":
    unittest.main()
