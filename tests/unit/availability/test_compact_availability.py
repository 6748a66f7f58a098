"""Compact answers have exactly the time slots of the full search, in any world."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.resources.compact_search import compacted
from domain.availability import AvailabilityData, SlotSearch, counted_days, offered_slots, offered_starts, ranges
from domain.configuration import Room, Weekday
from domain.meetings import MeetingType
from domain.time_slots import Interval
from tests.unit.availability.branch import ANN, HALF, HOUR, MONDAY, ONLINE, Branch, at, busy, employee, workday
from tests.unit.availability.oracle import Offer
from tests.unit.availability.test_availability_oracle import examples
from tests.unit.availability.worlds import World, worlds

pytestmark = pytest.mark.timeout(3600)


def as_id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def expanded(search: SlotSearch, data: AvailabilityData) -> Iterator[Offer]:
    """Every time slot of the compact answer, as a client expands it."""
    answer = json.loads(compacted(search, data).model_dump_json(by_alias=True, exclude_none=True))
    hours, minutes, _ = map(int, answer["slotInterval"].split(":"))
    for day in answer["days"]:
        for offer in day["offers"]:
            meetings = [
                (MeetingType(each["meetingType"]), as_id(each.get("roomId")), as_id(each.get("serviceGroup")))
                for each in offer["meetings"]
            ]
            for place, starts in offer["starts"].items():
                who = (UUID(answer["employees"][int(place)]),)
                for number in (each for first, last in starts for each in range(first, last + 1)):
                    step = number * timedelta(hours=hours, minutes=minutes)
                    start = datetime.fromisoformat(day["firstStart"]) + step
                    assert str(start.astimezone(data.organisation.time_zone).date()) == day["date"]
                    yield from (Offer(start, meeting_type, who, room, group) for meeting_type, room, group in meetings)


def full(search: SlotSearch, data: AvailabilityData) -> list[Offer]:
    return [
        Offer(each.interval.start, each.meeting_type, (each.employee_id,), each.room_id, each.service_group_id)
        for each in offered_slots(search, data)
    ]


@examples(150)
@given(worlds(), st.booleans())
def test_the_ranges_are_the_full_answer(world: World, best: bool) -> None:
    search = replace(world.search, best=best)
    assert Counter(expanded(search, world.situation)) == Counter(full(search, world.situation))


@examples(60)
@given(worlds())
def test_the_counts_are_those_of_the_full_answer(world: World) -> None:
    zone = world.situation.organisation.time_zone
    starts: defaultdict[date, set[tuple[MeetingType, object]]] = defaultdict(set)
    for each in full(world.search, world.situation):
        starts[each.start.astimezone(zone).date()].add((each.meeting_type, each.start))
    days = list(counted_days(world.search, world.situation))
    assert [each.on for each in days] == sorted({each.on for each in days})
    for day in days:
        offered = starts.pop(day.on, set())
        assert Counter(dict(day.of_type)) == Counter(meeting_type for meeting_type, _ in offered)
        assert day.total == len({start for _, start in offered})
    assert not starts


@given(st.sets(st.integers(0, 200)))
@example({0})
@example(set(range(64)))
def test_ranges(numbers: set[int]) -> None:
    found = list(ranges(sum(1 << number for number in numbers)))
    assert {number for first, last in found for number in range(first, last + 1)} == numbers
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(found))


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)], ids=["forward", "back"])
@pytest.mark.parametrize("minutes", [30, 45, 90, 120])
def test_a_day_is_cut_where_the_clocks_change_between_its_starts(day: date, minutes: int) -> None:
    """Two hours of local time are one or three hours on such a day."""
    step = timedelta(minutes=minutes)
    branch = Branch(
        employees=[employee(ANN, workday("00:00", "00:00"))],
        now=at("06:00", day - timedelta(days=3)),
        organisation={"slot_interval": step},
    )
    window = Interval(at("00:00", day - timedelta(days=1)), at("00:00", day + timedelta(days=2)))
    search = SlotSearch(window=window, duration=HALF, meeting_types=frozenset({ONLINE}), best=False)
    wanted = full(search, branch.situation)
    assert list(expanded(search, branch.situation)) == wanted
    parts = Counter(part.on for part in offered_starts(search, branch.situation))
    assert sum(parts.values()) == (3 if minutes == 30 else 4)


def test_an_employee_at_two_places_on_one_day() -> None:
    """Without rooms, both places look the same in the answer."""
    branch = Branch(employees=[employee(ANN, workday("09:00", "12:00"), workday("13:00", "16:00", "south"))])
    window = Interval(at("00:00"), at("23:00"))
    search = SlotSearch(window=window, duration=HALF, best=False)
    wanted = full(search, branch.situation)
    assert {each.start for each in wanted} >= {at("09:00"), at("15:30")}
    assert Counter(expanded(search, branch.situation)) == Counter(wanted)


def some_id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128))


def month_of_fifty(random: Random, duration: timedelta) -> tuple[SlotSearch, AvailabilityData]:
    """Fifty employees at two places with rooms, each with five of the sixteen half hours of a day taken at random."""
    places = ("north", "south")
    weeks = [dict.fromkeys(list(Weekday)[:5], (workday("08:00", "16:00", place),)) for place in places]
    people = [employee(UUID(int=number), week=weeks[number % 2]) for number in range(1, 51)]
    mornings = [at("08:00", MONDAY + timedelta(days=number)) for number in range(31)]
    taken = [
        busy(Interval(morning + HALF * half, morning + HALF * (half + 1)), id=some_id(random), employee_id=who.id)
        for who in people
        for morning in mornings
        for half in random.sample(range(16), 5)
    ]
    rooms = [Room(some_id(random), places[number % 2]) for number in range(20)]
    window = Interval(at("00:00"), at("00:00") + timedelta(days=31))
    situation = Branch(employees=people, busy=taken, rooms=rooms).situation
    return SlotSearch(window=window, duration=duration, best=False), situation


@pytest.mark.parametrize(("duration", "kilobytes", "compressed"), [(HOUR, 50, 9), (HALF, 60, 11)])
def test_a_month_of_fifty_employees_is_small(duration: timedelta, kilobytes: int, compressed: int) -> None:
    """Every free start of everybody, in calendars that are cut as finely as they can be."""
    search, data = month_of_fifty(Random(5), duration)
    answer = compacted(search, data).model_dump_json(by_alias=True, exclude_none=True).encode()
    assert len(answer) < kilobytes * 1_000
    assert len(gzip.compress(answer, 6)) < compressed * 1_000
    best = compacted(replace(search, best=True), data).model_dump_json(by_alias=True, exclude_none=True)
    assert len(best) < 20_000
