"""The steps that publish and deliver events, on the real database and against a real receiver."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import WebhookVerificationError
from temporalio.testing import ActivityEnvironment

from activities.events import RelayActivities
from activities.webhooks import BACK_OFF
from domain.messages.webhooks import AttemptMade, Ended, EventsDelivered, RelayEvents
from storage.bookings.time_slots import NOW
from storage.notifications.deliveries import list_not_handed_over, mark_overlooked
from storage.notifications.webhook_secrets import FormerSecret
from storage.notifications.webhooks import DeliveryStatus, deliver_again
from storage.tables.notifications import WebhookDeliveryRow, WebhookRow
from tests.integration.activities.notifications.outbox import BOOKING, SECRET, Outbox
from tests.support.webhook_receiver import WebhookReceiver

FIRST: Final = "whsec_aW5pdGlhbC1pbml0aWFsLWluaXRpYWw0"
FORMER: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def test_what_waits_is_not_sent_to_who_may_not_see_it_any_more(outbox: Outbox, receiver: WebhookReceiver) -> None:
    """A client that had the scope `bookme.staff` when the event was published."""
    now = datetime.now(UTC)
    for until, ended in ((now + timedelta(hours=1), Ended.DELIVERED), (now, Ended.FAILED)):
        await outbox.change(WebhookRow, every_client=True, client_id="client")
        await outbox.tell("booking.reserved")
        await outbox.change(WebhookRow, client_id="auditor", every_client_until=until)
        assert (await outbox.attempt("auditor")).ended is ended
    assert len(receiver.received) == 1
    (attempt,) = [each for each in await outbox.attempts() if each.failure]
    assert "may not see" in str(attempt.failure)


class TestDelivering:
    async def test_sends_what_a_receiver_can_verify(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        (event_id,) = await outbox.tell("booking.booked")
        outcome = await outbox.deliver()
        attempt = AttemptMade(
            ended=Ended.DELIVERED, event_id=event_id, kind="booking.booked", number=1, answer="answered 204"
        )
        assert outcome == EventsDelivered(delivered=1, attempts=(attempt,))
        (request,) = receiver.received
        assert request.id == event_id
        assert request.headers["content-type"] == "application/json"
        assert request.verified(SECRET) == {
            "id": event_id,
            "type": "booking.booked",
            "timestamp": "2030-01-07T09:00:00.000Z",
            "data": {
                "employeeId": str(BOOKING),
                "start": "2030-01-07T09:00:00.000Z",
                "cause": "because",
                "clientId": "client",
                "reservationToken": "order-1",
                "timeSlotId": str(BOOKING),
            },
        }
        with pytest.raises(WebhookVerificationError):
            request.verified(FORMER)

    async def test_goes_in_order_and_ends_when_nothing_is_left(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        ids = await outbox.tell("booking.reserved", "booking.booked", "meeting.created")
        receiver.answers = ["500 No"]
        assert (await outbox.attempt()).ended is Ended.TO_BE_RETRIED
        await outbox.be_due()
        done = await outbox.deliver()
        assert (done.delivered, done.retry_after) == (3, None)
        assert [each.id for each in receiver.received] == [ids[0], *ids]

    async def test_signs_with_the_former_secret_too_while_its_grace_lasts(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await outbox.tell("booking.reserved")
        soon, past = (datetime.now(UTC) + timedelta(minutes=each) for each in (5, -5))
        secrets = [FormerSecret(FORMER, soon).record(), FormerSecret(FIRST, soon).record()]
        await outbox.change(WebhookRow, former_secrets=secrets)
        await outbox.deliver()
        assert receiver.events(SECRET) == receiver.events(FORMER) == receiver.events(FIRST)
        await outbox.change(WebhookRow, former_secrets=[FormerSecret(FORMER, past).record()])
        await outbox.tell("booking.booked")
        await outbox.deliver()
        assert receiver.received[1].verified(SECRET)["type"] == "booking.booked"
        with pytest.raises(WebhookVerificationError):
            receiver.received[1].verified(FORMER)

    async def test_is_retried_later_and_later_and_given_up_in_the_end(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        event, _ = await outbox.tell("booking.reserved", "booking.booked")
        receiver.status, receiver.body = "410 Gone", b"not\x00here\r\n<b>any more</b>"
        waits = []
        for _ in BACK_OFF:
            assert (await outbox.attempt()).ended is Ended.TO_BE_RETRIED
            waits.append(await outbox.wait())
            assert (await outbox.deliver()).attempts == (), "it is not due"
            await outbox.be_due()
        assert tuple(waits) == BACK_OFF
        assert (await outbox.attempt()).ended is Ended.FAILED
        first, second = await outbox.stored()
        assert (first.status, first.attempts, first.next_attempt_at) == (DeliveryStatus.FAILED, 12, None)
        assert (second.status, second.attempts) == (DeliveryStatus.PENDING, 0)
        assert len(receiver.received) == 12
        assert {each.id for each in receiver.received} == {event}
        attempts = await outbox.attempts()
        assert [each.number for each in attempts] == list(range(1, 13))
        assert {(each.response_status, each.response, each.failure) for each in attempts} == {
            (410, "not here <b>any more</b>", None)
        }
        receiver.status = "200 OK"
        await outbox.be_due()
        assert (await outbox.attempt()).kind == "booking.booked"

    async def test_one_that_was_given_up_is_delivered_again_when_asked_for(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        await outbox.tell("booking.reserved")
        receiver.answers = ["500 No", "500 No"]
        await outbox.change(WebhookDeliveryRow, retries=len(BACK_OFF))
        assert (await outbox.deliver()).failed == 1
        (delivery,) = await outbox.stored()
        for ended in (Ended.TO_BE_RETRIED, Ended.DELIVERED, Ended.DELIVERED):
            async with outbox.database.transaction() as session:
                await deliver_again(session, delivery)
            assert (await outbox.attempt()).ended is ended
        (delivery,) = await outbox.stored()
        assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 4)
        assert len({each.id for each in receiver.received}) == 1

    async def test_two_at_once_are_noted_once(self, outbox: Outbox) -> None:
        await outbox.tell("booking.reserved")
        outcomes = await asyncio.gather(outbox.deliver(), outbox.deliver(), return_exceptions=True)
        assert all(isinstance(each, EventsDelivered) for each in outcomes)
        (delivery,) = await outbox.stored()
        assert (delivery.status, delivery.attempts, len(await outbox.attempts())) == (DeliveryStatus.DELIVERED, 1, 1)

    async def test_of_a_webhook_that_is_gone_is_over(self, outbox: Outbox) -> None:
        await outbox.tell("booking.reserved")
        async with outbox.database.transaction() as session:
            await session.execute(sa.delete(WebhookRow))
        assert await outbox.deliver() == EventsDelivered()


class TestRelaying:
    async def told(self, outbox: Outbox, *, dies: bool = False) -> list[str]:
        """The clients whose runs one look of the relay wakes."""
        woken: list[str] = []

        async def hand_over(client_id: str) -> None:
            woken.append(client_id)
            if dies:
                raise ConnectionError

        await RelayActivities(outbox.database, hand_over).relay()
        return woken

    async def not_handed_over(self, outbox: Outbox) -> int:
        async with outbox.database.transaction() as session:
            return len(await list_not_handed_over(session, 100))

    async def test_wakes_a_run_once(self, outbox: Outbox) -> None:
        await outbox.tell("booking.reserved", "booking.booked")
        assert await self.told(outbox) == ["client"]
        assert await self.told(outbox) == []

    async def test_wakes_it_again_when_it_died_in_between(self, outbox: Outbox) -> None:
        await outbox.tell("booking.reserved")
        with pytest.raises(ConnectionError):
            await self.told(outbox, dies=True)
        assert await self.told(outbox) == ["client"]

    async def test_wakes_it_for_what_is_to_be_delivered_again(self, outbox: Outbox) -> None:
        await outbox.tell("booking.reserved")
        (delivery,) = await outbox.stored()

        async def is_delivered_and_asked_for_again(_: str) -> None:
            await outbox.deliver()
            async with outbox.database.transaction() as session:
                await deliver_again(session, delivery)

        await RelayActivities(outbox.database, is_delivered_and_asked_for_again).relay()
        assert await self.told(outbox) == ["client"]

    async def test_finds_what_was_overlooked(self, outbox: Outbox) -> None:
        await outbox.tell("booking.reserved", "booking.booked")
        await self.told(outbox)
        long_ago = NOW - timedelta(hours=2)
        await outbox.change(WebhookDeliveryRow, handed_over_at=long_ago, next_attempt_at=NOW + timedelta(hours=1))
        for late, found in ((NOW + timedelta(hours=1), 0), (NOW - timedelta(seconds=15), 0), (long_ago, 1)):
            await outbox.change(WebhookDeliveryRow, next_attempt_at=late)
            async with outbox.database.transaction() as session:
                await mark_overlooked(session)
            assert await self.not_handed_over(outbox) == found

    async def test_ends_when_its_time_is_over_or_its_worker_stops(self, outbox: Outbox) -> None:
        async def hand_over(_: str) -> None: ...

        steps = RelayActivities(outbox.database, hand_over)
        await outbox.tell("booking.reserved", "booking.booked")
        brief = RelayEvents(longest=timedelta(0))
        assert (await ActivityEnvironment().run(steps.relay_events, brief)).handed_over == 2
        environment = ActivityEnvironment()
        relaying = asyncio.create_task(environment.run(steps.relay_events, RelayEvents()))
        await asyncio.sleep(0)
        environment.worker_shutdown()
        assert (await relaying).handed_over == 0
