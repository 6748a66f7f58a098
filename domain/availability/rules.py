"""Availability rules. Each rule returns the starts at which one employee may have one type of meeting.

Search and reservation both use `evaluate`, so they cannot disagree. A new rule is a function from a `RuleInput` to
starts, with a place in `RULES`. The rules are evaluated in that order. The first rule that leaves no start is the
reason of the refusal.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Final
from uuid import UUID

from domain.availability.context import RuleInput, SearchContext
from domain.availability.employee_time import (
    at_the_place,
    at_work,
    at_work_for_type,
    at_work_somewhere,
    with_notice,
)
from domain.availability.timeline import NEVER, Starts
from domain.meetings import MeetingType


class Rule(StrEnum):
    """Rule that refuses a time slot. Published in the facts of `NotOffered`."""

    IN_THE_PAST = "IN_THE_PAST"
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"
    IMPOSSIBLE_DURATION = "IMPOSSIBLE_DURATION"
    OFF_GRID = "OFF_GRID"
    NOT_BOOKABLE = "NOT_BOOKABLE"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    OUTSIDE_WORKING_HOURS = "OUTSIDE_WORKING_HOURS"
    MEETING_TYPE_NOT_OFFERED = "MEETING_TYPE_NOT_OFFERED"
    NOT_AT_LOCATION = "NOT_AT_LOCATION"
    WORKING_FROM_ELSEWHERE = "WORKING_FROM_ELSEWHERE"
    NOT_SERVED = "NOT_SERVED"
    CLOSED = "CLOSED"
    OUTSIDE_OPENING_HOURS = "OUTSIDE_OPENING_HOURS"
    TOO_SOON = "TOO_SOON"
    DAILY_CAP_REACHED = "DAILY_CAP_REACHED"
    ROOM_REQUIRED = "ROOM_REQUIRED"
    ROOM_NOT_BOOKABLE = "ROOM_NOT_BOOKABLE"
    EMPLOYEE_TAKEN = "EMPLOYEE_TAKEN"
    WITHIN_BUFFER = "WITHIN_BUFFER"
    ROOM_TAKEN = "ROOM_TAKEN"


SOFT: Final = frozenset(
    {
        Rule.TOO_FAR_AHEAD,
        Rule.OUTSIDE_WORKING_HOURS,
        Rule.MEETING_TYPE_NOT_OFFERED,
        Rule.NOT_AT_LOCATION,
        Rule.WORKING_FROM_ELSEWHERE,
        Rule.CLOSED,
        Rule.OUTSIDE_OPENING_HOURS,
        Rule.TOO_SOON,
        Rule.DAILY_CAP_REACHED,
    }
)
"""Rules that staff may override: on the employee's week and daily cap, opening times, notice and booking horizon."""

NOT_ASKED_WHEN_HELD: Final = frozenset({Rule.IN_THE_PAST, Rule.TOO_FAR_AHEAD, Rule.TOO_SOON, Rule.EMPLOYEE_TAKEN})
"""Rules that are not evaluated again for a held time slot.

The reservation was in time. Time that is entered over the hold later does not change the booking.
"""

OF_ROOMS: Final = frozenset({Rule.ROOM_REQUIRED, Rule.ROOM_TAKEN})
"""Rules that are evaluated once for a meeting, not for every employee who takes part."""


NOBODY: Final[Mapping[UUID, Starts]] = {}

REFUSED_BY_OWN_TIME: Final[Mapping[Rule, Callable[[SearchContext, MeetingType], Mapping[UUID, Starts]]]] = {
    Rule.WORKING_FROM_ELSEWHERE: lambda context, kind: context.elsewhere if kind is MeetingType.PHYSICAL else NOBODY,
    Rule.DAILY_CAP_REACHED: lambda context, _: context.over_cap,
    Rule.EMPLOYEE_TAKEN: lambda context, _: context.taken_employees,
    Rule.WITHIN_BUFFER: lambda context, _: context.near_employees,
}
"""Starts that the rules on an employee's own time slots refuse for a meeting type, by employee."""

OF_OWN_TIME: Final = frozenset(REFUSED_BY_OWN_TIME)
"""Rules that depend on the employee's own time slots. The rules on working hours depend on them through openings."""


def refused_by_own_time(context: SearchContext, meeting_type: MeetingType) -> Mapping[UUID, Starts]:
    """Return the starts that any of the rules `OF_OWN_TIME` refuses, by employee."""
    if meeting_type not in context.refused:
        of_rules = (refused(context, meeting_type) for refused in REFUSED_BY_OWN_TIME.values())
        context.refused[meeting_type] = reduce(_union, of_rules, NOBODY)
    return context.refused[meeting_type]


def _union(some: Mapping[UUID, Starts], others: Mapping[UUID, Starts]) -> Mapping[UUID, Starts]:
    if not (some and others):
        return some or others
    return {**some, **{who: starts | some.get(who, NEVER) for who, starts in others.items()}}


def evaluate(given: RuleInput, skipped: frozenset[Rule] = frozenset()) -> tuple[Starts, Rule | None]:
    """Return the starts that all rules allow. If there are none, also return the rule that removed the last start."""
    starts = given.every
    for rule, allows in RULES.items():
        if rule not in skipped:
            starts &= allows(given)
        if not starts:
            return NEVER, rule
    return starts, None


def _bookable(given: RuleInput) -> Starts:
    employee, named = given.employee, given.context.search.explicit_employees
    findable = not employee.is_only_explicitly_available or employee.id in named
    return _always_or_never(given, employee.can_be_booked and findable)


def _qualified(given: RuleInput) -> Starts:
    return _always_or_never(given, given.context.is_qualified(given.employee))


def _served(given: RuleInput) -> Starts:
    return _always_or_never(given, given.group is None or given.group.id in given.employee.service_groups)


def _always_or_never(given: RuleInput, condition: bool) -> Starts:
    return given.every if condition else NEVER


def _own_time(rule: Rule) -> Callable[[RuleInput], Starts]:
    refused = REFUSED_BY_OWN_TIME[rule]

    def allows(given: RuleInput) -> Starts:
        return given.every & ~refused(given.context, given.meeting_type).get(given.employee.id, NEVER)

    return allows


def _has_room(given: RuleInput) -> Starts:
    return _roomed(given, lambda place: _always_or_never(given, bool(given.context.rooms.get(place))))


def _room_free(given: RuleInput) -> Starts:
    return _roomed(given, given.context.some_room_free)


def _roomed(given: RuleInput, rooms: Callable[[str], Starts]) -> Starts:
    """Return the starts at which the meeting needs no room or has one.

    `rooms` takes a place and returns the starts at which there is a room at that place.
    """

    def at(place: str) -> Starts:
        return rooms(place) if given.context.room_needed(place) else given.every

    if not given.physical:
        return given.every
    if given.context.search.place is not None:
        return at(given.context.search.place)
    return reduce(or_, (working & at(place) for place, working in at_work_somewhere(given).items()), NEVER)


RULES: Final[Mapping[Rule, Callable[[RuleInput], Starts]]] = {
    Rule.IN_THE_PAST: lambda given: given.context.to_come,
    Rule.TOO_FAR_AHEAD: lambda given: given.context.within_reach,
    Rule.OFF_GRID: lambda given: given.context.on_grid,
    Rule.NOT_BOOKABLE: _bookable,
    Rule.NOT_QUALIFIED: _qualified,
    Rule.NOT_SERVED: _served,
    Rule.CLOSED: lambda given: given.context.open_days,
    Rule.OUTSIDE_OPENING_HOURS: lambda given: given.context.opening_hours,
    Rule.OUTSIDE_WORKING_HOURS: at_work,
    Rule.MEETING_TYPE_NOT_OFFERED: at_work_for_type,
    Rule.NOT_AT_LOCATION: at_the_place,
    Rule.WORKING_FROM_ELSEWHERE: _own_time(Rule.WORKING_FROM_ELSEWHERE),
    Rule.TOO_SOON: with_notice,
    Rule.DAILY_CAP_REACHED: _own_time(Rule.DAILY_CAP_REACHED),
    Rule.ROOM_REQUIRED: _has_room,
    Rule.EMPLOYEE_TAKEN: _own_time(Rule.EMPLOYEE_TAKEN),
    Rule.WITHIN_BUFFER: _own_time(Rule.WITHIN_BUFFER),
    Rule.ROOM_TAKEN: _room_free,
}
"""Rules in the order that explains a refusal best: impossible wishes first, conflicts with other bookings last."""
