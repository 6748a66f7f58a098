"""Check that no live time slots of different bookings ever overlapped for an employee or a room."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chaos.checker.history import History, Life, Version, instant
from chaos.record import Record

HELD: Final = frozenset({"Reserved", "Booked", "PreProcessing", "PostProcessing", "TravelTime"})


@dataclass(frozen=True, slots=True)
class Kept:
    """Time from `start` to `end` of an employee or room that a booking held from `since` until `until`."""

    resource: str
    slot: str
    booking: str
    start: datetime
    end: datetime
    since: datetime
    until: datetime | None

    def overlaps(self, other: "Kept") -> bool:
        return self.booking != other.booking and self.start < other.end and other.start < self.end


def overlaps(record: Record) -> Iterator[str]:
    by_resource: dict[str, list[Kept]] = defaultdict(list)
    for kept in _kept(History.of(record)):
        by_resource[kept.resource].append(kept)
    for everything in by_resource.values():
        yield from _at_once(sorted(everything, key=lambda kept: kept.since))


def _at_once(ordered: list[Kept]) -> Iterator[str]:
    """Compare each held time, ordered by `since`, with those still held at that moment."""
    still: list[Kept] = []
    for kept in ordered:
        still = [each for each in still if each.until is None or each.until > kept.since]
        for other in still:
            if kept.overlaps(other):
                yield f"{kept.resource}: time slot {kept.slot} was kept from {kept.since} on while {other.slot} was"
        still.append(kept)


def _kept(history: History) -> Iterator[Kept]:
    for life in history.all_slots:
        for version in life.versions:
            if version.row["status"] in HELD:
                yield from _resources(life, version)


def _resources(life: Life, version: Version) -> Iterator[Kept]:
    row = version.row
    start, end = instant(row["start_at"]), instant(row["end_at"])
    if start is None or end is None:
        return
    for resource in ("employee", "room"):
        if (identity := row[f"{resource}_id"]) is not None:
            yield Kept(
                f"{resource} {identity}", life.id, row["booking_key"], start, end, version.since, version.blocks_until
            )
