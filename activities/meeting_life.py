"""The steps of a meeting's life, on PostgreSQL. One transaction each; each may run twice and does its work once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import meeting_changes, reminders
from activities.decisions import decide
from activities.meeting_messages import (
    CancelMeeting,
    ChangeMeeting,
    MeetingFound,
    MeetingKept,
    MoveMeeting,
    ReadMeeting,
    RemindOf,
)
from activities.meeting_swaps import Changed
from activities.messages import MeetingContent
from activities.reservations import Terms
from activities.signatures import MeetingSteps
from storage.booking_tables import MeetingRow
from storage.database import Database
from storage.meetings import find_as_stored
from storage.refused_steps import refuse_time_slot


@dataclass(frozen=True, slots=True)
class Telling:
    """What the operator wants to be told of meetings: how long before each it is reminded of, and whether by mail."""

    reminders: Sequence[timedelta] = ()
    invites: bool = False


class MeetingActivities(MeetingSteps):
    """What the worker registers."""

    def __init__(self, database: Database, terms: Terms, telling: Telling) -> None:
        self._database = database
        self._terms = terms
        self._telling = telling

    @activity.defn
    async def read_meeting(self, step: ReadMeeting) -> MeetingFound:
        async with self._database.transaction() as session:
            meeting = await find_as_stored(session, step.meeting_id)
            return MeetingFound(meeting=await self._kept(session, meeting) if meeting else None)

    @activity.defn
    async def change_meeting(self, step: ChangeMeeting) -> MeetingKept:
        async def changed(session: AsyncSession) -> MeetingKept:
            return await self._changed(session, await meeting_changes.change(session, step))

        return await decide(self._database, changed, partial(meeting_changes.refuse, step=step))

    @activity.defn
    async def move_meeting(self, step: MoveMeeting) -> MeetingKept:
        async def moved(session: AsyncSession) -> MeetingKept:
            return await self._changed(session, await meeting_changes.move(session, step, self._terms))

        return await decide(self._database, moved, partial(refuse_time_slot, time_slot_id=step.time_slot_id))

    @activity.defn
    async def cancel_meeting(self, step: CancelMeeting) -> MeetingKept:
        async with self._database.transaction() as session:
            return await self._changed(session, await meeting_changes.cancel(session, step))

    @activity.defn
    async def remind_of(self, step: RemindOf) -> None:
        async with self._database.transaction() as session:
            await reminders.remind(session, step)

    async def _changed(self, session: AsyncSession, changed: Changed) -> MeetingKept:
        kept = await self._kept(session, changed.meeting)
        return kept.model_copy(update={"moved_by": changed.moved_by, "freed": changed.freed})

    async def _kept(self, session: AsyncSession, meeting: MeetingRow) -> MeetingKept:
        return MeetingKept(
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
            reminders=await reminders.due(session, meeting, self._telling.reminders),
            invites=self._telling.invites,
        )
