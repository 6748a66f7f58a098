"""Transaction that extends a hold once."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError, HoldAlreadyExtended, HoldNotExtendable, TooManyRenewals
from domain.messages.booking import ExtendHold
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.reservations import BookingLimits
from storage import locks
from storage.bookings import end_users, holds, time_slots
from storage.bookings.refused_steps import check_not_refused, keep_refusal
from storage.bookings.time_slots import TimedSlot
from storage.tables.booking import TimeSlotRow


async def extend(session: AsyncSession, step: ExtendHold, limits: BookingLimits) -> TimedSlot:
    """Move the deadline of the hold, and append `booking.extended`. The version of the time slot does not change.

    If the step was completed before, return the time slot that it extended.

    Raises:
        HoldExpired, HoldReleased: the hold has ended, or the time slot has another version than the step expects.
        HoldAlreadyExtended, HoldNotExtendable, TooManyRenewals: the hold stays as it is.

    """
    end_user = await end_users.find_end_user(session, step.time_slot_id)
    if end_user is not None:
        await locks.lock(session, [locks.of_end_user(end_user)])
    slot = await time_slots.find(session, step.time_slot_id, for_update=True)
    if slot is None or slot.version != step.version:
        raise await time_slots.why_gone(session, step.time_slot_id)
    if slot.extension_id == step.extension_id:
        return TimedSlot(slot, await time_slots.database_time(session))
    await check_not_refused(session, step.extension_id)
    if slot.extension_id is not None:
        raise HoldAlreadyExtended(slot.hold_expires_at)
    await _check_renewals(session, slot, end_user, limits)
    extended = await holds.extend(session, slot.id, step.extension_id, extension_of(slot, limits))
    if extended is None:
        raise await time_slots.why_gone(session, slot.id)
    if end_user is not None:
        await end_users.note_extension(session, slot.id, step.extension_id)
    return extended


async def refuse(session: AsyncSession, error: BookMeError, step: ExtendHold) -> bool:
    """Store the refusal, so that a retry of the step gets the same answer.

    Return False and store nothing if the time slot is gone or changed, or if the step was completed meanwhile.
    """
    slot = await time_slots.find(session, step.time_slot_id, for_update=True)
    if slot is None or slot.version != step.version or slot.extension_id == step.extension_id:
        return False
    await keep_refusal(session, error, step.extension_id)
    return True


def extension_of(slot: TimeSlotRow, limits: BookingLimits) -> timedelta:
    """Return the duration by which the hold can be extended: by default, the lifetime of holds with its status.

    Raises:
        HoldNotExtendable: the operator has switched extensions off.

    """
    lifetime = limits.reservation_ttl if slot.status == TimeSlotStatus.RESERVED else limits.booked_ttl
    extension = lifetime if limits.hold_extension is None else limits.hold_extension
    if not extension:
        raise HoldNotExtendable("Holds cannot be extended here")
    return extension


async def _check_renewals(
    session: AsyncSession, slot: TimeSlotRow, end_user: str | None, limits: BookingLimits
) -> None:
    """Raise `TooManyRenewals` if the end user has held the same time too often. An extension counts as a hold."""
    if end_user is None:
        return
    time, team = Interval(slot.start_at, slot.end_at), [slot.required_employee_id, *slot.additional_employees]
    found = await end_users.count_holds(session, end_user, time, team, slot.room_id)
    if found.of_this_time >= limits.max_renewals:
        raise TooManyRenewals(limits.max_renewals)
