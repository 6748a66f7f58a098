"""How often a step goes to the database and back, because that is what a step costs."""

from domain.messages.booking import BookingKey, ReadBooking, ReleaseCause, ReleaseTimeSlot
from services.booking.reservations import look
from tests.integration.activities.booking_fixture import CLIENT, BookingFixture, booking_of, meeting_of, reservation
from tests.integration.storage.transactions import statements


async def test_a_booking_takes_few(desk: BookingFixture) -> None:
    wanted, step = await desk.physical(), reservation(await desk.physical(), "one")
    with statements(desk.database) as seen:
        async with desk.database.transaction() as session:
            await look(session, step.booking, wanted)
    assert len(seen) <= 2
    with statements(desk.database) as seen:
        held = await desk.steps.reserve_time_slot(step)
    assert len(seen) <= 3
    with statements(desk.database) as seen:
        booked = await desk.steps.book_time_slot(booking_of(held))
    assert len(seen) == 1
    with statements(desk.database) as seen:
        await desk.steps.read_booking(ReadBooking(booking=BookingKey(client_id=CLIENT, token="one")))
    assert len(seen) <= 2
    with statements(desk.database) as seen:
        await desk.steps.create_meeting(meeting_of(booked))
    assert len(seen) <= 4


async def test_a_release_takes_two(desk: BookingFixture) -> None:
    held = await desk.held()
    with statements(desk.database) as seen:
        await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=held.id, cause=ReleaseCause.EXPIRED))
    assert len(seen) == 2
