"""Who takes part in a meeting: whoever was held with its time slot, or whom it names; all of them or nobody."""

from uuid import UUID, uuid4

import pytest

from domain.availability import Rule
from domain.errors import BookMeError, MeetingExists, MeetingMismatch, NotFound, NotOffered, TimeSlotTaken
from domain.messages.booking import CreateMeetingStep, MeetingContent, TimeSlotSnapshot, WantedTimeSlot
from services.booking.participants import set_additional_employees
from storage.bookings import time_slots
from tests.integration.activities.booking_fixture import (
    EMIL,
    FREJA,
    INGRID,
    MAGNUS,
    BookingFixture,
    check_companions,
    meeting_of,
)


async def booked(desk: BookingFixture, *others: UUID) -> TimeSlotSnapshot:
    """With a time that Emil could have too."""
    wanted = await desk.team(MAGNUS, INGRID, EMIL)
    return await desk.booked(wanted.model_copy(update={"additional_employees": others}))


async def refused(desk: BookingFixture, step: CreateMeetingStep, kind: type[BookMeError]) -> BookMeError:
    """The refusal; and nothing has changed."""
    before = await desk.stored()
    with pytest.raises(kind) as error:
        await desk.steps.create_meeting(step)
    assert await desk.stored() == before
    return error.value


async def held_with(desk: BookingFixture, slot: TimeSlotSnapshot) -> set[UUID]:
    """Whose time the time slot has; and every companion is in step."""
    stored = await desk.stored()
    check_companions(stored)
    rows = (row for row in stored["TimeSlotRow"] if slot.id in (row["id"], row["companion_of"]))
    return {row["employee_id"] for row in rows}


class TestCreating:
    async def test_who_is_not_named_stays_if_nothing_is_said(self, desk: BookingFixture) -> None:
        slot = await booked(desk, MAGNUS, INGRID)
        meeting = await desk.steps.create_meeting(meeting_of(slot, keeps_team=True))
        assert meeting.content.additional_employees == (MAGNUS, INGRID)
        assert await held_with(desk, slot) == {FREJA, MAGNUS, INGRID}

    @pytest.mark.parametrize(
        "named", [(), (MAGNUS,), (INGRID, MAGNUS), (EMIL,), (MAGNUS, EMIL), (MAGNUS, INGRID, EMIL)]
    )
    async def test_who_is_named_takes_part_and_all_others_are_free(
        self, desk: BookingFixture, named: tuple[UUID, ...]
    ) -> None:
        slot = await booked(desk, MAGNUS, INGRID)
        meeting = await desk.steps.create_meeting(meeting_of(slot, additional_employees=named))
        assert meeting.content.additional_employees == named
        assert await held_with(desk, slot) == {FREJA, *named}
        stored = await desk.slot(slot.id)
        assert stored is not None
        assert stored["additional_employees"] == list(named)

    async def test_one_who_is_taken(self, desk: BookingFixture) -> None:
        slot = await booked(desk, MAGNUS)
        await desk.busy(WantedTimeSlot(start=slot.start, end=slot.end, employee_id=INGRID))
        step = meeting_of(slot, additional_employees=(EMIL, INGRID), by_staff=True)
        error = await refused(desk, step, TimeSlotTaken)
        assert error.facts["employeeId"] == str(INGRID)
        await desk.steps.create_meeting(meeting_of(slot, additional_employees=(EMIL,)))
        assert await held_with(desk, slot) == {FREJA, EMIL}

    async def test_one_who_does_not_work_then_unless_staff_say_so(self, desk: BookingFixture) -> None:
        wanted = await desk.wanted(by_staff=True)
        start = wanted.start.replace(hour=2, minute=0)
        slot = await desk.booked(wanted.model_copy(update={"start": start, "end": start.replace(hour=3)}))
        error = await refused(desk, meeting_of(slot, additional_employees=(MAGNUS,)), NotOffered)
        assert (error.facts["rule"], error.facts["employeeId"]) == (Rule.OUTSIDE_WORKING_HOURS, str(MAGNUS))
        await desk.steps.create_meeting(meeting_of(slot, additional_employees=(MAGNUS,), by_staff=True))
        assert await held_with(desk, slot) == {FREJA, MAGNUS}

    @pytest.mark.parametrize(("named", "kind"), [(FREJA, MeetingMismatch), (uuid4(), NotFound)])
    async def test_one_who_cannot_be_one(self, desk: BookingFixture, named: UUID, kind: type[BookMeError]) -> None:
        await refused(desk, meeting_of(await booked(desk), additional_employees=(named,)), kind)

    async def test_an_overdue_hold_of_one_is_taken_over(self, desk: BookingFixture) -> None:
        slot = await booked(desk)
        lapsed = await desk.held(
            WantedTimeSlot(start=slot.start, end=slot.end, employee_id=MAGNUS, additional_employees=(EMIL,))
        )
        await desk.expire(lapsed.id)
        await desk.steps.create_meeting(meeting_of(slot, additional_employees=(EMIL,)))
        assert await desk.events(lapsed.id) == ["booking.reserved", "booking.expired"]
        assert await held_with(desk, slot) == {FREJA, EMIL}


class TestTheSecondOne:
    @pytest.mark.parametrize(
        "said",
        [
            {"additional_employees": (INGRID, MAGNUS)},
            {"additional_employees": (MAGNUS, INGRID)},
            {"keeps_team": True},
        ],
    )
    async def test_of_the_same_people_is_the_same(self, desk: BookingFixture, said: dict[str, object]) -> None:
        step = meeting_of(await booked(desk, MAGNUS, INGRID), additional_employees=(MAGNUS, INGRID))
        first = await desk.steps.create_meeting(step)
        content = step.content.model_dump() | {"additional_employees": ()} | said
        again = step.model_copy(update={"content": MeetingContent.model_validate(content)})
        assert await desk.steps.create_meeting(again) == first

    @pytest.mark.parametrize("named", [(), (MAGNUS,), (MAGNUS, INGRID, EMIL)])
    async def test_of_others_is_another(self, desk: BookingFixture, named: tuple[UUID, ...]) -> None:
        step = meeting_of(await booked(desk, MAGNUS, INGRID), additional_employees=(MAGNUS, INGRID))
        await desk.steps.create_meeting(step)
        changed = step.content.model_copy(update={"additional_employees": named})
        error = await refused(desk, step.model_copy(update={"content": changed}), MeetingExists)
        assert error.facts["differs"] == "additionalEmployees"


class TestChanging:
    async def test_tells_who_is_not_any_more(self, desk: BookingFixture) -> None:
        slot = await booked(desk, MAGNUS, INGRID)
        await desk.steps.create_meeting(meeting_of(slot, keeps_team=True))
        assert await self.set(desk, slot, EMIL, MAGNUS, EMIL) == [INGRID]
        assert await held_with(desk, slot) == {FREJA, EMIL, MAGNUS}
        assert await self.set(desk, slot, MAGNUS, EMIL) == []
        assert await self.set(desk, slot) == [MAGNUS, EMIL]
        assert await held_with(desk, slot) == {FREJA}

    async def test_the_same_changes_nothing(self, desk: BookingFixture) -> None:
        slot = await booked(desk, MAGNUS, INGRID)
        before = await desk.stored()
        assert await self.set(desk, slot, MAGNUS, INGRID) == []
        assert await desk.stored() == before

    async def set(self, desk: BookingFixture, slot: TimeSlotSnapshot, *employees: UUID) -> list[UUID]:
        async with desk.database.transaction() as session:
            row = await time_slots.find(session, slot.id, for_update=True)
            assert row is not None
            return await set_additional_employees(session, row, employees, by_staff=False)
