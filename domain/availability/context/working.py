"""Working times and locations of an employee: the shifts of the week, and the stored openings in addition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from functools import reduce
from itertools import chain, pairwise
from operator import or_
from typing import Final

from domain.availability.context.board import NEVER, SearchContext, Shifts
from domain.availability.context.local_time import common, hours_of_day
from domain.availability.context.timeline import Starts
from domain.configuration import Employee, ServiceGroup, Weekday, WorkingSpan
from domain.meetings import MeetingType
from domain.time_slots import Interval

REMOTE: Final = frozenset({MeetingType.ONLINE, MeetingType.TELEPHONE})
"""Meeting types that can take place in openings."""


@dataclass(frozen=True, slots=True)
class RuleInput:
    """Input of a rule: one employee and one meeting type in the context of a search.

    `group` is None for a local employee. An employee who serves through a group does so in all working hours, at the
    group's locations and for the group's meeting types.
    """

    board: SearchContext
    employee: Employee
    meeting_type: MeetingType
    group: ServiceGroup | None = None

    @property
    def physical(self) -> bool:
        return self.meeting_type is MeetingType.PHYSICAL

    @property
    def every(self) -> Starts:
        return self.board.line.every


def at_work(case: RuleInput) -> Starts:
    """Return the starts at which the employee works throughout the meeting, at any location and for any type."""
    openings = case.board.openings.get(case.employee.id, ())
    return case.board.working(shifts(case.employee), openings)


def at_work_for_type(case: RuleInput, place: str | None = None) -> Starts:
    """Return the starts at which the employee works throughout in spans of this meeting type, at `place` if given."""
    if case.group is not None:
        return _serving(case, case.group, place)
    openings = tuple(_openings(case, place)) if case.meeting_type in REMOTE else ()
    return case.board.working(shifts(case.employee, case.meeting_type, place), openings)


def at_work_somewhere(case: RuleInput) -> dict[str, Starts]:
    """Return the result of `at_work_for_type` for each location of the employee's week, or of the group."""
    spans = chain.from_iterable(case.employee.week.values())
    here = case.group.locations if case.group else {span.location for span in spans}
    return {place: at_work_for_type(case, place) for place in here}


def at_the_place(case: RuleInput) -> Starts:
    """Return the starts at which the employee is at the requested location.

    If no location is requested, a physical meeting must still stay at one location, even when it lasts past midnight.
    """
    place = case.board.search.place
    if place is not None:
        return at_work_for_type(case, place)
    return reduce(or_, at_work_somewhere(case).values(), NEVER) if case.physical else case.every


def current_span(spans: Sequence[WorkingSpan], at: time) -> WorkingSpan:
    """Return the span of the day that gives the location at `at`: the last one that has begun, else the first one."""
    return next((span for span in reversed(spans) if span.starts <= at), spans[0])


def shifts(employee: Employee, meeting_type: MeetingType | None = None, place: str | None = None) -> Shifts:
    """Return the shifts of the employee's week, of this meeting type and at this location if given."""
    serving = [
        (weekday, span.starts, span.ends)
        for weekday, spans in employee.week.items()
        for span in spans
        if (meeting_type is None or meeting_type in span.meeting_types) and (place is None or place == span.location)
    ]
    return tuple(serving)


def _serving(case: RuleInput, group: ServiceGroup, place: str | None) -> Starts:
    """Return the starts at which the employee works throughout the meeting.

    The result is empty if the group's service level lacks this meeting type, or lacks `place` if one is given.
    """
    anywhere = place is None or (not group.locations and not case.physical)
    if case.meeting_type not in group.meeting_types or not (anywhere or place in group.locations):
        return NEVER
    openings = case.board.openings.get(case.employee.id, ()) if case.meeting_type in REMOTE else ()
    return case.board.working(shifts(case.employee), openings)


def _openings(case: RuleInput, place: str | None) -> Iterator[Interval]:
    """Yield the employee's openings, cut to the local time that the employee spends at `place` if one is given."""
    openings = case.board.openings.get(case.employee.id, ())
    if place is None or not openings:
        yield from openings
        return
    for day, weekday in case.board.line.days:
        for starts, ends, location in _whereabouts(case.employee, weekday):
            hours = hours_of_day(case.board.line.zone, day, starts, ends) if location == place else ()
            yield from chain.from_iterable(common(each, hours) for each in openings)


def _whereabouts(employee: Employee, weekday: Weekday) -> Iterator[tuple[time, time, str | None]]:
    """Yield the whole weekday in parts, each with the location of the span that `current_span` returns.

    On a weekday without spans, the location is the employee's own.
    """
    spans = employee.week.get(weekday, ())
    locations = tuple(span.location for span in spans) or (employee.location,)
    edges = (time.min, *(span.starts for span in spans[1:]), time.min)
    yield from ((*hours, location) for hours, location in zip(pairwise(edges), locations, strict=True))
