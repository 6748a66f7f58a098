"""A search in packed time finds the same as a search in stored time slots, in every world of the oracle."""

import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from domain.availability import AvailabilityData, BusyTime, counted_days, offered_slots, offered_starts, profiles_of
from domain.availability.slot_index import index_slots
from domain.availability.stored_time import (
    ELSEWHERE,
    MEETINGS,
    SINCE,
    TAKEN,
    Grid,
    IndexedTime,
    OwnedTime,
    Packed,
    build_grid,
    overlapping,
    pack,
)
from domain.time_slots import Interval
from tests.support.effort import repetitions
from tests.unit.availability.worlds import World, worlds

DAY = timedelta(days=1)


def packed(slots: Iterable[BusyTime]) -> Packed:
    return array("q", [pack(instant) for each in slots for instant in (each.interval.start, each.interval.end)])


def indexed(world: World, *, with_grid: bool) -> AvailabilityData:
    data, search = world.situation, world.search
    now = data.now.astimezone(UTC)
    slots = index_slots(data.busy, search.ignore_slots, now)
    employees: defaultdict[object, OwnedTime] = defaultdict(OwnedTime)
    for kind in ("meetings", "busy", "openings", "elsewhere"):
        for who, entries in getattr(slots, kind).items():
            setattr(employees[who], kind, packed(entries))
    rooms = {room: OwnedTime(busy=packed(entries)) for room, entries in slots.rooms.items()}
    organisation = data.organisation
    span = Interval(now - DAY, now + organisation.max_time_from_booking_to_meeting + DAY)
    grid = build_grid(organisation.time_zone, span, organisation.slot_interval) if with_grid else None
    return replace(
        data,
        busy=(),
        stored=IndexedTime(employees, rooms, grid),  # type: ignore[arg-type]
        profiles=profiles_of(data.employees),
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("with_grid", [True, False])
@given(world=worlds())
@settings(max_examples=repetitions(300), deadline=None)
def test_packed_time_gives_the_same_time_slots(world: World, with_grid: bool) -> None:
    other = indexed(world, with_grid=with_grid)
    for best in (True, False):
        search = replace(world.search, best=best)
        assert list(offered_slots(search, other)) == list(offered_slots(search, world.situation))
        # Twice: the second time, the sets of starts are remembered.
        shorter = replace(search, duration=search.duration / 2)
        assert list(offered_slots(shorter, other)) == list(offered_slots(shorter, world.situation))
        assert list(offered_slots(search, other)) == list(offered_slots(search, world.situation))
        assert list(offered_starts(search, other)) == list(offered_starts(search, world.situation))
        assert list(counted_days(search, other)) == list(counted_days(search, world.situation))


def year() -> tuple[Grid, OwnedTime]:
    """Return a long grid, and an employee's time in it."""
    span = Interval(SINCE, SINCE + 400 * DAY)
    grid = build_grid(ZoneInfo("Europe/Copenhagen"), span, timedelta(minutes=5))
    hour = timedelta(hours=1)
    times = (SINCE + DAY * number for number in range(400))
    return grid, OwnedTime(meetings=array("q", [pack(each) for start in times for each in (start, start + hour)]))


def test_the_sets_that_are_remembered_are_bounded() -> None:
    grid, owned = year()
    for duration in range(1, 40):
        for kind in (TAKEN, MEETINGS, ELSEWHERE):
            owned.starts(kind, grid, pack(SINCE + timedelta(minutes=duration)), 0)
    assert sum(sys.getsizeof(each) for each in owned._starts.values()) < 60_000


def test_several_threads_read_the_same_time() -> None:
    """A search in a thread and one on the event loop may share an employee's time, and forget its sets of starts."""
    grid, owned = year()
    befores = [pack(SINCE + timedelta(minutes=each)) for each in range(30, 60)]
    expected = {each: overlapping(grid.instants, owned.of_kind(TAKEN), each, 0) for each in befores}
    former = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            asked = befores * 8
            found = threads.map(lambda each: owned.starts(TAKEN, grid, each, 0) == expected[each], asked)
            assert all(found)
    finally:
        sys.setswitchinterval(former)
