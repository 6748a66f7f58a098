import pytest
from icalendar import Calendar

from devstack.postgres import RUNNING_ROLE
from tests.e2e.customer import Customer
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient
from workflows.booking.messages import BookingStatus

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("e2e")]


async def test_the_journey_works_with_each_part_a_process_of_its_own(topology: Topology, client: ApiClient) -> None:
    """One test, so that only one process of the tests starts the servers for it."""
    await topology.standing_worker()
    assert (await client.http.get("/health/ready")).json() == {"status": "ready", "database": "up", "engine": "up"}
    customer = await Customer.arrived(client)
    await customer.book()
    answer = await client.post(f"/bookme/meetings/{customer.meeting['id']}/ical", {}, Accept="text/calendar")
    assert Calendar.from_ical(answer.content).events[0]["UID"] == f"{customer.meeting['id']}@bookme"
    ending = await (await topology.booking(customer.slot["id"])).result()
    assert (ending.status, str(ending.meeting_id)) == (BookingStatus.MEETING_CREATED, customer.meeting["id"])
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    roles = await topology.query("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'bookme'")
    assert [row["usename"] for row in roles] == [RUNNING_ROLE]
