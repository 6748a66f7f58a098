"""Reads of the configuration as rows, for the look-up endpoints; and whether what is named exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from domain.errors import NotFound
from storage.availability_tables import CalendarRow, ClosingDayRow, CompetenceGroupRow, ServiceGroupRow
from storage.booking_tables import MeetingRow
from storage.notification_tables import FeedRow
from storage.organisation_tables import (
    CustomerTypeRow,
    EmployeeRow,
    LocationRow,
    OrganisationRow,
    RoomRow,
    TopicCustomerTypeRow,
    TopicRow,
)
from storage.refused_steps import STEP_WAS_REFUSED
from storage.statements import IDS, table_of
from storage.time_slots import NOW

Row = TypeVar("Row", bound=SQLModel)

NAMES: dict[type[SQLModel], str] = {
    EmployeeRow: "employee",
    RoomRow: "room",
    TopicRow: "topic",
    CustomerTypeRow: "customer type",
    LocationRow: "location",
    MeetingRow: "meeting",
    ClosingDayRow: "closing day",
    CompetenceGroupRow: "competence group",
    ServiceGroupRow: "service group",
    CalendarRow: "calendar",
    FeedRow: "feed",
}


def _with_id(name: str, mapped: type[SQLModel]) -> sa.ColumnElement[bool]:
    is_it: sa.ColumnElement[bool] = table_of(mapped).c.id == sa.bindparam(name, type_=sa.Uuid)
    return is_it


NAMED: Final = sa.select(
    sa.func.array(
        sa.select(col(EmployeeRow.id))
        .where(col(EmployeeRow.id) == sa.any_(sa.bindparam("employees", type_=IDS)))
        .scalar_subquery()
    ),
    sa.exists().where(_with_id("room", RoomRow)),
    sa.exists().where(_with_id("customer_type", CustomerTypeRow)),
    sa.select(col(TopicRow.is_customer_bookable)).where(_with_id("topic", TopicRow)).scalar_subquery(),
    STEP_WAS_REFUSED,
)


async def get(session: AsyncSession, table: type[Row], identity: UUID | str | date) -> Row:
    """One row by its id.

    Raises:
        NotFound: there is none; says what of.

    """
    found = await session.get(table, identity)
    if found is None:
        raise NotFound(NAMES[table], str(identity))
    return found


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


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of what a meeting names; `topic_is_for_customers` is None when there is no such topic.

    `was_refused`: so was the step that makes it, when another worker had it.
    """

    employees: frozenset[UUID]
    room: bool
    customer_type: bool
    topic_is_for_customers: bool | None
    was_refused: bool


async def find_named(
    session: AsyncSession,
    employees: Sequence[UUID],
    room: UUID | None,
    customer_type: UUID,
    topic: UUID,
    step_id: UUID | None = None,
) -> Known:
    """Which of these there are. Every meeting asks it, so its statement, unlike that of `require`, is built once."""
    wanted = {"employees": employees, "room": room, "customer_type": customer_type, "topic": topic}
    found, *others = (await session.execute(NAMED, wanted | {"step_id": step_id})).one()
    return Known(frozenset(found), *others)


async def list_topics(session: AsyncSession, *, for_customers: bool, customer_type: UUID | None) -> Sequence[TopicRow]:
    """Topics in their order. `for_customers`: only those that customers may book themselves."""
    query = sa.select(TopicRow).order_by(sa.nulls_last(col(TopicRow.order)), col(TopicRow.name), col(TopicRow.id))
    if for_customers:
        query = query.where(col(TopicRow.is_customer_bookable))
    if customer_type:
        query = query.where(is_open_to(customer_type))
    return (await session.scalars(query)).all()


async def read_parents(session: AsyncSession) -> dict[UUID, UUID | None]:
    """The parent of each topic, None where it has none."""
    return {
        row.id: row.parent_id for row in await session.execute(sa.select(col(TopicRow.id), col(TopicRow.parent_id)))
    }


def is_open_to(customer_type: UUID) -> sa.ColumnElement[bool]:
    """A topic is open to a customer type that it names, and to every one if it names none."""
    named = sa.select(col(TopicCustomerTypeRow.customer_type_id)).where(
        col(TopicCustomerTypeRow.topic_id) == col(TopicRow.id)
    )
    return sa.or_(~named.exists(), sa.literal(customer_type).in_(named))


async def list_all(session: AsyncSession, table: type[Row], *order: str) -> Sequence[Row]:
    """Every row of a small table."""
    return (await session.scalars(sa.select(table).order_by(*(getattr(table, name) for name in order)))).all()


async def get_organisation(session: AsyncSession) -> OrganisationRow:
    row = await session.get(OrganisationRow, 1)
    if row is None:
        raise not_configured()
    return row


async def organisation_and_time(session: AsyncSession) -> tuple[OrganisationRow, datetime]:
    """The settings, and the time by the database's clock, in one round trip."""
    found = (await session.execute(sa.select(OrganisationRow, NOW))).first()
    if found is None:
        raise not_configured()
    return found[0], found[1]


async def keep_organisation(session: AsyncSession) -> OrganisationRow:
    """Read the settings as they are now, and keep them from being changed until the transaction ends."""
    row = await session.get(OrganisationRow, 1, with_for_update={"read": True}, populate_existing=True)
    if row is None:
        raise not_configured()
    return row


def not_configured() -> NotFound:
    return NotFound("organisation", "1", "is not configured yet: run `bookme seed` or insert it")


def _known(table: type[SQLModel], ids: Sequence[UUID | str]) -> sa.Select[str, str]:
    """The name of the table with each of these ids that it has."""
    identity: Any = sa.inspect(table).primary_key[0]
    wanted = sa.literal(ids, sa.ARRAY(identity.type))
    return sa.select(sa.literal(NAMES[table]), sa.cast(identity, sa.Text)).where(identity == sa.any_(wanted))
