"""Changes of configuration rows. Violations of constraints are raised as domain errors."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from domain.errors import AlreadyExists, InUse
from storage.configuration.lookups import NAMES, Row, get
from storage.database import driver_error

UNIQUE_VIOLATION: Final = "23505"
FOREIGN_KEY_VIOLATION: Final = "23503"


async def add(session: AsyncSession, row: Row) -> Row:
    """Insert a row. The caller must have checked that the rows to which it refers exist.

    Raises:
        AlreadyExists: another row has the same id or name.

    """
    session.add(row)
    await _flush(session, type(row), "")
    return row


async def change(session: AsyncSession, row: SQLModel, values: Mapping[str, Any]) -> None:
    """Set columns of a row.

    Raises:
        AlreadyExists: another row has the new name.

    """
    for name, value in values.items():
        setattr(row, name, value)
    await _flush(session, type(row), "")


async def remove(session: AsyncSession, table: type[SQLModel], identity: UUID | str | date) -> None:
    """Delete a row by its id.

    Raises:
        NotFound: there is no such row.
        InUse: another row refers to the row.

    """
    await session.delete(await get(session, table, identity))
    await _flush(session, table, identity)


async def replace_links(
    session: AsyncSession,
    table: Any,  # noqa: ANN401 - a mapped class, whose columns have no type of their own
    owner: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Replace the rows of a link table that belong to `owner`, a mapping of one column to its id."""
    column, identity = next(iter(owner.items()))
    await session.execute(sa.delete(table).where(getattr(table, column) == identity))
    complete = [{**owner, **row} for row in rows]
    if complete:
        await session.execute(sa.insert(table).values(complete))


async def _flush(session: AsyncSession, table: type[SQLModel], identity: UUID | str | date) -> None:
    async with _told(table, identity):
        await session.flush()


@asynccontextmanager
async def _told(table: type[SQLModel], identity: UUID | str | date) -> AsyncIterator[None]:
    try:
        yield
    except IntegrityError as error:
        cause: Any = driver_error(error)
        if cause.sqlstate == UNIQUE_VIOLATION:
            raise AlreadyExists(NAMES[table]) from error
        if cause.sqlstate == FOREIGN_KEY_VIOLATION:
            raise InUse(NAMES[table], str(identity), str(cause.table_name).replace("_", " ")) from error
        raise
