"""A weekday with several working spans: a break between them or none, at one location or two."""

from datetime import date
from typing import Any

import pytest

from domain.availability import Rule
from domain.configuration import Room
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus
from tests.unit.availability.branch import (
    ALL_MORNING,
    ANN,
    BLUE,
    BOB,
    COPENHAGEN,
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


def branch_working(from_: str = "13:00", place: str = "north", **other: object) -> Branch:
    """Ann works from 09:00 to 12:00 in the north, and from `from_` to 15:00 at `place`."""
    both = workday("09:00", "12:00"), workday(from_, "15:00", place, **other)  # type: ignore[arg-type]
    return Branch([employee(ANN, *both)])


@pytest.mark.parametrize("meeting_type", sorted(MeetingType))
def test_nothing_is_offered_across_the_break(meeting_type: MeetingType) -> None:
    assert branch_working().starts(meeting_type=meeting_type) == [*ALL_MORNING, "13:00", "13:30", "14:00"]
    for starts, ends in (("11:30", "12:30"), ("12:00", "13:00"), ("12:30", "13:30"), ("09:00", "15:00")):
        wanted = frozenset({meeting_type})
        assert branch_working().refuses(span(starts, ends), meeting_types=wanted) == Rule.OUTSIDE_WORKING_HOURS
    assert branch_working().refuses(span("11:00", "12:00")) is None
    assert branch_working().refuses(span("13:00", "14:00")) is None


def test_staff_may_go_past_the_break() -> None:
    assert branch_working().refuses(span("12:00", "13:00"), soft_rules=False) is None


@pytest.mark.parametrize("meeting_type", sorted(MeetingType))
def test_spans_that_touch_at_one_location_are_as_one(meeting_type: MeetingType) -> None:
    whole = Branch([employee(day=workday("09:00", "15:00"))])
    assert branch_working("12:00").starts(meeting_type=meeting_type) == whole.starts(meeting_type=meeting_type)
    assert "11:30" in branch_working("12:00").starts(meeting_type=meeting_type, meeting_location="north")


def test_a_physical_meeting_stays_at_the_location_of_its_span() -> None:
    branch = branch_working("12:00", "south")
    assert branch.starts(meeting_type=PHYSICAL) == [*ALL_MORNING, "12:00", "12:30", "13:00", "13:30", "14:00"]
    assert "11:30" in branch.starts(meeting_type=ONLINE)
    for meeting_type in (PHYSICAL, ONLINE):
        asked: dict[str, Any] = {"meeting_type": meeting_type}
        assert branch.starts(meeting_location="north", **asked) == ALL_MORNING
        assert branch.starts(meeting_location="south", **asked) == ["12:00", "12:30", "13:00", "13:30", "14:00"]
    in_person = frozenset({PHYSICAL})
    assert branch.refuses(span("11:30", "12:30"), meeting_types=in_person) == Rule.NOT_AT_LOCATION


def test_the_room_is_at_the_location_of_the_span() -> None:
    branch = branch_working(place="south")
    branch.rooms = [Room(RED, "north"), Room(BLUE, "south")]
    named = [slot.room_id for slot in branch.offers(meeting_types=frozenset({PHYSICAL}))]
    assert named == [RED] * 5 + [BLUE] * 3
    assert branch.refuses(span("13:00", "14:00"), RED) == Rule.NOT_AT_LOCATION
    assert branch.refuses(span("13:00", "14:00"), BLUE) is None


def test_a_party_meets_where_all_are_in_that_span() -> None:
    branch = branch_working(place="south")
    branch.employees.append(employee(BOB, workday("09:00", "15:00", "south")))
    together: dict[str, Any] = {"explicit_employees": (ANN, BOB), "require_all": True}
    assert branch.starts(meeting_type=PHYSICAL, **together) == ["13:00", "13:30", "14:00"]
    assert branch.starts(meeting_type=ONLINE, **together) == [*ALL_MORNING, "13:00", "13:30", "14:00"]


def test_meeting_types_are_those_of_the_span() -> None:
    branch = branch_working("12:00", types=[ONLINE])
    assert branch.starts(meeting_type=PHYSICAL) == ALL_MORNING
    assert branch.starts(meeting_type=ONLINE)[-1] == "14:00"
    in_person = frozenset({PHYSICAL})
    assert branch.refuses(span("13:00", "14:00"), meeting_types=in_person) == Rule.MEETING_TYPE_NOT_OFFERED


@pytest.mark.parametrize(
    ("opening", "place"),
    [
        (span("08:00", "09:00"), "north"),
        (span("12:00", "13:00"), "north"),
        (span("15:00", "16:00"), "south"),
    ],
)
def test_an_opening_is_where_the_span_before_it_was(opening: Interval, place: str) -> None:
    branch = branch_working(place="south")
    branch.busy = [busy(opening, status=TimeSlotStatus.EXTRA_OPEN)]
    start = f"{opening.start.astimezone(COPENHAGEN):%H:%M}"
    found = {each: start in branch.starts(meeting_location=each) for each in ("north", "south")}
    assert found == {each: each == place for each in ("north", "south")}


def test_an_opening_in_the_break_makes_the_day_whole() -> None:
    branch = branch_working()
    branch.busy = [busy(span("12:00", "13:00"), status=TimeSlotStatus.EXTRA_OPEN)]
    assert branch.starts() == Branch([employee(day=workday("09:00", "15:00"))]).starts()
    assert "11:30" in branch.starts(meeting_location="north")


def test_a_break_may_be_where_the_clocks_change() -> None:
    autumn = date(2025, 10, 26)
    branch = Branch([employee(ANN, workday("00:00", "02:00"), workday("03:00", "05:00"))], now=at("00:00", autumn))
    assert branch.starts(autumn) == ["00:00", "00:30", "01:00", "03:00", "03:30", "04:00"]
