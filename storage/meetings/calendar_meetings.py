"""Conversion of meeting rows to the meetings that calendars show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.calendar.file import Attending, CalendarMeeting, Person
from storage.statements import IDS
from storage.tables.booking import MeetingRow
from storage.tables.organisation import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TopicRow


@dataclass(frozen=True, slots=True)
class CalendarTexts:
    """Texts that replace those of the meeting. None keeps the text of the meeting."""

    title: str | None = None
    description: str | None = None
    location: str | None = None


NOTHING_REPLACED: Final = CalendarTexts()


def _among(identity: Any, name: str) -> sa.ColumnElement[bool]:  # noqa: ANN401 - the id of a table
    """Match ids in an array parameter, so that one prepared statement serves any number of ids."""
    return col(identity) == sa.any_(sa.bindparam(name, type_=IDS))


NOTHING: Final = sa.null().cast(sa.Text)
NAMED: Final[sa.CompoundSelect[*tuple[Any, ...]]] = sa.union_all(
    sa.select(
        sa.literal("topic").label("kind"),
        col(TopicRow.id).label("id"),
        col(TopicRow.name).label("name"),
        NOTHING.label("email"),
        NOTHING.label("location"),
    ).where(_among(TopicRow.id, "topics")),
    sa.select(
        sa.literal("employee"), col(EmployeeRow.id), col(EmployeeRow.display_name), col(EmployeeRow.email), NOTHING
    ).where(_among(EmployeeRow.id, "employees")),
    sa.select(sa.literal("room"), col(RoomRow.id), col(RoomRow.name), col(RoomRow.email), col(LocationRow.display_name))
    .join(LocationRow, col(LocationRow.id) == col(RoomRow.location))
    .where(_among(RoomRow.id, "rooms")),
)
"""Names and addresses of the topics, employees and rooms that meetings refer to."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Topic names, employees, rooms and room places by id. `places` has the room name and the location name."""

    topics: Mapping[UUID, str]
    employees: Mapping[UUID, Person]
    rooms: Mapping[UUID, Person]
    places: Mapping[UUID, str]

    def attendees(self, meeting: MeetingRow) -> tuple[Person, ...]:
        """Return the employees of the meeting, then the room. Unknown ids are skipped."""
        employees = [meeting.employee_id, *meeting.additional_employees]
        found = [self.employees.get(each) for each in employees]
        room = self.rooms.get(meeting.room_id) if meeting.room_id else None
        return tuple(each for each in (*found, room) if each)


async def calendar_meeting(
    session: AsyncSession,
    meeting: MeetingRow,
    organisation: OrganisationRow,
    texts: CalendarTexts = NOTHING_REPLACED,
) -> CalendarMeeting:
    (shown,) = await calendar_meetings(session, [meeting], organisation, texts)
    return shown


async def calendar_meetings(
    session: AsyncSession,
    meetings: Sequence[MeetingRow],
    organisation: OrganisationRow,
    texts: CalendarTexts = NOTHING_REPLACED,
) -> Iterator[CalendarMeeting]:
    """Return these meetings as calendars show them, with `texts` in place of their own texts.

    One statement reads the names at once. The iterator is lazy.
    """
    directory = await read_directory(session, meetings)
    return (_shown(meeting, organisation, directory, texts) for meeting in meetings)


async def read_directory(session: AsyncSession, meetings: Sequence[MeetingRow]) -> Directory:
    """Read the topics, employees and rooms of these meetings, in one statement."""
    employees = chain.from_iterable((each.employee_id, *each.additional_employees) for each in meetings)
    wanted = {
        "topics": [each.topic_id for each in meetings],
        "employees": employees,
        "rooms": [each.room_id for each in meetings if each.room_id],
    }
    found = (await session.execute(NAMED, {name: sorted(set(ids)) for name, ids in wanted.items()})).all()
    rooms = [row for row in found if row.kind == "room"]
    return Directory(
        topics={row.id: row.name for row in found if row.kind == "topic"},
        employees={row.id: Person(row.name, row.email) for row in found if row.kind == "employee"},
        rooms={row.id: Person(row.name, row.email, Attending.ROOM) for row in rooms},
        places={row.id: f"{row.name}, {row.location}" for row in rooms},
    )


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
