"""Deletes rows that are older than the retention settings, one page at a time. See docs/decisions/0038.

A page is small, so that no other transaction waits long for its rows. Rows that another transaction has locked are
skipped. Each statement finds its rows by an index, so that the cost does not grow with the rows that stay.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages.retention import OldRows
from storage.statements import table_of
from storage.tables.booking import (
    HAS_TEXTS,
    IS_NO_BOOKING,
    BookingEventRow,
    MeetingRow,
    RefusedStepRow,
    TimeSlotRow,
)
from storage.tables.notifications import IS_ENDED, IS_PENDING, InvitationRow, WebhookDeliveryRow

PAGE: Final = 500
"""Rows that one statement deletes."""

EVENTS: Final = table_of(BookingEventRow)
DELIVERIES: Final = table_of(WebhookDeliveryRow)
REFUSED: Final = table_of(RefusedStepRow)
MAILS: Final = table_of(InvitationRow)
MEETINGS: Final = table_of(MeetingRow)
SLOTS: Final = table_of(TimeSlotRow)
TEXTS: Final = ("title", "description", "video_link", "cancel_reason")

LONG_AGO: Final = sa.func.now() - sa.bindparam("kept_for", type_=INTERVAL)
"""Limit of age. `now()` is constant during the transaction, so that the conditions can use indexes."""


def _oldest(key: sa.Column[Any], at: sa.Column[Any], *only: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[Any]:
    """Select the keys of at most `PAGE` rows whose `at` is longer ago than `kept_for`, oldest first, and lock them."""
    oldest = sa.select(key).where(at < LONG_AGO, *only).order_by(at).limit(PAGE)
    return oldest.with_for_update(skip_locked=True, of=key.table)


def _events_to_delete() -> sa.Select[Any]:
    """Select the first events of the log, up to the first one that is kept.

    So the log always begins at one position, and no event is missing after it. The last event is always kept, because
    the next event gets its position from it. An event whose delivery is pending is kept too.
    """
    head = (
        sa.select(EVENTS.c.id, EVENTS.c.position, EVENTS.c.at)
        .where(EVENTS.c.position.is_not(None))
        .order_by(EVENTS.c.position)
        .limit(PAGE + 1)
        .cte("head")
    )
    is_wanted = sa.exists().where(DELIVERIES.c.event_id == head.c.id, sa.text(f"webhook_delivery.{IS_PENDING}"))
    kept = sa.select(sa.func.min(head.c.position)).where(sa.or_(head.c.at >= LONG_AGO, is_wanted)).scalar_subquery()
    last = sa.select(sa.func.max(head.c.position)).scalar_subquery()
    return sa.select(head.c.id).where(head.c.position < sa.func.coalesce(sa.func.least(kept, last), last))


DELETE: Final[Mapping[OldRows, sa.Delete | sa.Update]] = {
    OldRows.DELIVERIES: sa.delete(DELIVERIES).where(
        DELIVERIES.c.id.in_(_oldest(DELIVERIES.c.id, DELIVERIES.c.created_at, sa.text(IS_ENDED)))
    ),
    OldRows.EVENTS: sa.delete(EVENTS).where(EVENTS.c.id.in_(_events_to_delete())),
    OldRows.REFUSED_STEPS: sa.delete(REFUSED).where(
        REFUSED.c.step_id.in_(_oldest(REFUSED.c.step_id, REFUSED.c.refused_at))
    ),
    OldRows.MAILS: sa.delete(MAILS).where(
        MAILS.c.message_id.in_(
            _oldest(
                MAILS.c.message_id,
                MAILS.c.created_at,
                # The mails of a coming meeting say who has its invitation.
                sa.exists().where(MEETINGS.c.id == MAILS.c.meeting_id, MEETINGS.c.end_at < LONG_AGO),
            )
        )
    ),
    OldRows.MEETING_TEXTS: sa.update(MEETINGS)
    .where(MEETINGS.c.id.in_(_oldest(MEETINGS.c.id, MEETINGS.c.end_at, sa.text(HAS_TEXTS))))
    .values(dict.fromkeys(TEXTS, None)),
    OldRows.TIME_SLOTS: sa.delete(SLOTS).where(
        SLOTS.c.id.in_(_oldest(SLOTS.c.id, SLOTS.c.end_at, sa.text(IS_NO_BOOKING)))
    ),
}
"""Statement that deletes a page of each kind."""


async def delete_page(session: AsyncSession, kind: OldRows, kept_for: timedelta) -> int:
    """Delete or clear at most `PAGE` rows that are older than `kept_for`. Return their number."""
    # The mapped classes know nothing of the deletion: no session keeps these rows.
    done: Any = await session.execute(
        DELETE[kind], {"kept_for": kept_for}, execution_options={"synchronize_session": False}
    )
    return int(done.rowcount)
