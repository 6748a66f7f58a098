"""Whatever is lost between client and API, a call books once, and its caller learns the outcome."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from bookme_client import AsyncBookMe, AsyncHold, BookMe, NoAnswer, models, operation, operations
from bookme_client.errors import TimeSlotTaken, TooManyHolds, Unavailable
from fastapi import FastAPI
from temporalio.client import Client

from config.ports import LOOPBACK, free_port
from config.settings import Settings
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.python_client.conftest import LATER, count_of, first_offer, offers, served
from tests.python_client.lossy_proxy import Loss, LossyProxy
from tests.support.clients import SECRET
from workers.main import make_worker

pytestmark = pytest.mark.ci

RESERVE = "^POST /bookme/time-slots/reserve$"
CONFIRM = "^PATCH /bookme/time-slots/"
CREATE = "^POST /bookme/meetings$"
MOVE = "^POST /bookme/meetings/[^/]+/move$"
CANCEL = "^DELETE /bookme/meetings/"
RELEASE = "^DELETE /bookme/time-slots/"


async def book_and_cancel(bookme: AsyncBookMe) -> None:
    """Do every step once: hold and release, then hold, confirm, create, move and cancel."""
    offer = await first_offer(bookme)
    hold = await bookme.hold(offer.slot, customer_type_id=offer.customer_type_id)
    await hold.release()
    hold = await bookme.hold(offer.slot, customer_id="customer-4711", customer_type_id=offer.customer_type_id)
    await hold.confirm()
    meeting = await hold.create_meeting(title="Advice")
    await meeting.move(meeting.start + LATER)
    assert meeting.details.sequence == 1
    assert (await meeting.cancel("The customer is ill")).sequence == 2


@pytest.mark.parametrize("loss", [Loss.REQUEST, Loss.ANSWER, Loss.HALF_OF_THE_ANSWER])
async def test_every_step_survives_a_broken_connection(
    bookme: AsyncBookMe, proxy: LossyProxy, database: Database, loss: Loss, worker: None
) -> None:
    steps = [RESERVE, CONFIRM, CREATE, MOVE, CANCEL]
    for step in [*steps, *([] if loss is Loss.HALF_OF_THE_ANSWER else [RELEASE])]:
        proxy.lose(step, loss)
    await book_and_cancel(bookme)
    assert proxy.has_lost_everything
    assert await count_of(database, "meeting") == 1
    assert await count_of(database, "time_slot") == 0
    for step in (RESERVE, CREATE, MOVE):
        keys = [each.key for each in proxy.of(step)]
        assert keys[0] == keys[1] is not None


async def test_an_answer_that_does_not_come_is_asked_for_again(
    bookme: AsyncBookMe, proxy: LossyProxy, database: Database, monkeypatch: pytest.MonkeyPatch, worker: None
) -> None:
    offer = await first_offer(bookme)
    monkeypatch.setattr(operation, "ATTEMPT_SECONDS", 2.0)
    proxy.lose(RESERVE, Loss.SILENCE)
    hold = await bookme.hold(offer.slot)
    assert (len(proxy.of(RESERVE)), await count_of(database, "time_slot")) == (2, 1)
    assert hold.time_slot.status == models.TimeSlotStatus.RESERVED


async def test_the_synchronous_client_repeats_too(
    proxy: LossyProxy, bookme: AsyncBookMe, database: Database, worker: None
) -> None:
    offer = await first_offer(bookme)
    for step in (RESERVE, CONFIRM, CREATE):
        proxy.lose(step, Loss.ANSWER)

    def book() -> str:
        with (
            BookMe(proxy.url, client_id="demo", client_secret=SECRET) as client,
            client.hold(offer.slot, customer_id="customer-4711", customer_type_id=offer.customer_type_id) as hold,
        ):
            return hold.create_meeting(title="Advice").ics()

    assert "SUMMARY:Advice" in await asyncio.to_thread(book)
    assert proxy.has_lost_everything
    assert (await count_of(database, "meeting"), await count_of(database, "time_slot")) == (1, 1)


async def test_a_change_that_may_not_be_repeated_is_not(
    proxy: LossyProxy, configurable: Database, worker: None
) -> None:
    scope = "bookme.read bookme.config"
    async with AsyncBookMe(proxy.url, client_id="demo", client_secret=SECRET, scope=scope) as bookme:
        kind = (await bookme.customer_types())[0]
        proxy.lose("^PATCH /config/customer-types/", Loss.ANSWER)
        rename = [models.PatchOperation(op=models.PatchOp.REPLACE, path="/name", value="Families")]
        with pytest.raises(NoAnswer) as refused:
            await bookme.request(operations.customer_types_patch(kind.id, rename))
        assert refused.value.may_have_happened
        assert len(proxy.of("^PATCH")) == 1
        assert (await bookme.customer_types())[0].name == "Families"


class TestWithoutWorkers:
    """The API answers 503 with `Retry-After` while no worker runs."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"request_timeout": timedelta(seconds=2)})

    async def test_a_call_waits_for_the_next_worker(
        self,
        bookme: AsyncBookMe,
        proxy: LossyProxy,
        database: Database,
        engine: Client,
        settings: Settings,
        all_steps: tuple[object, ...],
    ) -> None:
        offer = await first_offer(bookme)
        holding = asyncio.create_task(bookme.hold(offer.slot))
        while not [each for each in proxy.of(RESERVE) if each.status]:  # noqa: ASYNC110 - the proxy has no event
            await asyncio.sleep(0.05)
        async with make_worker(engine, settings.task_queue, *all_steps):
            await holding
        first, second = proxy.of(RESERVE)[:2]
        assert (first.status, first.key) == (503, second.key)
        assert first.retry_after is not None
        assert second.came_at - first.answered_at >= first.retry_after
        assert await count_of(database, "time_slot") == 1

    async def test_a_wait_that_is_too_long_is_not_begun(self, proxy: LossyProxy, bookme: AsyncBookMe) -> None:
        offer = await first_offer(bookme)
        async with AsyncBookMe(proxy.url, client_id="demo", client_secret=SECRET, timeout=3) as impatient:
            await impatient.topics()
            started = time.monotonic()
            with pytest.raises(Unavailable) as refused:
                await impatient.hold(offer.slot)
        assert time.monotonic() - started < 8
        assert refused.value.request_id


class TestRateLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limit": "5/2 seconds"})

    async def test_a_call_waits_when_it_comes_too_often(self, bookme: AsyncBookMe, proxy: LossyProxy) -> None:
        for _ in range(7):
            await bookme.customer_types()
        statuses = [each.status for each in proxy.of("customer-types")]
        assert statuses.count(200) == 7
        assert 429 in statuses


class TestOneHold:
    @pytest.fixture
    def terms(self, terms: BookingLimits) -> BookingLimits:
        return replace(terms, max_holds=1)

    @pytest.mark.usefixtures("worker")
    async def test_too_many_holds_are_for_the_caller_to_decide(self, bookme: AsyncBookMe, proxy: LossyProxy) -> None:
        found = await offers(bookme)
        await bookme.hold(found[0].slot)
        with pytest.raises(TooManyHolds):
            await bookme.hold(found[-1].slot)
        assert [each.status for each in proxy.of(RESERVE)] == [200, 429]


async def test_a_server_that_starts_late_is_waited_for(app: FastAPI, port: int, worker: None) -> None:
    async with AsyncBookMe(f"http://{LOOPBACK}:{port}", client_id="demo", client_secret=SECRET) as bookme:
        asking = asyncio.create_task(bookme.customer_types())
        await asyncio.sleep(0.5)
        assert not asking.done()
        async with served(app, port):
            assert await asking


async def test_a_server_that_never_starts_is_an_error_in_time() -> None:
    started = time.monotonic()
    async with AsyncBookMe(f"http://{LOOPBACK}:{free_port()}", token="any", timeout=1) as bookme:
        with pytest.raises(NoAnswer, match="Check the address") as refused:
            await bookme.hold(SOME_SLOT)
    assert time.monotonic() - started < 5
    assert not refused.value.may_have_happened


async def test_of_two_clients_one_gets_the_time_and_the_other_is_told_what_is_free(
    bookme: AsyncBookMe, worker: None
) -> None:
    slot = (await first_offer(bookme)).slot
    results = await asyncio.gather(bookme.hold(slot), bookme.hold(slot), return_exceptions=True)
    (refused,) = [each for each in results if isinstance(each, TimeSlotTaken)]
    (held,) = [each for each in results if isinstance(each, AsyncHold)]
    assert refused.reason == "TIME_SLOT_TAKEN"
    another = await bookme.hold(refused.next_time_slots[0], type=slot.meeting_type, topic_id=slot.meeting_topic_id)
    assert another.start >= held.end


SOME_SLOT = models.FreeTimeSlot(
    start_date="2026-12-01T09:00:00Z",
    end_date="2026-12-01T10:00:00Z",
    employee_id="d9d29487-b17e-5f87-8232-b6c2b537a265",
)
