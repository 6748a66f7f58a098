"""Several employees over HTTP: reserved together, named in a meeting, free at once when they are not needed."""

import asyncio
from functools import partial
from itertools import permutations

import httpx
import pytest

from devstack.demo_data import identity
from tests.integration.api.support import EVERY_SCOPE, FREJA, INGRID, UNKNOWN, new_token, ok, problem, settled
from tests.support.clients import ApiClient, Json, reservation

MAGNUS = str(identity("Magnus Østergaard"))
EMIL = str(identity("Emil Søndergaard"))
PEOPLE = (FREJA, MAGNUS, INGRID, EMIL)
MEETINGS = "/bookme/meetings"


async def together(client: ApiClient, *employees: str) -> list[Json]:
    """The time slots at which all of these are free."""
    named = {"requireEmployeeParticipation": "true", "explicitEmployeeIds": ",".join(employees)}
    return await client.search(**named, meetingTypes="online")


async def reserve(client: ApiClient, *others: str, token: str | None = None, number: int = 0) -> httpx.Response:
    """A time slot of Freja and these others, at which everybody is free."""
    slots = await together(client, *PEOPLE)
    return await client.post(
        "/bookme/time-slots/reserve", team(slots[number] | {"employeeId": FREJA}, *others, token=token)
    )


def team(slot: Json, *others: str, token: str | None = None) -> Json:
    body = reservation(slot, token)
    body["timeSlot"]["additionalEmployees"] = others
    return body


async def booked(client: ApiClient, *others: str) -> Json:
    return ok(await client.book(ok(await reserve(client, *others))["id"]))


class TestReserving:
    async def test_everybody_is_taken_and_free_at_once_when_it_ends(self, client: ApiClient) -> None:
        offered = {each: await together(client, each) for each in PEOPLE}
        held = ok(await reserve(client, MAGNUS, INGRID))
        assert held["additionalEmployees"] == [MAGNUS, INGRID]
        assert ok(await client.time_slot(held["id"])) == held
        taken = {each for each in PEOPLE if await together(client, each) != offered[each]}
        assert taken == {FREJA, MAGNUS, INGRID}
        assert (await client.give_back(held["id"])).status_code == 204
        assert {each: await together(client, each) for each in PEOPLE} == offered

    async def test_a_replacement_frees_whom_it_does_not_name(self, client: ApiClient) -> None:
        token, offered = new_token(), await together(client, MAGNUS)
        first = ok(await reserve(client, MAGNUS, INGRID, token=token))
        assert ok(await reserve_again(client, first, INGRID, MAGNUS, token=token))["id"] == first["id"]
        other = ok(await reserve_again(client, first, INGRID, token=token))
        assert other["id"] != first["id"]
        assert await together(client, MAGNUS) == offered
        assert problem(await client.book(first["id"]), 409, "HOLD_RELEASED")
        booked = ok(await client.book(other["id"]))
        assert booked["additionalEmployees"] == [INGRID]

    async def test_one_who_is_taken(self, client: ApiClient) -> None:
        held = ok(await reserve(client, MAGNUS))
        for employee in (INGRID, None):
            body = team(held | {"employeeId": employee, "roomId": None}, EMIL, MAGNUS)
            told = problem(await client.post("/bookme/time-slots/reserve", body), 409, "TIME_SLOT_TAKEN")
            assert (told["employeeId"], told["blockedBy"]) == (MAGNUS, "employee")
            assert told["heldUntil"] == held["holdExpiresAt"]
        assert told["nextTimeSlots"]
        for slot in told["nextTimeSlots"]:
            ok(await client.post("/bookme/time-slots/reserve", team(slot, EMIL, MAGNUS, token="one-after-the-other")))

    async def test_one_who_does_not_work_then(self, client: ApiClient) -> None:
        late = (await client.search(explicitEmployeeIds=identity_of("Solveig Dahl"), meetingTypes="online"))[-1]
        told = problem(await client.post("/bookme/time-slots/reserve", team(late, INGRID)), 409, "NOT_OFFERED")
        assert (told["employeeId"], told["rule"]) == (INGRID, "OUTSIDE_WORKING_HOURS")
        staff = await client.as_another("staff", EVERY_SCOPE)
        assert ok(await staff.post("/bookme/time-slots/reserve", team(late, INGRID)))["additionalEmployees"] == [INGRID]

    async def test_one_who_does_not_exist(self, client: ApiClient) -> None:
        for unknown in (UNKNOWN, "nobody"):
            assert problem(await reserve(client, MAGNUS, unknown), 404, "NOT_FOUND")["id"] == unknown

    @pytest.mark.parametrize("others", [[FREJA], [INGRID, INGRID], [INGRID] * 51, INGRID, [None]])
    async def test_what_is_no_team(self, client: ApiClient, others: object) -> None:
        body = reservation((await client.search(explicitEmployeeIds=FREJA))[0])
        body["timeSlot"]["additionalEmployees"] = others
        errors = problem(await client.post("/bookme/time-slots/reserve", body), 400)["errors"]
        assert errors[0]["pointer"].startswith("/timeSlot")

    async def test_teams_that_overlap_in_any_order(self, client: ApiClient) -> None:
        (slot, *_) = await together(client, *PEOPLE)
        bodies = [team(slot | {"employeeId": one}, *others) for one, *others in [*permutations(PEOPLE[:3])] * 3]
        asked = (partial(client.post, "/bookme/time-slots/reserve", body) for body in bodies)
        answers = await asyncio.gather(*map(settled, asked))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * (len(bodies) - 1)


async def reserve_again(client: ApiClient, slot: Json, *others: str, token: str) -> httpx.Response:
    return await client.post("/bookme/time-slots/reserve", team(slot, *others, token=token))


class TestCompanions:
    """Only staff who list the stored time slots see that each additional employee has one."""

    async def test_are_shown_but_changed_with_their_time_slot_alone(self, client: ApiClient) -> None:
        held = ok(await reserve(client, MAGNUS))
        staff = await client.as_another("staff", EVERY_SCOPE)
        (companion,) = (await staff.get("/bookme/time-slots", employeeIds=MAGNUS)).json()
        assert (companion["companionOf"], companion["status"]) == (held["id"], "Reserved")
        assert companion["holdExpiresAt"] == held["holdExpiresAt"]
        for each in (client, staff):
            assert ok(await each.time_slot(companion["id"])) == companion
            assert held["id"] in problem(await each.book(companion["id"]), 400)["message"]
            assert held["id"] in problem(await each.give_back(companion["id"]), 400)["message"]
        problem(await (await client.as_another("other")).time_slot(companion["id"]), 403, "NOT_YOURS")
        ok(await client.book(held["id"]))
        problem(await client.book(companion["id"]), 400)
        problem(await client.create_meeting(companion), 400)
        await client.give_back(held["id"])
        problem(await client.time_slot(companion["id"]), 404, "NOT_FOUND")


class TestMeetings:
    async def test_keeps_the_team_if_nothing_is_said(self, client: ApiClient) -> None:
        slot = await booked(client, MAGNUS, INGRID)
        meeting = ok(await client.create_meeting(slot))
        assert meeting["additionalEmployees"] == [MAGNUS, INGRID]
        assert ok(await client.create_meeting(slot)) == meeting
        assert ok(await client.create_meeting(slot, additionalEmployees=[INGRID, MAGNUS])) == meeting
        told = problem(await client.create_meeting(slot, additionalEmployees=[]), 409, "MEETING_EXISTS")
        assert told["differs"] == "additionalEmployees"

    async def test_takes_others_and_frees_who_is_not_named(self, client: ApiClient) -> None:
        offered = {each: await together(client, each) for each in PEOPLE}
        slot = await booked(client, MAGNUS, INGRID)
        meeting = ok(await client.create_meeting(slot, additionalEmployees=[INGRID, EMIL]))
        assert meeting["additionalEmployees"] == [INGRID, EMIL]
        assert ok(await client.time_slot(slot["id"]))["additionalEmployees"] == [INGRID, EMIL]
        free = {each for each in PEOPLE if await together(client, each) == offered[each]}
        assert free == {MAGNUS}
        ignoring = {"ignoreMeetingIds": meeting["id"], "meetingTypes": "online"}
        for each in PEOPLE:
            assert await client.search(explicitEmployeeIds=each, **ignoring) == offered[each]

    async def test_cannot_have_one_who_is_taken(self, client: ApiClient) -> None:
        slot = await booked(client, MAGNUS)
        ok(await client.reserve(slot | {"employeeId": INGRID}))
        told = problem(await client.create_meeting(slot, additionalEmployees=[INGRID]), 409, "TIME_SLOT_TAKEN")
        assert told["employeeId"] == INGRID
        assert ok(await client.create_meeting(slot))["additionalEmployees"] == [MAGNUS]

    async def test_staff_may_name_one_who_does_not_work_then(self, client: ApiClient) -> None:
        late = (await client.search(explicitEmployeeIds=identity_of("Solveig Dahl"), meetingTypes="online"))[-1]
        slot = ok(await client.book(ok(await client.reserve(late))["id"]))
        told = problem(await client.create_meeting(slot, additionalEmployees=[INGRID]), 409, "NOT_OFFERED")
        assert (told["employeeId"], told["rule"]) == (INGRID, "OUTSIDE_WORKING_HOURS")
        staff = await client.as_another("staff", EVERY_SCOPE)
        assert ok(await staff.create_meeting(slot, additionalEmployees=[INGRID]))["additionalEmployees"] == [INGRID]

    @pytest.mark.parametrize("others", [[FREJA], [INGRID, INGRID]])
    async def test_names_everybody_once(self, client: ApiClient, others: list[str]) -> None:
        problem(await client.create_meeting(await booked(client), additionalEmployees=others), 400)

    async def test_cancelled_everybody_is_free_at_once(self, client: ApiClient) -> None:
        offered = {each: await together(client, each) for each in PEOPLE}
        meeting = ok(await client.create_meeting(await booked(client, MAGNUS, INGRID)))
        ok(await client.http.delete(f"{MEETINGS}/{meeting['id']}", headers=client.headers))
        assert {each: await together(client, each) for each in PEOPLE} == offered

    async def test_changed_it_takes_and_frees_people(self, client: ApiClient) -> None:
        offered = {each: await together(client, each) for each in PEOPLE}
        meeting = ok(await client.create_meeting(await booked(client, MAGNUS, INGRID)))
        patch = [{"op": "replace", "path": "/additionalEmployees", "value": [EMIL, INGRID]}]
        answer = await client.http.patch(f"{MEETINGS}/{meeting['id']}", json=patch, headers=client.headers)
        assert ok(answer)["additionalEmployees"] == [EMIL, INGRID]
        assert {each for each in PEOPLE if await together(client, each) == offered[each]} == {MAGNUS}


def identity_of(name: str) -> str:
    return str(identity(name))
