"""The steps that publish and deliver events, on the real database and against a real receiver."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col
from standardwebhooks.webhooks import WebhookVerificationError
from temporalio.testing import ActivityEnvironment

from activities.events import RelayActivities
from activities.webhooks import BACK_OFF, WebhookActivities
from domain.messages.webhooks import AttemptMade, DeliverDue, Ended, EventsDelivered, RelayEvents
from integrations.http.outbound import outbound_client
from integrations.webhooks.payloads import public_id
from integrations.webhooks.requests import WebhookRequests, excerpt, retry_after, signed
from storage.bookings.time_slots import NOW
from storage.database import Database
from storage.notifications.deliveries import Times, list_not_handed_over, mark_overlooked
from storage.notifications.event_log import publish
from storage.notifications.webhook_secrets import FormerSecret
from storage.notifications.webhooks import DeliveryStatus, add_webhook, deliver_again
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookAttemptRow, WebhookDeliveryRow, WebhookRow
from tests.support.webhook_receiver import WebhookReceiver, read_request, webhook_receiver

START: Final = datetime(2030, 1, 7, 9, tzinfo=UTC)
SECRET: Final = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
FIRST: Final = "whsec_aW5pdGlhbC1pbml0aWFsLWluaXRpYWw0"
FORMER: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BOOKING: Final = UUID(int=7)
EVENT: Final = BookingEventRow(
    id=1,
    at=START,
    kind="booking.booked",
    client_id="client",
    reservation_token="order-1",
    time_slot_id=BOOKING,
    booking_key=BOOKING,
    public_id=UUID(int=8),
    facts={},
)


def hook(url: str) -> WebhookRow:
    return WebhookRow(
        id=uuid4(), client_id="client", url=url, event_types=[], secret=SECRET, created_at=START, modified_at=START
    )


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


class Outbox:
    """A webhook with events of one booking, and the step that delivers them."""

    def __init__(self, database: Database, webhook_id: UUID, steps: WebhookActivities) -> None:
        self.database = database
        self.webhook_id = webhook_id
        self.steps = steps

    async def tell(self, *kinds: str, booking: UUID = BOOKING) -> list[str]:
        """Publish these events of one booking. Answers their public ids."""
        rows = [
            {
                "at": START,
                "kind": kind,
                "client_id": "client",
                "reservation_token": "order-1",
                "time_slot_id": BOOKING,
                "booking_key": booking,
                "facts": {"employeeId": str(BOOKING), "start": START.isoformat(), "cause": "because"},
            }
            for kind in kinds
        ]
        async with self.database.transaction() as session:
            told = sa.insert(BookingEventRow).returning(BookingEventRow, sort_by_parameter_order=True)
            ids = [public_id(each) for each in await session.scalars(told, rows)]
            await publish(session)
        return ids

    async def deliver(self, client_id: str = "client") -> EventsDelivered:
        """One round."""
        outcome: EventsDelivered = await ActivityEnvironment().run(
            self.steps.deliver_events, DeliverDue(client_id=client_id)
        )
        return outcome

    async def attempt(self, client_id: str = "client") -> AttemptMade:
        """A round in which one attempt is made."""
        (attempt,) = (await self.deliver(client_id)).attempts
        return attempt

    async def be_due(self) -> None:
        """Let the time come at which the next attempt is made."""
        await self.change(WebhookDeliveryRow, next_attempt_at=None)
        async with self.database.transaction() as session:
            is_paused = col(WebhookRow.paused_until).is_not(None)
            await session.execute(sa.update(WebhookRow).where(is_paused).values(paused_until=NOW))

    async def wait(self) -> timedelta:
        """How long the delivery waits that was attempted last: between the attempt and the next one."""
        attempt = (await self.attempts())[-1]
        due = next(each.next_attempt_at for each in await self.stored() if each.id == attempt.delivery_id)
        assert due is not None
        return due - attempt.at

    async def change(self, table: type[Any], **values: object) -> None:
        async with self.database.transaction() as session:
            await session.execute(sa.update(table).values(**values))

    async def stored(self) -> Sequence[WebhookDeliveryRow]:
        async with self.database.transaction() as session:
            query = sa.select(WebhookDeliveryRow).order_by(col(WebhookDeliveryRow.position))
            return (await session.scalars(query)).all()

    async def attempts(self) -> Sequence[WebhookAttemptRow]:
        async with self.database.transaction() as session:
            return (await session.scalars(sa.select(WebhookAttemptRow).order_by(col(WebhookAttemptRow.number)))).all()


@asynccontextmanager
async def outbox_of(
    database: Database, url: str, *, private_too: bool = True, patience: float = 5
) -> AsyncIterator[Outbox]:
    values = {"id": uuid4(), "client_id": "client", "url": url, "secret": SECRET}
    async with database.transaction() as session:
        webhook = await add_webhook(session, {**values, "event_types": [], "every_client": False})
    async with outbound_client(private_too=private_too) as outside:
        yield Outbox(database, webhook.id, WebhookActivities(database, WebhookRequests(outside, patience)))


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


@pytest.fixture
async def outbox(database: Database, receiver: WebhookReceiver) -> AsyncIterator[Outbox]:
    async with outbox_of(database, receiver.url) as made:
        yield made


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


class TestAnswers:
    async def test_a_redirect_is_a_failure_and_is_not_followed(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        async with webhook_receiver() as elsewhere:
            receiver.status, receiver.headers = "307 Elsewhere", f"Location: {elsewhere.url}\r\n"
            await outbox.tell("booking.reserved")
            assert (await outbox.attempt()).ended is Ended.TO_BE_RETRIED
            assert elsewhere.received == []

    async def test_one_that_takes_too_long_is_a_failure(self, database: Database, receiver: WebhookReceiver) -> None:
        receiver.open.clear()
        async with outbox_of(database, receiver.url, patience=0.2) as outbox:
            await outbox.tell("booking.reserved")
            assert (await outbox.attempt()).answer == "no answer in time"
        receiver.open.set()

    async def test_the_documented_limit_is_the_only_one(self, receiver: WebhookReceiver) -> None:
        """The client that is shared with calendar feeds gives up sooner; webhooks have a limit of their own."""
        receiver.open.clear()
        async with outbound_client(private_too=True) as outside:
            outside.timeout = httpx.Timeout(0.1)
            sending = asyncio.create_task(
                WebhookRequests(outside, 5).post(hook(receiver.url), EVENT, Times(START, START))
            )
            await asyncio.sleep(0.5)
            receiver.open.set()
            assert (await sending).status == 204

    async def test_a_body_that_never_ends_leaves_the_status_that_has_come(self) -> None:
        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            with suppress(ConnectionError):
                while not writer.is_closing():
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.05)

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server, outbound_client(private_too=True) as outside:
            answer = await WebhookRequests(outside, 0.6).post(hook(url), EVENT, Times(START, START))
        assert answer.status == 200
        assert answer.milliseconds < 2_000

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("120", 120),
            (" 7 ", 7),
            ("99999999999999999999", 86_400),
            ("Wed, 21 Oct 2026 07:28:30 GMT", 90),
            ("Wed, 21 Oct 2036 07:28:30 GMT", 86_400),
            ("Wed, 21 Oct 2016 07:28:30 GMT", 0),
            ("-5", 0),
            ("soon", 0),
            ("", 0),
        ],
    )
    def test_how_long_they_ask_to_wait(self, value: str, seconds: int) -> None:
        headers = httpx.Headers({"Retry-After": value, "Date": "Wed, 21 Oct 2026 07:27:00 GMT"})
        assert retry_after(headers, START) == timedelta(seconds=seconds)

    def test_a_date_of_a_receiver_without_a_clock(self) -> None:
        headers = httpx.Headers({"Retry-After": format_datetime(START + timedelta(seconds=90), usegmt=True)})
        assert retry_after(headers, START) == timedelta(seconds=90)

    def test_what_is_signed_is_the_real_time(self) -> None:
        signed_at = signed(hook("https://93.184.216.34"), EVENT, "{}", Times(START + timedelta(days=9), START))[
            "webhook-timestamp"
        ]
        assert signed_at == str(int(START.timestamp()))

    async def test_a_receiver_that_asks_for_a_longer_wait_gets_it(
        self, outbox: Outbox, receiver: WebhookReceiver
    ) -> None:
        receiver.status, receiver.headers = "503 Busy", "Retry-After: 3600\r\n"
        await outbox.tell("booking.reserved")
        await outbox.attempt()
        assert await outbox.wait() == timedelta(hours=1)
        receiver.headers = "Retry-After: 1\r\n"
        await outbox.be_due()
        await outbox.attempt()
        assert await outbox.wait() == BACK_OFF[1], "a shorter one is not followed"

    async def test_nobody_there_is_a_failure_that_does_not_tell_the_address(self, database: Database) -> None:
        async with outbox_of(database, "http://127.0.0.1:1/secret-path") as outbox:
            await outbox.tell("booking.reserved")
            made = await outbox.attempt()
            (attempt,) = await outbox.attempts()
        assert (made.answer, attempt.failure) == ("no answer (ConnectError)",) * 2

    async def test_what_leads_inside_is_not_asked(self, database: Database, receiver: WebhookReceiver) -> None:
        async with outbox_of(database, receiver.url, private_too=False) as outbox:
            await outbox.tell("booking.reserved")
            assert (await outbox.attempt()).answer == "the address is unknown or not public"
        assert receiver.received == []

    async def test_a_large_one_is_read_a_little(self, outbox: Outbox, receiver: WebhookReceiver) -> None:
        receiver.status, receiver.body = "200 OK", b"x" * 10_000_000
        await outbox.tell("booking.reserved")
        assert (await outbox.deliver()).delivered == 1
        (attempt,) = await outbox.attempts()
        assert attempt.response == "x" * 500

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (b"", ""),
            (b" a\r\n\tb\x1b[31m ", "a b [31m"),
            (b"\xff\x00", "\N{REPLACEMENT CHARACTER}"),
            (b"y" * 501, "y" * 500),
        ],
    )
    def test_are_shown_on_one_line(self, text: bytes, shown: str) -> None:
        assert excerpt(text) == shown


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
