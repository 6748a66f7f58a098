"""Search of free time slots: translates the query for the domain, and the offers for the answer."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from api.http.errors import UnusableRequest
from api.metrics.requests import note_search
from api.resources.computing import ALL, compute
from api.resources.search_pages import CURSOR, Cursor, following, resumed, write_cursor
from api.schemas.availability.search import AvailableQuery, SearchQuery
from domain.availability import AvailabilityData, OfferedSlot, SlotSearch, offered_slots
from domain.configuration import Organisation
from domain.errors import instant
from domain.local_time import DAY, LOCAL_DAY
from domain.meetings import LONGEST_RESERVATION, MeetingType
from domain.time_slots import Interval
from storage.availability.index import AvailabilityIndex
from storage.configuration.lookups import require
from storage.tables.booking import MeetingRow
from storage.tables.organisation import CustomerTypeRow, EmployeeRow, LocationRow, RoomRow, TopicRow

ZERO: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of time slots as JSON. `cursor` leads to the next page, and is None on the last page."""

    body: bytes
    cursor: str | None


class Prepared(NamedTuple):
    """A search for the domain, and the data that it reads."""

    search: SlotSearch
    data: AvailabilityData

    @property
    def work(self) -> float:
        """Return the employee-days of the search, with the weight of searches for all time slots."""
        return len(self.data.employees) * (self.length / DAY) * (1 if self.search.best else ALL)

    @property
    def length(self) -> timedelta:
        return self.search.window.end - self.search.window.start


async def search(
    session: AsyncSession,
    index: AvailabilityIndex,
    query: AvailableQuery,
    *,
    by_staff: bool,
    shortest: timedelta = ZERO,
) -> Found:
    """Return a page of the time slots that this client can reserve now. Arguments and errors are those of `prepare`."""
    began = time.perf_counter()
    after = CURSOR.read(query.cursor) if query.cursor else None
    prepared = await prepare(session, index, query, after, by_staff=by_staff, shortest=shortest)
    found = await compute(prepared.work, page_of, prepared, query, after)
    note_search(len(prepared.data.employees), prepared.length, time.perf_counter() - began)
    return found


def page_of(prepared: Prepared, query: AvailableQuery, after: Cursor | None) -> Found:
    """Compute and encode the page of the search after that cursor."""
    slots = offered_slots(*prepared)
    if after is not None:
        slots = following(slots, after)
    page = list(islice(slots, query.limit))
    return Found(encoded(page, query.topic), write_cursor(prepared.search, page[-1]) if next(slots, None) else None)


def encoded(page: Iterable[OfferedSlot], topic: UUID | None) -> bytes:
    """Encode the time slots as `AvailableTimeslot` is encoded, without its members that are None.

    The time slots of one start must follow one another. No value has a character that JSON escapes.
    """
    text_of, about = cache(str), str(topic or "")
    found = []
    for (interval, meeting_type), slots in groupby(page, key=itemgetter(0, 1)):
        start, end = instant(interval.start), instant(interval.end)
        when = f'"startDate":"{start}","endDate":"{end}","meetingType":"{meeting_type}"'
        for slot in slots:
            room, group = slot.room_id, slot.service_group_id
            who = f'"roomId":"{text_of(room) if room else ""}","employeeId":"{text_of(slot.employee_id)}"'
            through = f',"serviceGroup":"{text_of(group)}"' if group else ""
            found.append(f'{{{when},{who},"meetingTopicId":"{about}"{through}}}')
    return f"[{','.join(found)}]".encode()


async def prepare(
    session: AsyncSession,
    index: AvailabilityIndex,
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
    # The index needs a connection too. Requests that wait for it with a connection could occupy the whole pool.
    await session.close()

    def asked(data: AvailabilityData) -> SlotSearch:
        found = to_search(query, data.organisation, data.now, by_staff=by_staff, shortest=shortest)
        return found if after is None else resumed(found, after)

    data = await _read_data(index, asked, query.ignore_meeting_ids)
    wanted = asked(data)
    return Prepared(wanted, only(frozenset(wanted.explicit_employees), data) if wanted.explicit_employees else data)


def only(named: frozenset[UUID], data: AvailabilityData) -> AvailabilityData:
    """Return the data of these employees, and of all rooms."""
    employees = tuple(each for each in data.employees if each.id in named)
    return replace(data, employees=employees, stored=data.stored.only(named) if data.stored else None)


async def _read_data(
    index: AvailabilityIndex, asked: Callable[[AvailabilityData], SlotSearch], ignored_meetings: Sequence[UUID]
) -> AvailabilityData:
    """Return the data of one snapshot for the search that `asked` builds from such data."""

    def needed(data: AvailabilityData) -> Interval:
        return _needed(asked(data), data)

    if ignored_meetings:
        return await index.read_apart(needed, ignored_meetings)
    found = await index.covering(needed)
    return await index.read_apart(needed) if found is None else found.data


def _needed(wanted: SlotSearch, data: AvailabilityData) -> Interval:
    """Return the interval whose stored time can affect the search: only possible starts count."""
    latest = data.now + data.organisation.max_time_from_booking_to_meeting + data.organisation.slot_interval
    start, end = max(wanted.window.start, data.now), min(wanted.window.end, latest)
    return Interval(start - LOCAL_DAY, max(start, end) + wanted.duration + LOCAL_DAY)


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
