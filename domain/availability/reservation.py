"""Decide whether a wanted time slot may be reserved, by the same rules as search, and which employees could take it."""

from dataclasses import replace
from datetime import MAXYEAR, UTC
from itertools import chain
from typing import Final
from uuid import UUID

from domain.availability.choice import Candidate, by_preference, eligible_candidates, ranked
from domain.availability.context.board import SearchContext, build_context
from domain.availability.context.local_time import in_utc
from domain.availability.context.working import RuleInput
from domain.availability.facts import ADVICE, WHY, facts, held_until
from domain.availability.questions import AvailabilityData, Purpose, SlotSearch, WantedSlot, possible_duration
from domain.availability.rules import ASKED_WHEN_HELD, OF_ROOMS, RULES, SOFT, Rule, evaluate
from domain.configuration import Employee
from domain.errors import Conflict, NotOffered, TimeSlotTaken
from domain.meetings import MeetingType
from domain.time_slots import Interval

ANYTHING: Final = Purpose()
NOBODY: Final = UUID(int=0)
ORDER: Final = {rule: rank for rank, rule in enumerate(RULES)}

TOLD: Final = frozenset(
    {Rule.CLOSED, Rule.OUTSIDE_OPENING_HOURS, Rule.TOO_SOON, Rule.DAILY_CAP_REACHED, Rule.WITHIN_BUFFER}
)
"""Rules whose facts a refusal includes. Only callers who may ask for an explanation get facts of an employee's week."""


def refusal(wanted: WantedSlot, situation: AvailabilityData) -> Conflict | None:
    """Return why this time slot cannot be reserved, or None if a search for this employee and room would offer it.

    A time slot without a room is allowed only for a meeting that needs none. If the meeting is not physical, a named
    room must only be bookable and free.
    """
    employee = employee_of(wanted, situation)
    misfit = misfit_of(wanted.interval, wanted.room_id, situation, is_held=wanted.is_held)
    if misfit is not None or employee is None:
        return _not_offered(misfit or Rule.NOT_BOOKABLE)
    case, rule = closest(board_of(wanted, situation, (employee.id,)), employee, _skipped(wanted))
    names_room = wanted.room_id is not None and not wanted.has_room
    if case is not None and rule is None and names_room and not case.physical:
        rule = _room_rule(case.board)
    return _conflict(rule, wanted, case) if rule else None


def choose_employees(
    interval: Interval,
    room_id: UUID | None,
    situation: AvailabilityData,
    *,
    ignore_slots: frozenset[UUID] = frozenset(),
    soft_rules: bool = True,
    purpose: Purpose = ANYTHING,
) -> list[UUID]:
    """Return the employees who could take this time slot without being named, the preferred employee first.

    The list is empty if the interval or the room is invalid.
    """
    if misfit_of(interval, room_id, situation) is not None:
        return []
    wanted = WantedSlot(interval, NOBODY, room_id, ignore_slots, soft_rules, purpose)
    board = board_of(wanted, situation, ())
    if room_id is not None and MeetingType.PHYSICAL not in board.search.types and _room_rule(board):
        return []
    able = (_at_best(board, each, _skipped(wanted)) for each in situation.employees)
    return [each.lead.id for each in by_preference(board, 0, [each for each in able if each])]


def employee_of(wanted: WantedSlot, situation: AvailabilityData) -> Employee | None:
    return next((each for each in situation.employees if each.id == wanted.employee_id), None)


def misfit_of(
    interval: Interval, room_id: UUID | None, situation: AvailabilityData, *, is_held: bool = False
) -> Rule | None:
    """Return the rule that the interval or the room breaks before any context can be built, or None."""
    if interval.start < situation.now.astimezone(UTC) and not is_held:
        return Rule.IN_THE_PAST
    if interval.end.year >= MAXYEAR or interval.start.year >= MAXYEAR:
        return Rule.TOO_FAR_AHEAD
    exact = in_utc(interval)
    if not possible_duration(exact.end - exact.start):
        return Rule.IMPOSSIBLE_DURATION
    known = room_id is None or any(room.id == room_id for room in situation.rooms)
    return None if known else Rule.ROOM_NOT_BOOKABLE


def board_of(wanted: WantedSlot, situation: AvailabilityData, named: tuple[UUID, ...]) -> SearchContext:
    """Return the context of a search for this time slot alone, with the wanted room as the only room, if any."""
    interval, rooms = in_utc(wanted.interval), tuple(room for room in situation.rooms if room.id == wanted.room_id)
    purpose = wanted.purpose
    meets_in = rooms if MeetingType.PHYSICAL in (purpose.meeting_types or MeetingType) else ()
    search = SlotSearch(
        window=interval,
        duration=interval.end - interval.start,
        meeting_types=frozenset({MeetingType.PHYSICAL}) if meets_in else purpose.meeting_types,
        topic=purpose.topic,
        customer_type=purpose.customer_type,
        meeting_location=meets_in[0].location if meets_in else purpose.meeting_location,
        customer_location=purpose.customer_location,
        explicit_employees=named,
        specific_rooms=tuple(room.id for room in meets_in),
        ignore_slots=wanted.ignore_slots,
        service_group=purpose.service_group,
        unsaid_is_any=True,
    )
    return build_context(search, replace(situation, rooms=rooms), (interval.start,))


def closest(
    board: SearchContext, employee: Employee, skipped: frozenset[Rule] = frozenset()
) -> tuple[RuleInput | None, Rule | None]:
    """Return an allowed case (meeting type and capacity) and None, else the closest case and the rule that it breaks.

    The closest case breaks its first rule latest in the order of `RULES`. Of several such cases, the closest one breaks
    the fewest rules. The case is None if the employee could serve only through a group that does not serve this.
    """
    tried: list[tuple[RuleInput, Rule | None]] = [
        (case, evaluate(case, skipped)[1]) for case in _cases(board, employee)
    ]
    return max(tried, key=lambda each: _closeness(*each), default=(None, Rule.NOT_SERVED))


def _closeness(case: RuleInput, broken: Rule | None) -> tuple[int, int]:
    if broken is None:
        return len(ORDER), 0
    return ORDER[broken], sum(bool(rule(case)) for rule in RULES.values())


def _cases(board: SearchContext, employee: Employee) -> list[RuleInput]:
    groups = [group for _, group in ranked(board, employee)]
    return [RuleInput(board, employee, meeting_type, group) for meeting_type in board.search.types for group in groups]


def _at_best(board: SearchContext, employee: Employee, skipped: frozenset[Rule]) -> Candidate | None:
    """Return the employee in the best capacity in which the rules allow a meeting of some type, or None."""
    able = (
        each
        for meeting_type in board.search.types
        for each in eligible_candidates(board, employee, meeting_type, skipped)
    )
    return min(able, key=lambda each: each.level, default=None)


def _skipped(wanted: WantedSlot) -> frozenset[Rule]:
    for_staff = frozenset[Rule]() if wanted.soft_rules else SOFT
    for_held = ASKED_WHEN_HELD if wanted.is_held else frozenset[Rule]()
    of_rooms = OF_ROOMS if not wanted.needs_room else frozenset({Rule.ROOM_TAKEN} if wanted.has_room else ())
    return for_staff | for_held | of_rooms


def _room_rule(board: SearchContext) -> Rule | None:
    """Return the rule that refuses the single room of this context, or None."""
    room = next(chain.from_iterable(board.rooms.values()), None)
    if room is None:
        return Rule.ROOM_NOT_BOOKABLE
    return None if board.room_free(room) else Rule.ROOM_TAKEN


def _conflict(rule: Rule, wanted: WantedSlot, case: RuleInput | None) -> Conflict:
    if case is None:
        return _not_offered(rule)
    board, interval = case.board, case.board.line.meetings[0]
    match rule:
        case Rule.EMPLOYEE_TAKEN:
            return TimeSlotTaken("employee", held_until(board.stored.blocking(wanted.employee_id), interval))
        case Rule.ROOM_TAKEN if wanted.room_id:
            until = held_until(board.stored.rooms.get(wanted.room_id, []), interval)
            return TimeSlotTaken("room", until, room_id=wanted.room_id)
        case Rule.ROOM_REQUIRED | Rule.ROOM_NOT_BOOKABLE if wanted.room_id:
            return _not_offered(Rule.ROOM_NOT_BOOKABLE, roomId=str(wanted.room_id))
        case _:
            refused = _not_offered(rule)
            told = facts(rule, case).items() if rule in TOLD else ()
            refused.facts = {**refused.facts, **dict(told)}
            return refused


def _not_offered(rule: Rule, **facts: str) -> NotOffered:
    return NotOffered(rule, WHY[rule], ADVICE.get(rule, ""), **facts)
