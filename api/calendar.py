"""The calendar file of a meeting, as an HTTP answer."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.schemas.meetings import CalendarFileRequest
from domain.calendar_file import CalendarMeeting, Person, calendar_file, file_name
from storage.configuration import get, get_organisation
from storage.meetings import Booked
from storage.tables import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TopicRow
from storage.time_slots import database_time

MEDIA_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"


async def calendar_file_of(session: AsyncSession, booked: Booked, wanted: CalendarFileRequest) -> Response:
    """The file to download; what `wanted` says takes the place of what the meeting says."""
    organisation = await get_organisation(session)
    meeting = await calendar_meeting(session, booked, organisation, wanted)
    content = calendar_file(meeting, made_at=await database_time(session))
    name = file_name(meeting.id, meeting.start, meeting.time_zone)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": MEDIA_TYPE}
    return Response(content, headers=headers)


async def calendar_meeting(
    session: AsyncSession, booked: Booked, organisation: OrganisationRow, wanted: CalendarFileRequest
) -> CalendarMeeting:
    meeting, slot = booked
    return CalendarMeeting(
        id=meeting.id,
        start=slot.start_at,
        end=slot.end_at,
        time_zone=ZoneInfo(organisation.time_zone),
        title=wanted.title or meeting.title or organisation.calendar_title or await topic(session, meeting.topic_id),
        description=wanted.description or meeting.description or organisation.calendar_description,
        location=wanted.location or await place(session, meeting.room_id),
        video_link=meeting.video_link,
        organizer=Person(organisation.name, organisation.email),
        attendees=await people(session, [meeting.employee_id, *meeting.additional_employees]),
        sequence=meeting.sequence,
        created=meeting.created_at,
        last_modified=meeting.modified_at,
    )


async def topic(session: AsyncSession, topic_id: UUID) -> str:
    """What the meeting is about."""
    return (await get(session, TopicRow, topic_id)).name


async def place(session: AsyncSession, room_id: UUID | None) -> str | None:
    """The room and where it is."""
    if room_id is None:
        return None
    room = await get(session, RoomRow, room_id)
    location = await get(session, LocationRow, room.location)
    return f"{room.name}, {location.display_name}"


async def people(session: AsyncSession, employees: Sequence[UUID]) -> tuple[Person, ...]:
    """The employees who take part, in this order."""
    found = await session.scalars(sa.select(EmployeeRow).where(col(EmployeeRow.id).in_(employees)))
    by_id = {row.id: row for row in found}
    return tuple(Person(by_id[each].display_name, by_id[each].email) for each in employees if each in by_id)
