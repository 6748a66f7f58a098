"""Busy times over REST: what staff enter is what the next search obeys, and never in the way of a booking."""

import asyncio
import re
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from domain.time_slots import BLOCKING
from storage.database import Database
from storage.tables.availability import CalendarRow
from storage.tables.booking import TimeSlotRow
from tests.integration.api.calendars.busy_times import (
    ENTERED,
    FREJAS,
    PATH,
    at,
    changed,
    encoded,
    entered,
    lapse,
    listed,
    over,
)
from tests.integration.api.support import (
    ENTER,
    EVERY_SCOPE,
    FREJA,
    INGRID,
    ROOM,
    SLOT,
    UNKNOWN,
    ok,
    problem,
    rows,
    settled,
)
from tests.support.clients import ApiClient, next_monday


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
