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


async def refused(desk: BookingFixture, step: CreateMeetingStep, kind: type[Exception]) -> Exception:
    """The refusal; and nothing has changed."""
    before = await desk.stored()
    with pytest.raises(kind) as error:
        await desk.steps.create_meeting(step)
    assert await desk.stored() == before
    return error.value


async def test_withdrawn_and_released_nothing_is_left(desk: BookingFixture) -> None:
    meeting = await desk.met()
    await desk.steps.withdraw_meeting(withdrawal(meeting.id, meeting.time_slot_id))
    await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=meeting.time_slot_id, cause=ReleaseCause.CANCELLED))
    stored = await desk.stored()
    assert (stored["TimeSlotRow"], stored["MeetingRow"]) == ([], [])
    assert (await desk.events())[-2:] == ["meeting.cancelled", "booking.released"]


async def test_a_withdrawn_meeting_blocks_nobody_even_before_the_release(desk: BookingFixture) -> None:
    slot = await desk.booked()
    meeting = await desk.steps.create_meeting(meeting_of(slot))
    await desk.steps.withdraw_meeting(withdrawal(meeting.id, slot.id))
    await desk.held(wanted_again(slot))


async def test_one_that_wakes_up_after_the_withdrawal_makes_no_meeting(desk: BookingFixture) -> None:
    zombie = meeting_of(await desk.booked())
    await desk.steps.withdraw_meeting(withdrawal(zombie.meeting_id, zombie.time_slot_id))
    await refused(desk, zombie, HoldExpired)


async def test_not_even_when_the_databases_clock_was_set_back(desk: BookingFixture) -> None:
    zombie = meeting_of(await desk.booked())
    await desk.steps.withdraw_meeting(withdrawal(zombie.meeting_id, zombie.time_slot_id))
    await desk.change([zombie.time_slot_id], hold_expires_at=time_slots.NOW + HOUR)
    await refused(desk, zombie, HoldReleased)


async def test_a_withdrawal_that_waited_for_the_meeting_removes_it(desk: BookingFixture) -> None:
    step = meeting_of(slot := await desk.booked())
    async with desk.database.transaction() as session:
        kept = await holds.make_permanent(session, slot.id, slot.version)
        assert kept is not None
        undoing = asyncio.create_task(desk.steps.withdraw_meeting(withdrawal(step.meeting_id, slot.id)))
        await desk.somebody_waits()
        await desk.insert_meeting(session, step, kept)
    await undoing
    assert (await desk.stored())["MeetingRow"] == []
    await desk.held(wanted_again(slot))


async def test_another_meeting_of_the_time_slot_stays(desk: BookingFixture) -> None:
    meeting = await desk.met()
    before = await desk.stored()
    await desk.steps.withdraw_meeting(withdrawal(uuid4(), meeting.time_slot_id))
    assert await desk.stored() == before


async def test_a_meeting_of_another_time_slot_stays(desk: BookingFixture) -> None:
    meeting = await desk.met(await desk.wanted(0))
    other = await desk.booked(await desk.wanted(1))
    await desk.steps.withdraw_meeting(withdrawal(meeting.id, other.id))
    assert len((await desk.stored())["MeetingRow"]) == 1


async def test_no_release_removes_a_time_slot_with_its_meeting(desk: BookingFixture) -> None:
    meeting = await desk.met()
    before = await desk.stored()
    await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=meeting.time_slot_id, cause=ReleaseCause.EXPIRED))
    assert await desk.stored() == before


async def test_a_release_that_waited_for_the_meeting_leaves_it(desk: BookingFixture) -> None:
    step = meeting_of(slot := await desk.booked())
    async with desk.database.transaction() as session:
        kept = await holds.make_permanent(session, slot.id, slot.version)
        assert kept is not None
        await desk.insert_meeting(session, step, kept)
        release = ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.EXPIRED)
        releasing = asyncio.create_task(desk.steps.release_time_slot(release))
        await desk.somebody_waits()
    await releasing
    assert await desk.slot(slot.id) is not None
    assert (await desk.events(slot.id))[-1] == "meeting.created"


async def test_a_late_release_removes_no_newer_hold(desk: BookingFixture) -> None:
    former = await desk.held(token="one")
    newer = await desk.held(await desk.wanted(1), token="one")
    await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=former.id, cause=ReleaseCause.EXPIRED))
    assert await desk.slot(newer.id) is not None
    assert (await desk.steps.book_time_slot(booking_of(newer))).version == 2


async def test_a_calendar_entry_is_no_hold(desk: BookingFixture) -> None:
    entry = await desk.busy(await desk.wanted())
    await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=entry, cause=ReleaseCause.EXPIRED))
    await desk.steps.withdraw_meeting(withdrawal(uuid4(), entry))
    stored = await desk.slot(entry)
    assert stored is not None
    assert (stored["version"], stored["hold_expires_at"]) == (1, None)


def withdrawal(meeting_id: object, time_slot_id: object) -> WithdrawMeeting:
    return WithdrawMeeting.model_validate({"meeting_id": meeting_id, "time_slot_id": time_slot_id})
