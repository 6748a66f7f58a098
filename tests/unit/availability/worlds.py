"""Worlds for the availability oracle, made by Hypothesis: configurations, stored time slots, and a search."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, permutations
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.availability import AvailabilityData, BusyTime, SlotSearch
from domain.configuration import (
    Capacity,
    CompetenceGroup,
    Employee,
    Location,
    Organisation,
    PriorityLevel,
    Room,
    ServiceGroup,
    Weekday,
    WorkingSpan,
)
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus

TICK = timedelta(minutes=5)
"""Everything generated here, and every zone's offset, is a multiple of this."""

CHANGES_OF_CLOCKS = [
    ("Europe/Copenhagen", date(2025, 3, 30)),
    ("Europe/Copenhagen", date(2025, 10, 26)),
    ("America/New_York", date(2025, 3, 9)),
    ("America/New_York", date(2025, 11, 2)),
    ("Australia/Lord_Howe", date(2025, 4, 6)),
    ("Australia/Lord_Howe", date(2025, 10, 5)),
    ("America/Havana", date(2025, 3, 9)),
    ("America/Havana", date(2025, 11, 2)),
    ("America/Nuuk", date(2025, 3, 30)),
    ("America/Nuuk", date(2025, 10, 26)),
    ("Asia/Kathmandu", date(2025, 5, 5)),
]
EMPLOYEES = [UUID(int=number) for number in (1, 2, 3)]
ROOMS = [UUID(int=number) for number in (11, 12, 13)]
PLACES = ["north", "south"]
SKILLS = [UUID(int=number) for number in (21, 22)]
COMPETENCES = [UUID(int=number) for number in (31, 32, 33, 34)]
SERVICES = [UUID(int=number) for number in (41, 42)]
HOURS = [(0, 90), (30, 75), (60, 120), (90, 180), (120, 0), (465, 960), (720, 1425), (1320, 120)]
"""Working spans in minutes since midnight; most begin or end where clocks change, and one runs over midnight."""
CUTS = [0, 60, 90, 120, 150, 180, 240, 300, 390, 420, 480, 540, 600, 720, 960, 1440]
"""Where the spans of a day with several of them begin and end."""
LOCAL, EXPLICIT, SERVICE = (PriorityLevel(each) for each in (Capacity.LOCAL, Capacity.EXPLICIT, Capacity.SERVICE_GROUP))
FIRST_LINE = PriorityLevel(Capacity.SERVICE_GROUP, "first line")
LEVELS: list[tuple[PriorityLevel, ...]] = [(FIRST_LINE, EXPLICIT, LOCAL), (SERVICE, LOCAL), (LOCAL,), ()]


@dataclass(frozen=True)
class World:
    situation: AvailabilityData
    search: SlotSearch


def seldom(usual: object, *others: object, weight: int = 12) -> st.SearchStrategy[Any]:
    """Mostly the usual: a world in which everything is special offers nothing, and then proves nothing."""
    return st.sampled_from([usual] * (weight + len(others)) + list(others))


def minutes(usual: int | None, *others: int) -> st.SearchStrategy[Any]:
    return seldom(usual, *others, weight=4).map(lambda number: None if number is None else timedelta(minutes=number))


def some(*among: object) -> st.SearchStrategy[frozenset[Any]]:
    """Mostly none of these, else one."""
    return seldom(frozenset(), *(frozenset({each}) for each in among), weight=3)


def instants(around: datetime, before: int, after: int) -> st.SearchStrategy[datetime]:
    """Within so many hours, half of them on the quarter."""
    quarters = st.integers(-before * 4, after * 4).map(lambda number: around + TICK * 3 * number)
    return quarters | st.integers(-before * 12, after * 12).map(lambda number: around + TICK * number)


@st.composite
def days(draw: st.DrawFn) -> tuple[WorkingSpan, ...]:
    """The spans of one weekday: one of the usual, or several, which touch or have breaks between them."""
    if draw(st.booleans()):
        return (draw(spans(draw(seldom((0, 0), *HOURS)))),)
    cuts = sorted(draw(st.lists(st.sampled_from(CUTS), min_size=3, max_size=6, unique=True)))
    return tuple(draw(spans(hours)) for hours in pairwise(cuts) if draw(seldom(True, False, weight=3)))


@st.composite
def spans(draw: st.DrawFn, hours: tuple[int, int]) -> WorkingSpan:
    starts, ends = hours
    return WorkingSpan(
        starts=time(*divmod(starts, 60)),
        ends=time(*divmod(ends % (24 * 60), 60)),
        location=draw(seldom(*PLACES)),
        meeting_types=draw(seldom(frozenset(MeetingType), *(frozenset({each}) for each in MeetingType))),
    )


@st.composite
def employees(draw: st.DrawFn, identity: UUID) -> Employee:
    odd, even = draw(days()), draw(seldom(draw(days()), ()))
    week = {weekday: day for weekday in Weekday if (day := even if weekday % 2 else odd)}
    return Employee(
        id=identity,
        location=draw(st.sampled_from([None, *PLACES])),
        can_be_booked=draw(seldom(True, False)),
        is_only_explicitly_available=draw(seldom(False, True)),
        week=week,
        topics=draw(some(*SKILLS)),
        customer_types=draw(some(*SKILLS)),
        competence_groups=draw(some(*COMPETENCES)) | draw(some(*COMPETENCES)),
        service_groups=draw(some(*SERVICES)) | draw(some(*SERVICES)),
        max_meeting_time_per_day=draw(minutes(None, 60, 105)),
    )


@st.composite
def busy_times(draw: st.DrawFn, number: int, noon: datetime, now: datetime) -> BusyTime:
    start = draw(instants(noon, 18, 24))
    held = draw(seldom(None, -TICK, timedelta(), TICK))
    return BusyTime(
        id=UUID(int=100 + number),
        interval=Interval(start, start + TICK * draw(st.sampled_from([1, 3, 6, 12, 20, 60]))),
        status=draw(
            st.sampled_from(TimeSlotStatus) | st.sampled_from([TimeSlotStatus.BOOKED, TimeSlotStatus.RESERVED])
        ),
        employee_id=draw(st.sampled_from([None, *EMPLOYEES])),
        room_id=draw(st.sampled_from([None, None, *ROOMS])),
        held_until=None if held is None else now + held,
    )


@st.composite
def organisations(draw: st.DrawFn, zone: str, day: date) -> Organisation:
    days = [day + timedelta(days=number) for number in (-1, 0, 1)]
    return Organisation(
        ZoneInfo(zone),
        slot_interval=timedelta(minutes=draw(seldom(30, 15, 45, 60))),
        max_time_from_booking_to_meeting=draw(seldom(timedelta(days=31), timedelta(hours=26))),
        buffer_between_meetings=draw(minutes(0, 5, 15, 60)),
        closing_days=draw(seldom(frozenset(), *(frozenset({each}) for each in days), weight=3)),
        opens=draw(seldom(None, time(0, 30), time(2), time(3, 15), weight=4)),
        closes=draw(seldom(None, time(), time(2, 30), time(15, 45), time(23), weight=4)),
        working_time_buffer=draw(minutes(0, 5, 60, 150, 1440)),
        max_meeting_time_per_day=draw(minutes(None, 60, 120, 240)),
        priority_levels=draw(seldom((EXPLICIT, LOCAL, SERVICE), *LEVELS, weight=2)),
    )


@st.composite
def competence_groups(draw: st.DrawFn) -> tuple[CompetenceGroup, ...]:
    """A chain of three, and one beside it."""
    parents = [None, COMPETENCES[0], COMPETENCES[1], None]
    return tuple(
        CompetenceGroup(identity, parent, draw(some(*SKILLS)), draw(some(*SKILLS)))
        for identity, parent in zip(COMPETENCES, parents, strict=True)
    )


@st.composite
def service_groups(draw: st.DrawFn, identity: UUID) -> ServiceGroup:
    return ServiceGroup(
        id=identity,
        label=draw(st.sampled_from([None, "first line", "second line"])),
        topics=draw(some(*SKILLS)),
        customer_types=draw(some(*SKILLS)),
        customer_locations=draw(some(*PLACES)),
        locations=draw(st.sampled_from([frozenset(PLACES), frozenset(PLACES[:1]), frozenset(PLACES[1:]), frozenset()])),
        meeting_types=draw(seldom(frozenset(MeetingType), frozenset({MeetingType.PHYSICAL}), frozenset(), weight=3)),
        max_meeting_time_per_day=draw(minutes(None, 60, 180)),
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[AvailabilityData, datetime]:
    zone, day = draw(st.sampled_from(CHANGES_OF_CLOCKS))
    noon = datetime.combine(day, time(6), ZoneInfo(zone)).astimezone(UTC)
    now = draw(seldom(noon - timedelta(hours=24), noon - timedelta(hours=5), noon + TICK))
    return AvailabilityData(
        organisation=draw(organisations(zone, day)),
        employees=tuple(draw(employees(each)) for each in EMPLOYEES[: draw(seldom(3, 1))]),
        rooms=tuple(Room(each, draw(seldom(*PLACES)), draw(seldom(True, False))) for each in ROOMS),
        locations={
            place: Location(place, require_room=draw(st.booleans())) for place in draw(seldom(PLACES, PLACES[1:]))
        },
        busy=tuple(draw(busy_times(number, noon, now)) for number in range(draw(st.sampled_from([8, 6, 4, 2, 0])))),
        now=now,
        competence_groups=draw(competence_groups()),
        service_groups=tuple(draw(service_groups(each)) for each in SERVICES),
    ), noon


@st.composite
def worlds(draw: st.DrawFn) -> World:
    situation, noon = draw(situations())
    opens = draw(instants(noon, 8, 2))
    search = SlotSearch(
        window=Interval(opens, opens + TICK * draw(st.sampled_from([60, 100, 200]))),
        duration=TICK * draw(st.sampled_from([12, 6, 3, 9, 18, 36])),
        meeting_types=draw(seldom(frozenset(), *(frozenset({each}) for each in MeetingType))),
        topic=draw(seldom(None, *SKILLS, weight=1)),
        customer_type=draw(seldom(None, *SKILLS, weight=1)),
        meeting_location=draw(seldom(None, *PLACES, weight=1)),
        customer_location=draw(seldom(None, *PLACES, weight=1)),
        explicit_employees=tuple(
            draw(st.sampled_from([[], [], *map(list, permutations(EMPLOYEES, 2)), EMPLOYEES[2:]]))
        ),
        require_all=draw(st.booleans()),
        require_room=draw(seldom(False, True)),
        specific_rooms=tuple(draw(seldom([], ROOMS[:1], ROOMS[2:0:-1]))),
        ignore_slots=draw(seldom(frozenset(), frozenset({UUID(int=100), UUID(int=101)}))),
        best=False,
        customer_initiated=draw(seldom(True, False, weight=3)),
        ignore_minimum_time_before_booking=draw(seldom(False, True)),
        service_group=draw(seldom(None, *SERVICES)),
    )
    return World(situation, search)


def quarters(world: World) -> Iterator[datetime]:
    """Every quarter of an hour in the window, most of them on the grid."""
    moment = world.search.window.start.replace(minute=0)
    while moment < world.search.window.end:
        if moment >= world.search.window.start:
            yield moment
        moment += TICK * 3


def shuffled(situation: AvailabilityData, random: Random) -> AvailabilityData:
    return replace(
        situation,
        employees=tuple(random.sample(situation.employees, len(situation.employees))),
        rooms=tuple(random.sample(situation.rooms, len(situation.rooms))),
        busy=tuple(random.sample(situation.busy, len(situation.busy))),
        competence_groups=tuple(random.sample(situation.competence_groups, len(situation.competence_groups))),
        service_groups=tuple(random.sample(situation.service_groups, len(situation.service_groups))),
    )
