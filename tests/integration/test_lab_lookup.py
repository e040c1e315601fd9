"""bench/lab lookup: the short run holds what it claims, whether there is a cache is decided by the program, and a read that
is too old is found."""
import asyncio
import json
import re
import shutil
import sys
import tempfile
import threading
import unittest

from aiohttp import web

from kit import processes
from kit.cache_settings import other_program, takes
from kit.pgweir import ROOT
from kit.scene_runs import SceneCase, ShortRunTests
from kit.waiting import wait_until

sys.path[:0] = [str(ROOT / part) for part in ("bench", "compose", "grafana")]
from scenes import __main__ as lab  # noqa: E402
from scenes.freshness import Freshness, Versions  # noqa: E402
from scenes.lookup import Lookups, claims  # noqa: E402
from scenes.wrk import read_outcome  # noqa: E402
from topology.problem import Problem  # noqa: E402

LOADS = 4  # two on each path


def has_cache():
    return takes("{mode: auto, redis: {url: 'redis://127.0.0.1:6379/0'}}")


class LookupCase(SceneCase):
    scene = "lookup"


class ShortRun(ShortRunTests, LookupCase):
    def results(self):
        return self.found["lookups"]

    def of(self, mode):
        return [each for each in self.results() if each["mode"] == mode]

    def test_every_load_was_measured(self):
        loads = [(path, clients) for path in ("/user/1", "/user/1/summary") for clients in (100, 200)]
        for mode in ("direct", "pooled", *(["cached"] if has_cache() else [])):
            self.assertEqual([(each["path"], each["clients"]) for each in self.of(mode)], loads, mode)
        for each in self.results():
            self.assertGreater(each["good"], 0)
            self.assertLess(0, each["p50_ms"])
            self.assertLessEqual(each["p50_ms"], each["p99_ms"])
            self.assertGreater(each["cpu_seconds"], 0)
            self.assertGreater(each["reads"], 0)
            self.assertGreater(each["changes"], 0)
            self.assertEqual((each["stale"], each["backwards"]), (0, 0))

    def test_a_program_without_a_cache_is_reported_as_one(self):
        self.assertEqual(self.found["unavailable"], [] if has_cache() else ["cached"])
        remark = "With the cache on: not available in this version."
        for name in ("report.md", "report.html"):
            self.assertEqual(remark in (self.output / name).read_text(), not has_cache())

    def test_directly_clients_are_refused(self):
        for each in self.of("direct"):
            self.assertGreater(each["errors"], 0)
            self.assertGreater(each["refused"], 0)

    def test_through_pgweir_there_is_no_error(self):
        for each in self.of("pooled") + self.of("cached"):
            self.assertEqual((each["errors"], each["changes_failed"], each["reads_failed"]), (0, 0, 0))
            self.assertEqual((each["refused"], each["pool_timeouts"]), (0, 0))

    def test_without_a_cache_every_answer_costs_postgres_a_query(self):
        for each in self.of("direct") + self.of("pooled"):
            self.assertGreaterEqual(each["queries"], each["good"])
            self.assertIsNone(each["hit_rate"])

    def test_a_summary_costs_postgres_more_than_a_user(self):
        for user, summary in zip(self.of("pooled")[:2], self.of("pooled")[2:]):
            self.assertGreater(summary["cpu_seconds"] / summary["good"], user["cpu_seconds"] / user["good"])


class WhoDecides(LookupCase):
    """pgweir's `check`, which is another program here."""

    def setUp(self):
        self.directory = processes.temporary_directory("programs")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def run_cached(self, check):
        """(exit code, what it printed, the directory of its report)"""
        process, output = self.start("--only", "cached", program=other_program(self.directory / "pgweir", check))
        self.addCleanup(shutil.rmtree, output, ignore_errors=True)
        return *self.end(process), output

    def test_one_that_takes_the_settings_is_measured_and_found_out_when_it_caches_nothing(self):
        # What it is asked is what it is started with: mode and Redis.
        asked = r"""grep -q '^cache: {"mode": "auto", "redis": {"url": "redis://' "$3" """
        code, text, output = self.run_cached(asked)
        self.assertEqual(code, 1, text)
        found = json.loads((output / "report.json").read_text())
        self.assertEqual(found["unavailable"], [])
        self.assertEqual([each["mode"] for each in found["lookups"]], ["cached"] * LOADS)
        self.assertIn("the cache answers reads", found["broken"])
        self.assertIn("error: this does not hold: the cache answers reads", text)
        self.assertNotIn("not available", text)
        kept = list((output / "evidence").glob("cached-user-1*"))
        self.assertEqual(len(kept), LOADS)
        for path in output.rglob("*.*"):
            self.assertNotRegex(path.read_text(errors="replace"), r"postgres://app:|redis://:|password: ")

    def test_one_that_has_none_cannot_be_measured(self):
        for key in ("cache", "cache.redis"):
            code, text, _ = self.run_cached(f'echo "$3:4:1: {key}: not available in this version (anything)"; exit 2')
            self.assertEqual(code, 1, text)
            self.assertIn("error: the cache is not available in this version, and nothing else is asked for", text)

    def test_one_that_refuses_them_for_another_reason_is_an_error(self):
        for complaint in ("$3:4:9: cache.mode: unknown key", "$3:4:1: cache: not available in this version\n$3:1:1: oops",
                          "$3:4:1: cached: not available in this version", ""):  # fmt: skip
            code, text, _ = self.run_cached(f"printf '%s' \"{complaint}\"; exit 2")
            self.assertEqual(code, 1, text)
            self.assertIn("error: `pgweir check` refuses the settings of the cache with exit code 2", text)


class Options(LookupCase):
    def test_modes_belong_to_scenes(self):
        process, output = self.start("--only", "service")
        self.addCleanup(shutil.rmtree, output, ignore_errors=True)
        code, text = self.end(process)
        self.assertEqual(code, 2)
        self.assertIn("--only: service: lookup has direct, pooled, cached", text)

    def test_results_have_a_section_for_each_scene(self):
        with tempfile.TemporaryDirectory() as directory:
            file = lab.pathlib.Path(directory) / "RESULTS.md"
            file.write_text("# Benchmarks\n\n<!-- measured: lab counter -->\nhits\n<!-- end: lab counter -->\n")
            before, lab.RESULTS = lab.RESULTS, file
            try:
                lab.update_results("lab lookup", "once\n")
                lab.update_results("lab lookup", "twice\n")
            finally:
                lab.RESULTS = before
            self.assertEqual(file.read_text(), "# Benchmarks\n\n<!-- measured: lab counter -->\nhits\n"
                             "<!-- end: lab counter -->\n\n<!-- measured: lab lookup -->\ntwice\n<!-- end: lab lookup -->\n")


class Service:
    """What looks like app/tasks with one user. `behave` gets (this, method) and says which version is answered; None: an
    error. It runs in a thread, as long as the block lasts."""

    def __init__(self, behave):
        self.version = 1
        self.acknowledged = 1
        self._behave = behave
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self):
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    async def _serve(self):
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application()
        application.add_routes([web.post("/user", self._answer), web.get("/user/1", self._answer)])
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self._listening.set()
        await self._ended.wait()
        await runner.cleanup()

    async def _answer(self, request):
        version = await self._behave(self, request.method)
        return web.json_response({"version": version}, status=200 if version is not None else 503)


async def honest(service, method):
    if method == "POST":
        service.version += 1
    return service.version


async def slow_to_acknowledge(service, method):
    """Reads see a change before it is acknowledged, and all do: nothing is wrong with that."""
    if method == "GET":
        return service.version
    service.version += 1
    version = service.version
    await asyncio.sleep(0.02)
    return version


async def slow_to_answer(service, method):
    """What a read shows was true when it began; changes have been acknowledged since."""
    version = await honest(service, method)
    await asyncio.sleep(0.03 if method == "GET" else 0)
    return version


async def two_minds(service, method):
    """Every other read sees what is not acknowledged yet, the one after it does not."""
    if method == "POST":
        service.version += 1
        version = service.version
        await asyncio.sleep(0.05)
        service.acknowledged = version
        return version
    service.reads = getattr(service, "reads", 0) + 1
    return service.version if service.reads % 2 else service.acknowledged


async def late(service, method):
    """A cache that hears of changes after they are acknowledged."""
    if method == "GET":
        return service.acknowledged
    service.version += 1
    service._loop.call_later(0.03, setattr, service, "acknowledged", service.version)
    return service.version


async def moody(service, method):
    """Every third request is an error, also of those that change something."""
    version = await honest(service, method)
    service.asked = getattr(service, "asked", 0) + 1
    return version if service.asked % 3 else None


class ReadsThatAreTooOld(unittest.TestCase):
    def watch(self, behave, until):
        """Versions of a service that behaves so, once `until` holds of them."""
        with Service(behave) as service, Freshness(service.url, "/user/1") as fresh:
            fresh.wait_until_it_reads()
            wait_until(lambda: until(fresh.versions), message=lambda: f"what does not come: {fresh.versions}")
        return fresh.versions

    def test_none_is(self):
        for behave in (honest, slow_to_acknowledge, slow_to_answer):
            versions = self.watch(behave, lambda known: known.changes > 10 and known.reads > 100)
            self.assertEqual((versions.stale, versions.backwards, versions.examples), (0, 0, []), behave)
            self.assertEqual((versions.reads_failed, versions.changes_failed), (0, 0))

    def test_a_change_that_was_acknowledged_is_not_seen(self):
        versions = self.watch(late, lambda known: known.stale > 3)
        self.assertTrue(versions.examples)
        for example in versions.examples:
            self.assertLess(example["read"], max(example["acknowledged"], example["shown"]))

    def test_new_then_old(self):
        versions = self.watch(two_minds, lambda known: known.backwards > 3)
        self.assertEqual(versions.stale, 0)

    def test_errors_are_counted_and_nothing_else(self):
        versions = self.watch(moody, lambda known: known.changes_failed > 2 and known.reads_failed > 2 and known.changes > 2)
        self.assertEqual((versions.stale, versions.backwards), (0, 0))
        self.assertGreaterEqual(versions.sent, versions.changes + versions.changes_failed)

    def test_nobody_answers(self):
        with self.assertRaisesRegex(Problem, "could not be changed and read"):
            with Freshness("http://127.0.0.1:1", "/user/1") as fresh:
                fresh.is_running = lambda: False  # else it would wait for two minutes
                fresh.wait_until_it_reads()


class Claims(unittest.TestCase):
    """Each breaks when what it claims is not so, and no other does."""

    def broken(self, mode="cached", stored=7, versions=None, **changed):
        values = {"mode": mode, "path": "/user/1", "threads": 1, "clients": 1, "seconds": 1.0, "answers": 100, "good": 100,
                  "errors": 0, "refused": 0, "pool_timeouts": 0, "rate": 100.0, "p50_ms": 1.0, "p99_ms": 2.0,
                  "queries": 20, "cpu_seconds": 0.1, "cache": {"hit": 90, "miss": 10}, "changes": 6, "changes_failed": 0,
                  "reads": 10, "reads_failed": 0, "stale": 0, "backwards": 0} | changed  # fmt: skip
        known = versions or Versions(newest=7, sent=6, changes=6)
        return [claim for claim, holds in claims(Lookups(**values), known, stored) if not holds]

    def test_all_hold(self):
        for mode in ("direct", "pooled", "cached"):
            self.assertEqual(self.broken(mode), [])
        self.assertEqual(self.broken("direct", errors=3, reads_failed=2, cache=None, queries=1000), [])
        self.assertEqual(self.broken("pooled", cache=None, queries=1000), [])
        self.assertEqual(self.broken(stored=8, versions=Versions(newest=7, sent=7, changes=6)), [])

    def test_each_breaks(self):
        for changed, claim in (
            ({"reads": 0}, "0 reads between 6 changes"), ({"changes": 1}, "10 reads between 1 changes"),
            ({"stale": 1}, "no read is older than a change"), ({"backwards": 1}, "no read is older than what a read"),
            ({"errors": 1}, "no client sees"), ({"changes_failed": 1}, "no client sees"),
            ({"reads_failed": 1}, "no client sees"), ({"stored": 6}, "the row has version 6"),
            ({"stored": 8}, "the row has version 8"), ({"cache": None}, "the cache answers"),
            ({"cache": {"hit": 0, "miss": 9, "bypass": 9}}, "the cache answers"), ({"queries": 110}, "fewer queries"),
        ):  # fmt: skip
            with self.subTest(**changed):
                broken = self.broken(**changed)
                self.assertEqual(len(broken), 1, broken)
                self.assertTrue(broken[0].startswith(claim), broken)
        self.assertTrue(self.broken("direct", stale=1))


class WhatWrkSays(unittest.TestCase):
    USUAL = """Running 2s test @ http://127.0.0.1:8080/user/1
  10 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   323.01ms  160.90ms   1.05s    70.04%
    Req/Sec    31.45     18.12    90.00     60.87%
  Latency Distribution
     50%  742.00us
     75%  403.06ms
     90%  530.02ms
     99%    1.05s
  335 requests in 2.03s, 55.29KB read
Requests/sec:    164.93
Transfer/sec:     27.22KB
"""

    def test_all_is_well(self):
        found = read_outcome(self.USUAL.replace("1.05s\n", "1.05s \n"))  # wrk pads the shorter units
        self.assertEqual((found.answers, found.good, found.errors, found.seconds, found.p50_ms, found.p99_ms),
                         (335, 335, 0, 2.03, 0.742, 1050))  # fmt: skip

    def test_errors(self):
        said = ("  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 35\nRequests/sec")
        found = read_outcome(self.USUAL.replace("Requests/sec", said))
        self.assertEqual((found.good, found.not_200, found.broken, found.errors), (300, 35, 10, 45))

    def test_longer_than_a_minute(self):
        self.assertEqual(read_outcome(self.USUAL.replace("in 2.03s,", "in 1.50m,")).seconds, 90)

    def test_nonsense(self):
        for said in ("", self.USUAL.replace("335 requests", "requests"), re.sub(" *99%.*\n", "", self.USUAL)):
            with self.assertRaises(Problem):
                read_outcome(said)


if __name__ == "__main__":
    unittest.main()
