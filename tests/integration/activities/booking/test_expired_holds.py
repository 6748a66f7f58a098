"""Overdue holds without a run are ended by the relay's sweep, each with its event."""

from datetime import timedelta

from domain.messages.booking import TimeSlotSnapshot
from storage.bookings import time_slots
from storage.bookings.lapsed_holds import GRACE, remove_lapsed_holds
from tests.integration.activities.booking_fixture import FREJA, INGRID, BookingFixture

A_MOMENT = timedelta(seconds=1)


async def swept(desk: BookingFixture) -> int:
    async with desk.database.transaction() as session:
        return await remove_lapsed_holds(session)


async def overdue(desk: BookingFixture, slot: TimeSlotSnapshot, by: timedelta = GRACE + A_MOMENT) -> TimeSlotSnapshot:
    await desk.change([slot.id], hold_expires_at=time_slots.NOW - by)
    return slot


async def test_it_ends_each_with_its_event_and_its_companions(desk: BookingFixture) -> None:
    reserved = await overdue(desk, await desk.held(await desk.team(INGRID)))
    booked = await overdue(desk, await desk.booked(await desk.wanted(5, FREJA), "another"))

    assert await swept(desk) == 2
    assert (await desk.stored())["TimeSlotRow"] == []
    assert await desk.events(reserved.id) == ["booking.reserved", "booking.expired"]
    assert await desk.events(booked.id) == ["booking.reserved", "booking.booked", "booking.expired"]
    assert await swept(desk) == 0


async def test_it_leaves_what_is_kept_what_is_just_overdue_and_what_has_a_meeting(desk: BookingFixture) -> None:
    await overdue(desk, await desk.held(), -A_MOMENT)
    await overdue(desk, await desk.held(await desk.wanted(5), "another"), GRACE - 3 * A_MOMENT)
    await desk.met()
    before = await desk.stored()

    assert await swept(desk) == 0
    assert await desk.stored() == before


async def test_it_waits_for_no_step_that_is_under_way(desk: BookingFixture) -> None:
    slot = await overdue(desk, await desk.held())
    async with desk.database.transaction() as session:
        assert await time_slots.find(session, slot.id, for_update=True) is not None
        assert await swept(desk) == 0
    assert await swept(desk) == 1
