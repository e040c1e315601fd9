"""The engine with SQLAlchemy's default pool, one transaction at a time from it, and what its failures mean."""
import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import asyncpg
import sqlalchemy.exc
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# SQLAlchemy passes on as it is what asyncpg raises while it connects, and what asyncpg raises for a connection whose
# server says goodbye just then (InternalClientError).
BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
ERRORS = (sqlalchemy.exc.SQLAlchemyError, asyncpg.PostgresError, *BROKEN)


class DatabaseFailure(Exception):
    """The transaction is not known to be committed. Its text is one line."""

    def __init__(self, reason: str, status: int, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


class Database:
    def __init__(self, url: str) -> None:
        self.engine: AsyncEngine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
        self.pool = self.engine.pool
        self._asking = 0  # requests that want a connection and have none
        self._lent: set[object] = set()  # the pool's records of connections that requests have
        event.listen(self.pool, "checkout", lambda _connection, record, _fairy: self._lent.add(record))
        # Not a plain number: the pool also checks in what it could not open, which was never checked out.
        event.listen(self.pool, "checkin", lambda _connection, record: self._lent.discard(record))

    @classmethod
    def from_environment(cls) -> "Database":
        url = os.environ.get("DATABASE_URL")
        if not url:
            raise SystemExit("error: DATABASE_URL is not set (postgres://user:password@host:port/database)")
        return cls(url)

    @property
    def waiting(self) -> int:
        """How many requests wait for a connection of a pool that has none left to give. The pool does not tell, but
        who asks for a connection either waits or has one of its places already and is opening a connection there."""
        opening = self.pool.checkedout() - len(self._lent)
        return self._asking - opening

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Committed when the block has ended without an exception and this has too; else DatabaseFailure."""
        try:
            connection = self.engine.connect()
            self._asking += 1
            try:
                await connection.start()
            finally:
                self._asking -= 1
            try:
                async with connection.begin():
                    yield connection
            finally:
                await asyncio.shield(connection.close())
        except ERRORS as error:
            raise _failure(error) from error

    async def close(self) -> None:
        await self.engine.dispose()


def _failure(error: Exception) -> DatabaseFailure:
    cause = getattr(error, "orig", None) or error
    cause = cause.__cause__ or cause  # asyncpg's own exception, where SQLAlchemy has put two others around it
    message = " ".join(f"{type(cause).__name__}: {cause}".split())
    state = getattr(cause, "sqlstate", None) or ""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return DatabaseFailure("pool_timeout", 503, message)
    if state.startswith("53"):  # insufficient resources: too many connections is one of them
        return DatabaseFailure("refused", 503, message)
    lost = getattr(error, "connection_invalidated", False)
    # 08: connection exceptions, 57: the operator intervened (shutting down, starting up, cancelled)
    if lost or state.startswith(("08", "57")) or isinstance(error, BROKEN) or isinstance(cause, BROKEN):
        return DatabaseFailure("unavailable", 503, message)
    return DatabaseFailure("failed", 500, message)
