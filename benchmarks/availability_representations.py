"""Two representations of busy time, measured on the same question: which employee can start when.

`bitset` is the engine: a set of starts is an integer, and every rule is one `&`. `sweep` is the other classic: the
sorted busy intervals of each employee are subtracted from the working hours, and the starts that fit into the gaps
are walked. Both read the same stored time slots, answer with the same `OfferedSlot`s, and are compared for equality.
The sweep knows working hours and busy time only, so it is measured with an advantage: the engine applies every rule.
"""

import argparse
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from random import Random
from time import process_time
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.availability import BusyTime, OfferedSlot, Situation, SlotSearch, offered_slots
from domain.availability.board import grid
from domain.availability.local_time import common, hours_of_day, local_days
from domain.configuration import Employee, Location, Organisation, Weekday, WorkingSpan
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus

SIZES = ((50, 14), (500, 30), (2000, 31))
QUICK = ((5, 3),)
BUSY_A_DAY = 5
STATUSES = (TimeSlotStatus.BUSY, TimeSlotStatus.BOOKED)
Answer = list[OfferedSlot]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.availability_representations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="CPU time varies with what else the machine does; the last column less.",
    )
    parser.add_argument("rounds", type=int, nargs="?", default=5, help="how often to answer each question (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one small bank: whether the two still agree")
    asked = parser.parse_args()
    compare(QUICK if asked.quick else SIZES, asked.rounds)


def compare(sizes: tuple[tuple[int, int], ...], rounds: int) -> None:
    print(f"CPU milliseconds, best of {rounds}; one meeting type, {BUSY_A_DAY} busy entries a working day")
    print(f"{'employees':>9} {'days':>4}  {'answer':6} {'slots':>7}  {'bitset':>8} {'sweep':>8}  {'sweep/bitset':>12}")
    for employees, days in sizes:
        search, situation = bank(employees, days)
        for asked, name in ((replace(search, best=True), "best"), (replace(search, best=False), "all")):
            slots, bitset = measured(offered_slots, asked, situation, rounds)
            swept, sweep = measured(sweep_slots, asked, situation, rounds)
            check(slots, swept, best=asked.best)
            print(
                f"{employees:9} {days:4}  {name:6} {len(slots):7}  {bitset:8.1f} {sweep:8.1f}  {sweep / bitset:12.2f}",
                flush=True,
            )


def measured(
    answer: Callable[[SlotSearch, Situation], Answer], search: SlotSearch, situation: Situation, rounds: int
) -> tuple[Answer, float]:
    """The answer, and the least CPU time that it took, in milliseconds."""
    times: list[float] = []
    slots: Answer = []
    for _ in range(rounds):
        slots = []
        started = process_time()
        slots = answer(search, situation)
        times.append(process_time() - started)
    return slots, min(times) * 1000


def check(slots: Answer, swept: Answer, *, best: bool) -> None:
    """Equal; of the best, which ties are drawn differently, that the same starts are served."""
    served = [slot.interval for slot in slots] == [slot.interval for slot in swept]
    same = served if best else slots == swept
    if not same:
        raise SystemExit("The representations disagree.")


def bank(employees: int, days: int) -> tuple[SlotSearch, Situation]:
    random, first = Random(1), date(2025, 6, 2)
    now = datetime.combine(first, time(), ZoneInfo("Europe/Copenhagen")).astimezone(UTC)
    span = WorkingSpan(time(8), time(16), "north", frozenset(MeetingType))
    week = {weekday: (span,) for weekday in Weekday if weekday < Weekday.SATURDAY}
    people = tuple(Employee(UUID(int=random.getrandbits(128)), "north", week=week) for _ in range(employees))
    dates = [first + timedelta(days=number) for number in range(days)]
    situation = Situation(
        organisation=Organisation(ZoneInfo("Europe/Copenhagen")),
        employees=people,
        rooms=(),
        locations={"north": Location("north")},
        busy=tuple(
            busy(random, each.id, day)
            for each in people
            for day in dates
            if day.isoweekday() < Weekday.SATURDAY
            for _ in range(BUSY_A_DAY)
        ),
        now=now,
    )
    window = Interval(now, now + timedelta(days=days))
    return SlotSearch(window, timedelta(hours=1), frozenset({MeetingType.ONLINE})), situation


def busy(random: Random, employee: UUID, day: date) -> BusyTime:
    start = datetime.combine(day, time(6), UTC) + timedelta(minutes=15 * random.randrange(30))
    interval = Interval(start, start + timedelta(minutes=random.choice((15, 30, 60))))
    return BusyTime(UUID(int=random.getrandbits(128)), interval, random.choice(STATUSES), employee, None, None)


def sweep_slots(search: SlotSearch, situation: Situation) -> Answer:
    """The same question answered by sweeping over sorted intervals."""
    starts = grid(search, situation)
    stored: defaultdict[UUID, list[Interval]] = defaultdict(list)
    for each in situation.busy:
        if each.employee_id is not None and (each.held_until is None or each.held_until > situation.now):
            stored[each.employee_id].append(each.interval)
    able: list[list[UUID]] = [[] for _ in starts]
    for employee in sorted(situation.employees, key=lambda each: each.id.int):
        for gap in gaps(working(employee, search, situation), sorted(stored[employee.id], key=lambda each: each.start)):
            for index in fitting(starts, gap, search.duration):
                able[index].append(employee.id)
    if search.best:
        able = fairest(starts, able, situation)
    meetings = [Interval(start, start + search.duration) for start in starts]
    return [OfferedSlot(meetings[index], MeetingType.ONLINE, who) for index, group in enumerate(able) for who in group]


def working(employee: Employee, search: SlotSearch, situation: Situation) -> list[Interval]:
    zone = situation.organisation.time_zone
    week = ((day, employee.week.get(Weekday(day.isoweekday()), ())) for day in local_days(zone, search.window))
    hours = (hours_of_day(zone, day, span.starts, span.ends) for day, spans in week for span in spans)
    return list(chain.from_iterable(hours))


def gaps(working: list[Interval], taken: list[Interval]) -> Iterator[Interval]:
    """What is left of the working hours; both are sorted."""
    place = 0
    for hours in working:
        free_from = hours.start
        while place < len(taken) and taken[place].start < hours.end:
            if taken[place].start > free_from:
                yield Interval(free_from, taken[place].start)
            free_from = max(free_from, taken[place].end)
            place += 1
        if free_from < hours.end:
            yield Interval(free_from, hours.end)


def fitting(starts: tuple[datetime, ...], gap: Interval, duration: timedelta) -> Iterator[int]:
    index, latest = bisect_left(starts, gap.start), gap.end - duration
    while index < len(starts) and starts[index] <= latest:
        yield index
        index += 1


def fairest(starts: tuple[datetime, ...], able: list[list[UUID]], situation: Situation) -> list[list[UUID]]:
    """Of each start the one with the least meeting time that day; ties go to the lowest id."""
    zone, load = situation.organisation.time_zone, meeting_time(situation)
    dates = [start.astimezone(zone).date() for start in starts]
    return [
        [min(group, key=lambda who, day=day: load[who, day])] if group else []  # type: ignore[misc]
        for day, group in zip(dates, able, strict=True)
    ]


def meeting_time(situation: Situation) -> defaultdict[tuple[UUID, date], timedelta]:
    zone = situation.organisation.time_zone
    load: defaultdict[tuple[UUID, date], timedelta] = defaultdict(timedelta)
    for each in situation.busy:
        if each.status is TimeSlotStatus.BOOKED and each.employee_id is not None:
            day = each.interval.start.astimezone(zone).date()
            for part in common(each.interval, hours_of_day(zone, day, time.min, time.min)):
                load[each.employee_id, day] += part.end - part.start
    return load


if __name__ == "__main__":
    main()
