"""The figures that pgweir is to reach, beside what was measured."""
from . import report
from .scenes import CACHED, DIRECT, PGWEIR, PGWEIR_2, SHARED


def value(scenes, scene, case, contender, column):
    """A row's median; None when it was not measured."""
    for row in scenes.get(scene, {}).get("rows", []):
        if (row["case"], row["contender"]) == (case, contender):
            return row.get(column)
    return None


def checks(scenes):
    """(what, measured, bound, whether the bound is the most or the least)"""
    def of(*where):
        return value(scenes, *where)

    yield "CPU per query, simple, to PgBouncer", of("pass-through", "simple", PGWEIR, "to_pgbouncer"), 1.05, "most"
    yield "CPU per query, simple, to the floor", of("pass-through", "simple", PGWEIR, "to_floor"), 1.0, "then"
    yield "CPU per query, prepared, to the floor", of("pass-through", "prepared", PGWEIR, "to_floor"), 1.20, "most"
    for mode in ("simple", "extended", "prepared"):
        cost = of("tracking", mode, PGWEIR, "to_untracked")
        yield f"CPU per query to that without tracking, {mode}", cost, 1.03, "most"
    for clients in ("200 clients", "1000 clients"):
        rate = of("queue", clients, PGWEIR, "rate_to_pgbouncer")
        yield f"queries per second to PgBouncer's, {clients}", rate, 1.0, "least"
        yield f"p99 / p50 of the latency, {clients}", of("queue", clients, PGWEIR, "p99_to_p50"), 2.0, "most"
    yield "goodput, 200 clients to 20", of("queue", "200 clients", PGWEIR, "goodput"), 0.95, "least"
    yield "goodput, 1000 clients to 20", of("queue", "1000 clients", PGWEIR, "goodput"), 0.95, "then"
    yield "connects per second to PgBouncer's", of("connects", "connects", PGWEIR, "rate_to_pgbouncer"), 1.0, "least"
    yield "CPU per connect to PgBouncer's", of("connects", "connects", PGWEIR, "to_pgbouncer"), 1.0, "then"
    yield "bytes per idle client", of("memory", "idle", PGWEIR, "idle_bytes"), 4096, "most"
    loss = of("workers", "PostgreSQL, simple", PGWEIR_2, "to_pgweir")
    yield "second worker: CPU per query at equal load, to one worker's", loss, 1.0, "most"
    gain = of("workers", "stub, pipelines", PGWEIR_2, "rate_to_pgweir")
    yield "second worker: rate to one worker's, stub server", gain, 1.5, "least"
    yield from checks_of_cache(of)


def checks_of_cache(of):
    def to_direct(case, name):
        direct, rate = of("cache", case, DIRECT, "rate"), of("cache", case, name, "rate")
        return rate / direct if direct and rate else None

    hot, aggregate = "hot key, simple", "aggregate"
    yield "CPU per hit from memory, us", of("cache", hot, CACHED, "cpu_us"), 10, "most"
    yield "CPU per hit from memory, us, as Redis's own GET", of("cache", hot, CACHED, "cpu_us"), 7.9, "then"
    yield "hits per second from memory to direct, hot key", to_direct(hot, CACHED), 1.6, "least"
    yield "hits per second from memory to direct, aggregate", to_direct(aggregate, CACHED), 30, "least"
    yield "hits per second validated in Redis to direct, hot key", to_direct(hot, SHARED), 1.0, "least"
    for case in ("random keys, simple", "random keys, prepared", "updates"):
        for name in (CACHED, SHARED):
            where = "memory" if name == CACHED else "Redis"
            yield f"CPU of what is not served to that without a cache, {case}, {where}", of(
                "cache", case, name, "to_pgweir"), 1.03, "most"


def verdict(measured, bound, kind):
    if kind == "then":
        return "(later)"
    return "met" if (measured <= bound if kind == "most" else measured >= bound) else "MISSED"


def table(scenes):
    lines = [["target", "measured", "bound", ""]]
    for what, measured, bound, kind in checks(scenes):
        if measured is not None:
            sign = "at least" if kind == "least" or "goodput" in what else "at most"
            lines.append([what, f"{measured:.2f}", f"{sign} {bound:g}", verdict(measured, bound, kind)])
    return report.markdown_table(lines)
