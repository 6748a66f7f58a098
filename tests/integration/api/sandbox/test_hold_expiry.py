"""A hold lives until its deadline and no longer, whether or not a worker is there to see it pass.

The clock of the sandbox is set to the deadline. No run is woken, so each run still waits, as a late one does.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from temporalio.client import Client

from activities.events import RelayActivities
from api.sandbox.clock import Move
from config.settings import Settings
from storage.database import Database
from storage.sandbox.clock import move_clock
from tests.integration.api.sandbox.support import advance
from tests.integration.api.support import FREJA, eventually, new_token, ok, problem, run_of
from tests.integration.storage.transactions import held
from tests.support.clients import ApiClient, Json, new_client_id, reservation
from workers.main import booking_steps, make_worker
from workflows.booking.messages import BookingStatus

WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def expiry(database: Database, held: Json) -> None:
    """The deadline that the client was told has passed."""
    async with database.transaction() as session:
        await move_clock(session, datetime.fromisoformat(held["holdExpiresAt"]) + timedelta(milliseconds=10))


async def test_an_expired_hold_is_refused_and_its_time_offered_again(
    client: ApiClient, engine: Client, database: Database, client_id: str
) -> None:
    offered = (await client.search(explicitEmployeeIds=FREJA, meetingTypes="online"))[0]
    held = ok(await client.reserve(offered, "expires"))
    await expiry(database, held)
    body = problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
    assert body["expiredAt"] == held["holdExpiresAt"]
    assert offered in await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    await advance(client, "PT1S")
    assert (await run_of(engine, "expires", client_id).result()).status is BookingStatus.EXPIRED
    body = problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
    assert body["expiredAt"] == held["holdExpiresAt"], "the deadline, however late it was released"
    assert "expired" in problem(await client.time_slot(held["id"]), 404, "NOT_FOUND")["message"]
    assert (await client.give_back(held["id"])).status_code == 204
    ok(await client.reserve(offered, "expires"))


@pytest.mark.ci
async def test_a_booked_time_slot_without_a_meeting_expires_too(
    client: ApiClient, engine: Client, database: Database, client_id: str
) -> None:
    offered = (await client.search())[0]
    booked = ok(await client.book(ok(await client.reserve(offered, "no-meeting"))["id"]))
    content = await client.meeting(booked)
    await expiry(database, booked)
    problem(await client.post("/bookme/meetings", content), 409, "HOLD_EXPIRED")
    await advance(client, "PT1S")
    assert (await run_of(engine, "no-meeting", client_id).result()).status is BookingStatus.EXPIRED
    assert offered in await client.search()


@pytest.mark.ci
@pytest.mark.parametrize("asked", ["a meeting", "Booked", "to give it back"])
async def test_what_began_in_time_may_end_after_the_deadline(client: ApiClient, database: Database, asked: str) -> None:
    """Nobody is told that it has expired while a step is being committed that was in time: it is not known yet."""
    offered, key = (await client.search())[0], {"Idempotency-Key": new_token()}
    token = new_token()
    booked = ok(await client.book(ok(await client.reserve(offered, token, **key))["id"]))
    content = await client.meeting(booked)
    asks: Mapping[str, Callable[[], Coroutine[Any, Any, httpx.Response]]] = {
        "a meeting": lambda: client.post("/bookme/meetings", content),
        "Booked": lambda: client.book(booked["id"]),
        "to give it back": lambda: client.give_back(booked["id"]),
    }
    later = "UPDATE time_slot SET hold_expires_at = hold_expires_at + interval '1 minute', version = version + 1"
    async with held(database, f"{later} WHERE id = '{booked['id']}'"):
        await expiry(database, booked)
        asking, repeating = (
            asyncio.create_task(asks[asked]()),
            asyncio.create_task(client.reserve(offered, token, **key)),
        )
        waking = asyncio.create_task(advance(client, "PT1S"))

        async def both_wait() -> bool:
            async with database.transaction() as session:
                return (await session.scalar(WAITING) or 0) >= 3

        await eventually(both_wait)
    await waking
    answer = await asking
    assert answer.status_code in (200, 204, 503), answer.text
    if asked != "to give it back":
        assert ok(await repeating)["id"] == booked["id"]
    else:
        await repeating


async def test_a_meeting_in_time_stays(client: ApiClient, database: Database) -> None:
    booked = await client.booked()
    meeting = ok(await client.create_meeting(booked))
    await expiry(database, booked)
    assert ok(await client.get(f"/bookme/meetings/{meeting['id']}")) == meeting
    assert ok(await client.time_slot(booked["id"]))["status"] == "Booked"


@pytest.mark.ci
async def test_a_key_is_told_that_its_hold_expired(client: ApiClient, database: Database) -> None:
    body = reservation((await client.search())[0], "keyed-expiry")
    key = {"Idempotency-Key": "expired-key"}
    held = ok(await client.post("/bookme/time-slots/reserve", body, **key))
    await expiry(database, held)
    await advance(client, "PT1S")
    assert (await client.time_slot(held["id"])).status_code == 404
    gone = problem(await client.post("/bookme/time-slots/reserve", body, **key), 410, "GONE")
    assert "its hold expired" in gone["why"]


async def test_whoever_reserves_next_takes_an_expired_hold_over(client: ApiClient, database: Database) -> None:
    offered = (await client.search())[0]
    first = ok(await client.reserve(offered))
    other = await client.as_another(new_client_id())
    problem(await other.reserve(offered), 409, "TIME_SLOT_TAKEN")
    await expiry(database, first)
    second = ok(await other.reserve(offered))
    assert second["id"] != first["id"]
    problem(await client.book(first["id"]), 409, "HOLD_EXPIRED")
    ok(await other.book(second["id"]))


async def test_without_a_worker_an_expired_hold_blocks_nobody(
    http: httpx.AsyncClient, engine: Client, settings: Settings, database: Database, client_id: str
) -> None:
    steps = booking_steps(settings, engine, database)
    client = await ApiClient.authorised(http, client_id)
    query = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}
    async with make_worker(engine, settings.task_queue, *steps):
        offered = (await client.search(**query))[0]
        held = ok(await client.reserve(offered, "abandoned"))
        kept = ok(await client.reserve((await client.search(**query))[0], "abandoned-too"))
    await expiry(database, kept)
    assert offered in await client.search(**query)
    problem(await client.book(held["id"]), 409, "HOLD_EXPIRED")
    problem(await client.time_slot(held["id"]), 404, "NOT_FOUND")
    assert (await client.give_back(held["id"])).status_code == 204, "it needs no worker to be gone"
    async with make_worker(engine, settings.task_queue, *steps):
        ok(await client.reserve(offered))
        await advance(client, "PT1S")
        assert (await run_of(engine, "abandoned-too", client_id).result()).status is BookingStatus.EXPIRED


@pytest.mark.ci
async def test_a_run_ends_although_the_relay_removed_its_hold_during_a_move(
    http: httpx.AsyncClient,
    engine: Client,
    settings: Settings,
    database: Database,
    client_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No worker runs during the move, as after an outage of Temporal. So the clock goes on after some seconds."""
    relay, tell_everybody = RelayActivities(database, hand_nothing_over), Move._tell_everybody

    async def after_the_relay(move: Move, begin: datetime) -> None:
        await relay.relay()
        await tell_everybody(move, begin)

    monkeypatch.setattr(Move, tell_everybody.__name__, after_the_relay)
    steps, tokens = booking_steps(settings, engine, database), ("first", "second")
    client = await ApiClient.authorised(http, client_id)
    async with make_worker(engine, settings.task_queue, *steps):
        _, second = [
            ok(await client.reserve((await client.search(explicitEmployeeIds=FREJA))[0], token)) for token in tokens
        ]
        ok(await client.book(second["id"]))  # so it has a later deadline
    await advance(client, "PT20M")
    async with database.transaction() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM time_slot")) == 0
    async with make_worker(engine, settings.task_queue, *steps):
        for token in tokens:
            assert (await run_of(engine, token, client_id).result()).status is BookingStatus.EXPIRED


async def hand_nothing_over(_client_id: str) -> None:
    """There is no webhook."""
