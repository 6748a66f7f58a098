"""Search of free time slots: translates the query for the domain, and the offers for the answer."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from api.http.errors import UnusableRequest
from api.metrics.requests import note_search
from api.resources.search_pages import CURSOR, Cursor, following, resumed, write_cursor
from api.schemas.availability.search import AvailableQuery, AvailableTimeslot, SearchQuery
from domain.availability import AvailabilityData, SlotSearch, offered_slots
from domain.configuration import Organisation
from domain.local_time import LOCAL_DAY
from domain.meetings import LONGEST_RESERVATION, MeetingType
from domain.time_slots import Interval
from storage.availability.organisation_data import read_organisation_data
from storage.availability.situations import read_availability_data, slots_of_meetings
from storage.configuration.lookups import require
from storage.tables.booking import MeetingRow
from storage.tables.organisation import CustomerTypeRow, EmployeeRow, LocationRow, RoomRow, TopicRow

ZERO: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of time slots. `cursor` leads to the next page, and is None on the last page."""

    time_slots: list[AvailableTimeslot]
    cursor: str | None


class Prepared(NamedTuple):
    """A search for the domain, and the data that it reads."""

    search: SlotSearch
    data: AvailabilityData


async def search(session: AsyncSession, query: AvailableQuery, *, by_staff: bool, shortest: timedelta = ZERO) -> Found:
    """Return a page of the time slots that this client can reserve now. Arguments and errors are those of `prepare`."""
    began = time.perf_counter()
    after = CURSOR.read(query.cursor) if query.cursor else None
    asked, situation = await prepare(session, query, after, by_staff=by_staff, shortest=shortest)
    slots = offered_slots(asked, situation)
    if after is not None:
        slots = following(slots, after)
    page = list(islice(slots, query.limit))
    found = Found(
        time_slots=[AvailableTimeslot.offered(slot, query.topic) for slot in page],
        cursor=write_cursor(asked, page[-1]) if next(slots, None) else None,
    )
    note_search(len(situation.employees), asked.window.end - asked.window.start, time.perf_counter() - began)
    return found


async def prepare(
    session: AsyncSession,
    query: SearchQuery,
    after: Cursor | None = None,
    *,
    by_staff: bool,
    shortest: timedelta = ZERO,
) -> Prepared:
    """Check the query and read its data. `shortest` is the shortest duration that the client may ask for.

    With `after`, the search is the one of the next page.

    Raises:
        NotFound: the query has an id that does not exist.
        UnusableRequest: the query exceeds a limit, or contradicts itself.

    """
    await check_names(session, query)
    organisation_data = await read_organisation_data(session)
    organisation, now = organisation_data.organisation, organisation_data.now
    asked = to_search(query, organisation, now, by_staff=by_staff, shortest=shortest)
    asked = replace(asked, ignore_slots=await slots_of_meetings(session, query.ignore_meeting_ids))
    if after is not None:
        asked = resumed(asked, after)
    employees = query.explicit_employee_ids or None
    return Prepared(asked, await read_availability_data(session, around(asked), employees, organisation_data))


def around(asked: SlotSearch) -> Interval:
    """Return the interval whose stored time slots can affect the search."""
    return Interval(asked.window.start - LOCAL_DAY, asked.window.end + asked.duration + LOCAL_DAY)


async def check_names(session: AsyncSession, query: SearchQuery) -> None:
    """Raise `NotFound` for the first id in the query that does not exist."""
    await require(session, list(_named(query)))


def _named(query: SearchQuery) -> Iterator[tuple[type[SQLModel], UUID | str]]:
    yield from ((EmployeeRow, each) for each in query.explicit_employee_ids)
    yield from ((RoomRow, each) for each in query.specific_rooms)
    if query.topic:
        yield TopicRow, query.topic
    if query.customer_type_id:
        yield CustomerTypeRow, query.customer_type_id
    yield from ((MeetingRow, each) for each in query.ignore_meeting_ids)
    yield from ((LocationRow, each) for each in (query.meeting_location, query.customer_location) if each)


def to_search(
    query: SearchQuery, organisation: Organisation, now: datetime, *, by_staff: bool, shortest: timedelta = ZERO
) -> SlotSearch:
    """Build the domain's search. The organisation's defaults replace parameters that are missing.

    Only staff may search without the rules for customers. Other clients could not reserve the time slots of such a
    search.

    Raises:
        UnusableRequest: the query exceeds a limit, or contradicts itself.

    """
    start = query.start_date or now
    look_forward = query.look_forward_time or organisation.default_look_forward
    duration = query.meeting_duration or organisation.default_duration
    _check_reach(look_forward, duration, organisation, shortest)
    _check_contradictions(query)
    return SlotSearch(
        window=Interval(start, start + look_forward),
        duration=duration,
        meeting_types=frozenset(query.meeting_types),
        topic=query.topic,
        customer_type=query.customer_type_id,
        meeting_location=query.meeting_location or None,
        customer_location=query.customer_location or None,
        explicit_employees=tuple(dict.fromkeys(query.explicit_employee_ids)),
        require_all=query.require_employee_participation,
        require_room=query.require_room,
        specific_rooms=tuple(query.specific_rooms),
        best=query.get_best_time_slots,
        customer_initiated=query.is_customer_initiated or not by_staff,
        ignore_minimum_time_before_booking=query.ignore_minimum_time_before_booking and by_staff,
    )


def _check_reach(look_forward: timedelta, duration: timedelta, organisation: Organisation, shortest: timedelta) -> None:
    if duration < shortest:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"A meeting lasts at least {shortest}.", "meetingDuration")
    if look_forward > organisation.max_look_forward:
        message = f"At most {organisation.max_look_forward.days} days can be searched at once."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, "lookForwardTime")
    if duration > LONGEST_RESERVATION:
        message = "A meeting lasts at most 24 hours."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, "meetingDuration")


def _check_contradictions(query: SearchQuery) -> None:
    """Refuse filters that no time slot can match. They are a mistake of the client, not an empty result."""
    physical = not query.meeting_types or MeetingType.PHYSICAL in query.meeting_types
    if query.specific_rooms and not physical:
        message = "Only physical meetings have rooms: ask for no specificRooms, or for physical meetings too."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, "specificRooms")
    if query.require_room and not physical:
        message = "Only physical meetings have rooms: do not require one, or ask for physical meetings too."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, "requireRoom")
