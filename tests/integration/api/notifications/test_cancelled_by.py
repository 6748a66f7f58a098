"""Events of released bookings and cancelled meetings say who ended them, and why."""

from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client

from config.settings import Settings
from domain.messages.meeting import OpenMeeting
from storage.bookings import time_slots
from storage.bookings.events import EventKind, append_event
from storage.database import Database
from tests.integration.api.support import EVERY_SCOPE, eventually, new_token, ok, problem, run_of
from tests.support.clients import ApiClient, Json, reservation
from workflows.common.runs import MEETING_WORKFLOW, meeting_run_options
from workflows.meeting.messages import StartMeeting

REASON = "The branch is closed"


async def last(client: ApiClient, kind: EventKind) -> Json:
    """The data of the last event of this type, as soon as there is one."""
    found: list[Json] = []

    async def is_there() -> bool:
        found[:] = ok(await client.get("/bookme/events", types=kind))["events"]
        return bool(found)

    await eventually(is_there)
    data: Json = found[-1]["data"]
    return data


def ending(data: Json) -> dict[str, Any]:
    return {name: data[name] for name in ("cause", "cancelledBy", "reason") if name in data}


async def staff_of(client: ApiClient) -> ApiClient:
    return await client.as_another("back office", EVERY_SCOPE)


async def cancel(client: ApiClient, meeting: Json, **query: str) -> None:
    ok(await client.http.delete(f"/bookme/meetings/{meeting['id']}", params=query, headers=client.headers))


async def run_of_meeting(engine: Client, settings: Settings, meeting: Json) -> None:
    opening = OpenMeeting(
        meeting_id=UUID(meeting["id"]),
        client_id="demo",
        employee_id=UUID(meeting["employeeId"]),
        start=meeting["startDate"],
        end=meeting["endDate"],
    )
    start = StartMeeting(meeting_id=opening.meeting_id)
    options = meeting_run_options(opening)
    await engine.start_workflow(MEETING_WORKFLOW, start, task_queue=settings.task_queue, **options)


class TestAReleasedBooking:
    async def test_by_its_client(self, client: ApiClient) -> None:
        await client.give_back((await client.reserved())["id"])
        assert ending(await last(client, EventKind.RELEASED)) == {"cause": "released", "cancelledBy": "client"}

    async def test_by_staff(self, client: ApiClient) -> None:
        staff, booked = await staff_of(client), await client.booked()
        await staff.give_back(booked["id"])
        assert problem(await client.book(booked["id"]), 409, "HOLD_RELEASED")["how"] == "given back by staff"
        assert ending(await last(client, EventKind.RELEASED)) == {"cause": "released", "cancelledBy": "staff"}

    async def test_by_staff_that_owns_it(self, client: ApiClient) -> None:
        staff = await staff_of(client)
        await staff.give_back((await staff.reserved())["id"])
        assert ending(await last(staff, EventKind.RELEASED)) == {"cause": "released", "cancelledBy": "client"}

    async def test_replaced(self, client: ApiClient) -> None:
        first, second = (await client.search())[0], (await client.search())[-1]
        token = new_token()
        ok(await client.reserve(first, token))
        ok(await client.reserve(second, token))
        assert ending(await last(client, EventKind.RELEASED)) == {"cause": "replaced", "cancelledBy": "client"}

    async def test_by_a_cancelled_run(self, client: ApiClient, engine: Client) -> None:
        token = new_token()
        ok(await client.reserve((await client.search())[0], token))
        await run_of(engine, token).cancel()
        assert ending(await last(client, EventKind.RELEASED)) == {"cause": "cancelled", "cancelledBy": "operator"}

    async def test_held_to_move_a_cancelled_meeting(self, client: ApiClient) -> None:
        meeting = ok(await client.create_meeting(await client.booked(meetingTypes="online")))
        later = (await client.search(explicitEmployeeIds=meeting["employeeId"], meetingTypes="online"))[-1]
        held = reservation(later) | {"existingMeetingId": meeting["id"]}
        ok(await client.post("/bookme/time-slots/reserve", held))
        await cancel(client, meeting, reason=REASON)
        released = await last(client, EventKind.RELEASED)
        assert ending(released) == {"cause": "meeting_cancelled", "cancelledBy": "client", "reason": REASON}


class TestACancelledMeeting:
    @pytest.mark.parametrize("query", [{}, {"reason": REASON}])
    async def test_by_its_client(self, client: ApiClient, query: dict[str, str]) -> None:
        await cancel(client, ok(await client.create_meeting(await client.booked())), **query)
        assert ending(await last(client, EventKind.MEETING_CANCELLED)) == {"cancelledBy": "client", **query}

    async def test_by_staff(self, client: ApiClient) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        await cancel(await staff_of(client), meeting, reason=REASON)
        expected = {"cancelledBy": "staff", "reason": REASON}
        assert ending(await last(client, EventKind.MEETING_CANCELLED)) == expected

    async def test_by_a_cancelled_run(self, client: ApiClient, engine: Client, settings: Settings) -> None:
        meeting = ok(await client.create_meeting(await client.booked()))
        await run_of_meeting(engine, settings, meeting)
        await engine.get_workflow_handle(f"meeting-{meeting['id']}").cancel()
        expected = {"cancelledBy": "operator", "reason": "cancelled by an operator"}
        assert ending(await last(client, EventKind.MEETING_CANCELLED)) == expected


async def test_an_event_from_before_is_still_read(client: ApiClient, database: Database) -> None:
    held = await client.reserved()
    async with database.transaction() as session:
        slot = await time_slots.find(session, UUID(held["id"]))
        assert slot is not None
        await append_event(session, EventKind.RELEASED, slot, cause="released")
    assert ending(await last(client, EventKind.RELEASED)) == {"cause": "released"}
