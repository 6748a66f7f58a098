"""Explain which rules allow an employee to have a time slot, which rules refuse, and by which facts."""

from dataclasses import dataclass, field

from domain.availability.context.working import RuleInput
from domain.availability.facts import WHY, Facts, facts
from domain.availability.questions import AvailabilityData, WantedSlot
from domain.availability.reservation import board_of, closest, employee_of, misfit_of
from domain.availability.rules import RULES, SOFT, Rule
from domain.configuration import ServiceGroup
from domain.meetings import MeetingType


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


def explain(wanted: WantedSlot, situation: AvailabilityData) -> tuple[Explanation, ...]:
    """Return the result of every rule, in the order of evaluation. The slot is refused unless all rules have passed.

    The results are those for the meeting type and capacity that come closest to being allowed. The only result is one
    refusal if the rules cannot be evaluated: the employee is unknown or has no capacity, or the interval or room is
    invalid.
    """
    misfit = misfit_of(wanted.interval, wanted.room_id, situation)
    employee = employee_of(wanted, situation)
    if misfit is not None or employee is None:
        return (_alone(misfit or Rule.NOT_BOOKABLE),)
    case, _ = closest(board_of(wanted, situation, (employee.id,)), employee)
    return tuple(_explained(rule, case) for rule in RULES) if case else (_alone(Rule.NOT_SERVED),)


def _alone(rule: Rule) -> Explanation:
    return Explanation(rule, passed=False, why=WHY[rule])


def _explained(rule: Rule, case: RuleInput) -> Explanation:
    passed = bool(RULES[rule](case))
    why = "" if passed else WHY[rule]
    return Explanation(rule, passed, why, facts(rule, case), case.meeting_type, case.group)
