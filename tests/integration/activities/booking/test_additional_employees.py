"""Additional employees: held with the time slot, all of them or nobody, and free when they are not needed any more."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from devstack.demo_data import identity
from domain.availability import Rule
from domain.configuration import Employee
from domain.errors import NotFound, NotOffered, TimeSlotTaken
from domain.messages.booking import ReleaseCause, ReleaseTimeSlot, TimeSlotSnapshot, WantedTimeSlot, WithdrawMeeting
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.participants import set_additional_employees
from services.booking.reservations import look
from storage.bookings import busy_times, time_slots
from storage.tables.booking import TimeSlotRow
from tests.integration.activities.booking_fixture import (
    AKSEL,
    CLIENT,
    FREJA,
    INGRID,
    MAGNUS,
    NYHAVN,
    BookingFixture,
    booking_of,
    check_companions,
    meeting_of,
    reservation,
)

LIV = identity("Liv Thorsen")
HALF = timedelta(minutes=30)

Refusal = TypeVar("Refusal", TimeSlotTaken, NotOffered)


async def free(bookings: BookingFixture, wanted: WantedTimeSlot, *employees: UUID) -> set[UUID]:
    """Those of them whom staff could have at that time."""
    able = set()
    for employee in employees:
        alone = WantedTimeSlot(start=wanted.start, end=wanted.end, employee_id=employee, by_staff=True)
        async with bookings.database.transaction() as session:
            try:
                await look(session, reservation(alone).booking, alone)
            except TimeSlotTaken:
                continue
        able.add(employee)
    return able


async def give_back(bookings: BookingFixture, slot: TimeSlotSnapshot) -> None:
    await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=slot.id, cause=ReleaseCause.RELEASED))


async def expire(bookings: BookingFixture, slot: TimeSlotSnapshot) -> None:
    await bookings.expire(slot.id)


async def replace(bookings: BookingFixture, slot: TimeSlotSnapshot) -> None:
    alone = WantedTimeSlot(start=slot.start, end=slot.end, employee_id=LIV, by_staff=True)
    await bookings.held(alone, "token")


async def withdraw(bookings: BookingFixture, slot: TimeSlotSnapshot) -> None:
    meeting = await bookings.steps.create_meeting(meeting_of(await bookings.steps.book_time_slot(booking_of(slot))))
    await bookings.steps.withdraw_meeting(WithdrawMeeting(meeting_id=meeting.id, time_slot_id=slot.id))


class TestHolding:
    async def test_holds_all_of_them_in_step(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, INGRID)
        held = await bookings.held(wanted)
        assert held.additional_employees == (MAGNUS, INGRID)
        assert await free(bookings, wanted, FREJA, MAGNUS, INGRID, AKSEL) == {AKSEL}
        check_companions(await bookings.stored())
        booked = await bookings.steps.book_time_slot(booking_of(held))
        check_companions(await bookings.stored())
        await bookings.steps.create_meeting(meeting_of(booked, additional_employees=(MAGNUS, INGRID)))
        check_companions(await bookings.stored())
        assert await free(bookings, wanted, FREJA, MAGNUS, INGRID) == set()
        assert await bookings.events() == ["booking.reserved", "booking.booked", "meeting.created"]

    @pytest.mark.parametrize("end", [give_back, expire, replace, withdraw])
    async def test_they_are_free_at_once_when_it_ends(
        self, bookings: BookingFixture, end: Callable[[BookingFixture, TimeSlotSnapshot], Awaitable[None]]
    ) -> None:
        wanted = await bookings.team(MAGNUS, INGRID)
        before = await bookings.offered(MAGNUS)
        held = await bookings.held(wanted, "token")
        assert await bookings.offered(MAGNUS) != before
        await end(bookings, held)
        assert await bookings.offered(MAGNUS) == before
        assert await free(bookings, wanted, FREJA, MAGNUS, INGRID) == {FREJA, MAGNUS, INGRID}
        check_companions(await bookings.stored())

    async def test_each_counts_among_the_holds_of_a_client(self, bookings: BookingFixture) -> None:
        await bookings.held(await bookings.team(MAGNUS, INGRID))
        async with bookings.database.transaction() as session:
            assert await time_slots.count_live_holds(session, CLIENT) == 3

    async def test_no_one_finds_a_companion_by_its_token(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS)
        held = await bookings.held(wanted, "token")
        async with bookings.database.transaction() as session:
            asked = Interval(wanted.start, wanted.end)
            seen = await time_slots.read_slot_of_booking(session, CLIENT, "token", None)
            found = [
                await time_slots.find_live_hold(session, CLIENT, "token"),
                await time_slots.find_asked_before(session, CLIENT, "token", asked),
                seen.slot if seen else None,
            ]
        assert {slot.id for slot in found if slot is not None} == {held.id}

    async def test_whoever_is_chosen_is_none_of_them(self, bookings: BookingFixture) -> None:
        wanted = (await bookings.team(MAGNUS)).model_copy(update={"employee_id": None})
        best = await bookings.held(wanted, "token")
        others = (MAGNUS, best.employee_id)
        held = await bookings.held(wanted.model_copy(update={"additional_employees": others}), "token")
        assert held.employee_id not in others
        check_companions(await bookings.stored())

    async def test_the_room_is_for_the_employee_alone(self, bookings: BookingFixture) -> None:
        """Ingrid works elsewhere on most days: she takes part all the same."""
        physical = await bookings.physical(NYHAVN)
        wanted = physical.model_copy(update={"additional_employees": (INGRID,)})
        held = await bookings.held(wanted)
        assert (held.room_id, held.additional_employees) == (NYHAVN, (INGRID,))


class TestAllOrNothing:
    async def refused(self, bookings: BookingFixture, wanted: WantedTimeSlot, kind: type[Refusal]) -> Refusal:
        """What the refusal says of who; and nothing has changed. A look says the same."""
        before = await bookings.stored()
        with pytest.raises(kind) as told:
            await bookings.held(wanted)
        assert await bookings.stored() == before
        async with bookings.database.transaction() as session:
            with pytest.raises(kind) as seen:
                await look(session, reservation(wanted).booking, wanted)
        assert seen.value.facts == told.value.facts
        return told.value

    async def test_one_who_is_held(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, INGRID)
        other = await bookings.held(wanted.model_copy(update={"employee_id": INGRID, "additional_employees": ()}))
        told = await self.refused(bookings, wanted, TimeSlotTaken)
        assert (told.facts["employeeId"], told.facts["blockedBy"]) == (str(INGRID), "employee")
        assert str(told.facts["heldUntil"])[:19] == f"{other.kept_until:%Y-%m-%dT%H:%M:%S}"

    async def test_one_who_is_an_additional_one_elsewhere(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, INGRID)
        await bookings.held(wanted.model_copy(update={"additional_employees": (MAGNUS,)}))
        told = await self.refused(
            bookings, wanted.model_copy(update={"employee_id": AKSEL, "by_staff": True}), TimeSlotTaken
        )
        assert told.facts["employeeId"] == str(MAGNUS)

    async def test_with_the_next_time_slots_at_which_all_are_free(self, bookings: BookingFixture) -> None:
        slots = [slot.interval for slot in await bookings.offered(FREJA, MAGNUS, INGRID, together=True)]
        followed = next(number for number, (one, next_) in enumerate(pairwise(slots)) if one.end == next_.start)
        wanted = await bookings.team(MAGNUS, INGRID, number=followed)
        await bookings.busy(wanted.model_copy(update={"employee_id": INGRID}))
        told = await self.refused(bookings, wanted, TimeSlotTaken)
        following = told.facts["nextTimeSlots"]
        assert isinstance(following, list)
        assert following
        for slot in following:
            another = {"start": slot["startDate"], "end": slot["endDate"], "employee_id": slot["employeeId"]}
            await bookings.held(WantedTimeSlot.model_validate(wanted.model_dump() | another), "one-after-the-other")

    async def test_one_who_does_not_work_then_unless_staff_say_so(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(INGRID)
        start = wanted.start.replace(hour=12, minute=0)
        late = {"start": start, "end": start + HALF, "additional_employees": (INGRID, LIV)}
        told = await self.refused(bookings, wanted.model_copy(update=late), NotOffered)
        assert (told.facts["rule"], told.facts["employeeId"]) == (Rule.OUTSIDE_WORKING_HOURS, str(LIV))
        await bookings.held(wanted.model_copy(update=late | {"by_staff": True}))

    async def test_one_whom_nobody_knows(self, bookings: BookingFixture) -> None:
        stranger = uuid4()
        wanted = (await bookings.wanted()).model_copy(update={"additional_employees": (stranger,)})
        for employee in (FREJA, None):
            with pytest.raises(NotFound) as told:
                await bookings.held(wanted.model_copy(update={"employee_id": employee}))
            assert told.value.facts == {"kind": "employee", "id": str(stranger)}

    async def test_a_replacement_that_cannot_be_had_leaves_the_hold(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS)
        await bookings.held(wanted, "token")
        later = await bookings.team(MAGNUS, INGRID, number=1)
        await bookings.busy(later.model_copy(update={"employee_id": INGRID}))
        before = await bookings.stored()
        with pytest.raises(TimeSlotTaken):
            await bookings.held(later, "token")
        assert await bookings.stored() == before


class TestReplacing:
    async def test_the_same_in_another_order_is_the_same(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, INGRID)
        step = reservation(wanted, "token")
        held = await bookings.steps.reserve_time_slot(step)
        turned = wanted.model_copy(update={"additional_employees": (INGRID, MAGNUS)})
        async with bookings.database.transaction() as session:
            found = await look(session, step.booking, turned)
        assert isinstance(found, TimeSlotRow)
        assert found.id == held.id

    @pytest.mark.parametrize("others", [(MAGNUS,), (), (INGRID,), (MAGNUS, INGRID, AKSEL)])
    async def test_with_others_it_is_another_one(self, bookings: BookingFixture, others: tuple[UUID, ...]) -> None:
        wanted = await bookings.team(MAGNUS, INGRID, by_staff=True)
        step = reservation(wanted, "token")
        await bookings.steps.reserve_time_slot(step)
        changed = wanted.model_copy(update={"additional_employees": others})
        async with bookings.database.transaction() as session:
            assert isinstance(await look(session, step.booking, changed), Employee)
        assert (await bookings.held(changed, "token")).additional_employees == others
        busy = {FREJA, *others}
        assert await free(bookings, wanted, FREJA, MAGNUS, INGRID, AKSEL) == {FREJA, MAGNUS, INGRID, AKSEL} - busy
        check_companions(await bookings.stored())

    async def test_one_of_them_may_become_the_employee(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, by_staff=True)
        await bookings.held(wanted, "token")
        turned = wanted.model_copy(update={"employee_id": MAGNUS, "additional_employees": (FREJA,)})
        assert (await bookings.held(turned, "token")).employee_id == MAGNUS
        check_companions(await bookings.stored())


class TestTakingOver:
    @pytest.mark.parametrize("others", [(), (FREJA,), (INGRID, FREJA)])
    async def test_an_overdue_companion_is_its_time_slot(
        self, bookings: BookingFixture, others: tuple[UUID, ...]
    ) -> None:
        wanted = await bookings.team(MAGNUS, INGRID, by_staff=True)
        lapsed = await bookings.held(wanted)
        await bookings.expire(lapsed.id)
        await bookings.held(wanted.model_copy(update={"employee_id": MAGNUS, "additional_employees": others}))
        assert await bookings.slot(lapsed.id) is None
        assert await bookings.events(lapsed.id) == ["booking.reserved", "booking.expired"]
        check_companions(await bookings.stored())

    async def test_what_is_overdue_blocks_no_additional_employee(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, by_staff=True)
        lapsed = await bookings.held(wanted.model_copy(update={"employee_id": MAGNUS, "additional_employees": ()}))
        await bookings.expire(lapsed.id)
        await bookings.held(wanted)
        assert await bookings.events(lapsed.id) == ["booking.reserved", "booking.expired"]

    async def test_by_a_busy_time(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS)
        held = await bookings.held(wanted)
        busy = busy_times.BusyTimeRecord(
            uuid4(), Interval(wanted.start, wanted.end), TimeSlotStatus.TRAVEL_TIME, MAGNUS
        )
        async with bookings.database.transaction() as session:
            with pytest.raises(TimeSlotTaken):
                await busy_times.check_free(session, busy)
        assert await bookings.slot(held.id) is not None
        await bookings.expire(held.id)
        async with bookings.database.transaction() as session:
            await busy_times.check_free(session, busy)
            await busy_times.add(session, busy)
        assert [slot["id"] for slot in (await bookings.stored())["TimeSlotRow"]] == [busy.id]
        assert await bookings.events(held.id) == ["booking.reserved", "booking.expired"]


class TestMoving:
    async def test_nobody_of_the_meeting_is_in_its_own_way(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, INGRID, by_staff=True)
        step = meeting_of(await bookings.booked(wanted), additional_employees=(MAGNUS, INGRID))
        meeting = await bookings.steps.create_meeting(step)
        later = {"start": wanted.start + HALF, "end": wanted.end + HALF, "existing_meeting_id": meeting.id}
        turned = {"employee_id": MAGNUS, "additional_employees": (FREJA, INGRID)}
        held = await bookings.held(wanted.model_copy(update=later | turned))
        stored = await bookings.slot(held.id)
        assert stored is not None
        assert stored["existing_meeting_id"] == meeting.id
        check_companions(await bookings.stored())
        async with bookings.database.transaction() as session:
            row = await time_slots.find(session, held.id, for_update=True)
            assert row is not None
            await set_additional_employees(session, row, [FREJA], by_staff=True)
            await set_additional_employees(session, row, [INGRID, FREJA], by_staff=False)
        check_companions(await bookings.stored())
        other = wanted.model_copy(update={"start": later["start"], "end": later["end"]})
        with pytest.raises(TimeSlotTaken):
            await bookings.held(other)

    async def test_to_one_of_its_people_who_is_no_additional_one_then(self, bookings: BookingFixture) -> None:
        wanted = await bookings.team(MAGNUS, INGRID)
        step = meeting_of(await bookings.booked(wanted), additional_employees=(MAGNUS, INGRID))
        meeting = await bookings.steps.create_meeting(step)
        held = await bookings.held(wanted.model_copy(update={"employee_id": INGRID, "existing_meeting_id": meeting.id}))
        assert (held.employee_id, held.additional_employees) == (INGRID, (MAGNUS,))
        check_companions(await bookings.stored())
