"""A worker may die between a commit and its report: the step runs again, answers the same and changes nothing."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from pydantic import BaseModel

from domain.messages.booking import BookingKey, ReadBooking, ReleaseCause, ReleaseTimeSlot, WithdrawMeeting
from tests.integration.activities.booking_fixture import (
    AKSEL,
    CLIENT,
    INGRID,
    MAGNUS,
    BookingFixture,
    booking_of,
    meeting_of,
    reservation,
)

Prepared = Callable[[], Awaitable[BaseModel | None]]
"""The step that a test takes twice."""


async def reserve(bookings: BookingFixture) -> Prepared:
    step = reservation(await bookings.wanted(), "token")
    return lambda: bookings.steps.reserve_time_slot(step)


async def reserve_another(bookings: BookingFixture) -> Prepared:
    await bookings.held(token="token")
    step = reservation(await bookings.wanted(1), "token")
    return lambda: bookings.steps.reserve_time_slot(step)


async def reserve_with_anybody(bookings: BookingFixture) -> Prepared:
    step = reservation(await bookings.wanted(employee_id=None))
    return lambda: bookings.steps.reserve_time_slot(step)


async def reserve_with_others(bookings: BookingFixture) -> Prepared:
    await bookings.held(await bookings.team(MAGNUS), "token")
    step = reservation(await bookings.team(MAGNUS, INGRID), "token")
    return lambda: bookings.steps.reserve_time_slot(step)


async def book(bookings: BookingFixture) -> Prepared:
    step = booking_of(await bookings.held())
    return lambda: bookings.steps.book_time_slot(step)


async def create_meeting(bookings: BookingFixture) -> Prepared:
    step = meeting_of(await bookings.booked())
    return lambda: bookings.steps.create_meeting(step)


async def create_meeting_with_others(bookings: BookingFixture) -> Prepared:
    slot = await bookings.booked(await bookings.team(MAGNUS, INGRID))
    step = meeting_of(slot, additional_employees=(INGRID, AKSEL), by_staff=True)
    return lambda: bookings.steps.create_meeting(step)


async def read_booking(bookings: BookingFixture) -> Prepared:
    meeting = await bookings.met(token="token")
    booking = BookingKey(client_id=CLIENT, token="token")
    return lambda: bookings.steps.read_booking(ReadBooking(booking=booking, time_slot_id=meeting.time_slot_id))


async def withdraw(bookings: BookingFixture) -> Prepared:
    meeting = await bookings.met()
    step = WithdrawMeeting(meeting_id=meeting.id, time_slot_id=meeting.time_slot_id)
    return lambda: bookings.steps.withdraw_meeting(step)


async def withdraw_what_was_never_made(bookings: BookingFixture) -> Prepared:
    slot = await bookings.booked()
    step = WithdrawMeeting(meeting_id=uuid4(), time_slot_id=slot.id)
    return lambda: bookings.steps.withdraw_meeting(step)


async def release(bookings: BookingFixture) -> Prepared:
    slot = await bookings.held()
    step = ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.RELEASED)
    return lambda: bookings.steps.release_time_slot(step)


async def release_what_was_never_held(bookings: BookingFixture) -> Prepared:
    step = ReleaseTimeSlot(time_slot_id=uuid4(), cause=ReleaseCause.FAILED)
    return lambda: bookings.steps.release_time_slot(step)


STEPS = (
    reserve,
    reserve_another,
    reserve_with_anybody,
    reserve_with_others,
    book,
    create_meeting,
    create_meeting_with_others,
    read_booking,
    withdraw,
    withdraw_what_was_never_made,
    release,
    release_what_was_never_held,
)


@pytest.mark.parametrize("prepare", STEPS, ids=lambda step: step.__name__)
async def test_the_second_time_answers_the_same_and_changes_nothing(
    bookings: BookingFixture, prepare: Callable[[BookingFixture], Awaitable[Prepared]]
) -> None:
    take = await prepare(bookings)
    first = lasting(await take())
    stored = await bookings.stored()
    assert lasting(await take()) == first
    assert await bookings.stored() == stored


def lasting(answer: BaseModel | None) -> object:
    """The answer without how long the slot is still kept, which is less each time."""
    if answer is None:
        return None
    return answer.model_dump(exclude={"kept_for": True, "time_slot": {"kept_for"}})
