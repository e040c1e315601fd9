"""The service: python3 -m uvicorn tasks.main:app"""
import logging
import uuid

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import Database, DatabaseFailure
from .metrics import CountRequests, Metrics
from .schema import counter, hits

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


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process serves. Without the database: a restart would not bring that one back."""
    return {"status": "ok"}


@app.get("/metrics")
async def show_metrics() -> Response:
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
