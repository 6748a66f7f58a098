"""Employees' calendar feeds: which meetings they show, and when that last changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.booking_tables import MeetingRow
from storage.notification_tables import FeedRow
from storage.statements import AS_STORED
from storage.time_slots import NOW

HISTORY: Final = timedelta(days=30)
"""For how long after its end a feed shows a meeting."""

SECOND: Final = timedelta(seconds=1)


class FeedContent(StrEnum):
    """What a feed tells of an employee's meetings: all, or only when they are."""

    MEETINGS = "Meetings"
    FREE_BUSY = "FreeBusy"


async def add_feed(session: AsyncSession, values: Mapping[str, object]) -> FeedRow:
    """Insert a feed with these column values."""
    made = sa.insert(FeedRow).values(**values, created_at=NOW, changed_at=NOW)
    return (await session.execute(made.returning(FeedRow), execution_options=AS_STORED)).scalar_one()


async def find_feed(session: AsyncSession, secret_hash: bytes) -> FeedRow | None:
    return await session.scalar(sa.select(FeedRow).where(col(FeedRow.secret_hash) == secret_hash))


async def meetings_to_show(session: AsyncSession, employee_id: UUID) -> Sequence[MeetingRow]:
    """The meetings that this employee takes part in, cancelled ones too, unless they ended too long ago."""
    takes_part = sa.or_(
        col(MeetingRow.employee_id) == employee_id,
        col(MeetingRow.additional_employees).contains(sa.literal([employee_id], sa.ARRAY(sa.Uuid))),
    )
    query = sa.select(MeetingRow).where(takes_part, col(MeetingRow.end_at) > NOW - HISTORY)
    return (await session.scalars(query.order_by(col(MeetingRow.start_at), col(MeetingRow.id)))).all()


async def note_content(session: AsyncSession, feed: FeedRow, content_hash: bytes) -> datetime:
    """When the content became this one, which is now if it was another one before.

    At least a second after the last change, because HTTP tells two changes apart by seconds.
    """
    if feed.content_hash == content_hash:
        return feed.changed_at
    is_another = col(FeedRow.content_hash).is_distinct_from(content_hash)
    later = sa.func.greatest(NOW, col(FeedRow.changed_at) + SECOND)
    now = sa.case((col(FeedRow.content_hash).is_(None), NOW), else_=later)
    change = sa.update(FeedRow).where(col(FeedRow.id) == feed.id)
    noted = change.values(content_hash=content_hash, changed_at=sa.case((is_another, now), else_=FeedRow.changed_at))
    return (
        await session.scalar(noted.returning(col(FeedRow.changed_at)), execution_options=AS_STORED) or feed.changed_at
    )
