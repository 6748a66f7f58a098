"""Asks the availability rules whether a meeting can be held in its time slot, and takes what the time slot has not yet.

The rules are asked for clients without the staff scope, in the transaction of the step that makes or changes the
meeting, after its locks. How soon and how far ahead the time slot is was asked when it was reserved.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.candidates import LOCAL_DAY, first_allowed, rooms_of, window_of
from activities.meeting_messages import MeetingTerms
from activities.messages import MeetingContent, WantedTimeSlot
from activities.participants import queues_of, set_additional_employees, take_over_what_lapsed
from domain.meetings import MeetingType
from storage.booking_tables import MeetingRow, TimeSlotRow
from storage.companions import own_time, with_companions
from storage.meeting_slots import set_room


@dataclass(frozen=True, slots=True)
class MeetingDetails:
    """What the rules read of a meeting. `room_id` and `additional_employees` are those that it is to have.

    `is_new`: it does not exist yet, so nothing else is held for it than its time slot.
    """

    type: MeetingType
    topic_id: UUID
    customer_type_id: UUID
    room_id: UUID | None
    additional_employees: tuple[UUID, ...]
    is_new: bool = False

    @classmethod
    def of_content(cls, content: MeetingContent, slot: TimeSlotRow) -> Self:
        """Of a new meeting: what it does not name is as the time slot has it."""
        team = slot.additional_employees if content.keeps_team else content.additional_employees
        room = content.room_id or slot.room_id
        return cls(content.type, content.topic_id, content.customer_type_id, room, tuple(team), is_new=True)

    @classmethod
    def of_change(cls, meeting: MeetingRow, terms: MeetingTerms) -> Self:
        """Of a meeting as it is to be changed."""
        team = tuple(terms.additional_employees)
        return cls(terms.type, meeting.topic_id, meeting.customer_type_id, terms.room_id, team)


def queues_for(room_id: UUID | None, employees: Iterable[UUID]) -> Iterator[str]:
    """Names what to `lock`, before any row, for a room and additional employees that a time slot may not have yet."""
    yield from queues_of(employees)
    if room_id is not None:
        yield f"room:{room_id}"


async def hold_for_meeting(
    session: AsyncSession, slot: TimeSlotRow, details: MeetingDetails, *, by_staff: bool
) -> None:
    """Make the room and the additional employees of a live time slot those of its meeting: all of them or nothing.

    The caller has queued for them (`queues_for`) before it locked any row, and has locked the row of the slot.

    Raises:
        NotFound, MeetingMismatch, TimeSlotTaken, NotOffered: the transaction is to be given up.

    """
    asked = wanted_for(slot, details, by_staff=by_staff)
    await set_additional_employees(session, slot, details.additional_employees, by_staff=by_staff, asked=asked)
    if details.room_id is not None and details.room_id != slot.room_id:
        await take_over_what_lapsed(session, slot, rooms=[details.room_id])
    await check_meeting(session, slot, details, by_staff=by_staff)
    if details.room_id != slot.room_id:
        await set_room(session, slot, details.room_id)


async def check_meeting(session: AsyncSession, slot: TimeSlotRow, details: MeetingDetails, *, by_staff: bool) -> None:
    """Ask the rules for this meeting in its time slot. Of staff only a room is asked that the slot does not have yet.

    Changes nothing and takes no lock. What the booking itself holds is not in its way.

    Raises:
        NotFound, TimeSlotTaken, NotOffered: it cannot be held there; `rule`, `roomId` and `employeeId` say why.

    """
    if by_staff and details.room_id in (None, slot.room_id):
        return
    wanted = wanted_for(slot, details, by_staff=by_staff)
    own = with_companions(slot) if details.is_new else await _own_time(session, slot, wanted)
    await first_allowed(session, wanted, [slot.required_employee_id], own, held=slot)


async def _own_time(session: AsyncSession, slot: TimeSlotRow, wanted: WantedTimeSlot) -> frozenset[UUID]:
    employees = [slot.required_employee_id, *wanted.additional_employees]
    return await own_time(session, slot, window_of(wanted, LOCAL_DAY), employees, rooms_of(wanted))


def wanted_for(slot: TimeSlotRow, details: MeetingDetails, *, by_staff: bool) -> WantedTimeSlot:
    """The time slot as a reservation for this meeting would ask for it. Staff may go past what the meeting says."""
    where = WantedTimeSlot(
        start=slot.start_at,
        end=slot.end_at,
        employee_id=slot.employee_id,
        room_id=details.room_id,
        by_staff=by_staff,
    )
    if by_staff:
        return where
    said = {
        "service_group": slot.service_group,
        "additional_employees": details.additional_employees,
        "meeting_type": details.type,
        "topic_id": details.topic_id,
        "customer_type_id": details.customer_type_id,
    }
    return where.model_copy(update=said)
