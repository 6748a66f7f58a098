"""A meeting as calendars show it, made of the rows that it is stored in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.calendar_file import CalendarMeeting, Person
from storage.configuration import get
from storage.tables import EmployeeRow, LocationRow, MeetingRow, OrganisationRow, RoomRow, TopicRow


@dataclass(frozen=True, slots=True)
class CalendarTexts:
    """What takes the place of what the meeting says."""

    title: str | None = None
    description: str | None = None
    location: str | None = None


AS_THE_MEETING_SAYS: Final = CalendarTexts()


async def calendar_meeting(
    session: AsyncSession,
    meeting: MeetingRow,
    organisation: OrganisationRow,
    texts: CalendarTexts = AS_THE_MEETING_SAYS,
) -> CalendarMeeting:
    return CalendarMeeting(
        id=meeting.id,
        start=meeting.start_at,
        end=meeting.end_at,
        time_zone=ZoneInfo(organisation.time_zone),
        title=texts.title or meeting.title or organisation.calendar_title or await topic(session, meeting.topic_id),
        description=texts.description or meeting.description or organisation.calendar_description,
        location=texts.location or await place(session, meeting.room_id),
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
