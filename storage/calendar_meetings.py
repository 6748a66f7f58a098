"""Meetings as calendars show them, made of the rows that they are stored in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.calendar_file import Attending, CalendarMeeting, Person
from storage.booking_tables import MeetingRow
from storage.organisation_tables import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TopicRow


@dataclass(frozen=True, slots=True)
class CalendarTexts:
    """What takes the place of what the meeting says."""

    title: str | None = None
    description: str | None = None
    location: str | None = None


AS_THE_MEETING_SAYS: Final = CalendarTexts()


@dataclass(frozen=True, slots=True)
class Directory:
    """What the ids of meetings stand for: each topic's name, each employee and room, and where the room is."""

    topics: Mapping[UUID, str]
    employees: Mapping[UUID, Person]
    rooms: Mapping[UUID, Person]
    places: Mapping[UUID, str]

    def attendees(self, meeting: MeetingRow) -> tuple[Person, ...]:
        """The employees who take part, then the room."""
        employees = [meeting.employee_id, *meeting.additional_employees]
        found = [self.employees.get(each) for each in employees]
        room = self.rooms.get(meeting.room_id) if meeting.room_id else None
        return tuple(each for each in (*found, room) if each)


async def calendar_meeting(
    session: AsyncSession,
    meeting: MeetingRow,
    organisation: OrganisationRow,
    texts: CalendarTexts = AS_THE_MEETING_SAYS,
) -> CalendarMeeting:
    (shown,) = await calendar_meetings(session, [meeting], organisation, texts)
    return shown


async def calendar_meetings(
    session: AsyncSession,
    meetings: Sequence[MeetingRow],
    organisation: OrganisationRow,
    texts: CalendarTexts = AS_THE_MEETING_SAYS,
) -> Iterator[CalendarMeeting]:
    """These meetings, with at most three statements however many they are. Each is made when it is asked for."""
    directory = await read_directory(session, meetings)
    return (_shown(meeting, organisation, directory, texts) for meeting in meetings)


async def read_directory(session: AsyncSession, meetings: Sequence[MeetingRow]) -> Directory:
    """What these meetings name."""
    employees = chain.from_iterable((each.employee_id, *each.additional_employees) for each in meetings)
    named = sa.select(EmployeeRow).where(_is_one(EmployeeRow, employees))
    topics = sa.select(TopicRow).where(_is_one(TopicRow, (each.topic_id for each in meetings)))
    rooms = (
        sa.select(RoomRow, col(LocationRow.display_name))
        .join(LocationRow, col(LocationRow.id) == col(RoomRow.location))
        .where(_is_one(RoomRow, (each.room_id for each in meetings if each.room_id)))
    )
    placed = (await session.execute(rooms)).all() if any(each.room_id for each in meetings) else ()
    return Directory(
        topics={row.id: row.name for row in await session.scalars(topics)},
        employees={row.id: Person(row.display_name, row.email) for row in await session.scalars(named)},
        rooms={room.id: Person(room.name, room.email, Attending.ROOM) for room, _ in placed},
        places={room.id: f"{room.name}, {location}" for room, location in placed},
    )


def _is_one(table: type[EmployeeRow | RoomRow | TopicRow], ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """As an array, so that the statement is the same for any number of them, and is prepared once."""
    return col(table.id) == sa.any_(sa.literal(sorted(set(ids)), sa.ARRAY(sa.Uuid)))


def _shown(
    meeting: MeetingRow, organisation: OrganisationRow, directory: Directory, texts: CalendarTexts
) -> CalendarMeeting:
    place = directory.places.get(meeting.room_id) if meeting.room_id else None
    return CalendarMeeting(
        id=meeting.id,
        start=meeting.start_at,
        end=meeting.end_at,
        time_zone=ZoneInfo(organisation.time_zone),
        title=texts.title or meeting.title or organisation.calendar_title or directory.topics[meeting.topic_id],
        description=texts.description or meeting.description or organisation.calendar_description,
        location=texts.location or place,
        video_link=meeting.video_link,
        organizer=Person(organisation.name, organisation.email),
        attendees=directory.attendees(meeting),
        sequence=meeting.sequence,
        created=meeting.created_at,
        last_modified=meeting.modified_at,
        cancelled=meeting.cancelled_at is not None,
    )
