"""HTTP load by wrk: as many requests as are answered, for a while."""
import dataclasses
import re

from topology.problem import Problem

WRK = "/usr/bin/wrk"
PATIENCE = 60  # seconds for one answer: SQLAlchemy's pool gives up after 30
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclasses.dataclass
class WrkOutcome:
    """What was under way when the time was up is not in it."""

    answers: int  # of any status
    not_200: int
    broken: int  # connections that could not be made, or broke, and answers after PATIENCE
    seconds: float
    p50_ms: float  # of all answers, whatever their status
    p99_ms: float

    @property
    def errors(self):
        return self.not_200 + self.broken

    @property
    def good(self):
        return self.answers - self.not_200


def wrk(children, url, threads, clients, seconds):
    """WrkOutcome of `clients` connections that `threads` keep busy."""
    command = [WRK, f"-t{threads}", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", f"{PATIENCE}s", url]
    code, output, errors = children.run(command, timeout=seconds + PATIENCE)
    if code != 0:
        raise Problem(f"wrk failed:\n{errors}{output}")
    return read_outcome(output)


def read_outcome(output):
    """Of what wrk prints."""
    total = re.search(r"^ *(\d+) requests in ([\d.]+)(us|ms|s|m),", output, re.MULTILINE)
    if not total:
        raise Problem(f"wrk says what nobody understands:\n{output}")
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    not_200 = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return WrkOutcome(
        answers=int(total[1]),
        not_200=int(not_200[1]) if not_200 else 0,
        broken=sum(map(int, broken.groups())) if broken else 0,
        seconds=float(total[2]) * MILLISECONDS[total[3]] / 1000,
        p50_ms=percentile(output, 50),
        p99_ms=percentile(output, 99),
    )


def percentile(output, share):
    """In milliseconds; 0 when there was no answer."""
    found = re.search(rf"^ *{share}% +([\d.]+)(us|ms|s|m) *$", output, re.MULTILINE)
    if not found:
        raise Problem(f"wrk does not say how long the answers took:\n{output}")
    return float(found[1]) * MILLISECONDS[found[2]]
