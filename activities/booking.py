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
    ExtendHold,
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
from services.booking import extensions, reservations
from services.booking.candidates import employee_label
from services.booking.once import run_recording_refusal
from services.booking.reservations import BookingLimits
from services.meeting import meetings, run_schedule
from services.meeting.run_schedule import NotificationSettings
from services.meeting.swaps import release_holds_for_moves
from storage import locks
from storage.bookings import holds, time_slots
from storage.bookings.events import EventKind, append_event
from storage.bookings.refused_steps import refuse_time_slot
from storage.bookings.time_slots import TimedSlot
from storage.database import Database
from storage.meetings.meetings import find_meeting_of, remove_meeting
from storage.tables.booking import MeetingRow, TimeSlotRow

ABANDONED: Final = HoldReleased("its reservation was not done in time, and was cancelled")


class BookingActivities(BookingSteps):
    """Activities of a booking that the worker registers."""

    def __init__(
        self,
        database: Database,
        limits: BookingLimits,
        notifications: NotificationSettings = run_schedule.NO_NOTIFICATIONS,
        *,
        show_names: bool = False,
    ) -> None:
        self._database = database
        self._limits = limits
        self._notifications = notifications
        self._show_names = show_names

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        reserved = partial(reservations.reserve, step=step, limits=self._limits)
        refused = partial(refuse_time_slot, time_slot_id=step.time_slot_id)
        return self._snapshot(await run_recording_refusal(self._database, reserved, refused))

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotSnapshot:
        async with self._database.autocommit() as session:
            booked = await holds.mark_booked(session, step.time_slot_id, step.version, self._limits.booked_ttl)
        if booked is not None:
            return self._snapshot(booked)
        async with self._database.transaction() as session:
            return self._snapshot(await _result_of_earlier_run(session, step))

    @activity.defn
    async def extend_hold(self, step: ExtendHold) -> TimeSlotSnapshot:
        extended = partial(extensions.extend, step=step, limits=self._limits)
        return self._snapshot(
            await run_recording_refusal(self._database, extended, partial(extensions.refuse, step=step))
        )

    @activity.defn
    async def create_meeting(self, step: CreateMeetingStep) -> MeetingCreated:
        created_rows = await run_recording_refusal(
            self._database, partial(meetings.create, step=step), partial(meetings.refuse, step=step)
        )
        return self._created(*created_rows)

    @activity.defn
    async def read_booking(self, step: ReadBooking) -> BookingSnapshot:
        async with self._database.transaction() as session:
            timed_slot = await _read_after_running_steps(session, step)
            if timed_slot is None:
                return BookingSnapshot()
            created_rows = await find_meeting_of(session, timed_slot.slot.id)
            return BookingSnapshot(
                time_slot=self._snapshot(timed_slot), meeting=self._created(*created_rows) if created_rows else None
            )

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
                kind = EventKind.MEETING_CANCELLED
                await append_event(session, kind, slot, meeting_id=step.meeting_id, cancellation=step)
                await release_holds_for_moves(session, step.meeting_id, step)

    @activity.defn
    async def release_time_slot(self, step: ReleaseTimeSlot) -> None:
        async with self._database.transaction() as session:
            released = await _remove_hold(session, step)
            if released is not None:
                is_expired = step.cause is ReleaseCause.EXPIRED
                kind, who = (EventKind.EXPIRED, None) if is_expired else (EventKind.RELEASED, step)
                await append_event(session, kind, released, cause=step.cause, cancellation=who)

    def _snapshot(self, timed_slot: TimedSlot) -> TimeSlotSnapshot:
        label = employee_label(timed_slot.employee_name, in_full=self._show_names)
        return snapshot_of(timed_slot).model_copy(update={"employee_label": label})

    def _created(self, meeting: MeetingRow, slot: TimeSlotRow) -> MeetingCreated:
        wants_run = run_schedule.must_start_run_now(slot.start_at, self._notifications, meeting.created_at)
        return created(meeting, slot).model_copy(update={"wants_run": wants_run})


async def _remove_hold(session: AsyncSession, step: ReleaseTimeSlot) -> TimeSlotRow | None:
    """Delete the hold and return it. If there is none yet, refuse the step that would create it.

    If this step has completed in between, its hold is deleted in a second attempt.
    """
    removed = await holds.remove_hold(session, step.time_slot_id)
    if removed is None and not await refuse_time_slot(session, ABANDONED, step.time_slot_id):
        return await holds.remove_hold(session, step.time_slot_id)
    return removed


async def _read_after_running_steps(session: AsyncSession, step: ReadBooking) -> TimedSlot | None:
    """Return the time slot of the booking, or None. Wait first for running steps that may change the answer.

    The function returns None or an expired time slot only when no such step is running.
    """
    timed_slot = None if step.given_up else await _read_slot(session, step)
    if timed_slot is None:
        await _refuse_abandoned_steps(session, step)
        timed_slot = await _read_slot(session, step)
    if timed_slot is None or not timed_slot.is_overdue:
        return timed_slot
    return await time_slots.read_with_share_lock(session, timed_slot.slot.id)


async def _refuse_abandoned_steps(session: AsyncSession, step: ReadBooking) -> None:
    """Wait until no reservation of this booking is running. Refuse the abandoned steps that are not completed."""
    await locks.lock(session, [locks.of_booking(step.booking.client_id, step.booking.token)])
    for time_slot_id in step.given_up:
        await refuse_time_slot(session, ABANDONED, time_slot_id)


async def _read_slot(session: AsyncSession, step: ReadBooking) -> TimedSlot | None:
    booking = step.booking
    return await time_slots.read_slot_of_booking(session, booking.client_id, booking.token, step.time_slot_id)


async def _result_of_earlier_run(session: AsyncSession, step: BookTimeSlot) -> TimedSlot:
    """Return the time slot if another run of the step has booked it, else raise the reason why the hold is gone.

    The share lock waits for a worker that is running the step now.
    """
    timed_slot = await time_slots.read_with_share_lock(session, step.time_slot_id)
    if timed_slot is not None and (timed_slot.slot.status, timed_slot.slot.version) == (
        TimeSlotStatus.BOOKED,
        step.version + 1,
    ):
        return timed_slot
    raise await time_slots.why_gone(session, step.time_slot_id)


def snapshot_of(timed_slot: TimedSlot) -> TimeSlotSnapshot:
    """Return the snapshot of the time slot.

    `kept_for` counts from the time of the query, and is zero if the time slot has expired or has no deadline.
    """
    slot, until = timed_slot.slot, timed_slot.slot.hold_expires_at or timed_slot.at
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
        kept_for=max(timedelta(0), until - timed_slot.at),
        additional_employees=tuple(slot.additional_employees),
        hold_extended=slot.extension_id is not None,
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
