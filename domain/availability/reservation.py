"""Whether one wanted time slot may be reserved, by the rules that search offers it by, and who could take it."""

from dataclasses import replace
from datetime import MAXYEAR, UTC
from itertools import chain
from typing import Final
from uuid import UUID

from domain.availability.board import Board, lay_out
from domain.availability.choice import Candidate, by_preference, ranked, willing
from domain.availability.facts import ADVICE, WHY, facts, held_until
from domain.availability.local_time import in_utc
from domain.availability.questions import Purpose, Situation, SlotSearch, WantedSlot, possible_duration
from domain.availability.rules import ASKED_WHEN_HELD, OF_ROOMS, RULES, SOFT, Rule, verdict
from domain.availability.working import Case
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
"""The rules whose facts a refusal carries. An employee's week is for those who may ask for an explanation."""


def refusal(wanted: WantedSlot, situation: Situation) -> Conflict | None:
    """Why this time slot cannot be reserved; None when a search that names the employee and the room would offer it.

    A time slot without a room is one that needs none. A room that a meeting of another type than physical names is
    only asked whether it can be had.
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
    situation: Situation,
    *,
    ignore_slots: frozenset[UUID] = frozenset(),
    soft_rules: bool = True,
    purpose: Purpose = ANYTHING,
) -> list[UUID]:
    """Those whom this time slot would not be refused, though none was named; whoever should have it comes first."""
    if misfit_of(interval, room_id, situation) is not None:
        return []
    wanted = WantedSlot(interval, NOBODY, room_id, ignore_slots, soft_rules, purpose)
    board = board_of(wanted, situation, ())
    able = (_at_best(board, each, _skipped(wanted)) for each in situation.employees)
    return [each.lead.id for each in by_preference(board, 0, [each for each in able if each])]


def employee_of(wanted: WantedSlot, situation: Situation) -> Employee | None:
    return next((each for each in situation.employees if each.id == wanted.employee_id), None)


def misfit_of(interval: Interval, room_id: UUID | None, situation: Situation, *, is_held: bool = False) -> Rule | None:
    """What is wrong with the wish itself, before anything can be computed with it."""
    if interval.start < situation.now.astimezone(UTC) and not is_held:
        return Rule.IN_THE_PAST
    if interval.end.year >= MAXYEAR or interval.start.year >= MAXYEAR:
        return Rule.TOO_FAR_AHEAD
    exact = in_utc(interval)
    if not possible_duration(exact.end - exact.start):
        return Rule.IMPOSSIBLE_DURATION
    known = room_id is None or any(room.id == room_id for room in situation.rooms)
    return None if known else Rule.ROOM_NOT_BOOKABLE


def board_of(wanted: WantedSlot, situation: Situation, named: tuple[UUID, ...]) -> Board:
    """The board of the search for this time slot alone. It sees no other room, and without a room none at all."""
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
    return lay_out(search, replace(situation, rooms=rooms), (interval.start,))


def closest(
    board: Board, employee: Employee, skipped: frozenset[Rule] = frozenset()
) -> tuple[Case | None, Rule | None]:
    """The meeting type and capacity in which the rules allow it, else those that come closest and the rule they break.

    Closest is what breaks its first rule last, and of those what breaks the fewest. No case
    is left when the employee could only serve through a group that does not serve this.
    """
    tried: list[tuple[Case, Rule | None]] = [(case, verdict(case, skipped)[1]) for case in _cases(board, employee)]
    return max(tried, key=lambda each: _closeness(*each), default=(None, Rule.NOT_SERVED))


def _closeness(case: Case, broken: Rule | None) -> tuple[int, int]:
    if broken is None:
        return len(ORDER), 0
    return ORDER[broken], sum(bool(rule(case)) for rule in RULES.values())


def _cases(board: Board, employee: Employee) -> list[Case]:
    groups = [group for _, group in ranked(board, employee)]
    return [Case(board, employee, meeting_type, group) for meeting_type in board.search.types for group in groups]


def _at_best(board: Board, employee: Employee, skipped: frozenset[Rule]) -> Candidate | None:
    """The employee in the best capacity in which the rules allow a meeting of some type."""
    able = (each for meeting_type in board.search.types for each in willing(board, employee, meeting_type, skipped))
    return min(able, key=lambda each: each.level, default=None)


def _skipped(wanted: WantedSlot) -> frozenset[Rule]:
    for_staff = frozenset[Rule]() if wanted.soft_rules else SOFT
    for_held = ASKED_WHEN_HELD if wanted.is_held else frozenset[Rule]()
    of_rooms = OF_ROOMS if not wanted.needs_room else frozenset({Rule.ROOM_TAKEN} if wanted.has_room else ())
    return for_staff | for_held | of_rooms


def _room_rule(board: Board) -> Rule | None:
    """Why the one room of this board cannot be had."""
    room = next(chain.from_iterable(board.rooms.values()), None)
    if room is None:
        return Rule.ROOM_NOT_BOOKABLE
    return None if board.room_free(room) else Rule.ROOM_TAKEN


def _conflict(rule: Rule, wanted: WantedSlot, case: Case | None) -> Conflict:
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
