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


async def refused(desk: BookingFixture, step: Any, kind: type[BookMeError]) -> BookMeError:  # noqa: ANN401 - an awaitable
    """The refusal; and nothing has changed."""
    before = await desk.stored()
    with pytest.raises(kind) as error:
        await step
    assert await desk.stored() == before
    return error.value


async def rooms_of(desk: BookingFixture) -> list[UUID | None]:
    return [slot["room_id"] for slot in (await desk.stored())["TimeSlotRow"]]


async def for_pensions_only(desk: BookingFixture, employee: UUID) -> None:
    async with desk.database.transaction() as session:
        await session.execute(sa.delete(EmployeeTopicRow).where(sa.column("employee_id") == employee))
        session.add(EmployeeTopicRow(employee_id=employee, topic_id=PENSION))


async def for_types_only(desk: BookingFixture, employee: UUID, types: Sequence[str]) -> None:
    async with desk.database.transaction() as session:
        where = sa.column("employee_id") == employee
        await session.execute(sa.update(WorkdayRow).where(where).values(meeting_types=types))


class TestARoomNamedOnlyWithTheMeeting:
    async def slotted(self, desk: BookingFixture, **meeting: Any) -> CreateMeetingStep:  # noqa: ANN401 - a content's
        """In a time slot at which both rooms are free."""
        there = await desk.physical(NYHAVN)
        slot = await desk.booked(there.model_copy(update={"room_id": None}))
        return meeting_of(slot, **PHYSICAL, **({"room_id": NYHAVN} | meeting))

    async def of_magnus(self, desk: BookingFixture, step: CreateMeetingStep) -> WantedTimeSlot:
        """The same time of somebody else."""
        slot = await desk.slot(step.time_slot_id)
        assert slot is not None
        return WantedTimeSlot(start=slot["start_at"], end=slot["end_at"], employee_id=MAGNUS)

    async def test_is_taken_with_it(self, desk: BookingFixture) -> None:
        step = await self.slotted(desk)
        meeting = await desk.steps.create_meeting(step)
        assert meeting.room_id == NYHAVN
        assert await rooms_of(desk) == [NYHAVN]
        assert await desk.steps.create_meeting(step) == meeting

    @pytest.mark.parametrize("by_staff", [False, True])
    async def test_that_is_taken_is_named(self, desk: BookingFixture, *, by_staff: bool) -> None:
        step = (await self.slotted(desk)).model_copy(update={"by_staff": by_staff})
        wanted = await self.of_magnus(desk, step)
        await desk.held(wanted.model_copy(update={"room_id": NYHAVN, "by_staff": True}), "another")
        error = await refused(desk, desk.steps.create_meeting(step), TimeSlotTaken)
        assert (error.facts["blockedBy"], error.facts["roomId"]) == ("room", str(NYHAVN))
        again = step.model_copy(update={"step_id": identity("again")})
        content = again.content.model_copy(update={"room_id": KASTELLET})
        assert (await desk.steps.create_meeting(again.model_copy(update={"content": content}))).room_id == KASTELLET

    async def test_is_taken_with_everybody_or_not_at_all(self, desk: BookingFixture) -> None:
        step = await self.slotted(desk, additional_employees=(INGRID,))
        await desk.busy((await self.of_magnus(desk, step)).model_copy(update={"employee_id": INGRID}))
        await refused(desk, desk.steps.create_meeting(step), TimeSlotTaken)

    async def test_goes_to_one_of_those_who_want_it(self, desk: BookingFixture) -> None:
        there = await desk.physical(NYHAVN)
        people = (FREJA, MAGNUS)
        wishes = [there.model_copy(update={"room_id": None, "employee_id": each, "by_staff": True}) for each in people]
        slots = [await desk.booked(wish, str(wish.employee_id)) for wish in wishes]
        steps = [meeting_of(slot, **PHYSICAL, room_id=NYHAVN, by_staff=True) for slot in slots]
        outcomes = await asyncio.gather(*map(desk.steps.create_meeting, steps), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["MeetingCreated", "TimeSlotTaken"]

    async def test_is_refused_for_good_by_every_worker(self, desk: BookingFixture) -> None:
        step = await self.slotted(desk)
        there = await self.of_magnus(desk, step)
        taken = await desk.held(there.model_copy(update={"room_id": NYHAVN, "by_staff": True}), "another")
        await refused(desk, desk.steps.create_meeting(step), TimeSlotTaken)
        await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=taken.id, cause=ReleaseCause.RELEASED))
        await refused(desk, desk.steps.create_meeting(step), TimeSlotTaken)

    async def test_is_free_when_the_booking_is_undone(self, desk: BookingFixture) -> None:
        step = await self.slotted(desk)
        await desk.steps.create_meeting(step)
        await desk.steps.withdraw_meeting(WithdrawMeeting(meeting_id=step.meeting_id, time_slot_id=step.time_slot_id))
        await desk.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=step.time_slot_id, cause=ReleaseCause.FAILED))
        assert await rooms_of(desk) == []

    async def test_stays_when_the_meeting_is_moved(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.steps.create_meeting(await self.slotted(desk))
        there = (await desk.physical(NYHAVN)).model_copy(update={"room_id": meeting.room_id})
        assert (await life.move_meeting(move(meeting, there))).room_id == NYHAVN
        assert await rooms_of(desk) == [NYHAVN]

    async def test_is_taken_with_a_move_step_by_step(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.met()
        there = (await desk.physical(NYHAVN)).model_copy(update={"room_id": None, "existing_meeting_id": meeting.id})
        slot = await desk.booked(there, "another")
        step = change(meeting, time_slot_id=slot.id, room_id=NYHAVN, **PHYSICAL)
        assert (await life.change_meeting(step.model_copy(update={"by_staff": False}))).room_id == NYHAVN
        assert await rooms_of(desk) == [NYHAVN]

    @pytest.mark.parametrize("room", [CLOSED_ROOM, identity("aarhus-harbour/Bugten")])
    async def test_is_no_room_for_it(self, desk: BookingFixture, room: UUID) -> None:
        await refused(desk, desk.steps.create_meeting(await self.slotted(desk, room_id=room)), NotOffered)


class TestCreating:
    async def rule(self, desk: BookingFixture, step: CreateMeetingStep) -> object:
        return (await refused(desk, desk.steps.create_meeting(step), NotOffered)).facts["rule"]

    async def test_the_room_that_the_location_requires(self, desk: BookingFixture) -> None:
        step = meeting_of(await desk.booked(), **PHYSICAL)
        assert await self.rule(desk, step) == Rule.ROOM_REQUIRED
        assert (await desk.steps.create_meeting(step.model_copy(update={"step_id": PENSION, "by_staff": True}))).id

    async def test_the_topic(self, desk: BookingFixture) -> None:
        await for_pensions_only(desk, FREJA)
        slot = await desk.booked()
        assert await self.rule(desk, meeting_of(slot)) == Rule.NOT_QUALIFIED
        await desk.steps.create_meeting(meeting_of(slot, topic_id=PENSION))

    async def test_the_topic_of_a_colleague(self, desk: BookingFixture) -> None:
        await for_pensions_only(desk, INGRID)
        slot = await desk.booked(await desk.team(INGRID))
        step = meeting_of(slot, keeps_team=True)
        error = await refused(desk, desk.steps.create_meeting(step), NotOffered)
        assert (error.facts["rule"], error.facts["employeeId"]) == (Rule.NOT_QUALIFIED, str(INGRID))

    async def test_the_type(self, desk: BookingFixture) -> None:
        slot = await desk.booked()
        await for_types_only(desk, FREJA, ["telephone"])
        assert await self.rule(desk, meeting_of(slot)) == Rule.MEETING_TYPE_NOT_OFFERED
        await desk.steps.create_meeting(meeting_of(slot, type=MeetingType.TELEPHONE))

    async def test_says_what_to_do(self, desk: BookingFixture) -> None:
        step = meeting_of(await desk.booked(), **PHYSICAL)
        error = await refused(desk, desk.steps.create_meeting(step), NotOffered)
        assert "needs a room" in error.message
        assert "Name a free room" in error.message

    async def test_the_notice_was_asked_when_it_was_reserved(self, desk: BookingFixture) -> None:
        slot = await desk.booked()
        async with desk.database.transaction() as session:
            await session.execute(sa.text("UPDATE organisation SET working_time_buffer = interval '90 days'"))
        await desk.steps.create_meeting(meeting_of(slot))

    async def test_a_repeat_answers_the_meeting_whatever_was_configured_since(self, desk: BookingFixture) -> None:
        step = meeting_of(await desk.booked())
        meeting = await desk.steps.create_meeting(step)
        await for_pensions_only(desk, FREJA)
        assert await desk.steps.create_meeting(step) == meeting

    async def test_what_was_refused_stays_refused_for_every_worker(self, desk: BookingFixture) -> None:
        step = meeting_of(await desk.booked(), **PHYSICAL)
        await refused(desk, desk.steps.create_meeting(step), NotOffered)
        async with desk.database.transaction() as session:
            await session.execute(sa.text("UPDATE location SET require_available_room = false"))
        await refused(desk, desk.steps.create_meeting(step), NotOffered)


class TestReserving:
    async def test_asks_what_it_is_told(self, desk: BookingFixture) -> None:
        await for_pensions_only(desk, FREJA)
        wanted = await desk.wanted()
        said = {"topic_id": identity("home-loan"), "meeting_type": MeetingType.ONLINE}
        error = await refused(desk, desk.held(wanted.model_copy(update=said)), NotOffered)
        assert error.facts["rule"] == Rule.NOT_QUALIFIED
        await desk.held(wanted.model_copy(update=said | {"topic_id": PENSION}))

    async def test_chooses_one_who_can(self, desk: BookingFixture) -> None:
        wanted = await desk.wanted()
        said = {"employee_id": None, "topic_id": identity("company-loan"), "customer_type_id": identity("Business")}
        held = await desk.held(wanted.model_copy(update=said))
        await desk.steps.create_meeting(
            meeting_of(
                await desk.steps.book_time_slot(booking_of(held)),
                topic_id=said["topic_id"],
                customer_type_id=said["customer_type_id"],
            )
        )


class TestChanging:
    async def test_the_type(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.met()
        step = change(meeting, **PHYSICAL).model_copy(update={"by_staff": False})
        assert (await refused(desk, life.change_meeting(step), NotOffered)).facts["rule"] == Rule.ROOM_REQUIRED
        ok = change(meeting, type=MeetingType.TELEPHONE).model_copy(update={"by_staff": False})
        await life.change_meeting(ok)

    async def test_the_room(self, desk: BookingFixture, life: MeetingActivities) -> None:
        slot = await desk.booked(await desk.physical(NYHAVN))
        meeting = await desk.steps.create_meeting(meeting_of(slot, **PHYSICAL))
        step = change(meeting, room_id=None, **PHYSICAL).model_copy(update={"by_staff": False})
        assert (await refused(desk, life.change_meeting(step), NotOffered)).facts["rule"] == Rule.ROOM_REQUIRED

    async def test_texts_are_free(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.met()
        await for_pensions_only(desk, FREJA)
        step = change(meeting, title="Other").model_copy(update={"by_staff": False})
        assert (await life.change_meeting(step)).sequence == 1

    async def test_a_colleague(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.met()
        await for_pensions_only(desk, EMIL)
        step = change(meeting, additional_employees=(EMIL,)).model_copy(update={"by_staff": False})
        assert (await refused(desk, life.change_meeting(step), NotOffered)).facts["employeeId"] == str(EMIL)

    async def test_the_time_slot(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.met()
        there = await desk.wanted(1)
        slot = await desk.booked(there.model_copy(update={"existing_meeting_id": meeting.id}), "another")
        await for_pensions_only(desk, FREJA)
        step = change(meeting, time_slot_id=slot.id).model_copy(update={"by_staff": False})
        assert (await refused(desk, life.change_meeting(step), NotOffered)).facts["rule"] == Rule.NOT_QUALIFIED

    async def test_moving(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting = await desk.met()
        await for_pensions_only(desk, INGRID)
        there = (await desk.wanted(employee=INGRID)).model_copy(update={"topic_id": meeting.content.topic_id})
        await refused(desk, life.move_meeting(move(meeting, there)), NotOffered)


class TestCancelling:
    async def cancelled(self, life: MeetingActivities, meeting: MeetingCreated) -> list[str]:
        done = await life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id))
        return [each.token for each in done.freed]

    @pytest.mark.parametrize("is_booked", [False, True])
    async def test_frees_what_was_to_move_it(
        self, desk: BookingFixture, life: MeetingActivities, *, is_booked: bool
    ) -> None:
        meeting = await desk.met(await desk.team(MAGNUS))
        there = (await desk.team(MAGNUS, number=2)).model_copy(update={"existing_meeting_id": meeting.id})
        slot = await (desk.booked(there, "another") if is_booked else desk.held(there, "another"))
        assert await self.cancelled(life, meeting) == ["another"]
        assert (await desk.stored())["TimeSlotRow"] == []
        assert (await desk.events(slot.id))[-1] == "booking.released"
        await desk.held(there.model_copy(update={"existing_meeting_id": None}), "somebody", "else")
        error = await refused(desk, desk.steps.book_time_slot(booking_of(slot)), HoldReleased)
        assert "was cancelled" in error.message

    async def test_leaves_the_holds_of_other_meetings(self, desk: BookingFixture, life: MeetingActivities) -> None:
        meeting, other = await desk.met(), await desk.met(await desk.wanted(1))
        there = (await desk.wanted(3)).model_copy(update={"existing_meeting_id": other.id})
        await desk.held(there, "another")
        assert await self.cancelled(life, meeting) == []
        assert len((await desk.stored())["TimeSlotRow"]) == 2

    async def test_of_a_reservation_that_comes_meanwhile_nothing_stays(
        self, desk: BookingFixture, life: MeetingActivities
    ) -> None:
        meeting = await desk.met()
        there = (await desk.wanted(2)).model_copy(update={"existing_meeting_id": meeting.id})
        held, cancelled = await asyncio.gather(
            desk.held(there, "another"),
            life.cancel_meeting(CancelMeetingStep(meeting_id=meeting.id)),
            return_exceptions=True,
        )
        assert not isinstance(cancelled, BaseException)
        assert not isinstance(held, BaseException) or isinstance(held, NotFound)
        assert (await desk.stored())["TimeSlotRow"] == []

    async def test_waits_for_a_reservation_that_has_begun(self, desk: BookingFixture) -> None:
        """Between the look at the meeting and the hold, the meeting cannot be cancelled."""
        meeting = await desk.met()
        there = (await desk.wanted(2)).model_copy(update={"existing_meeting_id": meeting.id})
        async with desk.database.transaction() as session:
            await session.execute(sa.text("SELECT 1 FROM meeting WHERE id = :id FOR UPDATE"), {"id": meeting.id})
            reserving = asyncio.create_task(desk.steps.reserve_time_slot(reservation(there, "another")))
            await desk.somebody_waits()
            await session.execute(
                sa.text("UPDATE meeting SET time_slot_id = NULL, cancelled_at = now() WHERE id = :id"),
                {"id": meeting.id},
            )
        with pytest.raises(NotFound):
            await reserving
