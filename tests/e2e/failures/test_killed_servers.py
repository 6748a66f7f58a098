"""kill -9 of Temporal, and of PostgreSQL, in the middle of many bookings at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import httpx
import pytest

from devstack.processes import until
from tests.e2e.customer import Customer, advance, crowd
from tests.e2e.topology import PATIENCE, Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]

HOW_FAR: Final = [3, 3, 3, 1, 3, 2] * 5
"""Of thirty customers, five only reserve and five never create their meeting."""

STORIES: Final = {
    1: ["booking.reserved"],
    2: ["booking.reserved", "booking.booked"],
    3: ["booking.reserved", "booking.booked", "meeting.created"],
}
OVERLAPS: Final = """
    SELECT one.id FROM time_slot one JOIN time_slot other ON one.id < other.id
    AND (one.employee_id = other.employee_id OR one.room_id = other.room_id)
    AND tstzrange(one.start_at, one.end_at) && tstzrange(other.start_at, other.end_at)
"""


async def in_the_middle_of(customers: Sequence[Customer], happens: Callable[[], Awaitable[None]]) -> None:
    """It happens when a third of them holds a time slot; then they all reach what they came for."""

    async def a_third_holds_a_time_slot() -> bool:
        return sum(bool(customer.slot) for customer in customers) >= len(customers) // 3

    async with asyncio.TaskGroup() as group:
        bookings = [group.create_task(customer.book()) for customer in customers]
        await until(a_third_holds_a_time_slot, PATIENCE)
        assert not all(booking.done() for booking in bookings)
        await happens()


async def assert_each_has_what_it_was_told(topology: Topology, customers: Sequence[Customer]) -> None:
    stored = await topology.stored()
    slots = {str(slot["id"]): str(slot["status"]) for slot in stored["time_slot"]}
    assert slots == {customer.slot["id"]: customer.slot["status"] for customer in customers}
    meetings = {str(meeting["id"]): str(meeting["time_slot_id"]) for meeting in stored["meeting"]}
    assert meetings == {guest.meeting["id"]: guest.slot["id"] for guest in customers if guest.meeting}
    assert await topology.query(OVERLAPS) == []
    for customer in customers:
        assert await topology.told(customer.slot["id"]) == STORIES[customer.steps]


async def assert_the_unfinished_expire(topology: Topology, client: ApiClient, customers: Sequence[Customer]) -> None:
    await advance(client, timedelta(minutes=20))
    await topology.until(topology.no_booking_is_open)
    stored = await topology.stored()
    finished = {customer.slot["id"] for customer in customers if customer.meeting}
    assert {str(slot["id"]) for slot in stored["time_slot"]} == finished
    for customer in customers:
        if not customer.meeting:
            assert await topology.told(customer.slot["id"]) == [*STORIES[customer.steps], "booking.expired"]


class TestTemporal:
    @pytest.fixture
    def processes(self, sandbox_processes: Topology) -> Topology:
        return sandbox_processes

    async def test_is_killed_among_thirty_bookings(self, topology: Topology, client: ApiClient) -> None:
        await topology.standing_worker()
        customers = await crowd(client, HOW_FAR)

        async def some_meet_trouble() -> bool:
            return any(customer.refused_for_now for customer in customers)

        async def it_is_killed() -> None:
            topology.temporal.kill()
            await topology.until(some_meet_trouble)
            await topology.restart_temporal()

        await in_the_middle_of(customers, it_is_killed)
        assert_they_were_told_when_to_come_again(customers)
        await assert_each_has_what_it_was_told(topology, customers)
        await assert_the_unfinished_expire(topology, client, customers)


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_postgresql_is_restarted_among_thirty_bookings(topology: Topology, client: ApiClient, how: str) -> None:
    await topology.standing_worker()
    customers = await crowd(client, HOW_FAR)

    async def search_is_unavailable() -> bool:
        answer = await client.get("/bookme/time-slots/available", requireEmployeeParticipation="false")
        assert answer.status_code in {200, 503}
        return answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0

    async def it_ends() -> None:
        await getattr(topology.postgres, how)()
        await topology.until(search_is_unavailable)
        await topology.postgres.start()

    await in_the_middle_of(customers, it_ends)
    assert_they_were_told_when_to_come_again(customers)
    await assert_each_has_what_it_was_told(topology, customers)
    await asyncio.gather(*(customer.give_back() for customer in customers if not customer.meeting))
    await topology.until(topology.no_booking_is_open)
    assert len((await topology.stored())["time_slot"]) == HOW_FAR.count(3)


def assert_they_were_told_when_to_come_again(customers: Sequence[Customer]) -> None:
    refusals: list[httpx.Response] = [answer for customer in customers for answer in customer.refused_for_now]
    assert refusals
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refusals)
