"""Limits for customers: the notice before a meeting, and the daily cap of an employee's meeting time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.availability.context.board import NEVER, SearchContext, Shifts, on_days
from domain.availability.context.load import Share
from domain.availability.context.local_time import local_days
from domain.availability.context.opening import when_open
from domain.availability.context.timeline import Starts, merged
from domain.availability.context.working import RuleInput, shifts
from domain.configuration import Employee
from domain.time_slots import Interval


def with_notice(case: RuleInput) -> Starts:
    """Return the starts after the notice, counted in the employee's working time. Staff need not give notice."""
    search = case.board.search
    if not search.customer_initiated or search.ignore_minimum_time_before_booking:
        return case.every
    earliest = earliest_start(case)
    return NEVER if earliest is None else case.board.line.since(earliest)


def earliest_start(case: RuleInput) -> datetime | None:
    """Return the time at which the notice has been worked off, or None if this is after the days of the timeline.

    Working time is that of the employee's week while the organisation is open. Stored openings do not count: a search
    for one day does not know the openings of the days before.
    """
    if not case.board.situation.organisation.working_time_buffer:
        return case.board.now
    worked, known = shifts(case.employee), case.board.earliest
    if worked not in known:
        known[worked] = _earliest(case.board, worked)
    return known[worked]


def under_cap(case: RuleInput) -> Starts:
    """Return the starts that keep the meeting time of every day within the cap. Staff may exceed the cap."""
    cap = daily_cap(case.board, case.employee)
    if cap is None or not case.board.search.customer_initiated:
        return case.every
    used = case.board.load.get(case.employee.id, {})
    return case.every & ~_union(
        each for each in case.board.shares if used.get(each.day, timedelta()) + each.spent > cap
    )


def daily_cap(board: SearchContext, employee: Employee) -> timedelta | None:
    """Return the employee's own cap, else the largest one of the service groups, else the organisation's, if any."""
    if employee.max_meeting_time_per_day is not None:
        return employee.max_meeting_time_per_day
    groups = (board.service_groups[each] for each in employee.service_groups if each in board.service_groups)
    caps = [group.max_meeting_time_per_day for group in groups if group.max_meeting_time_per_day is not None]
    return max(caps, default=board.situation.organisation.max_meeting_time_per_day)


def _union(shares: Iterator[Share]) -> Starts:
    union = NEVER
    for each in shares:
        union |= each.starts
    return union


def _earliest(board: SearchContext, worked: Shifts) -> datetime | None:
    left = board.situation.organisation.working_time_buffer
    for hours in merged(_working_time(board, worked)):
        since = max(hours.start, board.now)
        if hours.end - since >= left:
            return since + left
        left -= max(hours.end - since, timedelta())
    return None


def _working_time(board: SearchContext, worked: Shifts) -> Iterator[Interval]:
    """Yield the shifts while the organisation is open, on the local days from now to the end of the timeline."""
    days = local_days(board.line.zone, Interval(board.now, board.line.span.end))
    for day, starts, ends in on_days(worked, days):
        yield from when_open(board.situation.organisation, board.line, day, starts, ends)
