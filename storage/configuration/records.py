"""Configuration records: a row, together with the rows of its link tables.

A record is a mapping from column names to values. Linked rows are lists in the record, of ids or of mappings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from storage.configuration import changes
from storage.configuration.lookups import get, require
from storage.tables.availability import (
    CalendarRow,
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
from storage.tables.notifications import FeedRow
from storage.tables.organisation import (
    CustomerTypeRow,
    EmployeeCustomerTypeRow,
    EmployeeRow,
    EmployeeTopicRow,
    LocationRow,
    RoomRow,
    TopicCustomerTypeRow,
    TopicRow,
    WorkdayRow,
)

Record = dict[str, Any]


@dataclass(frozen=True)
class Link:
    """A link table: `owner` is its column for the record, `named` its column for the linked value.

    If `named` is None, the record contains all columns of the link table except `owner`.
    """

    table: Any
    owner: str
    named: str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    `refers` maps a column, a link or a column of a link (`link.column`) to the table to which the ids there belong.
    `calendar_owner` is the column of `CalendarRow` for the record, if records of this kind can have external calendars.
    """

    table: Any
    links: Mapping[str, Link] = field(default_factory=dict)
    refers: Mapping[str, type[SQLModel]] = field(default_factory=dict)
    calendar_owner: str | None = None


ROOM: Final = Kind(RoomRow, refers={"location": LocationRow}, calendar_owner="room_id")
LOCATION: Final = Kind(LocationRow)
CUSTOMER_TYPE: Final = Kind(CustomerTypeRow)
CALENDAR: Final = Kind(CalendarRow, refers={"employee_id": EmployeeRow, "room_id": RoomRow})
FEED: Final = Kind(FeedRow, refers={"employee_id": EmployeeRow})
TOPIC: Final = Kind(
    TopicRow,
    {"customer_types": Link(TopicCustomerTypeRow, "topic_id", "customer_type_id")},
    {"parent_id": TopicRow, "customer_types": CustomerTypeRow},
)
EMPLOYEE: Final = Kind(
    EmployeeRow,
    {
        "topics": Link(EmployeeTopicRow, "employee_id", "topic_id"),
        "customer_types": Link(EmployeeCustomerTypeRow, "employee_id", "customer_type_id"),
        "workdays": Link(WorkdayRow, "employee_id"),
    },
    {"location": LocationRow, "topics": TopicRow, "customer_types": CustomerTypeRow, "workdays.location": LocationRow},
    "employee_id",
)
COMPETENCE_GROUP: Final = Kind(
    CompetenceGroupRow,
    {
        "topics": Link(CompetenceGroupTopicRow, "group_id", "topic_id"),
        "customer_types": Link(CompetenceGroupCustomerTypeRow, "group_id", "customer_type_id"),
        "members": Link(CompetenceGroupMemberRow, "group_id", "employee_id"),
    },
    {
        "parent_id": CompetenceGroupRow,
        "topics": TopicRow,
        "customer_types": CustomerTypeRow,
        "members": EmployeeRow,
    },
)
SERVICE_GROUP: Final = Kind(
    ServiceGroupRow,
    {
        "topics": Link(ServiceGroupTopicRow, "group_id", "topic_id"),
        "customer_types": Link(ServiceGroupCustomerTypeRow, "group_id", "customer_type_id"),
        "customer_locations": Link(ServiceGroupCustomerLocationRow, "group_id", "location_id"),
        "locations": Link(ServiceGroupLocationRow, "group_id", "location_id"),
        "members": Link(ServiceGroupMemberRow, "group_id", "employee_id"),
    },
    {
        "topics": TopicRow,
        "customer_types": CustomerTypeRow,
        "customer_locations": LocationRow,
        "locations": LocationRow,
        "members": EmployeeRow,
    },
)


async def load(session: AsyncSession, kind: Kind, identity: UUID | str) -> Record:
    """Return the record with this id.

    Raises:
        NotFound: there is no such record.

    """
    row = await get(session, kind.table, identity)
    return (await with_links(session, kind, [row]))[0]


async def load_page(
    session: AsyncSession, kind: Kind, after: UUID | str | None, limit: int, **only: UUID | None
) -> list[Record]:
    """Return at most `limit` records by id, after the id `after`.

    `only` filters by column values; None does not filter. The function runs one statement, and one for each link.
    """
    query = sa.select(kind.table).order_by(kind.table.id).limit(limit)
    query = query.filter_by(**{name: value for name, value in only.items() if value is not None})
    if after is not None:
        query = query.where(kind.table.id > after)
    return await with_links(session, kind, (await session.scalars(query)).all())


async def create(session: AsyncSession, kind: Kind, record: Record) -> None:
    """Insert a record.

    Raises:
        NotFound: the record refers to a row that does not exist.
        AlreadyExists: there is a record with the same id or name.

    """
    await _check(session, kind, record)
    await changes.add(session, kind.table(**_columns(kind, record)))
    await _write_links(session, kind, record)


async def update(session: AsyncSession, kind: Kind, record: Record) -> None:
    """Change the stored record with this id. Raises as `create` does, and `NotFound` if there is no such record."""
    await _check(session, kind, record)
    row = await get(session, kind.table, record["id"])
    await changes.change(session, row, _columns(kind, record))
    await _write_links(session, kind, record)


async def remove(session: AsyncSession, kind: Kind, identity: UUID | str) -> None:
    """Delete a record with its links and its external calendars.

    Raises:
        NotFound: there is no such record.
        InUse: another row refers to the record.

    """
    if kind.calendar_owner is not None:
        # Before the record: the time slots of these calendars refer to the record, and would prevent its deletion.
        await session.execute(sa.delete(CalendarRow).filter_by(**{kind.calendar_owner: identity}))
    await changes.remove(session, kind.table, identity)


def _columns(kind: Kind, record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in kind.links}


async def _check(session: AsyncSession, kind: Kind, record: Record) -> None:
    named = ((table, each) for path, table in kind.refers.items() for each in _values(record, path))
    await require(session, list(named))


def _values(record: Record, path: str) -> Iterable[UUID | str]:
    name, _, inner = path.partition(".")
    value = record[name]
    if inner:
        return [each[inner] for each in value]
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


async def _write_links(session: AsyncSession, kind: Kind, record: Record) -> None:
    for name, link in kind.links.items():
        rows = record[name] if link.named is None else [{link.named: each} for each in dict.fromkeys(record[name])]
        await changes.replace_links(session, link.table, {link.owner: record["id"]}, rows)


async def with_links(session: AsyncSession, kind: Kind, rows: Sequence[Any]) -> list[Record]:
    """Return the records of these rows, in the same order. One statement reads each link."""
    records: dict[UUID | str, Record] = {row.id: row.model_dump() for row in rows}
    for name, link in kind.links.items():
        for record in records.values():
            record[name] = []
        await _add_links(session, name, link, records)
    return list(records.values())


async def _add_links(session: AsyncSession, name: str, link: Link, records: Mapping[UUID | str, Record]) -> None:
    owner = getattr(link.table, link.owner)
    order = sa.inspect(link.table).primary_key
    for row in await session.scalars(sa.select(link.table).where(owner.in_(records)).order_by(*order)):
        value = row.model_dump(exclude={link.owner}) if link.named is None else getattr(row, link.named)
        records[getattr(row, link.owner)][name].append(value)
