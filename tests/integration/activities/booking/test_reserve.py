"""Which time slots can be held, by whom, and what becomes of the holds that were there before."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.availability import Rule
from domain.errors import (
    NotFound,
    NotOffered,
    TimeSlotTaken,
)
from domain.messages.booking import ReleaseCause, ReleaseTimeSlot, WantedTimeSlot
from domain.time_slots import TimeSlotStatus
from services.booking.reservations import BookingLimits
from tests.integration.activities.booking_fixture import (
    AKSEL,
    CLOSED_ROOM,
    DAY,
    FREJA,
    HOUR,
    KASTELLET,
    MAGNUS,
    NYHAVN,
    BookingFixture,
)

HALF = timedelta(minutes=30)


async def test_a_hold_lives_as_long_as_the_terms_say(bookings: BookingFixture, terms: BookingLimits) -> None:
    wanted = await bookings.wanted(service_group="mortgage")
    slot = await bookings.held(wanted)
    assert (slot.start, slot.end, slot.employee_id) == (wanted.start, wanted.end, wanted.employee_id)
    assert (slot.status, slot.version, slot.service_group) == (TimeSlotStatus.RESERVED, 1, "mortgage")
    assert slot.kept_until is not None
    assert slot.kept_for is not None
    assert abs(slot.kept_until - slot.date_created - terms.reservation_ttl) < timedelta(seconds=1)
    assert timedelta(seconds=5) > terms.reservation_ttl - slot.kept_for >= timedelta(0)
    assert await bookings.events(slot.id) == ["booking.reserved"]


class TestTaken:
    async def refused(self, bookings: BookingFixture, wanted: WantedTimeSlot) -> TimeSlotTaken:
        before = await bookings.stored()
        with pytest.raises(TimeSlotTaken) as refused:
            await bookings.held(wanted)
        assert await bookings.stored() == before
        return refused.value

    async def test_by_a_hold(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        held = await bookings.held(wanted)
        assert held.kept_until is not None
        refused = await self.refused(bookings, wanted)
        assert refused.facts["blockedBy"] == "employee"
        told = datetime.fromisoformat(str(refused.facts["heldUntil"]))
        assert abs(told - held.kept_until) < timedelta(milliseconds=1)

    async def test_by_a_hold_that_overlaps_by_half(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        await bookings.held(wanted)
        await self.refused(bookings, wanted.model_copy(update={"start": wanted.start + HALF, "end": wanted.end + HALF}))

    async def test_not_by_a_hold_that_it_touches(self, bookings: BookingFixture) -> None:
        first = await bookings.wanted()
        later = first.model_copy(update={"start": first.end, "end": first.end + HOUR})
        await bookings.held(first)
        await bookings.held(later)

    async def test_by_a_booked_one(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        await bookings.booked(wanted)
        await self.refused(bookings, wanted)

    async def test_by_a_meeting_for_good(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        await bookings.met(wanted)
        assert "heldUntil" not in (await self.refused(bookings, wanted)).facts

    @pytest.mark.parametrize("status", [TimeSlotStatus.BUSY, TimeSlotStatus.TRAVEL_TIME])
    async def test_by_what_the_calendar_says(self, bookings: BookingFixture, status: TimeSlotStatus) -> None:
        wanted = await bookings.wanted()
        await bookings.busy(wanted, status)
        assert "heldUntil" not in (await self.refused(bookings, wanted)).facts

    async def test_with_the_next_free_time_slots(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        await bookings.held(wanted)
        following = (await self.refused(bookings, wanted)).facts["nextTimeSlots"]
        assert isinstance(following, list)
        assert 1 <= len(following) <= 3
        for slot in following:
            start, end = (datetime.fromisoformat(slot[name]) for name in ("startDate", "endDate"))
            assert start >= wanted.end
            await bookings.held(WantedTimeSlot(start=start, end=end, employee_id=FREJA), token="one-after-the-other")


class TestTakingOver:
    async def test_an_overdue_hold_blocks_nobody_and_its_end_is_told_once(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        lapsed = await bookings.held(wanted)
        await bookings.expire(lapsed.id)
        taken_over = await bookings.held(wanted)
        assert await bookings.slot(lapsed.id) is None
        await bookings.steps.release_time_slot(ReleaseTimeSlot(time_slot_id=lapsed.id, cause=ReleaseCause.EXPIRED))
        assert await bookings.events(lapsed.id) == ["booking.reserved", "booking.expired"]
        assert await bookings.slot(taken_over.id) is not None

    async def test_an_overdue_booked_one_too(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        lapsed = await bookings.booked(wanted)
        await bookings.expire(lapsed.id)
        await bookings.held(wanted)
        assert await bookings.events(lapsed.id) == ["booking.reserved", "booking.booked", "booking.expired"]

    async def test_a_refused_one_leaves_it_as_it_is(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        half = {"start": wanted.start + HALF, "end": wanted.end + HALF}
        first = await bookings.held(wanted)
        later = {"start": wanted.end + HALF, "end": wanted.end + HALF + HOUR}
        await bookings.expire(first.id)
        await bookings.busy(wanted.model_copy(update={"start": wanted.end, "end": later["start"]}))
        before = await bookings.stored()
        with pytest.raises(TimeSlotTaken):
            await bookings.held(wanted.model_copy(update=half))
        assert await bookings.stored() == before

    async def test_only_what_is_in_the_way(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        others = [
            await bookings.held(await bookings.wanted(1)),
            await bookings.held(wanted.model_copy(update={"employee_id": MAGNUS, "by_staff": True})),
        ]
        await bookings.expire(*(other.id for other in others))
        await bookings.held(wanted)
        assert [await bookings.events(other.id) for other in others] == [["booking.reserved"]] * 2


class TestNotOffered:
    async def rule(self, bookings: BookingFixture, wanted: WantedTimeSlot) -> object:
        before = await bookings.stored()
        with pytest.raises(NotOffered) as refused:
            await bookings.held(wanted)
        assert await bookings.stored() == before
        return refused.value.facts["rule"]

    @pytest.mark.parametrize("employee", [FREJA, None])
    @pytest.mark.parametrize(
        ("moved", "rule"),
        [
            (-DAY * 30, Rule.IN_THE_PAST),
            (DAY * 200, Rule.TOO_FAR_AHEAD),
            (timedelta(minutes=5), Rule.OFF_GRID),
        ],
    )
    async def test_and_says_why(self, bookings: BookingFixture, employee: object, moved: timedelta, rule: Rule) -> None:
        wanted = await bookings.wanted(employee_id=employee)
        other = wanted.model_copy(update={"start": wanted.start + moved, "end": wanted.end + moved})
        assert await self.rule(bookings, other) == rule

    async def test_outside_working_hours(self, bookings: BookingFixture) -> None:
        assert await self.rule(bookings, at_night(await bookings.wanted())) == Rule.OUTSIDE_WORKING_HOURS

    async def test_in_a_room_that_cannot_be_booked(self, bookings: BookingFixture) -> None:
        assert await self.rule(bookings, await bookings.wanted(room_id=CLOSED_ROOM)) == Rule.ROOM_NOT_BOOKABLE

    async def test_that_ends_before_it_starts(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted()
        backwards = wanted.model_copy(update={"start": wanted.end, "end": wanted.start})
        assert await self.rule(bookings, backwards) == Rule.IMPOSSIBLE_DURATION

    @pytest.mark.parametrize("year", [1, 9999])
    @pytest.mark.parametrize("employee", [FREJA, None])
    async def test_at_the_edges_of_the_calendar(self, bookings: BookingFixture, year: int, employee: object) -> None:
        start = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, tzinfo=UTC)
        wanted = WantedTimeSlot(start=start, end=start + HOUR, employee_id=employee)
        assert await self.rule(bookings, wanted) in (Rule.IN_THE_PAST, Rule.TOO_FAR_AHEAD)


class TestStaff:
    async def test_may_go_past_the_week_and_how_far_ahead(self, bookings: BookingFixture) -> None:
        night = at_night(await bookings.wanted(by_staff=True))
        far = night.model_copy(update={"start": night.start + DAY * 300, "end": night.end + DAY * 300})
        await bookings.held(night)
        await bookings.held(far)
        assert (await bookings.held(night.model_copy(update={"employee_id": None}))).employee_id != FREJA

    async def test_never_past_what_is_taken(self, bookings: BookingFixture) -> None:
        night = at_night(await bookings.wanted(by_staff=True))
        await bookings.held(night)
        with pytest.raises(TimeSlotTaken):
            await bookings.held(night)

    async def test_never_past_the_past(self, bookings: BookingFixture) -> None:
        wanted = await bookings.wanted(by_staff=True)
        with pytest.raises(NotOffered):
            await bookings.held(
                wanted.model_copy(update={"start": wanted.start - DAY * 30, "end": wanted.end - DAY * 30})
            )


class TestRooms:
    async def test_one_that_is_taken(self, bookings: BookingFixture) -> None:
        wanted = await bookings.physical(NYHAVN, FREJA)
        await bookings.held(wanted)
        for_another = wanted.model_copy(update={"employee_id": AKSEL})
        with pytest.raises(TimeSlotTaken) as refused:
            await bookings.held(for_another.model_copy(update={"by_staff": True}))
        assert refused.value.facts["blockedBy"] == "room"
        elsewhere = {"room_id": KASTELLET, "by_staff": True}
        assert (await bookings.held(for_another.model_copy(update=elsewhere))).room_id == KASTELLET

    async def test_an_overdue_hold_of_the_room_is_taken_over(self, bookings: BookingFixture) -> None:
        wanted = await bookings.physical(NYHAVN, FREJA)
        lapsed = await bookings.held(wanted)
        await bookings.expire(lapsed.id)
        await bookings.held(wanted.model_copy(update={"employee_id": AKSEL, "by_staff": True}))
        assert await bookings.events(lapsed.id) == ["booking.reserved", "booking.expired"]


class TestUnknownNames:
    @pytest.mark.parametrize(
        ("other", "kind"),
        [({"employee_id": uuid4()}, "employee"), ({"room_id": uuid4()}, "room")],
    )
    async def test_are_told(self, bookings: BookingFixture, other: dict[str, object], kind: str) -> None:
        with pytest.raises(NotFound) as refused:
            await bookings.held((await bookings.wanted()).model_copy(update=other))
        assert refused.value.facts == {"kind": kind, "id": str(next(iter(other.values())))}

    async def test_a_meeting_that_does_not_exist(self, bookings: BookingFixture) -> None:
        with pytest.raises(NotFound, match="The meeting"):
            await bookings.held(await bookings.wanted(existing_meeting_id=uuid4()))


def at_night(wanted: WantedTimeSlot) -> WantedTimeSlot:
    """The same day at three in the morning, UTC: on the grid, and nobody works."""
    start = wanted.start.replace(hour=3, minute=0)
    return wanted.model_copy(update={"start": start, "end": start + HOUR})
