"""What a receiver of webhooks answers, and what becomes of the delivery."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid4

import httpx
import pytest

from activities.webhooks import BACK_OFF
from domain.messages.webhooks import Ended
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests, excerpt, retry_after, signed
from storage.database import Database
from storage.notifications.deliveries import Times
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookRow
from tests.integration.activities.notifications.outbox import BOOKING, SECRET, START, Outbox, outbox_of
from tests.support.webhook_receiver import WebhookReceiver, read_request, webhook_receiver

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
        times = Times(START + timedelta(days=9), START)
        signed_at = signed(hook("https://93.184.216.34"), EVENT, "{}", times)["webhook-timestamp"]
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
