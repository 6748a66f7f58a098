"""Busy times and bookings at the same time: what refuses, what may be ignored, and races between the two."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from domain.time_slots import BLOCKING, HELD
from storage.bookings.events import EventKind
from storage.database import Database
from storage.tables.booking import BookingEventRow
from tests.integration.api.calendars.busy_times import (
    ENTERED,
    FREJAS,
    PATH,
    at,
    changed,
    entered,
    lapse,
    listed,
    over,
    version,
)
from tests.integration.api.support import (
    FREJA,
    INGRID,
    ROOM,
    new_token,
    ok,
    problem,
    settled,
)
from tests.support.clients import ApiClient, Json

RACES: Final = 12


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
