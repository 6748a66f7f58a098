"""The stored time slots that count in a search, by whom they concern."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.availability.local_time import in_utc
from domain.availability.questions import BusyTime, SlotSearch
from domain.time_slots import BLOCKING, MEETINGS, OPENING, Interval, TimeSlotStatus

Diary = defaultdict[UUID, list[BusyTime]]
"""The stored time slots of each employee, or of each room."""


def _empty() -> Diary:
    return defaultdict(list)


@dataclass(frozen=True, slots=True)
class Stored:
    """What each employee has: meetings, other time that blocks, openings, time elsewhere; and when rooms are taken.

    Expired holds and what the search ignores are left out; instants are in UTC.
    """

    meetings: Diary = field(default_factory=_empty)
    busy: Diary = field(default_factory=_empty)
    openings: Diary = field(default_factory=_empty)
    elsewhere: Diary = field(default_factory=_empty)
    rooms: Diary = field(default_factory=_empty)

    def blocking(self, employee: UUID) -> list[BusyTime]:
        return [*self.meetings.get(employee, ()), *self.busy.get(employee, ())]


def stored(search: SlotSearch, busy: Iterable[BusyTime], now: datetime) -> Stored:
    """What counts now of the stored time slots, sorted out."""
    found = Stored()
    diaries = {status: _diary(found, status) for status in TimeSlotStatus}
    for each in _live(search, busy, now):
        if each.employee_id is not None:
            diaries[each.status][each.employee_id].append(each)
        if each.room_id is not None and each.status in BLOCKING:
            found.rooms[each.room_id].append(each)
    return found


def intervals(entries: Iterable[BusyTime]) -> list[Interval]:
    return [each.interval for each in entries]


def _diary(found: Stored, status: TimeSlotStatus) -> Diary:
    """Where what an employee has with this status belongs."""
    if status in BLOCKING:
        return found.meetings if status in MEETINGS else found.busy
    return found.openings if status in OPENING else found.elsewhere


def _live(search: SlotSearch, busy: Iterable[BusyTime], now: datetime) -> Iterator[BusyTime]:
    # To look an id up in an empty set costs as much as in a full one.
    slots, meetings = search.ignore_slots or (), search.ignore_meetings or ()
    for each in busy:
        expired = each.held_until is not None and each.held_until <= now
        if not expired and each.id not in slots and each.meeting_id not in meetings:
            exact = in_utc(each.interval)
            yield each if exact is each.interval else each._replace(interval=exact)
