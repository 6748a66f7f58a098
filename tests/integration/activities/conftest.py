from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import sqlalchemy as sa

from activities.booking import BookingActivities
from devstack.postgres import EmbeddedPostgres
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.integration.activities.booking_fixture import BookingFixture, Crowd


@pytest.fixture
def bookings(database: Database, steps: BookingActivities) -> BookingFixture:
    return BookingFixture(database, steps)


@pytest.fixture
async def crowd(database: Database, postgres: EmbeddedPostgres, terms: BookingLimits) -> AsyncIterator[Crowd]:
    wide = Database(postgres.running_url, pool_size=50)
    async with AsyncExitStack() as connected:
        sessions = [await connected.enter_async_context(wide.transaction()) for _ in range(50)]
        pids = [(await session.execute(sa.select(sa.func.pg_backend_pid()))).scalar_one() for session in sessions]
    yield Crowd(wide, BookingActivities(wide, terms), tuple(pids))
    await wide.close()
