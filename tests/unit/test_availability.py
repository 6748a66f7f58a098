"""The availability rules by example: one small bank branch, one rule at a time."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.availability import (
    Rule,
    WantedSlot,
    choose_employees,
    refusal,
)
from domain.availability.facts import WHY
from domain.availability.rules import RULES, SOFT
from domain.configuration import Employee, Room, Weekday
from domain.errors import NotOffered, Reason, TimeSlotTaken
from domain.local_time import grid_of_day, hours_of_day
from domain.meetings import MeetingType
from domain.time_slots import BLOCKING, OPENING, Interval, TimeSlotStatus
from tests.unit.availability_branch import (
    ALL_MORNING,
    ANN,
    BLUE,
    BOB,
    COPENHAGEN,
    EVE,
    HALF,
    HOLD,
    HOUR,
    NEW_YORK,
    OFFSITE,
    ONLINE,
    PHYSICAL,
    RED,
    TELEPHONE,
    Branch,
    at,
    busy,
    employee,
    span,
    workday,
)


class TestGrid:
    def test_starts_every_half_hour_and_the_whole_meeting_fits(self) -> None:
        assert Branch().starts() == ALL_MORNING
        assert Branch().starts(duration=timedelta(hours=3)) == ["09:00"]
        assert Branch().starts(duration=timedelta(minutes=181)) == []

    def test_counts_from_midnight_and_not_from_when_work_starts(self) -> None:
        branch = Branch(
            [employee(day=workday("09:10", "12:00"))], organisation={"slot_interval": timedelta(minutes=45)}
        )
        assert branch.starts() == ["09:45", "10:30"]

    def test_is_local_where_the_offset_is_no_whole_hour(self) -> None:
        branch = Branch(zone=ZoneInfo("Asia/Kathmandu"), now=at("00:00") - HOUR * 12)
        assert branch.starts() == ALL_MORNING
        assert branch.offers()[0].interval.start.minute == 15

    def test_window_holds_starts_only(self) -> None:
        assert Branch().starts(window=span("09:30", "10:30")) == ["09:30", "10:00"]
        assert Branch().starts(window=span("10:30", "10:30")) == []
        assert Branch().starts(window=span("10:30", "09:30")) == []

    @pytest.mark.parametrize("minutes", [0, -60, 60 * 24 * 32])
    def test_offers_nothing_of_an_impossible_duration(self, minutes: int) -> None:
        assert Branch().starts(duration=timedelta(minutes=minutes)) == []


class TestChangesOfClocks:
    def test_a_gap_hour_offers_nothing(self) -> None:
        spring = date(2025, 3, 30)
        branch = Branch([employee(day=workday("00:00", "05:00"))], now=at("00:00", spring))
        assert branch.starts(spring, duration=HALF) == [
            "00:00",
            "00:30",
            "01:00",
            "01:30",
            "03:00",
            "03:30",
            "04:00",
            "04:30",
        ]
        assert branch.offers(spring)[-1].interval.end == datetime(2025, 3, 30, 3, tzinfo=UTC)

    def test_work_within_the_gap_is_no_work(self) -> None:
        spring = date(2025, 3, 30)
        branch = Branch([employee(day=workday("02:00", "03:00"))], now=at("00:00", spring))
        assert branch.starts(spring, duration=HALF) == []

    def test_a_fold_hour_is_offered_once_per_instant(self) -> None:
        autumn = date(2025, 11, 2)
        branch = Branch([employee(day=workday("01:00", "02:00"))], zone=NEW_YORK, now=at("00:00", autumn))
        assert branch.starts(autumn, duration=HALF) == ["01:00", "01:30", "01:00", "01:30"]
        starts = [slot.interval.start for slot in branch.offers(autumn, meeting_types=frozenset({ONLINE}))]
        assert starts == [datetime(2025, 11, 2, 5, tzinfo=UTC) + HALF * number for number in range(3)]

    def test_work_that_ends_in_the_fold_is_worked_in_both_hours(self) -> None:
        autumn = date(2025, 11, 2)
        branch = Branch([employee(day=workday("00:00", "01:30"))], zone=NEW_YORK, now=at("00:00", autumn))
        assert branch.starts(autumn) == ["00:00", "00:30"]
        assert branch.starts(autumn, duration=HALF) == ["00:00", "00:30", "01:00", "01:00"]

    def test_a_change_of_half_an_hour(self) -> None:
        zone, spring = ZoneInfo("Australia/Lord_Howe"), date(2025, 10, 5)
        branch = Branch([employee(day=workday("01:00", "04:00"))], zone=zone, now=at("00:00", spring, zone))
        assert branch.starts(spring, duration=HALF) == ["01:00", "01:30", "02:30", "03:00", "03:30"]

    def test_a_day_of_25_hours_has_each_of_them_once(self) -> None:
        assert len(grid_of_day(COPENHAGEN, date(2025, 10, 26), HOUR)) == 25
        assert len(grid_of_day(COPENHAGEN, date(2025, 3, 30), HOUR)) == 23

    def test_a_clock_set_back_over_midnight_visits_a_day_twice(self) -> None:
        zone, day = ZoneInfo("America/St_Johns"), date(2010, 11, 6)
        parts = hours_of_day(zone, day, time.min, time.min)
        assert [(part.end - part.start) for part in parts] == [timedelta(hours=24), timedelta(minutes=59)]
        branch = Branch([employee(day=workday("22:00", "00:00"))], zone=zone, now=at("00:00", day, zone))
        window = Interval(at("12:00", day, zone), at("12:00", day, zone) + HOUR * 18)
        assert branch.starts(window=window, duration=HALF) == ["22:00", "22:30", "23:00", "23:30", "23:30"]

        midnight = at("00:00", day + timedelta(days=1), zone)
        branch.employees = [employee(day=workday("00:00", "00:00"))]
        assert branch.starts(window=Interval(midnight, midnight + HOUR), duration=HALF) == ["00:00", "23:30"]

    def test_instants_may_be_written_in_the_zone_of_the_fold(self) -> None:
        first = datetime(2025, 11, 2, 1, 30, tzinfo=NEW_YORK)
        hour = Interval(first, first.replace(fold=1))
        branch = Branch([employee(day=workday("00:00", "04:00"))], zone=NEW_YORK, now=first - timedelta(days=1))
        assert branch.starts(window=hour) == ["01:30", "01:00"]
        assert branch.refuses(hour) is None
        branch.busy = [busy(hour)]
        assert branch.starts(window=hour) == []
        assert branch.refuses(hour) == "employee"

    def test_a_day_that_the_zone_skipped_has_no_hours(self) -> None:
        assert hours_of_day(ZoneInfo("Pacific/Apia"), date(2011, 12, 30), time.min, time.min) == ()


class TestWhen:
    def test_not_in_the_past_and_now_is_not_the_past(self) -> None:
        assert Branch(now=at("10:00")).starts() == ["10:00", "10:30", "11:00"]
        assert Branch(now=at("10:00") + timedelta(microseconds=1)).starts() == ["10:30", "11:00"]

    def test_within_the_look_forward_time(self) -> None:
        branch = Branch(organisation={"max_time_from_booking_to_meeting": HOUR * 4})
        assert branch.starts() == ["09:00", "09:30", "10:00"]

    def test_a_window_of_a_thousand_years_is_cut_to_the_look_forward_time(self) -> None:
        ages = Interval(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        assert (
            len(Branch(organisation={"max_time_from_booking_to_meeting": timedelta(days=7)}).starts(window=ages))
            == 7 * 5
        )


class TestWorking:
    def test_only_on_workdays(self) -> None:
        assert Branch([replace(employee(), week={Weekday.TUESDAY: (workday(),)})]).starts() == []

    def test_meeting_types_are_those_of_the_day(self) -> None:
        branch = Branch([employee(day=workday(types=[PHYSICAL]))])
        assert {slot.meeting_type for slot in branch.offers()} == {PHYSICAL}
        assert branch.starts(meeting_type=ONLINE) == []

    def test_midnight_ends_the_day(self) -> None:
        assert Branch([employee(day=workday("22:00", "00:00"))]).starts() == ["22:00", "22:30", "23:00"]

    def test_hours_over_midnight_are_no_workday(self) -> None:
        assert Branch([employee(day=workday("22:00", "02:00"))]).starts() == []

    def test_goes_on_past_midnight_at_one_place_only(self) -> None:
        late, early = workday("22:00", "00:00"), workday("00:00", "02:00", place="south")
        branch = Branch([replace(employee(), week={Weekday.MONDAY: (late,), Weekday.TUESDAY: (early,)})])
        assert branch.starts() == ["22:00", "22:30", "23:00", "23:30"]
        assert branch.starts(meeting_type=PHYSICAL) == ["22:00", "22:30", "23:00"]
        assert branch.starts(meeting_location="north") == ["22:00", "22:30", "23:00"]
        late, early = (replace(each, meeting_types=frozenset({PHYSICAL})) for each in (late, early))
        branch.employees = [replace(employee(), week={Weekday.MONDAY: (late,), Weekday.TUESDAY: (early,)})]
        assert branch.refuses(Interval(at("23:30"), at("23:30") + HOUR)) == Rule.NOT_AT_LOCATION

    @pytest.mark.parametrize("status", sorted(OPENING))
    def test_openings_add_online_and_telephone_time(self, status: TimeSlotStatus) -> None:
        branch = Branch(busy=[busy(span("12:00", "13:00"), status=status)])
        for meeting_type in (ONLINE, TELEPHONE):
            assert branch.starts(meeting_type=meeting_type) == [*ALL_MORNING, "11:30", "12:00"]
        for meeting_type in (PHYSICAL, OFFSITE):
            assert branch.starts(meeting_type=meeting_type) == ALL_MORNING

    def test_an_opening_on_a_day_off_is_at_the_employees_own_location(self) -> None:
        off = Employee(ANN, location="south")
        branch = Branch([off], [busy(span("12:00", "13:00"), status=TimeSlotStatus.EXTRA_OPEN)])
        assert branch.starts() == ["12:00"]
        assert branch.starts(meeting_location="south") == ["12:00"]
        assert branch.starts(meeting_location="north") == []

    def test_working_from_elsewhere_removes_physical_meetings(self) -> None:
        branch = Branch(busy=[busy(span("10:00", "10:30"), status=TimeSlotStatus.WORKING_FROM_ELSEWHERE)])
        assert branch.starts(meeting_type=PHYSICAL) == ["09:00", "10:30", "11:00"]
        assert branch.starts(meeting_type=ONLINE) == ALL_MORNING
        assert branch.starts(meeting_type=OFFSITE) == ALL_MORNING


class TestWho:
    def test_skills_and_none_is_open_to_any(self) -> None:
        loans, savings = UUID(int=51), UUID(int=52)
        branch = Branch([employee(topics=frozenset({loans})), employee(BOB, customer_types=frozenset({savings}))])
        assert {slot.employee_id for slot in branch.offers(topic=loans)} == {ANN, BOB}
        assert {slot.employee_id for slot in branch.offers(topic=savings)} == {BOB}
        assert {slot.employee_id for slot in branch.offers(customer_type=loans)} == {ANN}
        assert {slot.employee_id for slot in branch.offers(topic=loans, customer_type=savings)} == {ANN, BOB}

    def test_bookable(self) -> None:
        assert Branch([employee(can_be_booked=False)]).offers(explicit_employees=(ANN,)) == []
        hidden = Branch([employee(is_only_explicitly_available=True)])
        assert hidden.starts() == []
        assert hidden.starts(explicit_employees=(ANN,)) == ALL_MORNING

    def test_any_one_of_those_named(self) -> None:
        branch = Branch([employee(), employee(BOB), employee(EVE)])
        assert {slot.employee_id for slot in branch.offers(explicit_employees=(BOB, EVE, EVE))} == {BOB, EVE}
        assert branch.offers(explicit_employees=(UUID(int=9),)) == []

    def test_all_of_those_named(self) -> None:
        branch = Branch([employee(), employee(BOB, workday("10:00", "13:00"))], [busy(span("11:30", "12:00"))])
        slots = branch.offers(explicit_employees=(BOB, ANN, BOB), require_all=True, meeting_types=frozenset({ONLINE}))
        assert [slot.interval for slot in slots] == [span("10:00", "11:00"), span("10:30", "11:30")]
        assert {(slot.employee_id, slot.further_employee_ids) for slot in slots} == {(BOB, (ANN,))}
        assert branch.offers(explicit_employees=(BOB, UUID(int=9)), require_all=True) == []
        assert branch.starts(require_all=True) == sorted(
            [*ALL_MORNING[:4], "10:00", "10:30", "11:00", "11:30", "12:00"]
        )

    def test_all_of_those_named_meet_at_one_place(self) -> None:
        branch = Branch([employee(), employee(BOB, workday(place="south"))])
        together: dict[str, Any] = {"explicit_employees": (ANN, BOB), "require_all": True}
        assert branch.starts(meeting_type=PHYSICAL, **together) == []
        assert branch.starts(meeting_type=ONLINE, **together) == ALL_MORNING

    def test_at_the_meeting_location_else_the_customers(self) -> None:
        branch = Branch([employee(), employee(BOB, workday(place="south"))])
        for meeting_type in (PHYSICAL, ONLINE):
            asked = frozenset({meeting_type})
            found = branch.offers(meeting_types=asked, meeting_location="south", customer_location="north")
            assert {slot.employee_id for slot in found} == {BOB}
            found = branch.offers(meeting_types=asked, customer_location="north")
            assert {slot.employee_id for slot in found} == {ANN}


class TestFree:
    @pytest.mark.parametrize("status", sorted(BLOCKING))
    def test_touching_is_free_and_overlapping_is_not(self, status: TimeSlotStatus) -> None:
        assert Branch(busy=[busy(span("10:00", "10:30"), status=status)]).starts() == ["09:00", "10:30", "11:00"]
        assert Branch(busy=[busy(span("10:00", "10:31"), status=status)]).starts() == ["09:00", "11:00"]
        assert Branch(busy=[busy(span("09:59", "10:30"), status=status)]).starts() == ["10:30", "11:00"]

    def test_another_employees_time_does_not_count(self) -> None:
        assert Branch(busy=[busy(span("09:00", "12:00"), employee_id=BOB)]).starts() == ALL_MORNING

    @pytest.mark.parametrize("status", [TimeSlotStatus.RESERVED, TimeSlotStatus.BOOKED])
    def test_an_expired_hold_blocks_nobody(self, status: TimeSlotStatus) -> None:
        for late, starts in ((timedelta(), ALL_MORNING), (timedelta(microseconds=1), [])):
            branch = Branch(busy=[busy(span("09:00", "12:00"), status=status, held_until=at("06:00") + late)])
            assert branch.starts() == starts
            assert (branch.refuses(span("09:00", "10:00")) is None) == bool(starts)

    def test_ignored_slots_are_left_out(self) -> None:
        branch = Branch(busy=[busy(span("09:00", "12:00"))])
        assert branch.starts(ignore_slots=frozenset({HOLD})) == ALL_MORNING
        assert branch.refuses(span("09:00", "10:00"), ignore_slots=frozenset({HOLD})) is None
        assert branch.refuses(span("09:00", "10:00"), ignore_slots=frozenset({UUID(int=41)})) == "employee"


class TestRooms:
    rooms = (Room(BLUE, "north"), Room(RED, "north"), Room(UUID(int=10), "south"))

    def named(self, branch: Branch, meeting_type: MeetingType = PHYSICAL, **search: object) -> set[UUID | None]:
        asked: dict[str, Any] = {"meeting_types": frozenset({meeting_type}), **search}
        return {slot.room_id for slot in branch.offers(**asked)}

    def test_a_free_one_is_named_where_it_is_optional(self) -> None:
        assert self.named(Branch(rooms=list(self.rooms))) == {RED}
        assert self.named(Branch()) == {None}
        taken = [busy(span("00:00", "23:00"), employee_id=None, room_id=room) for room in (RED, BLUE)]
        assert self.named(Branch(rooms=list(self.rooms), busy=taken)) == {None}

    @pytest.mark.parametrize("meeting_type", [ONLINE, TELEPHONE, OFFSITE])
    def test_only_physical_meetings_have_one(self, meeting_type: MeetingType) -> None:
        branch = Branch(rooms=list(self.rooms), room_required=True)
        assert self.named(branch, meeting_type, require_room=True) == {None}

    @pytest.mark.parametrize("by_request", [True, False])
    def test_required_means_free_for_the_whole_meeting(self, by_request: bool) -> None:
        taken = [busy(span("10:00", "10:30"), employee_id=None, room_id=room) for room in (RED, BLUE)]
        branch = Branch(rooms=list(self.rooms), busy=taken[:1], room_required=not by_request)
        asked: dict[str, Any] = {"require_room": by_request, "meeting_types": frozenset({PHYSICAL})}
        assert [slot.room_id for slot in branch.offers(**asked)] == [RED, BLUE, BLUE, RED, RED]
        branch.busy = taken
        assert [slot.room_id for slot in branch.offers(**asked)] == [RED, RED, RED]
        branch.rooms = []
        assert branch.offers(**asked) == []

    @pytest.mark.parametrize("status", sorted(TimeSlotStatus))
    def test_is_taken_by_what_blocks_alone(self, status: TimeSlotStatus) -> None:
        taken = busy(span("00:00", "23:00"), employee_id=None, room_id=RED, status=status)
        assert self.named(Branch(rooms=[Room(RED, "north")], busy=[taken])) == {None if status in BLOCKING else RED}

    def test_one_that_cannot_be_booked_is_none(self) -> None:
        closed = Branch(rooms=[Room(RED, "north", can_be_booked=False)], room_required=True)
        assert closed.starts(meeting_type=PHYSICAL) == []
        assert closed.refuses(span("09:00", "10:00"), RED) == Rule.ROOM_NOT_BOOKABLE

    def test_of_the_specific_ones_the_first_that_is_free_there(self) -> None:
        branch = Branch(rooms=list(self.rooms))
        assert self.named(branch, specific_rooms=(BLUE, RED)) == {BLUE}
        assert self.named(branch, specific_rooms=(UUID(int=10),)) == set()


class TestBest:
    def test_one_for_each_start_and_type(self) -> None:
        branch = Branch([employee(), employee(BOB)])
        assert len(branch.offers(best=True)) == len(branch.offers(best=False)) / 2 == 5 * 4

    def test_the_fairest_on_that_local_day(self) -> None:
        other = date(2025, 6, 3)
        branch = Branch(
            [employee(), employee(BOB)],
            [
                busy(span("17:00", "18:30"), status=TimeSlotStatus.BOOKED),
                busy(span("17:00", "18:00"), employee_id=BOB),
                busy(span("17:00", "23:00"), employee_id=BOB, status=TimeSlotStatus.BUSY),
                busy(span("17:00", "18:00", other), employee_id=BOB),
            ],
        )
        assert {slot.employee_id for slot in branch.offers(best=True)} == {BOB}
        assert {slot.employee_id for slot in branch.offers(other, best=True)} == {ANN}

    def test_the_day_before_does_not_count(self) -> None:
        branch = Branch([employee(), employee(BOB)], [busy(span("20:00", "23:00"))])
        assert {slot.employee_id for slot in branch.offers(date(2025, 6, 3), best=True)} == {ANN, BOB}

    def test_a_meeting_over_midnight_counts_for_each_day_in_its_part(self) -> None:
        night = Interval(at("23:00"), at("02:00", date(2025, 6, 3)))
        evening = [
            busy(span("20:00", "21:30"), employee_id=BOB),
            busy(span("09:00", "12:00", date(2025, 6, 3)), employee_id=BOB),
        ]
        branch = Branch([employee(), employee(BOB)], [busy(night), *evening])
        assert {slot.employee_id for slot in branch.offers(best=True)} == {ANN}

    def test_ties_are_drawn_evenly(self) -> None:
        people = [employee(UUID(int=number << 64), workday("00:00", "00:00")) for number in range(1, 6)]
        branch = Branch(people, organisation={"slot_interval": timedelta(minutes=5)})
        slots = branch.offers(best=True, meeting_types=frozenset({ONLINE}))
        counts = Counter(slot.employee_id for slot in slots)
        assert len(slots) > 200
        assert min(counts.values()) > len(slots) / 5 / 2

    def test_a_draw_is_the_same_for_ever(self) -> None:
        branch = Branch([employee(), employee(BOB), employee(EVE)])
        drawn = [slot.employee_id.int for slot in branch.offers(best=True, meeting_types=frozenset({ONLINE}))]
        assert drawn == [1, 2, 3, 1, 3]

    def test_it_is_whom_a_reservation_without_an_employee_gets(self) -> None:
        branch = Branch([employee(), employee(BOB), employee(EVE)], [busy(span("15:00", "16:00"), employee_id=EVE)])
        for slot in branch.offers(best=True):
            chosen = choose_employees(WantedSlot(slot.interval), branch.situation)
            assert chosen[0] == slot.employee_id
            assert chosen[-1] == EVE
            assert len(chosen) == 3


class TestRefusal:
    def test_nothing_is_refused_that_is_offered(self) -> None:
        assert Branch().refuses(span("09:00", "10:00")) is None
        assert Branch().refuses(span("09:00", "12:00")) is None

    @pytest.mark.parametrize(
        ("interval", "rule"),
        [
            (span("05:30", "06:30"), Rule.IN_THE_PAST),
            (span("09:00", "10:00", date(2025, 12, 24)), Rule.TOO_FAR_AHEAD),
            (span("09:00", "09:00"), Rule.IMPOSSIBLE_DURATION),
            (span("10:00", "09:00"), Rule.IMPOSSIBLE_DURATION),
            (Interval(at("09:00"), at("09:00") + timedelta(days=32)), Rule.IMPOSSIBLE_DURATION),
            (span("09:15", "10:15"), Rule.OFF_GRID),
            (span("08:30", "09:30"), Rule.OUTSIDE_WORKING_HOURS),
            (span("11:30", "12:30"), Rule.OUTSIDE_WORKING_HOURS),
        ],
    )
    def test_names_the_rule(self, interval: Interval, rule: Rule) -> None:
        assert Branch().refuses(interval) == rule

    def test_of_people(self) -> None:
        interval = span("09:00", "10:00")
        assert Branch([employee(can_be_booked=False)]).refuses(interval) == Rule.NOT_BOOKABLE
        assert Branch([]).refuses(interval) == Rule.NOT_BOOKABLE
        assert Branch([employee(is_only_explicitly_available=True)]).refuses(interval) is None

    def test_of_rooms(self) -> None:
        interval, rooms = span("09:00", "10:00"), [Room(RED, "north"), Room(BLUE, "south")]
        assert Branch(rooms=rooms).refuses(interval, RED) is None
        assert Branch(rooms=rooms).refuses(interval, BLUE) == Rule.NOT_AT_LOCATION
        assert Branch(rooms=rooms).refuses(interval, UUID(int=9)) == Rule.ROOM_NOT_BOOKABLE
        assert (
            Branch([employee(day=workday(types=[ONLINE]))], rooms=rooms).refuses(interval, RED)
            == Rule.MEETING_TYPE_NOT_OFFERED
        )
        elsewhere = busy(interval, status=TimeSlotStatus.WORKING_FROM_ELSEWHERE)
        assert Branch(busy=[elsewhere], rooms=rooms).refuses(interval, RED) == Rule.WORKING_FROM_ELSEWHERE
        assert (
            Branch(busy=[busy(interval, employee_id=None, room_id=RED)], rooms=rooms).refuses(interval, RED) == "room"
        )

    def test_of_a_physical_meeting_without_the_room_that_it_needs(self) -> None:
        in_person = [employee(day=workday(types=[PHYSICAL]))]
        rooms = [Room(RED, "north")]
        branch = Branch(in_person, rooms=rooms, room_required=True)
        assert branch.refuses(span("09:00", "10:00")) == Rule.ROOM_REQUIRED
        assert branch.refuses(span("09:00", "10:00"), RED) is None
        assert Branch(in_person, rooms=rooms).refuses(span("09:00", "10:00")) is None
        assert Branch(rooms=rooms, room_required=True).refuses(span("09:00", "10:00")) is None

    def test_says_until_when_it_is_held_when_it_ends_by_itself(self) -> None:
        first, second = at("06:05"), at("06:10")
        holds = [busy(span("09:00", "09:30"), held_until=second), busy(span("09:30", "10:00"), held_until=first)]
        wanted = WantedSlot(span("09:00", "10:00"), ANN)
        conflict = refusal(wanted, Branch(busy=holds).situation)
        assert isinstance(conflict, TimeSlotTaken)
        assert conflict.facts == {"blockedBy": "employee", "heldUntil": "2025-06-02T04:10:00.000Z"}
        for_good = Branch(busy=[*holds, busy(span("09:45", "10:00"), status=TimeSlotStatus.BUSY)])
        conflict = refusal(wanted, for_good.situation)
        assert conflict is not None
        assert conflict.facts == {"blockedBy": "employee"}

    def test_holds_of_others_and_at_other_times_do_not_tell_until_when(self) -> None:
        held = busy(span("09:00", "10:00"), held_until=at("06:05"))
        others = [busy(span("09:00", "10:00"), employee_id=BOB), busy(span("10:00", "11:00"))]
        conflict = refusal(WantedSlot(span("09:00", "10:00"), ANN), Branch(busy=[held, *others]).situation)
        assert conflict is not None
        assert conflict.facts["heldUntil"] == "2025-06-02T04:05:00.000Z"

    def test_is_a_sentence_that_people_understand(self) -> None:
        conflict = refusal(WantedSlot(span("08:00", "09:00"), ANN), Branch().situation)
        assert isinstance(conflict, NotOffered)
        assert conflict.reason is Reason.NOT_OFFERED
        assert conflict.message == "This time slot is not offered: the employee does not work throughout that time."

    def test_every_rule_has_its_words(self) -> None:
        assert set(WHY) == set(Rule)
        assert set(RULES) == set(Rule) - {Rule.IMPOSSIBLE_DURATION, Rule.ROOM_NOT_BOOKABLE}

    @pytest.mark.parametrize("offset", [-14, 0, 14])
    def test_of_instants_at_the_edges_of_the_calendar(self, offset: int) -> None:
        zone = ZoneInfo("UTC") if not offset else ZoneInfo(f"Etc/GMT{offset:+d}" if offset < 0 else "Etc/GMT+12")
        first, last = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)
        for soft_rules in (True, False):
            branch = Branch(now=at("06:00"))
            assert branch.refuses(Interval(first, first + HOUR), soft_rules=soft_rules) == Rule.IN_THE_PAST
            assert branch.refuses(Interval(last - HOUR, last), soft_rules=soft_rules) == Rule.TOO_FAR_AHEAD
            assert branch.refuses(Interval(at("09:00"), last), soft_rules=soft_rules) == Rule.TOO_FAR_AHEAD


class TestStaff:
    def test_may_go_past_the_week_and_the_look_forward_time(self) -> None:
        rooms = [Room(RED, "north"), Room(BLUE, "south")]
        branch = Branch(rooms=rooms, room_required=True)
        assert branch.refuses(span("20:00", "21:00"), soft_rules=False) is None
        assert branch.refuses(span("20:00", "21:00"), BLUE, soft_rules=False) is None
        assert branch.refuses(span("20:00", "21:00", date(2026, 6, 2)), RED, soft_rules=False) is None

    def test_never_past_what_is_taken_nor_into_the_past(self) -> None:
        rooms = [Room(RED, "north")]
        taken = [busy(span("20:00", "20:30")), busy(span("21:00", "21:30"), employee_id=None, room_id=RED)]
        branch = Branch(busy=taken, rooms=rooms)
        assert branch.refuses(span("20:00", "21:00"), soft_rules=False) == "employee"
        assert branch.refuses(span("21:00", "22:00"), RED, soft_rules=False) == "room"
        assert branch.refuses(span("05:30", "06:30"), soft_rules=False) == Rule.IN_THE_PAST
        assert branch.refuses(span("20:15", "21:15"), soft_rules=False) == Rule.OFF_GRID
        assert (
            Branch([employee(can_be_booked=False)]).refuses(span("20:00", "21:00"), soft_rules=False)
            == Rule.NOT_BOOKABLE
        )

    def test_gets_only_those_who_are_free(self) -> None:
        branch = Branch([employee(), employee(BOB), employee(EVE, can_be_booked=False)], [busy(span("20:00", "21:00"))])
        assert choose_employees(WantedSlot(span("20:00", "21:00"), soft_rules=False), branch.situation) == [BOB]
        assert choose_employees(WantedSlot(span("20:00", "21:00")), branch.situation) == []
        assert choose_employees(WantedSlot(span("05:00", "05:30"), soft_rules=False), branch.situation) == []

    def test_soft_rules_leave_alone_what_protects_others(self) -> None:
        assert not SOFT & {Rule.IN_THE_PAST, Rule.NOT_BOOKABLE, Rule.EMPLOYEE_TAKEN, Rule.ROOM_TAKEN}
