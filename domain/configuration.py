"""Configuration of the organisation, as far as the booking rules read it.

Times of day are local times in the organisation's time zone (an IANA name). Locations are always given by their id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.meetings import MeetingType


class Weekday(IntEnum):
    """ISO 8601 weekdays, as `date.isoweekday()` numbers them."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


@dataclass(frozen=True, slots=True)
class WorkingSpan:
    """Working time of an employee on one weekday: from/to in local time, the location and the meeting types.

    `ends` 00:00 means midnight at the end of the day. Working hours over midnight are two spans on two days.
    """

    starts: time
    ends: time
    location: str
    meeting_types: frozenset[MeetingType]


DEEPEST_COMPETENCE_GROUP: Final = 5
"""Maximum number of levels of competence groups, including the topmost level."""


@dataclass(frozen=True, slots=True)
class CompetenceGroup:
    """Competence of the group's members and of the members of the groups below. An empty set means no restriction."""

    id: UUID
    parent_id: UUID | None = None
    topics: frozenset[UUID] = frozenset()
    customer_types: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """Employees who serve locations other than their own, if the group's trigger matches the search.

    The trigger is `topics`, `customer_types` and `customer_locations`. An empty set matches everything. Any other set
    matches if the search asks for one of its members.

    The service level is `locations` and `meeting_types`. Without locations the group takes no physical meetings, but
    serves every location with the other types. Without meeting types the group takes no meetings.
    """

    id: UUID
    name: str = ""
    label: str | None = None
    topics: frozenset[UUID] = frozenset()
    customer_types: frozenset[UUID] = frozenset()
    customer_locations: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    meeting_types: frozenset[MeetingType] = frozenset()
    max_meeting_time_per_day: timedelta | None = None


class Capacity(StrEnum):
    """Capacity in which an employee takes a meeting."""

    EXPLICIT = "Explicit"
    LOCAL = "Local"
    SERVICE_GROUP = "ServiceGroup"


@dataclass(frozen=True, slots=True)
class PriorityLevel:
    """Employees preferred to those of the next level. `label` narrows SERVICE_GROUP to groups with this label."""

    capacity: Capacity
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Employee:
    """Employee, as far as the rules read it.

    Empty `topics` or `customer_types` mean no restriction. But if both are empty and the employee is in a competence
    group, the groups decide. The spans of a weekday in `week` are sorted and do not overlap. A weekday without spans
    is left out.
    """

    id: UUID
    location: str | None = None
    can_be_booked: bool = True
    is_only_explicitly_available: bool = False
    week: Mapping[Weekday, tuple[WorkingSpan, ...]] = field(default_factory=dict)
    topics: frozenset[UUID] = frozenset()
    customer_types: frozenset[UUID] = frozenset()
    competence_groups: frozenset[UUID] = frozenset()
    service_groups: frozenset[UUID] = frozenset()
    max_meeting_time_per_day: timedelta | None = None
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    id: UUID
    location: str
    can_be_booked: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """Location of the organisation.

    `require_room`: a physical meeting here needs a free room. `name_free_room`: a physical meeting that needs no room
    is offered with a free room, too.
    """

    id: str
    require_room: bool = False
    name_free_room: bool = True


@dataclass(frozen=True, slots=True)
class Organisation:
    """Settings that apply to every search.

    `max_look_forward` is the longest window of one search. `max_time_from_booking_to_meeting` limits how far ahead
    meetings may be booked. `closing_days` are local dates. Meetings lie within `[opens, closes)` in local time; None
    means midnight, and `closes` 00:00 means midnight at the end of the day. `working_time_buffer` is the notice that
    customers must give, in working time of the employee. `buffer_between_meetings` is kept free before and after an
    employee's meetings. Employees without a level in `priority_levels` come last.
    """

    time_zone: ZoneInfo
    slot_interval: timedelta = timedelta(minutes=30)
    default_duration: timedelta = timedelta(hours=1)
    default_look_forward: timedelta = timedelta(days=7)
    max_look_forward: timedelta = timedelta(days=31)
    max_time_from_booking_to_meeting: timedelta = timedelta(days=180)
    buffer_between_meetings: timedelta = timedelta()
    closing_days: frozenset[date] = frozenset()
    opens: time | None = None
    closes: time | None = None
    working_time_buffer: timedelta = timedelta()
    max_meeting_time_per_day: timedelta | None = None
    priority_levels: tuple[PriorityLevel, ...] = tuple(map(PriorityLevel, Capacity))


def lineage(group: UUID, groups: Mapping[UUID, CompetenceGroup]) -> list[CompetenceGroup]:
    """Return the group and the groups above, the nearest first. The list ends before an unknown or a repeated group."""
    line: dict[UUID, CompetenceGroup] = {}
    above: UUID | None = group
    while above is not None and above in groups and above not in line:
        line[above] = groups[above]
        above = groups[above].parent_id
    return list(line.values())


def is_in_a_cycle(child: UUID, parents: Mapping[UUID, UUID | None]) -> bool:
    """Return whether the chain of parents from `child` runs into a cycle."""
    met: set[UUID] = set()
    above: UUID | None = child
    while above is not None and above not in met:
        met.add(above)
        above = parents.get(above)
    return above is not None


def too_deep(groups: Iterable[CompetenceGroup]) -> list[UUID]:
    """Return the groups below the deepest allowed level, in the given order."""
    known = {group.id: group for group in groups}
    return [each for each in known if len(lineage(each, known)) > DEEPEST_COMPETENCE_GROUP]
