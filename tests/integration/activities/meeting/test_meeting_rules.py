"""A meeting exists only where search with its own words would have offered it; its room may be named only with it."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from activities.meeting import MeetingActivities
from devstack.demo_data import identity
from domain.availability import Rule
from domain.errors import BookMeError, HoldReleased, NotFound, NotOffered, TimeSlotTaken
from domain.meetings import MeetingType
from domain.messages.booking import (
    CreateMeetingStep,
    MeetingCreated,
    ReleaseCause,
    ReleaseTimeSlot,
    WantedTimeSlot,
    WithdrawMeeting,
)
from domain.messages.meeting import CancelMeetingStep
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from storage.tables.organisation import EmployeeTopicRow, WorkdayRow
from tests.integration.activities.booking_fixture import (
    CLOSED_ROOM,
    EMIL,
    FREJA,
    INGRID,
    KASTELLET,
    MAGNUS,
    NYHAVN,
    BookingFixture,
    booking_of,
    meeting_of,
    reservation,
)
from tests.integration.activities.meeting.test_meeting_changes import change, move

PENSION = identity("pension")
PHYSICAL: dict[str, Any] = {"type": MeetingType.PHYSICAL}


@pytest.fixture(autouse=True)
def its_own_bank(configurable: Database) -> Database:
    """Some tests change the configuration."""
    return configurable


@pytest.fixture
def life(database: Database, terms: BookingLimits) -> MeetingActivities:
    return MeetingActivities(database, terms, NotificationSettings())


async def refused(bookings: BookingFixture, step: Any, kind: type[BookMeError]) -> BookMeError:  # noqa: ANN401 - an awaitable
    """The refusal; and nothing has changed."""
    before = await bookings.stored()
    with pytest.raises(kind) as error:
        await step
    assert await bookings.stored() == before
    return error.value


async def rooms_of(bookings: BookingFixture) -> list[UUID | None]:
    return [slot["room_id"] for slot in (await bookings.stored())["TimeSlotRow"]]


async def for_pensions_only(bookings: BookingFixture, employee: UUID) -> None:
    async with bookings.database.transaction() as session:
        await session.execute(sa.delete(EmployeeTopicRow).where(sa.column("employee_id") == employee))
        session.add(EmployeeTopicRow(employee_id=employee, topic_id=PENSION))


async def for_types_only(bookings: BookingFixture, employee: UUID, types: Sequence[str]) -> None:
    async with bookings.database.transaction() as session:
        where = sa.column("employee_id") == employee
        await session.execute(sa.update(WorkdayRow).where(where).values(meeting_types=types))


class TestARoomNamedOnlyWithTheMeeting:
    async def slotted(self, bookings: BookingFixture, **meeting: Any) -> CreateMeetingStep:  # noqa: ANN401 - a content's
        """In a time slot at which both rooms are free."""
        there = await bookings.physical(NYHAVN)
        slot = await bookings.booked(there.model_copy(update={"room_id": None}))
        return meeting_of(slot, **PHYSICAL, **({"room_id": NYHAVN} | meeting))

    async def of_magnus(self, bookings: BookingFixture, step: CreateMeetingStep) -> WantedTimeSlot:
        """The same time of somebody else."""
        slot = await bookings.slot(step.time_slot_id)
        assert slot is not None
        return WantedTimeSlot(start=slot["start_at"], end=slot["end_at"], employee_id=MAGNUS)

    async def test_is_taken_with_it(self, bookings: BookingFixture) -> None:
        step = await self.slotted(bookings)
        meeting = await bookings.steps.create_meeting(step)
        assert meeting.room_id == NYHAVN
        assert await rooms_of(bookings) == [NYHAVN]
        assert await bookings.steps.create_meeting(step) == meeting

    @pytest.mark.parametrize("by_staff", [False, True])
    async def test_that_is_taken_is_named(self, bookings: BookingFixture, *, by_staff: bool) -> None:
        step = (await self.slotted(bookings)).model_copy(update={"by_staff": by_staff})
        wanted = await self.of_magnus(bookings, step)
        await bookings.held(wanted.model_copy(update={"room_id": NYHAVN, "by_staff": True}), "another")
        error = await refused(bookings, bookings.steps.create_meeting(step), TimeSlotTaken)
        assert (error.facts["blockedBy"], error.facts["roomId"]) == ("room", str(NYHAVN))
        again = step.model_copy(update={"step_id": identity("again")})
        content = again.content.model_copy(update={"room_id": KASTELLET})
        assert (await bookings.steps.create_meeting(again.model_copy(update={"content": content}))).room_id == KASTELLET

    async def test_is_taken_with_everybody_or_not_at_all(self, bookings: BookingFixture) -> None:
        step = await self.slotted(bookings, additional_employees=(INGRID,))
        await bookings.busy((await self.of_magnus(bookings, step)).model_copy(update={"employee_id": INGRID}))
        await refused(bookings, bookings.steps.create_meeting(step), TimeSlotTaken)

    async def test_goes_to_one_of_those_who_want_it(self, bookings: BookingFixture) -> None:
        there = await bookings.physical(NYHAVN)
        people = (FREJA, MAGNUS)
        wishes = [there.model_copy(update={"room_id": None, "employee_id": each, "by_staff": True}) for each in people]
        slots = [await bookings.booked(wish, str(wish.employee_id)) for wish in wishes]
        steps = [meeting_of(slot, **PHYSICAL, room_id=NYHAVN, by_staff=True) for slot in slots]
        outcomes = await asyncio.gather(*map(bookings.steps.create_meeting, steps), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["MeetingCreated", "TimeSlotTaken"]

    async def test_is_refused_for_good_by_every_worker(self, bookings: BookingFixture) -> None:
        step = await self.slotted(bookings)
        there = await self.of_magnus(bookings, step)
        taken = await bookings.held(there.model_copy(update={"room_id": NYHAVN, "by_staff": True}), "another")
        await refused(bookings, bookings.steps.create_meeting(step), TimeSlotTaken)
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=taken.id, cause=ReleaseCause.RELEASED))
        await refused(bookings, bookings.steps.create_meeting(step), TimeSlotTaken)

    async def test_is_free_when_the_booking_is_undone(self, bookings: BookingFixture) -> None:
        step = await self.slotted(bookings)
        await bookings.steps.create_meeting(step)
        await bookings.steps.withdraw_meeting(
            WithdrawMeeting(meeting_id=step.meeting_id, time_slot_id=step.time_slot_id)
        )
        await bookings.steps.release_time_slot(
            ReleaseTimeSlot(time_slot_id=step.time_slot_id, cause=ReleaseCause.FAILED)
        )
        assert await rooms_of(bookings) == []

    async def test_stays_when_the_meeting_is_moved(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.steps.create_meeting(await self.slotted(bookings))
        there = (await bookings.physical(NYHAVN)).model_copy(update={"room_id": meeting.room_id})
        assert (await life.move_meeting(move(meeting, there))).room_id == NYHAVN
        assert await rooms_of(bookings) == [NYHAVN]

    async def test_is_taken_with_a_move_step_by_step(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        there = (await bookings.physical(NYHAVN)).model_copy(
            update={"room_id": None, "existing_meeting_id": meeting.id}
        )
        slot = await bookings.booked(there, "another")
        step = change(meeting, time_slot_id=slot.id, room_id=NYHAVN, **PHYSICAL)
        assert (await life.change_meeting(step.model_copy(update={"by_staff": False}))).room_id == NYHAVN
        assert await rooms_of(bookings) == [NYHAVN]

    @pytest.mark.parametrize("room", [CLOSED_ROOM, identity("aarhus-harbour/Bugten")])
    async def test_is_no_room_for_it(self, bookings: BookingFixture, room: UUID) -> None:
        await refused(bookings, bookings.steps.create_meeting(await self.slotted(bookings, room_id=room)), NotOffered)


class TestCreating:
    async def rule(self, bookings: BookingFixture, step: CreateMeetingStep) -> object:
        return (await refused(bookings, bookings.steps.create_meeting(step), NotOffered)).facts["rule"]

    async def test_the_room_that_the_location_requires(self, bookings: BookingFixture) -> None:
        step = meeting_of(await bookings.booked(), **PHYSICAL)
        assert await self.rule(bookings, step) == Rule.ROOM_REQUIRED
        assert (await bookings.steps.create_meeting(step.model_copy(update={"step_id": PENSION, "by_staff": True}))).id

    async def test_the_topic(self, bookings: BookingFixture) -> None:
        await for_pensions_only(bookings, FREJA)
        slot = await bookings.booked()
        assert await self.rule(bookings, meeting_of(slot)) == Rule.NOT_QUALIFIED
        await bookings.steps.create_meeting(meeting_of(slot, topic_id=PENSION))

    async def test_the_topic_of_a_colleague(self, bookings: BookingFixture) -> None:
        await for_pensions_only(bookings, INGRID)
        slot = await bookings.booked(await bookings.team(INGRID))
        step = meeting_of(slot, keeps_team=True)
        error = await refused(bookings, bookings.steps.create_meeting(step), NotOffered)
        assert (error.facts["rule"], error.facts["employeeId"]) == (Rule.NOT_QUALIFIED, str(INGRID))

    async def test_the_type(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        await for_types_only(bookings, FREJA, ["telephone"])
        assert await self.rule(bookings, meeting_of(slot)) == Rule.MEETING_TYPE_NOT_OFFERED
        await bookings.steps.create_meeting(meeting_of(slot, type=MeetingType.TELEPHONE))

    async def test_says_what_to_do(self, bookings: BookingFixture) -> None:
        step = meeting_of(await bookings.booked(), **PHYSICAL)
        error = await refused(bookings, bookings.steps.create_meeting(step), NotOffered)
        assert "needs a room" in error.message
        assert "Name a free room" in error.message

    async def test_the_notice_was_asked_when_it_was_reserved(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked()
        async with bookings.database.transaction() as session:
            await session.execute(sa.text("UPDATE organisation SET working_time_buffer = interval '90 days'"))
        await bookings.steps.create_meeting(meeting_of(slot))

    async def test_a_repeat_answers_the_meeting_whatever_was_configured_since(self, bookings: BookingFixture) -> None:
        step = meeting_of(await bookings.booked())
        meeting = await bookings.steps.create_meeting(step)
        await for_pensions_only(bookings, FREJA)
        assert await bookings.steps.create_meeting(step) == meeting

    async def test_what_was_refused_stays_refused_for_every_worker(self, bookings: BookingFixture) -> None:
        step = meeting_of(await bookings.booked(), **PHYSICAL)
        await refused(bookings, bookings.steps.create_meeting(step), NotOffered)
        async with bookings.database.transaction() as session:
            await session.execute(sa.text("UPDATE location SET require_available_room = false"))
        await refused(bookings, bookings.steps.create_meeting(step), NotOffered)


class TestReserving:
    async def test_asks_what_it_is_told(self, bookings: BookingFixture) -> None:
        await for_pensions_only(bookings, FREJA)
        wanted = await bookings.wanted()
        said = {"topic_id": identity("home-loan"), "meeting_type": MeetingType.ONLINE}
        error = await refused(bookings, bookings.held(wanted.model_copy(update=said)), NotOffered)
        assert error.facts["rule"] == Rule.NOT_QUALIFIED
        await bookings.held(wanted.model_copy(update=said | {"topic_id": PENSION}))

    async def test_chooses_one_who_can(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        said = {"employee_id": None, "topic_id": identity("company-loan"), "customer_type_id": identity("Business")}
        held = await bookings.held(wanted.model_copy(update=said))
        await bookings.steps.create_meeting(
            meeting_of(
                await bookings.steps.book_time_slot(booking_of(held)),
                topic_id=said["topic_id"],
                customer_type_id=said["customer_type_id"],
            )
        )


class TestChanging:
    async def test_the_type(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        step = change(meeting, **PHYSICAL).model_copy(update={"by_staff": False})
        assert (await refused(bookings, life.change_meeting(step), NotOffered)).facts["rule"] == Rule.ROOM_REQUIRED
        ok = change(meeting, type=MeetingType.TELEPHONE).model_copy(update={"by_staff": False})
        await life.change_meeting(ok)

    async def test_the_room(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        slot = await bookings.booked(await bookings.physical(NYHAVN))
        meeting = await bookings.steps.create_meeting(meeting_of(slot, **PHYSICAL))
        step = change(meeting, room_id=None, **PHYSICAL).model_copy(update={"by_staff": False})
        assert (await refused(bookings, life.change_meeting(step), NotOffered)).facts["rule"] == Rule.ROOM_REQUIRED

    async def test_texts_are_free(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        await for_pensions_only(bookings, FREJA)
        step = change(meeting, title="Other").model_copy(update={"by_staff": False})
        assert (await life.change_meeting(step)).sequence == 1

    async def test_a_colleague(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        await for_pensions_only(bookings, EMIL)
        step = change(meeting, additional_employees=(EMIL,)).model_copy(update={"by_staff": False})
        assert (await refused(bookings, life.change_meeting(step), NotOffered)).facts["employeeId"] == str(EMIL)

    async def test_the_time_slot(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        there = await bookings.wanted(1)
        slot = await bookings.booked(there.model_copy(update={"existing_meeting_id": meeting.id}), "another")
        await for_pensions_only(bookings, FREJA)
        step = change(meeting, time_slot_id=slot.id).model_copy(update={"by_staff": False})
        assert (await refused(bookings, life.change_meeting(step), NotOffered)).facts["rule"] == Rule.NOT_QUALIFIED

    async def test_moving(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting = await bookings.met()
        await for_pensions_only(bookings, INGRID)
        there = (await bookings.wanted(employee=INGRID)).model_copy(update={"topic_id": meeting.content.topic_id})
        await refused(bookings, life.move_meeting(move(meeting, there)), NotOffered)


class TestCancelling:
    async def cancelled(self, life: MeetingActivities, meeting: MeetingCreated) -> list[str]:
        done = await life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id))
        return [each.token for each in done.freed]

    @pytest.mark.parametrize("is_booked", [False, True])
    async def test_frees_what_was_to_move_it(
        self, bookings: BookingFixture, life: MeetingActivities, *, is_booked: bool
    ) -> None:
        meeting = await bookings.met(await bookings.team(MAGNUS))
        there = (await bookings.team(MAGNUS, number=2)).model_copy(update={"existing_meeting_id": meeting.id})
        slot = await (bookings.booked(there, "another") if is_booked else bookings.held(there, "another"))
        assert await self.cancelled(life, meeting) == ["another"]
        assert (await bookings.stored())["TimeSlotRow"] == []
        assert (await bookings.events(slot.id))[-1] == "booking.released"
        await bookings.held(there.model_copy(update={"existing_meeting_id": None}), "somebody", "else")
        error = await refused(bookings, bookings.steps.book_time_slot(booking_of(slot)), HoldReleased)
        assert "was cancelled" in error.message

    async def test_leaves_the_holds_of_other_meetings(self, bookings: BookingFixture, life: MeetingActivities) -> None:
        meeting, other = await bookings.met(), await bookings.met(await bookings.wanted(1))
        there = (await bookings.wanted(3)).model_copy(update={"existing_meeting_id": other.id})
        await bookings.held(there, "another")
        assert await self.cancelled(life, meeting) == []
        assert len((await bookings.stored())["TimeSlotRow"]) == 2

    async def test_of_a_reservation_that_comes_meanwhile_nothing_stays(
        self, bookings: BookingFixture, life: MeetingActivities
    ) -> None:
        meeting = await bookings.met()
        there = (await bookings.wanted(2)).model_copy(update={"existing_meeting_id": meeting.id})
        held, cancelled = await asyncio.gather(
            bookings.held(there, "another"),
            life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id)),
            return_exceptions=True,
        )
        assert not isinstance(cancelled, BaseException)
        assert not isinstance(held, BaseException) or isinstance(held, NotFound)
        assert (await bookings.stored())["TimeSlotRow"] == []

    async def test_waits_for_a_reservation_that_has_begun(self, bookings: BookingFixture) -> None:
        """Between the look at the meeting and the hold, the meeting cannot be cancelled."""
        meeting = await bookings.met()
        there = (await bookings.wanted(2)).model_copy(update={"existing_meeting_id": meeting.id})
        async with bookings.database.transaction() as session:
            await session.execute(sa.text("SELECT 1 FROM meeting WHERE id = :id FOR UPDATE"), {"id": meeting.id})
            reserving = asyncio.create_task(bookings.steps.reserve_time_slot(reservation(there, "another")))
            await bookings.somebody_waits()
            await session.execute(
                sa.text("UPDATE meeting SET time_slot_id = NULL, cancelled_at = now() WHERE id = :id"),
                {"id": meeting.id},
            )
        with pytest.raises(NotFound):
            await reserving
