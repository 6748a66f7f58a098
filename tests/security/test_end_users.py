"""One end user of a client cannot keep time for ever, neither by holding much nor by holding it again and again."""

import asyncio
from datetime import timedelta
from typing import Final

import httpx
import pytest
import sqlalchemy as sa
from temporalio.client import Client

from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.e2e.customer import apart
from tests.integration.api.support import FREJA, INGRID, new_token, ok, problem, run_of, settled
from tests.security.planted.texts import Place, found_in
from tests.support.clients import ApiClient, Json, reservation

ADA: Final = "ada@example.com"
MOST_HOLDS: Final = 2
MOST_RENEWALS: Final = 3
PATH: Final = "/bookme/time-slots/reserve"


@pytest.fixture
def terms() -> BookingLimits:
    ttl, booked_ttl = timedelta(minutes=5), timedelta(minutes=15)
    return BookingLimits(ttl, booked_ttl, 500, max_end_user_holds=MOST_HOLDS, max_renewals=MOST_RENEWALS)


async def offers(client: ApiClient) -> list[Json]:
    return apart(await client.search(meetingTypes="online", getBestTimeSlots="false"))


async def reserve(
    client: ApiClient, slot: Json, end_user: str | None = ADA, token: str | None = None
) -> httpx.Response:
    headers = {} if end_user is None else {"BookMe-End-User": end_user}
    body = reservation(slot, token)
    return await settled(lambda: client.post(PATH, body, **headers))


async def give_back(client: ApiClient, slot: Json) -> None:
    answer = await client.http.delete(f"/bookme/time-slots/{slot['id']}", headers=client.headers)
    assert answer.status_code == 204, answer.text


async def test_an_end_user_holds_only_so_much_at_once(client: ApiClient) -> None:
    """However many requests come in one moment; others of the same client go on."""
    slots = await offers(client)
    answers = await asyncio.gather(*(reserve(client, slot) for slot in slots[:6]))
    assert sorted(answer.status_code for answer in answers) == [200] * MOST_HOLDS + [429] * 4
    for refused in (each for each in answers if each.status_code == 429):
        assert problem(refused, 429, "TOO_MANY_END_USER_HOLDS")["limit"] == MOST_HOLDS
    ok(await reserve(client, slots[6], "another"))
    ok(await reserve(client, slots[7], None))
    ok(await reserve(client, slots[8], None))
    held = next(answer.json() for answer in answers if answer.status_code == 200)
    await give_back(client, held)
    ok(await reserve(client, slots[9]))


async def test_the_same_time_is_not_held_again_and_again(client: ApiClient) -> None:
    slots = await offers(client)
    for _ in range(MOST_RENEWALS):
        await give_back(client, ok(await reserve(client, slots[0])))
    assert problem(await reserve(client, slots[0]), 429, "TOO_MANY_RENEWALS")["limit"] == MOST_RENEWALS
    ok(await reserve(client, slots[1]))
    ok(await reserve(client, slots[0], "another"))


async def test_a_day_later_it_may_be_held_again(client: ApiClient, database: Database) -> None:
    (slot, *_) = await offers(client)
    for _ in range(MOST_RENEWALS):
        await give_back(client, ok(await reserve(client, slot)))
    async with database.transaction() as session:
        await session.execute(sa.text("UPDATE end_user_hold SET at = at - interval 'PT24H'"))
    ok(await reserve(client, slot))
    async with database.transaction() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM end_user_hold")) == 1


async def test_a_repeat_is_no_renewal_and_no_second_hold(client: ApiClient) -> None:
    slots, token = await offers(client), new_token()
    ok(await reserve(client, slots[1]))
    held = [ok(await reserve(client, slots[0], token=token)) for _ in range(MOST_RENEWALS + 2)]
    assert len({each["id"] for each in held}) == 1
    refused = [await reserve(client, slots[2]) for _ in range(2)]
    assert {problem(each, 429, "TOO_MANY_END_USER_HOLDS")["limit"] for each in refused} == {MOST_HOLDS}


async def test_a_hold_that_replaces_another_is_still_one(client: ApiClient) -> None:
    slots, token = await offers(client), new_token()
    ok(await reserve(client, slots[0]))
    for slot in slots[1:5]:
        ok(await reserve(client, slot, token=token))


async def test_everybody_of_a_team_is_held(client: ApiClient) -> None:
    both = {"explicitEmployeeIds": f"{FREJA},{INGRID}", "requireEmployeeParticipation": "true"}
    (slot, *_) = await client.search(meetingTypes="online", **both)
    other = INGRID if slot["employeeId"] == FREJA else FREJA
    body = reservation(slot)
    body["timeSlot"] |= {"additionalEmployees": [other]}
    for _ in range(MOST_RENEWALS):
        body["token"] = new_token()
        await give_back(client, ok(await client.post(PATH, body, **{"BookMe-End-User": ADA})))
    problem(await reserve(client, slot | {"employeeId": other}), 429, "TOO_MANY_RENEWALS")


async def test_the_name_of_an_end_user_is_stored_nowhere(client: ApiClient, database: Database, engine: Client) -> None:
    token, (slot, *_) = new_token(), await offers(client)
    ok(await reserve(client, slot, token=token))
    async with database.transaction() as session:
        (stored,) = await session.scalars(sa.text("SELECT end_user FROM end_user_hold"))
    assert len(stored) == 64
    history = Place("the history", (await run_of(engine, token).fetch_history()).to_json(), ())
    assert not list(found_in(history, {"end user": ADA}))
    assert list(found_in(history, {"digest": stored}))


async def test_a_malformed_name_is_refused(client: ApiClient) -> None:
    (slot, *_) = await offers(client)
    for name in ("", "a b", "x" * 256):
        problem(await client.post(PATH, reservation(slot), **{"BookMe-End-User": name}), 400)
