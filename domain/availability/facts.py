"""Texts of the rules, and facts about refusals."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Final

from domain.availability.context import RuleInput
from domain.availability.employee_time import current_span, earliest_start
from domain.availability.inputs import LONGEST_MEETING, BusyTime
from domain.availability.rules import Rule
from domain.availability.slot_index import widened
from domain.configuration import WorkingSpan
from domain.errors import Fact, instant
from domain.time_slots import Interval

WHY: Final[Mapping[Rule, str]] = {
    Rule.IN_THE_PAST: "it starts in the past",
    Rule.TOO_FAR_AHEAD: "it is further ahead than meetings can be booked",
    Rule.IMPOSSIBLE_DURATION: f"it must end after it starts, and within {LONGEST_MEETING.days} days",
    Rule.OFF_GRID: "time slots do not start at that time of day",
    Rule.NOT_BOOKABLE: "the employee cannot be booked",
    Rule.NOT_QUALIFIED: "the employee does not take that topic or customer type",
    Rule.OUTSIDE_WORKING_HOURS: "the employee does not work throughout that time",
    Rule.MEETING_TYPE_NOT_OFFERED: "the employee does not take meetings of that type then",
    Rule.NOT_AT_LOCATION: "the employee is not at that location then",
    Rule.WORKING_FROM_ELSEWHERE: "the employee works from elsewhere then and takes no physical meetings",
    Rule.NOT_SERVED: "the employee does not serve that through the service group",
    Rule.CLOSED: "the organisation is closed that day",
    Rule.OUTSIDE_OPENING_HOURS: "it does not lie within the opening hours",
    Rule.TOO_SOON: "it starts sooner than the notice that the employee needs",
    Rule.DAILY_CAP_REACHED: "the employee would have more meeting time that day than allowed",
    Rule.EMPLOYEE_TAKEN: "the employee is taken at that time",
    Rule.WITHIN_BUFFER: "the employee has a meeting too shortly before or after it",
    Rule.ROOM_REQUIRED: "a physical meeting there needs a room",
    Rule.ROOM_NOT_BOOKABLE: "the room cannot be booked",
    Rule.ROOM_TAKEN: "every room that would do is taken at that time",
}
"""Text of each rule that ends the sentence "This time slot is not offered: …"."""

FREE_ROOMS: Final = "GET /bookme/room-vacancies lists the rooms that are free"

ADVICE: Final[Mapping[Rule, str]] = {
    Rule.NOT_QUALIFIED: "Search with the topic and the customer type for a time slot of somebody who takes both.",
    Rule.MEETING_TYPE_NOT_OFFERED: "Choose another type, or search with this one (meetingTypes) for another time slot.",
    Rule.NOT_AT_LOCATION: "Choose a room where the employee is that day, or search with the location.",
    Rule.WORKING_FROM_ELSEWHERE: "Choose another type, or search for another time slot.",
    Rule.NOT_SERVED: "Search with the topic, the customer type and the location, and send the serviceGroup of what is "
    "offered.",
    Rule.ROOM_REQUIRED: f"Name a free room (roomId; {FREE_ROOMS}), or choose another type.",
    Rule.ROOM_NOT_BOOKABLE: f"Choose another room ({FREE_ROOMS}).",
}
"""Advice to the client about a rule, if the advice is more than to search again."""


Facts = Mapping[str, Fact]


def facts(rule: Rule, given: RuleInput) -> Facts:
    """Return the facts that explain the result of this rule for the single start of this input."""
    found = _FACTS[rule](given) if rule in _FACTS else {}
    return {name: value for name, value in found.items() if value is not None}


def held_until(slots: Iterable[BusyTime], wanted: Interval) -> datetime | None:
    """Return the last deadline of the overlapping slots, or None if there is none or a slot has no deadline."""
    ends = [each.held_until for each in slots if each.interval.overlaps(wanted)]
    return None if None in ends else max((end for end in ends if end), default=None)


def _reach(given: RuleInput) -> Facts:
    organisation = given.context.data.organisation
    return {"latestStart": instant(given.context.now + organisation.max_time_from_booking_to_meeting)}


def _closing_day(given: RuleInput) -> Facts:
    days = {day for day, _ in given.context.timeline.shares}
    closed = days & given.context.data.organisation.closing_days
    return {"closingDay": min(closed).isoformat() if closed else None}


def _opening_hours(given: RuleInput) -> Facts:
    organisation = given.context.data.organisation
    return {
        "opens": organisation.opens.isoformat() if organisation.opens else None,
        "closes": organisation.closes.isoformat() if organisation.closes else None,
    }


def _workday(given: RuleInput) -> Facts:
    spans = _spans(given)
    if not spans:
        return {}
    hours = {"worksFrom": spans[0].starts.isoformat(), "worksTo": spans[-1].ends.isoformat()}
    breaks = [
        {"from": before.ends.isoformat(), "to": after.starts.isoformat()}
        for before, after in pairwise(spans)
        if before.ends < after.starts
    ]
    return {**hours, "breaks": breaks} if breaks else hours


def _location(given: RuleInput) -> Facts:
    spans, clock = _spans(given), given.context.timeline.clocks[0]
    return {"location": current_span(spans, clock).location if spans else given.employee.location}


def _notice(given: RuleInput) -> Facts:
    return {"earliestStart": instant(earliest_start(given))}


def _cap(given: RuleInput) -> Facts:
    cap, none = given.context.daily_cap(given.employee), timedelta()
    used = given.context.load.get(given.employee.id, {})
    if cap is None:
        return {}
    day, spent = max(given.context.timeline.shares, key=lambda share: used.get(share[0], none) + share[1])
    return {
        "date": day.isoformat(),
        "capMinutes": _minutes(cap),
        "usedMinutes": _minutes(used.get(day, none)),
        "wantedMinutes": _minutes(spent),
    }


def _employee_taken(given: RuleInput) -> Facts:
    return _deadline(given, given.context.slots.blocking(given.employee.id))


def _room_taken(given: RuleInput) -> Facts:
    rooms = (room.id for room in given.context.data.rooms)
    return _deadline(given, chain.from_iterable(given.context.slots.rooms.get(room, ()) for room in rooms))


def _too_near(given: RuleInput) -> Facts:
    buffer = given.context.data.organisation.buffer_between_meetings
    meetings = given.context.slots.meetings.get(given.employee.id, ())
    return {"bufferMinutes": _minutes(buffer), **_deadline(given, meetings, buffer)}


def _deadline(given: RuleInput, slots: Iterable[BusyTime], buffer: timedelta = timedelta()) -> Facts:
    return {"heldUntil": instant(held_until(slots, widened(given.context.timeline.meetings[0], buffer)))}


def _spans(given: RuleInput) -> tuple[WorkingSpan, ...]:
    """Return the employee's spans on the local weekday of the start."""
    return given.employee.week.get(given.context.timeline.weekdays[0], ())


def _minutes(length: timedelta) -> float:
    return length / timedelta(minutes=1)


_FACTS: Final[Mapping[Rule, Callable[[RuleInput], Facts]]] = {
    Rule.TOO_FAR_AHEAD: _reach,
    Rule.CLOSED: _closing_day,
    Rule.OUTSIDE_OPENING_HOURS: _opening_hours,
    Rule.OUTSIDE_WORKING_HOURS: _workday,
    Rule.NOT_AT_LOCATION: _location,
    Rule.TOO_SOON: _notice,
    Rule.DAILY_CAP_REACHED: _cap,
    Rule.EMPLOYEE_TAKEN: _employee_taken,
    Rule.WITHIN_BUFFER: _too_near,
    Rule.ROOM_TAKEN: _room_taken,
}
