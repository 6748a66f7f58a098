"""The published event log: nobody who follows it misses an event, whatever the order in which transactions commit."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.database import Database
from storage.notifications.event_log import publish, publish_all, read_events
from storage.notifications.webhooks import add_webhook, remove_webhook
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookDeliveryRow
from tests.integration.storage.transactions import held

START = datetime(2030, 1, 7, 9, tzinfo=UTC)


async def tell(
    session: AsyncSession, *, client: str = "client", kind: str = "booking.reserved", booking: UUID | None = None
) -> int:
    row = {"at": START, "kind": kind, "client_id": client, "reservation_token": "token", "facts": {}}
    booking_key = booking or uuid4()
    told = sa.insert(BookingEventRow).values(**row, booking_key=booking_key, time_slot_id=booking_key)
    return (await session.execute(told.returning(col(BookingEventRow.id)))).scalar_one() or 0


async def told(database: Database, count: int = 1, **event: str) -> list[int]:
    async with database.transaction() as session:
        return [await tell(session, **event) for _ in range(count)]  # type: ignore[arg-type]  # the tests' own


async def published(database: Database, limit: int = 500) -> int:
    async with database.transaction() as session:
        return await publish(session, limit)


async def read(
    database: Database, after: int = 0, *, client: str | None = None, kinds: Sequence[str] = ()
) -> list[int]:
    async with database.transaction() as session:
        found = await read_events(session, client_id=client, kinds=kinds, after=after, limit=100)
        assert [each.position for each in found] == sorted(each.position or 0 for each in found)
        return [each.id or 0 for each in found]


async def position_of(database: Database, event: int) -> int:
    async with database.transaction() as session:
        query = sa.select(col(BookingEventRow.position)).where(col(BookingEventRow.id) == event)
        return (await session.scalar(query)) or 0


async def webhook(database: Database, **other: object) -> UUID:
    values = {"id": uuid4(), "client_id": "client", "url": "https://example.com/", "secret": "whsec_MQ=="}
    async with database.transaction() as session:
        row = await add_webhook(session, {**values, "event_types": [], "every_client": False, **other})
        return row.id


async def deliveries(database: Database, webhook_id: UUID) -> list[int]:
    async with database.transaction() as session:
        query = sa.select(col(WebhookDeliveryRow.event_id)).where(col(WebhookDeliveryRow.webhook_id) == webhook_id)
        return list((await session.scalars(query.order_by(col(WebhookDeliveryRow.position)))).all())


class TestPublishing:
    async def test_gives_each_event_the_next_place(self, database: Database) -> None:
        first = await told(database, 3)
        assert await read(database) == []
        assert await published(database, 2) == 2
        assert await read(database) == first[:2]
        second = await told(database, 1)
        assert [await published(database), await published(database)] == [2, 0]
        assert await read(database) == first + second
        assert await read(database, await position_of(database, first[1])) == [first[2], *second]

    async def test_an_event_that_becomes_visible_late_is_not_skipped_by_a_cursor(self, database: Database) -> None:
        async with database.transaction() as slow:
            early = await tell(slow)
            (late,) = await told(database)
            assert early < late
            await published(database)
            assert await read(database) == [late]
            cursor = await position_of(database, late)
        await published(database)
        assert await read(database, cursor) == [early]

    async def test_goes_on_in_one_order_while_many_publish_and_write(self, database: Database) -> None:
        seen: list[int] = []

        async def follow() -> None:
            """As a client does: publish, read on from the last position, remember."""
            while len(seen) < 60:
                await published(database, 3)
                seen.extend(await read(database, await position_of(database, seen[-1]) if seen else 0))

        writers = (told(database, 3) for _ in range(20))
        publishers = (published(database, 2) for _ in range(20))
        written, *_ = await asyncio.gather(asyncio.gather(*writers), follow(), asyncio.gather(*publishers))
        assert sorted(seen) == sorted(each for some in written for each in some)

    async def test_one_waits_for_another(self, database: Database) -> None:
        first, second = await told(database, 2)
        async with database.transaction() as session:
            await publish(session, 1)
            other = asyncio.create_task(published(database))
            done, _ = await asyncio.wait([other], timeout=0.2)
            assert not done
        assert await other == 1
        assert await read(database) == [first, second]

    async def test_reads_what_was_asked_for(self, database: Database) -> None:
        (mine,), (theirs,) = await told(database), await told(database, client="other", kind="booking.booked")
        await published(database)
        assert await read(database) == [mine, theirs]
        assert await read(database, client="client") == [mine]
        assert await read(database, kinds=["booking.booked"]) == [theirs]
        assert await read(database, client="client", kinds=["booking.booked"]) == []


class TestDeliveries:
    async def test_are_made_for_each_webhook_that_wants_the_event(self, database: Database) -> None:
        mine, some = await webhook(database), await webhook(database, event_types=["booking.booked"])
        ahead, past = (datetime.now(UTC) + each * timedelta(hours=1) for each in (1, -1))
        theirs = await webhook(database, client_id="other")
        staffs = await webhook(database, every_client=True, every_client_until=ahead)
        former = await webhook(database, client_id="third", every_client=True, every_client_until=past)
        (reserved,) = await told(database)
        (booked,) = await told(database, kind="booking.booked")
        (others,) = await told(database, client="other")
        await published(database)
        assert await deliveries(database, mine) == [reserved, booked]
        assert await deliveries(database, some) == [booked]
        assert await deliveries(database, theirs) == [others]
        assert await deliveries(database, staffs) == [reserved, booked, others]
        assert await deliveries(database, former) == []

    async def test_are_made_in_the_transaction_that_publishes(self, database: Database) -> None:
        mine = await webhook(database)
        await told(database)
        async with database.transaction() as session:
            assert await publish(session) == 1
            await session.rollback()
        assert (await read(database), await deliveries(database, mine)) == ([], [])

    async def test_are_made_of_all_that_is_published_after_the_webhook(self, database: Database) -> None:
        await told(database, 2)
        async with database.transaction() as slow:
            late = await tell(slow)
            async with database.transaction() as session:
                await publish_all(session)
            mine = await webhook(database)
        await published(database)
        assert await deliveries(database, mine) == [late]

    async def test_of_a_webhook_that_is_being_deleted_are_in_nobodys_way(self, database: Database) -> None:
        mine, other = await webhook(database), await webhook(database)
        (event,) = await told(database)
        async with database.transaction() as session:
            await remove_webhook(session, mine)
            publishing = asyncio.create_task(published(database))
            done, _ = await asyncio.wait([publishing], timeout=0.2)
            assert not done
        assert await publishing == 1
        assert (await deliveries(database, mine), await deliveries(database, other)) == ([], [event])

    async def test_do_not_wait_for_a_webhook_that_is_being_changed(self, database: Database) -> None:
        mine = await webhook(database)
        (event,) = await told(database)
        async with held(database, "SELECT * FROM webhook FOR NO KEY UPDATE"):
            await published(database)
        assert await deliveries(database, mine) == [event]
