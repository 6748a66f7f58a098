"""Additional employees of a meeting: checked by the availability rules, and held by attendee slots."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.local_time import LOCAL_DAY
from domain.meeting_errors import MeetingMismatch
from domain.messages.booking import WantedTimeSlot
from domain.time_slots import Interval
from services.booking.candidates import check_additional, interval_with_margin
from storage.bookings import holds
from storage.bookings.events import EventKind, append_event
from storage.bookings.time_slots import own_time
from storage.tables.booking import TimeSlotRow


async def set_additional_employees(
    session: AsyncSession,
    slot: TimeSlotRow,
    employees: Iterable[UUID],
    *,
    by_staff: bool,
    wanted: WantedTimeSlot | None = None,
) -> list[UUID]:
    """Set the additional employees of a time slot that has not expired, in this order. Return the removed employees.

    Either all employees are set or none. Before the call, the caller must take the locks of the employees
    (`storage.locks`), and then lock the row of the time slot. `wanted` describes the meeting, if it is known.

    Raises:
        MeetingMismatch, NotFound, TimeSlotTaken, NotOffered: the caller must roll back the transaction.

    """
    new_team, old_team = list(dict.fromkeys(employees)), list(slot.additional_employees)
    if new_team == old_team:
        return []
    added = [each for each in new_team if each not in old_team]
    if added:
        await remove_expired_holds(session, slot, added)
        await check_additional_employees(session, slot, added, by_staff=by_staff, wanted=wanted)
        await holds.add_attendee_slots(session, slot, added)
    await holds.set_attendees(session, slot, new_team)
    return [each for each in old_team if each not in new_team]


async def check_additional_employees(
    session: AsyncSession,
    slot: TimeSlotRow,
    employees: Iterable[UUID],
    *,
    by_staff: bool,
    wanted: WantedTimeSlot | None = None,
) -> None:
    """Check that the rules allow each new additional employee of this time slot. Change nothing.

    Employees who have an attendee slot of this time slot already are not checked. `wanted` describes the meeting.
    Without it, the rules get the interval of the time slot and `by_staff`.

    Raises:
        MeetingMismatch: one of the employees is the time slot's own employee.
        NotFound: an employee does not exist.
        TimeSlotTaken, NotOffered: the rules refuse an employee; `employeeId` names the employee.

    """
    added = tuple(each for each in employees if each not in slot.additional_employees)
    if slot.employee_id in added:
        raise MeetingMismatch(
            "additionalEmployees", "the time slot's own employee cannot also be an additional employee"
        )
    if added:
        meeting_slot = wanted or WantedTimeSlot(start=slot.start_at, end=slot.end_at, by_staff=by_staff)
        only_additional = {"employee_id": None, "room_id": None, "service_group": None}
        team_slot = meeting_slot.model_copy(update={**only_additional, "additional_employees": added})
        ignored_slots = await own_time(session, slot, interval_with_margin(team_slot, LOCAL_DAY), added)
        await check_additional(session, team_slot, ignored_slots)


async def remove_expired_holds(
    session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID] = (), rooms: Sequence[UUID] = ()
) -> None:
    """Remove the expired holds of these employees and rooms that overlap the time slot, and record their expiry.

    The exclusion constraint does not know the clock, so expired holds would still block the time.
    """
    for expired in await holds.remove_overdue(session, Interval(slot.start_at, slot.end_at), employees, rooms):
        await append_event(session, EventKind.EXPIRED, expired)
