"""The calendar file of a meeting, as an HTTP answer."""

from datetime import datetime

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.meetings import MeetingICalRequest
from domain.calendar.file import CalendarMeeting, Method, NotAMessage, calendar_file, file_name
from storage.configuration.lookups import organisation_and_time
from storage.meetings.calendar_meetings import CalendarTexts, calendar_meeting
from storage.tables.booking import MeetingRow


async def calendar_file_of(session: AsyncSession, row: MeetingRow, wanted: MeetingICalRequest) -> Response:
    """Return the calendar file as a download. Texts in `wanted` replace the texts of the meeting.

    The file of a cancelled meeting cancels the meeting in the calendar.
    """
    organisation, made_at = await organisation_and_time(session)
    texts = CalendarTexts(wanted.title, wanted.description, wanted.location)
    meeting = await calendar_meeting(session, row, organisation, texts)
    content, method = _written(meeting, made_at)
    name = file_name(meeting.id, meeting.start, meeting.time_zone)
    media_type = f"text/calendar; charset=utf-8; method={method}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": media_type}
    return Response(content, headers=headers)


def _written(meeting: CalendarMeeting, made_at: datetime) -> tuple[bytes, Method]:
    """Write the file, and return it with its iTIP method.

    A CANCEL message needs addresses. If one is missing, the cancelled meeting is written with PUBLISH. Calendars remove
    the meeting then too (RFC 5546 section 3.2.1).
    """
    method = Method.CANCEL if meeting.cancelled else Method.PUBLISH
    try:
        return calendar_file(meeting, made_at=made_at, method=method), method
    except NotAMessage:
        return calendar_file(meeting, made_at=made_at), Method.PUBLISH
