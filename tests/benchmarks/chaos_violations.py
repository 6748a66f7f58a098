"""Violations of the guarantees of the chaos test: each adds one to a correct scenario, and breaks one guarantee."""

from collections.abc import Callable
from datetime import timedelta

from chaos.checker import Guarantee
from chaos.record import Fault, Record
from tests.benchmarks.chaos_scenario import EDITH, HOLD, OTTO, Scenario

Violation = Callable[[Scenario], Record | None]


VIOLATIONS: list[tuple[Guarantee, Violation]] = []


def violates(guarantee: Guarantee) -> Callable[[Violation], Violation]:
    """Register the decorated function, whose addition to a correct scenario breaks only this guarantee."""

    def register(violation: Violation) -> Violation:
        VIOLATIONS.append((guarantee, violation))
        return violation

    return register


@violates(Guarantee.NO_OVERLAP)
def an_employee_is_held_twice(scenario: Scenario) -> None:
    first, second = scenario.reserve("one", hour=15), scenario.reserve("two", hour=15)
    scenario.expire(first)
    scenario.expire(second)


@violates(Guarantee.NO_OVERLAP)
def a_room_is_held_twice(scenario: Scenario) -> None:
    slots = [scenario.reserve(each, hour=15, employee=each, room="room") for each in (EDITH, OTTO)]
    for each in slots:
        scenario.expire(each)


@violates(Guarantee.NO_OVERLAP)
def an_additional_employee_has_another_booking(scenario: Scenario) -> None:
    first, second = scenario.reserve("one", hour=15, team=[OTTO]), scenario.reserve("two", hour=15, employee=OTTO)
    scenario.expire(first)
    scenario.expire(second)


@violates(Guarantee.NO_OVERLAP)
def a_meeting_stands_in_the_time_of_another(scenario: Scenario) -> None:
    scenario.book_meeting("one", hour=15)
    scenario.book_meeting("two", hour=15)


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_hold_that_was_acknowledged_never_was(scenario: Scenario) -> None:
    answer = {"id": "slot", "holdExpiresAt": "2026-11-20T12:00:00Z"}
    scenario.add_exchange("reserve", "lost", {"token": "lost", "timeSlot": {}}, 200, answer)


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_hold_has_another_room_than_was_said(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15, room="room"))
    answer = scenario.exchanges[-1].answer
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"answer": answer | {"roomId": "another"}})


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_hold_is_another_than_was_asked_for(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15))
    body = scenario.exchanges[-1].body
    changed = body | {"timeSlot": body["timeSlot"] | {"startDate": "2026-11-23T16:00:00Z"}}
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"body": changed})


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_colleague_is_not_held(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15))
    answer = scenario.exchanges[-1].answer
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(
        update={"answer": answer | {"additionalEmployees": [OTTO]}}
    )
    for number, change in enumerate(scenario.changes):
        if change.row.get("reservation_token") == "token" and change.table == "time_slot":
            row = change.row | {"additional_employees": [OTTO]}
            scenario.changes[number] = change.model_copy(update={"row": row})
    body = scenario.exchanges[-1].body
    changed = body | {"timeSlot": body["timeSlot"] | {"additionalEmployees": [OTTO]}}
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"body": changed})


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_colleague_of_a_meeting_is_free(scenario: Scenario) -> None:
    slot, _ = scenario.book_meeting("token", hour=15, team=[OTTO])
    scenario.remove_attendee_slots(slot)


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def one_customer_has_the_meeting_twice(scenario: Scenario) -> None:
    for hour in (15, 16):
        slot = scenario.reserve(f"token-{hour}", hour=hour)
        scenario.book(slot)
        scenario.create(slot, customer="customer")


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_meeting_has_another_title_than_was_said(scenario: Scenario) -> None:
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.change(meeting, "What was stored")
    answer = scenario.exchanges[-1].answer
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"answer": answer | {"title": "What was said"}})


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_meeting_was_cancelled_that_nobody_cancelled(scenario: Scenario) -> None:
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.cancel(meeting)
    scenario.exchanges.pop()


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_cancellation_was_acknowledged_and_is_not(scenario: Scenario) -> None:
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.add_exchange("cancel", meeting, None, 200, {"id": meeting})


@violates(Guarantee.ACKNOWLEDGED_EXISTS)
def a_time_slot_stays_that_was_given_back(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.add_exchange("give_back", slot, None, 200, None)
    scenario.expire(slot)


@violates(Guarantee.NOTHING_REFUSED_EXISTS)
def a_hold_exists_that_was_refused(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15, status=409))


@violates(Guarantee.NOTHING_REFUSED_EXISTS)
def a_time_slot_is_booked_that_was_refused(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.book(slot, status=409)
    scenario.answer_late()
    scenario.expire(slot)


@violates(Guarantee.NOTHING_REFUSED_EXISTS)
def a_meeting_exists_that_was_refused(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.book(slot)
    scenario.create(slot, status=409)
    scenario.answer_late()


@violates(Guarantee.NOTHING_REFUSED_EXISTS)
def a_meeting_is_left_whose_last_answer_was_no(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.book(slot)
    scenario.create(slot, status=None)
    last = scenario.exchanges[-1]
    scenario.clock += 2 * HOLD
    scenario.add_exchange("create", slot, last.body, 409, None, intent=last.intent)


@violates(Guarantee.NOTHING_REFUSED_EXISTS)
def a_title_was_refused_and_is_there(scenario: Scenario) -> None:
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.change(meeting, "Refused", status=409)


@violates(Guarantee.NOTHING_REFUSED_EXISTS)
def a_move_was_refused_and_happened(scenario: Scenario) -> None:
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.move(meeting, hour=16, status=409)


@violates(Guarantee.OUTCOMES_RESOLVED)
def an_answer_stays_unknown(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15, status=503))


@violates(Guarantee.OUTCOMES_RESOLVED)
def a_lost_answer_is_not_asked_for_again(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15, status=None))


@violates(Guarantee.HOLDS_EXPIRE)
def a_hold_stays_for_ever(scenario: Scenario) -> None:
    scenario.reserve("token", hour=15)


@violates(Guarantee.HOLDS_EXPIRE)
def a_hold_is_gone_too_late(scenario: Scenario) -> Record:
    slot = scenario.reserve("token", hour=15)
    healed = scenario.clock
    scenario.clock += timedelta(seconds=100)
    scenario.expire(slot)
    record = scenario.record()
    record.final_state = record.final_state.model_copy(update={"healed": healed})
    return record


@violates(Guarantee.HOLDS_KEPT)
def a_hold_is_lost_before_its_deadline(scenario: Scenario) -> None:
    scenario.give_back(scenario.reserve("token", hour=15))
    scenario.exchanges.pop()


@violates(Guarantee.HOLDS_KEPT)
def a_booked_time_slot_is_lost_before_its_deadline(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.book(slot)
    scenario.give_back(slot)
    scenario.exchanges.pop()


@violates(Guarantee.HOLDS_KEPT)
def a_colleague_is_lost_before_the_deadline(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15, team=[OTTO])
    scenario.remove_attendee_slots(slot)
    scenario.expire(slot)


@violates(Guarantee.HOLDS_KEPT)
def a_live_hold_cannot_be_booked(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.clock += timedelta(seconds=5)
    scenario.add_exchange("book", slot, [], 409, None)
    scenario.expire(slot)


@violates(Guarantee.HOLDS_KEPT)
def a_booked_time_slot_gets_no_meeting(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.book(slot)
    scenario.clock += timedelta(seconds=5)
    scenario.add_exchange("create", slot, {"customerId": "nobody"}, 409, None)
    scenario.expire(slot)


def add_unruly_request(scenario: Scenario, status: int | None) -> None:
    exchange = scenario.add_exchange("nonsense", "", None, status, None)
    scenario.exchanges[-1] = exchange.model_copy(update={"client": "unruly-bodies"})


@violates(Guarantee.NO_ERRORS)
def an_unruly_client_meets_a_mistake_of_ours(scenario: Scenario) -> None:
    add_unruly_request(scenario, 500)


@violates(Guarantee.NO_ERRORS)
def an_answer_is_a_mistake_of_ours(scenario: Scenario) -> None:
    scenario.add_exchange("search", "", None, 500, None)
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"method": "GET"})


@violates(Guarantee.NO_ERRORS)
def a_process_ends_by_itself(scenario: Scenario) -> None:
    died = Fault(what="died", target="api-1", began=scenario.clock, ended=scenario.clock, trouble="nobody killed it")
    scenario.faults.append(died)
