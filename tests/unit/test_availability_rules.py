"""The rules that an organisation configures, by example: groups, buffers, opening, notice, caps, priorities."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.availability import Rule, WantedSlot, choose_employees, explain, refusal
from domain.availability.inputs import BusyTime
from domain.availability.rules import RULES
from domain.configuration import (
    Capacity,
    CompetenceGroup,
    Employee,
    PriorityLevel,
    Room,
    ServiceGroup,
    Weekday,
    is_in_a_cycle,
    too_deep,
)
from domain.errors import NotOffered
from domain.meetings import MeetingType
from domain.time_slots import BLOCKING, MEETINGS, Interval, TimeSlotStatus
from tests.unit.availability_branch import (
    ALL_MORNING,
    ANN,
    BOB,
    EVE,
    HALF,
    HOUR,
    MONDAY,
    ONLINE,
    PHYSICAL,
    RED,
    TELEPHONE,
    Branch,
    at,
    busy,
    employee,
    span,
    workday,
)

LOANS, SAVINGS, FARMERS = (UUID(int=number) for number in (51, 52, 53))
TOP, MIDDLE, LOW, ASIDE = (UUID(int=number) for number in (61, 62, 63, 64))
HOTLINE, MOBILE = (UUID(int=number) for number in (71, 72))
TUESDAY = date(2025, 6, 3)
FRIDAY, SATURDAY, NEXT_MONDAY = date(2025, 6, 6), date(2025, 6, 7), date(2025, 6, 9)

BUFFERED = {"buffer_between_meetings": HALF}
CAPPED = {"max_meeting_time_per_day": HOUR * 2}


def member(*groups: UUID, **skilled: frozenset[UUID]) -> Employee:
    return replace(employee(), competence_groups=frozenset(groups), **skilled)  # type: ignore[arg-type]


def skills(*topics: UUID) -> frozenset[UUID]:
    return frozenset(topics)


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


def hotline(**other: object) -> ServiceGroup:
    serves: dict[str, object] = {"locations": frozenset({"south"}), "meeting_types": frozenset({ONLINE, PHYSICAL})}
    return ServiceGroup(HOTLINE, "Hotline", **{**serves, **other})  # type: ignore[arg-type]


def served(group: ServiceGroup, *people: Employee) -> Branch:
    staffed = people or (employee(service_groups=frozenset({group.id})),)
    return Branch(list(staffed), service_groups=[group])


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


class TestBuffer:
    @pytest.mark.parametrize("status", sorted(TimeSlotStatus))
    def test_is_kept_around_meetings_and_around_nothing_else_that_blocks(self, status: TimeSlotStatus) -> None:
        branch = Branch(busy=[busy(span("10:30", "11:00"), status=status)], organisation=BUFFERED)
        if status in MEETINGS:
            assert branch.starts(duration=HALF) == ["09:00", "09:30", "11:30"]
        elif status in BLOCKING:
            assert branch.starts(duration=HALF) == ["09:00", "09:30", "10:00", "11:00", "11:30"]

    def test_may_be_touched_and_not_entered(self) -> None:
        branch = Branch(busy=[busy(span("08:00", "08:30"))], organisation=BUFFERED)
        assert branch.starts()[0] == "09:00"
        branch.busy = [busy(span("08:00", "08:31"))]
        assert branch.starts()[0] == "09:30"

    def test_is_not_around_expired_holds_nor_the_bookings_own_slots(self) -> None:
        near = busy(span("08:00", "09:00"), held_until=at("06:00"))
        assert Branch(busy=[near], organisation=BUFFERED).starts()[0] == "09:00"
        own = Branch(busy=[near._replace(held_until=None)], organisation=BUFFERED)
        assert own.starts(ignore_slots=frozenset({near.id}))[0] == "09:00"

    def test_leaves_rooms_alone(self) -> None:
        taken = busy(span("08:00", "09:00"), employee_id=BOB, room_id=RED)
        branch = Branch(busy=[taken], rooms=[Room(RED, "north")], room_required=True, organisation=BUFFERED)
        assert branch.starts(meeting_type=PHYSICAL) == ALL_MORNING

    def test_refuses_staff_too_and_is_not_said_of_what_overlaps(self) -> None:
        branch = Branch(busy=[busy(span("10:00", "11:00"))], organisation=BUFFERED)
        for soft_rules in (True, False):
            assert branch.refuses(span("09:00", "10:00"), soft_rules=soft_rules) == Rule.WITHIN_BUFFER
            assert branch.refuses(span("10:30", "11:30"), soft_rules=soft_rules) == "employee"

    def test_tells_until_when_a_hold_is_near(self) -> None:
        held = busy(span("10:00", "11:00"), held_until=at("06:05"))
        conflict = refusal(
            WantedSlot(span("09:00", "10:00"), ANN), Branch(busy=[held], organisation=BUFFERED).situation
        )
        assert isinstance(conflict, NotOffered)
        assert conflict.facts == {
            "rule": "WITHIN_BUFFER",
            "bufferMinutes": 30,
            "heldUntil": "2025-06-02T04:05:00.000Z",
        }


class TestOpening:
    def test_nothing_on_a_closing_day_in_local_time(self) -> None:
        nights = [employee(day=workday("22:00", "00:00")), employee(BOB, workday("00:00", "02:00"))]
        branch = Branch(nights, organisation={"closing_days": frozenset({MONDAY})})
        assert branch.starts() == []
        assert branch.starts(TUESDAY, explicit_employees=(BOB,)) == ["00:00", "00:30", "01:00"]

    def test_a_meeting_that_reaches_into_a_closing_day_is_refused(self) -> None:
        always = [employee(day=workday("00:00", "00:00"))]
        branch = Branch(always, organisation={"closing_days": frozenset({TUESDAY})})
        assert branch.starts()[-1] == "23:00"
        assert branch.refuses(Interval(at("23:30"), at("23:30") + HOUR)) == Rule.CLOSED

    def test_the_meeting_lies_inside_opening_hours(self) -> None:
        branch = Branch(organisation={"opens": time(9, 30), "closes": time(11, 30)})
        assert branch.starts() == ["09:30", "10:00", "10:30"]
        assert branch.refuses(span("09:00", "10:00")) == Rule.OUTSIDE_OPENING_HOURS

    def test_one_bound_is_enough_and_midnight_closes_the_day(self) -> None:
        assert Branch(organisation={"opens": time(10)}).starts()[0] == "10:00"
        assert Branch(organisation={"closes": time(10)}).starts() == ["09:00"]
        always = [employee(day=workday("00:00", "00:00"))]
        assert Branch(always, organisation={"opens": time(22), "closes": time()}).starts()[-1] == "23:00"

    def test_openings_do_not_open_a_closed_organisation(self) -> None:
        extra = busy(span("12:00", "14:00"), status=TimeSlotStatus.EXTRA_OPEN)
        assert Branch(busy=[extra], organisation={"closes": time(13)}).starts()[-1] == "12:00"

    def test_staff_may_go_past_both(self) -> None:
        closed = {"closing_days": frozenset({MONDAY}), "opens": time(11)}
        assert Branch(organisation=closed).refuses(span("09:00", "10:00"), soft_rules=False) is None


class TestNotice:
    """The employee works from 09:00 to 16:00."""

    def earliest(self, now: datetime, notice: timedelta, day: date = MONDAY, **organisation: object) -> str | None:
        settings = {"working_time_buffer": notice, "slot_interval": timedelta(minutes=10), **organisation}
        branch = Branch([employee(day=workday("09:00", "16:00"))], now=now, organisation=settings)
        return next(iter(branch.starts(day, duration=timedelta(minutes=10))), None)

    def test_two_hours_asked_an_hour_before_the_end_is_one_hour_into_the_next_working_day(self) -> None:
        assert self.earliest(at("15:00"), HOUR * 2) is None
        assert self.earliest(at("15:00"), HOUR * 2, TUESDAY) == "10:00"

    def test_asked_with_exactly_the_notice_left_the_next_day_is_free_from_its_beginning(self) -> None:
        assert self.earliest(at("14:00"), HOUR * 2, TUESDAY) == "09:00"
        assert self.earliest(at("13:50"), HOUR * 2) == "15:50"

    def test_is_exact_at_its_edge(self) -> None:
        branch = Branch(now=at("09:00"), organisation={"working_time_buffer": HOUR})
        assert branch.starts()[0] == "10:00"
        branch.now += timedelta(microseconds=1)
        assert branch.starts()[0] == "10:30"

    def test_worked_off_when_work_ends_leaves_an_opening_right_after_it(self) -> None:
        extra = busy(span("12:00", "13:00"), status=TimeSlotStatus.EXTRA_OPEN)
        branch = Branch(busy=[extra], now=at("09:00"), organisation={"working_time_buffer": HOUR * 3})
        assert branch.starts() == ["12:00"]

    def test_counts_no_time_before_work_nor_on_days_off(self) -> None:
        assert self.earliest(at("06:00"), HOUR) == "10:00"
        assert self.earliest(at("20:00"), HOUR, TUESDAY) == "10:00"
        week = {day: (workday("09:00", "16:00"),) for day in Weekday if day < Weekday.SATURDAY}
        branch = Branch([replace(employee(), week=week)], now=at("15:30", FRIDAY))
        branch.organisation = {"working_time_buffer": HOUR}
        assert branch.starts(SATURDAY) == []
        assert branch.starts(NEXT_MONDAY)[0] == "09:30"

    def test_counts_all_spans_of_a_day_and_no_breaks(self) -> None:
        spans = workday("09:00", "11:00"), workday("13:00", "15:00")
        branch = Branch([employee(ANN, *spans)], now=at("08:00"), organisation={"working_time_buffer": HOUR * 3})
        assert branch.starts() == ["14:00"]
        branch.organisation["working_time_buffer"] = HOUR * 5
        assert branch.starts() == []
        assert branch.starts(TUESDAY)[0] == "10:00"

    def test_counts_only_while_the_organisation_is_open(self) -> None:
        assert self.earliest(at("15:00"), HOUR, TUESDAY, closes=time(15, 30)) == "09:30"
        assert self.earliest(at("15:00"), HOUR * 2, TUESDAY, closing_days=frozenset({TUESDAY})) is None
        wednesday = date(2025, 6, 4)
        assert self.earliest(at("15:00"), HOUR * 2, wednesday, closing_days=frozenset({TUESDAY})) == "10:00"

    def test_openings_are_no_working_time_here(self) -> None:
        extra = busy(span("07:00", "09:00"), status=TimeSlotStatus.EXTRA_OPEN)
        branch = Branch(busy=[extra], organisation={"working_time_buffer": HOUR})
        assert branch.starts() == ["10:00", "10:30", "11:00"]

    def test_is_for_customers_only(self) -> None:
        branch = Branch(now=at("09:00"), organisation={"working_time_buffer": HOUR * 8})
        assert branch.starts() == []
        assert branch.starts(customer_initiated=False) == ALL_MORNING
        assert branch.starts(ignore_minimum_time_before_booking=True) == ALL_MORNING
        assert branch.refuses(span("09:00", "10:00")) == Rule.TOO_SOON
        assert branch.refuses(span("09:00", "10:00"), soft_rules=False) is None

    def test_a_skipped_hour_is_not_worked(self) -> None:
        spring = date(2025, 3, 30)
        branch = Branch([employee(day=workday("01:00", "06:00"))], now=at("00:00", spring))
        branch.organisation = {"working_time_buffer": HOUR * 2}
        assert branch.starts(spring)[0] == "04:00"


class TestDailyCap:
    def test_is_reached_and_not_passed(self) -> None:
        branch = Branch(busy=[busy(span("15:00", "16:00"))], organisation=CAPPED)
        assert branch.starts() == ALL_MORNING
        branch.busy = [busy(span("15:00", "16:01"))]
        assert branch.starts() == []
        assert branch.starts(duration=timedelta(minutes=59))[0] == "09:00"

    def test_counts_booked_and_reserved_time_of_that_employee_and_local_day(self) -> None:
        for other in (
            {"status": TimeSlotStatus.BUSY},
            {"employee_id": BOB},
            {"held_until": at("06:00")},
            {"interval": span("15:00", "18:00", TUESDAY)},
        ):
            branch = Branch(busy=[busy(span("15:00", "18:00"))], organisation=CAPPED)
            assert branch.starts() == []
            branch.busy = [branch.busy[0]._replace(**other)]
            assert branch.starts() == ALL_MORNING

    def test_a_meeting_over_midnight_counts_for_each_day_in_its_part(self) -> None:
        always, late = [employee(day=workday("00:00", "00:00"))], span("12:00", "13:15")
        branch = Branch(always, [busy(late)], organisation=CAPPED)
        assert branch.starts() == ["23:30"]
        branch.busy = [busy(span("12:00", "13:45", TUESDAY))]
        assert branch.starts()[-1] == "23:00"

    def test_the_employees_own_else_the_most_generous_groups_else_the_organisations(self) -> None:
        groups = [ServiceGroup(HOTLINE, max_meeting_time_per_day=HOUR), ServiceGroup(MOBILE), ServiceGroup(LOW)]
        groups[1] = replace(groups[1], max_meeting_time_per_day=HALF)
        for own, mine, longest in (
            (HALF * 3, skills(HOTLINE, MOBILE), HALF * 3),
            (timedelta(), skills(HOTLINE, MOBILE), None),
            (None, skills(HOTLINE, MOBILE, LOW), HOUR),
            (None, skills(MOBILE), HALF),
            (None, skills(LOW), HOUR * 2),
            (None, skills(), HOUR * 2),
        ):
            someone = employee(service_groups=mine, max_meeting_time_per_day=own)
            branch = Branch([someone], service_groups=groups, organisation=CAPPED)
            fitting = [each for each in (HALF, HOUR, HALF * 3, HOUR * 2, HALF * 5) if branch.starts(duration=each)]
            assert max(fitting, default=None) == longest

    def test_is_not_for_what_staff_book(self) -> None:
        branch = Branch(organisation={"max_meeting_time_per_day": timedelta()})
        assert branch.starts() == []
        assert branch.starts(customer_initiated=False) == ALL_MORNING
        assert branch.refuses(span("09:00", "10:00")) == Rule.DAILY_CAP_REACHED
        assert branch.refuses(span("09:00", "10:00"), soft_rules=False) is None


class TestExplanation:
    hour = span("09:00", "10:00")

    def test_every_rule_passes_when_nothing_is_refused(self) -> None:
        told = explain(WantedSlot(self.hour, ANN), Branch().situation)
        assert [each.rule for each in told] == list(RULES)
        assert all(each.passed and not each.why for each in told)

    def test_every_rule_has_its_own_verdict(self) -> None:
        branch = Branch(busy=[busy(self.hour)], organisation={"closing_days": frozenset({MONDAY})})
        told = explain(WantedSlot(span("09:10", "10:10"), ANN), branch.situation)
        failed = [each.rule for each in told if not each.passed]
        assert failed == [Rule.OFF_GRID, Rule.CLOSED, Rule.EMPLOYEE_TAKEN]
        assert [each.rule for each in told if each.overridable and not each.passed] == [Rule.CLOSED]

    def test_says_by_what(self) -> None:
        branch = Branch(
            busy=[busy(span("10:00", "11:00"), held_until=at("06:05"))],
            now=at("06:00"),
            organisation={
                "closing_days": frozenset({MONDAY}),
                "opens": time(10),
                "working_time_buffer": HALF,
                "max_meeting_time_per_day": HALF * 3,
                "buffer_between_meetings": HALF,
            },
        )
        for rule, facts in {
            Rule.CLOSED: {"closingDay": "2025-06-02"},
            Rule.OUTSIDE_OPENING_HOURS: {"opens": "10:00:00"},
            Rule.OUTSIDE_WORKING_HOURS: {"worksFrom": "09:00:00", "worksTo": "12:00:00"},
            Rule.NOT_AT_LOCATION: {"location": "north"},
            Rule.TOO_FAR_AHEAD: {"latestStart": "2025-11-29T04:00:00.000Z"},
            Rule.DAILY_CAP_REACHED: {"date": "2025-06-02", "capMinutes": 90, "usedMinutes": 60, "wantedMinutes": 60},
            Rule.WITHIN_BUFFER: {"bufferMinutes": 30, "heldUntil": "2025-06-02T04:05:00.000Z"},
            Rule.EMPLOYEE_TAKEN: {},
        }.items():
            assert branch.explains(self.hour, rule).facts == facts

    def test_says_which_breaks_the_day_has(self) -> None:
        spans = workday("09:00", "10:00"), workday("10:00", "12:00", "south"), workday("13:00", "00:00")
        branch = Branch([employee(ANN, *spans)])
        told = branch.explains(span("12:00", "13:00"), Rule.OUTSIDE_WORKING_HOURS)
        assert not told.passed
        lunch = [{"from": "12:00:00", "to": "13:00:00"}]
        assert told.facts == {"worksFrom": "09:00:00", "worksTo": "00:00:00", "breaks": lunch}

    @pytest.mark.parametrize(("starts", "place"), [("09:00", "north"), ("10:00", "south"), ("12:00", "south")])
    def test_says_where_the_employee_is_in_that_span(self, starts: str, place: str) -> None:
        branch = Branch([employee(ANN, workday("09:30", "10:00"), workday("10:00", "12:00", "south"))])
        wanted = Interval(at(starts), at(starts) + HALF)
        assert branch.explains(wanted, Rule.NOT_AT_LOCATION).facts == {"location": place}

    def test_says_from_when_there_is_notice_enough(self) -> None:
        branch = Branch(now=at("08:00"), organisation={"working_time_buffer": HALF})
        told = branch.explains(span("09:00", "10:00"), Rule.TOO_SOON)
        assert not told.passed
        assert told.facts == {"earliestStart": "2025-06-02T07:30:00.000Z"}
        later = branch.explains(span("10:00", "11:00"), Rule.TOO_SOON)
        assert later.passed
        assert later.facts == {"earliestStart": "2025-06-02T07:30:00.000Z"}

    def test_says_until_when_it_is_held(self) -> None:
        branch = Branch(
            busy=[busy(self.hour, held_until=at("06:05"), room_id=RED)], rooms=[Room(RED, "north")], room_required=True
        )
        held = {"heldUntil": "2025-06-02T04:05:00.000Z"}
        assert branch.explains(self.hour, Rule.EMPLOYEE_TAKEN).facts == held
        assert branch.explains(self.hour, Rule.ROOM_TAKEN, room_id=RED).facts == held

    def test_is_of_the_type_and_capacity_that_come_closest(self) -> None:
        branch = served(hotline())
        told = branch.explains(span("11:30", "12:30"), Rule.OUTSIDE_WORKING_HOURS, meeting_location="south")
        assert not told.passed
        told = branch.explains(self.hour, Rule.NOT_AT_LOCATION, meeting_location="south")
        assert told.passed
        assert told.service_group == hotline()
        assert told.meeting_type in (ONLINE, MeetingType.PHYSICAL)

    @pytest.mark.parametrize(
        ("wanted", "rule"),
        [
            (WantedSlot(span("05:00", "06:00"), ANN), Rule.IN_THE_PAST),
            (WantedSlot(span("10:00", "09:00"), ANN), Rule.IMPOSSIBLE_DURATION),
            (WantedSlot(span("09:00", "10:00"), BOB), Rule.NOT_BOOKABLE),
            (WantedSlot(span("09:00", "10:00"), ANN, RED), Rule.ROOM_NOT_BOOKABLE),
            (WantedSlot(span("09:00", "10:00"), ANN, service_group=HOTLINE), Rule.NOT_SERVED),
        ],
    )
    def test_a_wish_that_cannot_be_computed_has_one_verdict(self, wanted: WantedSlot, rule: Rule) -> None:
        (told,) = explain(wanted, Branch().situation)
        assert (told.rule, told.passed) == (rule, False)
        assert told.why


@pytest.mark.parametrize(
    ("room", "taken", "rule"),
    [
        pytest.param(Room(RED, "north", can_be_booked=False), [], Rule.ROOM_NOT_BOOKABLE, id="not bookable"),
        pytest.param(
            Room(RED, "north"),
            [busy(span("09:00", "10:00"), employee_id=None, room_id=RED)],
            Rule.ROOM_TAKEN,
            id="taken",
        ),
    ],
)
def test_an_online_meeting_in_an_unavailable_room_is_explained_as_it_is_refused(
    room: Room, taken: list[BusyTime], rule: Rule
) -> None:
    branch = Branch(rooms=[room], busy=taken)
    wanted = WantedSlot(span("09:00", "10:00"), ANN, RED, meeting_types=frozenset({ONLINE}))
    refused = refusal(wanted, branch.situation)
    assert refused is not None
    assert [each.rule for each in explain(wanted, branch.situation) if not each.passed] == [rule]


@pytest.mark.parametrize("can_be_booked", [True, False])
def test_nobody_is_chosen_for_an_online_meeting_in_a_room_that_cannot_be_booked(can_be_booked: bool) -> None:
    branch = Branch(rooms=[Room(RED, "north", can_be_booked=can_be_booked)])
    wanted = WantedSlot(span("09:00", "10:00"), room_id=RED, meeting_types=frozenset({ONLINE}))
    assert bool(choose_employees(wanted, branch.situation)) is can_be_booked
