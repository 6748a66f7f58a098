"""Events reach their webhooks, every one, in order, under one id, whoever is killed in between."""

import asyncio
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.e2e.customer import Customer, accepted, crowd
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient, Json
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.prepare import prepare_temporal

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


@pytest.fixture(autouse=True)
async def relay(topology: Topology) -> None:
    """It was ended with all other runs of the former test."""
    await prepare_temporal(topology.settings(), environment=topology.environment())


async def log_of(client: ApiClient) -> list[Json]:
    events: list[Json] = accepted(await client.get("/bookme/events", limit="500"))["events"]
    return events


class Story:
    """What a receiver got, beside what the log says."""

    def __init__(self, log: list[Json], webhook: Json, receiver: WebhookReceiver) -> None:
        self.log = log
        self.received = receiver.events(webhook["secret"])
        assert [each["id"] for each in self.received] == [request.id for request in receiver.received]

    @property
    def is_complete(self) -> bool:
        return {each["id"] for each in self.received} == {each["id"] for each in self.log} != set()

    @property
    def repeats(self) -> int:
        return len(self.received) - len({each["id"] for each in self.received})

    def told_to(self, token: str) -> list[Json]:
        """What the receiver learns of a booking, when it passes over what it has just seen."""
        told = (each for each in self.received if each["data"]["reservationToken"] == token)
        return [event for event, _ in groupby(told)]

    def of(self, token: str) -> list[Json]:
        return [each for each in self.log if each["data"]["reservationToken"] == token]


async def booked_by_a_crowd(client: ApiClient, steps: tuple[int, ...]) -> list[Customer]:
    customers = await crowd(client, steps)
    await asyncio.gather(*(each.book() for each in customers))
    return customers


async def until_told(topology: Topology, client: ApiClient, webhook: Json, receiver: WebhookReceiver) -> Story:
    log = await log_of(client)

    async def is_complete() -> bool:
        return Story(log, webhook, receiver).is_complete

    await topology.until(is_complete)
    return Story(log, webhook, receiver)


def assert_told_in_order(story: Story, customers: list[Customer]) -> None:
    for customer in customers:
        assert story.told_to(customer.token) == story.of(customer.token) != []


@pytest.mark.parametrize("moment", ["published", "handed_over", "answered"])
async def test_every_event_arrives_in_order_though_the_worker_was_killed(
    topology: Topology, client: ApiClient, receiver: WebhookReceiver, tmp_path: Path, moment: str
) -> None:
    module = ("tests.e2e.programs.dying_relay", moment, str(tmp_path / "struck"))
    worker = await topology.start_worker(module=module)
    webhook = accepted(await client.post("/bookme/webhooks", {"url": receiver.url}))
    booking = asyncio.create_task(booked_by_a_crowd(client, (3, 3, 2)))
    assert await topology.ended(worker) == -9
    await topology.end_workers()
    await topology.start_worker()
    customers = await booking
    story = await until_told(topology, client, webhook, receiver)
    assert_told_in_order(story, customers)
    if moment == "answered":
        assert story.repeats > 0, "what was answered and not noted is sent again"


async def test_a_receiver_that_is_down_gets_everything_in_order_afterwards(
    topology: Topology, client: ApiClient, receiver: WebhookReceiver
) -> None:
    await topology.start_worker()
    receiver.answers = ["500 Down"] * 2
    webhook = accepted(await client.post("/bookme/webhooks", {"url": receiver.url}))
    customers = await booked_by_a_crowd(client, (3, 3))
    story = await until_told(topology, client, webhook, receiver)
    assert_told_in_order(story, customers)
    assert story.repeats == 2


async def test_deliveries_wait_for_a_worker_of_their_own(
    topology: Topology, client: ApiClient, receiver: WebhookReceiver
) -> None:
    """Two processes in place of one: bookings go on without the other one, and nothing is lost."""
    await topology.start_worker(worker_role="bookings")
    webhook = accepted(await client.post("/bookme/webhooks", {"url": receiver.url}))
    (customer,) = await booked_by_a_crowd(client, (3,))

    async def is_handed_over() -> bool:
        waiting = await topology.query("SELECT 1 FROM webhook_delivery WHERE handed_over_at IS NOT NULL")
        return len(waiting) == 3

    await topology.until(is_handed_over)
    assert receiver.received == []
    await topology.start_worker(alone=False, worker_role="deliveries")
    assert_told_in_order(await until_told(topology, client, webhook, receiver), [customer])
