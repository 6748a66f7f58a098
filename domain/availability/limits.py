"""What holds customers back: the notice that they give, and how much an employee has to do with them in a day."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.availability.board import NEVER, Board, Shifts, on_days
from domain.availability.load import Share
from domain.availability.local_time import local_days
from domain.availability.opening import when_open
from domain.availability.timeline import Starts, merged
from domain.availability.working import Case, shifts
from domain.configuration import Employee
from domain.time_slots import Interval


def with_notice(case: Case) -> Starts:
    """The starts before which the employee works for as long as the notice asks; staff need give none."""
    search = case.board.search
    if not search.customer_initiated or search.ignore_minimum_time_before_booking:
        return case.every
    earliest = earliest_start(case)
    return NEVER if earliest is None else case.board.line.since(earliest)


def earliest_start(case: Case) -> datetime | None:
    """When the notice has been worked off; None when that is beyond the days of the timeline.

    Working time is the week's, while the organisation is open. Openings are none: who looks at one day does not
    know those of the days before it.
    """
    if not case.board.situation.organisation.working_time_buffer:
        return case.board.now
    worked, known = shifts(case.employee), case.board.earliest
    if worked not in known:
        known[worked] = _earliest(case.board, worked)
    return known[worked]


def under_cap(case: Case) -> Starts:
    """The starts that leave every day's meeting time within the cap; staff may go past it."""
    cap = daily_cap(case.board, case.employee)
    if cap is None or not case.board.search.customer_initiated:
        return case.every
    used = case.board.load.get(case.employee.id, {})
    return case.every & ~_union(
        each for each in case.board.shares if used.get(each.day, timedelta()) + each.spent > cap
    )


def daily_cap(board: Board, employee: Employee) -> timedelta | None:
    """The employee's own, else the most generous of the service groups that have one, else the organisation's."""
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


def _earliest(board: Board, worked: Shifts) -> datetime | None:
    left = board.situation.organisation.working_time_buffer
    for hours in merged(_working_time(board, worked)):
        since = max(hours.start, board.now)
        if hours.end - since >= left:
            return since + left
        left -= max(hours.end - since, timedelta())
    return None


def _working_time(board: Board, worked: Shifts) -> Iterator[Interval]:
    """The shifts while the organisation is open, from now to the end of the timeline."""
    days = local_days(board.line.zone, Interval(board.now, board.line.span.end))
    for day, starts, ends in on_days(worked, days):
        yield from when_open(board.situation.organisation, board.line, day, starts, ends)
