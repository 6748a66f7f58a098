"""Effects of group membership: inherited competence, and the capacities in which an employee may serve.

Competence has sources: each group of the employee, each group above those, and the employee's own skills. Own skills
count if the employee has any, or is in no group. One source must admit both the topic and the customer type. A source
without a restriction on topics or on customer types admits all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from domain.availability.questions import AvailabilityData, SlotSearch
from domain.configuration import Capacity, CompetenceGroup, Employee, PriorityLevel, ServiceGroup, WorkingSpan, lineage
from domain.time_slots import Interval

Source = Employee | CompetenceGroup


class Competence:
    """Decides which employees are qualified for the topic and the customer type of one search."""

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


def working_spans_on(topic: UUID, situation: AvailabilityData) -> Iterator[WorkingSpan]:
    """Yield the working spans of all bookable employees who are qualified for the topic."""
    asked = SlotSearch(Interval(situation.now, situation.now), timedelta(hours=1), topic=topic)
    competence = Competence(asked, situation.competence_groups)
    for employee in situation.employees:
        if employee.can_be_booked and competence.qualifies(employee):
            yield from chain.from_iterable(employee.week.values())


def triggered(search: SlotSearch, situation: AvailabilityData) -> Mapping[UUID, ServiceGroup]:
    """Return the service groups that the search triggers, by id.

    A search without a location triggers none, because every employee is local then, unless `unsaid_is_any` is set.
    """
    if search.place is None and not search.unsaid_is_any:
        return {}
    called = [group for group in situation.service_groups if _calls(search, group)]
    return {group.id: group for group in sorted(called, key=lambda group: group.id)}


def capacities(
    search: SlotSearch, employee: Employee, groups: Mapping[UUID, ServiceGroup]
) -> list[ServiceGroup | None]:
    """Return the capacities in which the employee may be offered: None is local, a group is one that was triggered.

    If the search names a service group, that group is the only capacity. A rule checks the membership of the employee.
    """
    if search.service_group is not None:
        return [groups[search.service_group]] if search.service_group in groups else []
    if not employee.service_groups:
        return [None]
    return [None, *(group for identity, group in groups.items() if identity in employee.service_groups)]


def level(situation: AvailabilityData, search: SlotSearch, employee: Employee, group: ServiceGroup | None) -> int:
    """Return the rank of the employee's first priority level in this capacity, or a rank after all levels."""
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
