"""The availability rules against an oracle that shares no code with them: it looks at the world tick by tick.

`HYPOTHESIS_PROFILE=thorough` looks at thousands of worlds.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.availability import (
    AvailabilityData,
    OfferedSlot,
    SlotSearch,
    WantedSlot,
    choose_employees,
    explain,
    offered_slots,
    refusal,
)
from domain.meetings import MeetingType
from domain.time_slots import Interval
from tests.support.effort import repetitions
from tests.unit.availability.oracle import Offer, Oracle
from tests.unit.availability.worlds import EMPLOYEES, PLACES, ROOMS, SKILLS, World, quarters, shuffled, worlds

pytestmark = pytest.mark.timeout(3600)
THOROUGH = 25 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 1
PHYSICAL = frozenset({MeetingType.PHYSICAL})


def examples(number: int) -> Callable[[Any], Any]:
    """So many worlds where everything is tested, and a multiple of them in a thorough run."""
    return settings(max_examples=repetitions(number * THOROUGH), deadline=None)


def told(slots: list[OfferedSlot]) -> set[Offer]:
    return {
        Offer(
            each.interval.start,
            each.meeting_type,
            (each.employee_id, *each.further_employee_ids),
            each.room_id,
            each.service_group_id,
        )
        for each in slots
    }


def offered(search: SlotSearch, situation: AvailabilityData) -> list[OfferedSlot]:
    return list(offered_slots(search, situation))


def purpose_of(search: SlotSearch, slot: OfferedSlot | None = None) -> dict[str, Any]:
    """The fields of a reservation that repeats the search, and in which capacity the slot was offered."""
    return {
        "meeting_types": frozenset({slot.meeting_type}) if slot else search.meeting_types,
        "topic": search.topic,
        "customer_type": search.customer_type,
        "meeting_location": search.meeting_location,
        "customer_location": search.customer_location,
        "service_group": slot.service_group_id if slot else search.service_group,
    }


@examples(150)
@given(worlds())
def test_search_offers_what_the_oracle_sees(world: World) -> None:
    slots = offered(world.search, world.situation)
    assert told(slots) == set(Oracle(world.situation, world.search).offers())
    assert len(told(slots)) == len(slots)
    assert slots == sorted(slots, key=lambda each: (each.interval.start, each.meeting_type, each.employee_id))
    assert all(each.interval.end - each.interval.start == world.search.duration for each in slots)


@examples(60)
@given(worlds(), st.randoms(use_true_random=False))
def test_best_offers_one_candidate_a_start_and_type_of_the_highest_level_and_the_fairest(
    world: World, random: Random
) -> None:
    oracle = Oracle(world.situation, world.search)
    able: dict[tuple[datetime, MeetingType], dict[UUID, tuple[int, int]]] = {}
    for offer in oracle.offers():
        lead = offer.party[0]
        day = offer.start.astimezone(oracle.zone).date()
        for option in oracle.together(offer.start, offer.meeting_type, offer.party):
            standing = (oracle.rank(lead, option)[0], oracle.load(lead, day))
            able.setdefault((offer.start, offer.meeting_type), {})[lead] = standing
    chosen = offered(replace(world.search, best=True), world.situation)
    assert [(each.interval.start, each.meeting_type) for each in chosen] == sorted(able)
    assert told(chosen) <= told(offered(world.search, world.situation))
    for each in chosen:
        standings = able[each.interval.start, each.meeting_type]
        assert standings[each.employee_id] == min(standings.values())
    assert chosen == offered(replace(world.search, best=True), shuffled(world.situation, random))


@examples(50)
@given(worlds(), st.sampled_from(SKILLS), st.sampled_from(PLACES), st.sampled_from([*ROOMS, None]))
def test_a_customers_reservation_is_refused_exactly_when_the_oracle_would_not_offer_it(
    world: World, skill: UUID, place: str, room_id: UUID | None
) -> None:
    """The reservation says all that the search says. Without a room it is one that needs none."""
    rooms = tuple(room for room in world.situation.rooms if room.id == room_id)
    search = replace(
        world.search,
        topic=world.search.topic or skill,
        customer_type=world.search.customer_type or skill,
        customer_location=world.search.customer_location or place,
        meeting_location=rooms[0].location if rooms else world.search.meeting_location,
        meeting_types=PHYSICAL if rooms else world.search.meeting_types,
        explicit_employees=world.search.explicit_employees[:1] or (EMPLOYEES[0],),
        require_all=False,
        require_room=False,
        specific_rooms=tuple(room.id for room in rooms),
        customer_initiated=True,
        ignore_minimum_time_before_booking=False,
    )
    free = {offer.start for offer in Oracle(replace(world.situation, rooms=rooms), search).offers()}
    for start in quarters(world):
        wanted = WantedSlot(
            Interval(start, start + search.duration),
            search.explicit_employees[0],
            room_id,
            search.ignore_slots,
            **purpose_of(search),
        )
        assert (refusal(wanted, world.situation) is None) == (start in free)


@examples(60)
@given(worlds(), st.booleans())
def test_every_offered_slot_can_be_reserved_by_each_who_takes_part(world: World, terse: bool) -> None:
    """By staff if staff searched; whether the reservation repeats what the search said, or says nothing of it."""
    search = world.search
    by_customer = search.customer_initiated and not search.ignore_minimum_time_before_booking
    for slot in offered(search, world.situation):
        for employee in (slot.employee_id, *slot.further_employee_ids):
            own = purpose_of(search, slot) if employee == slot.employee_id else {}
            purpose = {} if terse else own
            wanted = WantedSlot(slot.interval, employee, slot.room_id, search.ignore_slots, by_customer, **purpose)
            assert refusal(wanted, world.situation) is None


@examples(40)
@given(worlds(), st.booleans())
def test_the_chosen_employees_are_those_who_are_not_refused(world: World, soft_rules: bool) -> None:
    purpose = purpose_of(world.search)
    for start in list(quarters(world))[::6]:
        interval = Interval(start, start + world.search.duration)
        for room_id in (None, ROOMS[0]):
            able = {
                each.id
                for each in world.situation.employees
                if not each.is_only_explicitly_available
                and refusal(WantedSlot(interval, each.id, room_id, soft_rules=soft_rules, **purpose), world.situation)
                is None
            }
            chosen = choose_employees(
                WantedSlot(interval, None, room_id, soft_rules=soft_rules, **purpose), world.situation
            )
            assert set(chosen) == able
            assert len(chosen) == len(able)


@examples(40)
@given(worlds(), st.sampled_from([*ROOMS, None]))
def test_an_explanation_passes_every_rule_exactly_when_nothing_is_refused(world: World, room_id: UUID | None) -> None:
    purpose = purpose_of(world.search)
    for start in list(quarters(world))[::3]:
        wanted = WantedSlot(Interval(start, start + world.search.duration), EMPLOYEES[0], room_id, **purpose)
        told = explain(wanted, world.situation)
        assert all(each.passed for each in told) == (refusal(wanted, world.situation) is None)
        assert all(bool(each.why) != each.passed for each in told)
        refused = refusal(wanted, world.situation)
        failed = [each.rule for each in told if not each.passed]
        assert refused is None or refused.facts.get("rule", failed[0]) in (failed[0], "ROOM_NOT_BOOKABLE")


@examples(40)
@given(worlds(), st.sampled_from(["America/New_York", "Australia/Lord_Howe", "organisation"]))
def test_the_zone_in_which_instants_are_written_does_not_matter(world: World, name: str) -> None:
    zone = world.situation.organisation.time_zone if name == "organisation" else ZoneInfo(name)

    def moved(interval: Interval) -> Interval:
        return Interval(interval.start.astimezone(zone), interval.end.astimezone(zone))

    busy = tuple(each._replace(interval=moved(each.interval)) for each in world.situation.busy)
    situation: AvailabilityData = replace(world.situation, busy=busy, now=world.situation.now.astimezone(zone))
    search = replace(world.search, window=moved(world.search.window))
    assert offered(search, situation) == offered(world.search, world.situation)
    for start in list(quarters(world))[::4]:
        wanted = WantedSlot(Interval(start, start + search.duration), EMPLOYEES[0])
        elsewhere = replace(wanted, interval=moved(wanted.interval))
        assert (refusal(wanted, world.situation) is None) == (refusal(elsewhere, situation) is None)
