"""Which rule lets an employee have a time slot, which does not, and by what."""

from dataclasses import dataclass, field

from domain.availability.facts import WHY, Facts, facts
from domain.availability.questions import Situation, WantedSlot
from domain.availability.reservation import board_of, closest, employee_of, misfit_of
from domain.availability.rules import RULES, SOFT, Rule
from domain.availability.working import Case
from domain.configuration import ServiceGroup
from domain.meetings import MeetingType


@dataclass(frozen=True, slots=True)
class Explanation:
    """One rule's verdict on one time slot, for a meeting of this type by a local employee or one of this group.

    `why` ends the sentence "This time slot is not offered: …" when the rule has not `passed`, and is empty when it has.
    """

    rule: Rule
    passed: bool
    why: str = ""
    facts: Facts = field(default_factory=dict)
    meeting_type: MeetingType | None = None
    service_group: ServiceGroup | None = None

    @property
    def overridable(self) -> bool:
        """Whether staff may go past this rule."""
        return self.rule in SOFT


def explain(wanted: WantedSlot, situation: Situation) -> tuple[Explanation, ...]:
    """The verdict of every rule, in the order in which they are tried; the slot is refused unless all have passed.

    They are those for the meeting type and capacity that come closest to being allowed. A wish that nothing can be
    computed with has one verdict alone.
    """
    misfit = misfit_of(wanted.interval, wanted.room_id, situation)
    employee = employee_of(wanted, situation)
    if misfit is not None or employee is None:
        return (_alone(misfit or Rule.NOT_BOOKABLE),)
    case, _ = closest(board_of(wanted, situation, (employee.id,)), employee)
    return tuple(_explained(rule, case) for rule in RULES) if case else (_alone(Rule.NOT_SERVED),)


def _alone(rule: Rule) -> Explanation:
    return Explanation(rule, passed=False, why=WHY[rule])


def _explained(rule: Rule, case: Case) -> Explanation:
    passed = bool(RULES[rule](case))
    why = "" if passed else WHY[rule]
    return Explanation(rule, passed, why, facts(rule, case), case.meeting_type, case.group)
