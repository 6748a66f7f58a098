"""Measures the stored state for the metrics: holds, events, deliveries, mails and calendars, with one statement.

The statement reads partial indexes, so its cost depends on what is held or waits, and not on the size of the tables.
"""

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

MOST_COUNTED: Final = 10_000
"""Maximum number of waiting events or mails that are counted."""

MOST_COUNTED_OF_EACH: Final = 1_000
"""Maximum number of pending deliveries that are counted of each webhook: a dead receiver leaves very many."""


class StoredState(NamedTuple):
    """State of the database for the metrics. Holds are counted without their attendee slots. Ages are in seconds.

    An age is 0 if nothing waits. A webhook is failing from its first failed attempt until an attempt succeeds.
    """

    reserved_holds: int
    booked_holds: int
    overdue_holds: int
    oldest_overdue_hold: float
    unpublished_events: int
    oldest_unpublished_event: float
    failing_webhooks: int
    pending_deliveries: int
    oldest_pending_delivery: float
    failing_deliveries: int
    oldest_failing_delivery: float
    pending_mails: int
    oldest_pending_mail: float
    calendars: int
    failing_calendars: int


def _age(oldest: str) -> str:
    """Return the expression of the seconds since `oldest`, or of 0 if there is none or it is in the future."""
    return f"greatest(extract(epoch FROM now() - {oldest}), 0)::float"


STATE: Final = sa.text(
    f"""
    WITH hold AS (
        SELECT count(*) FILTER (WHERE hold_expires_at > now() AND status = 'Reserved') AS reserved,
               count(*) FILTER (WHERE hold_expires_at > now() AND status = 'Booked') AS booked,
               count(*) FILTER (WHERE hold_expires_at <= now()) AS overdue,
               min(hold_expires_at) AS oldest
        FROM time_slot WHERE hold_expires_at IS NOT NULL AND companion_of IS NULL
    ), event AS (
        SELECT count(*) AS unpublished, min(at) AS oldest FROM (
            SELECT at FROM booking_event WHERE position IS NULL ORDER BY id LIMIT {MOST_COUNTED}
        ) AS waiting
    ), delivery AS (
        SELECT count(*) FILTER (WHERE failing_since IS NOT NULL) AS failing_webhooks,
               coalesce(sum(number) FILTER (WHERE failing_since IS NULL), 0)::bigint AS pending,
               min(oldest) FILTER (WHERE failing_since IS NULL) AS oldest,
               coalesce(sum(number) FILTER (WHERE failing_since IS NOT NULL), 0)::bigint AS failing,
               min(oldest) FILTER (WHERE failing_since IS NOT NULL) AS oldest_failing
        FROM webhook CROSS JOIN LATERAL (
            SELECT count(*) AS number, min(coalesce(asked_again_at, created_at)) AS oldest FROM (
                SELECT asked_again_at, webhook_delivery.created_at FROM webhook_delivery
                WHERE webhook_id = webhook.id AND status = 'Pending' ORDER BY position LIMIT {MOST_COUNTED_OF_EACH}
            ) AS waiting
        ) AS of_each
    ), mail AS (
        SELECT count(*) AS pending, min(created_at) AS oldest FROM (
            SELECT created_at FROM invitation WHERE status = 'Pending' ORDER BY created_at LIMIT {MOST_COUNTED}
        ) AS waiting
    ), feed AS (
        SELECT count(*) AS calendars, count(failed_at) AS failing FROM calendar WHERE url IS NOT NULL
    )
    SELECT reserved, booked, overdue, {_age("hold.oldest")},
           unpublished, {_age("event.oldest")},
           failing_webhooks, delivery.pending, {_age("delivery.oldest")}, delivery.failing, {_age("oldest_failing")},
           mail.pending, {_age("mail.oldest")},
           calendars, feed.failing
    FROM hold, event, delivery, mail, feed
    """  # noqa: S608 - only constants of this module are put in
)


async def read_stored_state(session: AsyncSession) -> StoredState:
    """Measure the state by the database's clock."""
    return StoredState(*(await session.execute(STATE)).one())
