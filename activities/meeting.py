"""Activities of a meeting, on PostgreSQL. Each is one transaction, and may run twice with the effect of one run."""

from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.signatures import MeetingSteps
from domain.messages.booking import MeetingContent
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    MeetingFound,
    MeetingSnapshot,
    MoveMeetingStep,
    ReadMeeting,
    RemindOf,
)
from services.booking.candidates import employee_label
from services.booking.once import run_recording_refusal
from services.booking.reservations import BookingLimits
from services.meeting import changes as meeting_changes
from services.meeting import reminders
from services.meeting.run_schedule import NotificationSettings
from services.meeting.swaps import MeetingChange
from storage.bookings.refused_steps import refuse_time_slot
from storage.configuration.lookups import find_employee_name
from storage.database import Database
from storage.meetings.meetings import find_as_stored
from storage.sandbox.clock import read_ahead
from storage.tables.booking import MeetingRow


class MeetingActivities(MeetingSteps):
    """Activities of a meeting that the worker registers."""

    def __init__(
        self,
        database: Database,
        limits: BookingLimits,
        notifications: NotificationSettings,
        *,
        show_names: bool = False,
        in_sandbox: bool = False,
    ) -> None:
        self._database = database
        self._limits = limits
        self._notifications = notifications
        self._show_names = show_names
        self._in_sandbox = in_sandbox

    @activity.defn
    async def read_meeting(self, step: ReadMeeting) -> MeetingFound:
        async with self._database.transaction() as session:
            meeting = await find_as_stored(session, step.meeting_id)
            return MeetingFound(meeting=await self._snapshot(session, meeting) if meeting else None)

    @activity.defn
    async def change_meeting(self, step: ChangeMeetingStep) -> MeetingSnapshot:
        async def changed(session: AsyncSession) -> MeetingSnapshot:
            return await self._changed(session, await meeting_changes.change(session, step))

        return await run_recording_refusal(self._database, changed, partial(meeting_changes.refuse, step=step))

    @activity.defn
    async def move_meeting(self, step: MoveMeetingStep) -> MeetingSnapshot:
        async def moved(session: AsyncSession) -> MeetingSnapshot:
            return await self._changed(session, await meeting_changes.move(session, step, self._limits))

        return await run_recording_refusal(
            self._database, moved, partial(refuse_time_slot, time_slot_id=step.time_slot_id)
        )

    @activity.defn
    async def cancel_meeting(self, step: CancelMeetingStep) -> MeetingSnapshot:
        async with self._database.transaction() as session:
            return await self._changed(session, await meeting_changes.cancel(session, step))

    @activity.defn
    async def remind_of(self, step: RemindOf) -> None:
        async with self._database.transaction() as session:
            await reminders.remind(session, step)

    async def _changed(self, session: AsyncSession, changed: MeetingChange) -> MeetingSnapshot:
        snapshot = await self._snapshot(session, changed.meeting)
        return snapshot.model_copy(update={"moved_by": changed.moved_by, "freed": changed.freed})

    async def _snapshot(self, session: AsyncSession, meeting: MeetingRow) -> MeetingSnapshot:
        name = await find_employee_name(session, meeting.employee_id)
        return MeetingSnapshot(
            id=meeting.id,
            sequence=meeting.sequence,
            client_id=meeting.client_id,
            time_slot_id=meeting.time_slot_id,
            start=meeting.start_at,
            end=meeting.end_at,
            room_id=meeting.room_id,
            video_link=meeting.video_link,
            content=MeetingContent.model_validate(meeting.model_dump()),
            cancelled_at=meeting.cancelled_at,
            date_created=meeting.created_at,
            date_modified=meeting.modified_at,
            reminders=await reminders.pending_reminders(session, meeting, self._notifications.reminders),
            invites=self._notifications.invites,
            employee_label=employee_label(name, in_full=self._show_names),
            clock_ahead=await read_ahead(session) if self._in_sandbox else timedelta(0),
        )
