"""The service: python3 -m uvicorn tasks.main:app"""
import logging
import uuid

from fastapi import Depends, FastAPI, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field, validator
from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import Database, DatabaseFailure
from .metrics import CountRequests, Metrics
from .schema import counter, hits, tasks, users

LARGEST_ID = 2**63 - 1  # a bigint

log = logging.getLogger("tasks")
log.propagate = False
log.addHandler(logging.StreamHandler())
log.handlers[0].setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

database = Database.from_environment()
metrics = Metrics(database)
app = FastAPI(title="tasks")
app.add_middleware(CountRequests, metrics=metrics)
app.add_event_handler("shutdown", database.close)


class Hit(BaseModel):
    id: str
    counted: bool


class User(BaseModel):
    id: int
    version: int
    name: str


class Change(BaseModel):
    id: int | None = Field(None, ge=1, le=LARGEST_ID)
    name: str = Field(max_length=200)

    @validator("name")
    def is_text_to_postgres(cls, name: str) -> str:
        if "\0" in name:
            raise ValueError("has a zero character")
        name.encode()  # half of a surrogate pair is an error, and that is a ValueError
        return name


class Summary(User):
    """`seconds` are those of all the user's tasks; half of the tasks took up to `median_seconds`."""

    tasks: int
    done: int
    seconds: int
    median_seconds: float | None
    p95_seconds: float | None


class NoSuchUser(Exception):
    pass


@app.exception_handler(NoSuchUser)
async def no_such_user(request: Request, failure: NoSuchUser) -> JSONResponse:
    return JSONResponse({"error": "no_such_user"}, 404)


@app.exception_handler(DatabaseFailure)
async def database_failure(request: Request, failure: DatabaseFailure) -> JSONResponse:
    metrics.failures.labels(failure.reason).inc()
    log.warning("%s %s: %d %s: %s", request.method, request.url.path, failure.status, failure.reason, failure)
    return JSONResponse({"error": failure.reason}, failure.status)


async def hit_id(x_request_id: str | None = Header(None, max_length=200)) -> str:
    return x_request_id or str(uuid.uuid4())


async def is_new(connection: AsyncConnection, id: str) -> bool:
    """Whether the id was not there. Waits for a transaction that is about to commit the same one."""
    statement = insert(hits).values(id=id).on_conflict_do_nothing().returning(hits.c.id)
    return (await connection.execute(statement)).first() is not None


@app.post("/hit")
async def hit(id: str = Depends(hit_id)) -> Hit:
    """Counts one hit. The id, from X-Request-Id or made up, is unique: a hit that is sent again with the same one is
    answered with 200 and `"counted": false`, and changes nothing."""
    async with database.transaction() as connection:
        # The id first: all hits queue for the counter's row, which is locked from its UPDATE to the COMMIT.
        counted = await is_new(connection, id)
        if counted:
            statement = update(counter).values(value=counter.c.value + 1).returning(counter.c.value)
            (await connection.execute(statement)).scalar_one()
    return Hit(id=id, counted=counted)


@app.post("/hit-naive")
async def hit_naive(id: str = Depends(hit_id)) -> Hit:
    """The same with the bug that courses show: SELECT the value, add one in Python, UPDATE. Two requests at once read
    the same value and write the same value, and a hit is lost: more ids than the counter says. That is between the
    application and PostgreSQL's isolation level; no pooler can cure it, and none may make it worse."""
    async with database.transaction() as connection:
        counted = await is_new(connection, id)
        if counted:
            value = (await connection.execute(select(counter.c.value))).scalar_one()
            await connection.execute(update(counter).values(value=value + 1))
    return Hit(id=id, counted=counted)


@app.get("/count")
async def count() -> dict[str, int]:
    """In one statement, so that both are of the same moment."""
    ids = select(func.count()).select_from(hits).scalar_subquery()
    async with database.transaction() as connection:
        value, distinct = (await connection.execute(select(counter.c.value, ids))).one()
    return {"value": value, "ids": distinct}


def existing(row: Row | None) -> Row:
    if row is None:
        raise NoSuchUser
    return row


@app.post("/user")
async def change_user(change: Change) -> User:
    """Without an id it makes a user, with one it gives that user another name. The version becomes one more in the same
    statement, so that two changes at once have two versions."""
    columns = users.c.id, users.c.version, users.c.name
    if change.id is None:
        statement = insert(users).values(name=change.name).returning(*columns)
    else:
        changed = update(users).where(users.c.id == change.id)
        statement = changed.values(name=change.name, version=users.c.version + 1).returning(*columns)
    async with database.transaction() as connection:
        row = (await connection.execute(statement)).first()
    return User(**existing(row)._mapping)


@app.get("/user/{id}")
async def user(id: int = Path(ge=1, le=LARGEST_ID)) -> User:
    statement = select(users.c.id, users.c.version, users.c.name).where(users.c.id == id)
    async with database.transaction() as connection:
        row = (await connection.execute(statement)).first()
    return User(**existing(row)._mapping)


@app.get("/user/{id}/summary")
async def summary(id: int = Path(ge=1, le=LARGEST_ID)) -> Summary:
    """What the user's tasks come to: PostgreSQL reads and sorts all of them, every time."""
    seconds = tasks.c.seconds
    statement = (
        select(
            users.c.id,
            users.c.version,
            users.c.name,
            func.count(tasks.c.id).label("tasks"),
            func.count(tasks.c.id).filter(tasks.c.state == "done").label("done"),
            func.coalesce(func.sum(seconds), 0).label("seconds"),
            func.percentile_cont(literal_column("0.5")).within_group(seconds).label("median_seconds"),
            func.percentile_cont(literal_column("0.95")).within_group(seconds).label("p95_seconds"),
        )
        .outerjoin_from(users, tasks)
        .where(users.c.id == id)
        .group_by(users.c.id)
    )
    async with database.transaction() as connection:
        row = (await connection.execute(statement)).first()
    return Summary(**existing(row)._mapping)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process serves. Without the database: a restart would not bring that one back."""
    return {"status": "ok"}


@app.get("/metrics")
async def show_metrics() -> Response:
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
