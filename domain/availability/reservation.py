"""Decide by the rules of search whether a wanted time slot may be reserved, who could take it, and explain the result.

The rules are those of a search with the wanted start as the only start, and with the wanted room as the only room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, UTC
from itertools import chain
from typing import Final
from uuid import UUID

from domain.availability.context import RuleInput, SearchContext, build_context
from domain.availability.facts import ADVICE, WHY, Facts, facts, held_until
from domain.availability.inputs import AvailabilityData, SlotSearch, WantedSlot, is_possible_duration
from domain.availability.rules import NOT_ASKED_WHEN_HELD, OF_ROOMS, RULES, SOFT, Rule, evaluate
from domain.availability.search import Candidate, by_preference, eligible_candidates
from domain.configuration import Employee, Room, ServiceGroup
from domain.errors import Conflict, NotOffered, TimeSlotTaken
from domain.local_time import in_utc
from domain.meetings import MeetingType
from domain.time_slots import Interval

ORDER: Final = {rule: rank for rank, rule in enumerate(RULES)}
NONE: Final[frozenset[Rule]] = frozenset()

WITH_FACTS: Final = frozenset(
    {Rule.CLOSED, Rule.OUTSIDE_OPENING_HOURS, Rule.TOO_SOON, Rule.DAILY_CAP_REACHED, Rule.WITHIN_BUFFER}
)
"""Rules whose facts a refusal includes. Only callers who may ask for an explanation get facts of an employee's week."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Result of one rule for one time slot and a meeting of this type.

    `service_group` is the group through which the employee serves, or None for a local employee. `why` ends the
    sentence "This time slot is not offered: …" if the rule has not `passed`, and is empty otherwise.
    """

    rule: Rule
    passed: bool
    why: str = ""
    facts: Facts = field(default_factory=dict)
    meeting_type: MeetingType | None = None
    service_group: ServiceGroup | None = None

    @property
    def overridable(self) -> bool:
        """Return whether staff may override this rule."""
        return self.rule in SOFT


def refusal(wanted: WantedSlot, data: AvailabilityData) -> Conflict | None:
    """Return why this time slot cannot be reserved, or None if a search for this employee and room would offer it.

    A time slot without a room is allowed only for a meeting that needs none. If the meeting is not physical, a
    requested room only has to be bookable and free; no other rule about rooms applies.
    """
    given, rule = _closest(wanted, data, _skipped(wanted))
    if given is not None and rule is None:
        rule = _rule_of_requested_room(wanted, given)
    return _conflict(rule, wanted, given) if rule else None


def explain(wanted: WantedSlot, data: AvailabilityData) -> tuple[Explanation, ...]:
    """Return the result of every rule, in the order of evaluation. The slot is refused unless all rules have passed.

    The results are those for the meeting type and capacity that come closest to being allowed. The only result is one
    refusal if the rules cannot be evaluated: the employee is unknown or has no capacity, or the interval or room is
    invalid.
    """
    given, broken = _closest(wanted, data)
    if given is None:
        rule = broken or Rule.NOT_BOOKABLE
        return (Explanation(rule, passed=False, why=WHY[rule]),)
    explained = {rule: _explanation(rule, given, passed=bool(RULES[rule](given))) for rule in RULES}
    if (of_room := _rule_of_requested_room(wanted, given)) is not None:
        explained[of_room] = _explanation(of_room, given, passed=False)
    return tuple(explained.values())


def choose_employees(wanted: WantedSlot, data: AvailabilityData) -> list[UUID]:
    """Return the employees who could take this time slot without being named, the preferred employee first.

    The list is empty if the interval or the room is invalid.
    """
    if _invalid(wanted, data) is not None:
        return []
    context = _context_of(wanted, data)
    if wanted.room_id is not None and MeetingType.PHYSICAL not in context.search.types and _room_rule(context):
        return []
    able = (_in_best_capacity(context, each, _skipped(wanted)) for each in data.employees)
    return [each.lead.id for each in by_preference(context, filter(None, able))]


def vacant_rooms(
    data: AvailabilityData, location: str, interval: Interval, ignore_slots: frozenset[UUID] = frozenset()
) -> Sequence[Room]:
    """Return the bookable rooms at the location that are free throughout the interval, sorted by id.

    A bookable room at the location that is not returned is taken, and a reservation of this room is refused as taken.
    """
    exact = in_utc(interval)
    search = SlotSearch(window=exact, duration=exact.end - exact.start, ignore_slots=ignore_slots)
    context = build_context(search, data, (exact.start,))
    return [room for room in context.rooms.get(location, ()) if context.room_free(room)]


def _invalid(wanted: WantedSlot, data: AvailabilityData) -> Rule | None:
    """Return the rule that the interval or the room breaks before any context can be built, or None."""
    interval = wanted.interval
    if interval.start < data.now.astimezone(UTC) and not wanted.is_held:
        return Rule.IN_THE_PAST
    if interval.end.year >= MAXYEAR or interval.start.year >= MAXYEAR:
        return Rule.TOO_FAR_AHEAD
    exact = in_utc(interval)
    if not is_possible_duration(exact.end - exact.start):
        return Rule.IMPOSSIBLE_DURATION
    known = wanted.room_id is None or any(room.id == wanted.room_id for room in data.rooms)
    return None if known else Rule.ROOM_NOT_BOOKABLE


def _context_of(wanted: WantedSlot, data: AvailabilityData) -> SearchContext:
    """Return the context of a search for this time slot alone.

    The wanted room is the only room of the context, and makes the meeting a physical one. Without a wanted room, the
    context has no rooms.
    """
    interval, rooms = in_utc(wanted.interval), tuple(room for room in data.rooms if room.id == wanted.room_id)
    meets_in = rooms if MeetingType.PHYSICAL in (wanted.meeting_types or MeetingType) else ()
    search = SlotSearch(
        window=interval,
        duration=interval.end - interval.start,
        meeting_types=frozenset({MeetingType.PHYSICAL}) if meets_in else wanted.meeting_types,
        topic=wanted.topic,
        customer_type=wanted.customer_type,
        meeting_location=meets_in[0].location if meets_in else wanted.meeting_location,
        customer_location=wanted.customer_location,
        explicit_employees=() if wanted.employee_id is None else (wanted.employee_id,),
        specific_rooms=tuple(room.id for room in meets_in),
        ignore_slots=wanted.ignore_slots,
        service_group=wanted.service_group,
        unsaid_is_any=True,
    )
    return build_context(search, replace(data, rooms=rooms), (interval.start,))


def _closest(
    wanted: WantedSlot, data: AvailabilityData, skipped: frozenset[Rule] = NONE
) -> tuple[RuleInput | None, Rule | None]:
    """Return the first allowed input (meeting type and capacity) and None, else the closest one and its broken rule.

    The closest input breaks its first rule latest in the order of `RULES`. Of several such inputs, the closest one
    breaks the fewest rules. The input is None if the rules cannot be evaluated: the interval or the room is invalid,
    the employee is unknown, or could serve only through a group that does not serve this.
    """
    invalid = _invalid(wanted, data)
    employee = next((each for each in data.employees if each.id == wanted.employee_id), None)
    if invalid is not None or employee is None:
        return None, invalid or Rule.NOT_BOOKABLE
    refused: list[tuple[RuleInput, Rule]] = []
    for each in _rule_inputs(_context_of(wanted, data), employee):
        broken = evaluate(each, skipped)[1]
        if broken is None:
            return each, None
        refused.append((each, broken))
    return max(refused, key=lambda each: _closeness(*each), default=(None, Rule.NOT_SERVED))


def _rule_inputs(context: SearchContext, employee: Employee) -> list[RuleInput]:
    capacities = context.capacities(employee)
    return [RuleInput(context, employee, kind, group) for kind in context.search.types for _, group in capacities]


def _closeness(given: RuleInput, broken: Rule) -> tuple[int, int]:
    return ORDER[broken], sum(bool(rule(given)) for rule in RULES.values())


def _in_best_capacity(context: SearchContext, employee: Employee, skipped: frozenset[Rule]) -> Candidate | None:
    """Return the employee in the best capacity in which the rules allow a meeting of some type, or None."""
    able = (eligible_candidates(context, employee, kind, skipped) for kind in context.search.types)
    return min(chain.from_iterable(able), key=lambda each: each.level, default=None)


def _skipped(wanted: WantedSlot) -> frozenset[Rule]:
    for_staff = NONE if wanted.soft_rules else SOFT
    for_held = NOT_ASKED_WHEN_HELD if wanted.is_held else NONE
    of_rooms = OF_ROOMS if not wanted.needs_room else frozenset({Rule.ROOM_TAKEN} if wanted.has_room else ())
    return for_staff | for_held | of_rooms


def _rule_of_requested_room(wanted: WantedSlot, given: RuleInput) -> Rule | None:
    """Return the rule that refuses the requested room, or None. For a physical meeting, `RULES` check the room."""
    if wanted.room_id is None or wanted.has_room or given.physical:
        return None
    return _room_rule(given.context)


def _room_rule(context: SearchContext) -> Rule | None:
    """Return the rule that refuses the single room of this context, or None."""
    room = next(chain.from_iterable(context.rooms.values()), None)
    if room is None:
        return Rule.ROOM_NOT_BOOKABLE
    return None if context.room_free(room) else Rule.ROOM_TAKEN


def _conflict(rule: Rule, wanted: WantedSlot, given: RuleInput | None) -> Conflict:
    if given is None:
        return _not_offered(rule)
    slots, interval = given.context.slots, given.context.timeline.meetings[0]
    match rule:
        case Rule.EMPLOYEE_TAKEN:
            return TimeSlotTaken("employee", held_until(slots.blocking(given.employee.id), interval))
        case Rule.ROOM_TAKEN if wanted.room_id:
            until = held_until(slots.rooms.get(wanted.room_id, ()), interval)
            return TimeSlotTaken("room", until, room_id=wanted.room_id)
        case Rule.ROOM_REQUIRED | Rule.ROOM_NOT_BOOKABLE if wanted.room_id:
            return _not_offered(Rule.ROOM_NOT_BOOKABLE, roomId=str(wanted.room_id))
        case _:
            refused = _not_offered(rule)
            refused.facts = {**refused.facts, **(facts(rule, given) if rule in WITH_FACTS else {})}
            return refused


def _not_offered(rule: Rule, **facts: str) -> NotOffered:
    return NotOffered(rule, WHY[rule], ADVICE.get(rule, ""), **facts)


def _explanation(rule: Rule, given: RuleInput, *, passed: bool) -> Explanation:
    why = "" if passed else WHY[rule]
    return Explanation(rule, passed, why, facts(rule, given), given.meeting_type, given.group)
