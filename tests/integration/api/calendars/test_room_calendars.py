"""Rooms' calendars elsewhere: a room that is busy there is taken here, for whatever would use it."""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
import sqlalchemy as sa

from config.settings import Settings
from devstack.demo_data import identity
from storage.database import Database
from tests.integration.api.calendars.calendar_files import HOUR, PATH, around, ics, put_file, remove, shown
from tests.integration.api.support import EVERY_SCOPE, FREJA, INGRID, ROOM, UNKNOWN, ok, problem
from tests.support.clients import ApiClient, Json, next_monday
from tests.support.feed_server import FeedServer

OTHER_ROOM: Final = str(identity("copenhagen-city/Nyhavn"))
IN_THE_ROOM: Final = {"explicitEmployeeIds": FREJA, "meetingTypes": "physical", "lookForwardTime": "P1D"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allow_private_addresses": True, "max_calendar_bytes": 4096})


@pytest.fixture
async def operator(client: ApiClient, configurable: Database) -> ApiClient:
    return await client.as_another("operator", EVERY_SCOPE)


async def calendar(operator: ApiClient, **other: object) -> Json:
    return ok(await operator.post(PATH, {"roomId": ROOM, "name": "Outlook"} | other))


async def busy(operator: ApiClient, *starts: datetime, rule: str = "") -> Json:
    """A calendar of the room that has an hour from each of these on."""
    return ok(await put_file(operator, await calendar(operator), ics(*starts, rule=rule)))


async def offered(client: ApiClient, room: str = ROOM) -> list[Json]:
    """Freja's time slots in the room on the coming Monday."""
    return await client.search(**IN_THE_ROOM, specificRooms=room)


def starts_of(slots: list[Json]) -> list[datetime]:
    return [datetime.fromisoformat(each["startDate"]) for each in slots]


async def explained(operator: ApiClient, slot: Json) -> Json:
    asked = {name: slot[name] for name in ("employeeId", "startDate", "endDate")} | {"roomId": ROOM}
    rules = ok(await operator.get("/bookme/time-slots/explain", **asked))["rules"]
    (taken,) = [each for each in rules if each["rule"] == "ROOM_TAKEN"]
    return dict(taken)


def without_room(slot: Json) -> Json:
    return {name: value for name, value in slot.items() if name != "roomId"}


class TestABusyRoom:
    async def test_is_not_offered(self, client: ApiClient, operator: ApiClient) -> None:
        before = await offered(client)
        taken = starts_of(before)[2]
        made = await busy(operator, taken)
        assert (made["roomId"], made["busyTimes"]) == (ROOM, 1)
        assert "employeeId" not in made
        assert starts_of(await offered(client)) == [each for each in starts_of(before) if each not in around(taken)]
        assert starts_of(await offered(client, OTHER_ROOM)) == starts_of(before)

    async def test_cannot_be_reserved(self, client: ApiClient, operator: ApiClient) -> None:
        slot = (await offered(client))[2]
        await busy(operator, *starts_of([slot]))
        told = problem(await client.reserve(slot), 409, "TIME_SLOT_TAKEN")
        assert (told["blockedBy"], told["roomId"]) == ("room", ROOM)
        problem(await operator.reserve(slot), 409, "TIME_SLOT_TAKEN")
        assert ok(await client.reserve(slot | {"roomId": OTHER_ROOM}))["roomId"] == OTHER_ROOM

    async def test_is_explained(self, client: ApiClient, operator: ApiClient) -> None:
        slot = (await offered(client))[2]
        assert (await explained(operator, slot))["passed"]
        await busy(operator, *starts_of([slot]))
        assert not (await explained(operator, slot))["passed"]

    async def test_cannot_be_named_by_a_meeting(self, client: ApiClient, operator: ApiClient) -> None:
        slot = (await offered(client))[2]
        held = ok(await client.book(ok(await client.reserve(without_room(slot)))["id"]))
        await busy(operator, *starts_of([slot]))
        told = problem(await client.create_meeting(held, type="physical", roomId=ROOM), 409, "TIME_SLOT_TAKEN")
        assert (told["blockedBy"], told["roomId"]) == ("room", ROOM)
        assert ok(await client.create_meeting(held, type="physical", roomId=OTHER_ROOM))["roomId"] == OTHER_ROOM

    async def test_cannot_be_moved_into(self, client: ApiClient, operator: ApiClient) -> None:
        slots = await offered(client)
        held = ok(await client.book(ok(await client.reserve(slots[0]))["id"]))
        meeting = ok(await client.create_meeting(held, type="physical", roomId=ROOM))
        target = {"startDate": slots[-1]["startDate"]}
        await busy(operator, *starts_of(slots[-1:]))
        path = f"/bookme/meetings/{meeting['id']}"
        told = problem(await client.post(f"{path}/move", target), 409, "TIME_SLOT_TAKEN")
        assert (told["blockedBy"], told["roomId"]) == ("room", ROOM)
        assert ok(await client.post(f"{path}/move", target | {"roomId": OTHER_ROOM}))["roomId"] == OTHER_ROOM
        patch = [{"op": "replace", "path": "/roomId", "value": ROOM}]
        problem(await client.http.patch(path, json=patch, headers=client.headers), 409, "TIME_SLOT_TAKEN")

    async def test_is_no_vacancy(self, client: ApiClient, operator: ApiClient) -> None:
        slot = (await offered(client))[2]
        held = ok(await client.reserve(without_room(slot)))
        await busy(operator, *starts_of([slot]))
        asked = {"location": "copenhagen-city", "timeSlotId": held["id"]}
        found = {each["id"] for each in (await client.get("/bookme/room-vacancies", **asked)).json()}
        assert ROOM not in found
        assert OTHER_ROOM in found

    async def test_is_free_again_without_its_calendar(self, client: ApiClient, operator: ApiClient) -> None:
        slot = (await offered(client))[2]
        made = await busy(operator, *starts_of([slot]))
        await remove(operator, made)
        problem(await operator.get(f"{PATH}/{made['id']}"), 404, "NOT_FOUND")
        assert ok(await client.reserve(slot))["roomId"] == ROOM

    async def test_is_free_where_another_file_says_so(self, client: ApiClient, operator: ApiClient) -> None:
        slots = await offered(client)
        made = await busy(operator, *starts_of(slots[2:3]))
        ok(await put_file(operator, made, ics(*starts_of(slots[-1:]))))
        assert ok(await client.reserve(slots[2]))["roomId"] == ROOM
        problem(await client.reserve(slots[-1]), 409, "TIME_SLOT_TAKEN")

    async def test_is_taken_whatever_kind_of_entry_it_has(self, client: ApiClient, operator: ApiClient) -> None:
        """A room does not work from elsewhere: only somebody who has it can mean that."""
        slot = (await offered(client))[2]
        await busy(operator, *starts_of([slot]), rule="X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\r\n")
        problem(await client.reserve(slot), 409, "TIME_SLOT_TAKEN")

    async def test_what_it_has_declined_is_free(self, client: ApiClient, operator: ApiClient) -> None:
        address = ok(await operator.get(f"/bookme/config/rooms/{ROOM}"))["email"]
        slot = (await offered(client))[2]
        made = await busy(operator, *starts_of([slot]), rule=f"ATTENDEE;PARTSTAT=DECLINED:mailto:{address}\r\n")
        assert made["busyTimes"] == 0
        ok(await client.reserve(slot))

    async def test_what_is_booked_already_stays(self, client: ApiClient, operator: ApiClient) -> None:
        slot = (await offered(client))[2]
        held = ok(await client.book(ok(await client.reserve(slot))["id"]))
        await busy(operator, *starts_of([slot]))
        assert ok(await client.create_meeting(held, type="physical", roomId=ROOM))["roomId"] == ROOM

    async def test_is_listed_among_time_slots_and_changed_only_by_its_calendar(
        self, client: ApiClient, operator: ApiClient
    ) -> None:
        (start,) = starts_of((await offered(client))[2:3])
        await busy(operator, start)
        (found,) = (await operator.get("/bookme/time-slots", roomIds=ROOM)).json()
        assert (found["roomId"], datetime.fromisoformat(found["startDate"])) == (ROOM, start)
        assert "employeeId" not in found
        path = f"/bookme/time-slots/{found['id']}"
        assert ok(await operator.get(path)) == found
        patch = [{"op": "replace", "path": "/status", "value": "PreProcessing"}]
        for answer in (
            await operator.http.patch(path, json=patch, headers=operator.headers),
            await operator.http.delete(path, headers=operator.headers),
        ):
            assert problem(answer, 409, "IN_USE")["usedBy"] == "calendar"
        assert (await operator.get("/bookme/time-slots", employeeIds=FREJA)).json() == []


async def test_a_feed_is_read(client: ApiClient, operator: ApiClient, feed: FeedServer) -> None:
    slots = await offered(client)
    feed.body = ics(*starts_of(slots[2:3]), rule="RRULE:FREQ=DAILY;COUNT=3\r\n")
    made = await calendar(operator, url=feed.url)
    assert (made["busyTimes"], made.get("failure")) == (3, None)
    problem(await client.reserve(slots[2]), 409, "TIME_SLOT_TAKEN")
    feed.body = ics(*starts_of(slots[-1:]))
    assert ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))["busyTimes"] == 1
    ok(await client.reserve(slots[2]))


async def test_reservations_and_readings_at_once_never_share_the_room(client: ApiClient, operator: ApiClient) -> None:
    """Whoever comes first has the room: what was reserved began before the reading was stored, or was refused."""
    slots = await offered(client)
    made = await calendar(operator)
    sent = asyncio.create_task(put_file(operator, made, ics(*starts_of(slots))))
    answers = await asyncio.gather(*(client.reserve(slot) for slot in slots[::2]))
    ok(await sent)
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert not await offered(client)
    for slot in slots[1::2]:
        problem(await client.reserve(slot), 409, "TIME_SLOT_TAKEN")


class TestOtherSettings:
    async def configure(self, operator: ApiClient, **values: str) -> None:
        operations = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]
        path = "/bookme/config/organization"
        ok(await operator.http.patch(path, json=operations, headers=operator.headers))

    async def test_take_the_room_until_it_is_read_again(self, client: ApiClient, operator: ApiClient) -> None:
        made = await busy(operator, next_monday() + timedelta(weeks=1))
        await self.configure(operator, timeZone="Europe/London")
        assert not await offered(client)
        assert await offered(client, OTHER_ROOM)
        ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        assert await offered(client)

    async def test_take_the_room_until_it_is_read_for_another_address(
        self, client: ApiClient, operator: ApiClient
    ) -> None:
        before = await offered(client)
        made = await busy(operator, next_monday() - timedelta(hours=9))
        path = f"/bookme/config/rooms/{ROOM}"
        patch = [{"op": "replace", "path": "/email", "value": "another.room@example.com"}]
        ok(await operator.http.patch(path, json=patch, headers=operator.headers))
        assert not await offered(client)
        ok(await operator.post(f"{PATH}/{made['id']}/refresh", None))
        assert await offered(client) == before


class TestTheCalendar:
    async def test_is_of_an_employee_or_a_room(self, operator: ApiClient) -> None:
        for body in ({"name": "x"}, {"name": "x", "employeeId": FREJA, "roomId": ROOM}):
            assert "employeeId or roomId" in problem(await operator.post(PATH, body), 400)["message"]
        assert problem(await operator.post(PATH, {"name": "x", "roomId": UNKNOWN}), 404, "NOT_FOUND")["kind"] == "room"

    async def test_stays_with_its_room(self, operator: ApiClient) -> None:
        made = await calendar(operator)
        path = f"{PATH}/{made['id']}"
        for patch in (
            [{"op": "replace", "path": "/roomId", "value": OTHER_ROOM}],
            [{"op": "remove", "path": "/roomId"}, {"op": "add", "path": "/employeeId", "value": FREJA}],
            [{"op": "remove", "path": "/roomId"}],
            [{"op": "add", "path": "/employeeId", "value": FREJA}],
        ):
            problem(await operator.http.patch(path, json=patch, headers=operator.headers), 400)
        patch = [{"op": "replace", "path": "/name", "value": "Exchange"}]
        assert ok(await operator.http.patch(path, json=patch, headers=operator.headers))["roomId"] == ROOM
        assert (await shown(operator, made))["name"] == "Exchange"

    async def test_is_listed_by_its_room(self, operator: ApiClient) -> None:
        rooms = [await calendar(operator, name=name) for name in ("a", "b", "c")]
        await calendar(operator, roomId=OTHER_ROOM)
        ok(await operator.post(PATH, {"employeeId": INGRID, "name": "hers"}))
        answer = await operator.get(PATH, roomId=ROOM, limit="2")
        found = answer.json()
        answer = await operator.http.get(answer.links["next"]["url"], headers=operator.headers)
        assert {each["id"] for each in found + answer.json()} == {each["id"] for each in rooms}
        assert len(ok(await operator.get(PATH))) == 5
        problem(await operator.get(PATH, roomId=UNKNOWN), 404, "NOT_FOUND")

    @pytest.mark.parametrize("owner", ["room", "employee"])
    async def test_goes_with_its_owner(self, operator: ApiClient, database: Database, owner: str) -> None:
        path = f"/bookme/config/{owner}s"
        given: Json = {"room": {"name": "Glass", "location": "copenhagen-city"}}.get(
            owner, {"displayName": "New", "email": "new@nordhavn.example.com", "initials": "NEW"}
        )
        identity = ok(await operator.post(path, given))["id"]
        made = ok(await operator.post(PATH, {f"{owner}Id": identity, "name": "Outlook"}))
        ok(await put_file(operator, made, ics(next_monday() + HOUR)))
        answer = await operator.http.delete(f"{path}/{identity}", headers=operator.headers)
        assert answer.status_code == 204, answer.text
        problem(await operator.get(f"{PATH}/{made['id']}"), 404, "NOT_FOUND")
        async with database.transaction() as session:
            query = sa.text("SELECT count(*) FROM time_slot WHERE calendar_id = :id")
            assert await session.scalar(query, {"id": UUID(made["id"])}) == 0

    async def test_stays_when_its_room_cannot_be_deleted(self, client: ApiClient, operator: ApiClient) -> None:
        slots = await offered(client)
        made = await busy(operator, *starts_of(slots[-1:]))
        ok(await client.reserve(slots[0]))
        answer = await operator.http.delete(f"/bookme/config/rooms/{ROOM}", headers=operator.headers)
        assert problem(answer, 409, "IN_USE")["usedBy"] == "time slot"
        assert (await shown(operator, made))["busyTimes"] == 1
        problem(await client.reserve(slots[-1]), 409, "TIME_SLOT_TAKEN")
