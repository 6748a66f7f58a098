"""Move of a meeting: the meeting takes another time slot, and its old time slot is free at once."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import TimeSlotNotBooked
from domain.meeting_errors import MeetingMismatch
from domain.messages.booking import BookingKey, Cancellation, ReleaseCause
from domain.messages.meeting import ChangeMeetingStep, MeetingTerms
from domain.time_slots import TimeSlotStatus
from services.meeting.rules import MeetingDetails, hold_for_meeting
from storage.bookings import holds, time_slots
from storage.bookings.events import EventKind, append_event
from storage.meetings.meeting_slots import free, give_to
from storage.meetings.meetings import change_meeting
from storage.tables.booking import MeetingRow, TimeSlotRow

TEXT_COLUMNS: Final = frozenset({"title", "description", "video_link", "salesforce_id"})
"""Columns that do not depend on the time slot. These columns can be changed even after the meeting has begun."""


@dataclass(frozen=True, slots=True)
class MeetingChange:
    """Result of a change: the meeting as it is now, and the bookings whose runs must read their state again.

    `moved_by` is the booking whose time slot the meeting took. `freed` are the bookings that held a time slot to which
    the meeting could be moved; its cancellation has released these holds.
    """

    meeting: MeetingRow
    moved_by: BookingKey | None = None
    freed: tuple[BookingKey, ...] = ()


async def take_time_slot(
    session: AsyncSession, meeting: MeetingRow, time_slot_id: UUID, step_id: UUID, step: ChangeMeetingStep | None = None
) -> MeetingChange:
    """Swap the time slot of the locked meeting for this one, which must be `Booked` to move this meeting.

    With a `step`, the meeting also gets the step's terms, and the rules are asked. The result then names the booking
    whose run held the time slot. Without a `step`, no run held it.

    Raises:
        MeetingMismatch, TimeSlotNotBooked, HoldExpired, HoldReleased, NotFound: the meeting cannot be moved there.
        TimeSlotTaken, NotOffered: the rules refuse the meeting in that time slot.

    """
    old, new = await slot_of(session, meeting), await _lock_and_make_permanent(session, meeting, time_slot_id)
    booking = BookingKey(client_id=str(new.client_id), token=str(new.reservation_token))
    team = new.additional_employees if step is None else list(step.terms.additional_employees)
    if step is not None:
        _check_room(step.terms, new)
        await hold_for_meeting(session, new, MeetingDetails.of_change(meeting, step.terms), by_staff=step.by_staff)
    moved_meeting = await change_meeting(session, meeting, _columns_of_slot(new, team) | _text_columns(step))
    await give_to(session, new, meeting.client_id)
    await free(session, old)
    await append_event(
        session,
        EventKind.MEETING_MOVED,
        new,
        meeting_id=meeting.id,
        customer_id=meeting.customer_id,
        step_id=step_id,
        previousStart=old.start_at.isoformat(),
        previousTimeSlotId=str(old.id),
    )
    return MeetingChange(moved_meeting, None if step is None else booking)


async def _lock_and_make_permanent(session: AsyncSession, meeting: MeetingRow, time_slot_id: UUID) -> TimeSlotRow:
    """Lock the time slot to move to, make it permanent and return it."""
    new = await time_slots.find(session, time_slot_id, for_update=True)
    if new is None:
        raise await time_slots.why_gone(session, time_slot_id)
    if new.existing_meeting_id != meeting.id:
        raise MeetingMismatch("timeSlotId", "the time slot was not reserved to move this meeting (existingMeetingId)")
    if new.status != TimeSlotStatus.BOOKED:
        raise TimeSlotNotBooked(new.status)
    permanent_slot = await holds.make_permanent(session, new.id, new.version)
    if permanent_slot is None:
        raise await time_slots.why_gone(session, time_slot_id)
    return permanent_slot


def _check_room(terms: MeetingTerms, new: TimeSlotRow) -> None:
    if new.room_id not in (None, terms.room_id):
        raise MeetingMismatch("roomId", "the time slot was reserved with another room")


def _columns_of_slot(slot: TimeSlotRow, team: list[UUID]) -> dict[str, object]:
    return {
        "time_slot_id": slot.id,
        "start_at": slot.start_at,
        "end_at": slot.end_at,
        "employee_id": slot.employee_id,
        "room_id": slot.room_id,
        "additional_employees": team,
    }


def _text_columns(step: ChangeMeetingStep | None) -> dict[str, object]:
    return {} if step is None else step.terms.model_dump(include=set(TEXT_COLUMNS)) | {"type": step.terms.type.value}


async def release_holds_for_moves(
    session: AsyncSession, meeting_id: UUID, cancellation: Cancellation
) -> tuple[BookingKey, ...]:
    """Release every hold that was made to move this cancelled meeting. Return the bookings of these holds.

    Before the call, the caller must lock the row of the meeting.
    """
    freed = await holds.remove_holds_to_move(session, meeting_id)
    for slot in freed:
        cause = ReleaseCause.MEETING_CANCELLED
        await append_event(session, EventKind.RELEASED, slot, cause=cause, cancellation=cancellation)
    return tuple(BookingKey(client_id=str(each.client_id), token=str(each.reservation_token)) for each in freed)


async def slot_of(session: AsyncSession, meeting: MeetingRow) -> TimeSlotRow:
    """Lock and return the time slot of a meeting that is not cancelled."""
    assert meeting.time_slot_id is not None, "not cancelled"  # noqa: S101 - for the type checker
    slot = await time_slots.find(session, meeting.time_slot_id, for_update=True)
    assert slot is not None, "a foreign key"  # noqa: S101 - for the type checker
    return slot
