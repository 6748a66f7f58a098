"""Violations of the guarantees of workflows, of the event log and of webhooks."""

from chaos.checker import Guarantee
from chaos.record import FinalState, Record, WorkflowRun
from tests.benchmarks.chaos_scenario import HOLD, Scenario
from tests.benchmarks.chaos_violations import violates


@violates(Guarantee.NO_STUCK_WORKFLOWS)
def a_booking_waits_for_nothing(scenario: Scenario) -> None:
    scenario.workflows.append(WorkflowRun(id="booking-a", type="BookingWorkflow", status="RUNNING"))


@violates(Guarantee.NO_STUCK_WORKFLOWS)
def a_cancelled_meeting_goes_on(scenario: Scenario) -> None:
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.cancel(meeting)
    scenario.workflows[-1] = scenario.workflows[-1].model_copy(update={"status": "RUNNING"})


@violates(Guarantee.NO_STUCK_WORKFLOWS)
def a_meeting_has_two_runs(scenario: Scenario) -> None:
    scenario.book_meeting("token", hour=15)
    scenario.workflows.append(scenario.workflows[-1])


@violates(Guarantee.NO_STUCK_WORKFLOWS)
def nobody_relays(scenario: Scenario) -> None:
    scenario.workflows.pop(0)


@violates(Guarantee.NO_STUCK_WORKFLOWS)
def a_run_has_failed(scenario: Scenario) -> None:
    scenario.workflows.append(WorkflowRun(id="meeting-a", type="MeetingWorkflow", status="FAILED"))


@violates(Guarantee.EVENTS)
def something_happens_without_an_event(scenario: Scenario) -> None:
    slot = scenario.reserve("token", hour=15)
    scenario.clock += 2 * HOLD
    scenario.remove(slot, None)


@violates(Guarantee.EVENTS)
def an_event_tells_what_did_not_happen(scenario: Scenario) -> None:
    scenario.expire(scenario.reserve("token", hour=15))
    scenario.repeat_last_event()


@violates(Guarantee.EVENTS)
def the_log_leaves_an_event_out(scenario: Scenario) -> Record:
    record = scenario.record()
    del record.log[3], record.received[3]
    return record


@violates(Guarantee.EVENTS)
def the_log_tells_an_event_twice(scenario: Scenario) -> Record:
    record = scenario.record()
    record.log.append(record.log[-1])
    return record


@violates(Guarantee.EVENTS)
def an_event_vanished(scenario: Scenario) -> Record:
    record = scenario.record()
    record.log.pop()
    record.received.pop()
    record.final_state = FinalState(
        healed=record.final_state.healed, at=record.final_state.at, positions=record.final_state.positions[:-1]
    )
    return record


@violates(Guarantee.EVENTS)
def a_booking_is_published_out_of_order(scenario: Scenario) -> None:
    scenario.events[0], scenario.events[1] = scenario.events[1], scenario.events[0]


@violates(Guarantee.EVENTS)
def the_webhook_never_learns_of_an_event(scenario: Scenario) -> Record:
    record = scenario.record()
    record.received.pop()
    return record


@violates(Guarantee.EVENTS)
def the_webhook_learns_out_of_order(scenario: Scenario) -> Record:
    record = scenario.record()
    record.received[0], record.received[1] = record.received[1], record.received[0]
    return record


@violates(Guarantee.EVENTS)
def a_webhook_is_signed_by_a_clock_that_is_wrong(scenario: Scenario) -> Record:
    record = scenario.record()
    record.skews = [0.5, -3599.0]
    return record


@violates(Guarantee.EVENTS)
def the_webhook_is_told_something_else(scenario: Scenario) -> Record:
    record = scenario.record()
    record.received[0] = record.received[0] | {"type": "booking.expired"}
    return record
