"""One trace of a request: HTTP, update, workflow, step, SQL, and the webhooks that tell of it."""

import asyncio
import io
import json
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Replayer

from activities.booking import BookingActivities
from activities.events import RelayActivities
from activities.meeting import MeetingActivities
from api.app import create_app, lifespan
from config.settings import Settings
from config.telemetry import AddRequestId, JsonFormatter
from config.temporal import connect, data_converter
from config.tracing import start_tracing
from config.tracing.provider import OpenTelemetry
from domain.messages.booking import BookingKey, BookTimeSlot, TimeSlotSnapshot
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.api.support import EVERY_SCOPE, eventually, ok, run_of
from tests.support.clients import ApiClient
from tests.support.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.deliveries import make_delivery_worker
from workers.main import SANDBOX, make_worker
from workers.meeting_runs import MeetingRuns
from workers.webhook_runs import WebhookRuns
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import workflow_id

CUSTOMER: Final = f"Planted Customer {uuid4()}"
TOKEN: Final = f"planted-{uuid4()}"
RESERVE, BOOK, CREATE = "desk-1-reserve", "desk-1-book", "desk-1-create"


class FailsOnce(BookingActivities):
    """Fails at the first attempt to mark a time slot Booked."""

    has_failed = False

    @activity.defn
    async def book_time_slot(self, step: BookTimeSlot) -> TimeSlotSnapshot:
        if not self.has_failed:
            self.has_failed = True
            raise RuntimeError("the first attempt")
        return await super().book_time_slot(step)


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OtlpReceiver]:
    async with otlp_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "bookme-test")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield receiver


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


@pytest.fixture
async def tracing(collector: OtlpReceiver) -> AsyncIterator[OpenTelemetry]:
    started = start_tracing("bookme-api")
    assert isinstance(started, OpenTelemetry)
    yield started
    await started.aclose()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allow_private_addresses": True})


@pytest.fixture
async def app(
    engine: Client, database: Database, settings: Settings, tracing: OpenTelemetry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    monkeypatch.setitem(os.environ, "TEMPORAL_ADDRESS", engine.service_client.config.target_host)
    application = create_app(settings, tracing)
    async with lifespan(settings, tracing)(application):
        yield application


@pytest.fixture
async def worker(
    app: FastAPI, settings: Settings, tracing: OpenTelemetry, terms: BookingLimits, notifications: NotificationSettings
) -> AsyncIterator[Client]:
    """A worker of bookings and one of deliveries, with traces on, and the client that they use."""
    client = await connect(settings, tracing=tracing)
    database = Database(settings.database_url.get_secret_value(), pool_size=5)
    tracing.trace_statements(database.engine)
    steps = (
        FailsOnce(database, terms, notifications),
        MeetingActivities(database, terms, notifications),
        MeetingRuns(client, database, settings.task_queue, notifications),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        outside = await stack.enter_async_context(outbound_client(private_too=True, traced=tracing.trace_requests))
        await stack.enter_async_context(make_worker(client, settings.task_queue, *steps))
        requests = WebhookRequests(outside)
        await stack.enter_async_context(make_delivery_worker(client, settings, database, requests, SANDBOX))
        yield client


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(AddRequestId())
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("activities", "api")}
    root.addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


async def journey(client: ApiClient, url: str) -> None:
    """Reserve, book and create a meeting, each under an id of its own, with a webhook for all of it."""

    def under(request_id: str) -> ApiClient:
        return ApiClient(client.http, client.headers | {"X-Request-Id": request_id})

    ok(await client.post("/bookme/webhooks", {"url": url}))
    offered = (await client.search())[0]
    slot = ok(await under(RESERVE).reserve(offered, TOKEN))
    ok(await under(BOOK).book(slot["id"], reservationToken=TOKEN))
    ok(await under(CREATE).create_meeting(slot, title=CUSTOMER, description=CUSTOMER))


async def test_a_trace_follows_each_request_to_its_webhook(
    worker: Client,
    http: httpx.AsyncClient,
    settings: Settings,
    tracing: OpenTelemetry,
    collector: OtlpReceiver,
    receiver: WebhookReceiver,
    log: io.StringIO,
) -> None:
    client = await ApiClient.authorised(http, "demo", EVERY_SCOPE)
    await journey(client, receiver.url)
    relaying = Database(settings.database_url.get_secret_value(), pool_size=1)
    tracing.trace_statements(relaying.engine)
    await RelayActivities(relaying, WebhookRuns(worker, settings.delivery_task_queue).hand_over).relay()
    await relaying.close()
    await eventually(lambda: is_true(len(receiver.received) == 3))
    run = run_of(worker, TOKEN)
    await run.result()
    await asyncio.to_thread(tracing._provider.force_flush)

    spans = list(collector.spans())
    assert collector.services() == {"bookme-test"}
    check_reservation(spans)
    check_steps(spans)
    check_webhooks(spans, receiver)
    check_nothing_is_told(collector, log, client)
    check_log(log)
    description = await run.describe()
    assert await description.memo() == {"RequestId": RESERVE}
    replayer = Replayer(workflows=[BookingWorkflow], workflow_runner=SANDBOX, data_converter=data_converter(Settings()))
    await replayer.replay_workflow(await run.fetch_history())


async def is_true(value: bool) -> bool:
    return value


def trace_of(spans: list[Span], request: str) -> dict[str, Span]:
    """The spans of the trace that this request began, by name."""
    (server,) = (span for span in spans if span.name == request)
    assert not server.parent_span_id
    return {span.name: span for span in spans if span.trace_id == server.trace_id}


def ancestors(span: Span, spans: list[Span]) -> list[str]:
    by_id = {each.span_id: each for each in spans}
    names = [span.name]
    while span.parent_span_id:
        span = by_id[span.parent_span_id]
        names.append(span.name)
    return names


def check_reservation(spans: list[Span]) -> None:
    trace = trace_of(spans, "POST /bookme/time-slots/reserve")
    assert {"RunWorkflow:BookingWorkflow", "HandleUpdate:reserve", "HTTP POST"} <= set(trace)
    step = [
        "RunActivity:reserve_time_slot",
        "StartActivity:reserve_time_slot",
        "StartUpdateWithStartWorkflow:BookingWorkflow",
        "POST /bookme/time-slots/reserve",
    ]
    ways = [ancestors(span, spans)[1:] for span in spans if span.name.startswith("SQL ")]
    assert step in ways, "the statements of the step"
    assert step[-1:] in ways, "the statements of the API"


def check_steps(spans: list[Span]) -> None:
    """The steps of later requests are in the traces of these requests, not in the trace that began the run."""
    for request, step in (
        ("PATCH /bookme/time-slots/{id}", "book_time_slot"),
        ("POST /bookme/meetings", "create_meeting"),
    ):
        trace = trace_of(spans, request)
        done = trace[f"RunActivity:{step}"]
        assert ancestors(done, spans)[-1] == request
        assert any(span.name.startswith("SQL ") and span.parent_span_id == done.span_id for span in spans)
    background = {"RunActivity:deliver_events", "RunWorkflow:WebhookDeliveryWorkflow"}
    assert background.isdisjoint(span.name for span in spans)


def check_webhooks(spans: list[Span], receiver: WebhookReceiver) -> None:
    deliveries = [span for span in spans if span.name == "HTTP POST"]
    told = [f"00-{span.trace_id.hex()}-{span.span_id.hex()}" for span in deliveries]
    assert Counter(told) == Counter(each.headers["traceparent"][:-3] for each in receiver.received)
    requests = Counter(ancestors(span, spans)[-1] for span in deliveries)
    assert requests == {
        "POST /bookme/time-slots/reserve": 1,
        "PATCH /bookme/time-slots/{id}": 1,
        "POST /bookme/meetings": 1,
    }
    assert not any("tracestate" in each.headers or "baggage" in each.headers for each in receiver.received)


def check_nothing_is_told(collector: OtlpReceiver, log: io.StringIO, client: ApiClient) -> None:
    # The line of a failed step names its run, whose id has the reservation token by design.
    written = log.getvalue().replace(workflow_id(BookingKey(client_id="demo", token=TOKEN)), "(an id)")
    secrets = (CUSTOMER, TOKEN, "customer-4711", client.headers["Authorization"].removeprefix("Bearer "))
    for secret in secrets:
        assert not any(secret.encode() in body for body in collector.bodies), "in spans"
        assert secret not in written, "in the log"


def check_log(log: io.StringIO) -> None:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    steps = {line["step"]: line["request"] for line in lines if line["message"] == "step" and "request" in line}
    expected = {"reserve_time_slot": RESERVE, "book_time_slot": BOOK, "create_meeting": CREATE}
    assert expected.items() <= steps.items()
    (failed,) = (line for line in lines if line["level"] == "WARNING" and "the first attempt" in json.dumps(line))
    assert failed["request"] == BOOK
    (access,) = (line for line in lines if line["logger"] == "api.access" and line["request"] == BOOK)
    assert access["route"] == "/bookme/time-slots/{id}"
