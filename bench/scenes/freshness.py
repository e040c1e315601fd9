"""Clients that know how new an answer has to be: one changes a row that has a version, others read it meanwhile."""
import asyncio
import dataclasses
import threading
import time

import aiohttp

from .load import InThread

PATIENCE = 120  # seconds for one request
READERS = 2
CHANGES_PER_SECOND = 10
PAUSE = 0.25  # seconds after a failure
MOST_EXAMPLES = 100


@dataclasses.dataclass
class Versions:
    """What those who asked were told about one row, whose version is one more with each change. A read is too old if its
    version is less than that of a change which was acknowledged before the read began (`stale`), or than one that a
    read had already shown which ended before this one began (`backwards`)."""

    newest: int  # that was acknowledged
    sent: int = 0  # changes
    changes: int = 0  # that were acknowledged; of the others each may have been made all the same
    changes_failed: int = 0  # that were answered otherwise, or not within PATIENCE
    reads: int = 0
    reads_failed: int = 0
    stale: int = 0
    backwards: int = 0
    shown: int = 0  # the newest that a read has shown
    examples: list = dataclasses.field(default_factory=list)  # of reads that were too old

    def changed(self, version):
        self.changes += 1
        self.newest = max(self.newest, version)

    def begin(self):
        """What Versions.read() has to be given of the moment before the read was sent."""
        return self.newest, self.shown

    def read(self, begun, version):
        acknowledged, shown = begun
        self.reads += 1
        self.stale += version < acknowledged
        self.backwards += version < shown
        if version < max(begun) and len(self.examples) < MOST_EXAMPLES:
            self.examples.append({"at": time.time(), "read": version, "acknowledged": acknowledged, "shown": shown})
        self.shown = max(self.shown, version)


class Freshness(InThread):
    """Changes user 1 CHANGES_PER_SECOND times a second, and has READERS read `path` as fast as they are answered, as
    long as the block lasts."""

    def __init__(self, url, path):
        super().__init__()
        self.versions = None  # from the first change on
        self._url = url
        self._path = path
        self._loop = None
        self._ended = None
        self._begun = threading.Event()

    def __exit__(self, kind, *_):
        if self._begun.is_set():
            self._loop.call_soon_threadsafe(self._ended.set)
        super().__exit__(kind, *_)

    def wait_until_it_reads(self):
        self.wait_until(lambda: self.versions and self.versions.reads, PATIENCE,
                        lambda: "user 1 could not be changed and read")  # fmt: skip

    async def work(self):
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        limits = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=limits) as session:
            work = [asyncio.create_task(self._all(session)), asyncio.create_task(self._ended.wait())]
            done, others = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            for task in done:
                task.result()

    async def _all(self, session):
        while (first := await self._post(session)) is None:
            await asyncio.sleep(PAUSE)
        self.versions = Versions(first, sent=1, changes=1)
        await asyncio.gather(self._change(session), *(self._read(session) for _ in range(READERS)))

    async def _change(self, session):
        while True:
            next_one = self._loop.time() + 1 / CHANGES_PER_SECOND
            self.versions.sent += 1
            version = await self._post(session)
            if version is None:
                self.versions.changes_failed += 1
                await asyncio.sleep(PAUSE)
            else:
                self.versions.changed(version)
                await asyncio.sleep(max(0, next_one - self._loop.time()))

    async def _read(self, session):
        while True:
            begun = self.versions.begin()
            user = await self._answer(session.get(self._url + self._path))
            if user is None:
                self.versions.reads_failed += 1
                await asyncio.sleep(PAUSE)
            else:
                self.versions.read(begun, user["version"])

    async def _post(self, session):
        """The version that the change was acknowledged with; None: it was not."""
        user = await self._answer(session.post(f"{self._url}/user", json={"id": 1, "name": f"at {time.time()}"}))
        return user and user["version"]

    @staticmethod
    async def _answer(request):
        """Of the application, if it is 200."""
        try:
            async with request as answer:
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return None
