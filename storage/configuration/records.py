"""Configuration records: a row, together with the rows of its link tables.

A record is a mapping from column names to values. Linked rows are lists in the record, of ids or of mappings.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from domain.errors import AlreadyExists, InUse
from storage.configuration.lookups import NAMES, get, require
from storage.database import driver_error
from storage.statements import table_of
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


UNIQUE_VIOLATION: Final = "23505"
FOREIGN_KEY_VIOLATION: Final = "23503"


@dataclass(frozen=True)
class Link:
    """A link table: `owner` is its column for the record, `named` its column for the linked value.

    If `named` is None, the record contains all columns of the link table except `owner`.
    """

    table: Any
    owner: str
    named: str | None

    def rows(self, values: Sequence[Any]) -> list[Record]:
        """Return the rows for the values in a record, without the owner."""
        return list(values) if self.named is None else [{self.named: each} for each in dict.fromkeys(values)]


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: its table, and its link tables by the names of their lists in the record.

    The foreign keys of these tables say what a record refers to.
    """

    table: Any
    link_tables: Mapping[str, type[SQLModel]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return NAMES[self.table]

    @property
    def calendar_owner(self) -> str | None:
        """Return the column of `CalendarRow` for the record, if records of this kind can have external calendars."""
        return next((name for name, table in references(CalendarRow).items() if table is self.table), None)

    def links(self) -> Iterator[tuple[str, Link]]:
        for name, table in self.link_tables.items():
            owner = next(column for column, referred in references(table).items() if referred is self.table)
            rest = [column.name for column in table_of(table).columns if column.name != owner]
            yield name, Link(table, owner, rest[0] if len(rest) == 1 else None)


def references(table: type[SQLModel]) -> dict[str, type[SQLModel]]:
    """Return the columns that are foreign keys, each with the mapped class to which it refers."""
    mapped = {table_of(each): each for each in NAMES}
    columns = table_of(table).columns
    return {column.name: mapped[key.column.table] for column in columns for key in column.foreign_keys}


ROOM: Final = RecordKind(RoomRow)
LOCATION: Final = RecordKind(LocationRow)
CUSTOMER_TYPE: Final = RecordKind(CustomerTypeRow)
CALENDAR: Final = RecordKind(CalendarRow)
FEED: Final = RecordKind(FeedRow)
TOPIC: Final = RecordKind(TopicRow, {"customer_types": TopicCustomerTypeRow})
EMPLOYEE: Final = RecordKind(
    EmployeeRow,
    {"topics": EmployeeTopicRow, "customer_types": EmployeeCustomerTypeRow, "workdays": WorkdayRow},
)
COMPETENCE_GROUP: Final = RecordKind(
    CompetenceGroupRow,
    {
        "topics": CompetenceGroupTopicRow,
        "customer_types": CompetenceGroupCustomerTypeRow,
        "members": CompetenceGroupMemberRow,
    },
)
SERVICE_GROUP: Final = RecordKind(
    ServiceGroupRow,
    {
        "topics": ServiceGroupTopicRow,
        "customer_types": ServiceGroupCustomerTypeRow,
        "customer_locations": ServiceGroupCustomerLocationRow,
        "locations": ServiceGroupLocationRow,
        "members": ServiceGroupMemberRow,
    },
)


async def load(session: AsyncSession, kind: RecordKind, identity: UUID | str) -> Record:
    """Return the record with this id.

    Raises:
        NotFound: there is no such record.

    """
    row = await get(session, kind.table, identity)
    return (await with_links(session, kind, [row]))[0]


async def load_page(
    session: AsyncSession, kind: RecordKind, after: UUID | str | None, limit: int, **only: UUID | None
) -> list[Record]:
    """Return at most `limit` records by id, after the id `after`.

    `only` filters by columns that refer to other rows; None does not filter. The function runs one statement, and one
    for each link.

    Raises:
        NotFound: a row to filter by does not exist.

    """
    wanted = {name: value for name, value in only.items() if value is not None}
    await require(session, [(references(kind.table)[name], value) for name, value in wanted.items()])
    query = sa.select(kind.table).filter_by(**wanted).order_by(kind.table.id).limit(limit)
    if after is not None:
        query = query.where(kind.table.id > after)
    return await with_links(session, kind, (await session.scalars(query)).all())


async def create(session: AsyncSession, kind: RecordKind, record: Record) -> None:
    """Insert a record.

    Raises:
        NotFound: the record refers to a row that does not exist.
        AlreadyExists: there is a record with the same id or name.

    """
    async with _checked(session, kind, record):
        session.add(kind.table(**_columns(kind, record)))
        await session.flush()
        await _write_links(session, kind, record)


async def update(session: AsyncSession, kind: RecordKind, record: Record) -> None:
    """Change the stored record with this id. Raises as `create` does, and `NotFound` if there is no such record."""
    async with _checked(session, kind, record):
        row = await get(session, kind.table, record["id"])
        row.sqlmodel_update(_columns(kind, record))
        await session.flush()
        await _write_links(session, kind, record)


async def remove(session: AsyncSession, kind: RecordKind, identity: UUID | str) -> None:
    """Delete a record with its links and its external calendars.

    Raises:
        NotFound: there is no such record.
        InUse: another row refers to the record.

    """
    if kind.calendar_owner is not None:
        # Before the record: the time slots of these calendars refer to the record, and would prevent its deletion.
        await session.execute(sa.delete(CalendarRow).filter_by(**{kind.calendar_owner: identity}))
    await session.delete(await get(session, kind.table, identity))
    try:
        await session.flush()
    except IntegrityError as error:
        cause: Any = driver_error(error)
        if cause.sqlstate == FOREIGN_KEY_VIOLATION:
            raise InUse(kind.name, str(identity), str(cause.table_name).replace("_", " ")) from error
        raise


async def with_links(session: AsyncSession, kind: RecordKind, rows: Sequence[Any]) -> list[Record]:
    """Return the records of these rows, in the same order.

    For each kind of link, one statement reads the links of all rows.
    """
    records: dict[UUID | str, Record] = {row.id: row.model_dump() for row in rows}
    for name, link in kind.links():
        for record in records.values():
            record[name] = []
        owner, order = getattr(link.table, link.owner), sa.inspect(link.table).primary_key
        for row in await session.scalars(sa.select(link.table).where(owner.in_(records)).order_by(*order)):
            value = row.model_dump(exclude={link.owner}) if link.named is None else getattr(row, link.named)
            records[getattr(row, link.owner)][name].append(value)
    return list(records.values())


@asynccontextmanager
async def _checked(session: AsyncSession, kind: RecordKind, record: Record) -> AsyncIterator[None]:
    """Check that the rows exist to which the record refers, and raise violations of constraints as domain errors.

    A row that is deleted after the check violates a foreign key. The savepoint makes it possible to check once more,
    which finds the row that is missing.
    """
    await _check(session, kind, record)
    try:
        async with session.begin_nested():
            yield
    except IntegrityError as error:
        cause: Any = driver_error(error)
        if cause.sqlstate == UNIQUE_VIOLATION:
            raise AlreadyExists(kind.name) from error
        if cause.sqlstate == FOREIGN_KEY_VIOLATION:
            await _check(session, kind, record)
        raise


async def _check(session: AsyncSession, kind: RecordKind, record: Record) -> None:
    parts = [(kind.table, [record]), *((link.table, link.rows(record[name])) for name, link in kind.links())]
    wanted = [
        (referred, row[column])
        for table, rows in parts
        for row in rows
        for column, referred in references(table).items()
        if row.get(column) is not None
    ]
    await require(session, wanted)


def _columns(kind: RecordKind, record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in kind.link_tables}


async def _write_links(session: AsyncSession, kind: RecordKind, record: Record) -> None:
    for name, link in kind.links():
        owner = {link.owner: record["id"]}
        await session.execute(sa.delete(link.table).filter_by(**owner))
        if rows := [owner | row for row in link.rows(record[name])]:
            await session.execute(sa.insert(link.table).values(rows))
