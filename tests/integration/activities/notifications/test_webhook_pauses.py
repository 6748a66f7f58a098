"""Webhooks whose receivers fail: what is attempted at once, pauses, probes, and the end of waiting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.webhooks import WebhookActivities
from domain.messages.webhooks import DeliverDue, EventsDelivered
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from services.notifications.delivery_rounds import DeliveryLimits
from storage.bookings.time_slots import NOW
from storage.database import Database
from storage.notifications.deliveries import list_not_handed_over, mark_overlooked, note_handed_over
from storage.notifications.webhook_pauses import (
    FIRST_PAUSE,
    GIVEN_UP_AFTER,
    LONGEST_PAUSE,
    PAUSED_AFTER,
    note_failure,
)
from storage.notifications.webhooks import DeliveryStatus, add_webhook, deliver_again
from storage.tables.notifications import WebhookDeliveryRow, WebhookRow
from tests.integration.activities.notifications.outbox import SECRET, Outbox
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver

DAY = timedelta(days=1)


async def webhook_at(database: Database, url: str) -> UUID:
    values = {"id": uuid4(), "client_id": "client", "url": url, "secret": SECRET}
    async with database.transaction() as session:
        return (await add_webhook(session, {**values, "event_types": [], "every_client": False})).id


@pytest.fixture
async def outbox(database: Database, receiver: WebhookReceiver) -> AsyncIterator[Outbox]:
    """A webhook of a client that may have three requests under way, two of them to one webhook."""
    webhook_id = await webhook_at(database, receiver.url)
    async with outbound_client(private_too=True) as outside:
        steps = WebhookActivities(database, WebhookRequests(outside, 5), DeliveryLimits(per_client=3, per_webhook=2))
        yield Outbox(database, webhook_id, steps)


async def webhook_of(outbox: Outbox) -> WebhookRow:
    async with outbox.database.transaction() as session:
        found = await session.scalar(sa.select(WebhookRow).where(col(WebhookRow.id) == outbox.webhook_id))
    assert found is not None
    return found


async def tell_bookings(outbox: Outbox, count: int) -> None:
    for number in range(count):
        await outbox.tell("booking.reserved", booking=UUID(int=100 + number))


async def statuses(outbox: Outbox) -> list[str]:
    return [each.status for each in await outbox.stored()]


async def deliver(outbox: Outbox, longest: timedelta = timedelta(seconds=60)) -> EventsDelivered:
    step = DeliverDue(client_id="client", longest=longest)
    outcome: EventsDelivered = await ActivityEnvironment().run(outbox.steps.deliver_events, step)
    return outcome


async def fail_until_paused(outbox: Outbox, receiver: WebhookReceiver) -> None:
    receiver.status = "500 No"
    await tell_bookings(outbox, PAUSED_AFTER)
    await outbox.deliver()
    assert (await webhook_of(outbox)).paused_until is not None


async def until_received(receiver: WebhookReceiver, count: int) -> None:
    async with asyncio.timeout(10):
        while len(receiver.received) < count:  # noqa: ASYNC110 - the receiver has no event for it
            await asyncio.sleep(0.01)


class TestLimits:
    async def test_a_webhook_has_only_so_many_requests_under_way(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        receiver.open.clear()
        await tell_bookings(outbox, 6)
        delivering = asyncio.create_task(outbox.deliver())
        await until_received(receiver, 2)
        await asyncio.sleep(0.2)
        assert len(receiver.received) == 2
        receiver.open.set()
        assert (await delivering).delivered == 6

    async def test_all_webhooks_of_a_client_together_too(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        receiver.open.clear()
        for _ in range(4):
            await webhook_at(outbox.database, receiver.url)
        await tell_bookings(outbox, 3)
        delivering = asyncio.create_task(outbox.deliver())
        await until_received(receiver, 3)
        await asyncio.sleep(0.2)
        assert len(receiver.received) == 3
        receiver.open.set()
        assert (await delivering).delivered == 15

    async def test_what_comes_while_a_receiver_hangs_is_sent_to_another_one(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        receiver.open.clear()
        await outbox.tell("booking.reserved")
        delivering = asyncio.create_task(outbox.deliver())
        await until_received(receiver, 1)
        async with webhook_receiver() as quick:
            await webhook_at(outbox.database, quick.url)
            await outbox.tell("booking.reserved", booking=UUID(int=8))
            await until_received(quick, 1)
            receiver.open.set()
            await delivering

    async def test_a_round_ends_when_its_time_is_over(self, outbox: Outbox) -> None:
        await tell_bookings(outbox, 2)
        done = await deliver(outbox, timedelta(0))
        assert (done.delivered, done.retry_after) == (0, timedelta(seconds=1))
        assert (await deliver(outbox)).delivered == 2


class TestPauses:
    async def test_several_failures_in_a_row_pause_a_webhook(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        await fail_until_paused(outbox, receiver)
        sent = len(receiver.received)
        await outbox.tell("booking.reserved")
        done = await outbox.deliver()
        assert len(receiver.received) == sent
        assert done.retry_after is not None
        assert timedelta(0) < done.retry_after <= FIRST_PAUSE
        assert await statuses(outbox) == ["Pending"] * (PAUSED_AFTER + 1)

    async def test_one_success_in_between_begins_the_count_anew(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        receiver.answers = ["500 No"] * (PAUSED_AFTER - 1) + ["204 Yes"] + ["500 No"] * (PAUSED_AFTER - 1)
        for number in range(len(receiver.answers)):
            await outbox.tell("booking.reserved", booking=UUID(int=100 + number))
            await outbox.deliver()
        webhook = await webhook_of(outbox)
        assert (webhook.failures, webhook.paused_until) == (PAUSED_AFTER - 1, None)

    async def test_one_probe_is_sent_and_everything_follows_its_success(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await fail_until_paused(outbox, receiver)
        for number in range(3):
            await outbox.tell("booking.booked", booking=UUID(int=200 + number))
        sent = len(receiver.received)
        await end_pause(outbox)
        await outbox.deliver()
        assert len(receiver.received) == sent + 1, "the probe alone"
        receiver.status = "204 No Content"
        await end_pause(outbox)
        assert (await outbox.deliver()).delivered == 2
        webhook = await webhook_of(outbox)
        assert (webhook.failures, webhook.failing_since, webhook.paused_until) == (0, None, None)

    async def test_one_event_that_is_never_taken_does_not_keep_the_others_from_being_the_probe(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await fail_until_paused(outbox, receiver)
        await outbox.tell("booking.booked", booking=UUID(int=8))
        receiver.status = "204 No Content"
        await outbox.be_due()
        assert (await outbox.deliver()).attempts[0].kind == "booking.booked"

    async def test_pauses_grow_up_to_a_limit_and_since_when_it_fails_stays(self, outbox: Outbox) -> None:
        pauses, since = [], None
        for _ in range(PAUSED_AFTER + 30):
            async with outbox.database.transaction() as session:
                await note_failure(session, outbox.webhook_id)
                pauses.append(await session.scalar(sa.select(col(WebhookRow.paused_until) - NOW)))
            since = since or (await webhook_of(outbox)).failing_since
            await end_pause(outbox)
        assert pauses[: PAUSED_AFTER - 1] == [None] * (PAUSED_AFTER - 1)
        seconds = [each.total_seconds() for each in pauses if each]
        assert seconds[:3] == [pytest.approx(FIRST_PAUSE.total_seconds() * each, abs=2) for each in (1, 2, 4)]
        assert seconds[-1] == pytest.approx(LONGEST_PAUSE.total_seconds(), abs=2)
        assert (await webhook_of(outbox)).failing_since == since

    async def test_a_failure_that_began_before_the_pause_does_not_lengthen_it(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await fail_until_paused(outbox, receiver)
        before = await webhook_of(outbox)
        async with outbox.database.transaction() as session:
            await note_failure(session, outbox.webhook_id)
        after = await webhook_of(outbox)
        assert (after.failures, after.paused_until) == (before.failures, before.paused_until)

    async def test_a_redelivery_ends_the_pause(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        await fail_until_paused(outbox, receiver)
        receiver.status = "204 No Content"
        (first, *_) = await outbox.stored()
        async with outbox.database.transaction() as session:
            await deliver_again(session, first)
        assert (await outbox.deliver()).delivered == 1
        assert (await statuses(outbox))[0] == DeliveryStatus.DELIVERED

    async def test_what_waits_is_given_up_after_three_days_without_a_success(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await fail_until_paused(outbox, receiver)
        await outbox.tell("booking.reserved", booking=UUID(int=8))
        await outbox.change(WebhookDeliveryRow, created_at=NOW - GIVEN_UP_AFTER - DAY)
        await outbox.tell("booking.reserved", booking=UUID(int=9))
        assert (await outbox.deliver()).failed == 0, "the webhook has not failed for so long"
        await outbox.change(WebhookRow, failing_since=NOW - GIVEN_UP_AFTER - timedelta(hours=1))
        done = await outbox.deliver()
        assert done.failed == PAUSED_AFTER + 1
        assert await statuses(outbox) == ["Failed"] * (PAUSED_AFTER + 1) + ["Pending"]
        (first, *_) = await outbox.stored()
        async with outbox.database.transaction() as session:
            await deliver_again(session, first)
        receiver.status = "204 No Content"
        assert (await outbox.deliver()).delivered == 2

    async def test_what_waits_for_the_end_of_a_pause_is_not_overlooked(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await fail_until_paused(outbox, receiver)
        async with outbox.database.transaction() as session:
            await note_handed_over(session, [each for each, _ in await list_not_handed_over(session, 100)])
        long_ago = NOW - timedelta(hours=1)
        await outbox.change(WebhookDeliveryRow, handed_over_at=long_ago, next_attempt_at=long_ago)
        for until, found in ((NOW + timedelta(minutes=1), 0), (long_ago, 1)):
            await outbox.change(WebhookRow, paused_until=until)
            async with outbox.database.transaction() as session:
                await mark_overlooked(session)
                assert len(await list_not_handed_over(session, 100)) == found


async def end_pause(outbox: Outbox) -> None:
    async with outbox.database.transaction() as session:
        is_paused = col(WebhookRow.paused_until).is_not(None)
        await session.execute(sa.update(WebhookRow).where(is_paused).values(paused_until=NOW))
