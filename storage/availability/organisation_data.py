"""Queries of the organisation, employees, rooms and groups for the availability rules, as domain types."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from domain.availability import AvailabilityData
from domain.configuration import (
    Capacity,
    CompetenceGroup,
    Employee,
    Location,
    Organisation,
    PriorityLevel,
    Room,
    ServiceGroup,
    Weekday,
    WorkingSpan,
)
from domain.meetings import MeetingType
from storage.bookings.time_slots import NOW
from storage.configuration.lookups import get_organisation, not_configured
from storage.statements import IDS, unseen
from storage.tables.availability import (
    ClosingDayRow,
    CompetenceGroupCustomerTypeRow,
    CompetenceGroupMemberRow,
    CompetenceGroupRow,
    CompetenceGroupTopicRow,
    ServiceGroupCustomerLocationRow,
    ServiceGroupCustomerTypeRow,
    ServiceGroupLocationRow,
    ServiceGroupMemberRow,
    ServiceGroupRow,
    ServiceGroupTopicRow,
)
from storage.tables.organisation import (
    EmployeeCustomerTypeRow,
    EmployeeRow,
    EmployeeTopicRow,
    LocationRow,
    OrganisationRow,
    RoomRow,
    WorkdayRow,
)

AS_IT_COMES: Final = sa.types.NullType()
"""Type that keeps the values of asyncpg unchanged. SQLAlchemy would copy each list."""

MOST_REMEMBERED: Final = 256
"""Texts of each kind whose values are remembered."""

LONGEST_REMEMBERED: Final = 20_000
"""Characters of the longest text whose value is remembered: all remembered texts together have some megabytes."""

Value = TypeVar("Value")

LENGTH: Final = TypeAdapter[timedelta | None](timedelta | None)
"""Parser of intervals in JSON. The setting `intervalstyle` makes PostgreSQL write ISO 8601."""

GROUPS: Final[Mapping[type[SQLModel], Mapping[str, Any]]] = {
    CompetenceGroupRow: {
        "topics": CompetenceGroupTopicRow.topic_id,
        "customer_types": CompetenceGroupCustomerTypeRow.customer_type_id,
    },
    ServiceGroupRow: {
        "topics": ServiceGroupTopicRow.topic_id,
        "customer_types": ServiceGroupCustomerTypeRow.customer_type_id,
        "customer_locations": ServiceGroupCustomerLocationRow.location_id,
        "locations": ServiceGroupLocationRow.location_id,
    },
}
"""Columns of the link tables of each kind of group, by the name in the JSON."""


def _every(table: Any, **links: Any) -> sa.ScalarSelect[Any]:  # noqa: ANN401 - as `_row`
    """Select all rows of a table of groups as the text of one JSON array of objects.

    `links` are columns of link tables, by the name that they get in the objects. Each object lists the values that its
    group has in the link table.
    """
    linked = (
        (name, sa.select(sa.func.array_agg(column)).where(column.class_.group_id == table.id).scalar_subquery())
        for name, column in links.items()
    )
    row = sa.func.to_jsonb(_row(table)).op("||")(sa.func.jsonb_build_object(*chain.from_iterable(linked)))
    return sa.select(_text(row)).scalar_subquery()


def _row(table: Any) -> sa.ColumnElement[Any]:  # noqa: ANN401 - SQLAlchemy adds `__table__` to the class
    whole: sa.ColumnElement[Any] = table.__table__.table_valued()
    return whole


def _listed(row: sa.ColumnElement[Any]) -> sa.Function[Any]:
    """Aggregate rows into one JSON value. The elements of an array of JSON values would be parsed one by one."""
    return sa.func.json_agg(row, type_=sa.JSON)


def _text(row: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Aggregate rows into the text of one JSON value, for a function made by `parser`."""
    return sa.cast(_listed(row), sa.Text)


def _collected(table: Any, values: sa.Function[Any]) -> sa.ScalarSelect[Any]:  # noqa: ANN401 - has an employee_id
    return sa.select(values).where(table.employee_id == EmployeeRow.id).scalar_subquery()


ORGANISATION_DATA: Final = sa.select(
    OrganisationRow,
    NOW,
    sa.select(sa.func.array_agg(col(ClosingDayRow.day))).scalar_subquery(),
    *(_every(table) for table in (RoomRow, LocationRow)),
    *(_every(table, **links) for table, links in GROUPS.items()),
)
"""Statement built once, as `EMPLOYEES` is: to build these large statements takes longer than to run them."""

EMPLOYEES: Final[sa.Select[*tuple[Any, ...]]] = sa.select(
    col(EmployeeRow.id),
    col(EmployeeRow.display_name),
    col(EmployeeRow.location),
    col(EmployeeRow.can_be_booked),
    col(EmployeeRow.is_only_explicitly_available),
    col(EmployeeRow.max_meeting_time_per_day),
    _collected(WorkdayRow, _listed(_row(WorkdayRow))).label("week"),
    _collected(EmployeeTopicRow, sa.func.array_agg(col(EmployeeTopicRow.topic_id))).label("topics"),
    _collected(EmployeeCustomerTypeRow, sa.func.array_agg(col(EmployeeCustomerTypeRow.customer_type_id))).label(
        "types"
    ),
    _collected(CompetenceGroupMemberRow, sa.func.array_agg(col(CompetenceGroupMemberRow.group_id))).label("competence"),
    _collected(ServiceGroupMemberRow, sa.func.array_agg(col(ServiceGroupMemberRow.group_id))).label("service"),
).order_by(col(EmployeeRow.id))
THESE_EMPLOYEES: Final = EMPLOYEES.where(col(EmployeeRow.id) == sa.any_(unseen("employees", IDS)))
AS_JSON: Final = sa.select(_text(THESE_EMPLOYEES.subquery("these").table_valued())).scalar_subquery()
"""Some employees as the text of one JSON value, so that the same statement can read other data."""

AS_TEXTS: Final = sa.select(
    sa.func.array_agg(
        sa.cast(sa.func.row_to_json(EMPLOYEES.subquery("these").table_valued()), sa.Text), type_=AS_IT_COMES
    )
)
"""All employees as texts of JSON, which another thread can decode one by one."""


async def read_organisation(session: AsyncSession) -> Organisation:
    """Read the settings, without the closing days. Raises `NotFound` if there are none."""
    return organisation(await get_organisation(session))


async def read_organisation_data(session: AsyncSession) -> AvailabilityData:
    """Read the configuration that all employees share, in one statement.

    The result has no employees and no time slots. Its field `now` is the current time by the database's clock.

    Raises:
        NotFound: the organisation is not configured yet.

    """
    return organisation_data_of(await read_one(session, ORGANISATION_DATA))


async def read_one(session: AsyncSession, statement: sa.Select[Any], **parameters: object) -> Sequence[Any]:
    """Return the row of a statement based on `ORGANISATION_DATA`. Raise `NotFound` as `read_organisation_data` does."""
    found: Sequence[Any] | None = (await session.execute(statement, parameters)).first()
    if found is None:
        raise not_configured()
    return found


def organisation_data_of(found: Sequence[Any]) -> AvailabilityData:
    """Convert a row of `ORGANISATION_DATA`."""
    row, now, closing_days, rooms, locations, competence, service = found
    return AvailabilityData(
        organisation=organisation(row, closing_days or ()),
        rooms=_rooms_of(rooms),
        locations=_locations_of(locations),
        competence_groups=_competence_groups_of(competence),
        service_groups=_service_groups_of(service),
        now=now,
    )


async def read_employees(session: AsyncSession, ids: Sequence[UUID] | None) -> tuple[Employee, ...]:
    """Read these employees (None: all) with their weeks, skills and groups, in one statement."""
    found = await (session.execute(EMPLOYEES) if ids is None else session.execute(THESE_EMPLOYEES, {"employees": ids}))
    return tuple(_employee(row) for row in found)


async def read_texts_of_employees(session: AsyncSession) -> Sequence[str]:
    """Read all employees, each as a JSON text for `employee_of`, in one statement."""
    return (await session.execute(AS_TEXTS)).scalar_one() or ()


def employee_of(text: str) -> Employee:
    """Convert one of the texts of `read_texts_of_employees`."""
    return _employees([json.loads(text)])[0]


def _employees(found: Sequence[Mapping[str, Any]]) -> tuple[Employee, ...]:
    return tuple(_employee(SimpleNamespace(**{**each, **_parsed(each)})) for each in found)


def _parsed(employee: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the values that have another type in JSON than in a row."""
    linked = {name: _ids(employee[name]) for name in ("topics", "types", "competence", "service")}
    cap = LENGTH.validate_python(employee["max_meeting_time_per_day"])
    return {**linked, "id": UUID(employee["id"]), "max_meeting_time_per_day": cap}


def organisation(row: OrganisationRow, closing_days: Sequence[date] = ()) -> Organisation:
    """Convert the settings that the rules need."""
    return Organisation(
        time_zone=ZoneInfo(row.time_zone),
        slot_interval=row.slot_interval,
        default_duration=row.default_duration,
        default_look_forward=row.default_look_forward,
        max_look_forward=row.max_look_forward,
        max_time_from_booking_to_meeting=row.max_time_from_booking_to_meeting,
        buffer_between_meetings=row.buffer_between_meetings,
        closing_days=frozenset(closing_days),
        opens=row.opens,
        closes=row.closes,
        working_time_buffer=row.working_time_buffer,
        max_meeting_time_per_day=row.max_meeting_time_per_day,
        priority_levels=tuple(
            PriorityLevel(Capacity(each["capacity"]), each.get("label")) for each in row.priority_levels
        ),
    )


def _competence_group(group: Mapping[str, Any]) -> CompetenceGroup:
    above = group["parent_id"]
    return CompetenceGroup(
        id=UUID(group["id"]),
        parent_id=UUID(above) if above else None,
        topics=_ids(group["topics"]),
        customer_types=_ids(group["customer_types"]),
    )


def _service_group(group: Mapping[str, Any]) -> ServiceGroup:
    return ServiceGroup(
        id=UUID(group["id"]),
        name=group["name"],
        label=group["label"],
        topics=_ids(group["topics"]),
        customer_types=_ids(group["customer_types"]),
        customer_locations=frozenset(group["customer_locations"] or ()),
        locations=frozenset(group["locations"] or ()),
        meeting_types=frozenset(map(MeetingType, group["meeting_types"])),
        max_meeting_time_per_day=LENGTH.validate_python(group["max_meeting_time_per_day"]),
    )


def _ids(found: Sequence[str] | None) -> frozenset[UUID]:
    return frozenset(map(UUID, found or ()))


def _employee(row: sa.Row[*tuple[Any, ...]] | SimpleNamespace) -> Employee:
    return Employee(
        id=row.id,
        display_name=row.display_name,
        location=row.location,
        can_be_booked=row.can_be_booked,
        is_only_explicitly_available=row.is_only_explicitly_available,
        week=_week(row.week or ()),
        topics=frozenset(row.topics or ()),
        customer_types=frozenset(row.types or ()),
        competence_groups=frozenset(row.competence or ()),
        service_groups=frozenset(row.service or ()),
        max_meeting_time_per_day=row.max_meeting_time_per_day,
    )


def _location(location: Mapping[str, Any]) -> Location:
    return Location(
        location["id"], location["require_available_room"], name_free_room=location["add_rooms_to_booked_meetings"]
    )


def _week(rows: Sequence[Mapping[str, Any]]) -> Mapping[Weekday, tuple[WorkingSpan, ...]]:
    """Return the working spans of each weekday, sorted by start."""
    days: defaultdict[Weekday, list[WorkingSpan]] = defaultdict(list)
    for row in sorted(rows, key=itemgetter("starts")):
        starts, ends = time.fromisoformat(row["starts"]), time.fromisoformat(row["ends"])
        span = WorkingSpan(starts, ends, row["location"], frozenset(map(MeetingType, row["meeting_types"])))
        days[Weekday(row["weekday"])].append(span)
    return {weekday: tuple(spans) for weekday, spans in days.items()}


def parser(convert: Callable[[Sequence[Any]], Value]) -> Callable[[str | None], Value]:
    """Return a function that parses the text of a JSON array, or None for an empty one, and converts the array.

    The function remembers the values of its last short texts: each reservation reads the same configuration several
    times. The text is the key, so a changed configuration is never answered with a former value. The values must be
    immutable, because later readers get the same ones.
    """

    @lru_cache(MOST_REMEMBERED)
    def remembered(text: str) -> Value:
        return convert(json.loads(text))

    def parse(text: str | None) -> Value:
        if text is None or len(text) > LONGEST_REMEMBERED:
            return convert(json.loads(text or "[]"))
        return remembered(text)

    return parse


_rooms_of = parser(
    lambda found: tuple(Room(UUID(each["id"]), each["location"], each["can_be_booked"]) for each in found)
)
_locations_of = parser(lambda found: MappingProxyType({each["id"]: _location(each) for each in found}))
_competence_groups_of = parser(lambda found: tuple(map(_competence_group, found)))
_service_groups_of = parser(lambda found: tuple(map(_service_group, found)))
employees_of = parser(_employees)
"""Converts the value of `AS_JSON`."""
