"""The calendar file of a meeting, as an HTTP answer."""

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.meetings import CalendarFileRequest
from domain.calendar_file import calendar_file, file_name
from storage.calendar_meetings import CalendarTexts, calendar_meeting
from storage.configuration import get_organisation
from storage.meetings import Booked
from storage.time_slots import database_time

MEDIA_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"


async def calendar_file_of(session: AsyncSession, booked: Booked, wanted: CalendarFileRequest) -> Response:
    """The file to download; what `wanted` says takes the place of what the meeting says."""
    row, _ = booked
    organisation = await get_organisation(session)
    texts = CalendarTexts(wanted.title, wanted.description, wanted.location)
    meeting = await calendar_meeting(session, row, organisation, texts)
    content = calendar_file(meeting, made_at=await database_time(session))
    name = file_name(meeting.id, meeting.start, meeting.time_zone)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": MEDIA_TYPE}
    return Response(content, headers=headers)
