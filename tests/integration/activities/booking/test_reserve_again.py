"""What a booking that has something already may reserve, and what wakes up late may not."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Employee
from domain.errors import (
    BookMeError,
    HoldReleased,
    NotYours,
    TimeSlotAlreadyBooked,
    TimeSlotTaken,
    TooManyHolds,
)
from domain.messages.booking import ReleaseCause, ReleaseTimeSlot, ReserveTimeSlot, WantedTimeSlot
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.once import run_recording_refusal
from services.booking.reservations import BookingLimits, look, reserve
from storage.availability.situations import read_availability_data
from storage.bookings import time_slots
from storage.bookings.refused_steps import refuse_time_slot
from storage.bookings.time_slots import TimedSlot
from storage.tables.booking import TimeSlotRow
from tests.integration.activities.booking_fixture import FREJA, BookingFixture, booking_of, reservation, wanted_as

HALF = timedelta(minutes=30)


class TestReplacing:
    async def test_gives_the_former_hold_back(self, bookings: BookingFixture) -> None:
        first = await bookings.held(await bookings.wanted(0), token="one")
        second = await bookings.held(await bookings.wanted(1), token="one")
        assert await bookings.slot(first.id) is None
        assert await bookings.slot(second.id) is not None
        assert await bookings.events(first.id) == ["booking.reserved", "booking.released"]
        with pytest.raises(HoldReleased, match="replaced by another"):
            await bookings.steps.book_time_slot(booking_of(first))

    async def test_may_overlap_it(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        await bookings.held(wanted, token="one")
        half_later = wanted.model_copy(update={"start": wanted.start + HALF, "end": wanted.end + HALF})
        assert (await bookings.held(half_later, token="one")).start == half_later.start

    async def test_another_clients_hold_of_the_same_token_stays(self, bookings: BookingFixture) -> None:
        other = await bookings.held(await bookings.wanted(0), token="one", client="another")
        await bookings.held(await bookings.wanted(1), token="one")
        assert await bookings.slot(other.id) is not None

    async def test_refused_keeps_the_former(self, bookings: BookingFixture) -> None:
        taken = await bookings.wanted(1)
        await bookings.held(taken)
        held = await bookings.held(await bookings.wanted(0), token="one")
        before = await bookings.stored()
        with pytest.raises(TimeSlotTaken):
            await bookings.held(taken, token="one")
        assert await bookings.stored() == before
        assert (await bookings.steps.book_time_slot(booking_of(held))).status == TimeSlotStatus.BOOKED

    async def test_not_what_is_booked(self, bookings: BookingFixture) -> None:
        booked = await bookings.booked(await bookings.wanted(0), token="one")
        before = await bookings.stored()
        with pytest.raises(TimeSlotAlreadyBooked):
            await bookings.held(await bookings.wanted(1), token="one")
        assert await bookings.stored() == before
        await bookings.expire(booked.id)
        await bookings.held(await bookings.wanted(1), token="one")

    async def test_not_what_has_its_meeting(self, bookings: BookingFixture) -> None:
        meeting = await bookings.met(await bookings.wanted(0), token="one")
        await bookings.held(await bookings.wanted(1), token="one")
        assert await bookings.slot(meeting.time_slot_id) is not None


class TestLateSteps:
    async def test_one_that_wakes_up_late_does_not_replace_a_later_reservation(self, bookings: BookingFixture) -> None:
        earlier, later = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
        zombie = reservation(await bookings.wanted(0), "one", asked_at=earlier)
        held = await bookings.held(await bookings.wanted(1), token="one", asked_at=later)
        before = await bookings.stored()
        with pytest.raises(HoldReleased):
            await bookings.steps.reserve_time_slot(zombie)
        assert await bookings.stored() == before
        await bookings.steps.book_time_slot(booking_of(held))

    @pytest.mark.parametrize("cause", list(ReleaseCause))
    async def test_one_that_comes_after_its_own_undoing_is_not_done_again(
        self, bookings: BookingFixture, cause: ReleaseCause
    ) -> None:
        step = reservation(await bookings.wanted())
        await bookings.steps.reserve_time_slot(step)
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=step.time_slot_id, cause=cause))
        before = await bookings.stored()
        with pytest.raises(BookMeError) as refused:
            await bookings.steps.reserve_time_slot(step)
        assert refused.value.reason == ("HOLD_EXPIRED" if cause is ReleaseCause.EXPIRED else "HOLD_RELEASED")
        assert await bookings.stored() == before

    async def test_one_whose_slot_has_its_meeting_by_now_takes_nothing_from_a_new_booking(
        self, bookings: BookingFixture
    ) -> None:
        step = reservation(await bookings.wanted(0), "one")
        slot = await bookings.steps.reserve_time_slot(step)
        await bookings.met(await bookings.wanted(2))
        booked = await bookings.steps.book_time_slot(booking_of(slot))
        await bookings.change([booked.id], hold_expires_at=None)
        newer = await bookings.held(await bookings.wanted(1), token="one")
        assert (await bookings.steps.reserve_time_slot(step)).id == slot.id
        assert await bookings.slot(newer.id) is not None

    async def test_one_that_was_refused_to_another_worker_is_refused_for_good(self, bookings: BookingFixture) -> None:
        """Its run is over: nobody would know of the hold."""
        wanted = await bookings.wanted()
        other, step = await bookings.held(wanted), reservation(wanted)
        with pytest.raises(TimeSlotTaken) as first:
            await bookings.steps.reserve_time_slot(step)
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=other.id, cause=ReleaseCause.RELEASED))
        before = await bookings.stored()
        with pytest.raises(TimeSlotTaken) as again:
            await bookings.steps.reserve_time_slot(step)
        assert await bookings.stored() == before
        assert (again.value.message, again.value.facts) == (first.value.message, first.value.facts)
        await bookings.held(wanted)

    async def test_one_that_was_undone_before_it_was_taken_is_not_taken(self, bookings: BookingFixture) -> None:
        step = reservation(await bookings.wanted())
        before = await bookings.stored()
        await bookings.steps.release_time_slot(
            ReleaseTimeSlot(time_slot_id=step.time_slot_id, cause=ReleaseCause.FAILED)
        )
        with pytest.raises(HoldReleased):
            await bookings.steps.reserve_time_slot(step)
        assert await bookings.stored() == before

    async def test_one_that_is_undone_while_it_is_taken_holds_nothing(
        self, bookings: BookingFixture, terms: BookingLimits
    ) -> None:
        step = reservation(await bookings.wanted())
        async with bookings.database.transaction() as session:
            await reserve(session, step, terms)
            release = ReleaseTimeSlot(time_slot_id=step.time_slot_id, cause=ReleaseCause.FAILED)
            undoing = asyncio.create_task(bookings.steps.release_time_slot(release))
            await bookings.somebody_waits("advisory")
        await undoing
        assert await bookings.slot(step.time_slot_id) is None

    async def test_a_refusal_finds_what_another_worker_has_done_meanwhile(
        self, bookings: BookingFixture, terms: BookingLimits
    ) -> None:
        """The one stands in the way of the other, until it sees that they are the same."""
        wanted = await bookings.wanted()
        step = reservation(wanted)

        async def refused_at_first(session: AsyncSession) -> TimedSlot:
            if not tries:
                tries.append(step)
                await bookings.steps.reserve_time_slot(step)
                raise TimeSlotTaken
            return await reserve(session, step, terms)

        tries: list[ReserveTimeSlot] = []
        refuse = partial(refuse_time_slot, time_slot_id=step.time_slot_id)
        seen = await run_recording_refusal(bookings.database, refused_at_first, refuse)
        assert seen.slot.id == step.time_slot_id


class TestWithoutAnEmployee:
    async def test_the_best_one_of_search_gets_it(self, bookings: BookingFixture) -> None:
        """Each hold counts: after it, somebody else may be the best one for the rest of the day."""
        for number in range(4):
            slot = (await bookings.offered())[number]
            held = await bookings.held(wanted_as(slot, employee_id=None))
            assert held.employee_id == slot.employee_id

    async def test_one_after_the_other_until_nobody_is_free(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted(employee_id=None)
        free = await bookings.free_at(wanted.start)
        assert {(await bookings.held(wanted)).employee_id for _ in free} >= free
        while True:
            try:
                await bookings.held(wanted)
            except TimeSlotTaken:
                break

    async def test_the_own_former_hold_is_not_in_the_way(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted(employee_id=None)
        first = await bookings.held(wanted, token="one")
        second = await bookings.held(wanted, token="one")
        assert (second.employee_id, first.id == second.id) == (first.employee_id, False)


class TestMovingAMeeting:
    @pytest.mark.parametrize("employee", [FREJA, None])
    async def test_it_does_not_stand_in_its_own_way(self, bookings: BookingFixture, employee: object) -> None:
        wanted = await bookings.wanted(by_staff=True)
        for slot in await bookings.offered(best=False):
            if slot.interval.start == wanted.start and slot.employee_id != FREJA:
                await bookings.busy(wanted_as(slot))
        meeting = await bookings.met(wanted)
        moved = await bookings.held(
            wanted.model_copy(update={"existing_meeting_id": meeting.id, "employee_id": employee, "by_staff": False})
        )
        stored = [await bookings.slot(one) for one in (moved.id, meeting.time_slot_id)]
        assert stored[0] is not None
        assert stored[1] is not None
        assert stored[0]["booking_key"] == stored[1]["booking_key"]

    async def test_of_another_client_is_for_staff_alone(self, bookings: BookingFixture) -> None:
        meeting = await bookings.met(await bookings.wanted(0))
        wanted = await bookings.wanted(1, existing_meeting_id=meeting.id)
        with pytest.raises(NotYours):
            await bookings.held(wanted, client="another")
        await bookings.held(wanted.model_copy(update={"by_staff": True}), client="another")


class TestTooManyHolds:
    @pytest.fixture
    def terms(self) -> BookingLimits:
        return BookingLimits(timedelta(minutes=5), timedelta(minutes=15), max_holds=2)

    async def test_one_client_may_not_hoard(self, bookings: BookingFixture) -> None:
        held = [await bookings.held(await bookings.wanted(number), token=f"{number}") for number in range(2)]
        before = await bookings.stored()
        with pytest.raises(TooManyHolds):
            await bookings.held(await bookings.wanted(2))
        assert await bookings.stored() == before
        await bookings.held(await bookings.wanted(2), client="another")
        await bookings.held(await bookings.wanted(3), token="0")
        await bookings.expire(held[1].id)
        await bookings.held(await bookings.wanted(4))

    async def test_meetings_do_not_count(self, bookings: BookingFixture) -> None:
        for number in range(3):
            await bookings.met(await bookings.wanted(number))


class TestLook:
    async def look(
        self, bookings: BookingFixture, wanted: WantedTimeSlot, token: str = "one"
    ) -> TimeSlotRow | Employee:
        async with bookings.database.transaction() as session:
            return await look(session, reservation(wanted, token).booking, wanted)

    async def test_at_what_can_be_reserved(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        found = await self.look(bookings, wanted)
        assert isinstance(found, Employee)
        assert found.id == wanted.employee_id
        assert found.display_name

    async def test_finds_the_same_hold_again(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        held = await bookings.held(wanted, token="one")
        for again in (wanted, wanted.model_copy(update={"employee_id": None})):
            found = await self.look(bookings, again)
            assert isinstance(found, TimeSlotRow)
            assert found.id == held.id

    async def test_another_slot_that_overlaps_the_own_hold_may_be_reserved(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        await bookings.held(wanted, token="one")
        half_later = wanted.model_copy(update={"start": wanted.start + HALF, "end": wanted.end + HALF})
        assert isinstance(await self.look(bookings, half_later), Employee)
        with pytest.raises(TimeSlotTaken):
            await self.look(bookings, half_later, "two")

    async def test_what_is_booked_stays(self, bookings: BookingFixture) -> None:
        await bookings.booked(await bookings.wanted(0), token="one")
        with pytest.raises(TimeSlotAlreadyBooked):
            await self.look(bookings, await bookings.wanted(1))


async def test_what_is_read_again_under_the_locks_is_what_the_database_has_by_then(bookings: BookingFixture) -> None:
    """A session that remembers rows would judge by what it saw before it waited."""
    slot = await bookings.held()
    async with bookings.database.transaction() as session:
        seen = await time_slots.find(session, slot.id)
        await bookings.steps.book_time_slot(booking_of(slot))
        again = await time_slots.find(session, slot.id)
        situation = await read_availability_data(session, Interval(slot.start, slot.end), [slot.employee_id])
        assert seen is again is not None
        assert (again.status, again.version) == (TimeSlotStatus.BOOKED, 2)
        assert [busy.status for busy in situation.busy] == [TimeSlotStatus.BOOKED]
