"""Who takes part in a meeting besides its employee: allowed by the rules of search, held by companions."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.candidates import LOCAL_DAY, check_additional, window_of
from activities.messages import WantedTimeSlot
from domain.errors import MeetingMismatch
from domain.time_slots import Interval
from storage import holds
from storage.booking_tables import TimeSlotRow
from storage.companions import add_companions, name_companions, own_time
from storage.events import EventKind, tell


def queues_of(employees: Iterable[UUID]) -> list[str]:
    """What to `lock` for them, before the first row."""
    return [f"employee:{each}" for each in employees]


async def set_additional_employees(
    session: AsyncSession,
    slot: TimeSlotRow,
    employees: Iterable[UUID],
    *,
    by_staff: bool,
    asked: WantedTimeSlot | None = None,
) -> list[UUID]:
    """Make these, in this order, the additional employees of a live time slot. Answers who is not any more, and free.

    All or nothing. The caller has queued for them (`queues_of`) before it locked any row, and has locked the slot's.
    `asked` says what their meeting is, if it is known.

    Raises:
        MeetingMismatch, NotFound, TimeSlotTaken, NotOffered: the transaction is to be given up.

    """
    wanted, before = list(dict.fromkeys(employees)), list(slot.additional_employees)
    if wanted == before:
        return []
    added = [each for each in wanted if each not in before]
    if added:
        await take_over_what_lapsed(session, slot, added)
        await check_additional_employees(session, slot, added, by_staff=by_staff, asked=asked)
        await add_companions(session, slot, added)
    await name_companions(session, slot, wanted)
    return [each for each in before if each not in wanted]


async def check_additional_employees(
    session: AsyncSession,
    slot: TimeSlotRow,
    employees: Iterable[UUID],
    *,
    by_staff: bool,
    asked: WantedTimeSlot | None = None,
) -> None:
    """Whether those of them who are not held with the time slot yet could be. Changes nothing.

    Raises:
        MeetingMismatch, NotFound, TimeSlotTaken, NotOffered: they cannot; `employeeId` says who.

    """
    added = tuple(each for each in employees if each not in slot.additional_employees)
    if slot.employee_id in added:
        raise MeetingMismatch("additionalEmployees", "its own employee is no additional one")
    if added:
        meeting = asked or WantedTimeSlot(start=slot.start_at, end=slot.end_at, by_staff=by_staff)
        of_nobody_else = {"employee_id": None, "room_id": None, "service_group": None}
        wanted = meeting.model_copy(update={**of_nobody_else, "additional_employees": added})
        own = await own_time(session, slot, window_of(wanted, LOCAL_DAY), added)
        await check_additional(session, wanted, own)


async def take_over_what_lapsed(
    session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID] = (), rooms: Sequence[UUID] = ()
) -> None:
    """Of these, what anybody let lapse at the time of the slot is removed: the constraint knows no time."""
    for lapsed in await holds.remove_overdue(session, Interval(slot.start_at, slot.end_at), employees, rooms):
        await tell(session, EventKind.EXPIRED, lapsed)
