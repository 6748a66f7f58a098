"""Real races of teams that have somebody in common: no deadlock, nobody twice, and never half a team."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from domain.errors import BookMeError, TimeSlotTaken
from domain.messages.booking import ReleaseCause, ReleaseTimeSlot, TimeSlotSnapshot, WantedTimeSlot
from storage.database import StorageUnavailable
from tests.integration.activities.booking.test_races import OVERLAPS, all_at_once, no_deadlock, number
from tests.integration.activities.booking_fixture import (
    AKSEL,
    FREJA,
    INGRID,
    MAGNUS,
    BookingFixture,
    Crowd,
    booking_of,
    check_companions,
    meeting_of,
    reservation,
)

pytestmark = pytest.mark.ci

PEOPLE = [FREJA, MAGNUS, AKSEL, INGRID]
HALF = timedelta(minutes=30)
TOKENS = 30


async def test_one_of_many_teams_in_any_order_gets_the_time(bookings: BookingFixture, crowd: Crowd) -> None:
    dice, start = Random(4711), (await bookings.wanted()).start
    async with no_deadlock(bookings, crowd):
        outcomes = await all_at_once(
            crowd.reserve(reservation(wanted(start, *dice.sample(PEOPLE, len(PEOPLE))))) for _ in range(50)
        )
    assert sorted(type(one).__name__ for one in outcomes) == ["TimeSlotSnapshot"] + ["TimeSlotTaken"] * 49
    stored = await bookings.stored()
    check_companions(stored)
    assert {slot["employee_id"] for slot in stored["TimeSlotRow"]} == set(PEOPLE)


async def test_two_meetings_that_want_each_others_people(bookings: BookingFixture, crowd: Crowd) -> None:
    """Each has half of them and names the other half: neither can have them, whoever comes first."""
    start = (await bookings.wanted()).start
    one = await bookings.booked(wanted(start, FREJA, MAGNUS))
    two = await bookings.booked(wanted(start, AKSEL, INGRID))
    steps = [
        meeting_of(one, additional_employees=(MAGNUS, INGRID, AKSEL), by_staff=True),
        meeting_of(two, additional_employees=(INGRID, MAGNUS, FREJA), by_staff=True),
    ]
    async with no_deadlock(bookings, crowd):
        outcomes = await all_at_once(crowd.meet(step) for step in steps * 10)
    assert {type(one) for one in outcomes} == {TimeSlotTaken}
    check_companions(await bookings.stored())


async def test_two_meetings_that_want_the_same_person(bookings: BookingFixture, crowd: Crowd) -> None:
    start = (await bookings.wanted()).start
    slots = [await bookings.booked(wanted(start, each)) for each in (FREJA, MAGNUS)]
    steps = [
        meeting_of(slot, additional_employees=others, by_staff=True)
        for slot, others in zip(slots, [(AKSEL, INGRID), (INGRID, AKSEL)], strict=True)
    ]
    async with no_deadlock(bookings, crowd):
        outcomes = await all_at_once(crowd.meet(step) for step in steps)
    assert sorted(type(one).__name__ for one in outcomes) == ["MeetingCreated", "TimeSlotTaken"]
    check_companions(await bookings.stored())


@pytest.mark.parametrize("seed", [1, 2])
async def test_companions_are_in_step_whatever_is_done_at_once(
    bookings: BookingFixture, crowd: Crowd, seed: int
) -> None:
    """Reservations, replacements, takeovers, bookings, meetings with others and releases, of teams in any order."""
    dice, start = Random(seed), (await bookings.wanted()).start
    kept: list[TimeSlotSnapshot] = []
    async with no_deadlock(bookings, crowd):
        for _ in range(4):
            outcomes = await all_at_once(deed(crowd, dice, start, slot) for slot in followed(kept))
            failed = [one for one in outcomes if isinstance(one, BaseException) and not isinstance(one, BookMeError)]
            assert failed == []
            kept = [one for one in outcomes if isinstance(one, TimeSlotSnapshot)]
            stored = await bookings.stored()
            check_companions(stored)
            assert await number(bookings.database, OVERLAPS) == 0
            holds = [slot["id"] for slot in stored["TimeSlotRow"] if slot["hold_expires_at"]]
            await bookings.expire(*(hold for hold in holds if dice.random() < 0.3))


def followed(kept: list[TimeSlotSnapshot]) -> list[TimeSlotSnapshot | None]:
    """What is done next: something with each that is kept, and new reservations."""
    return [*kept, *[None] * 40]


async def deed(crowd: Crowd, dice: Random, start: datetime, slot: TimeSlotSnapshot | None) -> TimeSlotSnapshot | None:
    others = tuple(dice.sample(PEOPLE, dice.randint(1, 3)))
    if slot is None:
        begin = start + HALF * dice.randrange(6)
        step = reservation(wanted(begin, *others), f"token-{dice.randrange(TOKENS)}")
        return await crowd.reserve(step)
    with suppress(StorageUnavailable):
        if dice.random() < 0.2:
            await crowd.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.RELEASED))
        elif slot.status == "Reserved":
            return await crowd.steps.book_time_slot(booking_of(slot))
        else:
            team = tuple(each for each in others if each != slot.employee_id)
            await crowd.steps.create_meeting(meeting_of(slot, additional_employees=team, by_staff=True))
    return None


async def test_at_the_deadline_a_takeover_through_a_companion_or_the_booking_wins(
    bookings: BookingFixture, crowd: Crowd
) -> None:
    wants = await bookings.team(MAGNUS, by_staff=True)
    for _ in range(5):
        held = await bookings.held(wants)
        await bookings.expire(held.id)
        through = wanted(held.start, MAGNUS)
        outcomes = await asyncio.gather(
            crowd.reserve(reservation(through)),
            crowd.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=held.id, cause=ReleaseCause.EXPIRED)),
            crowd.steps.book_time_slot(booking_of(held)),
            return_exceptions=True,
        )
        assert isinstance(outcomes[0], TimeSlotSnapshot), outcomes
        assert (await bookings.events(held.id)).count("booking.expired") == 1
        check_companions(await bookings.stored())
        await bookings.steps.release_time_slot(
            ReleaseTimeSlot(time_slot_id=outcomes[0].id, cause=ReleaseCause.RELEASED)
        )


def wanted(start: datetime, employee: UUID, *others: UUID) -> WantedTimeSlot:
    """By staff, who may go past the week."""
    return WantedTimeSlot(
        start=start, end=start + HALF * 2, employee_id=employee, additional_employees=others, by_staff=True
    )
