"""Competence groups, service groups and priority levels, by example."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.availability import Rule, WantedSlot, choose_employees
from domain.configuration import (
    Capacity,
    CompetenceGroup,
    Employee,
    PriorityLevel,
    Room,
    is_in_a_cycle,
    too_deep,
)
from domain.time_slots import TimeSlotStatus
from tests.unit.availability.branch import (
    ALL_MORNING,
    ANN,
    ASIDE,
    BOB,
    EVE,
    HOTLINE,
    LOW,
    MIDDLE,
    MOBILE,
    ONLINE,
    PHYSICAL,
    RED,
    TELEPHONE,
    TOP,
    Branch,
    busy,
    employee,
    hotline,
    served,
    skills,
    span,
    workday,
)

LOANS, SAVINGS, FARMERS = (UUID(int=number) for number in (51, 52, 53))


def member(*groups: UUID, **skilled: frozenset[UUID]) -> Employee:
    return replace(employee(), competence_groups=frozenset(groups), **skilled)  # type: ignore[arg-type]


class TestCompetenceGroups:
    tree = (
        CompetenceGroup(TOP, topics=skills(LOANS)),
        CompetenceGroup(MIDDLE, TOP, customer_types=skills(FARMERS), topics=skills(SAVINGS)),
        CompetenceGroup(LOW, MIDDLE, topics=skills(FARMERS)),
    )

    def takes(self, who: Employee, topic: UUID | None, customer_type: UUID | None = None) -> bool:
        branch = Branch([who], competence_groups=list(self.tree))
        return bool(branch.who(topic=topic, customer_type=customer_type))

    def test_a_member_knows_what_the_group_and_those_above_it_know(self) -> None:
        assert [self.takes(member(LOW), each) for each in (LOANS, SAVINGS, FARMERS)] == [True, True, True]
        assert [self.takes(member(TOP), each) for each in (LOANS, SAVINGS, FARMERS)] == [True, False, False]

    def test_one_source_must_admit_both_the_topic_and_the_customer_type(self) -> None:
        assert self.takes(member(MIDDLE), SAVINGS, FARMERS)
        assert not self.takes(member(MIDDLE), SAVINGS, LOANS)
        assert self.takes(member(MIDDLE), LOANS, LOANS)
        split = employee(topics=skills(SAVINGS), customer_types=skills(LOANS), competence_groups=skills(MIDDLE))
        assert not self.takes(split, SAVINGS, SAVINGS)

    def test_without_own_skills_the_groups_skills_are_all_there_is(self) -> None:
        assert not self.takes(member(TOP), SAVINGS)
        assert self.takes(member(), SAVINGS)
        assert self.takes(member(TOP, topics=skills(SAVINGS)), SAVINGS)
        assert self.takes(member(TOP, topics=skills(SAVINGS)), LOANS)
        assert self.takes(member(TOP, customer_types=skills(FARMERS)), SAVINGS, FARMERS)

    def test_a_group_that_does_not_exist_is_none(self) -> None:
        assert self.takes(member(ASIDE), SAVINGS)

    def test_groups_above_themselves_are_found(self) -> None:
        ring = [CompetenceGroup(TOP, LOW), CompetenceGroup(MIDDLE, TOP), CompetenceGroup(LOW, MIDDLE)]
        parents = {group.id: group.parent_id for group in ring}
        assert all(is_in_a_cycle(each, parents) for each in parents)
        assert is_in_a_cycle(TOP, {TOP: TOP})
        parents_of_tree = {group.id: group.parent_id for group in self.tree}
        assert not any(is_in_a_cycle(each, parents_of_tree) for each in parents_of_tree)

    def test_a_ring_of_groups_does_not_hang_the_rules(self) -> None:
        ring = [CompetenceGroup(TOP, LOW, skills(LOANS)), CompetenceGroup(LOW, TOP, skills(SAVINGS))]
        assert Branch([member(LOW)], competence_groups=ring).who(topic=LOANS) == {ANN}

    def test_five_levels_are_not_too_deep_and_six_are(self) -> None:
        chain = [CompetenceGroup(UUID(int=each), UUID(int=each - 1) if each > 1 else None) for each in range(1, 8)]
        assert too_deep(chain[:5]) == []
        assert too_deep(chain) == [UUID(int=6), UUID(int=7)]


class TestServiceGroups:
    def test_serve_the_locations_of_the_service_level(self) -> None:
        branch = served(hotline())
        assert branch.starts(meeting_location="south") == ALL_MORNING
        assert {slot.service_group_id for slot in branch.offers(meeting_location="south")} == {HOTLINE}
        assert {slot.service_group_id for slot in branch.offers(meeting_location="north")} == {None}
        assert branch.offers(meeting_location="west") == []

    def test_need_no_being_asked_for_by_location_to_be_local(self) -> None:
        assert {slot.service_group_id for slot in served(hotline()).offers()} == {None}

    def test_serve_the_meeting_types_of_the_service_level_and_not_those_of_the_day(self) -> None:
        by_phone = employee(day=workday(types=[TELEPHONE]), service_groups=skills(HOTLINE))
        found = served(hotline(), by_phone).offers(meeting_location="south")
        assert {slot.meeting_type for slot in found} == {ONLINE, PHYSICAL}
        assert served(hotline(meeting_types=frozenset())).offers(meeting_location="south") == []

    def test_without_locations_serve_every_location_but_not_in_person(self) -> None:
        found = served(hotline(locations=frozenset())).offers(meeting_location="west")
        assert {slot.meeting_type for slot in found} == {ONLINE}

    @pytest.mark.parametrize(
        ("trigger", "asked"),
        [
            ({"topics": skills(LOANS)}, {"topic": LOANS}),
            ({"customer_types": skills(FARMERS)}, {"customer_type": FARMERS}),
            ({"customer_locations": frozenset({"west"})}, {"customer_location": "west"}),
        ],
    )
    def test_are_called_by_what_triggers_them_and_by_nothing_else(
        self, trigger: dict[str, Any], asked: dict[str, Any]
    ) -> None:
        branch = served(hotline(**trigger))
        assert branch.who(meeting_location="south", **asked) == {ANN}
        assert branch.who(meeting_location="south") == set()
        other: dict[str, Any] = {key: "north" if key == "customer_location" else SAVINGS for key in asked}
        assert branch.who(meeting_location="south", **other) == set()

    def test_serve_within_working_hours(self) -> None:
        branch = served(hotline())
        assert branch.starts(meeting_location="south", meeting_type=PHYSICAL)[-1] == "11:00"
        branch.busy = [busy(span("12:00", "13:00"), status=TimeSlotStatus.EXTRA_OPEN)]
        assert branch.starts(meeting_location="south", meeting_type=PHYSICAL)[-1] == "11:00"
        assert branch.starts(meeting_location="south", meeting_type=ONLINE)[-1] == "12:00"

    def test_do_not_meet_in_person_while_working_from_elsewhere(self) -> None:
        branch = served(hotline())
        branch.busy = [busy(span("09:00", "12:00"), status=TimeSlotStatus.WORKING_FROM_ELSEWHERE)]
        assert branch.starts(meeting_location="south", meeting_type=PHYSICAL) == []
        assert branch.starts(meeting_location="south", meeting_type=ONLINE) == ALL_MORNING

    def test_name_a_room_where_they_serve(self) -> None:
        branch = served(hotline())
        branch.rooms = [Room(RED, "south")]
        found = branch.offers(meeting_location="south", meeting_types=frozenset({PHYSICAL}))
        assert {slot.room_id for slot in found} == {RED}
        assert branch.refuses(span("09:00", "10:00"), RED) is None
        assert Branch(rooms=branch.rooms).refuses(span("09:00", "10:00"), RED) == Rule.NOT_AT_LOCATION

    def test_an_offer_may_be_reserved_with_its_group_and_not_with_another(self) -> None:
        branch, hour = served(hotline(topics=skills(LOANS))), span("09:00", "10:00")
        for location, group, topic, rule in (
            ("south", HOTLINE, LOANS, None),
            ("south", HOTLINE, None, None),
            ("south", HOTLINE, SAVINGS, Rule.NOT_SERVED),
            ("south", None, SAVINGS, Rule.NOT_AT_LOCATION),
            ("north", None, SAVINGS, None),
            ("west", HOTLINE, LOANS, Rule.NOT_AT_LOCATION),
            ("south", MOBILE, LOANS, Rule.NOT_SERVED),
        ):
            found = branch.refuses(hour, topic=topic, meeting_location=location, service_group=group)
            assert found == rule
        stranger = served(hotline(), employee())
        assert stranger.refuses(hour, service_group=HOTLINE) == Rule.NOT_SERVED
        assert stranger.refuses(hour, service_group=HOTLINE, soft_rules=False) == Rule.NOT_SERVED

    def test_meet_together_with_those_who_are_local(self) -> None:
        people = (employee(service_groups=skills(HOTLINE)), employee(BOB, workday(place="south")))
        found = served(hotline(), *people).offers(
            meeting_location="south",
            explicit_employees=(ANN, BOB),
            require_all=True,
            meeting_types=frozenset({PHYSICAL}),
        )
        assert {(slot.employee_id, slot.further_employee_ids, slot.service_group_id) for slot in found} == {
            (ANN, (BOB,), HOTLINE)
        }


class TestPriorityLevels:
    def first(self, *levels: PriorityLevel, named: tuple[UUID, ...] = ()) -> UUID:
        groups = [hotline(label="gold"), replace(hotline(), id=MOBILE)]
        people = [
            employee(BOB, workday(place="south")),
            employee(service_groups=skills(HOTLINE)),
            employee(EVE, service_groups=skills(MOBILE)),
        ]
        branch = Branch(people, [busy(span("15:00", "16:00"))], service_groups=groups)
        if levels:
            branch.organisation = {"priority_levels": levels}
        (found,) = {
            slot.employee_id
            for slot in branch.offers(
                best=True,
                meeting_location="south",
                meeting_types=frozenset({PHYSICAL}),
                explicit_employees=named,
            )
        }
        in_person = frozenset({PHYSICAL})
        wanted = WantedSlot(span("09:00", "10:00"), meeting_location="south", meeting_types=in_person)
        if not named:
            assert choose_employees(wanted, branch.situation)[0] == found
        return found

    def test_named_then_local_then_service_group_unless_configured(self) -> None:
        assert self.first() == BOB
        assert self.first(named=(ANN,)) == ANN

    def test_a_service_group_may_come_first_and_the_fairest_of_it(self) -> None:
        assert self.first(PriorityLevel(Capacity.SERVICE_GROUP)) == EVE

    def test_a_label_narrows_the_level_to_its_groups(self) -> None:
        assert self.first(PriorityLevel(Capacity.SERVICE_GROUP, "gold")) == ANN

    def test_who_has_no_level_comes_last(self) -> None:
        assert self.first(PriorityLevel(Capacity.LOCAL)) == BOB

    def test_a_busy_level_leaves_the_start_to_the_next(self) -> None:
        people = [employee(BOB, workday("10:00", "12:00", "south")), employee(service_groups=skills(HOTLINE))]
        found = served(hotline(), *people).offers(
            best=True, meeting_location="south", meeting_types=frozenset({PHYSICAL})
        )
        assert [slot.employee_id for slot in found] == [ANN, ANN, BOB, BOB, BOB]
