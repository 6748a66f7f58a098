"""The transactions that change, move and cancel a meeting. Each does all of it or nothing, and the same again is done.

What waits for others (queues for employees and rooms) is locked before any row, as everywhere.
"""

from typing import Final
from uuid import UUID

from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from activities import reservations
from activities.meeting_messages import CancelMeeting, ChangeMeeting, MeetingTerms, MoveMeeting
from activities.meeting_rules import MeetingDetails, hold_for_meeting, queues_for, wanted_for
from activities.meeting_swaps import TEXTS, Changed, free_what_was_to_move, slot_of, take_time_slot
from activities.messages import BookingName, ReserveTimeSlot
from activities.once import find_made, keep_made
from activities.participants import set_additional_employees
from activities.reservations import Terms
from domain.errors import BookMeError, HoldExpired, MeetingChanged, MeetingOver, NotFound, instant
from storage import holds, time_slots
from storage.booking_tables import MeetingRow
from storage.events import EventKind, has_told, tell
from storage.meeting_slots import free
from storage.meetings import change_meeting, find_as_stored
from storage.refused_steps import check_not_refused, keep_refusal

ASKED: Final = frozenset({"type", "room_id"})
"""The columns that are asked of everybody who takes part."""


async def change(session: AsyncSession, step: ChangeMeeting) -> Changed:
    """Make the meeting what the step says, as its next version.

    Raises:
        NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered: nothing has changed.
        MeetingMismatch, TimeSlotNotBooked, HoldExpired, HoldReleased: nor then; it cannot be moved to that time slot.

    """
    await time_slots.lock(session, queues_for(step.terms.room_id, step.terms.additional_employees))
    meeting = await _locked(session, step.meeting_id)
    if meeting.sequence != step.sequence and await has_told(session, meeting.id, step.step_id):
        return Changed(meeting)
    await _check_current(session, meeting, step)
    changed = _differences(meeting, step.terms)
    await _check_not_begun(session, meeting, set(changed) - TEXTS)
    if "time_slot_id" in changed:
        return await take_time_slot(session, meeting, step.terms.time_slot_id, step.step_id, step)
    return await _change_in_place(session, meeting, step, changed)


async def refuse(session: AsyncSession, error: BookMeError, step: ChangeMeeting) -> bool:
    """Have the step refused from now on. False if the meeting has another version by now."""
    meeting = await find_as_stored(session, step.meeting_id, for_update=True)
    if meeting is None or meeting.sequence != step.sequence:
        return False
    await keep_refusal(session, error, step.step_id)
    return True


async def move(session: AsyncSession, step: MoveMeeting, terms: Terms) -> Changed:
    """Reserve the wanted time slot, mark it Booked and take it for the meeting, all at once or nothing of it.

    Raises:
        NotFound, MeetingChanged, MeetingOver, TimeSlotTaken, NotOffered, TooManyHolds: the meeting is where it was.

    """
    seen = _known(await find_as_stored(session, step.meeting_id), step.meeting_id)
    if seen.sequence != step.sequence and await has_told(session, seen.id, step.time_slot_id):
        return Changed(seen)
    if await find_made(session, step.key) is not None:
        return Changed(await _locked(session, step.meeting_id))
    held = (await reservations.reserve(session, _reservation(seen, step), terms)).slot
    meeting = await _locked(session, step.meeting_id)
    if meeting.time_slot_id == step.time_slot_id:
        # Another worker did the step while this one waited for it.
        return Changed(meeting)
    booked = await holds.mark_booked(session, held.id, held.version, terms.booked_ttl)
    if booked is None:
        raise HoldExpired(held.hold_expires_at)
    _check_version(meeting, step.sequence)
    await _check_not_begun(session, meeting, {"time_slot_id"})
    moved = await take_time_slot(session, meeting, booked.slot.id, booked.slot.id)
    await keep_made(session, step.key, meeting.id)
    return moved


async def cancel(session: AsyncSession, step: CancelMeeting) -> Changed:
    """Cancel the meeting; its time slot is free at once, and so is every one that is held to move it.

    Raises:
        NotFound, MeetingChanged, MeetingOver: it stays.

    """
    meeting = await find_as_stored(session, step.meeting_id, for_update=True)
    if meeting is None:
        raise NotFound("meeting", step.meeting_id)
    if meeting.time_slot_id is None:
        return Changed(meeting)
    if step.sequence is not None:
        _check_version(meeting, step.sequence)
    await _check_not_begun(session, meeting, {"time_slot_id"})
    slot = await slot_of(session, meeting)
    ended = {"time_slot_id": None, "cancelled_at": time_slots.NOW, "cancel_reason": step.reason}
    cancelled = await change_meeting(session, meeting, ended)
    await free(session, slot)
    await tell(session, EventKind.MEETING_CANCELLED, slot, meeting_id=meeting.id)
    return Changed(cancelled, freed=await free_what_was_to_move(session, meeting.id))


async def _locked(session: AsyncSession, meeting_id: UUID) -> MeetingRow:
    return _known(await find_as_stored(session, meeting_id, for_update=True), meeting_id)


def _known(meeting: MeetingRow | None, meeting_id: UUID) -> MeetingRow:
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    if meeting.cancelled_at is not None:
        raise NotFound("meeting", meeting_id, f"was cancelled at {instant(meeting.cancelled_at)}")
    return meeting


async def _check_current(session: AsyncSession, meeting: MeetingRow, step: ChangeMeeting) -> None:
    """The step is for this version, and was not refused while another worker had it."""
    _check_version(meeting, step.sequence)
    await check_not_refused(session, step.step_id)


def _check_version(meeting: MeetingRow, sequence: int) -> None:
    if meeting.sequence != sequence:
        raise MeetingChanged(meeting.sequence)


async def _check_not_begun(session: AsyncSession, meeting: MeetingRow, changed: set[str]) -> None:
    if changed and meeting.start_at <= await time_slots.database_time(session):
        raise MeetingOver(meeting.id)


def _differences(meeting: MeetingRow, terms: MeetingTerms) -> dict[str, object]:
    """The columns that are to be changed, and to what. The same people in another order are the same."""
    team, stored = list(terms.additional_employees), meeting.additional_employees
    wanted = terms.model_dump() | {
        "type": terms.type.value,
        "additional_employees": stored if set(team) == set(stored) else team,
    }
    return {name: value for name, value in wanted.items() if getattr(meeting, name) != value}


async def _change_in_place(
    session: AsyncSession, meeting: MeetingRow, step: ChangeMeeting, changed: dict[str, object]
) -> Changed:
    slot = await slot_of(session, meeting)
    details = MeetingDetails.of_change(meeting, step.terms)
    if set(changed) & ASKED:
        await hold_for_meeting(session, slot, details, by_staff=step.by_staff)
    elif "additional_employees" in changed:
        asked = wanted_for(slot, details, by_staff=step.by_staff)
        team = details.additional_employees
        await set_additional_employees(session, slot, team, by_staff=step.by_staff, asked=asked)
    meeting = await change_meeting(session, meeting, changed)
    told = ",".join(sorted(map(to_camel, changed)))
    await tell(session, EventKind.MEETING_CHANGED, slot, meeting_id=meeting.id, step_id=step.step_id, changed=told)
    return Changed(meeting)


def _reservation(meeting: MeetingRow, step: MoveMeeting) -> ReserveTimeSlot:
    """Under a token that nobody else can have: no run drives it, because it does not outlive the transaction."""
    token = f"move:{step.time_slot_id}"
    return ReserveTimeSlot(
        booking=BookingName(client_id=meeting.client_id, token=token),
        time_slot_id=step.time_slot_id,
        booking_key=step.time_slot_id,
        wanted=step.wanted,
    )
