"""Temporal is restored to an earlier moment, alone or together with PostgreSQL."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.e2e.customer import Customer, accepted, crowd
from tests.e2e.failures.test_killed_servers import OVERLAPS
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]


@pytest.fixture
async def client(topology: Topology) -> AsyncIterator[ApiClient]:
    """Holds expire soon, so that every run ends while the test waits."""
    await topology.start_worker(reservation_ttl="PT20S", booked_ttl="PT30S")
    async with httpx.AsyncClient(base_url=topology.url, trust_env=False, timeout=30) as http:
        yield await ApiClient.authorised(http, "demo")
    await topology.end_workers()
    await topology.pause_schedules()


async def all_runs_end(topology: Topology) -> None:
    await topology.until(topology.no_booking_is_open)
    assert await topology.query("SELECT id FROM time_slot WHERE hold_expires_at < now() - interval '10 s'") == []


async def test_an_older_engine_loses_nothing(topology: Topology, client: ApiClient) -> None:
    """Of bookings that went on after the backup, one by one step, its runs remember less than the database."""
    went_on, given_back, finished = await crowd(client, (1, 1, 3))
    for customer in (went_on, given_back, finished):
        await customer.book()
    await topology.back_up_engine()
    await went_on.take_step(1)
    await went_on.take_step(2)
    await given_back.give_back()
    began_later = await Customer.arrived(client, steps=2)
    await began_later.book()
    held_later = await Customer.arrived(client, steps=1)
    await held_later.book()
    before = await topology.stored()

    await topology.restore_engine()
    await began_later.take_step(2)
    await all_runs_end(topology)

    after = await topology.stored()
    lost = [meeting for meeting in before["meeting"] if meeting not in after["meeting"]]
    assert lost == [], "no meeting is lost"
    assert [
        event for event in before["booking_event"] if event["id"] not in {each["id"] for each in after["booking_event"]}
    ] == []
    assert len(after["meeting"]) == 3
    assert await topology.told(went_on.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    assert await topology.told(given_back.slot["id"]) == ["booking.reserved", "booking.released"]
    assert await topology.told(held_later.slot["id"]) == ["booking.reserved", "booking.expired"]
    assert accepted(await client.get(f"/bookme/meetings/{went_on.meeting['id']}")) == went_on.meeting
    assert await topology.query(OVERLAPS) == []


async def test_both_older_lose_what_came_after_the_backup(topology: Topology, client: ApiClient) -> None:
    """Three changes came after the backup: two meetings and a hold. Exactly these are lost."""
    kept, went_on = await crowd(client, (3, 1))
    await kept.book()
    await went_on.book()
    await topology.back_up()
    await topology.back_up_engine()
    stored = await topology.stored()
    await went_on.take_step(1)
    await went_on.take_step(2)
    lost_meeting, lost_hold = await crowd(client, (3, 1))
    await lost_meeting.book()
    await lost_hold.book()

    await topology.restore()
    await topology.restore_engine()

    assert [row["id"] for row in (await topology.stored())["meeting"]] == [row["id"] for row in stored["meeting"]]
    assert accepted(await client.get(f"/bookme/meetings/{kept.meeting['id']}")) == kept.meeting
    other = Customer(await client.as_another("other"), [lost_meeting.slot], {}, steps=1)
    await other.book()
    again = await Customer.arrived(client)
    await again.book()
    await all_runs_end(topology)
    assert len((await topology.stored())["meeting"]) == len(stored["meeting"]) + 1
    assert await topology.query(OVERLAPS) == []
