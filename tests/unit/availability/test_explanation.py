"""The explanation of a time slot: a verdict of each rule."""

from datetime import time

import pytest

from domain.availability import Rule, WantedSlot, choose_employees, explain, refusal
from domain.availability.inputs import BusyTime
from domain.availability.rules import RULES
from domain.configuration import (
    Room,
)
from domain.meetings import MeetingType
from domain.time_slots import Interval
from tests.unit.availability.branch import (
    ANN,
    BOB,
    HALF,
    HOTLINE,
    MONDAY,
    ONLINE,
    RED,
    Branch,
    at,
    busy,
    employee,
    hotline,
    served,
    span,
    workday,
)


class TestExplanation:
    hour = span("09:00", "10:00")

    def test_every_rule_passes_when_nothing_is_refused(self) -> None:
        told = explain(WantedSlot(self.hour, ANN), Branch().situation)
        assert [each.rule for each in told] == list(RULES)
        assert all(each.passed and not each.why for each in told)

    def test_every_rule_has_its_own_verdict(self) -> None:
        branch = Branch(busy=[busy(self.hour)], organisation={"closing_days": frozenset({MONDAY})})
        told = explain(WantedSlot(span("09:10", "10:10"), ANN), branch.situation)
        failed = [each.rule for each in told if not each.passed]
        assert failed == [Rule.OFF_GRID, Rule.CLOSED, Rule.EMPLOYEE_TAKEN]
        assert [each.rule for each in told if each.overridable and not each.passed] == [Rule.CLOSED]

    def test_says_by_what(self) -> None:
        branch = Branch(
            busy=[busy(span("10:00", "11:00"), held_until=at("06:05"))],
            now=at("06:00"),
            organisation={
                "closing_days": frozenset({MONDAY}),
                "opens": time(10),
                "working_time_buffer": HALF,
                "max_meeting_time_per_day": HALF * 3,
                "buffer_between_meetings": HALF,
            },
        )
        for rule, facts in {
            Rule.CLOSED: {"closingDay": "2025-06-02"},
            Rule.OUTSIDE_OPENING_HOURS: {"opens": "10:00:00"},
            Rule.OUTSIDE_WORKING_HOURS: {"worksFrom": "09:00:00", "worksTo": "12:00:00"},
            Rule.NOT_AT_LOCATION: {"location": "north"},
            Rule.TOO_FAR_AHEAD: {"latestStart": "2025-11-29T04:00:00.000Z"},
            Rule.DAILY_CAP_REACHED: {"date": "2025-06-02", "capMinutes": 90, "usedMinutes": 60, "wantedMinutes": 60},
            Rule.WITHIN_BUFFER: {"bufferMinutes": 30, "heldUntil": "2025-06-02T04:05:00.000Z"},
            Rule.EMPLOYEE_TAKEN: {},
        }.items():
            assert branch.explains(self.hour, rule).facts == facts

    def test_says_which_breaks_the_day_has(self) -> None:
        spans = workday("09:00", "10:00"), workday("10:00", "12:00", "south"), workday("13:00", "00:00")
        branch = Branch([employee(ANN, *spans)])
        told = branch.explains(span("12:00", "13:00"), Rule.OUTSIDE_WORKING_HOURS)
        assert not told.passed
        lunch = [{"from": "12:00:00", "to": "13:00:00"}]
        assert told.facts == {"worksFrom": "09:00:00", "worksTo": "00:00:00", "breaks": lunch}

    @pytest.mark.parametrize(("starts", "place"), [("09:00", "north"), ("10:00", "south"), ("12:00", "south")])
    def test_says_where_the_employee_is_in_that_span(self, starts: str, place: str) -> None:
        branch = Branch([employee(ANN, workday("09:30", "10:00"), workday("10:00", "12:00", "south"))])
        wanted = Interval(at(starts), at(starts) + HALF)
        assert branch.explains(wanted, Rule.NOT_AT_LOCATION).facts == {"location": place}

    def test_says_from_when_there_is_notice_enough(self) -> None:
        branch = Branch(now=at("08:00"), organisation={"working_time_buffer": HALF})
        told = branch.explains(span("09:00", "10:00"), Rule.TOO_SOON)
        assert not told.passed
        assert told.facts == {"earliestStart": "2025-06-02T07:30:00.000Z"}
        later = branch.explains(span("10:00", "11:00"), Rule.TOO_SOON)
        assert later.passed
        assert later.facts == {"earliestStart": "2025-06-02T07:30:00.000Z"}

    def test_says_until_when_it_is_held(self) -> None:
        branch = Branch(
            busy=[busy(self.hour, held_until=at("06:05"), room_id=RED)], rooms=[Room(RED, "north")], room_required=True
        )
        held = {"heldUntil": "2025-06-02T04:05:00.000Z"}
        assert branch.explains(self.hour, Rule.EMPLOYEE_TAKEN).facts == held
        assert branch.explains(self.hour, Rule.ROOM_TAKEN, room_id=RED).facts == held

    def test_is_of_the_type_and_capacity_that_come_closest(self) -> None:
        branch = served(hotline())
        told = branch.explains(span("11:30", "12:30"), Rule.OUTSIDE_WORKING_HOURS, meeting_location="south")
        assert not told.passed
        told = branch.explains(self.hour, Rule.NOT_AT_LOCATION, meeting_location="south")
        assert told.passed
        assert told.service_group == hotline()
        assert told.meeting_type in (ONLINE, MeetingType.PHYSICAL)

    @pytest.mark.parametrize(
        ("wanted", "rule"),
        [
            (WantedSlot(span("05:00", "06:00"), ANN), Rule.IN_THE_PAST),
            (WantedSlot(span("10:00", "09:00"), ANN), Rule.IMPOSSIBLE_DURATION),
            (WantedSlot(span("09:00", "10:00"), BOB), Rule.NOT_BOOKABLE),
            (WantedSlot(span("09:00", "10:00"), ANN, RED), Rule.ROOM_NOT_BOOKABLE),
            (WantedSlot(span("09:00", "10:00"), ANN, service_group=HOTLINE), Rule.NOT_SERVED),
        ],
    )
    def test_a_wish_that_cannot_be_computed_has_one_verdict(self, wanted: WantedSlot, rule: Rule) -> None:
        (told,) = explain(wanted, Branch().situation)
        assert (told.rule, told.passed) == (rule, False)
        assert told.why


@pytest.mark.parametrize(
    ("room", "taken", "rule"),
    [
        pytest.param(Room(RED, "north", can_be_booked=False), [], Rule.ROOM_NOT_BOOKABLE, id="not bookable"),
        pytest.param(
            Room(RED, "north"),
            [busy(span("09:00", "10:00"), employee_id=None, room_id=RED)],
            Rule.ROOM_TAKEN,
            id="taken",
        ),
    ],
)
def test_an_online_meeting_in_an_unavailable_room_is_explained_as_it_is_refused(
    room: Room, taken: list[BusyTime], rule: Rule
) -> None:
    branch = Branch(rooms=[room], busy=taken)
    wanted = WantedSlot(span("09:00", "10:00"), ANN, RED, meeting_types=frozenset({ONLINE}))
    refused = refusal(wanted, branch.situation)
    assert refused is not None
    assert [each.rule for each in explain(wanted, branch.situation) if not each.passed] == [rule]


@pytest.mark.parametrize("can_be_booked", [True, False])
def test_nobody_is_chosen_for_an_online_meeting_in_a_room_that_cannot_be_booked(can_be_booked: bool) -> None:
    branch = Branch(rooms=[Room(RED, "north", can_be_booked=can_be_booked)])
    wanted = WantedSlot(span("09:00", "10:00"), room_id=RED, meeting_types=frozenset({ONLINE}))
    assert bool(choose_employees(wanted, branch.situation)) is can_be_booked
