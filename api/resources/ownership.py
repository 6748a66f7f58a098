"""Checks that a time slot or meeting belongs to the client, and that it has not ended."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.errors import UnusableRequest
from api.temporal.gateway import Run
from domain.errors import HoldExpired, HoldReleased, NotFound, NotYours, TokenMismatch, instant
from domain.messages.booking import BookingKey, WantedTimeSlot
from storage.bookings import time_slots
from storage.bookings.events import last_event
from storage.bookings.time_slots import TimedSlot
from storage.meetings.meetings import Booked, find_as_stored, find_meeting, find_meeting_of, is_one_of_another
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from workflows.booking.messages import StartBooking
from workflows.common.runs import BOOKING_WORKFLOW, booking_run_options


async def read_own_slot(session: AsyncSession, principal: Principal, time_slot_id: UUID) -> TimedSlot:
    """Return a time slot that this client may use, and the database time. The time slot may be overdue.

    Raises:
        NotFound: the time slot never existed.
        NotYours: the time slot is another client's.
        HoldExpired, HoldReleased: the time slot was deleted; the error says why.

    """
    seen = await time_slots.read_with_time(session, time_slot_id)
    if seen is None:
        check_owner(principal, await trace_of(session, time_slot_id))
        raise await time_slots.why_gone(session, time_slot_id)
    check_owner(principal, seen.slot)
    return seen


async def find_own_live(session: AsyncSession, principal: Principal, time_slot_id: UUID) -> TimeSlotRow:
    """Return a time slot for display. An overdue or released time slot counts as not found.

    Raises:
        NotFound: the time slot does not exist, or does not exist any more.
        NotYours: the time slot is another client's.

    """
    try:
        seen = await read_own_slot(session, principal, time_slot_id)
        check_live(seen)
    except (HoldExpired, HoldReleased) as ended:
        raise NotFound("time slot", time_slot_id, f"does not exist any more. {ended.message.rstrip('.')}") from ended
    return seen.slot


async def meeting_of(session: AsyncSession, slot: TimeSlotRow) -> Booked | None:
    """Return the meeting of the time slot, or None. A time slot with a deadline has no meeting."""
    return await find_meeting_of(session, slot.id) if slot.hold_expires_at is None else None


async def own_as_stored(session: AsyncSession, principal: Principal, meeting_id: UUID) -> MeetingRow:
    """Return a meeting that this client may use, even a cancelled one. Staff may use every meeting.

    Raises:
        NotFound: there is no such meeting.
        NotYours: the meeting is another client's.

    """
    meeting = await find_as_stored(session, meeting_id)
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    if not principal.may_use(meeting.client_id):
        raise NotYours("meeting")
    return meeting


async def own_meeting(session: AsyncSession, principal: Principal, meeting_id: UUID) -> Booked:
    """Return a meeting that is not cancelled, with its time slot.

    Raises:
        NotFound: there is no such meeting, or it was cancelled.
        NotYours: the meeting is another client's.

    """
    booked = await find_meeting(session, meeting_id)
    if booked is None or not principal.may_use(booked.meeting.client_id):
        stored = await own_as_stored(session, principal, meeting_id)
        raise NotFound("meeting", meeting_id, f"was cancelled at {instant(stored.cancelled_at)}")
    return booked


async def check_own_meetings(session: AsyncSession, principal: Principal, meeting_ids: Sequence[UUID]) -> None:
    """Raise `NotYours` if one of these meetings is another client's. Staff may use every meeting."""
    if meeting_ids and not principal.is_staff and await is_one_of_another(session, meeting_ids, principal.client_id):
        raise NotYours("meeting")


async def trace_of(session: AsyncSession, time_slot_id: UUID) -> BookingEventRow:
    """Return the last event of a deleted time slot. Raise `NotFound` if the time slot never existed."""
    event = await last_event(session, time_slot_id)
    if event is None:
        raise NotFound("time slot", time_slot_id)
    return event


def check_owner(principal: Principal, owned: TimeSlotRow | BookingEventRow) -> None:
    if not principal.may_use(owned.client_id):
        raise NotYours("time slot")


def check_token(slot: TimeSlotRow, token: str | None) -> None:
    if token is not None and token != slot.reservation_token:
        raise TokenMismatch


def check_live(seen: TimedSlot) -> None:
    """Raise `HoldExpired` if the time slot was overdue when it was read."""
    if seen.is_overdue:
        raise HoldExpired(seen.slot.hold_expires_at)


async def check_kept(session: AsyncSession, seen: TimedSlot) -> None:
    """Check that the deadline of the time slot has not finally passed. Wait for a step that began in time.

    Raises:
        HoldExpired: the deadline has passed, and no step that began in time has extended it.
        StorageUnavailable: the time slot has just been changed; repeat the request.

    """
    if await time_slots.is_over(session, seen):
        raise HoldExpired(seen.slot.hold_expires_at)


def run_of(slot: TimeSlotRow, employee: str | None = None) -> Run:
    """Return the run of the booking that may change this time slot. A new run adopts the stored booking.

    `employee` is the label of the time slot's employee for operators, if known.

    Raises:
        UnusableRequest: the time slot is an attendee slot of another time slot, or has no booking.

    """
    if slot.companion_of is not None:
        message = f"This time slot is held with another one, for an additional employee. Change {slot.companion_of}."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)
    if slot.client_id is None or slot.reservation_token is None:
        message = "This time slot is no booking's. What is to be booked is reserved first: /bookme/time-slots/reserve."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)
    booking = BookingKey(client_id=slot.client_id, token=slot.reservation_token)
    held = WantedTimeSlot(
        start=slot.start_at,
        end=slot.end_at,
        employee_id=slot.employee_id,
        room_id=slot.room_id,
        additional_employees=tuple(slot.additional_employees),
    )
    start = StartBooking(booking=booking, adopts=slot.id)
    return Run(BOOKING_WORKFLOW, start, booking_run_options(booking, held, employee), is_open=True)
