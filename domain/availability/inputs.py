"""Inputs and results of availability searches and reservations.

Instants are aware datetimes in any zone; the rules compare them in UTC. Locations are given by their id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.availability.stored_time import IndexedTime
from domain.configuration import CompetenceGroup, Employee, Location, Organisation, Room, ServiceGroup
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus

LONGEST_MEETING: Final = timedelta(days=31)
"""The rules do not compute with longer time slots."""


class BusyTime(NamedTuple):
    """Stored time slot of an employee, a room or both. From `held_until` on, the time slot counts as deleted."""

    id: UUID
    interval: Interval
    status: TimeSlotStatus
    employee_id: UUID | None
    room_id: UUID | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class AvailabilityData:
    """All data that the rules read. `now` is the only clock of the rules.

    `profiles` is the result of `profiles_of` for the employees, or empty. With it, a search evaluates the rules that do
    not depend on an employee's time slots once for all employees with the same profile. If the search names employees,
    rules are only evaluated for those.

    `stored`, if given, is the stored time of a search instead of `busy`, without expired holds and without the time
    slots that the search ignores.
    """

    organisation: Organisation
    rooms: tuple[Room, ...]
    locations: Mapping[str, Location]
    now: datetime
    competence_groups: tuple[CompetenceGroup, ...] = ()
    service_groups: tuple[ServiceGroup, ...] = ()
    employees: tuple[Employee, ...] = ()
    busy: tuple[BusyTime, ...] = ()
    profiles: Mapping[UUID, int] = field(default_factory=dict)
    stored: IndexedTime | None = None


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """Search for time slots. `window` is half-open and limits the starts of the time slots, not their ends.

    `meeting_types`: an empty set means any type.
    `specific_rooms`: the meeting needs a room, and only these rooms are accepted.
    `require_all`: all of `explicit_employees` take part. Otherwise one of them does, or anybody if none is named.
    `best`: the result has one time slot for each start and meeting type, instead of one for each candidate.
    `customer_initiated`: the notice and the daily cap apply.
    `ignore_minimum_time_before_booking`: the notice does not apply, for staff who act for a customer.
    `service_group`: only employees who serve through this group are offered.
    `unsaid_is_any`: a topic, customer type or location of None may be anything, as in a reservation. Otherwise None
    means that the search does not ask for one, so that None does not match the trigger of a service group.
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
    ignore_slots: frozenset[UUID] = frozenset()
    best: bool = True
    customer_initiated: bool = True
    ignore_minimum_time_before_booking: bool = False
    service_group: UUID | None = None
    unsaid_is_any: bool = False

    @property
    def place(self) -> str | None:
        """Return the location that the search asks for, or None."""
        return self.meeting_location or self.customer_location

    @property
    def types(self) -> tuple[MeetingType, ...]:
        return tuple(sorted(self.meeting_types or MeetingType))


class OfferedSlot(NamedTuple):
    """Time slot that can be reserved now. The interval is in UTC. `service_group_id` is None for a local employee."""

    interval: Interval
    meeting_type: MeetingType
    employee_id: UUID
    room_id: UUID | None = None
    further_employee_ids: tuple[UUID, ...] = ()
    service_group_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedSlot:
    """Time slot that a reservation asks for, and what it names of its meeting.

    `employee_id`: None if the best employee is to be chosen.
    `ignore_slots`: time slots of the same booking, which do not block.
    `soft_rules`: False for staff, who may override these rules.
    `meeting_types` and the fields up to `customer_location`: if empty or None, the meeting may have any value.
    `service_group`: the group through which the employee was offered. If it is set, the employee counts only as a
    member of this group, not as a local employee or through another group.
    `is_held`: the time slot is held already. The notice and the employee's other time slots are not checked again.
    `has_room`: the hold includes the room, so that it is not checked again whether the room is free.
    `needs_room`: False for an additional employee, because the room is checked with the meeting's own employee.
    """

    interval: Interval
    employee_id: UUID | None = None
    room_id: UUID | None = None
    ignore_slots: frozenset[UUID] = frozenset()
    soft_rules: bool = True
    meeting_types: frozenset[MeetingType] = frozenset()
    topic: UUID | None = None
    customer_type: UUID | None = None
    meeting_location: str | None = None
    customer_location: str | None = None
    service_group: UUID | None = None
    is_held: bool = False
    has_room: bool = False
    needs_room: bool = True


def is_possible_duration(duration: timedelta) -> bool:
    return timedelta() < duration <= LONGEST_MEETING
