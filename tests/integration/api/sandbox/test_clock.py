"""The clock of a sandbox is moved: everything that is due until then happens, in its order, through the usual code."""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError

from api.app import create_app, lifespan
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from storage.bookings.time_slots import database_time
from storage.database import Database
from tests.integration.api.sandbox.support import (
    CLOCK,
    advance,
    advance_to,
    events_of,
    kinds,
    met,
    time_of,
)
from tests.integration.api.support import eventually, ok, problem, run_of
from tests.support.clients import ApiClient, Json, new_client_id
from tests.support.mail_server import LOOPBACK, MailServer, mail_server
from tests.support.webhook_receiver import WebhookReceiver
from workers.main import booking_steps, make_worker
from workflows.booking.messages import BookingStatus
from workflows.meeting.messages import MeetingStatus

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
A_MOMENT = timedelta(seconds=10)
"""Limit of the time that a step takes after it was due, on a machine that others use too."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


async def test_a_hold_expires_and_its_event_comes_to_a_webhook(
    client: ApiClient, receiver: WebhookReceiver, engine: Client, client_id: str
) -> None:
    hook = ok(await client.post("/bookme/webhooks", {"url": receiver.url}))
    free = (await client.search())[0]
    held = ok(await client.reserve(free, "expires"))
    with within(5):
        moved = await advance(client, "PT10M")
    assert moved["status"] == "ready"
    assert set(moved["waitingFor"].values()) == {0}
    reserved, expired = receiver.events(hook["secret"])
    assert (reserved["type"], expired["type"]) == ("booking.reserved", "booking.expired")
    assert expired["data"]["expiredAt"] == held["holdExpiresAt"]
    assert timedelta(0) <= time_of(expired) - datetime.fromisoformat(held["holdExpiresAt"]) < A_MOMENT
    assert (await run_of(engine, "expires", client_id).result()).status is BookingStatus.EXPIRED
    problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
    assert ok(await client.reserve(free, "again"))["holdExpiresAt"] > moved["now"]


async def test_a_meeting_is_reminded_of_and_then_over(
    client: ApiClient, receiver: WebhookReceiver, engine: Client
) -> None:
    hook = ok(await client.post("/bookme/webhooks", {"url": receiver.url}))
    meeting = await met(client)
    start = datetime.fromisoformat(meeting["startDate"])
    with within(5):
        await advance_to(client, start - DAY + 3 * HOUR)
    reminder = receiver.events(hook["secret"])[-1]
    assert (reminder["type"], reminder["data"]["before"]) == ("meeting.reminder", "P1D")
    assert timedelta(0) <= time_of(reminder) - (start - DAY) < A_MOMENT
    with within(5):
        await advance_to(client, start + 3 * HOUR)
    assert [each["data"].get("before") for each in receiver.events(hook["secret"])][-2:] == ["P1D", "PT1H"]
    ending = await engine.get_workflow_handle(f"meeting-{meeting['id']}").result()
    assert ending["status"] == MeetingStatus.OVER


async def test_a_run_that_its_booking_has_started_is_woken_for_its_reminder(client: ApiClient, engine: Client) -> None:
    """Because the reminder is near. In production the run would begin after a delay."""
    free = (await client.search(meetingTypes="online"))[-1]
    start = datetime.fromisoformat(free["startDate"])
    await advance_to(client, start - 28 * HOUR)
    meeting = await met(client, free)
    with within(5):
        await advance_to(client, start - 23 * HOUR)
    assert (await kinds(client))[-1] == "meeting.reminder"
    run = engine.get_workflow_handle(f"meeting-{meeting['id']}")
    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_events_have_the_order_and_the_times_of_their_deadlines(client: ApiClient) -> None:
    first, second, third, *_ = apart(await client.search())
    booked = ok(await client.book(ok(await client.reserve(first, "booked"))["id"]))
    await advance(client, "PT2M")
    early = ok(await client.reserve(second, "early"))
    await advance(client, "PT1M")
    late = ok(await client.reserve(third, "late"))
    before = len(await events_of(client))
    await advance(client, "PT1H")
    found = (await events_of(client))[before:]
    assert [each["data"]["reservationToken"] for each in found] == ["early", "late", "booked"]
    for event, slot in zip(found, (early, late, booked), strict=True):
        assert event["type"] == "booking.expired"
        assert timedelta(0) <= time_of(event) - datetime.fromisoformat(slot["holdExpiresAt"]) < A_MOMENT


def apart(offers: list[dict[str, str]]) -> list[dict[str, str]]:
    """One free time slot of each employee."""
    return list({each["employeeId"]: each for each in reversed(offers) if not each.get("roomId")}.values())


async def test_webhooks_are_retried_at_their_times(client: ApiClient, receiver: WebhookReceiver) -> None:
    hook = ok(await client.post("/bookme/webhooks", {"url": receiver.url}))
    receiver.answers = ["500 Oh"] * 3
    ok(await client.reserve((await client.search())[0], "retried"))
    with within(5):
        await advance(client, "PT4M")
    path = f"/bookme/webhooks/{hook['id']}/deliveries"
    delivery = (await client.get(path)).json()[0]
    attempts = ok(await client.get(f"{path}/{delivery['id']}"))["allAttempts"]
    times = [datetime.fromisoformat(each["at"]) for each in attempts]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert delivery["status"].lower() == "delivered"
    for pause, wanted in zip(pauses, (5, 30, 120), strict=True):
        assert timedelta(0) <= pause - timedelta(seconds=wanted) < A_MOMENT
    for request in receiver.received:
        request.verified(hook["secret"])


class TestMails:
    @pytest.fixture
    async def post(self) -> AsyncIterator[MailServer]:
        async with mail_server() as server:
            yield server

    @pytest.fixture
    def settings(self, settings: Settings, post: MailServer) -> Settings:
        its = {"smtp_host": LOOPBACK, "smtp_port": post.port, "smtp_security": "none"}
        return settings.model_copy(update=its)

    @pytest.mark.ci
    async def test_a_mail_that_waits_is_tried_again(self, client: ApiClient, post: MailServer) -> None:
        post.of_mails = defaultdict(lambda: ["451 later"] * 3)
        meeting = await met(client)
        # In real time, the retries come after 5, 15 and 35 s.
        with within(15):
            for refused in (1, 2, 3):
                await eventually(partial(is_refused, post, times=refused))
                await advance(client, "PT1H")
            await eventually(partial(is_taken, post))
        assert meeting["id"] in post.taken[0].calendar.vevent.uid.value


async def is_refused(post: MailServer, *, times: int) -> bool:
    return bool(post.of_mails) and all(len(left) <= 3 - times for left in post.of_mails.values())


async def is_taken(post: MailServer) -> bool:
    return bool(post.taken)


async def test_two_clients_and_two_processes_have_one_clock(
    client: ApiClient, settings: Settings, app: FastAPI
) -> None:
    other_app = create_app(settings)
    assert other_app is not app
    transport = httpx.ASGITransport(other_app, raise_app_exceptions=False)
    async with (
        lifespan(settings)(other_app),
        httpx.AsyncClient(transport=transport, base_url="http://other.test", timeout=30) as http,
    ):
        other = await ApiClient.authorised(http, new_client_id())
        held = ok(await other.reserve((await other.search())[0], "other"))
        assert {(await advance(each, "PT10M"))["status"] for each in (client, other)} == {"ready"}
        assert ok(await client.get(CLOCK))["ahead"] == ok(await other.get(CLOCK))["ahead"]
        assert is_ahead(ok(await client.get(CLOCK)), minutes=20)
        problem(await other.book(held["id"]), 409, "HOLD_EXPIRED")
        assert await kinds(other) == ["booking.reserved", "booking.expired"]
        assert await kinds(client) == []


async def test_moves_at_the_same_time_follow_one_another(client: ApiClient) -> None:
    await asyncio.gather(*(advance(client, "PT10M") for _ in range(3)))
    assert is_ahead(ok(await client.get(CLOCK)), minutes=30)


def is_ahead(clock: Json, *, minutes: int) -> bool:
    """The time that the moves took has passed too."""
    now, real = (datetime.fromisoformat(clock[name]) for name in ("now", "realTime"))
    return timedelta(minutes=minutes) - 20 * SECOND < now - real <= timedelta(minutes=minutes)


async def test_a_time_that_has_passed_moves_nothing(client: ApiClient) -> None:
    target = datetime.now(UTC) + HOUR
    first, again = await advance_to(client, target), await advance_to(client, target)
    assert first["ahead"] == again["ahead"]
    assert (await advance_to(client, target - DAY))["ahead"] == first["ahead"]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ({}, "either"),
        ({"advance": "PT1M", "to": "2030-01-01T00:00:00Z"}, "either"),
        ({"advance": "PT0S"}, "longer than zero"),
        ({"advance": "-PT1M"}, "duration"),
        ({"advance": "P367D"}, "366 days"),
        ({"to": "2190-01-01T00:00:00Z"}, "366 days"),
        ({"to": "soon"}, "RFC 3339"),
        ({"by": "PT1M"}, "by"),
    ],
)
async def test_a_wrong_move_is_refused(client: ApiClient, move: dict[str, str], expected: str) -> None:
    answer = await client.post(CLOCK, move)
    assert expected in problem(answer, 400)["message"]
    assert ok(await client.get(CLOCK))["ahead"] == "00:00:00"


async def test_every_answer_names_the_sandbox_and_its_time(
    client: ApiClient, http: httpx.AsyncClient, database: Database
) -> None:
    await advance(client, "P3D")
    for path, status in (("/health/live", 200), ("/bookme/events", 401), ("/nothing", 404), ("/docs", 200)):
        answer = await http.get(path)
        assert answer.status_code == status
        name, _, now = answer.headers["BookMe-Sandbox"].partition("; now=")
        assert name == "true"
        async with database.autocommit() as session:
            assert abs(datetime.fromisoformat(now) - await database_time(session)) < 5 * SECOND


@pytest.mark.ci
class TestWithoutWorkers:
    @pytest.fixture
    async def client(self, http: httpx.AsyncClient, client_id: str) -> ApiClient:
        return await ApiClient.authorised(http, client_id)

    async def test_the_clock_goes_on_and_says_what_is_left(
        self, client: ApiClient, settings: Settings, engine: Client, database: Database, client_id: str
    ) -> None:
        steps = booking_steps(settings, engine, database)
        async with make_worker(engine, settings.task_queue, *steps):
            held = ok(await client.reserve((await client.search())[0], "left"))
        moved = await advance(client, "PT10M")
        assert moved["status"] == "ready"
        assert moved["now"] >= moved["target"]
        assert moved["waitingFor"] == {"holds": 1, "reminders": 0, "deliveries": 0}
        problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
        async with make_worker(engine, settings.task_queue, *steps):
            assert (await run_of(engine, "left", client_id).result()).status is BookingStatus.EXPIRED
        assert await kinds(client) == ["booking.reserved", "booking.expired"]


class TestGoingBack:
    async def test_it_deletes_what_is_dated_later(self, client: ApiClient, engine: Client) -> None:
        meeting = await met(client)
        await advance(client, "P2D")
        other_id = new_client_id()
        other = await client.as_another(other_id)
        ok(await other.reserve((await other.search())[0], "ends"))
        back = ok(await client.http.delete(CLOCK, headers=client.headers))
        assert (back["ahead"], back["status"]) == ("00:00:00", "ready")
        assert await events_of(client) == await events_of(other) == []
        problem(await client.get(f"/bookme/meetings/{meeting['id']}"), 404, "NOT_FOUND")
        with pytest.raises(WorkflowFailureError):
            await run_of(engine, "ends", other_id).result()
        await met(client)
        assert (await kinds(client))[-1] == "meeting.created"


class TestInProduction:
    @pytest.fixture
    def settings(self, postgres: EmbeddedPostgres, settings: Settings) -> Settings:
        its = {"database_url": SecretStr(postgres.running_url), "sandbox": False}
        return settings.model_copy(update=its)

    @pytest.fixture
    async def database(self, seeded: Database) -> Database:
        return seeded

    async def test_there_is_no_clock_to_move(self, http: httpx.AsyncClient, client_id: str) -> None:
        client = await ApiClient.authorised(http, client_id)
        answer = await client.post(CLOCK, {"advance": "PT10M"})
        assert answer.status_code == 404
        assert "BookMe-Sandbox" not in answer.headers
        assert not [path for path in (await http.get("/openapi.json")).json()["paths"] if "sandbox" in path]
