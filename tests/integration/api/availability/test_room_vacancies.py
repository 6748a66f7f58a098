"""`GET /bookme/room-vacancies`: the rooms that are free during a time slot."""

from typing import Final

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from storage.database import Database
from tests.integration.api.support import EVERY_SCOPE, FREJA, ROOM, UNKNOWN, ok, problem
from tests.integration.storage.transactions import statements
from tests.support.clients import ApiClient, Json

PATH: Final = "/bookme/room-vacancies"
CITY: Final = "copenhagen-city"
IN_THE_CITY: Final = {"meetingTypes": "physical", "meetingLocation": CITY, "requireRoom": "true"}


async def asked(client: ApiClient, slot: Json, location: str = CITY) -> httpx.Response:
    return await client.get(PATH, location=location, timeSlotId=slot["id"])


async def vacant(client: ApiClient, slot: Json, location: str = CITY) -> list[str]:
    answer = await asked(client, slot, location)
    assert answer.status_code == 200, answer.text
    return [room["id"] for room in answer.json()]


async def bookable(client: ApiClient, location: str = CITY) -> list[str]:
    rooms = (await client.get("/config/rooms")).json()
    there = [room for room in rooms if room["location"] == location and room["canBeBooked"]]
    return [room["id"] for room in sorted(there, key=lambda room: room["name"])]


async def test_are_all_when_nothing_is_booked(client: ApiClient) -> None:
    slot = await client.reserved(meetingTypes="online")
    rooms = await bookable(client)
    assert ROOM in rooms
    assert await vacant(client, slot) == rooms
    (room,) = [room for room in (await asked(client, slot)).json() if room["id"] == ROOM]
    assert room == ok(await client.get(f"/config/rooms/{ROOM}"))


async def test_have_the_room_of_the_time_slot_itself_and_not_that_of_another(client: ApiClient) -> None:
    slots = await client.search(getBestTimeSlots="false", **IN_THE_CITY)
    first = slots[0]
    second = next(
        slot for slot in slots if slot["startDate"] == first["startDate"] and slot["employeeId"] != first["employeeId"]
    )
    rooms = await bookable(client)
    mine = ok(await client.reserve(first | {"roomId": rooms[0]}))
    theirs = ok(await client.reserve(second | {"roomId": rooms[1]}))
    assert await vacant(client, mine) == [room for room in rooms if room != rooms[1]]
    assert await vacant(client, theirs) == [room for room in rooms if room != rooms[0]]
    ok(await client.book(mine["id"]))
    assert await vacant(client, theirs) == [room for room in rooms if room != rooms[0]]
    assert (await client.give_back(mine["id"])).status_code == 204
    assert await vacant(client, theirs) == rooms


async def test_elsewhere(client: ApiClient) -> None:
    slot = await client.reserved(**IN_THE_CITY)
    for location in {room["location"] for room in (await client.get("/config/rooms")).json()} - {CITY}:
        assert await vacant(client, slot, location) == await bookable(client, location)


async def test_leave_out_rooms_that_are_busy_for_another_reason(client: ApiClient) -> None:
    slot = await client.reserved(meetingTypes="online", explicitEmployeeIds=FREJA)
    staff = await client.as_another("staff", EVERY_SCOPE)
    other = next(each for each in (await client.get("/config/employees")).json() if each["id"] != slot["employeeId"])
    body = {name: slot[name] for name in ("startDate", "endDate")} | {"status": "Busy", "employeeId": other["id"]}
    ok(await staff.post("/bookme/time-slots", body | {"roomId": ROOM}))
    assert ROOM not in await vacant(client, slot)
    assert ROOM in await bookable(client)


async def test_an_overdue_hold_takes_none(client: ApiClient, database: Database) -> None:
    slots = await client.search(getBestTimeSlots="false", **IN_THE_CITY)
    held = ok(await client.reserve(slots[0]))
    second = next(
        slot
        for slot in slots
        if slot["startDate"] == held["startDate"] and slot["employeeId"] != held["employeeId"] and slot["roomId"]
    )
    mine = ok(await client.reserve({name: value for name, value in second.items() if name != "roomId"}))
    assert held["roomId"] not in await vacant(client, mine)
    async with database.transaction() as session:
        lapsed = sa.text("UPDATE time_slot SET hold_expires_at = now() - interval '1 second' WHERE id = :id")
        await session.execute(lapsed, {"id": held["id"]})
    assert held["roomId"] in await vacant(client, mine)


async def test_of_what_does_not_exist(client: ApiClient) -> None:
    slot = await client.reserved(meetingTypes="online")
    told = problem(await asked(client, {"id": UNKNOWN}), 404, "NOT_FOUND")
    assert (told["kind"], told["id"]) == ("time slot", UNKNOWN)
    told = problem(await asked(client, slot, "nowhere"), 404, "NOT_FOUND")
    assert (told["kind"], told["id"]) == ("location", "nowhere")
    assert (await client.give_back(slot["id"])).status_code == 204
    problem(await asked(client, slot), 404, "NOT_FOUND")


async def test_of_a_time_slot_of_another_client(client: ApiClient) -> None:
    slot = await client.reserved(meetingTypes="online")
    problem(await asked(await client.as_another("other"), slot), 403, "NOT_YOURS")
    assert await vacant(await client.as_another("staff", EVERY_SCOPE), slot)


@pytest.mark.parametrize(
    "query", [{}, {"location": CITY}, {"timeSlotId": UNKNOWN}, {"timeSlotId": "", "location": CITY}]
)
async def test_not_asked_well(client: ApiClient, query: dict[str, str]) -> None:
    assert problem(await client.get(PATH, **query), 400)["errors"]


async def test_take_few_statements(client: ApiClient, app: FastAPI) -> None:
    slot = await client.reserved(meetingTypes="online")
    with statements(app.state.resources.database) as seen:
        await vacant(client, slot)
    assert len(seen) <= 7
