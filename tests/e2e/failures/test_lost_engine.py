"""The engine loses its database: every booking, meeting and delivery goes on from what PostgreSQL has."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from storage.notifications.webhooks import DeliveryStatus
from tests.e2e.customer import Customer, accepted, advance, crowd
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.prepare import prepare_temporal
from workflows.common.runs import meeting_workflow_id

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]

MINUTE = 60.0


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


@pytest.fixture
def processes(sandbox_processes: Topology) -> Topology:
    return sandbox_processes


@pytest.fixture(autouse=True)
async def worker(topology: Topology) -> AsyncIterator[None]:
    await prepare_temporal(topology.settings(), environment=topology.environment())
    await topology.start_worker(reminders='["P60D"]')
    yield
    await topology.end_workers()
    await topology.pause_schedules()


async def test_everything_goes_on_from_the_database(
    topology: Topology, client: ApiClient, receiver: WebhookReceiver
) -> None:
    reserved, left_alone, booked, planned = await crowd(client, (1, 1, 2, 3))
    for customer in (reserved, left_alone, booked, planned):
        await customer.book()
    await topology.until_runs(meeting_workflow_id(UUID(planned.meeting["id"])))
    # As the sweep notes it: only a look at the engine shows that the run is gone.
    await topology.query("UPDATE meeting SET run_opened_at = now() - interval '1 hour'")
    receiver.status = "503 Down"
    webhook = accepted(await client.post("/bookme/webhooks", {"url": receiver.url}))
    pending = await waiting_delivery(topology, client, receiver)

    await topology.lose_the_engine()
    receiver.status = "204 No Content"
    lost_at = time.monotonic()
    await booked.take_step(2)
    await reserved.take_step(1)
    await reserved.take_step(2)
    await pending.give_back()

    async def is_delivered() -> bool:
        left = await topology.query("SELECT id FROM webhook_delivery WHERE status = $1", DeliveryStatus.PENDING)
        return not left and bool(receiver.events(webhook["secret"]))

    await topology.until(is_delivered)
    assert time.monotonic() - lost_at < 2 * MINUTE
    await topology.until_runs(meeting_workflow_id(UUID(planned.meeting["id"])))

    async def has_expired() -> bool:
        return (await topology.told(left_alone.slot["id"]))[-1] == "booking.expired"

    await advance(client, timedelta(minutes=10))
    await topology.until(has_expired)
    assert await topology.told(reserved.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    assert await topology.told(booked.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    assert await topology.told(pending.slot["id"]) == ["booking.reserved", "booking.released"]


async def waiting_delivery(topology: Topology, client: ApiClient, receiver: WebhookReceiver) -> Customer:
    """One whose reservation could not be delivered at the first attempt."""
    customer = await Customer.arrived(client, steps=1)
    await customer.book()

    async def was_attempted() -> bool:
        return bool(receiver.received)

    await topology.until(was_attempted)
    return customer


async def test_a_terminated_booking_goes_on_with_the_next_request(topology: Topology, client: ApiClient) -> None:
    (customer,) = await crowd(client, (1,))
    await customer.book()
    await (await topology.booking(customer.slot["id"])).terminate("by an operator")
    await customer.take_step(1)
    await (await topology.booking(customer.slot["id"])).terminate("by an operator")
    await customer.take_step(2)
    assert not customer.refused_for_now
    assert (await topology.stored())["meeting"]


async def test_a_terminated_booking_can_be_given_back(topology: Topology, client: ApiClient) -> None:
    (customer,) = await crowd(client, (1,))
    await customer.book()
    await (await topology.booking(customer.slot["id"])).terminate("by an operator")
    await customer.give_back()
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.released"]
