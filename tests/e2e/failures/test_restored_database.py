"""PostgreSQL is restored to an earlier moment, while the engine remembers what has happened since."""

import pytest

from domain.errors import Reason
from tests.e2e.customer import Customer, accepted, crowd
from tests.e2e.failures.test_killed_servers import OVERLAPS
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]


async def test_what_is_left_goes_on_and_what_is_lost_can_be_booked_anew(topology: Topology, client: ApiClient) -> None:
    await topology.standing_worker()
    kept, finished, _, lost_hold, _, lost_meeting = await crowd(client, (1, 3, 0, 1, 0, 3))
    await kept.book()
    await finished.book()
    await topology.back_up()

    await kept.take_step(1)
    await kept.take_step(2)
    await lost_hold.book()
    await lost_meeting.book()
    cursor = await last_cursor(client)
    await topology.restore()

    await nothing_is_there_of(client, lost_hold, lost_meeting)
    first_meeting = kept.meeting["id"]
    await kept.take_step(1)
    await kept.take_step(2)
    assert kept.meeting["id"] != first_meeting, "its run had ended; another one made what was lost again"
    assert accepted(await client.get(f"/bookme/meetings/{finished.meeting['id']}")) == finished.meeting

    forgotten = lost_hold.slot["id"]
    await lost_hold.take_step(0)
    assert lost_hold.slot["id"] != forgotten, "what the engine remembers of it is not believed"
    assert accepted(await client.time_slot(lost_hold.slot["id"]))["status"] == "Reserved"
    other = Customer(await client.as_another("other"), [lost_meeting.slot], {}, steps=1)
    await other.book()

    answer = await client.get("/bookme/events", cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (410, "GONE")
    assert await topology.query(OVERLAPS) == []


async def last_cursor(client: ApiClient) -> str:
    """The cursor after everything that has happened, once it is published."""
    answer = await client.get("/bookme/events", limit="500")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["cursor"])


async def nothing_is_there_of(client: ApiClient, hold: Customer, meeting: Customer) -> None:
    """A request for what is lost is told so, and not what the engine remembers."""
    booked = await hold.persistently(lambda: client.book(hold.slot["id"]))
    assert (booked.status_code, booked.json()["reason"]) == (404, Reason.NOT_FOUND)
    seen = await client.get(f"/bookme/meetings/{meeting.meeting['id']}")
    assert (seen.status_code, seen.json()["reason"]) == (404, Reason.NOT_FOUND)
