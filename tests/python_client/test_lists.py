"""Pages are read while the caller iterates, and the log of events continues at its cursor."""

import asyncio
from datetime import timedelta

from bookme_client import AsyncBookMe, BookMe, models, operations

from storage.database import Database
from storage.notifications.event_log import publish
from tests.python_client.conftest import first_offer, offers
from tests.python_client.lossy_proxy import Loss, LossyProxy
from tests.support.clients import SECRET, next_monday

SEARCH = "^GET /bookme/time-slots/available"


async def test_a_search_is_read_page_by_page(bookme: AsyncBookMe, proxy: LossyProxy) -> None:
    whole = [each.slot for each in await offers(bookme)]
    before = len(proxy.of(SEARCH))
    proxy.lose(SEARCH, Loss.ANSWER)
    topic, kind = whole[0].meeting_topic_id, (await bookme.customer_types())[0].id
    found = bookme.search(
        topic_id=topic, customer_type_id=kind, meeting_types=["online"], start=next_monday(),
        look_forward=timedelta(days=5), page_size=20,
    )  # fmt: skip
    assert await found.all() == whole
    pages = -(-len(whole) // 20)
    assert pages > 2
    assert len(proxy.of(SEARCH)) - before == pages + 1, "one answer was lost"
    assert await found.first() == whole[0]
    assert len(proxy.of(SEARCH)) - before == pages + 2, "the first page is enough"


async def test_a_token_goes_only_where_it_belongs(bookme: AsyncBookMe, proxy: LossyProxy) -> None:
    """The API names its public address in `Link`. The client stays at the address that it was given."""
    operation = operations.time_slots_list(require_employee_participation=False, start_date=next_monday(), limit=40)
    assert len(await bookme.pages(operation).all()) > 80
    assert len(proxy.of(SEARCH)) > 2


async def test_the_synchronous_client_reads_pages_too(proxy: LossyProxy, database: Database) -> None:
    def read() -> tuple[list[object], list[object]]:
        with BookMe(proxy.url, client_id="demo", client_secret=SECRET) as bookme:
            small = bookme.search(start=next_monday(), page_size=40)
            return list(small), list(bookme.search(start=next_monday()))

    small, whole = await asyncio.to_thread(read)
    assert small == whole
    assert len(whole) > 80


async def test_events_continue_at_their_cursor(bookme: AsyncBookMe, database: Database, worker: None) -> None:
    offer = await first_offer(bookme)
    log = bookme.events(page_size=1)
    await published(database)
    assert [each async for each in log] == []
    for _ in range(2):
        await (await bookme.hold(offer.slot)).release()
    await published(database)
    kinds = [event.type async for event in log]
    assert kinds == ["booking.reserved", "booking.released"] * 2
    assert [each async for each in log] == []

    first = bookme.events(types=[models.EventKind.BOOKING_RESERVED])
    async for event in first:
        assert event.data.time_slot_id
        break
    assert first.cursor is None, "the page has an event that was not taken yet"
    assert len([each async for each in bookme.events(log.cursor)]) == 0


async def published(database: Database) -> None:
    async with database.transaction() as session:
        await publish(session)
