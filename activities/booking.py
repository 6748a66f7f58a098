"""Activities of a booking, on PostgreSQL. Each is one transaction, and may run twice with the effect of one run.

A refusal is recorded in a transaction of its own if another worker might run the step later.
"""

from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.signatures import BookingSteps
from domain.errors import HoldReleased
from domain.messages.booking import (
    BookingSnapshot,
    BookTimeSlot,
    CreateMeetingStep,
    MeetingContent,
    MeetingCreated,
    ReadBooking,
    ReleaseCause,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WithdrawMeeting,
)
from domain.time_slots import TimeSlotStatus
from services.booking import reservations
from services.booking.once import run_recording_refusal
from services.booking.reservations import BookingLimits
from services.meeting import meetings, run_schedule
from services.meeting.run_schedule import NotificationSettings
from services.meeting.swaps import free_what_was_to_move
from storage import locks
from storage.bookings import holds, time_slots
from storage.bookings.events import EventKind, append_event
from storage.bookings.refused_steps import refuse_time_slot
from storage.bookings.time_slots import TimedSlot
from storage.database import Database
from storage.meetings.meetings import find_meeting_of, remove_meeting
from storage.tables.booking import MeetingRow, TimeSlotRow

GIVEN_UP: Final = HoldReleased("given up")


class BookingActivities(BookingSteps):
    """Activities of a booking that the worker registers."""

    def __init__(
        self, database: Database, terms: BookingLimits, telling: NotificationSettings = run_schedule.NO_NOTIFICATIONS
    ) -> None:
        self._database = database
        self._terms = terms
        self._telling = telling

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        reserved = partial(reservations.reserve, step=step, terms=self._terms)
        refused = partial(refuse_time_slot, time_slot_id=step.time_slot_id)
        return kept(await run_recording_refusal(self._database, reserved, refused))

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotSnapshot:
        async with self._database.autocommit() as session:
            booked = await holds.mark_booked(session, step.time_slot_id, step.version, self._terms.booked_ttl)
        if booked is not None:
            return kept(booked)
        async with self._database.transaction() as session:
            return kept(await _booked_before(session, step))

    @activity.defn
    async def create_meeting(self, step: CreateMeetingStep) -> MeetingCreated:
        made = await run_recording_refusal(
            self._database, partial(meetings.create, step=step), partial(meetings.refuse, step=step)
        )
        return self._created(*made)

    @activity.defn
    async def read_booking(self, step: ReadBooking) -> BookingSnapshot:
        async with self._database.transaction() as session:
            seen = await _settled(session, step)
            if seen is None:
                return BookingSnapshot()
            made = await find_meeting_of(session, seen.slot.id)
            return BookingSnapshot(time_slot=kept(seen), meeting=self._created(*made) if made else None)

    @activity.defn
    async def withdraw_meeting(self, step: WithdrawMeeting) -> None:
        async with self._database.transaction() as session:
            slot = await time_slots.find(session, step.time_slot_id, for_update=True)
            if slot is None:
                return
            was_made = await remove_meeting(session, step.meeting_id, slot.id)
            if was_made or slot.hold_expires_at is not None:
                await holds.expire_now(session, slot.id)
            if was_made:
                await append_event(session, EventKind.MEETING_CANCELLED, slot, meeting_id=step.meeting_id)
                await free_what_was_to_move(session, step.meeting_id)

    @activity.defn
    async def release_time_slot(self, step: ReleaseTimeSlot) -> None:
        async with self._database.transaction() as session:
            released = await _removed(session, step)
            if released is not None:
                kind = EventKind.EXPIRED if step.cause is ReleaseCause.EXPIRED else EventKind.RELEASED
                await append_event(session, kind, released, cause=step.cause)

    def _created(self, meeting: MeetingRow, slot: TimeSlotRow) -> MeetingCreated:
        wants_run = run_schedule.is_wanted_at_once(slot.start_at, self._telling, meeting.created_at)
        return created(meeting, slot).model_copy(update={"wants_run": wants_run})


async def _removed(session: AsyncSession, step: ReleaseTimeSlot) -> TimeSlotRow | None:
    """Delete the hold and return it. If there is none yet, refuse the step that would create it.

    If this step has completed in between, its hold is deleted in a second attempt.
    """
    removed = await holds.remove_hold(session, step.time_slot_id)
    if removed is None and not await refuse_time_slot(session, GIVEN_UP, step.time_slot_id):
        return await holds.remove_hold(session, step.time_slot_id)
    return removed


async def _settled(session: AsyncSession, step: ReadBooking) -> TimedSlot | None:
    """Return the time slot of the booking, or None. Wait first for running steps that may change the answer.

    Neither None nor an overdue time slot is returned while such a step is running.
    """
    seen = None if step.given_up else await _read_slot(session, step)
    if seen is None:
        await _end_reservations(session, step)
        seen = await _read_slot(session, step)
    if seen is None or not seen.is_overdue:
        return seen
    return await time_slots.read_with_share_lock(session, seen.slot.id)


async def _end_reservations(session: AsyncSession, step: ReadBooking) -> None:
    """Wait until no reservation of this booking is running. Refuse the given-up steps that are not completed."""
    await locks.lock(session, [locks.of_booking(step.booking.client_id, step.booking.token)])
    for time_slot_id in step.given_up:
        await refuse_time_slot(session, GIVEN_UP, time_slot_id)


async def _read_slot(session: AsyncSession, step: ReadBooking) -> TimedSlot | None:
    booking = step.booking
    return await time_slots.read_slot_of_booking(session, booking.client_id, booking.token, step.time_slot_id)


async def _booked_before(session: AsyncSession, step: BookTimeSlot) -> TimedSlot:
    """Return the time slot if another run of the step has booked it, else raise the reason why the hold is gone.

    The share lock waits for a worker that is running the step now.
    """
    seen = await time_slots.read_with_share_lock(session, step.time_slot_id)
    if seen is not None and (seen.slot.status, seen.slot.version) == (TimeSlotStatus.BOOKED, step.version + 1):
        return seen
    raise await time_slots.why_gone(session, step.time_slot_id)


def kept(seen: TimedSlot) -> TimeSlotSnapshot:
    """Return the snapshot of the time slot.

    `kept_for` counts from the time of the query, and is zero if the time slot is overdue or has no deadline.
    """
    slot, until = seen.slot, seen.slot.hold_expires_at or seen.at
    return TimeSlotSnapshot(
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
