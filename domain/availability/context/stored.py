"""Stored time slots that count in a search, by employee and by room."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.availability.context.local_time import in_utc
from domain.availability.questions import BusyTime, SlotSearch
from domain.time_slots import BLOCKING, MEETINGS, OPENING, Interval, TimeSlotStatus

SlotsByOwner = defaultdict[UUID, list[BusyTime]]
"""Stored time slots of each employee, or of each room."""


def _empty() -> SlotsByOwner:
    return defaultdict(list)


@dataclass(frozen=True, slots=True)
class SlotIndex:
    """Index of the time slots of employees and rooms.

    Employees have meetings, other blocking time (`busy`), openings, and time of work from elsewhere. Rooms have only
    blocking time. Expired holds and time slots that the search ignores are left out. Instants are in UTC.
    """

    meetings: SlotsByOwner = field(default_factory=_empty)
    busy: SlotsByOwner = field(default_factory=_empty)
    openings: SlotsByOwner = field(default_factory=_empty)
    elsewhere: SlotsByOwner = field(default_factory=_empty)
    rooms: SlotsByOwner = field(default_factory=_empty)

    def blocking(self, employee: UUID) -> list[BusyTime]:
        return [*self.meetings.get(employee, ()), *self.busy.get(employee, ())]


def stored(search: SlotSearch, busy: Iterable[BusyTime], now: datetime) -> SlotIndex:
    """Return the index of the stored time slots that count at `now`."""
    found = SlotIndex()
    diaries = {status: _diary(found, status) for status in TimeSlotStatus}
    for each in _live(search, busy, now):
        if each.employee_id is not None:
            diaries[each.status][each.employee_id].append(each)
        if each.room_id is not None and each.status in BLOCKING:
            found.rooms[each.room_id].append(each)
    return found


def intervals(entries: Iterable[BusyTime]) -> list[Interval]:
    return [each.interval for each in entries]


def _diary(found: SlotIndex, status: TimeSlotStatus) -> SlotsByOwner:
    """Return the part of the index for an employee's time slots with this status."""
    if status in BLOCKING:
        return found.meetings if status in MEETINGS else found.busy
    return found.openings if status in OPENING else found.elsewhere


def _live(search: SlotSearch, busy: Iterable[BusyTime], now: datetime) -> Iterator[BusyTime]:
    # Empty tuples replace empty sets: a lookup in an empty set costs as much as in a full one.
    slots, meetings = search.ignore_slots or (), search.ignore_meetings or ()
    for each in busy:
        expired = each.held_until is not None and each.held_until <= now
        if not expired and each.id not in slots and each.meeting_id not in meetings:
            exact = in_utc(each.interval)
            yield each if exact is each.interval else each._replace(interval=exact)
