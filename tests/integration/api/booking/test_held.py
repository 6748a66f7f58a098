"""The list of what a client holds."""

from datetime import timedelta
from typing import Final

import pytest
import sqlalchemy as sa

from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.e2e.customer import apart
from tests.integration.api.support import EVERY_SCOPE, FREJA, new_token, ok, problem
from tests.security.support.things import held_with_a_team
from tests.support.clients import ApiClient, Json, reservation

PATH: Final = "/bookme/time-slots/held"


async def hold(client: ApiClient, slot: Json, token: str, **more: str) -> Json:
    return ok(await client.post("/bookme/time-slots/reserve", reservation(slot, token) | more))


async def held(client: ApiClient, **query: str) -> list[Json]:
    answer = await client.get(PATH, **query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    return found


async def offers(client: ApiClient) -> list[Json]:
    return apart(await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))


def as_duration(text: str) -> timedelta:
    hours, minutes, seconds = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


async def test_what_is_held_and_for_how_long(client: ApiClient, terms: BookingLimits) -> None:
    slots, tokens = await offers(client), [new_token() for _ in range(5)]
    reserved = await hold(client, slots[0], tokens[0], customerId="ada")
    booked = ok(await client.book((await hold(client, slots[1], tokens[1]))["id"]))
    met = ok(await client.create_meeting(ok(await client.book((await hold(client, slots[2], tokens[2]))["id"]))))
    moving = await hold(client, slots[3], tokens[3], existingMeetingId=met["id"])
    gone = await hold(client, slots[4], tokens[4])
    assert (await client.give_back(gone["id"])).status_code == 204

    found = await held(client)
    lefts = [each.pop("timeLeft") for each in found]
    mine = {"clientId": "demo"}
    assert found == [
        reserved | mine | {"token": tokens[0], "customerId": "ada"},
        booked | mine | {"token": tokens[1]},
        moving | mine | {"token": tokens[3], "existingMeetingId": met["id"]},
    ]
    first, second, _ = map(as_duration, lefts)
    assert timedelta(0) < first <= terms.reservation_ttl < second <= terms.booked_ttl


async def test_each_filter(client: ApiClient) -> None:
    slots, tokens = await offers(client), [new_token() for _ in range(2)]
    first = await hold(client, slots[0], tokens[0], customerId="ada")
    second = ok(await client.book((await hold(client, slots[1], tokens[1]))["id"]))
    for query, wanted in (
        ({"token": tokens[0]}, first),
        ({"customerId": "ada"}, first),
        ({"status": "reserved"}, first),
        ({"status": "Booked"}, second),
    ):
        assert [each["id"] for each in await held(client, **query)] == [wanted["id"]], query
    assert await held(client, token=tokens[1], status="Reserved") == []
    problem(await client.get(PATH, status="Busy"), 400)


async def test_page_by_page(client: ApiClient) -> None:
    made = [(await hold(client, slot, new_token()))["id"] for slot in (await offers(client))[:5]]
    path, query, seen = PATH, {"limit": "2"}, list[str]()
    while path:
        answer = await client.http.get(path, params=query or None, headers=client.headers)
        seen += [each["id"] for each in answer.json()]
        assert len(answer.json()) in (1, 2)
        path, query = answer.links.get("next", {}).get("url", ""), {}
    assert seen == made


async def test_each_client_lists_its_own_and_staff_all(client: ApiClient) -> None:
    mine = await hold(client, (await offers(client))[0], new_token())
    other = await client.as_another("other")
    theirs = await hold(other, (await offers(other))[0], new_token())
    staff = await client.as_another("staff", EVERY_SCOPE)
    assert [each["id"] for each in await held(client)] == [mine["id"]]
    assert [(each["clientId"], each["id"]) for each in await held(staff)] == [
        ("demo", mine["id"]),
        ("other", theirs["id"]),
    ]


async def test_additional_employees_are_not_listed_apart(client: ApiClient) -> None:
    slot, _ = await held_with_a_team(client)
    assert [each["id"] for each in await held(client)] == [slot]


async def test_what_is_overdue_is_not_held(client: ApiClient, database: Database) -> None:
    lapsed = await hold(client, (await offers(client))[0], new_token())
    async with database.transaction() as session:
        past = "UPDATE time_slot SET hold_expires_at = now() - interval '1 s' WHERE id = :id"
        await session.execute(sa.text(past), {"id": lapsed["id"]})
    assert await held(client) == []


@pytest.mark.parametrize("cursor", ["x", "bm8="])
async def test_a_cursor_of_ones_own_making(client: ApiClient, cursor: str) -> None:
    body = problem(await client.get(PATH, cursor=cursor), 400)
    assert [error["pointer"] for error in body["errors"]] == ["/cursor"]
