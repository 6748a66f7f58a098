"""What is undone is gone, whatever wakes up late; and nothing else goes with it."""

import asyncio
from uuid import uuid4

import pytest

from domain.errors import (
    HoldExpired,
    HoldReleased,
)
from domain.messages.booking import CreateMeetingStep, ReleaseCause, ReleaseTimeSlot, WithdrawMeeting
from storage.bookings import holds, time_slots
from tests.integration.activities.booking_fixture import HOUR, BookingFixture, booking_of, meeting_of, wanted_again


async def refused(bookings: BookingFixture, step: CreateMeetingStep, kind: type[Exception]) -> Exception:
    """The refusal; and nothing has changed."""
    before = await bookings.stored()
    with pytest.raises(kind) as error:
        await bookings.steps.create_meeting(step)
    assert await bookings.stored() == before
    return error.value


async def test_withdrawn_and_released_nothing_is_left(bookings: BookingFixture) -> None:
    meeting = await bookings.met()
    await bookings.steps.withdraw_meeting(withdrawal(meeting.id, meeting.time_slot_id))
    await bookings.steps.release_time_slot(
        ReleaseTimeSlot(time_slot_id=meeting.time_slot_id, cause=ReleaseCause.CANCELLED)
    )
    stored = await bookings.stored()
    assert (stored["TimeSlotRow"], stored["MeetingRow"]) == ([], [])
    assert (await bookings.events())[-2:] == ["meeting.cancelled", "booking.released"]


async def test_a_withdrawn_meeting_blocks_nobody_even_before_the_release(bookings: BookingFixture) -> None:
    slot = await bookings.booked()
    meeting = await bookings.steps.create_meeting(meeting_of(slot))
    await bookings.steps.withdraw_meeting(withdrawal(meeting.id, slot.id))
    await bookings.held(wanted_again(slot))


async def test_one_that_wakes_up_after_the_withdrawal_makes_no_meeting(bookings: BookingFixture) -> None:
    zombie = meeting_of(await bookings.booked())
    await bookings.steps.withdraw_meeting(withdrawal(zombie.meeting_id, zombie.time_slot_id))
    await refused(bookings, zombie, HoldExpired)


async def test_not_even_when_the_databases_clock_was_set_back(bookings: BookingFixture) -> None:
    zombie = meeting_of(await bookings.booked())
    await bookings.steps.withdraw_meeting(withdrawal(zombie.meeting_id, zombie.time_slot_id))
    await bookings.change([zombie.time_slot_id], hold_expires_at=time_slots.NOW + HOUR)
    await refused(bookings, zombie, HoldReleased)


async def test_a_withdrawal_that_waited_for_the_meeting_removes_it(bookings: BookingFixture) -> None:
    step = meeting_of(slot := await bookings.booked())
    async with bookings.database.transaction() as session:
        kept = await holds.make_permanent(session, slot.id, slot.version)
        assert kept is not None
        undoing = asyncio.create_task(bookings.steps.withdraw_meeting(withdrawal(step.meeting_id, slot.id)))
        await bookings.somebody_waits()
        await bookings.insert_meeting(session, step, kept)
    await undoing
    assert (await bookings.stored())["MeetingRow"] == []
    await bookings.held(wanted_again(slot))


async def test_another_meeting_of_the_time_slot_stays(bookings: BookingFixture) -> None:
    meeting = await bookings.met()
    before = await bookings.stored()
    await bookings.steps.withdraw_meeting(withdrawal(uuid4(), meeting.time_slot_id))
    assert await bookings.stored() == before


async def test_a_meeting_of_another_time_slot_stays(bookings: BookingFixture) -> None:
    meeting = await bookings.met(await bookings.wanted(0))
    other = await bookings.booked(await bookings.wanted(1))
    await bookings.steps.withdraw_meeting(withdrawal(meeting.id, other.id))
    assert len((await bookings.stored())["MeetingRow"]) == 1


async def test_no_release_removes_a_time_slot_with_its_meeting(bookings: BookingFixture) -> None:
    meeting = await bookings.met()
    before = await bookings.stored()
    await bookings.steps.release_time_slot(
        ReleaseTimeSlot(time_slot_id=meeting.time_slot_id, cause=ReleaseCause.EXPIRED)
    )
    assert await bookings.stored() == before


async def test_a_release_that_waited_for_the_meeting_leaves_it(bookings: BookingFixture) -> None:
    step = meeting_of(slot := await bookings.booked())
    async with bookings.database.transaction() as session:
        kept = await holds.make_permanent(session, slot.id, slot.version)
        assert kept is not None
        await bookings.insert_meeting(session, step, kept)
        release = ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.EXPIRED)
        releasing = asyncio.create_task(bookings.steps.release_time_slot(release))
        await bookings.somebody_waits()
    await releasing
    assert await bookings.slot(slot.id) is not None
    assert (await bookings.events(slot.id))[-1] == "meeting.created"


async def test_a_late_release_removes_no_newer_hold(bookings: BookingFixture) -> None:
    former = await bookings.held(token="one")
    newer = await bookings.held(await bookings.wanted(1), token="one")
    await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=former.id, cause=ReleaseCause.EXPIRED))
    assert await bookings.slot(newer.id) is not None
    assert (await bookings.steps.book_time_slot(booking_of(newer))).version == 2


async def test_a_calendar_entry_is_no_hold(bookings: BookingFixture) -> None:
    entry = await bookings.busy(await bookings.wanted())
    await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=entry, cause=ReleaseCause.EXPIRED))
    await bookings.steps.withdraw_meeting(withdrawal(uuid4(), entry))
    stored = await bookings.slot(entry)
    assert stored is not None
    assert (stored["version"], stored["hold_expires_at"]) == (1, None)


def withdrawal(meeting_id: object, time_slot_id: object) -> WithdrawMeeting:
    return WithdrawMeeting.model_validate({"meeting_id": meeting_id, "time_slot_id": time_slot_id})
