"""Users with tasks, for load tests: python3 -m tasks.data [--users N] [--tasks N]"""
import argparse
import asyncio
import sys

from sqlalchemy import func, select, text

from .database import Database, DatabaseFailure
from .schema import LOCK, users

USERS = text("INSERT INTO users (name) SELECT 'user ' || number FROM generate_series(1, :users) AS number")
# By number first: the tasks of a user are not beside each other, as when they have come one after the other.
TASKS = text("""
    INSERT INTO tasks (user_id, title, state, seconds)
    SELECT users.id, 'task ' || number, (ARRAY['open', 'doing', 'done', 'done'])[number % 4 + 1],
        (users.id * 7919 + number * 104729) % 28800
    FROM users CROSS JOIN generate_series(1, :tasks) AS number
    ORDER BY number, users.id
""")


async def load(database: Database, users_wanted: int, tasks_of_each: int) -> bool:
    """Whether it did: where there are users already it does nothing."""
    async with database.transaction() as connection:
        await connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        if (await connection.execute(select(users.c.id).limit(1))).first() is not None:
            return False
        await connection.execute(USERS, {"users": users_wanted})
        await connection.execute(TASKS, {"tasks": tasks_of_each})
        await connection.execute(text("ANALYZE users, tasks"))
    return True


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m tasks.data", description=__doc__)
    parser.add_argument("--users", type=int, default=100, metavar="N", help="how many (default: 100)")
    parser.add_argument("--tasks", type=int, default=2000, metavar="N", help="of each of them (default: 2000)")
    chosen = parser.parse_args()
    database = Database.from_environment()
    try:
        loaded = await load(database, chosen.users, chosen.tasks)
    except DatabaseFailure as failure:
        sys.exit(f"error: {failure}")
    finally:
        await database.close()
    print(f"{chosen.users} users with {chosen.tasks} tasks each" if loaded else "there are users: nothing is loaded")


if __name__ == "__main__":
    asyncio.run(main())
