"""The calendar file of a meeting, as an HTTP answer."""

from datetime import datetime

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.meetings import MeetingICalRequest
from domain.calendar_file import CalendarMeeting, Method, NotAMessage, calendar_file, file_name
from storage.booking_tables import MeetingRow
from storage.calendar_meetings import CalendarTexts, calendar_meeting
from storage.configuration import organisation_and_time


async def calendar_file_of(session: AsyncSession, row: MeetingRow, wanted: MeetingICalRequest) -> Response:
    """The file to download; what `wanted` says takes the place of what the meeting says. A cancelled one cancels."""
    organisation, made_at = await organisation_and_time(session)
    texts = CalendarTexts(wanted.title, wanted.description, wanted.location)
    meeting = await calendar_meeting(session, row, organisation, texts)
    content, method = _written(meeting, made_at)
    name = file_name(meeting.id, meeting.start, meeting.time_zone)
    media_type = f"text/calendar; charset=utf-8; method={method}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": media_type}
    return Response(content, headers=headers)


def _written(meeting: CalendarMeeting, made_at: datetime) -> tuple[bytes, Method]:
    """Without an address to name, a cancellation is published: it is still one (RFC 5546 section 3.2.1)."""
    method = Method.CANCEL if meeting.cancelled else Method.PUBLISH
    try:
        return calendar_file(meeting, made_at=made_at, method=method), method
    except NotAMessage:
        return calendar_file(meeting, made_at=made_at), Method.PUBLISH
