"""Nothing is held for ever: not without workers, not without a meeting, not without a run."""

from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.e2e.customer import Customer, accepted, advance
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient, Json
from workflows.booking.messages import BookingStatus

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]


async def until_overdue(topology: Topology, slot: Json) -> None:
    """By the database's clock."""

    async def is_overdue() -> bool:
        alive = "SELECT id FROM time_slot WHERE id = $1 AND hold_expires_at > clock_timestamp()"
        return not await topology.query(alive, UUID(slot["id"]))

    await topology.until(is_overdue)


async def test_a_hold_ends_on_time_while_every_worker_is_dead(topology: Topology, client: ApiClient) -> None:
    await topology.start_worker(reservation_ttl="PT2S")
    customer = await Customer.arrived(client)
    await customer.reserve()
    await topology.end_workers()
    await until_overdue(topology, customer.slot)
    refused = await client.book(customer.slot["id"])
    assert (refused.status_code, refused.json()["reason"]) == (409, "HOLD_EXPIRED")
    offered = await client.search(meetingTypes="online")
    assert customer.slot["startDate"] in {
        offer["startDate"] for offer in offered if offer["employeeId"] == customer.slot["employeeId"]
    }
    await topology.start_worker()
    other = await client.as_another("other")
    taken = accepted(await other.reserve(customer.slot))
    assert taken["id"] != customer.slot["id"]
    assert (await (await topology.booking(customer.slot["id"])).result()).status is BookingStatus.EXPIRED
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.expired"]
    assert accepted(await other.time_slot(taken["id"]))["status"] == "Reserved"


@pytest.mark.parametrize("steps", [1, 2], ids=["Reserved", "Booked"])
async def test_an_operator_cancels_a_booking(topology: Topology, client: ApiClient, steps: int) -> None:
    await topology.standing_worker()
    customer = await Customer.arrived(client, steps=steps)
    await customer.book()
    run = await topology.booking(customer.slot["id"])
    await run.cancel()

    async def has_ended() -> bool:
        return (await run.describe()).status is WorkflowExecutionStatus.CANCELED

    await topology.until(has_ended)
    assert (await topology.stored())["time_slot"] == []
    refused = await client.book(customer.slot["id"])
    assert (refused.status_code, refused.json()["reason"]) == (409, "HOLD_RELEASED")
    assert "operator" in refused.json()["message"]
    accepted(await (await client.as_another("other")).reserve(customer.slot))


class TestInASandbox:
    @pytest.fixture
    def processes(self, sandbox_processes: Topology) -> Topology:
        return sandbox_processes

    async def test_a_booked_time_slot_without_a_meeting_is_offered_again(
        self, topology: Topology, client: ApiClient
    ) -> None:
        await topology.standing_worker()
        customer = await Customer.arrived(client, steps=2)
        await customer.book()
        await advance(client, timedelta(minutes=20))
        assert (await (await topology.booking(customer.slot["id"])).result()).status is BookingStatus.EXPIRED
        assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.booked", "booking.expired"]
        refused = await client.create_meeting(customer.slot)
        assert (refused.status_code, refused.json()["reason"]) == (409, "HOLD_EXPIRED")
        accepted(await (await client.as_another("other")).reserve(customer.slot))

    async def test_the_hold_of_a_terminated_run_ends_at_its_deadline(
        self, topology: Topology, client: ApiClient
    ) -> None:
        await topology.standing_worker()
        customer = await Customer.arrived(client)
        await customer.reserve()
        await (await topology.booking(customer.slot["id"])).terminate("by an operator")
        other = await client.as_another("other")
        refused = await other.reserve(customer.slot)
        assert (refused.status_code, refused.json()["heldUntil"]) == (409, customer.slot["holdExpiresAt"])
        await advance(client, timedelta(minutes=10))
        accepted(await other.reserve(customer.slot))
        assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.expired"]
