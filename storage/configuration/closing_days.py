"""Queries and changes of the closing days of the organisation."""

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.tables.availability import ClosingDayRow


async def list_closing_days(session: AsyncSession, first: date | None, last: date | None) -> Sequence[ClosingDayRow]:
    """Return the closing days from `first` to `last`, both inclusive, by date."""
    query = sa.select(ClosingDayRow).order_by(col(ClosingDayRow.day))
    if first is not None:
        query = query.where(col(ClosingDayRow.day) >= first)
    if last is not None:
        query = query.where(col(ClosingDayRow.day) <= last)
    return (await session.scalars(query)).all()


async def find_closing_days(session: AsyncSession, days: Sequence[date]) -> Sequence[ClosingDayRow]:
    """Return the closing days among these days, by date."""
    query = sa.select(ClosingDayRow).where(col(ClosingDayRow.day).in_(days)).order_by(col(ClosingDayRow.day))
    return (await session.scalars(query)).all()


async def close_on(session: AsyncSession, days: Mapping[date, str]) -> Sequence[ClosingDayRow]:
    """Add closing days with their names. Existing closing days stay unchanged. Return the new ones, by date."""
    if not days:
        return []
    added = insert(ClosingDayRow).values([{"day": day, "name": name} for day, name in days.items()])
    new = await session.scalars(added.on_conflict_do_nothing().returning(ClosingDayRow))
    return sorted(new.all(), key=lambda row: row.day)
