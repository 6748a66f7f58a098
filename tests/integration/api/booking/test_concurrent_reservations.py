"""Many clients want the same time slot at the same moment."""

import asyncio
import time
from functools import partial
from itertools import pairwise

from temporalio.client import Client

from config.settings import Settings
from storage.database import Database
from tests.integration.api.support import FREJA, eventually, new_token, ok, problem, rows, settled
from tests.support.clients import ApiClient, reservation

CLIENTS = 50


async def runs(engine: Client, settings: Settings) -> int:
    """How many runs this test has started; the server's list is a moment behind."""
    return (await engine.count_workflows(f"TaskQueue = '{settings.task_queue}'")).count


async def test_fifty_clients_one_time_slot(
    client: ApiClient, engine: Client, settings: Settings, database: Database
) -> None:
    offered = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[0]
    racers = await asyncio.gather(*(client.as_another(f"racer-{number}") for number in range(CLIENTS)))
    started = time.monotonic()
    answers = await asyncio.gather(*(settled(partial(racer.reserve, offered, "token")) for racer in racers))
    assert time.monotonic() - started < 30
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for answer in answers:
        if answer not in won:
            body = problem(answer, 409, "TIME_SLOT_TAKEN")
            assert body["heldUntil"] == ok(won[0])["holdExpiresAt"]
    assert (await rows(database))["time_slot"] == 1

    async def is_listed() -> bool:
        return await runs(engine, settings) >= 1

    await eventually(is_listed)
    assert await runs(engine, settings) <= 5


async def test_repeats_in_a_crowd_are_told_the_same(client: ApiClient, database: Database) -> None:
    """Three bookings, each asked for ten times at the same moment: what one repeat has got, no other one is refused."""
    offered = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[0]
    tokens = [new_token() for _ in range(3)]
    asked = [token for _ in range(10) for token in tokens]
    answers = await asyncio.gather(*(settled(partial(client.reserve, offered, token)) for token in asked))
    told = {
        token: {each.status_code for each, its in zip(answers, asked, strict=True) if its == token} for token in tokens
    }
    assert sorted(map(sorted, told.values())) == [[200], [409], [409]]
    assert len({ok(each)["id"] for each in answers if each.status_code == 200}) == 1
    assert (await rows(database))["time_slot"] == 1


async def test_time_slots_that_overlap(client: ApiClient, database: Database) -> None:
    """Of one employee, each half an hour after the other: two that touch can both be had, two that overlap cannot."""
    slots = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[:8]
    answers = await asyncio.gather(*(settled(partial(client.reserve, slot, new_token())) for slot in slots))
    held = sorted((ok(answer) for answer in answers if answer.status_code == 200), key=lambda slot: slot["startDate"])
    assert held
    assert all(one["endDate"] <= other["startDate"] for one, other in pairwise(held))
    for answer in answers:
        if answer.status_code != 200:
            problem(answer, 409, "TIME_SLOT_TAKEN")
    assert (await rows(database))["time_slot"] == len(held)


async def test_everybody_without_naming_an_employee_gets_one_while_there_are_any(client: ApiClient) -> None:
    offered = (await client.search())[0]
    free = await client.search(getBestTimeSlots="false", meetingTypes="online,telephone")
    employees = {slot["employeeId"] for slot in free if slot["startDate"] == offered["startDate"]}
    wanted = {"startDate": offered["startDate"], "endDate": offered["endDate"], "status": "Reserved"}
    bodies = [reservation(offered) | {"timeSlot": wanted} for _ in range(len(employees) + 5)]
    answers = await asyncio.gather(
        *(settled(partial(client.post, "/bookme/time-slots/reserve", body)) for body in bodies)
    )
    held = [ok(answer)["employeeId"] for answer in answers if answer.status_code == 200]
    assert len(held) == len(set(held)) == len(employees)
