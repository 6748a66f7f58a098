"""The refusal of a wanted time slot: the rule, its words, and what staff may override."""

from datetime import date, datetime, timedelta
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
from domain.configuration import Room
from domain.errors import NotOffered, Reason, TimeSlotTaken
from domain.time_slots import Interval, TimeSlotStatus
from tests.unit.availability.branch import (
    ANN,
    BLUE,
    BOB,
    EVE,
    HOUR,
    ONLINE,
    PHYSICAL,
    RED,
    Branch,
    at,
    busy,
    employee,
    span,
    workday,
)


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
