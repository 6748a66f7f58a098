"""Whose time slot or meeting it is, and whether it is still kept."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.messages import BookingName, WantedTimeSlot
from api.engine import StoredBooking
from api.errors import UnusableRequest
from api.principals import Principal
from domain.errors import HoldExpired, HoldReleased, NotFound, NotYours, TokenMismatch, instant
from storage import time_slots
from storage.booking_tables import BookingEventRow, MeetingRow, TimeSlotRow
from storage.events import last_event
from storage.meetings import Booked, find_as_stored, find_meeting, find_meeting_of, is_one_of_another
from storage.time_slots import Sighting


async def sight_own(session: AsyncSession, principal: Principal, time_slot_id: UUID) -> Sighting:
    """A time slot that this client may use, and what time it is.

    Raises:
        NotFound, NotYours, HoldExpired, HoldReleased: there is none, or no longer.

    """
    seen = await time_slots.sight(session, time_slot_id)
    if seen is None:
        check_owner(principal, await trace_of(session, time_slot_id))
        raise await time_slots.why_gone(session, time_slot_id)
    check_owner(principal, seen.slot)
    return seen


async def find_own_live(session: AsyncSession, principal: Principal, time_slot_id: UUID) -> TimeSlotRow:
    """A time slot to look at: one that is kept for nobody any more does not exist.

    Raises:
        NotFound, NotYours: there is none, or no longer, or it is another client's.

    """
    try:
        seen = await sight_own(session, principal, time_slot_id)
        check_live(seen)
    except (HoldExpired, HoldReleased) as ended:
        raise NotFound("time slot", time_slot_id, f"does not exist any more. {ended.message.rstrip('.')}") from ended
    return seen.slot


async def meeting_of(session: AsyncSession, slot: TimeSlotRow) -> Booked | None:
    """The meeting of the time slot. One that has a deadline has none."""
    return await find_meeting_of(session, slot.id) if slot.hold_expires_at is None else None


async def own_as_stored(session: AsyncSession, principal: Principal, meeting_id: UUID) -> MeetingRow:
    """A meeting of this client, which may be cancelled; staff see every one.

    Raises:
        NotFound, NotYours: there is none, or it is another client's.

    """
    meeting = await find_as_stored(session, meeting_id)
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    if not principal.may_use(meeting.client_id):
        raise NotYours("meeting")
    return meeting


async def own_meeting(session: AsyncSession, principal: Principal, meeting_id: UUID) -> Booked:
    """A meeting that is to take place, with its time slot.

    Raises:
        NotFound, NotYours: there is none, or no longer, or it is another client's.

    """
    booked = await find_meeting(session, meeting_id)
    if booked is None or not principal.may_use(booked.meeting.client_id):
        stored = await own_as_stored(session, principal, meeting_id)
        raise NotFound("meeting", meeting_id, f"was cancelled at {instant(stored.cancelled_at)}")
    return booked


async def check_own_meetings(session: AsyncSession, principal: Principal, meeting_ids: Sequence[UUID]) -> None:
    """Raise `NotYours` if one of these meetings is another client's; staff may name every one."""
    if meeting_ids and not principal.is_staff and await is_one_of_another(session, meeting_ids, principal.client_id):
        raise NotYours("meeting")


async def trace_of(session: AsyncSession, time_slot_id: UUID) -> BookingEventRow:
    """The last that is known of a time slot which is gone."""
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


def check_live(seen: Sighting) -> None:
    """Raise `HoldExpired` unless the time slot is still kept."""
    if seen.is_overdue:
        raise HoldExpired(seen.slot.hold_expires_at)


async def check_kept(session: AsyncSession, seen: Sighting) -> None:
    """Raise `HoldExpired` if the time slot is kept no longer, and no step that was in time can change that any more.

    Raises:
        HoldExpired: it is over.
        StorageUnavailable: it has just been changed: look again.

    """
    if await time_slots.is_over(session, seen):
        raise HoldExpired(seen.slot.hold_expires_at)


def booking_of(slot: TimeSlotRow) -> StoredBooking:
    """Whose workflow changes this time slot.

    Raises:
        UnusableRequest: nobody's; it is busy for another reason than a booking, or goes with another time slot.

    """
    if slot.companion_of is not None:
        message = f"This time slot is held with another one, for an additional employee. Change {slot.companion_of}."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)
    if slot.client_id is None or slot.reservation_token is None:
        message = "This time slot is no booking's. What is to be booked is reserved first: /bookme/time-slots/reserve."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)
    held = WantedTimeSlot(
        start=slot.start_at,
        end=slot.end_at,
        employee_id=slot.employee_id,
        room_id=slot.room_id,
        additional_employees=tuple(slot.additional_employees),
    )
    return StoredBooking(BookingName(client_id=slot.client_id, token=slot.reservation_token), slot.id, held)
