"""Two workers have the same step. What was refused to one, because somebody was taken, the other does not do later."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from activities.meeting import MeetingActivities
from domain.errors import BookMeError, TimeSlotTaken
from domain.messages.booking import MeetingCreated, ReleaseCause, ReleaseTimeSlot, TimeSlotSnapshot, WantedTimeSlot
from services.booking.reservations import BookingLimits
from services.meeting import changes as meeting_changes
from services.meeting import meetings
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.activities.booking_fixture import (
    AKSEL,
    FREJA,
    MAGNUS,
    NYHAVN,
    BookingFixture,
    check_companions,
    meeting_of,
)
from tests.integration.activities.meeting.test_meeting_changes import change

Step = Callable[[], Awaitable[object]]


@pytest.fixture
def life(database: Database, terms: BookingLimits) -> MeetingActivities:
    return MeetingActivities(database, terms, NotificationSettings())


async def together(bookings: BookingFixture, *others: UUID) -> WantedTimeSlot:
    """An hour of Freja and these others, that Aksel could have too."""
    wanted = await bookings.team(MAGNUS, AKSEL)
    return wanted.model_copy(update={"additional_employees": others})


async def somebody_else_holds(bookings: BookingFixture, slot: TimeSlotSnapshot | MeetingCreated) -> TimeSlotSnapshot:
    """Aksel and the room, at the same time."""
    wanted = (await bookings.physical(NYHAVN, AKSEL, by_staff=True)).model_copy(
        update={"start": slot.start, "end": slot.end}
    )
    return await bookings.held(wanted)


async def give_back(bookings: BookingFixture, held: TimeSlotSnapshot) -> None:
    await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=held.id, cause=ReleaseCause.RELEASED))


async def new_meeting(bookings: BookingFixture, _life: MeetingActivities) -> tuple[Step, Step, TimeSlotSnapshot]:
    slot = await bookings.booked(await together(bookings, MAGNUS))
    held = await somebody_else_holds(bookings, slot)
    one, other = (meeting_of(slot, additional_employees=(MAGNUS, AKSEL), by_staff=True) for _ in range(2))
    return partial(bookings.steps.create_meeting, one), partial(bookings.steps.create_meeting, other), held


async def another_team(bookings: BookingFixture, life: MeetingActivities) -> tuple[Step, Step, TimeSlotSnapshot]:
    meeting = await bookings.met(await together(bookings))
    held = await somebody_else_holds(bookings, meeting)
    one, other = (change(meeting, additional_employees=(AKSEL,)) for _ in range(2))
    return partial(life.change_meeting, one), partial(life.change_meeting, other), held


async def another_room(bookings: BookingFixture, life: MeetingActivities) -> tuple[Step, Step, TimeSlotSnapshot]:
    meeting = await bookings.met(await together(bookings))
    held = await somebody_else_holds(bookings, meeting)
    one, other = (change(meeting, room_id=NYHAVN) for _ in range(2))
    return partial(life.change_meeting, one), partial(life.change_meeting, other), held


@pytest.mark.parametrize("prepare", [new_meeting, another_team, another_room])
async def test_what_was_refused_stays_so_and_the_next_request_is_served(
    bookings: BookingFixture,
    life: MeetingActivities,
    prepare: Callable[[BookingFixture, MeetingActivities], Awaitable[tuple[Step, Step, TimeSlotSnapshot]]],
) -> None:
    step, next_step, held = await prepare(bookings, life)
    with pytest.raises(TimeSlotTaken) as first:
        await step()
    await give_back(bookings, held)
    before = await bookings.stored()
    with pytest.raises(TimeSlotTaken) as again:
        await step()
    assert (again.value.message, again.value.facts) == (first.value.message, first.value.facts)
    assert await bookings.stored() == before
    await next_step()
    check_companions(await bookings.stored())


async def test_no_step_is_refused_that_another_worker_is_taking(
    bookings: BookingFixture, life: MeetingActivities
) -> None:
    """Whom the one was refused for is free by then: the other has the row, and is not done yet."""
    slot = await bookings.booked(await together(bookings))
    making = meeting_of(slot, additional_employees=(AKSEL,), by_staff=True)
    create = partial(meetings.create, step=making)
    assert not await is_refused_meanwhile(bookings, create, partial(meetings.refuse, step=making))
    made = await bookings.steps.create_meeting(making)
    changing = change(made, title="New")
    alter = partial(meeting_changes.change, step=changing)
    assert not await is_refused_meanwhile(bookings, alter, partial(meeting_changes.refuse, step=changing))
    assert (await life.change_meeting(changing)).sequence == 1
    assert {slot["employee_id"] for slot in (await bookings.stored())["TimeSlotRow"]} == {FREJA, AKSEL}


async def is_refused_meanwhile(
    bookings: BookingFixture,
    step: Callable[[AsyncSession], Awaitable[object]],
    refuse: Callable[[AsyncSession, BookMeError], Awaitable[bool]],
) -> bool:
    """What `refuse` answers, which is asked before the step is committed."""

    async def refuses() -> bool:
        async with bookings.database.transaction() as session:
            return await refuse(session, TimeSlotTaken())

    async with bookings.database.transaction() as session:
        await step(session)
        refusal = asyncio.create_task(refuses())
        await bookings.somebody_waits()
    return await refusal
