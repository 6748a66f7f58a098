"""A hold is honoured until its deadline, and by nobody's step that is not meant for it."""

import asyncio
from datetime import datetime, timedelta

import pytest

from activities.booking import BookingActivities
from domain.errors import HoldExpired, HoldReleased, NotFound, TimeSlotTaken
from domain.messages.booking import (
    BookingKey,
    BookingSnapshot,
    BookTimeSlot,
    ReadBooking,
    ReleaseCause,
    ReleaseTimeSlot,
    TimeSlotSnapshot,
)
from domain.time_slots import TimeSlotStatus
from services.booking import reservations
from services.booking.reservations import BookingLimits
from services.meeting.meetings import create
from storage.bookings import holds
from storage.bookings.events import EventKind, append_event
from tests.integration.activities.booking_fixture import (
    CLIENT,
    HOUR,
    BookingFixture,
    booking_of,
    meeting_of,
    reservation,
    wanted_again,
)
from tests.integration.storage.transactions import held


async def test_is_kept_for_longer_then(bookings: BookingFixture, terms: BookingLimits) -> None:
    booked = await bookings.booked()
    assert (booked.status, booked.version) == (TimeSlotStatus.BOOKED, 2)
    assert booked.kept_for is not None
    assert terms.reservation_ttl < booked.kept_for <= terms.booked_ttl
    assert await bookings.events(booked.id) == ["booking.reserved", "booking.booked"]


async def test_not_after_the_deadline(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    await bookings.expire(slot.id)
    before = await bookings.stored()
    with pytest.raises(HoldExpired) as refused:
        await bookings.steps.book_time_slot(booking_of(slot))
    assert datetime.fromisoformat(str(refused.value.facts["expiredAt"])) < slot.date_created + timedelta(minutes=5)
    assert await bookings.stored() == before


async def test_not_what_another_one_took_over_meanwhile(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    await bookings.expire(slot.id)
    await bookings.held(wanted_again(slot))
    with pytest.raises(HoldExpired):
        await bookings.steps.book_time_slot(booking_of(slot))


@pytest.mark.parametrize(
    ("cause", "how"),
    [
        (ReleaseCause.RELEASED, "given back by the client"),
        (ReleaseCause.CANCELLED, "ended by an operator"),
        (ReleaseCause.FAILED, "ended by a failure"),
        (ReleaseCause.REPLACED, "replaced by another"),
    ],
)
async def test_not_what_was_released(bookings: BookingFixture, cause: ReleaseCause, how: str) -> None:
    slot = await bookings.held()
    await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=slot.id, cause=cause))
    with pytest.raises(HoldReleased, match=how):
        await bookings.steps.book_time_slot(booking_of(slot))


async def test_not_what_was_never_reserved(bookings: BookingFixture) -> None:
    step = reservation(await bookings.wanted())
    with pytest.raises(NotFound):
        await bookings.steps.book_time_slot(BookTimeSlot(time_slot_id=step.time_slot_id, version=1))


@pytest.mark.parametrize("version", [0, 2, 7])
async def test_not_in_another_version(bookings: BookingFixture, version: int) -> None:
    slot = await bookings.held()
    before = await bookings.stored()
    with pytest.raises(HoldReleased, match="changed meanwhile"):
        await bookings.steps.book_time_slot(BookTimeSlot(time_slot_id=slot.id, version=version))
    assert await bookings.stored() == before


async def test_one_that_wakes_up_after_the_meeting_changes_nothing(bookings: BookingFixture) -> None:
    slot = await bookings.held()
    await bookings.steps.create_meeting(meeting_of(await bookings.steps.book_time_slot(booking_of(slot))))
    before = await bookings.stored()
    with pytest.raises(HoldReleased):
        await bookings.steps.book_time_slot(booking_of(slot))
    assert await bookings.stored() == before


class TestTwoStepsAtOnce:
    """The database lets one wait for the other."""

    async def test_a_takeover_that_waited_for_the_booking_finds_it_booked(self, bookings: BookingFixture) -> None:
        brief = BookingActivities(bookings.database, BookingLimits(timedelta(seconds=1.5), HOUR, max_holds=1))
        slot = await brief.reserve_time_slot(reservation(await bookings.wanted()))
        async with bookings.database.transaction() as session:
            assert await holds.mark_booked(session, slot.id, slot.version, HOUR) is not None
            await bookings.deadline_passed(slot)
            takeover = asyncio.create_task(bookings.held(wanted_again(slot)))
            await bookings.somebody_waits()
        with pytest.raises(TimeSlotTaken):
            await takeover
        stored = await bookings.slot(slot.id)
        assert stored is not None
        assert stored["status"] == TimeSlotStatus.BOOKED

    async def test_one_that_another_worker_is_taking_is_not_refused_by_its_deadline(
        self, bookings: BookingFixture
    ) -> None:
        """It was in time: the deadline passes before it is committed."""
        brief = BookingActivities(bookings.database, BookingLimits(timedelta(seconds=1.5), HOUR, max_holds=1))
        slot = await brief.reserve_time_slot(reservation(await bookings.wanted()))
        async with bookings.database.transaction() as session:
            booked = await holds.mark_booked(session, slot.id, slot.version, HOUR)
            assert booked is not None
            await bookings.deadline_passed(slot)
            again = asyncio.create_task(bookings.steps.book_time_slot(booking_of(slot)))
            await bookings.somebody_waits()
        assert (await again).version == booked.slot.version

    async def test_nor_is_a_meeting(self, bookings: BookingFixture) -> None:
        brief = BookingActivities(bookings.database, BookingLimits(HOUR, timedelta(seconds=1.5), max_holds=1))
        slot = await brief.book_time_slot(booking_of(await bookings.held()))
        step = meeting_of(slot)
        async with bookings.database.transaction() as session:
            made, _ = await create(session, step)
            await bookings.deadline_passed(slot)
            again = asyncio.create_task(bookings.steps.create_meeting(step))
            await bookings.somebody_waits()
        assert (await again).id == made.id

    async def test_a_booking_that_waited_for_a_release_finds_it_gone(self, bookings: BookingFixture) -> None:
        slot = await bookings.held()
        async with bookings.database.transaction() as session:
            released = await holds.remove_hold(session, slot.id)
            assert released is not None
            booking = asyncio.create_task(bookings.steps.book_time_slot(booking_of(slot)))
            await bookings.somebody_waits()
            await append_event(session, EventKind.RELEASED, released)
        with pytest.raises(HoldReleased):
            await booking

    async def test_a_booking_that_waited_for_a_release_that_failed_is_booked(self, bookings: BookingFixture) -> None:
        slot = await bookings.held()
        async with bookings.database.transaction() as session:
            await holds.remove_hold(session, slot.id)
            booking = asyncio.create_task(bookings.steps.book_time_slot(booking_of(slot)))
            await bookings.somebody_waits()
            await session.rollback()
        assert (await booking).status == TimeSlotStatus.BOOKED


class TestReadBooking:
    async def read(self, bookings: BookingFixture, token: str, slot: TimeSlotSnapshot | None = None) -> BookingSnapshot:
        booking = BookingKey(client_id=CLIENT, token=token)
        return await bookings.steps.read_booking(ReadBooking(booking=booking, time_slot_id=slot.id if slot else None))

    async def test_of_which_nothing_is_stored(self, bookings: BookingFixture) -> None:
        slot = await bookings.held(token="one")
        assert await self.read(bookings, "two") == BookingSnapshot()
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.RELEASED))
        assert await self.read(bookings, "one", slot) == BookingSnapshot()

    async def test_that_is_being_reserved(self, bookings: BookingFixture, terms: BookingLimits) -> None:
        """Its answer was lost and it is still under way: that it holds nothing is not believed before it is over."""
        step = reservation(await bookings.wanted(), "one")
        async with bookings.database.transaction() as session:
            await reservations.reserve(session, step, terms)
            reading = asyncio.create_task(self.read(bookings, "one"))
            await bookings.somebody_waits()
        found = (await reading).time_slot
        assert found is not None
        assert found.id == step.time_slot_id

    async def test_what_was_given_up_is_held_already_or_never(self, bookings: BookingFixture) -> None:
        """A worker that stood still has the step: it would hold the time slot for nobody."""
        slot, late = await bookings.held(await bookings.wanted(0), "one"), reservation(await bookings.wanted(1), "one")
        booking = BookingKey(client_id=CLIENT, token="one")
        before = await bookings.stored()
        for given_up in (slot.id, late.time_slot_id):
            read = ReadBooking(booking=booking, time_slot_id=slot.id, given_up=(given_up,))
            found = (await bookings.steps.read_booking(read)).time_slot
            assert found is not None
            assert found.id == slot.id
        with pytest.raises(HoldReleased):
            await bookings.steps.reserve_time_slot(late)
        assert await bookings.stored() == before

    async def test_that_is_being_reserved_while_it_is_given_up(
        self, bookings: BookingFixture, terms: BookingLimits
    ) -> None:
        step = reservation(await bookings.wanted(), "one")
        read = ReadBooking(booking=step.booking, given_up=(step.time_slot_id,))
        async with bookings.database.transaction() as session:
            await reservations.reserve(session, step, terms)
            reading = asyncio.create_task(bookings.steps.read_booking(read))
            await bookings.somebody_waits()
        found = (await reading).time_slot
        assert found is not None
        assert found.id == step.time_slot_id

    async def test_that_is_being_finished_though_its_deadline_has_passed(self, bookings: BookingFixture) -> None:
        """The step began in time, and is committed late: the deadline is not believed before that is over."""
        slot = await bookings.booked(token="one")
        await bookings.expire(slot.id)
        finish = f"UPDATE time_slot SET hold_expires_at = NULL WHERE id = '{slot.id}'"
        async with held(bookings.database, finish):
            reading = asyncio.create_task(self.read(bookings, "one", slot))
            await bookings.somebody_waits()
        found = (await reading).time_slot
        assert found is not None
        assert found.kept_until is None

    async def test_that_holds_a_slot(self, bookings: BookingFixture) -> None:
        slot = await bookings.held(token="one")
        for known in (slot, None):
            found = (await self.read(bookings, "one", known)).time_slot
            assert found is not None
            assert found.kept_for
            assert found.model_copy(update={"kept_for": slot.kept_for}) == slot

    async def test_that_is_overdue_has_no_time_left(self, bookings: BookingFixture) -> None:
        slot = await bookings.held(token="one")
        await bookings.expire(slot.id)
        found = (await self.read(bookings, "one", slot)).time_slot
        assert found is not None
        assert (found.id, found.kept_for) == (slot.id, timedelta(0))

    async def test_that_got_another_slot_since(self, bookings: BookingFixture) -> None:
        first = await bookings.held(await bookings.wanted(0), token="one")
        second = await bookings.held(await bookings.wanted(1), token="one")
        found = (await self.read(bookings, "one", first)).time_slot
        assert found is not None
        assert found.id == second.id

    async def test_that_has_its_meeting(self, bookings: BookingFixture) -> None:
        slot = await bookings.booked(token="one")
        meeting = await bookings.steps.create_meeting(meeting_of(slot))
        found = await self.read(bookings, "one", slot)
        assert found.meeting == meeting
        assert found.time_slot is not None
        assert (found.time_slot.kept_until, found.time_slot.kept_for) == (None, timedelta(0))
        assert await self.read(bookings, "one") == BookingSnapshot()
