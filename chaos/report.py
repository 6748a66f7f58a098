"""The report of a run: each guarantee with its result, and the number of requests and faults."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import quantiles
from typing import Final

from chaos.checker import Finding, Guarantee
from chaos.checker.quiet_client import is_excused
from chaos.faults.plan import GAPS
from chaos.record import QUIET, Exchange, Record

MOST: Final = 10
"""The most findings that are shown of one guarantee."""
FEWEST: Final = 2


def format_report(record: Record, findings: Sequence[Finding]) -> str:
    return "\n".join([*_tried(record), "", *_guarantees(findings), "", _summary(findings)])


def _tried(record: Record) -> Iterator[str]:
    run, exchanges = record.run, record.exchanges
    yield f"seed {run.seed}: {run.seconds:g} s, {run.clients} clients, faults: {', '.join(run.faults) or 'none'}"
    yield f"requests: {len(exchanges)}, {_outcomes(exchanges)}; 99 of 100 answered in {_slow(exchanges):.2f} s"
    yield f"  accepted: {_counted(each.step for each in exchanges if each.is_accepted)}"
    yield f"faults: {len(record.faults)} ({_counted(each.what for each in record.faults)})"
    yield from _times(record)
    yield from _quiet(record)
    yield f"changes of rows: {len(record.changes)}; events: {len(record.log)}, received {len(record.received)}"
    yield f"looked at {_seconds(record.final_state.healed, record.final_state.at):.1f} s after the last fault"


def _times(record: Record) -> Iterator[str]:
    """Yield the times of the rarer faults, in seconds since the run began."""
    for kind in GAPS:
        times = [
            f"{each.target} {_seconds(record.run.began, each.began):.0f}-{_seconds(record.run.began, each.ended):.0f}"
            for each in record.faults
            if each.what == kind
        ]
        if times:
            yield f"  {kind}: {', '.join(times)} s"


def _quiet(record: Record) -> Iterator[str]:
    """Yield a line about the quiet client's requests that count: no fault disturbed anything that they need."""
    mine = [each for each in record.exchanges if each.client == QUIET]
    counted = [each.seconds for each in mine if not is_excused(each, record.faults)]
    if counted:
        yield f"quiet client: {len(mine)} requests, {len(counted)} of them undisturbed, in at most {max(counted):.2f} s"


def _guarantees(findings: Sequence[Finding]) -> Iterator[str]:
    for guarantee in Guarantee:
        found = [each.what for each in findings if each.guarantee is guarantee]
        yield f"{'BROKEN' if found else 'kept  '}  {guarantee}"
        yield from (f"          {what}" for what in found[:MOST])
        if len(found) > MOST:
            yield f"          and {len(found) - MOST} more"


def _summary(findings: Sequence[Finding]) -> str:
    return f"{len(findings)} findings" if findings else "every promise was kept"


def _outcomes(exchanges: Sequence[Exchange]) -> str:
    kinds = (
        "accepted" if each.is_accepted else "refused" if each.is_refused else "without an outcome" for each in exchanges
    )
    return _counted(kinds)


def _counted(names: Iterator[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common())


def _slow(exchanges: Sequence[Exchange]) -> float:
    seconds = [each.seconds for each in exchanges if each.is_known]
    return quantiles(seconds, n=100)[-1] if len(seconds) >= FEWEST else 0.0


def _seconds(began: datetime, ended: datetime) -> float:
    return (ended - began).total_seconds()
