"""The faults that the workload does to a Redis."""
import contextlib
import random
import socket
import types
import unittest
import unittest.mock

from coherence import workload
from coherence.redis_faults import (
    REDIS_FAULTS,
    CutRedis,
    EvictRedis,
    FailOverRedis,
    FillRedis,
    FlushRedis,
    PauseRedis,
    RestartRedis,
    StallRedis,
)
from coherence.stage import Stage
from kit.chaos import Chaos
from kit.redis_server import RedisServer


class RedisFaults(unittest.TestCase):
    """Each does what its name says to a Redis, and leaves it in order."""

    def setUp(self):
        self.redis = self.enterContext(RedisServer())
        self.relay = self.enterContext(Chaos(self.redis.port))
        for number in range(100):
            self.redis.command("SET", f"key {number}", "value")

    def strike(self, fault):
        stage = types.SimpleNamespace(redis=self.redis, to_redis=[self.relay])
        fault(stage, random.Random(1), rest=lambda seconds: None).strike()
        if stage.redis is not self.redis:
            self.redis = self.enterContext(contextlib.closing(stage.redis))
        self.assertEqual(self.redis.command("PING"), "PONG")
        return self.redis.command("DBSIZE")

    def connection(self):
        connection = self.enterContext(socket.create_connection(("127.0.0.1", self.relay.port), 30))
        connection.sendall(b"PING\r\n")
        self.assertEqual(connection.recv(100), b"+PONG\r\n")
        return connection

    def test_what_is_lost(self):
        self.assertEqual(self.strike(PauseRedis), 100)
        self.assertIn(self.strike(EvictRedis), range(50, 100))
        self.assertEqual(self.strike(FlushRedis), 0)

    def own_keys(self):
        return self.redis.command("KEYS", "key *")

    def test_what_is_evicted(self):
        """By either policy, and no longer than it strikes."""
        for policy in FillRedis.POLICIES:
            with unittest.mock.patch.object(FillRedis, "POLICIES", (policy,)), self.subTest(policy):
                for number in range(100):
                    self.redis.command("SET", f"key {number}", "value")
                self.strike(FillRedis)
                self.assertLess(len(self.own_keys()), 100)
                evicted = self.redis.info("stats", "evicted_keys")
                self.redis.command("SET", "large", "x" * 1_000_000)
                self.assertEqual(self.redis.info("stats", "evicted_keys"), evicted)

    def test_a_failover(self):
        former, run = self.redis, self.redis.info("server", "run_id")
        for _ in range(2):
            connection = self.connection()
            self.assertEqual(self.strike(FailOverRedis), 100)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(connection.recv(100), b"")
            self.assertIsNone(former.process)
            self.assertEqual(self.redis.info("replication", "role"), "master")
            connection = self.connection()
            connection.sendall(b"INFO server\r\n")
            self.assertIn(self.redis.info("server", "run_id").encode(), connection.recv(65536))
            self.assertNotEqual(self.redis.info("server", "run_id"), run)

    def test_a_restart(self):
        run = self.redis.info("server", "run_id")
        self.assertEqual(self.strike(RestartRedis), 0)
        self.assertNotEqual(self.redis.info("server", "run_id"), run)

    def test_during_a_workload(self):
        with Stage(1, redis=self.redis) as stage:
            result = workload.run(stage, seconds=1, seed=1, clients=4, faults=REDIS_FAULTS, every=0.1)
        self.assertEqual({name for _, name in result.struck}, {fault.name for fault in REDIS_FAULTS})
        self.assertFalse(result.violations, result.summary())

    def test_the_network_is_cut(self):
        connection = self.connection()
        self.assertEqual(self.strike(CutRedis), 100)
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(connection.recv(100), b"")
        self.connection()

    def test_the_network_stalls(self):
        connection = self.connection()
        self.assertEqual(self.strike(StallRedis), 100)
        connection.sendall(b"PING\r\n")
        self.assertEqual(connection.recv(100), b"+PONG\r\n")


if __name__ == "__main__":
    unittest.main()
