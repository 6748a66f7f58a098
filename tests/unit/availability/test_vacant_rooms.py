"""Which rooms are free at a time, and that reservations say the same."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.availability import BusyTime, vacant_rooms
from domain.configuration import Room
from domain.time_slots import BLOCKING, Interval, TimeSlotStatus
from tests.unit.availability.branch import BLUE, EVE, HALF, HOLD, RED, Branch, at, busy, span

SOUTH, CLOSED = UUID(int=13), UUID(int=14)
ROOMS = [
    Room(RED, "north", can_be_booked=True),
    Room(BLUE, "north", can_be_booked=True),
    Room(SOUTH, "south", can_be_booked=True),
    Room(CLOSED, "north", can_be_booked=False),
]
TEN = span("10:00", "11:00")


def branch(*there: BusyTime) -> Branch:
    return Branch(rooms=list(ROOMS), busy=list(there))


def vacant(
    *there: BusyTime, interval: Interval = TEN, location: str = "north", ignore: set[UUID] | None = None
) -> set[UUID]:
    found = vacant_rooms(branch(*there).situation, location, interval, frozenset(ignore or ()))
    return {room.id for room in found}


def in_red(interval: Interval = TEN, **other: object) -> BusyTime:
    return busy(interval, employee_id=EVE, room_id=RED, **other)


def test_are_the_bookable_ones_at_the_location() -> None:
    assert vacant() == {RED, BLUE}
    assert vacant(location="south") == {SOUTH}
    assert vacant(location="nowhere") == set()


@pytest.mark.parametrize("status", TimeSlotStatus)
def test_are_those_in_which_nothing_blocks(status: TimeSlotStatus) -> None:
    assert vacant(in_red(status=status)) == ({BLUE} if status in BLOCKING else {RED, BLUE})


@pytest.mark.parametrize(
    ("starts", "ends", "is_free"),
    [
        ("09:00", "10:00", True),
        ("11:00", "12:00", True),
        ("09:30", "10:30", False),
        ("10:15", "10:45", False),
        ("10:30", "11:30", False),
        ("09:00", "12:00", False),
    ],
)
def test_are_free_throughout(starts: str, ends: str, *, is_free: bool) -> None:
    assert vacant(in_red(span(starts, ends))) == ({RED, BLUE} if is_free else {BLUE})


def test_an_expired_hold_takes_none() -> None:
    assert vacant(in_red(held_until=at("05:00"))) == {RED, BLUE}
    assert vacant(in_red(held_until=at("07:00"))) == {BLUE}


def test_what_is_its_own_is_not_in_the_way() -> None:
    assert vacant(in_red(), ignore={HOLD}) == {RED, BLUE}


def test_also_for_a_year() -> None:
    year = Interval(TEN.start, TEN.start + timedelta(days=366))
    assert vacant(in_red(span("10:30", "11:00")), interval=year) == {BLUE}


times = st.integers(0, 5).map(lambda n: at("09:00") + n * HALF)
intervals = st.tuples(times, st.integers(1, 4)).map(lambda pair: Interval(pair[0], pair[0] + pair[1] * HALF))
blocked = st.builds(
    lambda interval, room, status: busy(interval, employee_id=EVE, room_id=room, status=status),
    intervals,
    st.sampled_from([RED, BLUE, SOUTH, CLOSED]),
    st.sampled_from(TimeSlotStatus),
)


@settings(deadline=None, max_examples=100)
@given(there=st.lists(blocked, max_size=4))
def test_a_reservation_of_one_is_never_refused_for_the_room_and_of_another_always(there: list[BusyTime]) -> None:
    world, free = branch(*there), vacant(*there)
    for room in (RED, BLUE):
        assert (world.refuses(TEN, room) == "room") == (room not in free)
