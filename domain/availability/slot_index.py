"""Stored time slots that count in a search, by employee and by room."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import UUID

from domain.availability.inputs import BusyTime
from domain.availability.timeline import Starts, Timeline
from domain.local_time import in_utc
from domain.time_slots import BLOCKING, MEETINGS, OPENING, Interval, TimeSlotStatus

SlotsByOwner = defaultdict[UUID, list[BusyTime]]
"""Stored time slots of each employee, or of each room."""


@dataclass(frozen=True, slots=True)
class SlotIndex:
    """Index of the time slots of employees and rooms.

    Employees have meetings, other blocking time (`busy`), openings, and time of work from elsewhere. Rooms have only
    blocking time. Expired holds and time slots that the search ignores are left out. Instants are in UTC.
    """

    meetings: SlotsByOwner
    busy: SlotsByOwner
    openings: SlotsByOwner
    elsewhere: SlotsByOwner
    rooms: SlotsByOwner

    def taken_employees(self, timeline: Timeline) -> Mapping[UUID, Starts]:
        """Return for each employee the starts at which a meeting would overlap the employee's blocking time."""
        return _overlapping(timeline, self.meetings, self.busy)

    def taken_rooms(self, timeline: Timeline) -> Mapping[UUID, Starts]:
        return _overlapping(timeline, self.rooms)

    def near_employees(self, timeline: Timeline, buffer: timedelta) -> Mapping[UUID, Starts]:
        """Return for each employee the starts at which a new meeting would be too near to one of the meetings.

        Too near means that less than `buffer` would be between the two meetings.
        """
        if not buffer:
            return {}
        return {
            who: timeline.overlapping(widened(each.interval, buffer) for each in entries)
            for who, entries in self.meetings.items()
        }

    def working_elsewhere(self, timeline: Timeline) -> Mapping[UUID, Starts]:
        return _overlapping(timeline, self.elsewhere)

    def open_intervals(self) -> Mapping[UUID, list[Interval]]:
        return {who: intervals(each) for who, each in self.openings.items()}

    def load(self, timeline: Timeline) -> Mapping[UUID, Mapping[date, timedelta]]:
        """Return the meeting time of each employee by local day."""
        return {who: timeline.time_by_day(intervals(slots)) for who, slots in self.meetings.items()}

    def blocking(self, employee: UUID) -> list[BusyTime]:
        return [*self.meetings.get(employee, ()), *self.busy.get(employee, ())]

    def of_employees(self, status: TimeSlotStatus) -> SlotsByOwner:
        """Return the part of the index for the time slots of employees with this status.

        A status that neither takes nor offers time says that the employee works elsewhere.
        """
        if status in BLOCKING:
            return self.meetings if status in MEETINGS else self.busy
        return self.openings if status in OPENING else self.elsewhere


def index_slots(slots: Iterable[BusyTime], ignored: frozenset[UUID], now: datetime) -> SlotIndex:
    """Return the index of the stored time slots that count at `now`, without those that are ignored."""
    index = SlotIndex(*(SlotsByOwner(list) for _ in range(5)))
    of_employees = {status: index.of_employees(status) for status in TimeSlotStatus}
    for each in _live(slots, ignored, now):
        if each.employee_id is not None:
            of_employees[each.status][each.employee_id].append(each)
        if each.room_id is not None and each.status in BLOCKING:
            index.rooms[each.room_id].append(each)
    return index


def intervals(slots: Iterable[BusyTime]) -> list[Interval]:
    return [each.interval for each in slots]


def widened(interval: Interval, buffer: timedelta) -> Interval:
    return Interval(interval.start - buffer, interval.end + buffer)


def _overlapping(timeline: Timeline, *slots: SlotsByOwner) -> Mapping[UUID, Starts]:
    """Return for each owner the possible starts at which a meeting would overlap one of the owner's time slots."""
    union: defaultdict[UUID, Starts] = defaultdict(int)
    for owner, entries in chain.from_iterable(each.items() for each in slots):
        union[owner] |= timeline.overlapping(intervals(entries))
    return union


def _live(slots: Iterable[BusyTime], ignored: frozenset[UUID], now: datetime) -> Iterator[BusyTime]:
    for each in slots:
        if (each.held_until is None or each.held_until > now) and each.id not in ignored:
            exact = in_utc(each.interval)
            yield each if exact is each.interval else each._replace(interval=exact)
