"""What /metrics shows, and the middleware that counts requests."""
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .database import Database

# Up to the pool's timeout of 30 s and what a request may take behind it.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 40, 60)


class Metrics:
    def __init__(self, database: Database) -> None:
        pool = database.pool
        self._registry = CollectorRegistry()
        self.requests = Counter("tasks_requests", "Requests that were answered.", ("path", "status"),
                                registry=self._registry)
        self.seconds = Histogram("tasks_request_duration_seconds", "From a request's arrival to the end of its answer.",
                                 ("path",), buckets=SECONDS, registry=self._registry)
        self.failures = Counter("tasks_database_failures", "Transactions that are not known to be committed.",
                                ("reason",), registry=self._registry)
        for reason in ("pool_timeout", "refused", "unavailable", "failed"):
            self.failures.labels(reason)
        self._gauge("tasks_pool_size", "Connections that SQLAlchemy's pool keeps; it may open more for a while.",
                    pool.size)
        self._gauge("tasks_pool_connections_in_use", "Connections that requests have or are opening.", pool.checkedout)
        self._gauge("tasks_pool_connections_idle", "Connections in the pool that nobody uses.", pool.checkedin)
        self._gauge("tasks_pool_waiting_requests", "Requests that wait because the pool may not open any more.",
                    lambda: database.waiting)

    def _gauge(self, name: str, text: str, function: Callable[[], int]) -> None:
        Gauge(name, text, registry=self._registry).set_function(function)

    def text(self) -> bytes:
        return generate_latest(self._registry)


class CountRequests:
    """Plain ASGI: Starlette's BaseHTTPMiddleware would cancel a request whose client has left, in mid-transaction."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # what is answered when an exception gets out
        started = time.perf_counter()

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            # Not the path as it was sent: anybody could make new series with that.
            path = scope["route"].path if "route" in scope else "other"
            self._metrics.requests.labels(path, status).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - started)
