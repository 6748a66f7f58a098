"""Context of one search: bitsets of the starts at which employees or rooms are not free, and other data of the rules.

The context is built once per search. Rules only read the context, apart from its caches.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.availability.context.groups import Competence, triggered
from domain.availability.context.load import Load, Share, meeting_time, shares
from domain.availability.context.local_time import grid_of_day, hours_of_day, in_utc, local_days
from domain.availability.context.opening import on_open_days, within_opening_hours
from domain.availability.context.stored import SlotIndex, SlotsByOwner, intervals, stored
from domain.availability.context.timeline import Starts, Timeline, merged, timeline
from domain.availability.questions import AvailabilityData, SlotSearch, possible_duration
from domain.configuration import Room, ServiceGroup, Weekday
from domain.time_slots import Interval

Shifts = tuple[tuple[Weekday, time, time], ...]
"""Weekdays with a from/to in local time. A weekday may occur several times."""

NEVER: Final[Starts] = 0


@dataclass(frozen=True)
class SearchContext:
    """Context of one search.

    `rooms` are the bookable rooms of each location that the search accepts, in the order of preference.
    `near_employees` are, by employee, the starts of meetings too near to another meeting. `service_groups` are all
    groups, and `called` are those that the search triggers. `earliest` caches, by the shifts of a week, the time at
    which the notice is worked off.
    """

    search: SlotSearch
    situation: AvailabilityData
    now: datetime
    line: Timeline
    stored: SlotIndex
    to_come: Starts
    within_reach: Starts
    on_grid: Starts
    open_days: Starts
    opening_hours: Starts
    taken_employees: Mapping[UUID, Starts]
    near_employees: Mapping[UUID, Starts]
    taken_rooms: Mapping[UUID, Starts]
    elsewhere: Mapping[UUID, Starts]
    openings: Mapping[UUID, list[Interval]]
    rooms: Mapping[str, list[Room]]
    competence: Competence
    service_groups: Mapping[UUID, ServiceGroup]
    called: Mapping[UUID, ServiceGroup]
    earliest: dict[Shifts, datetime | None] = field(default_factory=dict)
    _worked: dict[Shifts, Starts] = field(default_factory=dict)

    @cached_property
    def load(self) -> Load:
        """Return the meeting time that employees already have, by local day."""
        return meeting_time(self.line, self.stored.meetings)

    @cached_property
    def shares(self) -> list[Share]:
        """Return the meeting time that each start would add to its local days."""
        return shares(self.line)

    def working(self, shifts: Shifts, openings: Iterable[Interval] = ()) -> Starts:
        """Return the starts of meetings that lie completely in the union of these shifts and openings."""
        extra = tuple(openings)
        if extra:
            return self._fitting(shifts, extra)
        # Most employees have the same shifts as others, so the result is cached. Openings belong to one employee.
        if shifts not in self._worked:
            self._worked[shifts] = self._fitting(shifts)
        return self._worked[shifts]

    def room_needed(self, location: str) -> bool:
        """Return whether a physical meeting at this location must have a room."""
        configured = self.situation.locations.get(location)
        asked = self.search.require_room or bool(self.search.specific_rooms)
        return asked or (configured is not None and configured.require_room)

    def room_named(self, location: str) -> bool:
        """Return whether a physical meeting at this location is offered with a room, if one is free."""
        configured = self.situation.locations.get(location)
        return self.room_needed(location) or configured is None or configured.name_free_room

    def some_room_free(self, location: str) -> Starts:
        """Return the starts of meetings for which one of the rooms at the location is free throughout."""
        return reduce(or_, (self.room_free(room) for room in self.rooms.get(location, ())), NEVER)

    def room_free(self, room: Room) -> Starts:
        return self.line.every & ~self.taken_rooms.get(room.id, NEVER)

    def _fitting(self, shifts: Shifts, openings: tuple[Interval, ...] = ()) -> Starts:
        return self.line.fitting(merged((*self._hours(shifts), *openings)))

    def _hours(self, shifts: Shifts) -> Iterator[Interval]:
        for day, starts, ends in on_days(shifts, (day for day, _ in self.line.days)):
            yield from hours_of_day(self.line.zone, day, starts, ends)


def on_days(shifts: Shifts, days: Iterable[date]) -> Iterator[tuple[date, time, time]]:
    """Yield each of these days with the from/to of each shift on its weekday."""
    hours: defaultdict[int, list[tuple[time, time]]] = defaultdict(list)
    for weekday, starts, ends in shifts:
        hours[weekday].append((starts, ends))
    for day in days:
        yield from ((day, *each) for each in hours.get(day.isoweekday(), ()))


def grid(search: SlotSearch, situation: AvailabilityData) -> tuple[datetime, ...]:
    """Return the starts that the search can have, sorted, in UTC.

    Starts in the past or beyond the booking horizon are left out: a window of years must not cost a grid of years.
    """
    now, organisation = situation.now.astimezone(UTC), situation.organisation
    latest = now + organisation.max_time_from_booking_to_meeting + organisation.slot_interval
    asked = search.window
    # This check comes first: far from now, near the limits of `datetime`, the conversion to UTC overflows.
    if not (asked.start < latest and now < asked.end and possible_duration(search.duration)):
        return ()
    window = in_utc(Interval(max(asked.start, now), min(asked.end, latest)))
    grid = _grid_of(organisation.time_zone, window, organisation.slot_interval)
    return tuple(sorted(start for start in grid if window.start <= start < window.end))


def build_context(search: SlotSearch, situation: AvailabilityData, starts: tuple[datetime, ...]) -> SearchContext:
    """Build the context of a search with these starts: one or more, sorted, in UTC."""
    now, organisation = situation.now.astimezone(UTC), situation.organisation
    line = timeline(organisation.time_zone, starts, search.duration)
    found = stored(search, situation.busy, now)
    taken = _overlapping(line, found.meetings, found.busy)
    return SearchContext(
        search=search,
        situation=situation,
        now=now,
        line=line,
        stored=found,
        to_come=line.since(now),
        within_reach=line.until(now + organisation.max_time_from_booking_to_meeting),
        on_grid=line.among(_grid_of(line.zone, line.span, organisation.slot_interval)),
        open_days=on_open_days(organisation, line),
        opening_hours=within_opening_hours(organisation, line),
        taken_employees=taken,
        near_employees=_buffered(line, found.meetings, organisation.buffer_between_meetings),
        taken_rooms=_overlapping(line, found.rooms),
        elsewhere=_overlapping(line, found.elsewhere),
        openings={who: intervals(each) for who, each in found.openings.items()},
        rooms=_rooms(search, situation.rooms),
        competence=Competence(search, situation.competence_groups),
        service_groups={group.id: group for group in situation.service_groups},
        called=triggered(search, situation),
    )


def _overlapping(line: Timeline, *diaries: SlotsByOwner) -> Mapping[UUID, Starts]:
    """Return for each owner the starts of meetings that overlap one of the owner's time slots."""
    union: defaultdict[UUID, Starts] = defaultdict(int)
    for owner, entries in chain.from_iterable(diary.items() for diary in diaries):
        union[owner] |= line.overlapping(intervals(entries))
    return union


def _buffered(line: Timeline, meetings: SlotsByOwner, buffer: timedelta) -> Mapping[UUID, Starts]:
    """Return for each employee the starts of meetings that are nearer than `buffer` to a meeting of the employee."""
    if not buffer:
        return {}
    return {
        who: line.overlapping(widened(each.interval, buffer) for each in entries) for who, entries in meetings.items()
    }


def widened(interval: Interval, buffer: timedelta) -> Interval:
    return Interval(interval.start - buffer, interval.end + buffer)


def _grid_of(zone: ZoneInfo, interval: Interval, step: timedelta) -> Iterator[datetime]:
    """Return every instant of the grid in the interval, and some more around the interval."""
    return chain.from_iterable(grid_of_day(zone, day, step) for day in local_days(zone, interval))


def _rooms(search: SlotSearch, rooms: Iterable[Room]) -> Mapping[str, list[Room]]:
    """Return the bookable rooms of each location in the order of preference: as the search names them, else by id."""
    wanted = {room: rank for rank, room in enumerate(search.specific_rooms)}
    bookable = (room for room in rooms if room.can_be_booked and (not wanted or room.id in wanted))
    at: defaultdict[str, list[Room]] = defaultdict(list)
    for room in sorted(bookable, key=lambda room: (wanted.get(room.id, 0), room.id)):
        at[room.location].append(room)
    return at
