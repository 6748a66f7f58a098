"""Watch the event loop of an API process from outside, with one `GET /health/live` every 10 ms.

`python -m benchmarks.mixed.probe PORT PID SECONDS` prints a `Held` as JSON. The program is a process of its own, so
that the benchmark's clients do not delay it.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, Self

from benchmarks.results.report import percentiles
from config.ports import LOOPBACK

EVERY: Final = 0.01
"""Seconds between two requests, unless an answer takes longer."""
NANOSECONDS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Held:
    """Milliseconds that requests waited for their answers, and that the event loop computed meanwhile.

    While one answer is late, the requests that were due count too, each from the time at which it was due.
    `computed` is the most CPU time that the loop's thread used while one request waited. So it has no time in which
    another process had the core. It is 0 where the system does not report it (`/proc`).
    """

    p50: float
    p99: float
    longest: float
    computed: float

    @classmethod
    def most(cls, rounds: Sequence["Held"]) -> Self:
        """Return the largest figures of several rounds."""
        return cls(*(max(figures) for figures in zip(*map(astuple, rounds), strict=True)))


def watch(port: int, pid: int, seconds: float) -> Held:
    """Send requests on one connection for some seconds."""
    cpu = Path(f"/proc/{pid}/task/{pid}/schedstat")
    connection = HTTPConnection(LOOPBACK, port)
    waits: list[float] = []
    computed = 0.0
    due = time.perf_counter()
    end = due + seconds
    while due < end:
        time.sleep(max(0.0, due - time.perf_counter()))
        before = cpu_seconds(cpu)
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        computed = max(computed, cpu_seconds(cpu) - before)
        answered = time.perf_counter()
        while due < answered:
            waits.append(answered - due)
            due += EVERY
    p50, _, p99 = percentiles(waits)
    return Held(p50, p99, max(waits) * 1000, computed * 1000)


def cpu_seconds(schedstat: Path) -> float:
    """Return the CPU seconds of a thread. The kernel counts them in nanoseconds."""
    try:
        return int(schedstat.read_text().split(maxsplit=1)[0]) / NANOSECONDS
    except FileNotFoundError:
        return 0.0


if __name__ == "__main__":
    print(json.dumps(asdict(watch(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))))
