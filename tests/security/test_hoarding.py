"""Hoarding: whoever would hold everything holds what is allowed, and everybody else books on."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from itertools import repeat
from typing import Final

import httpx
import pytest
import sqlalchemy as sa

from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.e2e.customer import apart
from tests.integration.api.support import INGRID, new_token, ok, problem, settled
from tests.support.clients import ApiClient, Json, reservation

MOST: Final = 4
AT_ONCE: Final = 24


@pytest.fixture
def terms() -> BookingLimits:
    return BookingLimits(reservation_ttl=timedelta(minutes=5), booked_ttl=timedelta(minutes=15), max_holds=MOST)


async def offers(client: ApiClient) -> list[Json]:
    """Time slots that could all be had together."""
    found = apart(await client.search(meetingTypes="online", getBestTimeSlots="false"))
    assert len(found) > AT_ONCE
    return found


async def holds(database: Database, client_id: str) -> int:
    query = sa.text("SELECT count(*) FROM time_slot WHERE client_id = :client AND hold_expires_at > now()")
    async with database.transaction() as session:
        count: int = (await session.execute(query, {"client": client_id})).scalar_one()
    return count


async def all_at_once(
    client: ApiClient, slots: Sequence[Json], tokens: Iterable[str | None] = repeat(None)
) -> list[httpx.Response]:
    wanted = zip(slots, tokens, strict=False)
    return await asyncio.gather(*(settled(partial(client.reserve, *each)) for each in wanted))


async def test_as_many_tokens_as_one_likes_at_once_are_one_client(client: ApiClient, database: Database) -> None:
    answers = await all_at_once(client, (await offers(client))[:AT_ONCE])
    assert await holds(database, "demo") == MOST
    assert Counter(answer.status_code for answer in answers) == {200: MOST, 429: AT_ONCE - MOST}
    for refused in (answer for answer in answers if answer.status_code == 429):
        assert problem(refused, 429, "TOO_MANY_HOLDS")["limit"] == MOST


async def test_somebody_else_books_on_meanwhile(client: ApiClient, database: Database) -> None:
    slots = await offers(client)
    other = await client.as_another("other")
    crowd, two = all_at_once(client, slots[:AT_ONCE]), all_at_once(other, slots[AT_ONCE : AT_ONCE + 2])
    answers, theirs = await asyncio.gather(crowd, two)
    assert [answer.status_code for answer in theirs] == [200, 200]
    left = next(slot for slot, answer in zip(slots, answers, strict=False) if answer.status_code == 429)
    ok(await other.reserve(left))
    assert await holds(database, "demo") == MOST


async def test_a_hold_replaced_under_its_token_is_still_one(client: ApiClient, database: Database) -> None:
    """All tokens at once want something else, at the limit."""
    slots, tokens = await offers(client), [new_token() for _ in range(MOST)]
    for slot, token in zip(slots, tokens, strict=False):
        ok(await client.reserve(slot, token))
    replaced = await all_at_once(client, slots[MOST:], tokens)
    assert [answer.status_code for answer in replaced] == [200] * MOST
    assert await holds(database, "demo") == MOST


async def test_everybody_of_a_team_counts(client: ApiClient, database: Database) -> None:
    team = [each for each in await offers(client) if each["employeeId"] != INGRID]
    for slot in team[: MOST - 1]:
        ok(await client.reserve(slot))
    body = reservation(team[MOST])
    body["timeSlot"] |= {"additionalEmployees": [INGRID]}
    problem(await client.post("/bookme/time-slots/reserve", body), 429, "TOO_MANY_HOLDS")
    assert await holds(database, "demo") == MOST - 1
    ok(await client.reserve(team[MOST]))
