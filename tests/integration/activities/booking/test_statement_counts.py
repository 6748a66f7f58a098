"""How often a step goes to the database and back, because that is what a step costs."""

from domain.messages.booking import BookingKey, ReadBooking, ReleaseCause, ReleaseTimeSlot
from services.booking.reservations import look
from tests.integration.activities.booking_fixture import CLIENT, BookingFixture, booking_of, meeting_of, reservation
from tests.integration.storage.transactions import statements


async def test_a_booking_takes_few(bookings: BookingFixture) -> None:
    wanted, step = await bookings.physical(), reservation(await bookings.physical(), "one")
    with statements(bookings.database) as seen:
        async with bookings.database.transaction() as session:
            await look(session, step.booking, wanted)
    assert len(seen) <= 2
    with statements(bookings.database) as seen:
        held = await bookings.steps.reserve_time_slot(step)
    assert len(seen) <= 3
    with statements(bookings.database) as seen:
        booked = await bookings.steps.book_time_slot(booking_of(held))
    assert len(seen) == 1
    with statements(bookings.database) as seen:
        await bookings.steps.read_booking(ReadBooking(booking=BookingKey(client_id=CLIENT, token="one")))
    assert len(seen) <= 2
    with statements(bookings.database) as seen:
        await bookings.steps.create_meeting(meeting_of(booked))
    assert len(seen) <= 4


async def test_a_release_takes_two(bookings: BookingFixture) -> None:
    held = await bookings.held()
    with statements(bookings.database) as seen:
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=held.id, cause=ReleaseCause.EXPIRED))
    assert len(seen) == 2
