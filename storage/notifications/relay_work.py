"""One look at the work of the event relay, so that a relay without work needs one statement and no transaction."""

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.bookings.lapsed_holds import HAS_LAPSED
from storage.notifications.deliveries import IS_NOT_HANDED_OVER
from storage.notifications.event_log import IS_UNPUBLISHED


class RelayWork(NamedTuple):
    """Says for each task of the relay whether there is something to do: remove holds, publish events, hand over."""

    has_lapsed_holds: bool
    has_unpublished_events: bool
    has_waiting_deliveries: bool


RELAY_WORK: Final = sa.select(
    sa.exists().where(HAS_LAPSED), sa.exists().where(IS_UNPUBLISHED), sa.exists().where(IS_NOT_HANDED_OVER)
)


async def find_relay_work(session: AsyncSession) -> RelayWork:
    return RelayWork(*(await session.execute(RELAY_WORK)).one())
