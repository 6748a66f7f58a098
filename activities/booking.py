"""The steps of a booking, done on PostgreSQL. One transaction each; each may run twice and does its work once.

A refusal is noted in one of its own, where another worker might do the step later.
"""

from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import meetings, openings, reservations
from activities.decisions import decide
from activities.meeting_life import Telling
from activities.meeting_swaps import free_what_was_to_move
from activities.messages import (
    BookingAsStored,
    BookTimeSlot,
    CreateMeeting,
    MeetingContent,
    MeetingCreated,
    ReadBooking,
    ReleaseCause,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotKept,
    WithdrawMeeting,
)
from activities.reservations import Terms
from activities.signatures import BookingSteps
from domain.errors import HoldReleased
from domain.time_slots import TimeSlotStatus
from storage import holds, time_slots
from storage.booking_tables import MeetingRow, TimeSlotRow
from storage.database import Database
from storage.events import EventKind, tell
from storage.meetings import find_meeting_of, remove_meeting
from storage.refused_steps import refuse_time_slot
from storage.time_slots import Sighting

GIVEN_UP: Final = HoldReleased("given up")


class BookingActivities(BookingSteps):
    """What the worker registers."""

    def __init__(self, database: Database, terms: Terms, telling: Telling = openings.UNTOLD) -> None:
        self._database = database
        self._terms = terms
        self._telling = telling

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotKept:
        reserved = partial(reservations.reserve, step=step, terms=self._terms)
        refused = partial(refuse_time_slot, time_slot_id=step.time_slot_id)
        return kept(await decide(self._database, reserved, refused))

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotKept:
        async with self._database.autocommit() as session:
            booked = await holds.mark_booked(session, step.time_slot_id, step.version, self._terms.booked_ttl)
        if booked is not None:
            return kept(booked)
        async with self._database.transaction() as session:
            return kept(await _booked_before(session, step))

    @activity.defn
    async def create_meeting(self, step: CreateMeeting) -> MeetingCreated:
        made = await decide(self._database, partial(meetings.create, step=step), partial(meetings.refuse, step=step))
        return self._created(*made)

    @activity.defn
    async def read_booking(self, step: ReadBooking) -> BookingAsStored:
        async with self._database.transaction() as session:
            seen = await _settled(session, step)
            if seen is None:
                return BookingAsStored()
            made = await find_meeting_of(session, seen.slot.id)
            return BookingAsStored(time_slot=kept(seen), meeting=self._created(*made) if made else None)

    @activity.defn
    async def withdraw_meeting(self, step: WithdrawMeeting) -> None:
        async with self._database.transaction() as session:
            slot = await time_slots.find(session, step.time_slot_id, for_update=True)
            if slot is None:
                return
            was_made = await remove_meeting(session, step.meeting_id, slot.id)
            if was_made or slot.hold_expires_at is not None:
                await holds.let_lapse(session, slot.id)
            if was_made:
                await tell(session, EventKind.MEETING_CANCELLED, slot, meeting_id=step.meeting_id)
                await free_what_was_to_move(session, step.meeting_id)

    @activity.defn
    async def release_time_slot(self, step: ReleaseTimeSlot) -> None:
        async with self._database.transaction() as session:
            released = await _removed(session, step)
            if released is not None:
                kind = EventKind.EXPIRED if step.cause is ReleaseCause.EXPIRED else EventKind.RELEASED
                await tell(session, kind, released, cause=step.cause)

    def _created(self, meeting: MeetingRow, slot: TimeSlotRow) -> MeetingCreated:
        wants_run = openings.is_wanted_at_once(slot.start_at, self._telling, meeting.created_at)
        return created(meeting, slot).model_copy(update={"wants_run": wants_run})


async def _removed(session: AsyncSession, step: ReleaseTimeSlot) -> TimeSlotRow | None:
    """The hold that is there no more; where there is none yet, none will be."""
    removed = await holds.remove_hold(session, step.time_slot_id)
    if removed is None and not await refuse_time_slot(session, GIVEN_UP, step.time_slot_id):
        return await holds.remove_hold(session, step.time_slot_id)
    return removed


async def _settled(session: AsyncSession, step: ReadBooking) -> Sighting | None:
    """What it keeps, or had; neither "nothing" nor "overdue" is said while a step is under way that may change it."""
    seen = None if step.given_up else await _sighted(session, step)
    if seen is None:
        await _end_reservations(session, step)
        seen = await _sighted(session, step)
    if seen is None or not seen.is_overdue:
        return seen
    return await time_slots.sight_settled(session, seen.slot.id)


async def _end_reservations(session: AsyncSession, step: ReadBooking) -> None:
    """Wait until none of this booking is under way. What was given up and is not done will not be."""
    await time_slots.lock(session, [reservations.queue_of(step.booking)])
    for time_slot_id in step.given_up:
        await refuse_time_slot(session, GIVEN_UP, time_slot_id)


async def _sighted(session: AsyncSession, step: ReadBooking) -> Sighting | None:
    booking = step.booking
    return await time_slots.sight_of_booking(session, booking.client_id, booking.token, step.time_slot_id)


async def _booked_before(session: AsyncSession, step: BookTimeSlot) -> Sighting:
    """The step ran before and its answer was lost, or is being taken by another worker, or the hold is gone."""
    seen = await time_slots.sight_settled(session, step.time_slot_id)
    if seen is not None and (seen.slot.status, seen.slot.version) == (TimeSlotStatus.BOOKED, step.version + 1):
        return seen
    raise await time_slots.why_gone(session, step.time_slot_id)


def kept(seen: Sighting) -> TimeSlotKept:
    """The slot with how long it is kept from then: zero when it is overdue or has no deadline."""
    slot, until = seen.slot, seen.slot.hold_expires_at or seen.at
    return TimeSlotKept(
        id=slot.id,
        version=slot.version,
        start=slot.start_at,
        end=slot.end_at,
        status=TimeSlotStatus(slot.status),
        employee_id=slot.employee_id,
        room_id=slot.room_id,
        service_group=slot.service_group,
        date_created=slot.created_at,
        date_modified=slot.modified_at,
        kept_until=slot.hold_expires_at,
        kept_for=max(timedelta(0), until - seen.at),
        additional_employees=tuple(slot.additional_employees),
    )


def created(meeting: MeetingRow, slot: TimeSlotRow) -> MeetingCreated:
    return MeetingCreated(
        id=meeting.id,
        time_slot_id=slot.id,
        start=slot.start_at,
        end=slot.end_at,
        room_id=meeting.room_id,
        content=MeetingContent.model_validate(meeting.model_dump()),
        date_created=meeting.created_at,
        date_modified=meeting.modified_at,
    )
