"""Context of one search: bitsets of the starts at which employees or rooms are not free, and other data of the rules.

The context is built once per search. Rules only read the context, apart from its caches.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.availability.groups import qualification, ranked_capacities, triggered_groups
from domain.availability.inputs import AvailabilityData, SlotSearch, is_possible_duration
from domain.availability.slot_index import SlotIndex, index_slots
from domain.availability.stored_time import IndexedTime
from domain.availability.timeline import NEVER, Starts, Timeline, build_timeline, merged
from domain.configuration import Employee, Organisation, Room, ServiceGroup, Weekday
from domain.local_time import common, grid_of_day, hours_of_day, in_utc, local_days
from domain.meetings import MeetingType
from domain.time_slots import Interval

Party = tuple[Employee, ...]
"""Employees who take part in one meeting. The first employee takes the meeting."""

AllowedCapacity = tuple[int, ServiceGroup | None, Starts]
"""Rank of a capacity, its service group if any, and the starts that the rules allow in it."""

Shifts = tuple[tuple[Weekday, time, time], ...]
"""Weekdays with a from/to in local time. A weekday may occur several times."""


NO_TIME: Final = timedelta()
NO_LOAD: Final[Mapping[date, timedelta]] = {}


@dataclass(frozen=True)
class SearchContext:
    """Context of one search.

    `rooms` are the bookable rooms of each location that the search accepts, in the order of preference.
    `near_employees` are, by employee, the starts of meetings too near to another meeting. `service_groups` are all
    groups, and `triggered` are those that the search triggers. `earliest` caches, by the shifts of a week, the first
    time that customers may book, after the notice in working hours. None: never. `shared` caches, by profile and
    meeting type, the capacities of all employees of a profile as if none of them had a time slot. `refused` caches, by
    meeting type and employee, the starts that the employee's own time slots rule out.
    """

    search: SlotSearch
    data: AvailabilityData
    now: datetime
    timeline: Timeline
    slots: SlotIndex
    stored: SlotIndex | IndexedTime
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
    is_qualified: Callable[[Employee], bool]
    service_groups: Mapping[UUID, ServiceGroup]
    triggered: Mapping[UUID, ServiceGroup]
    earliest: dict[Shifts, datetime | None] = field(default_factory=dict)
    shared: dict[tuple[int, MeetingType], Sequence[AllowedCapacity]] = field(default_factory=dict)
    refused: dict[MeetingType, Mapping[UUID, Starts]] = field(default_factory=dict)
    _worked: dict[Shifts, Starts] = field(default_factory=dict)
    _by_load: dict[date, Mapping[timedelta, list[UUID]]] = field(default_factory=dict)

    @cached_property
    def parties(self) -> list[Party]:
        """Return who could have the meeting: each employee alone, sorted by id, or all named ones together."""
        found = self.data.employees
        if named := dict.fromkeys(self.search.explicit_employees):
            known = {employee.id: employee for employee in found}
            found = tuple(known[identity] for identity in named if identity in known)
            if self.search.require_all:
                return [found] if len(found) == len(named) else []
        return [(employee,) for employee in sorted(found, key=lambda each: each.id.int)]

    @cached_property
    def load(self) -> Mapping[UUID, Mapping[date, timedelta]]:
        """Return the meeting time that employees already have, by local day. Days without any are left out."""
        return self.stored.load(self.timeline)

    @cached_property
    def _loads(self) -> list[tuple[UUID, Mapping[date, timedelta]]]:
        return [(each.id, self.load.get(each.id, NO_LOAD)) for each in self.data.employees]

    def by_load(self, day: date) -> Mapping[timedelta, list[UUID]]:
        """Return the ids of all employees by the meeting time that they already have on this day."""
        if day not in self._by_load:
            found: defaultdict[timedelta, list[UUID]] = defaultdict(list)
            for who, load in self._loads:
                found[load.get(day, NO_TIME)].append(who)
            self._by_load[day] = found
        return self._by_load[day]

    @cached_property
    def over_cap(self) -> Mapping[UUID, Starts]:
        """Return, by employee, the starts that would take the meeting time of a day over the cap. Staff may exceed it.

        Only employees with a cap are in it, and only those named if the search names any.
        """
        if not self.search.customer_initiated:
            return {}
        caps = ((each.id, self.daily_cap(each)) for each in chain.from_iterable(self.parties))
        return {who: self._over(cap, self.load.get(who, NO_LOAD)) for who, cap in caps if cap is not None}

    def _over(self, cap: timedelta, load: Mapping[date, timedelta]) -> Starts:
        shares = self.timeline.shares.items()
        return reduce(or_, (starts for (day, spent), starts in shares if load.get(day, NO_TIME) + spent > cap), NEVER)

    def daily_cap(self, employee: Employee) -> timedelta | None:
        """Return the employee's own cap, else the largest of the service groups, else the organisation's, if any."""
        if employee.max_meeting_time_per_day is not None:
            return employee.max_meeting_time_per_day
        groups = (self.service_groups[each] for each in employee.service_groups if each in self.service_groups)
        caps = [group.max_meeting_time_per_day for group in groups if group.max_meeting_time_per_day is not None]
        return max(caps, default=self.data.organisation.max_meeting_time_per_day)

    def profile(self, employee: Employee) -> int | None:
        """Return the employee's profile, or None if the rules must be evaluated for this employee alone."""
        # Few searches have openings. The hash of an id is computed in Python, which takes time for many employees.
        if self.openings and employee.id in self.openings:
            return None
        return self.data.profiles.get(employee.id)

    def capacities(self, employee: Employee) -> list[tuple[int, ServiceGroup | None]]:
        """Return the result of `ranked_capacities` for the employee."""
        return ranked_capacities(self.search, employee, self.triggered, self.data.organisation.priority_levels)

    def working(self, shifts: Shifts, openings: Iterable[Interval] = ()) -> Starts:
        """Return the starts of meetings that lie completely in the union of these shifts and openings."""
        extra = tuple(openings)
        if extra:
            return self._fitting(shifts, extra)
        # Most employees have the same shifts as others, so the result is cached. Openings belong to one employee.
        if shifts not in self._worked:
            self._worked[shifts] = self._fitting(shifts)
        return self._worked[shifts]

    def working_time(self, shifts: Shifts) -> list[Interval]:
        """Return the shifts while the organisation is open, from today to the end of the timeline, sorted."""
        organisation, zone = self.data.organisation, self.timeline.zone
        days = local_days(zone, Interval(self.now, self.timeline.span.end))
        return merged(
            part
            for day, starts, ends in on_days(shifts, days)
            if day not in organisation.closing_days
            for hours in hours_of_day(zone, day, starts, ends)
            for part in common(hours, opening_hours_on(organisation, day))
        )

    def room_needed(self, location: str) -> bool:
        """Return whether a physical meeting at this location must have a room."""
        configured = self.data.locations.get(location)
        asked = self.search.require_room or bool(self.search.specific_rooms)
        return asked or (configured is not None and configured.require_room)

    def room_named(self, location: str) -> bool:
        """Return whether a physical meeting at this location is offered with a room, if one is free."""
        configured = self.data.locations.get(location)
        return self.room_needed(location) or configured is None or configured.name_free_room

    def some_room_free(self, location: str) -> Starts:
        """Return the starts of meetings for which one of the rooms at the location is free throughout."""
        return reduce(or_, (self.room_free(room) for room in self.rooms.get(location, ())), NEVER)

    def room_free(self, room: Room) -> Starts:
        return self.timeline.every & ~self.taken_rooms.get(room.id, NEVER)

    def _fitting(self, shifts: Shifts, openings: tuple[Interval, ...] = ()) -> Starts:
        days = on_days(shifts, (day for day, _ in self.timeline.days))
        hours = (hours_of_day(self.timeline.zone, *each) for each in days)
        return self.timeline.fitting(merged(chain(openings, *hours)))


class RuleInput(NamedTuple):
    """Input of a rule: one employee and one meeting type in the context of a search.

    `group` is None for a local employee. An employee who serves through a group does so in all working hours, at the
    group's locations and for the group's meeting types.
    """

    context: SearchContext
    employee: Employee
    meeting_type: MeetingType
    group: ServiceGroup | None = None

    @property
    def physical(self) -> bool:
        return self.meeting_type is MeetingType.PHYSICAL

    @property
    def every(self) -> Starts:
        return self.context.timeline.every


def on_days(shifts: Shifts, days: Iterable[date]) -> Iterator[tuple[date, time, time]]:
    """Yield each of these days with the from/to of each shift on its weekday."""
    hours: defaultdict[int, list[tuple[time, time]]] = defaultdict(list)
    for weekday, starts, ends in shifts:
        hours[weekday].append((starts, ends))
    for day in days:
        yield from ((day, *each) for each in hours.get(day.isoweekday(), ()))


def grid(search: SlotSearch, data: AvailabilityData) -> tuple[datetime, ...]:
    """Return the starts that the search can have, sorted, in UTC.

    Starts in the past or well beyond the booking horizon are left out: a window of years must not cost a grid of years.
    A rule refuses those just beyond it.
    """
    now, organisation = data.now.astimezone(UTC), data.organisation
    latest = now + organisation.max_time_from_booking_to_meeting + organisation.slot_interval
    asked = search.window
    # This check comes first: far from now, near the limits of `datetime`, the conversion to UTC overflows.
    if not (asked.start < latest and now < asked.end and is_possible_duration(search.duration)):
        return ()
    window = in_utc(Interval(max(asked.start, now), min(asked.end, latest)))
    starts = _grid_of(organisation.time_zone, window, organisation.slot_interval)
    return tuple(sorted(start for start in starts if window.start <= start < window.end))


def build_context(search: SlotSearch, data: AvailabilityData, starts: tuple[datetime, ...]) -> SearchContext:
    """Build the context of a search with these starts: one or more, sorted, in UTC."""
    now, organisation = data.now.astimezone(UTC), data.organisation
    timeline = build_timeline(organisation.time_zone, starts, search.duration)
    slots = index_slots(data.busy, search.ignore_slots, now)
    stored = data.stored or slots
    closed = (hours_of_day(timeline.zone, day) for day, _ in timeline.days if day in organisation.closing_days)
    return SearchContext(
        search=search,
        data=data,
        now=now,
        timeline=timeline,
        slots=slots,
        stored=stored,
        to_come=timeline.since(now),
        within_reach=timeline.until(now + organisation.max_time_from_booking_to_meeting),
        on_grid=timeline.among(_grid_of(timeline.zone, timeline.span, organisation.slot_interval)),
        open_days=timeline.every & ~timeline.overlapping(chain.from_iterable(closed)),
        opening_hours=_within_opening_hours(organisation, timeline),
        taken_employees=stored.taken_employees(timeline),
        near_employees=stored.near_employees(timeline, organisation.buffer_between_meetings),
        taken_rooms=stored.taken_rooms(timeline),
        elsewhere=stored.working_elsewhere(timeline),
        openings=stored.open_intervals(),
        rooms=_rooms(search, data.rooms),
        is_qualified=qualification(data, search.topic, search.customer_type),
        service_groups={group.id: group for group in data.service_groups},
        triggered=triggered_groups(search, data),
    )


def _within_opening_hours(organisation: Organisation, timeline: Timeline) -> Starts:
    """Return the starts of meetings that lie completely in opening hours. Closing days are not considered."""
    if organisation.opens is None and organisation.closes is None:
        return timeline.every
    hours = (opening_hours_on(organisation, day) for day, _ in timeline.days)
    return timeline.fitting(merged(chain.from_iterable(hours)))


def opening_hours_on(organisation: Organisation, day: date) -> tuple[Interval, ...]:
    """Return the opening hours of a local day in UTC. Closing days are not considered."""
    opens, closes = organisation.opens or time.min, organisation.closes or time.min
    return hours_of_day(organisation.time_zone, day, opens, closes)


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
