"""Who takes part in a meeting: whoever was held with its time slot, or whom it names; all of them or nobody."""

from uuid import UUID, uuid4

import pytest

from domain.availability import Rule
from domain.errors import BookMeError, NotFound, NotOffered, TimeSlotTaken
from domain.meeting_errors import MeetingExists, MeetingMismatch
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


async def booked(bookings: BookingFixture, *others: UUID) -> TimeSlotSnapshot:
    """With a time that Emil could have too."""
    wanted = await bookings.team(MAGNUS, INGRID, EMIL)
    return await bookings.booked(wanted.model_copy(update={"additional_employees": others}))


async def refused(bookings: BookingFixture, step: CreateMeetingStep, kind: type[BookMeError]) -> BookMeError:
    """The refusal; and nothing has changed."""
    before = await bookings.stored()
    with pytest.raises(kind) as error:
        await bookings.steps.create_meeting(step)
    assert await bookings.stored() == before
    return error.value


async def held_with(bookings: BookingFixture, slot: TimeSlotSnapshot) -> set[UUID]:
    """Whose time the time slot has; and every companion is in step."""
    stored = await bookings.stored()
    check_companions(stored)
    rows = (row for row in stored["TimeSlotRow"] if slot.id in (row["id"], row["companion_of"]))
    return {row["employee_id"] for row in rows}


class TestCreating:
    async def test_who_is_not_named_stays_if_nothing_is_said(self, bookings: BookingFixture) -> None:
        slot = await booked(bookings, MAGNUS, INGRID)
        meeting = await bookings.steps.create_meeting(meeting_of(slot, keeps_team=True))
        assert meeting.content.additional_employees == (MAGNUS, INGRID)
        assert await held_with(bookings, slot) == {FREJA, MAGNUS, INGRID}

    @pytest.mark.parametrize(
        "named", [(), (MAGNUS,), (INGRID, MAGNUS), (EMIL,), (MAGNUS, EMIL), (MAGNUS, INGRID, EMIL)]
    )
    async def test_who_is_named_takes_part_and_all_others_are_free(
        self, bookings: BookingFixture, named: tuple[UUID, ...]
    ) -> None:
        slot = await booked(bookings, MAGNUS, INGRID)
        meeting = await bookings.steps.create_meeting(meeting_of(slot, additional_employees=named))
        assert meeting.content.additional_employees == named
        assert await held_with(bookings, slot) == {FREJA, *named}
        stored = await bookings.slot(slot.id)
        assert stored is not None
        assert stored["additional_employees"] == list(named)

    async def test_one_who_is_taken(self, bookings: BookingFixture) -> None:
        slot = await booked(bookings, MAGNUS)
        await bookings.busy(WantedTimeSlot(start=slot.start, end=slot.end, employee_id=INGRID))
        step = meeting_of(slot, additional_employees=(EMIL, INGRID), by_staff=True)
        error = await refused(bookings, step, TimeSlotTaken)
        assert error.facts["employeeId"] == str(INGRID)
        await bookings.steps.create_meeting(meeting_of(slot, additional_employees=(EMIL,)))
        assert await held_with(bookings, slot) == {FREJA, EMIL}

    async def test_one_who_does_not_work_then_unless_staff_say_so(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted(by_staff=True)
        start = wanted.start.replace(hour=2, minute=0)
        slot = await bookings.booked(wanted.model_copy(update={"start": start, "end": start.replace(hour=3)}))
        error = await refused(bookings, meeting_of(slot, additional_employees=(MAGNUS,)), NotOffered)
        assert (error.facts["rule"], error.facts["employeeId"]) == (Rule.OUTSIDE_WORKING_HOURS, str(MAGNUS))
        await bookings.steps.create_meeting(meeting_of(slot, additional_employees=(MAGNUS,), by_staff=True))
        assert await held_with(bookings, slot) == {FREJA, MAGNUS}

    @pytest.mark.parametrize(("named", "kind"), [(FREJA, MeetingMismatch), (uuid4(), NotFound)])
    async def test_one_who_cannot_be_one(self, bookings: BookingFixture, named: UUID, kind: type[BookMeError]) -> None:
        await refused(bookings, meeting_of(await booked(bookings), additional_employees=(named,)), kind)

    async def test_an_overdue_hold_of_one_is_taken_over(self, bookings: BookingFixture) -> None:
        slot = await booked(bookings)
        lapsed = await bookings.held(
            WantedTimeSlot(start=slot.start, end=slot.end, employee_id=MAGNUS, additional_employees=(EMIL,))
        )
        await bookings.expire(lapsed.id)
        await bookings.steps.create_meeting(meeting_of(slot, additional_employees=(EMIL,)))
        assert await bookings.events(lapsed.id) == ["booking.reserved", "booking.expired"]
        assert await held_with(bookings, slot) == {FREJA, EMIL}


class TestTheSecondOne:
    @pytest.mark.parametrize(
        "said",
        [
            {"additional_employees": (INGRID, MAGNUS)},
            {"additional_employees": (MAGNUS, INGRID)},
            {"keeps_team": True},
        ],
    )
    async def test_of_the_same_people_is_the_same(self, bookings: BookingFixture, said: dict[str, object]) -> None:
        step = meeting_of(await booked(bookings, MAGNUS, INGRID), additional_employees=(MAGNUS, INGRID))
        first = await bookings.steps.create_meeting(step)
        content = step.content.model_dump() | {"additional_employees": ()} | said
        again = step.model_copy(update={"content": MeetingContent.model_validate(content)})
        assert await bookings.steps.create_meeting(again) == first

    @pytest.mark.parametrize("named", [(), (MAGNUS,), (MAGNUS, INGRID, EMIL)])
    async def test_of_others_is_another(self, bookings: BookingFixture, named: tuple[UUID, ...]) -> None:
        step = meeting_of(await booked(bookings, MAGNUS, INGRID), additional_employees=(MAGNUS, INGRID))
        await bookings.steps.create_meeting(step)
        changed = step.content.model_copy(update={"additional_employees": named})
        error = await refused(bookings, step.model_copy(update={"content": changed}), MeetingExists)
        assert error.facts["differs"] == "additionalEmployees"


class TestChanging:
    async def test_tells_who_is_not_any_more(self, bookings: BookingFixture) -> None:
        slot = await booked(bookings, MAGNUS, INGRID)
        await bookings.steps.create_meeting(meeting_of(slot, keeps_team=True))
        assert await self.set(bookings, slot, EMIL, MAGNUS, EMIL) == [INGRID]
        assert await held_with(bookings, slot) == {FREJA, EMIL, MAGNUS}
        assert await self.set(bookings, slot, MAGNUS, EMIL) == []
        assert await self.set(bookings, slot) == [MAGNUS, EMIL]
        assert await held_with(bookings, slot) == {FREJA}

    async def test_the_same_changes_nothing(self, bookings: BookingFixture) -> None:
        slot = await booked(bookings, MAGNUS, INGRID)
        before = await bookings.stored()
        assert await self.set(bookings, slot, MAGNUS, INGRID) == []
        assert await bookings.stored() == before

    async def set(self, bookings: BookingFixture, slot: TimeSlotSnapshot, *employees: UUID) -> list[UUID]:
        async with bookings.database.transaction() as session:
            row = await time_slots.find(session, slot.id, for_update=True)
            assert row is not None
            return await set_additional_employees(session, row, employees, by_staff=False)
