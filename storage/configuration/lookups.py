"""Queries of configuration rows for the lookup endpoints, and checks that referenced rows exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from domain.errors import NotFound
from storage.bookings.refused_steps import STEP_WAS_REFUSED
from storage.bookings.time_slots import NOW
from storage.statements import IDS, table_of, unseen
from storage.tables.availability import CalendarRow, ClosingDayRow, CompetenceGroupRow, ServiceGroupRow
from storage.tables.booking import MeetingRow
from storage.tables.notifications import FeedRow
from storage.tables.organisation import (
    CustomerTypeRow,
    EmployeeRow,
    LocationRow,
    OrganisationRow,
    RoomRow,
    TopicCustomerTypeRow,
    TopicRow,
)

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
        sa.select(col(EmployeeRow.id)).where(col(EmployeeRow.id) == sa.any_(unseen("employees", IDS))).scalar_subquery()
    ),
    sa.exists().where(_with_id("room", RoomRow)),
    sa.exists().where(_with_id("customer_type", CustomerTypeRow)),
    sa.select(col(TopicRow.is_customer_bookable)).where(_with_id("topic", TopicRow)).scalar_subquery(),
    STEP_WAS_REFUSED,
)


async def get(session: AsyncSession, table: type[Row], identity: UUID | str | date) -> Row:
    """Return the row with this id.

    Raises:
        NotFound: there is no such row. The error has the kind of row and the id.

    """
    found = await session.get(table, identity)
    if found is None:
        raise NotFound(NAMES[table], str(identity))
    return found


async def find_employee_name(session: AsyncSession, employee_id: UUID) -> str | None:
    """Return the display name of the employee, or None if there is no such employee."""
    found = sa.select(col(EmployeeRow.display_name)).where(col(EmployeeRow.id) == employee_id)
    return await session.scalar(found)


async def require(session: AsyncSession, wanted: Sequence[tuple[type[SQLModel], UUID | str]]) -> None:
    """Raise `NotFound` for the first of these rows that does not exist. One statement checks all tables."""
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
    """Existence of the rows to which a meeting refers.

    `employees` are the ids that exist. `topic_is_for_customers` is None if there is no such topic. `was_refused` is
    true if another worker ran the step that creates the meeting before, and the step was refused.
    """

    employees: frozenset[UUID]
    has_room: bool
    has_customer_type: bool
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
    """Find the rows to which a meeting refers, and whether the step was refused.

    Every new meeting runs this statement, so it is built once. The statement of `require` is built for each call.
    """
    wanted = {"employees": employees, "room": room, "customer_type": customer_type, "topic": topic}
    found, *others = (await session.execute(NAMED, wanted | {"step_id": step_id})).one()
    return Known(frozenset(found), *others)


async def list_topics(session: AsyncSession, *, for_customers: bool, customer_type: UUID | None) -> Sequence[TopicRow]:
    """Return the topics by `order`, name and id.

    `for_customers` selects only topics that customers may book themselves. `customer_type` selects only topics that
    are open to this customer type.
    """
    query = sa.select(TopicRow).order_by(sa.nulls_last(col(TopicRow.order)), col(TopicRow.name), col(TopicRow.id))
    if for_customers:
        query = query.where(col(TopicRow.is_customer_bookable))
    if customer_type:
        query = query.where(is_open_to(customer_type))
    return (await session.scalars(query)).all()


async def read_parents(session: AsyncSession) -> dict[UUID, UUID | None]:
    """Return the parent id of each topic, or None for a topic without a parent."""
    return {
        row.id: row.parent_id for row in await session.execute(sa.select(col(TopicRow.id), col(TopicRow.parent_id)))
    }


def is_open_to(customer_type: UUID) -> sa.ColumnElement[bool]:
    """Match topics that list this customer type, and topics that list no customer type at all."""
    named = sa.select(col(TopicCustomerTypeRow.customer_type_id)).where(
        col(TopicCustomerTypeRow.topic_id) == col(TopicRow.id)
    )
    return sa.or_(~named.exists(), sa.literal(customer_type).in_(named))


async def list_all(session: AsyncSession, table: type[Row], *order: str) -> Sequence[Row]:
    """Return all rows of a small table, sorted by these columns."""
    return (await session.scalars(sa.select(table).order_by(*(getattr(table, name) for name in order)))).all()


async def get_organisation(session: AsyncSession, **options: Any) -> OrganisationRow:  # noqa: ANN401 - of `session.get`
    """Return the settings. Raise `NotFound` if there are none."""
    row = await session.get(OrganisationRow, 1, **options)
    if row is None:
        raise not_configured()
    return row


async def organisation_and_time(session: AsyncSession) -> tuple[OrganisationRow, datetime]:
    """Return the settings and the time by the database's clock, in one round trip."""
    found = (await session.execute(sa.select(OrganisationRow, NOW))).first()
    if found is None:
        raise not_configured()
    return found[0], found[1]


async def keep_organisation(session: AsyncSession) -> OrganisationRow:
    """Read the current settings with a share lock, so that no transaction changes them until this one ends."""
    return await get_organisation(session, with_for_update={"read": True}, populate_existing=True)


def not_configured() -> NotFound:
    return NotFound("organisation", "1", "is not configured yet: run `bookme seed` or insert it")


def _known(table: type[SQLModel], ids: Sequence[UUID | str]) -> sa.Select[str, str]:
    """Select the name of the table and the id, for each of these ids that the table contains."""
    identity: Any = sa.inspect(table).primary_key[0]
    wanted = sa.literal(ids, sa.ARRAY(identity.type))
    return sa.select(sa.literal(NAMES[table]), sa.cast(identity, sa.Text)).where(identity == sa.any_(wanted))
