"""HTTP load: ab for numbers, and clients that remember what they were told about each hit."""
import asyncio
import dataclasses
import itertools
import re
import threading
import time

import aiohttp
from topology.problem import Problem
from topology.server import wait_for

from .ledger import Ledger

AB = "/usr/bin/ab"
PATIENCE = 120  # seconds for one request: SQLAlchemy's pool gives up after 30
PAUSE = 0.25  # seconds after a failure, or clients would use up their hits while there is nobody to take them


@dataclasses.dataclass
class AbOutcome:
    complete: int
    failed: int  # no answer, or a broken one
    not_200: int
    seconds: float
    p50_ms: int
    p99_ms: int
    longest_ms: int

    @property
    def acknowledged(self):
        return self.complete - self.failed - self.not_200


def ab(children, directory, url, requests, clients, time_limit):
    """AbOutcome. It ends after `time_limit` seconds, whatever is done by then."""
    body = directory / "empty-body"
    body.touch()
    # -r: a connection that breaks is counted, and the rest goes on. -l: answers may differ in length.
    # -t sets a -n of its own, so it stands before.
    command = [AB, "-q", "-r", "-l", "-t", str(time_limit), "-s", str(PATIENCE), "-n", str(requests),
               "-c", str(clients), "-T", "text/plain", "-p", body, url]  # fmt: skip
    code, output, errors = children.run(command, timeout=time_limit + 2 * PATIENCE)
    if code != 0:
        raise Problem(f"ab failed:\n{errors}{output}")

    def number(label, pattern=r"([\d.]+)"):
        found = re.search(rf"^\s*{label}\s+{pattern}", output, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    return AbOutcome(
        complete=int(number("Complete requests:")),
        failed=int(number("Failed requests:")),
        not_200=int(number("Non-2xx responses:")),
        seconds=number("Time taken for tests:"),
        p50_ms=int(number("50%")),
        p99_ms=int(number("99%")),
        longest_ms=int(number("100%")),
    )


class InThread:
    """Coroutines that run in a thread of their own from `with` on, so that other things can be done meanwhile. The block
    ends when they do."""

    def __init__(self):
        self.failure = None
        self._stop = False  # who is interrupted does not wait for the slowest request
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop = kind is not None
        self._thread.join(2 if self._stop else None)
        if self.failure and not self._stop:
            raise self.failure

    def is_running(self):
        return self._thread.is_alive()

    def wait_until(self, condition, seconds, complaint):
        """It has to become true while the work goes on."""

        def met():
            if condition():
                return True
            if not self.is_running():
                raise Problem(complaint()) from self.failure
            return False

        wait_for(met, seconds, complaint)

    async def work(self):
        raise NotImplementedError

    def _run(self):
        try:
            asyncio.run(self.work())
        except Exception as failure:  # goes on in the thread that has started this one
            self.failure = failure


class Hits(InThread):
    """`clients` that send `requests` hits in all, each with an id of its own and each once; what is under test can be
    killed meanwhile."""

    def __init__(self, url, requests, clients):
        super().__init__()
        self.ledger = Ledger()
        self.total = requests
        self._url = url
        self._clients = clients
        self._ids = (f"hit-{number}" for number in itertools.count())

    def acknowledged(self):
        return len(self.ledger.acknowledged)

    def wait_for(self, acknowledged, seconds=PATIENCE):
        """Until so many hits have been acknowledged."""
        self.wait_until(lambda: self.acknowledged() >= acknowledged, seconds,
                        lambda: f"only {self.acknowledged()} of {acknowledged} hits were acknowledged")  # fmt: skip

    async def work(self):
        limits = aiohttp.ClientTimeout(total=PATIENCE)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=limits) as session:
            numbers = iter(range(self.total))
            await asyncio.gather(*(self._client(session, numbers) for _ in range(self._clients)))

    async def _client(self, session, numbers):
        for _ in numbers:
            if self._stop:
                return
            if not await self._hit(session, next(self._ids)):
                await asyncio.sleep(PAUSE)

    async def _hit(self, session, id):
        """Whether it was acknowledged."""
        started = time.monotonic()
        status, body = None, {}
        try:
            async with session.post(self._url, headers={"X-Request-Id": id}) as answer:
                status = answer.status
                # nginx speaks for a replica that is gone, and in HTML.
                body = await answer.json() if answer.content_type == "application/json" else {}
        except (aiohttp.ClientError, asyncio.TimeoutError):
            status = None
        self.ledger.note(id, status, body, time.monotonic() - started)
        return status == 200
