"""The holds that exist now, and the addresses of runs."""

from uuid import UUID

import pytest
from temporalio.client import Client

from admin.connections import Connections
from admin.documents import Holds
from admin.holds import list_holds
from admin.run_links import NoRun, run_links
from admin.story.question import Question
from config.ports import free_port
from config.settings import Settings
from config.temporal import connect
from storage.database import Database
from tests.integration.admin.reading.support import TOKEN, UI, Booking, booked, do, find_token, made, reserved
from tests.integration.api.support import UNKNOWN, ok
from tests.support.clients import ApiClient
from workflows.common.runs import delivery_workflow_id, meeting_workflow_id

WORKFLOWS = f"{UI}/namespaces/default/workflows"


@pytest.fixture
def opened(database: Database, engine: Client) -> Connections:
    return Connections(database, engine)


async def listed(
    opened: Connections, client_id: str | None = None, *, is_overdue: bool = False, limit: int = 9
) -> Holds:
    return await list_holds(opened, UI, client_id=client_id, is_overdue=is_overdue, limit=limit)


async def test_live_and_overdue_holds(
    client: ApiClient, opened: Connections, database: Database, booking: Booking
) -> None:
    slot, later = await reserved(client), await booked(await client.as_another("other"), "another", 3)
    await made(client, "a-meeting", 5)
    found = await listed(opened)
    assert found.time_zone == "Europe/Copenhagen"
    assert [str(each.time_slot_id) for each in found.holds] == [slot["id"], later["id"]], "by deadline"
    hold = found.holds[0]
    assert (hold.client_id, hold.token, hold.status, hold.employee) == (
        booking.client_id,
        TOKEN,
        "Reserved",
        "Freja Lindqvist",
    )
    assert 240 < hold.seconds_left <= 300
    assert (hold.run.workflow_id, hold.run.url) == (booking.workflow_id, f"{WORKFLOWS}/{booking.workflow_id}")
    assert [each.token for each in (await listed(opened, "other")).holds] == ["another"]
    assert (await listed(opened, is_overdue=True)).holds == []
    await do(database, "UPDATE time_slot SET hold_expires_at = now() - interval '20 s' WHERE client_id = 'other'")
    (overdue,) = (await listed(opened, is_overdue=True)).holds
    assert (overdue.client_id, overdue.seconds_left < -15) == ("other", True)
    one = await listed(opened, limit=1)
    assert (len(one.holds), one.is_cut, (await listed(opened, limit=2)).is_cut) == (1, True, False)


async def test_attendee_slots_are_no_holds_of_their_own(
    client: ApiClient, opened: Connections, database: Database
) -> None:
    slot = await reserved(client)
    await do(
        database,
        "INSERT INTO time_slot (id, start_at, end_at, status, employee_id, booking_key, version, hold_expires_at,"
        " client_id, companion_of, created_at, modified_at) SELECT gen_random_uuid(), start_at, end_at, status,"
        " employee_id, booking_key, 1, hold_expires_at, client_id, id, created_at, modified_at FROM time_slot",
    )
    assert [str(each.time_slot_id) for each in (await listed(opened)).holds] == [slot["id"]]


class TestLinks:
    @pytest.mark.parametrize("is_named", [True, False])
    async def test_of_a_token(self, client: ApiClient, opened: Connections, booking: Booking, is_named: bool) -> None:
        await reserved(client)
        (link,) = (await run_links(opened, UI, find_token(client_id=booking.client_id if is_named else None))).runs
        assert link.url == f"{WORKFLOWS}/{booking.workflow_id}/{link.run_id}/history"
        assert (link.workflow_type, link.status) == ("BookingWorkflow", "Running")

    async def test_of_a_time_slot_and_its_meeting(
        self, client: ApiClient, opened: Connections, booking: Booking
    ) -> None:
        meeting = await made(client)
        asked = Question(time_slot_id=UUID(meeting["timeSlotId"]))
        assert [each.workflow_id for each in (await run_links(opened, UI, asked)).runs] == [booking.workflow_id]
        title = [{"op": "replace", "path": "/title", "value": "New"}]
        ok(await client.http.patch(f"/bookme/meetings/{meeting['id']}", json=title, headers=client.headers))
        name = meeting_workflow_id(UUID(meeting["id"]))
        assert [each.workflow_id for each in (await run_links(opened, UI, asked)).runs] == [booking.workflow_id, name]
        (link,) = (await run_links(opened, UI, Question(meeting_id=UUID(meeting["id"])))).runs
        assert link.workflow_id == name

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (find_token(client_id="nobody"), "Temporal has no run booking-nobody~~web~3A2026~2F11~20~C3~A4~25."),
            (Question(token="never"), "No booking fits this."),
            (Question(meeting_id=UUID(UNKNOWN)), f"Temporal has no run meeting-{UNKNOWN}."),
            (Question(client_id="nobody"), "Temporal has no run deliveries-nobody."),
        ],
    )
    async def test_of_nothing(self, opened: Connections, asked: Question, said: str) -> None:
        with pytest.raises(NoRun) as told:
            await run_links(opened, UI, asked)
        assert str(told.value) == said

    async def test_without_the_engine_the_address_is_known(self, database: Database, settings: Settings) -> None:
        nowhere = await connect(settings, lazy=True, environment={"TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}"})
        (link,) = (await run_links(Connections(database, nowhere), UI, Question(client_id="a/b"))).runs
        assert (link.workflow_id, link.run_id) == (delivery_workflow_id("a/b"), None)
        assert link.url == f"{WORKFLOWS}/deliveries-a~2Fb"
