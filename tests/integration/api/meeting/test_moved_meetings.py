"""Meetings that are moved over HTTP, in one request or step by step."""

import asyncio
from functools import partial

import pytest
from temporalio.client import Client

from storage.database import Database
from tests.integration.api.meeting.changed_meetings import (
    FREJAS,
    PATH,
    cancel,
    change,
    made,
    move,
    replace,
    shown,
    target,
)
from tests.integration.api.support import (
    FREJA,
    INGRID,
    UNKNOWN,
    answered,
    new_token,
    ok,
    problem,
    rows,
    run_of,
    settled,
)
from tests.support.clients import ApiClient, Json, reservation


class TestMoving:
    @pytest.fixture
    async def other(self, client: ApiClient) -> Json:
        """A time slot that overlaps that of the first meeting."""
        slots = await client.search(**FREJAS)
        assert slots[1]["startDate"] < slots[0]["endDate"]
        return slots[1]

    async def test_in_one_go(self, client: ApiClient, other: Json, database: Database) -> None:
        offered = await client.search(**FREJAS)
        meeting = await made(client)
        answer = await move(client, meeting["id"], target(other))
        moved = ok(answer)
        assert moved == meeting | {
            "startDate": other["startDate"],
            "endDate": other["endDate"],
            "timeSlotId": moved["timeSlotId"],
            "sequence": 1,
            "dateModified": moved["dateModified"],
        }
        assert answer.headers["ETag"] == '"1"'
        assert ok(await shown(client, meeting["id"])) == moved
        assert (await rows(database))["time_slot"] == 1
        ok(await cancel(client, meeting["id"]))
        assert await client.search(**FREJAS) == offered

    async def test_to_another_employee_and_for_longer_or_shorter(self, client: ApiClient) -> None:
        meeting = await made(client)
        slots = await client.search(explicitEmployeeIds=INGRID, meetingTypes="online", meetingDuration="00:30:00")
        moved = ok(await move(client, meeting["id"], target(slots[0])))
        assert (moved["employeeId"], moved["endDate"]) == (INGRID, slots[0]["endDate"])

    async def test_what_is_not_said_stays(self, client: ApiClient, other: Json) -> None:
        meeting = await made(client)
        moved = ok(await move(client, meeting["id"], {"startDate": other["startDate"]}))
        assert (moved["endDate"], moved["employeeId"]) == (other["endDate"], FREJA)

    async def test_again_is_the_same(self, client: ApiClient, other: Json) -> None:
        meeting = await made(client)
        first = ok(await move(client, meeting["id"], target(other)))
        assert ok(await move(client, meeting["id"], target(other))) == first

    async def test_to_a_time_that_is_taken_it_stays_where_it_is(self, client: ApiClient) -> None:
        meeting, there = await made(client), await made(client, number=2)
        told = problem(await move(client, meeting["id"], target(there)), 409, "TIME_SLOT_TAKEN")
        assert told["blockedBy"] == "employee"
        assert ok(await shown(client, meeting["id"])) == meeting
        assert ok(await client.time_slot(meeting["timeSlotId"]))["status"] == "Booked"

    async def test_outside_working_hours(self, client: ApiClient) -> None:
        meeting = await made(client)
        night = meeting["startDate"].replace(meeting["startDate"][10:16], "T01:00")
        problem(await move(client, meeting["id"], {"startDate": night}), 409, "NOT_OFFERED")
        assert ok(await shown(client, meeting["id"])) == meeting

    async def test_two_meetings_to_one_place_at_once(self, client: ApiClient, database: Database) -> None:
        one, two = await made(client), await made(client, number=1)
        there = (await client.search(**FREJAS))[4]
        moves = (partial(move, client, each["id"], target(there)) for each in (one, two))
        answers = await asyncio.gather(*map(settled, moves))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert (await rows(database))["time_slot"] == 2

    async def test_step_by_step(self, client: ApiClient, other: Json, engine: Client, database: Database) -> None:
        meeting = await made(client)
        token = new_token()
        body = reservation(other, token) | {"existingMeetingId": meeting["id"]}
        held = ok(await client.post("/bookme/time-slots/reserve", body))
        problem(await change(client, meeting["id"], *replace(timeSlotId=held["id"])), 409, "TIME_SLOT_NOT_BOOKED")
        ok(await client.book(held["id"]))
        moved = ok(await change(client, meeting["id"], *replace(timeSlotId=held["id"], title="Moved")))
        assert moved == meeting | {
            "startDate": other["startDate"],
            "endDate": other["endDate"],
            "timeSlotId": held["id"],
            "title": "Moved",
            "sequence": 1,
            "dateModified": moved["dateModified"],
        }
        assert (await rows(database))["time_slot"] == 1
        ending = await run_of(engine, token).result()
        assert (ending.status, str(ending.meeting_id)) == ("MeetingCreated", meeting["id"])

    async def test_to_a_time_slot_that_was_not_reserved_for_it(self, client: ApiClient) -> None:
        meeting = await made(client)
        slot = (await client.search(**FREJAS))[3]
        booked = ok(await client.book(ok(await client.reserve(slot))["id"]))
        told = problem(await change(client, meeting["id"], *replace(timeSlotId=booked["id"])), 409, "MEETING_MISMATCH")
        assert told["field"] == "timeSlotId"
        problem(await change(client, meeting["id"], *replace(timeSlotId=UNKNOWN)), 404, "NOT_FOUND")

    async def test_a_time_slot_reserved_to_move_a_meeting_makes_no_second_one(
        self, client: ApiClient, other: Json
    ) -> None:
        meeting = await made(client)
        body = reservation(other) | {"existingMeetingId": meeting["id"]}
        held = await answered(partial(client.post, "/bookme/time-slots/reserve", body))
        booked = ok(await client.book(held["id"]))
        told = problem(await client.create_meeting(booked), 409, "MEETING_MISMATCH")
        assert told["field"] == "timeSlotId"


async def test_what_was_asked_of_its_time_slot_before(client: ApiClient) -> None:
    """A repeat that comes late makes nothing anew, and is told why."""
    moved, cancelled = await made(client), await made(client, number=2)
    ok(await move(client, moved["id"], target((await client.search(**FREJAS))[-1])))
    ok(await cancel(client, cancelled["id"]))
    for meeting, how in ((moved, "moved"), (cancelled, "cancelled")):
        told = problem(await client.book(meeting["timeSlotId"]), 409, "HOLD_RELEASED")
        assert told["how"] == f"freed when its meeting was {how}"
        assert told.get("meetingId") == (meeting["id"] if how == "moved" else None)
        assert ("Reserve a time slot again" in told["message"]) == (how == "cancelled"), "no advice that books twice"
        content = await client.meeting({"id": meeting["timeSlotId"], "employeeId": FREJA})
        problem(await client.post(PATH, content), 409, "HOLD_RELEASED")


async def test_moving_it_to_one_of_its_people_step_by_step(client: ApiClient) -> None:
    meeting = await made(client)
    ok(await change(client, meeting["id"], *replace(additionalEmployees=[INGRID])))
    slot = (await client.search(explicitEmployeeIds=INGRID, meetingTypes="online"))[-1]
    body = reservation(slot) | {"existingMeetingId": meeting["id"]}
    booked = ok(await client.book(ok(await client.post("/bookme/time-slots/reserve", body))["id"]))
    moved = ok(await change(client, meeting["id"], *replace(timeSlotId=booked["id"])))
    assert (moved["employeeId"], moved["additionalEmployees"]) == (INGRID, [])
