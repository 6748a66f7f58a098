"""Real races on real connections: no two bookings ever have the same time, and nobody deadlocks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

import pytest
import sqlalchemy as sa

from devstack.demo_data import identity
from domain.errors import BookMeError, NotOffered, TimeSlotTaken
from domain.messages.booking import TimeSlotSnapshot, WantedTimeSlot
from services.booking.reservations import BookingLimits, reserve
from storage.bookings.time_slots import NOW
from storage.database import Database
from tests.integration.activities.booking_fixture import (
    AKSEL,
    FREJA,
    KASTELLET,
    MAGNUS,
    NYHAVN,
    BookingFixture,
    Crowd,
    booking_of,
    reservation,
    until,
    wanted_again,
    wanted_as,
)

EMPLOYEES = [FREJA, MAGNUS, AKSEL, identity("Sigrid Bjørnstad")]
ROOMS = [NYHAVN, KASTELLET, identity("copenhagen-city/Øresund")]
HALF = timedelta(minutes=30)
BOUND = 45.0
"""Seconds. A chain of deadlock detections takes longer; a queue takes a fraction of one."""

OVERLAPS = """
    SELECT count(*) FROM time_slot a JOIN time_slot b
    ON a.id < b.id AND a.booking_key <> b.booking_key
    AND (a.employee_id = b.employee_id OR a.room_id = b.room_id)
    AND tstzrange(a.start_at, a.end_at) && tstzrange(b.start_at, b.end_at)
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
ALIVE = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(:pids)"

Outcome = TypeVar("Outcome")


async def all_at_once(attempts: Iterable[Awaitable[Outcome]]) -> list[Outcome | BaseException]:
    async with asyncio.timeout(BOUND):
        return await asyncio.gather(*attempts, return_exceptions=True)


async def number(database: Database, query: str, **values: object) -> int:
    async with database.transaction() as session:
        return int((await session.execute(sa.text(query), values)).scalar_one())


@asynccontextmanager
async def no_deadlock(bookings: BookingFixture, crowd: Crowd) -> AsyncIterator[None]:
    """Looked at when the crowd's backends have ended: until then they may keep their numbers to themselves."""

    async def all_ended() -> bool:
        return await number(bookings.database, ALIVE, pids=crowd.pids) == 0

    before = await number(bookings.database, DEADLOCKS)
    yield
    await crowd.database.close()
    await until(all_ended)
    assert await number(bookings.database, DEADLOCKS) == before


@pytest.mark.parametrize("named", [True, False])
async def test_one_of_fifty_gets_the_time_slot(bookings: BookingFixture, crowd: Crowd, named: bool) -> None:
    wanted = await bookings.wanted(by_staff=True)
    free = {FREJA}
    if not named:
        free = await bookings.free_at(wanted.start)
        wanted = wanted.model_copy(update={"employee_id": None, "by_staff": False})
    async with no_deadlock(bookings, crowd):
        outcomes = await all_at_once(crowd.reserve(reservation(wanted)) for _ in range(50))
    won = [one for one in outcomes if isinstance(one, TimeSlotSnapshot)]
    assert {one.employee_id for one in won} == free
    assert [type(one) for one in outcomes if one not in won] == [TimeSlotTaken] * (50 - len(free))
    assert len((await bookings.stored())["TimeSlotRow"]) == len(free)


@pytest.mark.parametrize("in_common", ["employee_id", "room_id", "token"])
async def test_who_wants_the_same_queues_before_anything_is_written(
    bookings: BookingFixture, terms: BookingLimits, in_common: str
) -> None:
    """Waiting for each other's rows, as the constraint alone would make them, is what ends in deadlocks."""
    first = await bookings.wanted(by_staff=True, room_id=NYHAVN)
    other = {"employee_id": MAGNUS, "room_id": KASTELLET}
    second = first.model_copy(update={name: value for name, value in other.items() if name != in_common})
    tokens = ("one", "one" if in_common == "token" else "two")
    async with bookings.database.transaction() as session:
        await reserve(session, reservation(first, tokens[0]), terms)
        waiting = asyncio.create_task(bookings.steps.reserve_time_slot(reservation(second, tokens[1])))
        await bookings.somebody_waits("advisory")
    (outcome,) = await all_at_once([waiting])
    assert isinstance(outcome, TimeSlotSnapshot if in_common == "token" else TimeSlotTaken)


async def test_the_same_step_many_times_at_once_is_one_hold(bookings: BookingFixture, crowd: Crowd) -> None:
    step = reservation(await bookings.wanted())
    outcomes = await all_at_once(crowd.reserve(step) for _ in range(20))
    assert {one.id for one in outcomes if isinstance(one, TimeSlotSnapshot)} == {step.time_slot_id}
    assert all(isinstance(one, TimeSlotSnapshot) for one in outcomes)
    assert await bookings.events() == ["booking.reserved"]


async def test_one_token_many_slots_at_once_is_one_hold(bookings: BookingFixture, crowd: Crowd) -> None:
    wanted = [wanted_as(slot) for employee in EMPLOYEES for slot in (await bookings.offered(employee))[:5]]
    outcomes = await all_at_once(crowd.reserve(reservation(one, "token")) for one in wanted)
    assert all(isinstance(one, TimeSlotSnapshot) for one in outcomes), outcomes
    stored = await bookings.stored()
    assert len(stored["TimeSlotRow"]) == 1
    kinds = [event["kind"] for event in stored["BookingEventRow"]]
    assert sorted(kinds) == ["booking.released"] * (len(wanted) - 1) + ["booking.reserved"] * len(wanted)


async def test_no_two_bookings_overlap_whatever_is_asked_at_once(bookings: BookingFixture, crowd: Crowd) -> None:
    """Reservations, replacements and takeovers, of employee and room pairs in any order."""
    dice = Random(4711)
    start = (await bookings.wanted()).start
    wishes = [wish(dice, start) for _ in range(160)]
    async with no_deadlock(bookings, crowd):
        for batch in (wishes[:80], wishes[80:]):
            steps = [reservation(one, f"token-{dice.randrange(40)}") for one in batch]
            outcomes = await all_at_once(map(crowd.reserve, steps))
            unexpected = [one for one in outcomes if not isinstance(one, TimeSlotSnapshot | TimeSlotTaken | NotOffered)]
            assert unexpected == []
            assert await number(bookings.database, OVERLAPS) == 0
            slots = (await bookings.stored())["TimeSlotRow"]
            assert len(slots) > 5
            await bookings.expire(*(slot["id"] for slot in slots if dice.random() < 0.7))


def wish(dice: Random, start: datetime) -> WantedTimeSlot:
    """By staff, who may go past the week: so that most of what is refused is taken."""
    begin = start + HALF * dice.randrange(8)
    return WantedTimeSlot(
        start=begin,
        end=begin + HALF * dice.randint(1, 4),
        employee_id=dice.choice(EMPLOYEES),
        room_id=dice.choice([*ROOMS, None]),
        by_staff=True,
    )


@pytest.mark.ci
async def test_at_the_deadline_either_the_booking_or_the_takeover_wins(bookings: BookingFixture, crowd: Crowd) -> None:
    dice = Random(42)
    offered = [slot for employee in EMPLOYEES for slot in (await bookings.offered(employee))[:12]]
    holds = [await bookings.held(wanted_as(slot)) for slot in offered]
    await bookings.change([hold.id for hold in holds], hold_expires_at=NOW + timedelta(milliseconds=300))
    winners = await all_at_once(winner(crowd, hold, dice.random() * 0.6) for hold in holds)
    assert set(winners) <= {"booking", "takeover"}, winners
    slots = (await bookings.stored())["TimeSlotRow"]
    assert len(slots) == len(holds)
    statuses = [slot["status"] for slot in slots]
    assert statuses.count("Booked") == winners.count("booking")
    assert await number(bookings.database, OVERLAPS) == 0


async def winner(crowd: Crowd, hold: TimeSlotSnapshot, delay: float) -> str:
    """Book a hold at some moment, while somebody else wants it all the time."""
    takeover = asyncio.create_task(take_over(crowd, hold))
    # Not to wait for anything: the moments of the bookings are spread around the deadline.
    await asyncio.sleep(delay)
    try:
        await crowd.steps.book_time_slot(booking_of(hold))
    except BookMeError:
        await takeover
        return "takeover"
    takeover.cancel()
    await asyncio.wait([takeover])
    assert takeover.cancelled(), "both had it"
    return "booking"


async def take_over(crowd: Crowd, hold: TimeSlotSnapshot) -> None:
    while True:
        with suppress(TimeSlotTaken):
            await crowd.reserve(reservation(wanted_again(hold)))
            return
