"""Rules on an employee's time: working hours and stored openings, locations, and notice."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import chain, pairwise
from operator import or_
from typing import Final

from domain.availability.context import RuleInput, SearchContext, Shifts, opening_hours_on
from domain.availability.timeline import NEVER, Starts
from domain.configuration import Employee, Organisation, ServiceGroup, Weekday, WorkingSpan
from domain.local_time import common, hours_of_day
from domain.meetings import MeetingType
from domain.time_slots import Interval

REMOTE: Final = frozenset({MeetingType.ONLINE, MeetingType.TELEPHONE})
"""Meeting types that can take place in openings."""


def at_work(given: RuleInput) -> Starts:
    """Return the starts at which the employee works throughout the meeting, at any location and for any type."""
    openings = given.context.openings.get(given.employee.id, ())
    return given.context.working(shifts(given.employee), openings)


def at_work_for_type(given: RuleInput, place: str | None = None) -> Starts:
    """Return the starts at which the employee can have this type of meeting from its start to its end.

    The whole meeting must be in working spans of the employee's week that list the meeting type. With `place`, only
    spans at this location count. Online and telephone meetings may also be in stored openings. If the employee serves
    through a service group, the group decides on the meeting type and the location instead of the spans.
    """
    if given.group is not None:
        return _serving(given, given.group, place)
    openings = tuple(_openings(given, place)) if given.meeting_type in REMOTE else ()
    return given.context.working(shifts(given.employee, given.meeting_type, place), openings)


def at_work_somewhere(given: RuleInput) -> dict[str, Starts]:
    """Return the result of `at_work_for_type` for each location of the employee's week, or of the group."""
    spans = chain.from_iterable(given.employee.week.values())
    here = given.group.locations if given.group else {span.location for span in spans}
    return {place: at_work_for_type(given, place) for place in here}


def at_the_place(given: RuleInput) -> Starts:
    """Return the starts at which the employee is at the requested location.

    If no location is requested, a physical meeting must still stay at one location, even when it lasts past midnight.
    """
    place = given.context.search.place
    if place is not None:
        return at_work_for_type(given, place)
    return reduce(or_, at_work_somewhere(given).values(), NEVER) if given.physical else given.every


def with_notice(given: RuleInput) -> Starts:
    """Return the starts after the notice, counted in the employee's working time. Staff need not give notice."""
    search = given.context.search
    if not search.customer_initiated or search.ignore_minimum_time_before_booking:
        return given.every
    earliest = earliest_start(given)
    return NEVER if earliest is None else given.context.timeline.since(earliest)


def earliest_start(given: RuleInput) -> datetime | None:
    """Return the time at which the notice has been worked off, or None if this is after the days of the timeline.

    Working time is that of the employee's week while the organisation is open. Stored openings do not count: a search
    for one day does not know the openings of the days before.
    """
    context, worked = given.context, shifts(given.employee)
    if not context.data.organisation.working_time_buffer:
        return context.now
    if worked not in context.earliest:
        context.earliest[worked] = _earliest(context, worked)
    return context.earliest[worked]


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


def working_hours(employee: Employee, organisation: Organisation, day: date) -> Iterator[tuple[Interval, WorkingSpan]]:
    """Yield the employee's working time of one local day in UTC, each part with its span, sorted.

    Working time is that of the employee's week within opening hours. A closing day has none.
    """
    if day in organisation.closing_days:
        return
    for span in employee.week.get(Weekday(day.isoweekday()), ()):
        for hours in hours_of_day(organisation.time_zone, day, span.starts, span.ends):
            for part in common(hours, opening_hours_on(organisation, day)):
                yield part, span


def _earliest(context: SearchContext, worked: Shifts) -> datetime | None:
    left = context.data.organisation.working_time_buffer
    for hours in context.working_time(worked):
        since = max(hours.start, context.now)
        if hours.end - since >= left:
            return since + left
        left -= max(hours.end - since, timedelta())
    return None


def _serving(given: RuleInput, group: ServiceGroup, place: str | None) -> Starts:
    """Return the starts at which the employee works throughout the meeting.

    The result is empty if the group's service level lacks this meeting type, or lacks `place` if one is given.
    """
    anywhere = place is None or (not group.locations and not given.physical)
    if given.meeting_type not in group.meeting_types or not (anywhere or place in group.locations):
        return NEVER
    return at_work(given) if given.meeting_type in REMOTE else given.context.working(shifts(given.employee))


def _openings(given: RuleInput, place: str | None) -> Iterator[Interval]:
    """Yield the employee's openings, cut to the local time that the employee spends at `place` if one is given."""
    openings = given.context.openings.get(given.employee.id, ())
    if place is None or not openings:
        yield from openings
        return
    timeline = given.context.timeline
    for day, weekday in timeline.days:
        for starts, ends, location in _whereabouts(given.employee, weekday):
            hours = hours_of_day(timeline.zone, day, starts, ends) if location == place else ()
            yield from chain.from_iterable(common(each, hours) for each in openings)


def _whereabouts(employee: Employee, weekday: Weekday) -> Iterator[tuple[time, time, str | None]]:
    """Yield the whole weekday in parts, each with the location of the span that `current_span` returns.

    On a weekday without spans, the location is the employee's own.
    """
    spans = employee.week.get(weekday, ())
    locations = tuple(span.location for span in spans) or (employee.location,)
    edges = (time.min, *(span.starts for span in spans[1:]), time.min)
    yield from ((*hours, location) for hours, location in zip(pairwise(edges), locations, strict=True))
