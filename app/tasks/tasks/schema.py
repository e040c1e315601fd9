"""The tables, and the command that creates them: python3 -m tasks.schema"""
import asyncio
import sys

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from .database import Database, DatabaseFailure

metadata = MetaData()
counter = Table(
    "counter",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
)
hits = Table(
    "hits",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("version", BigInteger, nullable=False, server_default="1"),  # one more with every change
    Column("name", Text, nullable=False),
)
tasks = Table(
    "tasks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("user_id", BigInteger, ForeignKey(users.c.id), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('open', 'doing', 'done')"), nullable=False),
    Column("seconds", Integer, nullable=False),  # that were spent on it
)

LOCK = 1952543595  # any number, the same in all replicas


async def create(database: Database) -> None:
    """Creates what is missing; a counter that is there keeps its value."""
    async with database.transaction() as connection:
        # IF NOT EXISTS is no help against another replica that creates the same table at the same moment.
        await connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(counter).values(id=1, value=0).on_conflict_do_nothing())


async def main() -> None:
    database = Database.from_environment()
    try:
        await create(database)
    except DatabaseFailure as failure:
        sys.exit(f"error: {failure}")
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
