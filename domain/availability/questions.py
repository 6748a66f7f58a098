"""What is asked about availability, what it is asked of, and what is answered.

Instants are aware datetimes in any zone: the rules compare them in UTC. Locations are named by their id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.configuration import CompetenceGroup, Employee, Location, Organisation, Room, ServiceGroup
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus

LONGEST_MEETING: Final = timedelta(days=31)


class BusyTime(NamedTuple):
    """A stored time slot of an employee, a room or both. From `held_until` on it is as if it did not exist."""

    id: UUID
    interval: Interval
    status: TimeSlotStatus
    employee_id: UUID | None
    room_id: UUID | None
    held_until: datetime | None
    meeting_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the rules read. `now` is the only clock they know."""

    organisation: Organisation
    employees: tuple[Employee, ...]
    rooms: tuple[Room, ...]
    locations: Mapping[str, Location]
    busy: tuple[BusyTime, ...]
    now: datetime
    competence_groups: tuple[CompetenceGroup, ...] = ()
    service_groups: tuple[ServiceGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """A search: `window` is half-open and holds the starts of the time slots, not the whole of them.

    `meeting_types` empty means any. `specific_rooms` asks for a room, and for one of these.
    `require_all`: all of `explicit_employees` take part; otherwise any one of them, or anybody when none is named.
    `best`: one time slot for each start and meeting type, instead of one for each candidate too.
    `customer_initiated`: notice and the daily cap are asked of customers; `ignore_minimum_time_before_booking` is for
    staff who act for one. `service_group`: only those who serve through it.
    `unsaid_is_any`: what is not said (topic, customer type, location) may be anything, as a reservation means it. A
    search that does not say it asks without it: no service group is triggered by what nobody asked for.
    """

    window: Interval
    duration: timedelta
    meeting_types: frozenset[MeetingType] = frozenset()
    topic: UUID | None = None
    customer_type: UUID | None = None
    meeting_location: str | None = None
    customer_location: str | None = None
    explicit_employees: tuple[UUID, ...] = ()
    require_all: bool = False
    require_room: bool = False
    specific_rooms: tuple[UUID, ...] = ()
    ignore_meetings: frozenset[UUID] = frozenset()
    ignore_slots: frozenset[UUID] = frozenset()
    best: bool = True
    customer_initiated: bool = True
    ignore_minimum_time_before_booking: bool = False
    service_group: UUID | None = None
    unsaid_is_any: bool = False

    @property
    def place(self) -> str | None:
        """The location that was asked for, if any."""
        return self.meeting_location or self.customer_location

    @property
    def types(self) -> tuple[MeetingType, ...]:
        return tuple(sorted(self.meeting_types or MeetingType))


class OfferedSlot(NamedTuple):
    """A time slot that can be reserved now. The interval is in UTC. `service_group_id` is None for a local employee."""

    interval: Interval
    meeting_type: MeetingType
    employee_id: UUID
    room_id: UUID | None = None
    further_employee_ids: tuple[UUID, ...] = ()
    service_group_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a reservation says of its meeting; what it does not say may be anything.

    `service_group` is the one by which the employee was offered; then only this one counts.
    """

    meeting_types: frozenset[MeetingType] = frozenset()
    topic: UUID | None = None
    customer_type: UUID | None = None
    meeting_location: str | None = None
    customer_location: str | None = None
    service_group: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedSlot:
    """What a reservation asks for. `ignore_slots` are those of its own booking, `soft_rules` is False for staff.

    `is_held`: the time slot is held already, so that it is not asked again how soon and how far ahead it is, nor
    whether the employee is free; `has_room`: nor whether the room is.
    `needs_room` is False for an additional employee: the meeting's room is asked for with its own employee.
    """

    interval: Interval
    employee_id: UUID
    room_id: UUID | None = None
    ignore_slots: frozenset[UUID] = frozenset()
    soft_rules: bool = True
    purpose: Purpose = Purpose()
    is_held: bool = False
    has_room: bool = False
    needs_room: bool = True


def possible_duration(duration: timedelta) -> bool:
    """Whether anything could last that long: the rules compute with no other durations."""
    return timedelta() < duration <= LONGEST_MEETING
