"""Overdue holds without a run are ended by the relay's sweep, each with its event."""

from datetime import timedelta

from domain.messages.booking import TimeSlotSnapshot
from storage.bookings import time_slots
from storage.bookings.lapsed_holds import GRACE, remove_lapsed_holds
from tests.integration.activities.booking_fixture import FREJA, INGRID, BookingFixture

A_MOMENT = timedelta(seconds=1)


async def swept(bookings: BookingFixture) -> int:
    async with bookings.database.transaction() as session:
        return await remove_lapsed_holds(session)


async def overdue(
    bookings: BookingFixture, slot: TimeSlotSnapshot, by: timedelta = GRACE + A_MOMENT
) -> TimeSlotSnapshot:
    await bookings.change([slot.id], hold_expires_at=time_slots.NOW - by)
    return slot


async def test_it_ends_each_with_its_event_and_its_companions(bookings: BookingFixture) -> None:
    reserved = await overdue(bookings, await bookings.held(await bookings.team(INGRID)))
    booked = await overdue(bookings, await bookings.booked(await bookings.wanted(5, FREJA), "another"))

    assert await swept(bookings) == 2
    assert (await bookings.stored())["TimeSlotRow"] == []
    assert await bookings.events(reserved.id) == ["booking.reserved", "booking.expired"]
    assert await bookings.events(booked.id) == ["booking.reserved", "booking.booked", "booking.expired"]
    assert await swept(bookings) == 0


async def test_it_leaves_what_is_kept_what_is_just_overdue_and_what_has_a_meeting(bookings: BookingFixture) -> None:
    await overdue(bookings, await bookings.held(), -A_MOMENT)
    await overdue(bookings, await bookings.held(await bookings.wanted(5), "another"), GRACE - 3 * A_MOMENT)
    await bookings.met()
    before = await bookings.stored()

    assert await swept(bookings) == 0
    assert await bookings.stored() == before


async def test_it_waits_for_no_step_that_is_under_way(bookings: BookingFixture) -> None:
    slot = await overdue(bookings, await bookings.held())
    async with bookings.database.transaction() as session:
        assert await time_slots.find(session, slot.id, for_update=True) is not None
        assert await swept(bookings) == 0
    assert await swept(bookings) == 1
