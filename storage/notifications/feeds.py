"""Queries of the calendar feeds of employees: their meetings, and the time of their last change."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.time_slots import NOW
from storage.statements import AS_STORED
from storage.tables.booking import MeetingRow
from storage.tables.notifications import FeedRow
from storage.tables.organisation import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TopicRow

HISTORY: Final = timedelta(days=30)
"""Period after its end in which a feed still shows a meeting."""

SECOND: Final = timedelta(seconds=1)

MOST_MEETINGS: Final = 10_000
"""Maximum number of meetings in one feed."""

AT_A_TIME: Final = 100
"""Rows of one batch. A batch occupies the event loop for some milliseconds."""

NOTHING: Final = sa.cast(b"", sa.LargeBinary)

IN_ORDER: Final = (col(MeetingRow.cancelled_at).is_not(None), col(MeetingRow.start_at), col(MeetingRow.id))
"""Sort order of a feed. Cancelled meetings come last, so that they displace no other meeting at the limit."""


class FeedContent(StrEnum):
    """Content of a feed: meetings with all details, or only busy times."""

    MEETINGS = "Meetings"
    FREE_BUSY = "FreeBusy"


async def add_feed(session: AsyncSession, values: Mapping[str, object]) -> FeedRow:
    """Insert a feed with these column values."""
    made = sa.insert(FeedRow).values(**values, created_at=NOW, changed_at=NOW)
    return (await session.execute(made.returning(FeedRow), execution_options=AS_STORED)).scalar_one()


async def find_feed(session: AsyncSession, secret_hash: bytes) -> FeedRow | None:
    return await session.scalar(sa.select(FeedRow).where(col(FeedRow.secret_hash) == secret_hash))


def meetings_to_show(employee_id: UUID) -> sa.Select[MeetingRow]:
    """Select the meetings of this employee that ended at most `HISTORY` ago or are to come, in the order `IN_ORDER`."""
    takes_part = sa.or_(
        col(MeetingRow.employee_id) == employee_id,
        col(MeetingRow.additional_employees).contains(sa.literal([employee_id], sa.ARRAY(sa.Uuid))),
    )
    # `now()` is the start of the transaction: all statements of one snapshot must select the same meetings.
    query = sa.select(MeetingRow).where(takes_part, col(MeetingRow.end_at) > sa.func.now() - HISTORY)
    return query.order_by(*IN_ORDER).limit(MOST_MEETINGS)


async def read_meetings(session: AsyncSession, employee_id: UUID) -> AsyncIterator[Sequence[MeetingRow]]:
    """Yield the meetings of the feed in batches, so that the event loop can serve other requests between batches."""
    found = await session.stream_scalars(meetings_to_show(employee_id))
    async for some in found.partitions(AT_A_TIME):
        yield some


async def digest_of_rows(session: AsyncSession, employee_id: UUID) -> bytes:
    """Return a digest of all rows from which the feed file of this employee is made.

    PostgreSQL hashes whole rows, so the digest includes every column that the file shows.
    """
    shown = meetings_to_show(employee_id).cte("shown")
    team = sa.select(shown.c.employee_id).union(sa.select(sa.func.unnest(shown.c.additional_employees)))
    rooms = sa.select(RoomRow).where(col(RoomRow.id).in_(sa.select(shown.c.room_id))).cte("rooms")
    parts = (
        shown,
        sa.select(EmployeeRow).where(col(EmployeeRow.id).in_(team)).cte("employees"),
        sa.select(TopicRow).where(col(TopicRow.id).in_(sa.select(shown.c.topic_id))).cte("topics"),
        rooms,
        sa.select(LocationRow).where(col(LocationRow.id).in_(sa.select(rooms.c.location))).cte("locations"),
        sa.select(OrganisationRow).cte("organisations"),
    )
    found = (await session.execute(sa.select(*(_digest(each) for each in parts)))).one()
    return hashlib.sha256(b"".join(found)).digest()


def _digest(rows: sa.CTE) -> sa.ScalarSelect[bytes]:
    as_text = sa.cast(rows.table_valued(), sa.Text)
    each = sa.func.sha256(sa.func.convert_to(as_text, "UTF8"), type_=sa.LargeBinary)
    listed = sa.func.string_agg(each, aggregate_order_by(NOTHING, rows.c.id), type_=sa.LargeBinary)
    return sa.select(sa.func.sha256(sa.func.coalesce(listed, NOTHING))).select_from(rows).scalar_subquery()


async def note_content(session: AsyncSession, feed: FeedRow, version: bytes, content_hash: bytes) -> datetime:
    """Record the version and the hash of the content. Return the time of the last change of the content.

    If the content has changed, this time is now, but at least one second after the previous change. HTTP dates have a
    resolution of one second.
    """
    if (feed.version, feed.content_hash) == (version, content_hash):
        return feed.changed_at
    is_another = col(FeedRow.content_hash).is_distinct_from(content_hash)
    later = sa.func.greatest(NOW, col(FeedRow.changed_at) + SECOND)
    now = sa.case((col(FeedRow.content_hash).is_(None), NOW), else_=later)
    change = sa.update(FeedRow).where(col(FeedRow.id) == feed.id)
    noted = change.values(
        version=version, content_hash=content_hash, changed_at=sa.case((is_another, now), else_=FeedRow.changed_at)
    )
    return (
        await session.scalar(noted.returning(col(FeedRow.changed_at)), execution_options=AS_STORED) or feed.changed_at
    )
