"""Transactions that change, move and cancel a meeting. Each is atomic, and a repeat has no further effect.

Locks of employees and rooms are taken before any row is locked, as in all transactions.
"""

from typing import Final

from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError, HoldExpired, NotFound
from domain.meeting_errors import MeetingChanged, MeetingOver
from domain.messages.booking import BookingKey, ReserveTimeSlot
from domain.messages.meeting import CancelMeetingStep, ChangeMeetingStep, MeetingTerms, MoveMeetingStep
from services.booking import reservations
from services.booking.once import find_outcome_id, keep_outcome_id
from services.booking.participants import set_additional_employees
from services.booking.reservations import BookingLimits
from services.meeting.rules import MeetingDetails, hold_for_meeting, lock_names, wanted_for
from services.meeting.swaps import TEXT_COLUMNS, MeetingChange, release_holds_for_moves, slot_of, take_time_slot
from storage import locks
from storage.bookings import holds, time_slots
from storage.bookings.events import EventKind, append_event, has_event
from storage.bookings.refused_steps import check_not_refused, keep_refusal
from storage.meetings.meeting_slots import free
from storage.meetings.meetings import change_meeting, find_as_stored, get_planned
from storage.tables.booking import MeetingRow

RULE_COLUMNS: Final = frozenset({"type", "room_id"})
"""Columns whose change must be checked by the rules for everybody who takes part."""


async def change(session: AsyncSession, step: ChangeMeetingStep) -> MeetingChange:
    """Change the meeting to the terms of the step, as its next version.

    Raises:
        NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered: nothing has changed.
        MeetingMismatch: nothing has changed; the terms do not fit the meeting or the new time slot.
        TimeSlotNotBooked, HoldExpired, HoldReleased: nothing has changed; the new time slot cannot be used.

    """
    await locks.lock(session, lock_names(step.terms.room_id, step.terms.additional_employees))
    meeting = await get_planned(session, step.meeting_id, for_update=True)
    if meeting.sequence != step.sequence and await has_event(session, meeting.id, step.step_id):
        return MeetingChange(meeting)
    await _check_current(session, meeting, step)
    changed = _differences(meeting, step.terms)
    if changed.keys() - TEXT_COLUMNS:
        await _check_not_started(session, meeting)
    if "time_slot_id" in changed:
        return await take_time_slot(session, meeting, step.terms.time_slot_id, step.step_id, step)
    return await _change_in_place(session, meeting, step, changed)


async def refuse(session: AsyncSession, error: BookMeError, step: ChangeMeetingStep) -> bool:
    """Store the refusal, so that a retry of the step gets the same answer.

    Return False and store nothing if the meeting is gone or has another `sequence`.
    """
    meeting = await find_as_stored(session, step.meeting_id, for_update=True)
    if meeting is None or meeting.sequence != step.sequence:
        return False
    await keep_refusal(session, error, step.step_id)
    return True


async def move(session: AsyncSession, step: MoveMeetingStep, terms: BookingLimits) -> MeetingChange:
    """Reserve the wanted time slot, mark it `Booked` and give it to the meeting, in one transaction.

    If the step was completed before, return the meeting as it is now, without a change.

    Raises:
        NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered, TooManyHolds: the meeting has not moved.
        HoldExpired: the meeting has not moved; the new hold expired within the transaction.

    """
    unlocked_meeting = await get_planned(session, step.meeting_id)
    if unlocked_meeting.sequence != step.sequence and await has_event(session, unlocked_meeting.id, step.time_slot_id):
        # This step has moved the meeting. The meeting may have changed again since.
        return MeetingChange(unlocked_meeting)
    if await find_outcome_id(session, step.key) is not None:
        # An earlier request with the same idempotency key has moved the meeting.
        return MeetingChange(await get_planned(session, step.meeting_id, for_update=True))
    reserved_slot = (await reservations.reserve(session, _reservation(unlocked_meeting, step), terms)).slot
    meeting = await get_planned(session, step.meeting_id, for_update=True)
    if meeting.time_slot_id == step.time_slot_id:
        # Another worker completed the step while this one waited for its lock.
        return MeetingChange(meeting)
    booked = await holds.mark_booked(session, reserved_slot.id, reserved_slot.version, terms.booked_ttl)
    if booked is None:
        raise HoldExpired(reserved_slot.hold_expires_at)
    _check_version(meeting, step.sequence)
    await _check_not_started(session, meeting)
    meeting_change = await take_time_slot(session, meeting, time_slot_id=booked.slot.id, step_id=booked.slot.id)
    await keep_outcome_id(session, step.key, meeting.id)
    return meeting_change


async def cancel(session: AsyncSession, step: CancelMeetingStep) -> MeetingChange:
    """Cancel the meeting. Free its time slot at once, and all time slots that are held to move it.

    Raises:
        NotFound, MeetingChanged, MeetingOver: the meeting is not cancelled.

    """
    meeting = await find_as_stored(session, step.meeting_id, for_update=True)
    if meeting is None:
        raise NotFound("meeting", step.meeting_id)
    if meeting.time_slot_id is None:
        return MeetingChange(meeting)
    if step.sequence is not None:
        _check_version(meeting, step.sequence)
    await _check_not_started(session, meeting)
    slot = await slot_of(session, meeting)
    columns = {
        "time_slot_id": None,
        "cancelled_at": time_slots.NOW,
        "cancel_reason": step.reason,
        "cancelled_by": step.cancelled_by,
    }
    cancelled = await change_meeting(session, meeting, columns)
    await free(session, slot)
    await append_event(
        session,
        EventKind.MEETING_CANCELLED,
        slot,
        meeting_id=meeting.id,
        customer_id=meeting.customer_id,
        cancellation=step,
    )
    return MeetingChange(cancelled, freed=await release_holds_for_moves(session, meeting.id, step))


async def _check_current(session: AsyncSession, meeting: MeetingRow, step: ChangeMeetingStep) -> None:
    """Check that the step is for this version of the meeting, and was not refused on another worker."""
    _check_version(meeting, step.sequence)
    await check_not_refused(session, step.step_id)


def _check_version(meeting: MeetingRow, sequence: int) -> None:
    if meeting.sequence != sequence:
        raise MeetingChanged(meeting.sequence)


async def _check_not_started(session: AsyncSession, meeting: MeetingRow) -> None:
    """Raise `MeetingOver` if the meeting has begun."""
    if meeting.start_at <= await time_slots.database_time(session):
        raise MeetingOver(meeting.id)


def _differences(meeting: MeetingRow, terms: MeetingTerms) -> dict[str, object]:
    """Return the columns to change, with their new values. The order of additional employees does not count."""
    team, stored = list(terms.additional_employees), meeting.additional_employees
    wanted = terms.model_dump() | {
        "type": terms.type.value,
        "additional_employees": stored if set(team) == set(stored) else team,
    }
    return {name: value for name, value in wanted.items() if getattr(meeting, name) != value}


async def _change_in_place(
    session: AsyncSession, meeting: MeetingRow, step: ChangeMeetingStep, changed: dict[str, object]
) -> MeetingChange:
    slot = await slot_of(session, meeting)
    details = MeetingDetails.of_change(meeting, step.terms)
    if set(changed) & RULE_COLUMNS:
        await hold_for_meeting(session, slot, details, by_staff=step.by_staff)
    elif "additional_employees" in changed:
        wanted = wanted_for(slot, details, by_staff=step.by_staff)
        team = details.additional_employees
        await set_additional_employees(session, slot, team, by_staff=step.by_staff, wanted=wanted)
    meeting = await change_meeting(session, meeting, changed)
    changed_fields = ",".join(sorted(map(to_camel, changed)))
    await append_event(
        session,
        EventKind.MEETING_CHANGED,
        slot,
        meeting_id=meeting.id,
        customer_id=meeting.customer_id,
        step_id=step.step_id,
        changed=changed_fields,
    )
    return MeetingChange(meeting)


def _reservation(meeting: MeetingRow, step: MoveMeetingStep) -> ReserveTimeSlot:
    """Return the step that reserves the new time slot, under a token that no other booking can have.

    No workflow run drives this reservation, because the reservation does not outlive the transaction. The new time slot
    gets the `booking_key` of the meeting's time slot, and not the one of this step.
    """
    token = f"move:{step.time_slot_id}"
    return ReserveTimeSlot(
        booking=BookingKey(client_id=meeting.client_id, token=token),
        time_slot_id=step.time_slot_id,
        booking_key=step.time_slot_id,
        wanted=step.wanted,
    )
