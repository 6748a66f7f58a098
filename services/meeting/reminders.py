"""Reminders of meetings: list the pending ones, and append the event of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.meetings import reminder_times
from domain.messages.meeting import Reminder, RemindOf
from storage.bookings import time_slots
from storage.bookings.events import EventKind, append_event
from storage.configuration.lookups import get_organisation
from storage.meetings.meetings import find_as_stored
from storage.tables.booking import BookingEventRow, MeetingRow

EVENT = BookingEventRow
EVENT_KINDS: Final = (EventKind.MEETING_CREATED, EventKind.MEETING_MOVED, EventKind.MEETING_REMINDER)
"""Kinds of events that set the start of a meeting or remind of the meeting."""

DURATION: Final = TypeAdapter(timedelta)


async def pending_reminders(
    session: AsyncSession, meeting: MeetingRow, lead_times: Sequence[timedelta]
) -> tuple[Reminder, ...]:
    """Return the reminders that must still be sent, earliest first. A cancelled meeting has none.

    `lead_times` are the times between reminder and start. An overdue reminder is included. It is left out if its time
    had passed already when the meeting got its current start.
    """
    if meeting.cancelled_at is not None or not lead_times:
        return ()
    zone = ZoneInfo((await get_organisation(session)).time_zone)
    planned_at, sent = await _plan(session, meeting)
    after_plan = (each for each in reminder_times(meeting.start_at, lead_times, zone) if each[0] > planned_at)
    reminders = (Reminder(at=at, before=DURATION.dump_python(before, mode="json")) for at, before in after_plan)
    return tuple(each for each in reminders if each.before not in sent)


async def remind(session: AsyncSession, step: RemindOf) -> None:
    """Append the reminder event once, unless the meeting has another start, has begun or is cancelled."""
    meeting = await find_as_stored(session, step.meeting_id, for_update=True)
    if meeting is None or meeting.time_slot_id is None or meeting.start_at != step.start:
        return
    slot = await time_slots.find(session, meeting.time_slot_id)
    _, sent = await _plan(session, meeting)
    has_begun = meeting.start_at <= await time_slots.database_time(session)
    if slot is not None and not has_begun and step.before not in sent:
        await append_event(
            session,
            EventKind.MEETING_REMINDER,
            slot,
            meeting_id=meeting.id,
            customer_id=meeting.customer_id,
            before=step.before,
        )


async def _plan(session: AsyncSession, meeting: MeetingRow) -> tuple[datetime, set[str]]:
    """Return the time at which the meeting got its current start, and the reminders that were sent since then.

    A reminder is an ISO 8601 duration before the start. A move to another time slot with the same start does not count.
    """
    facts = col(EVENT.facts)
    has_same_start = facts["start"].astext == facts["previousStart"].astext
    columns = (col(EVENT.kind), col(EVENT.at), facts["before"].astext, has_same_start)
    events = sa.select(*columns).where(col(EVENT.meeting_id) == meeting.id, col(EVENT.kind).in_(EVENT_KINDS))
    planned_at, sent = meeting.created_at, set[str]()
    for kind, at, before, is_same_start in await session.execute(events.order_by(col(EVENT.id))):
        if kind == EventKind.MEETING_REMINDER:
            sent.add(before)
        elif not is_same_start:
            planned_at, sent = at, set()
    return planned_at, sent
