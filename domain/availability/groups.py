"""Effects of group membership: inherited competence, and the capacities in which an employee may serve.

Competence has sources: each group of the employee, each group above those, and the employee's own skills. Own skills
count if the employee has any, or is in no group. One source must admit both the topic and the customer type. A source
without a restriction on topics or on customer types admits all of them.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter
from uuid import UUID

from domain.availability.inputs import AvailabilityData, SlotSearch
from domain.configuration import Capacity, CompetenceGroup, Employee, PriorityLevel, ServiceGroup, WorkingSpan, lineage


def qualification(
    data: AvailabilityData, topic: UUID | None, customer_type: UUID | None = None
) -> Callable[[Employee], bool]:
    """Return a function that returns whether an employee is qualified for the topic and the customer type.

    None as topic or customer type: the search does not ask for one, and every employee is qualified in this respect.
    """

    def admits(source: Employee | CompetenceGroup) -> bool:
        open_on_topic = topic is None or not source.topics or topic in source.topics
        return open_on_topic and (
            customer_type is None or not source.customer_types or customer_type in source.customer_types
        )

    def is_qualified(employee: Employee) -> bool:
        """Return whether one of the employee's groups admits both, or the employee's own topics and customer types do.

        Without any own topic or customer type, an employee in a group has only what the groups admit. An employee who
        is in no group either is not restricted at all.
        """
        groups = employee.competence_groups & known.keys()
        lists_own_skills = bool(employee.topics or employee.customer_types)
        return not groups.isdisjoint(admitting) or ((lists_own_skills or not groups) and admits(employee))

    known = {group.id: group for group in data.competence_groups}
    admitting = {each for each in known if any(map(admits, lineage(each, known)))}
    return is_qualified


def profiles_of(employees: Iterable[Employee]) -> Mapping[UUID, int]:
    """Return a number for each employee, by id. Employees with the same number differ only in their id and name."""
    numbers: dict[Hashable, int] = {}
    return {each.id: numbers.setdefault(_profile(each), len(numbers)) for each in employees}


def _profile(employee: Employee) -> Hashable:
    return (
        employee.location,
        employee.can_be_booked,
        employee.is_only_explicitly_available,
        tuple(employee.week.items()),
        employee.topics,
        employee.customer_types,
        employee.competence_groups,
        employee.service_groups,
        employee.max_meeting_time_per_day,
    )


def working_spans_on(topic: UUID, data: AvailabilityData) -> Iterator[WorkingSpan]:
    """Yield the working spans of all bookable employees who are qualified for the topic."""
    is_qualified = qualification(data, topic)
    for employee in data.employees:
        if employee.can_be_booked and is_qualified(employee):
            yield from chain.from_iterable(employee.week.values())


def triggered_groups(search: SlotSearch, data: AvailabilityData) -> Mapping[UUID, ServiceGroup]:
    """Return the service groups that the search triggers, by id.

    A search without a location triggers none, because every employee is local then, unless `unsaid_is_any` is set.
    """
    if search.place is None and not search.unsaid_is_any:
        return {}
    return {group.id: group for group in sorted(data.service_groups, key=attrgetter("id")) if _triggers(search, group)}


def ranked_capacities(
    search: SlotSearch,
    employee: Employee,
    groups: Mapping[UUID, ServiceGroup],
    levels: tuple[PriorityLevel, ...],
) -> list[tuple[int, ServiceGroup | None]]:
    """Return the capacities in which the employee may be offered, the best one first, each with its rank.

    A capacity is None for a local employee, or one of `groups`, which the search has triggered. The rank is that of the
    employee's first priority level in this capacity, or a rank after all levels. If the search names a service group,
    that group is the only capacity. A rule checks the membership of the employee.
    """
    named = employee.id in search.explicit_employees
    found: list[ServiceGroup | None]
    if search.service_group is not None:
        found = [groups[search.service_group]] if search.service_group in groups else []
    else:
        found = [None, *(group for each, group in groups.items() if each in employee.service_groups)]
    ranks = [
        (next((rank for rank, level in enumerate(levels) if _has(level, group, named=named)), len(levels)), group)
        for group in found
    ]
    return sorted(ranks, key=lambda each: (each[0], each[1] is not None))


def _has(level: PriorityLevel, group: ServiceGroup | None, *, named: bool) -> bool:
    match level.capacity:
        case Capacity.EXPLICIT:
            return named
        case Capacity.LOCAL:
            return group is None
        case Capacity.SERVICE_GROUP:
            return group is not None and level.label in (None, group.label)


def _triggers(search: SlotSearch, group: ServiceGroup) -> bool:
    asked = (
        (search.topic, group.topics),
        (search.customer_type, group.customer_types),
        (search.customer_location, group.customer_locations),
    )
    return all(not trigger or value in trigger or (value is None and search.unsaid_is_any) for value, trigger in asked)
