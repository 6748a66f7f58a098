"""What happens to a meeting after it was created, on the real database: each step once, whole, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from activities.meeting import MeetingActivities
from domain.errors import BookMeError, NotFound, TimeSlotTaken
from domain.meeting_errors import MeetingChanged, MeetingOver
from domain.meetings import MeetingType
from domain.messages.booking import MeetingCreated, WantedTimeSlot
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    MeetingSnapshot,
    MeetingTerms,
    MoveMeetingStep,
    ReadMeeting,
    RemindOf,
)
from services.booking.reservations import BookingLimits
from services.meeting import changes as meeting_changes
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.activities.booking_fixture import INGRID, MAGNUS, BookingFixture, check_companions

ZONE: Final = ZoneInfo("Europe/Copenhagen")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def life(database: Database, terms: BookingLimits) -> MeetingActivities:
    return MeetingActivities(database, terms, NotificationSettings((DAY, HOUR)))


def terms_of(meeting: MeetingCreated, **other: object) -> MeetingTerms:
    return MeetingTerms.model_validate(
        {"time_slot_id": meeting.time_slot_id, "type": MeetingType.ONLINE, "room_id": meeting.room_id}
        | {"additional_employees": meeting.content.additional_employees}
        | other
    )


def change(meeting: MeetingCreated, sequence: int = 0, **other: object) -> ChangeMeetingStep:
    terms = terms_of(meeting, **other)
    return ChangeMeetingStep(meeting_id=meeting.id, sequence=sequence, terms=terms, by_staff=True)


def move(meeting: MeetingCreated, wanted: WantedTimeSlot, sequence: int = 0) -> MoveMeetingStep:
    there = wanted.model_copy(update={"existing_meeting_id": meeting.id})
    return MoveMeetingStep(meeting_id=meeting.id, sequence=sequence, time_slot_id=uuid4(), wanted=there)


async def shift(bookings: BookingFixture, meeting: MeetingCreated, by: timedelta) -> None:
    """As if it had been planned for another time."""
    async with bookings.database.transaction() as session:
        for table in ("meeting", "time_slot"):
            statement = f"UPDATE {table} SET start_at = start_at + :by, end_at = end_at + :by WHERE id = :id"
            identity = meeting.id if table == "meeting" else meeting.time_slot_id
            await session.execute(sa.text(statement), {"by": by, "id": identity})


async def refused(bookings: BookingFixture, step: Awaitable[MeetingSnapshot], kind: type[BookMeError]) -> None:
    before = await bookings.stored()
    with pytest.raises(kind):
        await step
    assert await bookings.stored() == before


Step = Callable[[], Awaitable[MeetingSnapshot | None]]


async def changing(bookings: BookingFixture, life: MeetingActivities) -> Step:
    step = change(await bookings.met(), title="New", additional_employees=(MAGNUS,))
    return lambda: life.change_meeting(step)


async def moving(bookings: BookingFixture, life: MeetingActivities) -> Step:
    step = move(await bookings.met(), await bookings.wanted(1))
    return lambda: life.move_meeting(step)


async def taking_a_reserved_time_slot(bookings: BookingFixture, life: MeetingActivities) -> Step:
    meeting = await bookings.met()
    wanted = await bookings.wanted(1)
    slot = await bookings.booked(wanted.model_copy(update={"existing_meeting_id": meeting.id}), "another")
    step = change(meeting, time_slot_id=slot.id)
    return lambda: life.change_meeting(step)


async def cancelling(bookings: BookingFixture, life: MeetingActivities) -> Step:
    step = CancelMeetingStep(meeting_id=(await bookings.met()).id, sequence=0, reason="Illness")
    return lambda: life.cancel_meeting(step)


async def reminding(bookings: BookingFixture, life: MeetingActivities) -> Step:
    meeting = await bookings.met()
    step = RemindOf(meeting_id=meeting.id, start=meeting.start, before="P1D")
    return lambda: life.remind_of(step)


@pytest.mark.parametrize("prepare", [changing, moving, taking_a_reserved_time_slot, cancelling, reminding])
async def test_each_step_twice(
    bookings: BookingFixture,
    life: MeetingActivities,
    prepare: Callable[[BookingFixture, MeetingActivities], Awaitable[Step]],
) -> None:
    step = await prepare(bookings, life)
    first = await step()
    stored = await bookings.stored()
    again = await step()
    assert await bookings.stored() == stored
    check_companions(stored)
    if first is not None and again is not None:
        assert again == first.model_copy(update={"moved_by": again.moved_by})


class TestMoving:
    async def test_it_is_told_as_a_reservation_and_a_move(
        self, bookings: BookingFixture, life: MeetingActivities
    ) -> None:
        meeting = await bookings.met()
        step = move(meeting, await bookings.wanted(1))
        moved = await life.move_meeting(step)
        assert (moved.time_slot_id, moved.sequence) == (step.time_slot_id, 1)
        assert await bookings.events(step.time_slot_id) == ["booking.reserved", "booking.booked", "meeting.moved"]
        assert await bookings.slot(meeting.time_slot_id) is None

    async def test_a_team_moves_whole_or_stays(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met(await bookings.team(MAGNUS, INGRID))
        there = await bookings.team(MAGNUS, INGRID)
        await bookings.busy(there.model_copy(update={"employee_id": INGRID}))
        await refused(bookings, life.move_meeting(move(meeting, there)), TimeSlotTaken)

    async def test_a_moved_meeting_moves_again(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        for number in (1, 2, 3):
            await life.move_meeting(move(meeting, await bookings.wanted(number), sequence=number - 1))
        assert len((await bookings.stored())["TimeSlotRow"]) == 1

    async def test_the_old_time_is_anybodys(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        wanted = await bookings.wanted()
        meeting = await bookings.met(wanted)
        await life.move_meeting(move(meeting, await bookings.wanted(4)))
        await bookings.held(wanted, "another")

    async def test_of_two_who_move_it_at_once_one_does(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        steps = [move(meeting, await bookings.wanted(number)) for number in (3, 6)]
        outcomes = await asyncio.gather(*map(life.move_meeting, steps), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["MeetingChanged", "MeetingSnapshot"]
        assert len((await bookings.stored())["TimeSlotRow"]) == 1

    async def test_done_twice_at_once_it_answers_the_same(
        self, bookings: BookingFixture, life: MeetingActivities, terms: BookingLimits
    ) -> None:
        """A worker that stood still in the middle goes on while another one does the step again."""
        step = move(await bookings.met(), await bookings.wanted(3))
        async with bookings.database.transaction() as session:
            done = await meeting_changes.move(session, step, terms)
            again = asyncio.create_task(life.move_meeting(step))
            await bookings.somebody_waits("advisory")
        assert (await again).time_slot_id == done.meeting.time_slot_id == step.time_slot_id

    async def test_moving_races_with_cancelling(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        moved, cancelled = await asyncio.gather(
            life.move_meeting(move(meeting, await bookings.wanted(3))),
            life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id)),
            return_exceptions=True,
        )
        assert isinstance(cancelled, MeetingSnapshot)
        assert isinstance(moved, MeetingSnapshot | NotFound | MeetingChanged)
        assert (await bookings.stored())["TimeSlotRow"] == []


async def test_a_version_that_is_gone(bookings: BookingFixture, life: MeetingActivities) -> None:
    meeting = await bookings.met()
    await life.change_meeting(change(meeting, title="One"))
    await refused(bookings, life.change_meeting(change(meeting, title="Two")), MeetingChanged)
    await refused(bookings, life.move_meeting(move(meeting, await bookings.wanted(1))), MeetingChanged)
    await refused(bookings, life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id, sequence=0)), MeetingChanged)


async def test_one_that_has_begun_keeps_its_time_and_people(bookings: BookingFixture, life: MeetingActivities) -> None:
    meeting = await bookings.met()
    there = await bookings.wanted(1)
    await shift(bookings, meeting, datetime.now(ZONE) - meeting.start)
    await refused(bookings, life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id)), MeetingOver)
    await refused(bookings, life.move_meeting(move(meeting, there)), MeetingOver)
    await refused(bookings, life.change_meeting(change(meeting, additional_employees=(MAGNUS,))), MeetingOver)
    assert (await life.change_meeting(change(meeting, title="How it went"))).sequence == 1


async def test_one_that_is_cancelled_is_there_no_more(bookings: BookingFixture, life: MeetingActivities) -> None:
    meeting = await bookings.met()
    await life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id))
    await refused(bookings, life.change_meeting(change(meeting, 1, title="New")), NotFound)
    await refused(bookings, life.move_meeting(move(meeting, await bookings.wanted(1), 1)), NotFound)
    found = (await life.read_meeting(ReadMeeting(meeting_id=meeting.id))).meeting
    assert found is not None
    assert (found.cancelled_at is not None, found.time_slot_id, found.reminders) == (True, None, ())


@pytest.mark.parametrize("identity", [UUID(int=7)])
async def test_none(life: MeetingActivities, identity: UUID) -> None:
    assert (await life.read_meeting(ReadMeeting(meeting_id=identity))).meeting is None
    with pytest.raises(NotFound):
        await life.cancel_meeting(CancelMeetingStep(meeting_id=identity))


class TestReminders:
    async def due(self, life: MeetingActivities, meeting: MeetingCreated) -> list[str]:
        found = (await life.read_meeting(ReadMeeting(meeting_id=meeting.id))).meeting
        assert found is not None
        return [each.before for each in found.reminders]

    async def test_those_that_lie_ahead(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        assert await self.due(life, meeting) == ["P1D", "PT1H"]
        await shift(bookings, meeting, datetime.now(ZONE) + 2 * HOUR - meeting.start)
        assert await self.due(life, meeting) == ["PT1H"], "a day before, it was not planned yet"
        await shift(bookings, meeting, -1.5 * HOUR)
        assert await self.due(life, meeting) == []

    async def test_each_is_given_once(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        step = RemindOf(meeting_id=meeting.id, start=meeting.start, before="P1D")
        await asyncio.gather(*(life.remind_of(step) for _ in range(4)))
        assert (await bookings.events(meeting.time_slot_id)).count("meeting.reminder") == 1
        assert await self.due(life, meeting) == ["PT1H"]

    async def test_a_moved_meeting_is_reminded_of_anew(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        await life.remind_of(RemindOf(meeting_id=meeting.id, start=meeting.start, before="P1D"))
        moved = await life.move_meeting(move(meeting, await bookings.wanted(1)))
        assert [each.before for each in moved.reminders] == ["P1D", "PT1H"]
        await life.remind_of(RemindOf(meeting_id=meeting.id, start=meeting.start, before="PT1H"))
        assert await self.due(life, meeting) == ["P1D", "PT1H"], "a late reminder of the time before tells nobody"

    async def test_one_that_has_begun(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        await shift(bookings, meeting, datetime.now(ZONE) - meeting.start)
        async with bookings.database.transaction() as session:
            start = (await session.execute(sa.text("SELECT start_at FROM meeting"))).scalar_one()
        await life.remind_of(RemindOf(meeting_id=meeting.id, start=start, before="PT1H"))
        assert "meeting.reminder" not in await bookings.events()
