"""Checks a meeting in its time slot against the availability rules, and holds its room and additional employees.

The rules apply to clients without the staff scope. The check runs in the transaction of the step that makes or changes
the meeting, after the locks of the step. The limits of how soon and how far ahead were checked at the reservation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.local_time import LOCAL_DAY
from domain.meetings import MeetingType
from domain.messages.booking import MeetingContent, WantedTimeSlot
from domain.messages.meeting import MeetingTerms
from services.booking.candidates import first_allowed, interval_with_margin, rooms_of
from services.booking.participants import remove_expired_holds, set_additional_employees
from storage import locks
from storage.bookings.time_slots import own_time, with_attendee_slots
from storage.meetings.meeting_slots import set_room
from storage.tables.booking import MeetingRow, TimeSlotRow


@dataclass(frozen=True, slots=True)
class MeetingDetails:
    """Fields of a meeting that the rules read. The meeting is to have `room_id` and `additional_employees`.

    `is_new`: the meeting does not exist yet. Its booking then holds one time slot, with its attendee slots. The booking
    of an existing meeting may hold a second time slot, to which the meeting is moved.
    """

    type: MeetingType
    topic_id: UUID
    customer_type_id: UUID
    room_id: UUID | None
    additional_employees: tuple[UUID, ...]
    is_new: bool = False

    @classmethod
    def of_content(cls, content: MeetingContent, slot: TimeSlotRow) -> Self:
        """Return the details of a new meeting. Fields that the request does not give come from the time slot."""
        team = slot.additional_employees if content.keeps_team else content.additional_employees
        room = content.room_id or slot.room_id
        return cls(content.type, content.topic_id, content.customer_type_id, room, tuple(team), is_new=True)

    @classmethod
    def of_change(cls, meeting: MeetingRow, terms: MeetingTerms) -> Self:
        """Return the details of a meeting after its change."""
        team = tuple(terms.additional_employees)
        return cls(terms.type, meeting.topic_id, meeting.customer_type_id, terms.room_id, team)


def lock_names(room_id: UUID | None, employees: Iterable[UUID]) -> list[str]:
    """Return the names of the locks for a room and additional employees that a time slot may not hold yet.

    The caller takes the locks before it locks any row.
    """
    return [*locks.of_employees(employees), *locks.of_rooms([] if room_id is None else [room_id])]


async def hold_for_meeting(
    session: AsyncSession, slot: TimeSlotRow, details: MeetingDetails, *, by_staff: bool
) -> None:
    """Give a time slot that has not expired the room and the additional employees of its meeting, all or none.

    Before the call, the caller must take their locks (`lock_names`), and then lock the row of the time slot.

    Raises:
        NotFound, MeetingMismatch, TimeSlotTaken, NotOffered: the caller must roll back the transaction.

    """
    wanted = wanted_for(slot, details, by_staff=by_staff)
    await set_additional_employees(session, slot, details.additional_employees, by_staff=by_staff, wanted=wanted)
    if details.room_id is not None and details.room_id != slot.room_id:
        await remove_expired_holds(session, slot, rooms=[details.room_id])
    await check_meeting(session, slot, details, by_staff=by_staff)
    if details.room_id != slot.room_id:
        await set_room(session, slot, details.room_id)


async def check_meeting(session: AsyncSession, slot: TimeSlotRow, details: MeetingDetails, *, by_staff: bool) -> None:
    """Check this meeting in its time slot against the rules.

    For staff, nothing is checked, except a room that differs from the slot's room. The function changes nothing and
    takes no lock. Time that the booking itself holds does not count as taken.

    Raises:
        NotFound, TimeSlotTaken, NotOffered: the meeting cannot take place there; `rule`, `roomId` and `employeeId` say
            why.

    """
    if by_staff and details.room_id in (None, slot.room_id):
        return
    wanted = wanted_for(slot, details, by_staff=by_staff)
    ignored_slots = with_attendee_slots(slot) if details.is_new else await _ignored_slots(session, slot, wanted)
    await first_allowed(session, wanted, [slot.required_employee_id], ignored_slots, held_slot=slot)


async def _ignored_slots(session: AsyncSession, slot: TimeSlotRow, wanted: WantedTimeSlot) -> frozenset[UUID]:
    employees = [slot.required_employee_id, *wanted.additional_employees]
    return await own_time(session, slot, interval_with_margin(wanted, LOCAL_DAY), employees, rooms_of(wanted))


def wanted_for(slot: TimeSlotRow, details: MeetingDetails, *, by_staff: bool) -> WantedTimeSlot:
    """Return the time slot as a reservation for this meeting would request it.

    For staff, the purpose, the service group and the additional employees are left out: staff may override them.
    """
    where = WantedTimeSlot(
        start=slot.start_at,
        end=slot.end_at,
        employee_id=slot.employee_id,
        room_id=details.room_id,
        by_staff=by_staff,
    )
    if by_staff:
        return where
    description = {
        "service_group": slot.service_group,
        "additional_employees": details.additional_employees,
        "meeting_type": details.type,
        "topic_id": details.topic_id,
        "customer_type_id": details.customer_type_id,
    }
    return where.model_copy(update=description)
