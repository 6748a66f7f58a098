"""What the organisation has configured, as far as the booking rules read it.

Times of day are local to the organisation's time zone (an IANA name). Locations are named by their id everywhere.
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
    """Time of one weekday in which an employee works: from/to in local time, where, and for which meeting types.

    `ends` 00:00 means midnight at the end of the day. Hours over midnight are two spans of two days.
    """

    starts: time
    ends: time
    location: str
    meeting_types: frozenset[MeetingType]


DEEPEST_COMPETENCE_GROUP: Final = 5
"""How many levels of competence groups there may be, the topmost counted."""


@dataclass(frozen=True, slots=True)
class CompetenceGroup:
    """What its members, and those of the groups below it, know. An empty set is no restriction: open to any."""

    id: UUID
    parent_id: UUID | None = None
    topics: frozenset[UUID] = frozenset()
    customer_types: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """Employees who serve other locations than their own, when the group's trigger matches what is asked.

    The trigger is topics, customer types and customer locations, each empty for any; a dimension with members needs
    one of them to be asked for. The service level is `locations` and `meeting_types`, and there empty means none:
    no physical meetings without locations (the rest then serves every location), no meetings without types.
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
    """How somebody comes to take a meeting."""

    EXPLICIT = "Explicit"
    LOCAL = "Local"
    SERVICE_GROUP = "ServiceGroup"


@dataclass(frozen=True, slots=True)
class PriorityLevel:
    """Who is asked before the next level is. `label` narrows SERVICE_GROUP to the groups that carry it."""

    capacity: Capacity
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Employee:
    """An employee as the rules see one. Empty `topics` or `customer_types` means open to any.

    The spans of a weekday in `week` are sorted and do not overlap; a day without any is left out.
    One with no skills at all who is in a competence group has the groups' skills alone.
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


@dataclass(frozen=True, slots=True)
class Room:
    id: UUID
    location: str
    can_be_booked: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """`require_room`: a physical meeting here needs a free room. `name_free_room`: one that needs none gets one too."""

    id: str
    require_room: bool = False
    name_free_room: bool = True


@dataclass(frozen=True, slots=True)
class Organisation:
    """The settings that every search obeys.

    `max_look_forward` is the longest window of one search, `max_time_from_booking_to_meeting` how far ahead
    meetings may be booked. `closing_days` are local dates. Meetings lie within `[opens, closes)` in local time; None
    is midnight, and `closes` 00:00 too. `working_time_buffer` is the notice that customers give, in the employee's
    working time. `buffer_between_meetings` is kept free before and after an employee's meetings. Whoever has no place
    in `priority_levels` comes after them all.
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
    """The group and those above it, the nearest first. It ends where it would come round again."""
    line: dict[UUID, CompetenceGroup] = {}
    above: UUID | None = group
    while above is not None and above in groups and above not in line:
        line[above] = groups[above]
        above = groups[above].parent_id
    return list(line.values())


def in_a_cycle(groups: Iterable[CompetenceGroup]) -> list[UUID]:
    """The groups that are above themselves, in the order given. None of them may be stored."""
    known = {group.id: group for group in groups}
    above = {each: [group.parent_id for group in lineage(each, known)] for each in known}
    return [each for each, parents in above.items() if each in parents]


def is_in_a_cycle(child: UUID, parents: Mapping[UUID, UUID | None]) -> bool:
    """Whether following the parents from `child` never ends."""
    met: set[UUID] = set()
    above: UUID | None = child
    while above is not None and above not in met:
        met.add(above)
        above = parents.get(above)
    return above is not None


def too_deep(groups: Iterable[CompetenceGroup]) -> list[UUID]:
    """The groups below the deepest level that there may be, in the order given."""
    known = {group.id: group for group in groups}
    return [each for each in known if len(lineage(each, known)) > DEEPEST_COMPETENCE_GROUP]
