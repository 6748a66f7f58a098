"""The rules that an organisation configures, by example: buffers, opening, notice and caps."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from domain.availability import Rule, SlotSearch, WantedSlot, refusal
from domain.availability.context import build_context, grid
from domain.configuration import (
    Room,
    ServiceGroup,
    Weekday,
)
from domain.errors import NotOffered
from domain.time_slots import BLOCKING, MEETINGS, Interval, TimeSlotStatus
from tests.unit.availability.branch import (
    ALL_MORNING,
    ANN,
    BOB,
    HALF,
    HOTLINE,
    HOUR,
    LOW,
    MOBILE,
    MONDAY,
    PHYSICAL,
    RED,
    Branch,
    at,
    busy,
    employee,
    skills,
    span,
    workday,
)

TUESDAY = date(2025, 6, 3)
FRIDAY, SATURDAY, NEXT_MONDAY = date(2025, 6, 6), date(2025, 6, 7), date(2025, 6, 9)
BUFFERED = {"buffer_between_meetings": HALF}
CAPPED = {"max_meeting_time_per_day": HOUR * 2}


class TestBuffer:
    @pytest.mark.parametrize("status", sorted(TimeSlotStatus))
    def test_is_kept_around_meetings_and_around_nothing_else_that_blocks(self, status: TimeSlotStatus) -> None:
        branch = Branch(busy=[busy(span("10:30", "11:00"), status=status)], organisation=BUFFERED)
        if status in MEETINGS:
            assert branch.starts(duration=HALF) == ["09:00", "09:30", "11:30"]
        elif status in BLOCKING:
            assert branch.starts(duration=HALF) == ["09:00", "09:30", "10:00", "11:00", "11:30"]

    def test_may_be_touched_and_not_entered(self) -> None:
        branch = Branch(busy=[busy(span("08:00", "08:30"))], organisation=BUFFERED)
        assert branch.starts()[0] == "09:00"
        branch.busy = [busy(span("08:00", "08:31"))]
        assert branch.starts()[0] == "09:30"

    def test_is_not_around_expired_holds_nor_the_bookings_own_slots(self) -> None:
        near = busy(span("08:00", "09:00"), held_until=at("06:00"))
        assert Branch(busy=[near], organisation=BUFFERED).starts()[0] == "09:00"
        own = Branch(busy=[near._replace(held_until=None)], organisation=BUFFERED)
        assert own.starts(ignore_slots=frozenset({near.id}))[0] == "09:00"

    def test_leaves_rooms_alone(self) -> None:
        taken = busy(span("08:00", "09:00"), employee_id=BOB, room_id=RED)
        branch = Branch(busy=[taken], rooms=[Room(RED, "north")], room_required=True, organisation=BUFFERED)
        assert branch.starts(meeting_type=PHYSICAL) == ALL_MORNING

    def test_refuses_staff_too_and_is_not_said_of_what_overlaps(self) -> None:
        branch = Branch(busy=[busy(span("10:00", "11:00"))], organisation=BUFFERED)
        for soft_rules in (True, False):
            assert branch.refuses(span("09:00", "10:00"), soft_rules=soft_rules) == Rule.WITHIN_BUFFER
            assert branch.refuses(span("10:30", "11:30"), soft_rules=soft_rules) == "employee"

    def test_tells_until_when_a_hold_is_near(self) -> None:
        held = busy(span("10:00", "11:00"), held_until=at("06:05"))
        conflict = refusal(
            WantedSlot(span("09:00", "10:00"), ANN), Branch(busy=[held], organisation=BUFFERED).situation
        )
        assert isinstance(conflict, NotOffered)
        assert conflict.facts == {
            "rule": "WITHIN_BUFFER",
            "bufferMinutes": 30,
            "heldUntil": "2025-06-02T04:05:00.000Z",
        }


class TestOpening:
    def test_nothing_on_a_closing_day_in_local_time(self) -> None:
        nights = [employee(day=workday("22:00", "00:00")), employee(BOB, workday("00:00", "02:00"))]
        branch = Branch(nights, organisation={"closing_days": frozenset({MONDAY})})
        assert branch.starts() == []
        assert branch.starts(TUESDAY, explicit_employees=(BOB,)) == ["00:00", "00:30", "01:00"]

    def test_a_meeting_that_reaches_into_a_closing_day_is_refused(self) -> None:
        always = [employee(day=workday("00:00", "00:00"))]
        branch = Branch(always, organisation={"closing_days": frozenset({TUESDAY})})
        assert branch.starts()[-1] == "23:00"
        assert branch.refuses(Interval(at("23:30"), at("23:30") + HOUR)) == Rule.CLOSED

    def test_the_meeting_lies_inside_opening_hours(self) -> None:
        branch = Branch(organisation={"opens": time(9, 30), "closes": time(11, 30)})
        assert branch.starts() == ["09:30", "10:00", "10:30"]
        assert branch.refuses(span("09:00", "10:00")) == Rule.OUTSIDE_OPENING_HOURS

    def test_one_bound_is_enough_and_midnight_closes_the_day(self) -> None:
        assert Branch(organisation={"opens": time(10)}).starts()[0] == "10:00"
        assert Branch(organisation={"closes": time(10)}).starts() == ["09:00"]
        always = [employee(day=workday("00:00", "00:00"))]
        assert Branch(always, organisation={"opens": time(22), "closes": time()}).starts()[-1] == "23:00"

    def test_openings_do_not_open_a_closed_organisation(self) -> None:
        extra = busy(span("12:00", "14:00"), status=TimeSlotStatus.EXTRA_OPEN)
        assert Branch(busy=[extra], organisation={"closes": time(13)}).starts()[-1] == "12:00"

    def test_staff_may_go_past_both(self) -> None:
        closed = {"closing_days": frozenset({MONDAY}), "opens": time(11)}
        assert Branch(organisation=closed).refuses(span("09:00", "10:00"), soft_rules=False) is None


class TestNotice:
    """The employee works from 09:00 to 16:00."""

    def earliest(self, now: datetime, notice: timedelta, day: date = MONDAY, **organisation: object) -> str | None:
        settings = {"working_time_buffer": notice, "slot_interval": timedelta(minutes=10), **organisation}
        branch = Branch([employee(day=workday("09:00", "16:00"))], now=now, organisation=settings)
        return next(iter(branch.starts(day, duration=timedelta(minutes=10))), None)

    def test_two_hours_asked_an_hour_before_the_end_is_one_hour_into_the_next_working_day(self) -> None:
        assert self.earliest(at("15:00"), HOUR * 2) is None
        assert self.earliest(at("15:00"), HOUR * 2, TUESDAY) == "10:00"

    def test_asked_with_exactly_the_notice_left_the_next_day_is_free_from_its_beginning(self) -> None:
        assert self.earliest(at("14:00"), HOUR * 2, TUESDAY) == "09:00"
        assert self.earliest(at("13:50"), HOUR * 2) == "15:50"

    def test_is_exact_at_its_edge(self) -> None:
        branch = Branch(now=at("09:00"), organisation={"working_time_buffer": HOUR})
        assert branch.starts()[0] == "10:00"
        branch.now += timedelta(microseconds=1)
        assert branch.starts()[0] == "10:30"

    def test_worked_off_when_work_ends_leaves_an_opening_right_after_it(self) -> None:
        extra = busy(span("12:00", "13:00"), status=TimeSlotStatus.EXTRA_OPEN)
        branch = Branch(busy=[extra], now=at("09:00"), organisation={"working_time_buffer": HOUR * 3})
        assert branch.starts() == ["12:00"]

    def test_counts_no_time_before_work_nor_on_days_off(self) -> None:
        assert self.earliest(at("06:00"), HOUR) == "10:00"
        assert self.earliest(at("20:00"), HOUR, TUESDAY) == "10:00"
        week = {day: (workday("09:00", "16:00"),) for day in Weekday if day < Weekday.SATURDAY}
        branch = Branch([replace(employee(), week=week)], now=at("15:30", FRIDAY))
        branch.organisation = {"working_time_buffer": HOUR}
        assert branch.starts(SATURDAY) == []
        assert branch.starts(NEXT_MONDAY)[0] == "09:30"

    def test_counts_all_spans_of_a_day_and_no_breaks(self) -> None:
        spans = workday("09:00", "11:00"), workday("13:00", "15:00")
        branch = Branch([employee(ANN, *spans)], now=at("08:00"), organisation={"working_time_buffer": HOUR * 3})
        assert branch.starts() == ["14:00"]
        branch.organisation["working_time_buffer"] = HOUR * 5
        assert branch.starts() == []
        assert branch.starts(TUESDAY)[0] == "10:00"

    def test_counts_only_while_the_organisation_is_open(self) -> None:
        assert self.earliest(at("15:00"), HOUR, TUESDAY, closes=time(15, 30)) == "09:30"
        assert self.earliest(at("15:00"), HOUR * 2, TUESDAY, closing_days=frozenset({TUESDAY})) is None
        wednesday = date(2025, 6, 4)
        assert self.earliest(at("15:00"), HOUR * 2, wednesday, closing_days=frozenset({TUESDAY})) == "10:00"

    def test_openings_are_no_working_time_here(self) -> None:
        extra = busy(span("07:00", "09:00"), status=TimeSlotStatus.EXTRA_OPEN)
        branch = Branch(busy=[extra], organisation={"working_time_buffer": HOUR})
        assert branch.starts() == ["10:00", "10:30", "11:00"]

    def test_is_for_customers_only(self) -> None:
        branch = Branch(now=at("09:00"), organisation={"working_time_buffer": HOUR * 8})
        assert branch.starts() == []
        assert branch.starts(customer_initiated=False) == ALL_MORNING
        assert branch.starts(ignore_minimum_time_before_booking=True) == ALL_MORNING
        assert branch.refuses(span("09:00", "10:00")) == Rule.TOO_SOON
        assert branch.refuses(span("09:00", "10:00"), soft_rules=False) is None

    def test_a_skipped_hour_is_not_worked(self) -> None:
        spring = date(2025, 3, 30)
        branch = Branch([employee(day=workday("01:00", "06:00"))], now=at("00:00", spring))
        branch.organisation = {"working_time_buffer": HOUR * 2}
        assert branch.starts(spring)[0] == "04:00"


class TestDailyCap:
    def test_is_reached_and_not_passed(self) -> None:
        branch = Branch(busy=[busy(span("15:00", "16:00"))], organisation=CAPPED)
        assert branch.starts() == ALL_MORNING
        branch.busy = [busy(span("15:00", "16:01"))]
        assert branch.starts() == []
        assert branch.starts(duration=timedelta(minutes=59))[0] == "09:00"

    def test_counts_booked_and_reserved_time_of_that_employee_and_local_day(self) -> None:
        for other in (
            {"status": TimeSlotStatus.BUSY},
            {"employee_id": BOB},
            {"held_until": at("06:00")},
            {"interval": span("15:00", "18:00", TUESDAY)},
        ):
            branch = Branch(busy=[busy(span("15:00", "18:00"))], organisation=CAPPED)
            assert branch.starts() == []
            branch.busy = [branch.busy[0]._replace(**other)]
            assert branch.starts() == ALL_MORNING

    def test_costs_a_search_for_one_employee_nothing_for_the_others(self) -> None:
        situation = Branch([employee(), employee(BOB)], organisation=CAPPED).situation
        search = SlotSearch(Interval(at("00:00"), at("18:00")), HOUR, explicit_employees=(BOB,))
        assert set(build_context(search, situation, grid(search, situation)).over_cap) == {BOB}

    def test_a_meeting_over_midnight_counts_for_each_day_in_its_part(self) -> None:
        always, late = [employee(day=workday("00:00", "00:00"))], span("12:00", "13:15")
        branch = Branch(always, [busy(late)], organisation=CAPPED)
        assert branch.starts() == ["23:30"]
        branch.busy = [busy(span("12:00", "13:45", TUESDAY))]
        assert branch.starts()[-1] == "23:00"

    def test_the_employees_own_else_the_most_generous_groups_else_the_organisations(self) -> None:
        groups = [ServiceGroup(HOTLINE, max_meeting_time_per_day=HOUR), ServiceGroup(MOBILE), ServiceGroup(LOW)]
        groups[1] = replace(groups[1], max_meeting_time_per_day=HALF)
        for own, mine, longest in (
            (HALF * 3, skills(HOTLINE, MOBILE), HALF * 3),
            (timedelta(), skills(HOTLINE, MOBILE), None),
            (None, skills(HOTLINE, MOBILE, LOW), HOUR),
            (None, skills(MOBILE), HALF),
            (None, skills(LOW), HOUR * 2),
            (None, skills(), HOUR * 2),
        ):
            someone = employee(service_groups=mine, max_meeting_time_per_day=own)
            branch = Branch([someone], service_groups=groups, organisation=CAPPED)
            fitting = [each for each in (HALF, HOUR, HALF * 3, HOUR * 2, HALF * 5) if branch.starts(duration=each)]
            assert max(fitting, default=None) == longest

    def test_is_not_for_what_staff_book(self) -> None:
        branch = Branch(organisation={"max_meeting_time_per_day": timedelta()})
        assert branch.starts() == []
        assert branch.starts(customer_initiated=False) == ALL_MORNING
        assert branch.refuses(span("09:00", "10:00")) == Rule.DAILY_CAP_REACHED
        assert branch.refuses(span("09:00", "10:00"), soft_rules=False) is None
