"""The step that extends a hold: once, for everybody who is held, and never what has ended."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.booking import BookingActivities
from domain.errors import HoldAlreadyExtended, HoldExpired, HoldNotExtendable, HoldReleased, TooManyRenewals
from domain.messages.booking import ExtendHold, TimeSlotSnapshot
from services.booking.reservations import BookingLimits
from tests.integration.activities.booking_fixture import (
    INGRID,
    MAGNUS,
    BookingFixture,
    booking_of,
    check_companions,
    meeting_of,
    wanted_again,
)

MINUTE = timedelta(minutes=1)


def extension(slot: TimeSlotSnapshot) -> ExtendHold:
    return ExtendHold(time_slot_id=slot.id, version=slot.version, extension_id=uuid4())


def with_limits(bookings: BookingFixture, **limits: object) -> BookingFixture:
    terms = BookingLimits(5 * MINUTE, 15 * MINUTE, 50, **limits)  # type: ignore[arg-type]  # of one limit
    return BookingFixture(bookings.database, BookingActivities(bookings.database, terms))


@pytest.mark.parametrize("status", ["Reserved", "Booked"])
async def test_the_deadline_moves_by_the_lifetime(bookings: BookingFixture, terms: BookingLimits, status: str) -> None:
    slot = await (bookings.held() if status == "Reserved" else bookings.booked())
    extended = await bookings.steps.extend_hold(extension(slot))

    lifetime = terms.reservation_ttl if status == "Reserved" else terms.booked_ttl
    assert slot.kept_until is not None
    assert extended.kept_until == slot.kept_until + lifetime
    assert (extended.status, extended.version, extended.hold_extended) == (status, slot.version, True)
    assert (await bookings.events(slot.id))[-1] == "booking.extended"
    with pytest.raises(HoldAlreadyExtended) as refused:
        await bookings.steps.extend_hold(extension(slot))
    assert refused.value.facts["holdExpiresAt"] is not None


async def test_a_repeat_is_the_same_extension(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    step = extension(slot)
    first = await bookings.steps.extend_hold(step)
    second = await bookings.steps.extend_hold(step)
    assert second.kept_until == first.kept_until
    assert await bookings.events(slot.id) == ["booking.reserved", "booking.extended"]


async def test_of_many_at_once_one_extends(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    steps = [bookings.steps.extend_hold(extension(slot)) for _ in range(8)]
    outcomes = await asyncio.gather(*steps, return_exceptions=True)
    assert sum(isinstance(each, TimeSlotSnapshot) for each in outcomes) == 1
    assert sum(isinstance(each, HoldAlreadyExtended) for each in outcomes) == 7
    assert await bookings.events(slot.id) == ["booking.reserved", "booking.extended"]


async def test_the_others_are_held_as_long(bookings: BookingFixture) -> None:
    slot = await bookings.held(await bookings.team(MAGNUS, INGRID))
    await bookings.steps.extend_hold(extension(slot))
    check_companions(await bookings.stored())


async def test_once_in_the_life_of_a_time_slot(bookings: BookingFixture) -> None:
    """The extension leaves the version as it was: the next steps need not know of it."""
    slot = await bookings.held()
    await bookings.steps.extend_hold(extension(slot))
    booked = await bookings.steps.book_time_slot(booking_of(slot))
    with pytest.raises(HoldAlreadyExtended):
        await bookings.steps.extend_hold(extension(booked))
    await bookings.steps.create_meeting(meeting_of(booked))
    with pytest.raises(HoldReleased):
        await bookings.steps.extend_hold(extension(booked))


async def test_a_new_hold_under_the_token_can_be_extended(bookings: BookingFixture) -> None:
    first = await bookings.held(token="token")
    await bookings.steps.extend_hold(extension(first))
    second = await bookings.held(await bookings.wanted(1), "token")
    assert not second.hold_extended
    assert (await bookings.steps.extend_hold(extension(second))).hold_extended


async def test_what_has_ended_is_not_extended(bookings: BookingFixture) -> None:
    lapsed, given = await bookings.held(), await bookings.held(await bookings.wanted(1), "token")
    await bookings.expire(lapsed.id)
    await bookings.held(await bookings.wanted(2), "token")
    before = await bookings.stored()
    with pytest.raises(HoldExpired):
        await bookings.steps.extend_hold(extension(lapsed))
    with pytest.raises(HoldReleased):
        await bookings.steps.extend_hold(extension(given))
    assert await bookings.stored() == before


async def test_a_late_step_does_not_extend_what_was_booked_meanwhile(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    late = extension(slot)
    booked = await bookings.steps.book_time_slot(booking_of(slot))
    with pytest.raises(HoldReleased):
        await bookings.steps.extend_hold(late)
    stored = await bookings.slot(slot.id)
    assert stored is not None
    assert stored["hold_expires_at"] == booked.kept_until


async def test_the_operator_sets_the_length(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    assert slot.kept_until is not None
    never = with_limits(bookings, hold_extension=timedelta(0))
    with pytest.raises(HoldNotExtendable):
        await never.steps.extend_hold(extension(slot))
    brief = with_limits(bookings, hold_extension=MINUTE)
    assert (await brief.steps.extend_hold(extension(slot))).kept_until == slot.kept_until + MINUTE


async def test_an_extension_counts_as_one_more_hold_of_an_end_user(bookings: BookingFixture) -> None:
    few = with_limits(bookings, max_renewals=2)
    first = await few.held(end_user="somebody", token="token")
    step = extension(first)
    await few.steps.extend_hold(step)
    assert (await few.steps.extend_hold(step)).hold_extended, "a repeat does not count"
    await few.expire(first.id)
    with pytest.raises(TooManyRenewals):
        await few.held(wanted_again(first), "another", end_user="somebody")


async def test_an_end_user_beyond_the_limit_does_not_extend(bookings: BookingFixture) -> None:
    once = with_limits(bookings, max_renewals=1)
    slot = await once.held(end_user="somebody")
    step = extension(slot)
    before = await once.stored()
    for _ in range(2):
        with pytest.raises(TooManyRenewals):
            await once.steps.extend_hold(step)
    assert await once.stored() == before
