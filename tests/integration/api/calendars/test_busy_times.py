"""Busy times over REST: what staff enter is what the next search obeys, and never in the way of a booking."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.time_slots import BLOCKING, HELD, MEETINGS, TimeSlotStatus
from storage.bookings.events import EventKind
from storage.database import Database
from storage.tables.availability import CalendarRow
from storage.tables.booking import BookingEventRow, TimeSlotRow
from tests.integration.api.support import (
    ENTER,
    EVERY_SCOPE,
    FREJA,
    INGRID,
    ROOM,
    SLOT,
    UNKNOWN,
    new_token,
    ok,
    problem,
    rows,
    settled,
)
from tests.support.clients import BOOKED, ApiClient, Json, next_monday

PATH: Final = "/bookme/time-slots"
FREJAS: Final = {"explicitEmployeeIds": FREJA, "lookForwardTime": "P1D", "getBestTimeSlots": "false"}
ENTERED: Final = [status for status in TimeSlotStatus if status not in MEETINGS]
RACES: Final = 12


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("staff", EVERY_SCOPE)


def at(hour: float, hours: float = 1, /, **more: object) -> Json:
    """A time slot of Freja's on the coming Monday (UTC), busy unless said otherwise."""
    start = next_monday() + timedelta(hours=hour)
    dates = {"startDate": start.isoformat(), "endDate": (start + timedelta(hours=hours)).isoformat()}
    return dates | {"status": "Busy", "employeeId": FREJA} | more


def over(slot: Json, /, **more: object) -> Json:
    """A busy time exactly where that time slot is."""
    dates = {name: slot[name] for name in ("startDate", "endDate", "employeeId")}
    return dates | {"status": "Busy"} | more


async def entered(staff: ApiClient, body: Json, **headers: str) -> Json:
    return ok(await staff.post(PATH, body, **headers))


def encoded(body: object) -> bytes:
    """As JSON that escapes what UTF-8 cannot express."""
    return json.dumps(body).encode()


async def patch(client: ApiClient, identity: str, *operations: Json, **query: str) -> httpx.Response:
    headers = client.headers | {"Content-Type": "application/json"}
    path = f"{PATH}/{identity}"
    return await client.http.patch(path, content=encoded(operations), params=query, headers=headers)


async def changed(client: ApiClient, identity: str, **values: object) -> httpx.Response:
    operations = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]
    return await patch(client, identity, *operations)


async def listed(client: ApiClient, **query: str) -> list[Json]:
    answer = await client.get(PATH, **query)
    assert answer.status_code == 200, answer.text
    slots: list[Json] = answer.json()
    return slots


async def version(database: Database, identity: str) -> int:
    async with database.transaction() as session:
        row = await session.get(TimeSlotRow, UUID(identity))
    assert row is not None
    return row.version


async def lapse(database: Database, identity: str) -> None:
    """Let the hold of this time slot run out, with nobody there to remove it."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with database.transaction() as session:
        await session.execute(
            sa.update(TimeSlotRow).where(col(TimeSlotRow.id) == UUID(identity)).values(hold_expires_at=past)
        )


async def offered(client: ApiClient, hour: float, meeting_type: str = "online") -> bool:
    start = (next_monday() + timedelta(hours=hour)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found = await client.search(**FREJAS, meetingTypes=meeting_type)
    return start in {slot["startDate"] for slot in found}


class TestSearchObeys:
    @pytest.mark.parametrize("status", sorted(set(ENTERED) & BLOCKING))
    async def test_what_blocks(self, staff: ApiClient, status: str) -> None:
        assert await offered(staff, 10)
        busy = await entered(staff, at(10, status=status))
        assert not await offered(staff, 10)
        assert not await offered(staff, 9.5)
        assert await offered(staff, 11)
        assert (await staff.give_back(busy["id"])).status_code == 204
        assert await offered(staff, 10)

    @pytest.mark.parametrize("status", ["ExtraOpen", "AvailableForWork"])
    async def test_what_opens(self, staff: ApiClient, status: str) -> None:
        assert not await offered(staff, 18)
        await entered(staff, at(18, status=status))
        assert await offered(staff, 18)
        assert await offered(staff, 18, "telephone")
        assert not await offered(staff, 18, "physical")

    async def test_working_from_elsewhere(self, staff: ApiClient) -> None:
        assert await offered(staff, 10, "physical")
        await entered(staff, at(10, status="WorkingFromElsewhere"))
        assert not await offered(staff, 10, "physical")
        assert await offered(staff, 10)

    async def test_a_room_that_is_taken(self, staff: ApiClient) -> None:
        query = FREJAS | {"meetingTypes": "physical", "specificRooms": ROOM}
        before = {slot["startDate"] for slot in await staff.search(**query)}
        busy = await entered(staff, at(10, 1, employeeId=INGRID, roomId=ROOM))
        after = {slot["startDate"] for slot in await staff.search(**query)}
        assert busy["startDate"] in before - after

    async def test_a_change(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        ok(await changed(staff, busy["id"], **{name: at(12)[name] for name in ("startDate", "endDate")}))
        assert await offered(staff, 10)
        assert not await offered(staff, 12)
        ok(await changed(staff, busy["id"], status="WorkingFromElsewhere"))
        assert await offered(staff, 12)

    async def test_a_reservation_does_too(self, staff: ApiClient) -> None:
        slot = (await staff.search(**FREJAS))[0]
        await entered(staff, over(slot))
        problem(await staff.reserve(slot), 409, "TIME_SLOT_TAKEN")


class TestEntering:
    @pytest.mark.parametrize("status", ENTERED)
    async def test_answers_what_is_stored(self, staff: ApiClient, status: str) -> None:
        busy = await entered(staff, at(10, 1, status=status.upper(), roomId=ROOM, serviceGroup="north"))
        assert (busy["status"], busy["roomId"], busy["serviceGroup"]) == (status, ROOM, "north")
        assert "holdExpiresAt" not in busy
        assert ok(await staff.time_slot(busy["id"])) == busy
        assert await listed(staff) == [busy]

    @pytest.mark.parametrize("status", ["Reserved", "booked"])
    async def test_is_no_way_to_reserve(self, staff: ApiClient, status: str) -> None:
        body = problem(await staff.post(PATH, at(10, status=status)), 400)
        assert "/bookme/time-slots/reserve" in body["message"]
        assert [error["pointer"] for error in body["errors"]] == ["/status"]

    @pytest.mark.parametrize("field", ["startDate", "endDate", "status", "employeeId"])
    async def test_needs(self, staff: ApiClient, field: str) -> None:
        body = {name: value for name, value in at(10).items() if name != field}
        assert [error["pointer"] for error in problem(await staff.post(PATH, body), 400)["errors"]] == [f"/{field}"]

    @pytest.mark.parametrize(("field", "kind"), [("employeeId", "employee"), ("roomId", "room")])
    async def test_names_only_what_exists(self, staff: ApiClient, field: str, kind: str) -> None:
        body = problem(await staff.post(PATH, at(10) | {field: UNKNOWN}), 404, "NOT_FOUND")
        assert (body["kind"], body["id"]) == (kind, UNKNOWN)

    async def test_may_be_as_long_as_a_leap_year(self, staff: ApiClient) -> None:
        assert ok(await staff.post(PATH, at(10, 366 * 24)))
        body = problem(await staff.post(PATH, at(10, 366 * 24 + 0.01)), 400)
        assert "366 days" in body["message"]

    async def test_busy_times_may_overlap(self, staff: ApiClient) -> None:
        for hour in (10, 10, 10.5):
            await entered(staff, at(hour))
        assert len(await listed(staff)) == 3

    async def test_again_with_the_same_key(self, staff: ApiClient, database: Database) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        answers = await asyncio.gather(*(settled(lambda: staff.post(PATH, at(10), **key)) for _ in range(5)))
        assert len({str(ok(answer)) for answer in answers}) == 1
        problem(await staff.post(PATH, at(11), **key), 409, "IDEMPOTENCY_KEY_REUSED")
        other = await staff.as_another("other-staff", EVERY_SCOPE)
        assert (await entered(other, at(10), **key))["id"] != ok(answers[0])["id"]
        assert (await rows(database))["time_slot"] == 2

    @pytest.mark.parametrize("scope", ["bookme.read bookme.book bookme.config", "bookme.read"])
    async def test_is_for_staff(self, client: ApiClient, scope: str) -> None:
        other = await client.as_another("demo", scope)
        problem(await other.post(PATH, at(10)), 403)
        problem(await other.get(PATH), 403)


WRONG: Final[dict[str, list[Any]]] = {
    "startDate": ["tomorrow", "2027-01-07T09:00:00", "1999-12-31T23:59:59Z", SLOT["endDate"], None, 1, ""],
    "endDate": ["2200-01-01T00:00:00Z", SLOT["startDate"], "2199-01-07T09:00:00.0009Z", True, [], {}],
    "status": ["", "Free", "Busy ", "Busy\u0000", 1, None, ["Busy"], {}],
    "employeeId": ["", None, 1, []],
    "roomId": [1, []],
    "serviceGroup": ["a\nb", "\u0000", "\ud800", "x" * 201, 1, {}],
    "ignoreTimeSlotConflicts": ["true", 1, None, []],
    "id": [UNKNOWN],
    "token": ["a"],
    "dateCreated": [SLOT["startDate"]],
}


@pytest.mark.parametrize("field", WRONG)
async def test_a_wrong_field(staff: ApiClient, database: Database, field: str) -> None:
    for value in WRONG[field]:
        body, headers = encoded({**ENTER.body, field: value}), staff.headers | {"Content-Type": "application/json"}
        answer = await staff.http.post(PATH, content=body, headers=headers)
        [error, *_] = problem(answer, 400)["errors"]
        assert error["pointer"] in (f"/{field}", ""), value
    assert (await rows(database))["time_slot"] == 0


class TestBookingsInTheWay:
    @pytest.mark.parametrize("status", sorted(set(ENTERED) & BLOCKING))
    async def test_refuse_it(self, staff: ApiClient, client: ApiClient, status: str) -> None:
        held = await client.reserved()
        body = problem(await staff.post(PATH, over(held, status=status)), 409, "TIME_SLOT_TAKEN")
        assert (body["blockedBy"], body["heldUntil"]) == ("employee", held["holdExpiresAt"])

    async def test_until_when_is_not_known_of_a_meeting(self, staff: ApiClient, client: ApiClient) -> None:
        booked = await client.booked()
        ok(await client.create_meeting(booked))
        assert "heldUntil" not in problem(await staff.post(PATH, over(booked)), 409, "TIME_SLOT_TAKEN")

    async def test_of_the_room(self, staff: ApiClient, client: ApiClient) -> None:
        held = await client.reserved(meetingTypes="physical", specificRooms=ROOM)
        other = FREJA if held["employeeId"] != FREJA else INGRID
        wanted = over(held, employeeId=other, roomId=ROOM)
        assert problem(await staff.post(PATH, wanted), 409, "TIME_SLOT_TAKEN")["blockedBy"] == "room"
        await entered(staff, wanted | {"roomId": ""})

    @pytest.mark.parametrize("status", sorted(set(ENTERED) - BLOCKING))
    async def test_are_not_in_the_way_of_what_does_not_block(
        self, staff: ApiClient, client: ApiClient, status: str
    ) -> None:
        await entered(staff, over(await client.reserved(), status=status))

    async def test_that_only_touch_are_not_in_the_way(self, staff: ApiClient, client: ApiClient) -> None:
        held = await client.reserved(**FREJAS, meetingTypes="online")
        start, end = (datetime.fromisoformat(held[name]) for name in ("startDate", "endDate"))
        hour = timedelta(hours=1)
        await entered(staff, over(held, startDate=(start - hour).isoformat(), endDate=start.isoformat()))
        await entered(staff, over(held, startDate=end.isoformat(), endDate=(end + hour).isoformat()))

    @pytest.mark.parametrize("status", sorted(set(ENTERED) & BLOCKING))
    async def test_may_be_ignored(self, staff: ApiClient, client: ApiClient, status: str) -> None:
        """But not by what is held for a booking itself: the database forbids that."""
        booked = await client.booked()
        answer = await staff.post(PATH, over(booked, status=status, ignoreTimeSlotConflicts=True))
        if status in HELD:
            problem(answer, 409, "TIME_SLOT_TAKEN")
        else:
            ok(answer)
        assert ok(await client.time_slot(booked["id"])) == booked
        ok(await client.create_meeting(booked))

    @pytest.mark.parametrize("status", ["Busy", "TravelTime"])
    async def test_that_lapsed_are_not(
        self, staff: ApiClient, client: ApiClient, database: Database, status: str
    ) -> None:
        held = await client.reserved()
        await lapse(database, held["id"])
        busy = await entered(staff, over(held, status=status))
        assert await listed(staff) == [busy]
        problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
        async with database.transaction() as session:
            events = await session.scalars(sa.select(BookingEventRow).order_by(col(BookingEventRow.id)))
            kinds = [event.kind for event in events]
        assert kinds == [EventKind.RESERVED, EventKind.EXPIRED]

    async def test_what_is_held_for_one_excludes_what_is_held_for_another(self, staff: ApiClient) -> None:
        await entered(staff, at(10, status="TravelTime"))
        problem(await staff.post(PATH, at(10, status="PreProcessing")), 409, "TIME_SLOT_TAKEN")
        problem(await staff.post(PATH, at(10)), 409, "TIME_SLOT_TAKEN")


Asking = Callable[[], Awaitable[httpx.Response]]
"""A request that can be repeated."""


def reserving(client: ApiClient, slot: Json) -> Asking:
    return partial(client.reserve, slot, new_token())


def entering(staff: ApiClient, body: Json) -> Asking:
    return partial(staff.post, PATH, body, **{"Idempotency-Key": str(uuid4())})


async def at_once(*requests: Asking) -> list[httpx.Response]:
    return await asyncio.gather(*map(settled, requests))


@pytest.mark.parametrize("more", [{"status": "Busy"}, {"status": "TravelTime", "ignoreTimeSlotConflicts": True}])
async def test_races_with_reservations(staff: ApiClient, client: ApiClient, more: Json) -> None:
    """Either the reservation is there or the busy time, whoever comes first."""
    slots = (await client.search(**FREJAS, meetingTypes="online"))[::2][:RACES]
    assert len(slots) > 3

    async def race(slot: Json) -> list[httpx.Response]:
        return await at_once(reserving(client, slot), entering(staff, over(slot, **more)))

    for reserved, busy in await asyncio.gather(*(race(slot) for slot in slots)):
        won, lost = (reserved, busy) if reserved.status_code == 200 else (busy, reserved)
        ok(won)
        problem(lost, 409, "TIME_SLOT_TAKEN")
    assert len(await listed(staff)) == len(slots)


async def test_races_that_are_ignored(staff: ApiClient, client: ApiClient) -> None:
    slot = (await client.search(**FREJAS))[0]
    wanted = over(slot, ignoreTimeSlotConflicts=True)
    reserved, busy = await at_once(reserving(client, slot), entering(staff, wanted))
    ok(busy)
    assert reserved.status_code in (200, 409)


async def test_a_change_races_with_a_reservation(staff: ApiClient, client: ApiClient) -> None:
    slots = (await client.search(**FREJAS, meetingTypes="online"))[::2][:RACES]
    opened = [await entered(staff, over(slot, status="ExtraOpen")) for slot in slots]

    async def race(slot: Json, identity: str) -> list[httpx.Response]:
        return await at_once(reserving(client, slot), partial(changed, staff, identity, status="Busy"))

    for answers in await asyncio.gather(*(race(slot, each["id"]) for slot, each in zip(slots, opened, strict=True))):
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_two_changes_at_once_both_count(staff: ApiClient, database: Database) -> None:
    busy = await entered(staff, at(10))
    wanted = {"serviceGroup": "north", "status": "ExtraOpen", "roomId": ROOM}
    changes = (partial(changed, staff, busy["id"], **{name: wanted[name]}) for name in wanted)
    for answer in await at_once(*changes):
        ok(answer)
    assert ok(await staff.time_slot(busy["id"])).items() >= wanted.items()
    assert await version(database, busy["id"]) == 4


class TestChanging:
    async def test_every_field(self, staff: ApiClient, database: Database) -> None:
        busy = await entered(staff, at(10))
        wanted = {
            "startDate": "2199-01-07T09:00:00.000Z",
            "endDate": "2199-01-07T12:00:00.000Z",
            "status": "PostProcessing",
            "roomId": ROOM,
            "serviceGroup": "north",
        }
        after = ok(await changed(staff, busy["id"], **wanted | {"status": "postprocessing"}))
        assert after == busy | wanted | {"dateModified": after["dateModified"]}
        assert after["dateModified"] > busy["dateModified"]
        assert ok(await staff.time_slot(busy["id"])) == after
        assert await version(database, busy["id"]) == 2
        bare = ok(await patch(staff, busy["id"], {"op": "remove", "path": "/roomId"}))
        assert "roomId" not in bare
        assert await version(database, busy["id"]) == 3

    async def test_moves_nothing_that_it_does_not_name(self, staff: ApiClient) -> None:
        busy = await entered(
            staff, at(10) | {"startDate": "2199-01-07T09:00:00.123987Z"} | {"endDate": SLOT["endDate"]}
        )
        assert busy["startDate"] == "2199-01-07T09:00:00.123Z"
        operations = [{"op": "test", "path": f"/{name}", "value": value} for name, value in busy.items()]
        after = ok(await patch(staff, busy["id"], *operations, {"op": "add", "path": "/serviceGroup", "value": "x"}))
        assert after == busy | {"serviceGroup": "x", "dateModified": after["dateModified"]}

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"id": UNKNOWN}, "id cannot be changed"),
            ({"employeeId": INGRID}, "employeeId cannot be changed"),
            ({"dateCreated": SLOT["startDate"]}, "dateCreated cannot be changed"),
            ({"dateModified": SLOT["startDate"]}, "dateModified cannot be changed"),
            ({"status": "Reserved"}, "/bookme/time-slots/reserve"),
            ({"status": "Free"}, "status"),
            ({"status": "\ud800"}, "status"),
            ({"startDate": "tomorrow"}, "RFC 3339"),
            ({"endDate": "2000-01-01T00:00:00Z"}, "366 days"),
            ({"endDate": "2199-01-01T00:00:00Z"}, "366 days"),
            ({"roomId": 1}, "roomId"),
            ({"serviceGroup": "a\nb"}, "control characters"),
            ({"nonsense": 1}, "nonsense"),
            ({"holdExpiresAt": SLOT["startDate"]}, "holdExpiresAt"),
            ({"": {}}, "is required"),
        ],
    )
    async def test_refuses(self, staff: ApiClient, values: Json, said: str) -> None:
        busy = await entered(staff, at(10))
        operations = [
            {"op": "add", "path": f"/{name}" if name else "", "value": value} for name, value in values.items()
        ]
        assert said in problem(await patch(staff, busy["id"], *operations), 400)["message"]
        assert ok(await staff.time_slot(busy["id"])) == busy

    async def test_is_whole_or_nothing(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        for wrong in ("Busiest", "\ud800", {"\ud800": 1}):
            operations = (
                {"op": "replace", "path": "/serviceGroup", "value": "x"},
                {"op": "test", "path": "/status", "value": wrong},
            )
            problem(await patch(staff, busy["id"], *operations), 400)
        assert ok(await staff.time_slot(busy["id"])) == busy

    async def test_to_a_room_that_does_not_exist(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        assert problem(await changed(staff, busy["id"], roomId=UNKNOWN), 404, "NOT_FOUND")["kind"] == "room"

    async def test_never_makes_a_booking_of_it(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        for status in ("Reserved", "Booked", "booked"):
            assert "reserve" in problem(await changed(staff, busy["id"], status=status), 400)["message"]
        assert ok(await staff.time_slot(busy["id"])) == busy

    async def test_with_a_reservation_token(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        operation = {"op": "replace", "path": "/status", "value": "ExtraOpen"}
        problem(await patch(staff, busy["id"], operation, reservationToken="a"), 409, "TOKEN_MISMATCH")

    async def test_does_not_put_it_over_a_booking(self, staff: ApiClient, client: ApiClient) -> None:
        held = await client.reserved(meetingTypes="physical", specificRooms=ROOM)
        other = FREJA if held["employeeId"] != FREJA else INGRID
        dates = {name: held[name] for name in ("startDate", "endDate")}
        cases: list[tuple[Json, Json]] = [
            (over(held, startDate=SLOT["startDate"], endDate=SLOT["endDate"]), dates),
            (over(held, status="ExtraOpen"), {"status": "Busy"}),
            (over(held, employeeId=other), {"roomId": ROOM}),
        ]
        for before, change in cases:
            busy = await entered(staff, before)
            body = problem(await changed(staff, busy["id"], **change), 409, "TIME_SLOT_TAKEN")
            assert body["heldUntil"] == held["holdExpiresAt"]
            assert ok(await staff.time_slot(busy["id"])) == busy

    async def test_may_leave_it_over_one(self, staff: ApiClient, client: ApiClient) -> None:
        """What was entered although a booking was in the way can be changed, but not to what the database forbids."""
        booked = await client.booked()
        busy = await entered(staff, over(booked, ignoreTimeSlotConflicts=True))
        ok(await changed(staff, busy["id"], serviceGroup="x", status="BusyEventInstance"))
        problem(await changed(staff, busy["id"], status="TravelTime"), 409, "TIME_SLOT_TAKEN")


OTHER_PATCHES: Final[list[list[Json]]] = [
    [{"op": "replace", "path": "/status", "value": "Busy"}],
    [{"op": "replace", "path": "/endDate", "value": SLOT["endDate"]}],
    [{"op": "test", "path": "/status", "value": "Booked"}],
    [{"op": "remove", "path": "/serviceGroup"}],
    [*BOOKED, {"op": "test", "path": "/status", "value": "Booked"}],
]


class TestABooking:
    """Its time slots are no busy times, not even for staff."""

    @pytest.mark.parametrize("state", ["Reserved", "Booked", "lapsed", "released", "meeting"])
    async def test_takes_no_other_patch(
        self, staff: ApiClient, client: ApiClient, database: Database, state: str
    ) -> None:
        slot = await client.reserved()
        if state in ("Booked", "meeting"):
            slot = ok(await client.book(slot["id"]))
        if state == "meeting":
            ok(await client.create_meeting(slot))
        if state == "released":
            assert (await client.give_back(slot["id"])).status_code == 204
        if state == "lapsed":
            await lapse(database, slot["id"])
        for other in OTHER_PATCHES:
            for who in (client, staff):
                assert problem(await patch(who, slot["id"], *other), 400)["errors"]
        if state in ("Reserved", "Booked"):
            assert ok(await client.time_slot(slot["id"])) == slot

    async def test_is_marked_booked_by_staff_as_ever(self, staff: ApiClient, client: ApiClient) -> None:
        held = await client.reserved()
        assert ok(await staff.book(held["id"]))["status"] == "Booked"
        assert (await staff.give_back(held["id"])).status_code == 204


class TestWhose:
    """A busy time is staff's; who changes one needs `bookme.book` too, as for every `PATCH` and `DELETE` there."""

    async def test_other_clients(self, staff: ApiClient, client: ApiClient) -> None:
        busy = await entered(staff, at(10))
        for answer in (
            await client.time_slot(busy["id"]),
            await client.book(busy["id"]),
            await changed(client, busy["id"], status="ExtraOpen"),
            await client.give_back(busy["id"]),
        ):
            problem(answer, 403, "NOT_YOURS")
        assert ok(await staff.time_slot(busy["id"])) == busy

    @pytest.mark.parametrize("scope", ["bookme.read bookme.staff", "bookme.config"])
    async def test_other_scopes(self, staff: ApiClient, scope: str) -> None:
        busy = await entered(staff, at(10))
        other = await staff.as_another("other", scope)
        problem(await changed(other, busy["id"], status="ExtraOpen"), 403)
        problem(await other.give_back(busy["id"]), 403)

    async def test_any_staff_may(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        other = await staff.as_another("other-staff", EVERY_SCOPE)
        ok(await changed(other, busy["id"], status="ExtraOpen"))
        assert (await other.give_back(busy["id"])).status_code == 204

    async def test_what_is_unknown(self, staff: ApiClient) -> None:
        problem(await changed(staff, UNKNOWN, status="ExtraOpen"), 404, "NOT_FOUND")
        problem(await staff.give_back(UNKNOWN), 404, "NOT_FOUND")

    async def test_what_was_removed(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        assert (await staff.give_back(busy["id"])).status_code == 204
        problem(await staff.give_back(busy["id"]), 404, "NOT_FOUND")
        problem(await staff.time_slot(busy["id"]), 404, "NOT_FOUND")
        problem(await changed(staff, busy["id"], status="ExtraOpen"), 404, "NOT_FOUND")

    async def test_what_came_with_a_calendar(self, staff: ApiClient, configurable: Database) -> None:
        busy = await entered(staff, at(10))
        calendar = CalendarRow(id=uuid4(), employee_id=UUID(FREJA), name="Elsewhere")
        async with configurable.transaction() as session:
            session.add(calendar)
            await session.flush()
            await session.execute(sa.update(TimeSlotRow).values(calendar_id=calendar.id))
        for answer in (await changed(staff, busy["id"], status="ExtraOpen"), await staff.give_back(busy["id"])):
            assert problem(answer, 409, "IN_USE")["usedBy"] == "calendar"
        assert ok(await staff.time_slot(busy["id"])) == busy


class TestLists:
    async def test_by_employee_room_and_status(self, staff: ApiClient) -> None:
        frejas = await entered(staff, at(10))
        ingrids = await entered(staff, at(11, 1, employeeId=INGRID, roomId=ROOM, status="TravelTime"))
        opened = await entered(staff, at(12, 1, status="ExtraOpen"))
        assert await listed(staff, employeeIds=FREJA) == [frejas, opened]
        assert await listed(staff, employeeIds=f"{FREJA},{INGRID}") == [frejas, ingrids, opened]
        assert await listed(staff, roomIds=ROOM) == [ingrids]
        assert await listed(staff, statuses="busy,EXTRAOPEN") == [frejas, opened]
        assert await listed(staff, employeeIds=INGRID, statuses="Busy") == []
        repeated = httpx.QueryParams([("statuses", "Busy"), ("statuses", "traveltime")])
        answer = await staff.http.get(PATH, params=repeated, headers=staff.headers)
        assert answer.json() == [frejas, ingrids]

    async def test_by_what_touches_a_window(self, staff: ApiClient) -> None:
        busy = await entered(staff, at(10))
        ten, eleven = busy["startDate"], busy["endDate"]
        nine = at(9)["startDate"]
        assert await listed(staff, **{"from": ten, "to": eleven}) == [busy]
        assert await listed(staff, to=ten) == await listed(staff, **{"from": eleven}) == []
        assert await listed(staff, **{"from": nine}) == [busy]
        problem(await staff.get(PATH, **{"from": ten, "to": ten}), 400)

    async def test_bookings_while_they_are_kept(self, staff: ApiClient, client: ApiClient, database: Database) -> None:
        booked = await client.booked()
        held = await client.reserved()
        assert {slot["id"] for slot in await listed(staff)} == {booked["id"], held["id"]}
        assert await listed(staff, statuses="Booked") == [booked]
        await lapse(database, held["id"])
        assert await listed(staff) == [booked]

    async def test_in_pages(self, staff: ApiClient) -> None:
        made = [await entered(staff, at(hour, status="ExtraOpen")) for hour in (12, 10, 10, 11, 10)]
        query = {"limit": "2", "statuses": "extraopen,Busy", "employeeIds": FREJA}
        pages = [answer := await staff.get(PATH, **query)]
        while "next" in answer.links:
            assert re.fullmatch(r'</bookme/time-slots\?\S+>; rel="next"', answer.headers["link"])
            pages.append(answer := await staff.http.get(answer.links["next"]["url"], headers=staff.headers))
        assert [len(page.json()) for page in pages] == [2, 2, 1]
        found = [slot for page in pages for slot in page.json()]
        assert found == sorted(made, key=lambda slot: (slot["startDate"], slot["id"]))

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("limit", "0"),
            ("limit", "501"),
            ("cursor", "nonsense"),
            ("statuses", "Free"),
            ("statuses", "Busy;Booked"),
            ("from", "2027-01-07"),
            ("to", "9999-12-31T23:59:59Z"),
            ("employeeId", FREJA),
        ],
    )
    async def test_refuse_nonsense(self, staff: ApiClient, parameter: str, value: str) -> None:
        [error, *_] = problem(await staff.get(PATH, **{parameter: value}), 400)["errors"]
        assert error["pointer"].startswith(f"/{parameter}")
