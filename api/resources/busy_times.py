"""Operations of staff on busy times: create, list, change and remove. Existing bookings stay unchanged."""

from typing import Final
from uuid import UUID, uuid4

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.idempotency import Made
from api.http.pagination import BY_TIME, page_of
from api.http.patching import PatchOperation, patched
from api.resources.ownership import check_owner, check_token, trace_of
from api.schemas.busy_times import CreateTimeSlotRequest, StoredBusyTime, TimeSlotsQuery
from api.schemas.time_slots import MarkBookedPatch, TimeSlot
from domain.errors import InUse, NotFound
from storage import locks
from storage.bookings import busy_times, time_slots
from storage.bookings.busy_times import is_busy_time
from storage.configuration.lookups import require
from storage.locks import lock
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import EmployeeRow, RoomRow

MARK_BOOKED: Final = TypeAdapter[object](MarkBookedPatch)
READ_ONLY: Final = ("id", "employee_id", "date_created", "date_modified")


async def create(session: AsyncSession, given: CreateTimeSlotRequest) -> Made:
    """Create a busy time, and return the mapping that identifies it.

    Raises:
        NotFound: there is no such employee or room.
        TimeSlotTaken: the busy time would overlap held time, and conflicts are not ignored.

    """
    wanted = given.busy_time(uuid4())
    await lock(session, [*locks.of_employees([wanted.employee_id]), *locks.of_rooms(wanted.rooms)])
    await require(session, [(EmployeeRow, wanted.employee_id), *((RoomRow, each) for each in wanted.rooms)])
    await busy_times.check_free(session, wanted, wanted if given.ignore_time_slot_conflicts else None)
    return {"id": str((await busy_times.add(session, wanted)).id)}


async def show(session: AsyncSession, made: Made) -> TimeSlot:
    """Return the busy time as it is now. Raise `NotFound` if it was removed."""
    slot = await time_slots.find(session, UUID(made["id"]))
    if slot is None:
        raise NotFound("time slot", made["id"])
    return TimeSlot.stored(slot)


async def page(session: AsyncSession, query: TimeSlotsQuery, response: Response, path: str) -> list[TimeSlot]:
    """Return a page of the stored time slots. The `Link` header (RFC 8288) leads to the next page."""
    employees = ((EmployeeRow, each) for each in query.employee_ids)
    await require(session, [*employees, *((RoomRow, each) for each in query.room_ids)])
    found = await busy_times.list_slots(session, query.filter(), query.limit + 1)
    shown = page_of(found, query, lambda last: BY_TIME.write((last.start_at, last.id)), response, path)
    return [TimeSlot.stored(slot) for slot in shown]


def why_not_booked(patch: list[PatchOperation]) -> RequestValidationError | None:
    """Return None for the one patch that a booking supports, else the error of the patch."""
    try:
        MARK_BOOKED.validate_python([each.model_dump(by_alias=True, exclude_unset=True) for each in patch])
    except ValidationError as error:
        return RequestValidationError([{**found, "loc": ("body", *found["loc"])} for found in error.errors()])
    return None


async def change(
    session: AsyncSession, principal: Principal, time_slot_id: UUID, patch: list[PatchOperation], token: str | None
) -> TimeSlot | None:
    """Change a busy time by JSON Patch: all operations or none. Return None if the time slot is not a busy time.

    Raises:
        NotFound: there is no such room or, if the principal is staff, no such time slot.
        NotYours, TokenMismatch: the client may not change the time slot.
        InUse: the time slot belongs to a calendar.
        TimeSlotTaken: the busy time would overlap held time that it did not overlap before.
        UnusableRequest: the patch does not apply, or changes a read-only member.

    """
    slot = await _locked(session, principal, time_slot_id, token)
    if slot is None:
        return None
    before = StoredBusyTime.stored(slot)
    was, wanted = (each.busy_time(slot.id) for each in (before, patched(before, patch, READ_ONLY)))
    # All transactions lock employees before rooms, so that they cannot deadlock.
    await lock(session, locks.of_rooms(wanted.rooms))
    await require(session, [(RoomRow, each) for each in wanted.rooms])
    await busy_times.check_free(session, wanted, was)
    return TimeSlot.stored(await busy_times.change(session, wanted))


async def remove(session: AsyncSession, principal: Principal, time_slot_id: UUID) -> bool:
    """Remove the time slot if it is a busy time. Return whether it was one. Raises as `change` does."""
    slot = await _find_changeable(session, principal, time_slot_id)
    if slot is not None:
        await busy_times.remove(session, slot.id)
    return slot is not None


async def _locked(
    session: AsyncSession, principal: Principal, time_slot_id: UUID, token: str | None
) -> TimeSlotRow | None:
    """Lock the employee of the busy time, and return the busy time as it is after the lock."""
    slot = await _find_changeable(session, principal, time_slot_id, token)
    if slot is None:
        return None
    await lock(session, locks.of_employees([slot.required_employee_id]))
    return await _find_changeable(session, principal, time_slot_id, token)


async def _find_changeable(
    session: AsyncSession, principal: Principal, time_slot_id: UUID, token: str | None = None
) -> TimeSlotRow | None:
    slot = await time_slots.find(session, time_slot_id)
    if slot is None and principal.is_staff:
        await trace_of(session, time_slot_id)
    if slot is None or not is_busy_time(slot):
        return None
    check_owner(principal, slot)
    check_token(slot, token)
    if slot.calendar_id is not None:
        raise InUse("time slot", slot.id, "calendar", "be changed or deleted on its own")
    return slot
