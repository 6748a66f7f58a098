"""The availability rules by example: one small bank branch, one rule at a time."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.availability import (
    Rule,
    WantedSlot,
    choose_employees,
)
from domain.configuration import Employee, Room, Weekday
from domain.meetings import MeetingType
from domain.time_slots import BLOCKING, OPENING, Interval, TimeSlotStatus
from tests.unit.availability.branch import (
    ALL_MORNING,
    ANN,
    BLUE,
    BOB,
    EVE,
    HOLD,
    HOUR,
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
