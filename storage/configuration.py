"""Reads of the configuration: rows for the look-up endpoints, the domain's types for the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from domain.configuration import Employee, Location, Organisation, Room, Weekday, Workday
from domain.errors import NotFound
from domain.meetings import MeetingType
from storage.tables import (
    CustomerTypeRow,
    EmployeeCustomerTypeRow,
    EmployeeRow,
    EmployeeTopicRow,
    LocationRow,
    OrganisationRow,
    RoomRow,
    TopicCustomerTypeRow,
    TopicRow,
    WorkdayRow,
)
from storage.time_slots import NOW

Row = TypeVar("Row", bound=SQLModel)

NAMES: dict[type[SQLModel], str] = {
    EmployeeRow: "employee",
    RoomRow: "room",
    TopicRow: "topic",
    CustomerTypeRow: "customer type",
    LocationRow: "location",
}


@dataclass(frozen=True, slots=True)
class Premises:
    """What all employees share, as of `now` by the database's clock."""

    organisation: Organisation
    rooms: tuple[Room, ...]
    locations: Mapping[str, Location]
    now: datetime


async def get(session: AsyncSession, table: type[Row], identity: UUID | str) -> Row:
    """One row by its id.

    Raises:
        NotFound: there is none; says what of.

    """
    found = await session.get(table, identity)
    if found is None:
        raise NotFound(NAMES[table], identity)
    return found


async def require_all(session: AsyncSession, table: type[SQLModel], ids: Iterable[UUID | str]) -> None:
    """Raise `NotFound` for the first of these ids that does not exist."""
    await require(session, [(table, one) for one in ids])


async def require(session: AsyncSession, wanted: Sequence[tuple[type[SQLModel], UUID | str]]) -> None:
    """Raise `NotFound` for the first of these rows that does not exist. One statement, whatever the tables."""
    tables = dict.fromkeys(table for table, _ in wanted)
    if not tables:
        return
    there = sa.union_all(*(_known(table, [one for kind, one in wanted if kind is table]) for table in tables))
    known = {tuple(row) for row in await session.execute(there)}
    for table, identity in wanted:
        if (NAMES[table], str(identity)) not in known:
            raise NotFound(NAMES[table], identity)


async def list_topics(session: AsyncSession, *, for_customers: bool, customer_type: UUID | None) -> Sequence[TopicRow]:
    """Topics in their order. `for_customers`: only those that customers may book themselves."""
    query = sa.select(TopicRow).order_by(sa.nulls_last(col(TopicRow.order)), col(TopicRow.name), col(TopicRow.id))
    if for_customers:
        query = query.where(col(TopicRow.is_customer_bookable))
    if customer_type:
        query = query.where(is_open_to(customer_type))
    return (await session.scalars(query)).all()


def is_open_to(customer_type: UUID) -> sa.ColumnElement[bool]:
    """A topic is open to a customer type that it names, and to every one if it names none."""
    named = sa.select(col(TopicCustomerTypeRow.customer_type_id)).where(
        col(TopicCustomerTypeRow.topic_id) == col(TopicRow.id)
    )
    return sa.or_(~named.exists(), sa.literal(customer_type).in_(named))


async def list_all(session: AsyncSession, table: type[Row], *order: str) -> Sequence[Row]:
    """Every row of a small table."""
    return (await session.scalars(sa.select(table).order_by(*(getattr(table, name) for name in order)))).all()


async def read_organisation(session: AsyncSession) -> Organisation:
    return organisation(await get_organisation(session))


def organisation(row: OrganisationRow) -> Organisation:
    return Organisation(
        time_zone=ZoneInfo(row.time_zone),
        slot_interval=row.slot_interval,
        default_duration=row.default_duration,
        default_look_forward=row.default_look_forward,
        max_look_forward=row.max_look_forward,
        max_time_from_booking_to_meeting=row.max_time_from_booking_to_meeting,
    )


async def get_organisation(session: AsyncSession) -> OrganisationRow:
    row = await session.get(OrganisationRow, 1)
    if row is None:
        raise not_configured()
    return row


def not_configured() -> NotFound:
    return NotFound("organisation", "1", "is not configured yet: run `bookme seed` or insert it")


async def read_premises(session: AsyncSession) -> Premises:
    """The settings, rooms and locations, in one statement."""
    query = sa.select(OrganisationRow, _every(RoomRow), _every(LocationRow), NOW)
    found = (await session.execute(query)).first()
    if found is None:
        raise not_configured()
    row, rooms, locations, now = found
    return Premises(
        organisation=organisation(row),
        rooms=tuple(_room(RoomRow.model_validate(each)) for each in rooms or ()),
        locations={each["id"]: Location(each["id"], each["require_available_room"]) for each in locations or ()},
        now=now,
    )


async def read_employees(session: AsyncSession, ids: Sequence[UUID] | None) -> tuple[Employee, ...]:
    """These employees (None: all) with their weeks and skills, in one statement."""
    query = sa.select(
        EmployeeRow,
        _collected(WorkdayRow, _as_json(WorkdayRow)).label("week"),
        _collected(EmployeeTopicRow, col(EmployeeTopicRow.topic_id)).label("topics"),
        _collected(EmployeeCustomerTypeRow, col(EmployeeCustomerTypeRow.customer_type_id)).label("customer_types"),
    ).order_by(col(EmployeeRow.id))
    if ids is not None:
        query = query.where(col(EmployeeRow.id) == sa.any_(sa.literal(ids, sa.ARRAY(sa.Uuid))))
    return tuple(_employee(*row) for row in (await session.execute(query)).all())


def _known(table: type[SQLModel], ids: Sequence[UUID | str]) -> sa.Select[str, str]:
    """The name of the table with each of these ids that it has."""
    identity: Any = sa.inspect(table).primary_key[0]
    wanted = sa.literal(ids, sa.ARRAY(identity.type))
    return sa.select(sa.literal(NAMES[table]), sa.cast(identity, sa.Text)).where(identity == sa.any_(wanted))


def _every(table: type[SQLModel]) -> sa.ScalarSelect[Any]:
    return sa.select(sa.func.array_agg(_as_json(table))).scalar_subquery()


def _as_json(table: Any) -> sa.Function[Any]:  # noqa: ANN401 - SQLAlchemy adds `__table__` to the class
    return sa.func.to_jsonb(table.__table__.table_valued())


def _collected(table: Any, value: Any) -> sa.ScalarSelect[Any]:  # noqa: ANN401 - any table with an employee_id
    return sa.select(sa.func.array_agg(value)).where(table.employee_id == EmployeeRow.id).scalar_subquery()


def _employee(row: EmployeeRow, week: list[dict[str, Any]], topics: list[UUID], types: list[UUID]) -> Employee:
    return Employee(
        id=row.id,
        location=row.location,
        can_be_booked=row.can_be_booked,
        is_only_explicitly_available=row.is_only_explicitly_available,
        week={Weekday(day["weekday"]): _workday(WorkdayRow.model_validate(day)) for day in week or ()},
        topics=frozenset(topics or ()),
        customer_types=frozenset(types or ()),
    )


def _room(row: RoomRow) -> Room:
    return Room(id=row.id, location=row.location, can_be_booked=row.can_be_booked)


def _workday(row: WorkdayRow) -> Workday:
    return Workday(
        starts=row.starts,
        ends=row.ends,
        location=row.location,
        meeting_types=frozenset(MeetingType(one) for one in row.meeting_types),
    )
