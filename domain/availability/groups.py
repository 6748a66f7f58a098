"""What belonging to groups does: competence that is inherited, and the capacities in which somebody may serve.

Competence has sources: each group that the employee is in, each group above those, and the employee's own skills if
there are any or no group is. One source must admit both the topic and the customer type; a source without a
restriction on one of them is open on that one.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from domain.availability.questions import Situation, SlotSearch
from domain.configuration import Capacity, CompetenceGroup, Employee, PriorityLevel, ServiceGroup, WorkingSpan, lineage
from domain.time_slots import Interval

Source = Employee | CompetenceGroup


class Competence:
    """Who is qualified for what one search asks."""

    def __init__(self, search: SlotSearch, groups: Iterable[CompetenceGroup]) -> None:
        known = {group.id: group for group in groups}
        self.search: Final = search
        self.admits: Final = {each: any(map(self._admits, lineage(each, known))) for each in known}

    def qualifies(self, employee: Employee) -> bool:
        mine = [self.admits[group] for group in employee.competence_groups if group in self.admits]
        skilled = employee.topics or employee.customer_types or not mine
        return any(mine) or bool(skilled and self._admits(employee))

    def _admits(self, source: Source) -> bool:
        topic, kind = self.search.topic, self.search.customer_type
        open_on_topic = topic is None or not source.topics or topic in source.topics
        return open_on_topic and (kind is None or not source.customer_types or kind in source.customer_types)


def working_spans_on(topic: UUID, situation: Situation) -> Iterator[WorkingSpan]:
    """The working spans of everybody who can be booked and takes the topic."""
    asked = SlotSearch(Interval(situation.now, situation.now), timedelta(hours=1), topic=topic)
    competence = Competence(asked, situation.competence_groups)
    for employee in situation.employees:
        if employee.can_be_booked and competence.qualifies(employee):
            yield from chain.from_iterable(employee.week.values())


def triggered(search: SlotSearch, situation: Situation) -> Mapping[UUID, ServiceGroup]:
    """The service groups that what is asked calls in, by id. Where no location is asked, everybody is local."""
    if search.place is None and not search.unsaid_is_any:
        return {}
    called = [group for group in situation.service_groups if _calls(search, group)]
    return {group.id: group for group in sorted(called, key=lambda group: group.id)}


def capacities(
    search: SlotSearch, employee: Employee, groups: Mapping[UUID, ServiceGroup]
) -> list[ServiceGroup | None]:
    """In which the employee may be offered: None is local, a group is one that was called in."""
    if search.service_group is not None:
        return [groups[search.service_group]] if search.service_group in groups else []
    if not employee.service_groups:
        return [None]
    return [None, *(group for identity, group in groups.items() if identity in employee.service_groups)]


def level(situation: Situation, search: SlotSearch, employee: Employee, group: ServiceGroup | None) -> int:
    """The rank of the first priority level that the employee has in this capacity."""
    named = employee.id in search.explicit_employees
    levels = situation.organisation.priority_levels
    return next((rank for rank, each in enumerate(levels) if _has(each, group, named=named)), len(levels))


def _has(priority: PriorityLevel, group: ServiceGroup | None, *, named: bool) -> bool:
    match priority.capacity:
        case Capacity.EXPLICIT:
            return named
        case Capacity.LOCAL:
            return group is None
        case Capacity.SERVICE_GROUP:
            return group is not None and priority.label in (None, group.label)


def _calls(search: SlotSearch, group: ServiceGroup) -> bool:
    return (
        _matches(search, search.topic, group.topics)
        and _matches(search, search.customer_type, group.customer_types)
        and _matches(search, search.customer_location, group.customer_locations)
    )


def _matches(search: SlotSearch, asked: UUID | str | None, trigger: frozenset[UUID] | frozenset[str]) -> bool:
    return not trigger or asked in trigger or (asked is None and search.unsaid_is_any)
