"""What goes wrong with the Redis that several pgweir share, and between them and it."""
from .faults import OUTAGE, CutNetwork, Fault, StallNetwork


class CutRedis(CutNetwork):
    name = "the network to Redis is cut"

    def relays(self):
        return self.stage.to_redis


class _Silence(Fault):
    """Long enough for some to give Redis up, and short enough for others not to (stage.HASTY)."""

    def pause(self):
        self.rest(self.rng.random() * 2 * OUTAGE)


class StallRedis(_Silence, StallNetwork):
    name = "the network to Redis stalls"

    def relays(self):
        return self.stage.to_redis


class RestartRedis(Fault):
    name = "Redis restarts"

    def strike(self):
        redis = self.stage.redis
        self.rng.choice([redis.stop, redis.kill9])()
        self.pause()
        redis.start()


class PauseRedis(_Silence):
    name = "Redis hangs"

    def strike(self):
        self.stage.redis.pause()
        self.pause()
        self.stage.redis.resume()


class FlushRedis(Fault):
    name = "Redis is flushed"

    def strike(self):
        self.stage.redis.command("FLUSHALL")


class EvictRedis(Fault):
    """Keys of pgweir at random."""

    name = "Redis loses keys"

    def strike(self):
        for _ in range(self.rng.randint(1, 50)):
            if key := self.stage.redis.command("RANDOMKEY"):
                self.stage.redis.command("UNLINK", key)


class FillRedis(Fault):
    """There are others on it that write more than it can hold, so that it makes room at the cost of everybody."""

    name = "Redis is full, and evicts"
    POLICIES = ("allkeys-lru", "allkeys-random")
    KEYS = 300  # that the others write at a time
    TIMES = 10
    WRITE = "for i = 1, tonumber(ARGV[2]) do redis.call('SET', ARGV[1] .. i, string.rep('x', 500)) end"

    def strike(self):
        redis = self.stage.redis
        # What clients' buffers take for a moment must not be more than what there is to be evicted.
        self._others_write(redis, 0, 10 * self.KEYS)
        before = int(redis.info("stats", "evicted_keys"))
        redis.command("CONFIG", "SET", "maxmemory-policy", self.rng.choice(self.POLICIES))
        redis.command("CONFIG", "SET", "maxmemory", redis.info("memory", "used_memory"))
        for turn in range(1, self.TIMES + 1):
            self._others_write(redis, turn, self.KEYS)
            self.rest(self.rng.random() * OUTAGE / 5)
        redis.command("CONFIG", "SET", "maxmemory", 0)
        evicted = int(redis.info("stats", "evicted_keys")) - before
        assert evicted > self.KEYS, f"{evicted} keys were evicted"

    def _others_write(self, redis, turn, keys):
        redis.command("EVAL", self.WRITE, 0, f"others:{turn}:", keys)


class FailOverRedis(Fault):
    """To a replica, which need not have heard of the last that was written: the former primary ends first, or there are
    two for a while, and one pgweir asks this one, another one that."""

    name = "Redis fails over to a replica"

    def strike(self):
        former = self.stage.redis
        replica = former.replica()
        if self.rng.random() < 0.5:
            former.kill9()
            self.pause()
        replica.command("REPLICAOF", "NO", "ONE")
        for relay in self.rng.sample(self.stage.to_redis, len(self.stage.to_redis)):
            self.pause()
            relay.target_port = replica.port
            relay.reset()
        former.close()
        self.stage.redis = replica


OUTAGES = (CutRedis, StallRedis, RestartRedis, PauseRedis, FailOverRedis)
LOSSES = (FlushRedis, EvictRedis, FillRedis)  # of what it has, while everybody can ask it
REDIS_FAULTS = (*OUTAGES, *LOSSES)
