"""Check that no live time slots of different bookings ever overlapped for an employee or a room."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chaos.checker.history import History, Lifetime, Version, instant
from chaos.record import Record

HELD: Final = frozenset({"Reserved", "Booked", "PreProcessing", "PostProcessing", "TravelTime"})


@dataclass(frozen=True, slots=True)
class HeldTime:
    """Time from `start` to `end` of an employee or room that a booking held from `since` until `until`."""

    resource: str
    slot: str
    booking: str
    start: datetime
    end: datetime
    since: datetime
    until: datetime | None

    def overlaps(self, other: "HeldTime") -> bool:
        return self.booking != other.booking and self.start < other.end and other.start < self.end


def check_overlaps(record: Record) -> Iterator[str]:
    by_resource: dict[str, list[HeldTime]] = defaultdict(list)
    for held in _held_times(History.of(record)):
        by_resource[held.resource].append(held)
    for everything in by_resource.values():
        yield from _at_once(sorted(everything, key=lambda held: held.since))


def _at_once(ordered: list[HeldTime]) -> Iterator[str]:
    """Compare each held time, ordered by `since`, with those still held at that moment."""
    live: list[HeldTime] = []
    for held in ordered:
        live = [each for each in live if each.until is None or each.until > held.since]
        for other in live:
            if held.overlaps(other):
                yield f"{held.resource}: time slot {held.slot} was kept from {held.since} on while {other.slot} was"
        live.append(held)


def _held_times(history: History) -> Iterator[HeldTime]:
    for lifetime in history.all_slots:
        for version in lifetime.versions:
            if version.row["status"] in HELD:
                yield from _resources(lifetime, version)


def _resources(lifetime: Lifetime, version: Version) -> Iterator[HeldTime]:
    row = version.row
    start, end = instant(row["start_at"]), instant(row["end_at"])
    if start is None or end is None:
        return
    for resource in ("employee", "room"):
        if (identity := row[f"{resource}_id"]) is not None:
            yield HeldTime(
                f"{resource} {identity}",
                lifetime.id,
                row["booking_key"],
                start,
                end,
                version.since,
                version.blocks_until,
            )
