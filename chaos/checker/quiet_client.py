"""Checks that a quiet client is served in time (`served_within`), however other clients behave."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from chaos.record import QUIET, STALL, Exchange, Fault, Record

RECOVERY: Final = timedelta(seconds=2)
"""Time after a fault in which its target need not answer yet."""
TASK_REASSIGNED: Final = timedelta(seconds=12)
"""Time in which the engine gives a lost task to another worker. The engine's timeout is 10 s."""
ISOLATION_NOTICED: Final = timedelta(seconds=15)
"""Time after which a worker that is cut off from one server must not disturb the other workers any more."""

HARMLESS: Final = frozenset({"clock", "unruly"})
"""Kinds of faults that must not affect a quiet client."""
WRITE_FAULT: Final = "read-only"
"""The fault that affects changes only. On a full disk, PostgreSQL accepts no new connections, so reads may fail too."""
ISOLATION: Final = "isolate"


def check_served(record: Record) -> Iterator[str]:
    for exchange in record.exchanges:
        is_served = exchange.is_known and exchange.seconds <= record.run.served_within
        if exchange.client == QUIET and not is_served and not is_excused(exchange, record.faults):
            said = exchange.status or exchange.trouble
            yield f"{exchange.step} of {exchange.api} at {exchange.sent}: {said} after {exchange.seconds:.2f} s"


def is_excused(exchange: Exchange, faults: Sequence[Fault]) -> bool:
    """Return whether a fault disturbed something that the request needs, during the request or just before."""
    return any(_is_concurrent(exchange, fault) and _affects(fault, exchange) for fault in faults)


def _is_concurrent(exchange: Exchange, fault: Fault) -> bool:
    return fault.began <= exchange.answered and exchange.sent <= _excuses_until(fault, exchange)


def _excuses_until(fault: Fault, exchange: Exchange) -> datetime:
    recovered = fault.ended + RECOVERY
    if fault.what == ISOLATION:
        return min(recovered, fault.began + ISOLATION_NOTICED)
    return recovered if _is_read(exchange) else max(recovered, fault.began + TASK_REASSIGNED)


def _affects(fault: Fault, exchange: Exchange) -> bool:
    """Return whether the fault affects something that the request needs.

    A GET needs its API process and the database. Other requests also need the engine and the workers.
    """
    is_read = _is_read(exchange)
    if fault.what in HARMLESS or (fault.what == WRITE_FAULT and is_read):
        return False
    needed = {exchange.api, "postgres", f"{exchange.api}|postgres"}
    if is_read:
        return fault.what == STALL or fault.target in needed
    # The servers of a cluster are `temporal-1` and so on: each of them has a part of the workflows.
    needed |= {f"{exchange.api}|temporal"}
    return fault.what == STALL or fault.target in needed or fault.target.startswith(("worker", "temporal"))


def _is_read(exchange: Exchange) -> bool:
    return exchange.method == "GET"
