"""Changes of busy times by JSON Patch, and the only change of a booking that the same path allows."""

from typing import Final

import pytest

from storage.database import Database
from tests.integration.api.calendars.busy_times import at, changed, entered, lapse, over, patch, version
from tests.integration.api.support import (
    FREJA,
    INGRID,
    ROOM,
    SLOT,
    UNKNOWN,
    ok,
    problem,
)
from tests.support.clients import BOOKED, ApiClient, Json


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
