"""Checks of meetings: runs of near and of cancelled meetings, and mails that nobody sends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from admin.check.common import PAGE, SETTLE, Checking, Mismatch, Repair, found
from admin.words import utc
from api.temporal.meetings import opening
from config.errors import StackError
from services.booking.candidates import employee_label
from services.meeting.run_schedule import NotificationSettings, run_lead_time
from storage.bookings.time_slots import database_time
from storage.configuration.lookups import find_employee_name
from storage.operator_actions import SubjectKind
from storage.operators.mismatches import find_meetings, late_mails, meetings_to_end, page_of_coming_meetings
from storage.tables.notifications import InvitationRow
from workers.meeting_runs import MeetingRuns
from workflows.common.runs import MEETING_WORKFLOW, meeting_of, meeting_workflow_id

MAIL_CLAIMED_FOR: Final = timedelta(hours=2)
"""Time after which a mail is late although its run retries. The interval between two tries grows to an hour."""


async def near_meetings(check: Checking) -> AsyncIterator[Mismatch]:
    """Find meetings that must have a run by now, because their first reminder is near."""
    after: tuple[datetime, UUID] | None = None
    while True:
        async with check.opened.database.transaction() as session:
            page = await page_of_coming_meetings(session, run_lead_time(_notifications(check)), after, PAGE)
        check.count("near meetings", len(page))
        by_name = {meeting_workflow_id(each.id): each for each in page}
        suspects = await check.without_run(by_name)
        if suspects:
            await asyncio.sleep(SETTLE)
            suspects = await check.without_run(suspects)
        for name in sorted(suspects):
            meeting = by_name[name]
            text = f"the meeting {meeting.id} begins at {utc(meeting.start_at)}, and has no run: nobody is reminded"
            advice = "OpenMeetingsWorkflow starts the run, if its schedule runs. --repair starts the run now."
            repair = _opening(check, meeting.id)
            yield found("meeting-without-run", meeting.id, text, advice, check.url(name), repair)
        if len(page) < PAGE:
            return
        after = (page[-1].start_at, page[-1].id)


async def cancelled_meetings(check: Checking) -> AsyncIterator[Mismatch]:
    """Find runs of meetings that are cancelled, or that the database does not have."""
    async for page in check.running_ids(f"WorkflowType = '{MEETING_WORKFLOW}'"):
        check.count("meeting runs", len(page))
        meetings = {meeting: name for name in page if (meeting := meeting_of(name)) is not None}
        async with check.opened.database.transaction() as session:
            ended = await meetings_to_end(session, meetings)
        for meeting_id in sorted(ended):
            name = meetings[meeting_id]
            if await check.is_running(name):
                text = f"the run {name} goes on, and the database has no such meeting, or a cancelled one"
                advice = "--repair cancels the run. The meeting stays as it is."
                repair = Repair(SubjectKind.MEETING.named(meeting_id), partial(_cancel, check, name))
                yield found("run-of-cancelled-meeting", meeting_id, text, advice, check.url(name), repair)


async def mails(check: Checking) -> AsyncIterator[Mismatch]:
    """Find mails that wait for long, and that no run sends, or that a worker has claimed long ago."""
    after: str | None = None
    while True:
        async with check.opened.database.transaction() as session:
            now = await database_time(session)
            pending = await late_mails(session, after, PAGE)
        check.count("late mails", len(pending))
        async for each in _late(check, pending, now):
            yield each
        if len(pending) < PAGE:
            return
        after = pending[-1].message_id


async def _late(check: Checking, pending: Sequence[InvitationRow], now: datetime) -> AsyncIterator[Mismatch]:
    lost = await check.without_run({meeting_workflow_id(each.meeting_id) for each in pending})
    for mail in pending:
        name = meeting_workflow_id(mail.meeting_id)
        since = max(filter(None, (mail.created_at, mail.claimed_until)))
        text = f"a mail of meeting {mail.meeting_id}, version {mail.sequence}, waits since {utc(since)}"
        if name in lost:
            advice = "The meeting has no run that sends the mail. --repair starts the run."
            repair = _opening(check, mail.meeting_id)
            yield found("mail-without-run", mail.message_id, f"{text}, and has no run", advice, check.url(name), repair)
        elif since < now - MAIL_CLAIMED_FOR:
            advice = "The last failure of the step that mails, in the run, says what is in the way."
            yield found("mail-late", mail.message_id, f"{text}: {mail.failure or 'no answer'}", advice, check.url(name))


def _opening(check: Checking, meeting_id: UUID) -> Repair:
    return Repair(SubjectKind.MEETING.named(meeting_id), partial(_open, check, meeting_id))


async def _open(check: Checking, meeting_id: UUID) -> str:
    """Start a run of the meeting, as the periodic job does.

    Raises:
        StackError: the last run of the meeting has completed, so the periodic job would start none either.

    """
    async with check.opened.database.transaction() as session:
        now = await database_time(session)
        meeting = (await find_meetings(session, [meeting_id])).get(meeting_id)
        if meeting is None:
            raise StackError("The meeting is gone.")
        name = await find_employee_name(session, meeting.employee_id)
    employee = employee_label(name, in_full=check.settings.show_employee_names)
    runs = MeetingRuns(check.client, check.opened.database, check.settings.task_queue, _notifications(check))
    await runs.open_again(opening(meeting, employee), now)
    if not await check.is_running(meeting_workflow_id(meeting_id)):
        raise StackError("The last run of the meeting has completed. A change of the meeting starts another one.")
    return "started the run of the meeting"


async def _cancel(check: Checking, name: str) -> str:
    await check.client.get_workflow_handle(name).cancel()
    return "requested the cancellation of the run"


def _notifications(check: Checking) -> NotificationSettings:
    return NotificationSettings(check.settings.reminders, invites=check.settings.smtp_host is not None)
