"""The checker of the chaos test accepts correct records, and finds each violation under its own guarantee."""

from pathlib import Path

import pytest

from chaos.checker import Guarantee, check
from chaos.record import AnyLine, RecordedEvent, WorkflowRun, Writer, read
from chaos.report import format_report
from tests.benchmarks import (
    chaos_event_violations,  # noqa: F401 - the import registers its violations
    chaos_quiet_client,  # noqa: F401 - the same
)
from tests.benchmarks.chaos_scenario import Scenario, complete_scenario
from tests.benchmarks.chaos_violations import VIOLATIONS, Violation


def test_complete_scenario_has_no_findings() -> None:
    assert check(complete_scenario().record()) == []


def test_empty_scenario_has_no_findings() -> None:
    assert check(Scenario().record()) == []


@pytest.mark.parametrize(("guarantee", "violation"), VIOLATIONS, ids=lambda each: getattr(each, "__name__", ""))
def test_violation_breaks_only_its_guarantee(guarantee: Guarantee, violation: Violation) -> None:
    scenario = complete_scenario()
    findings = check(violation(scenario) or scenario.record())
    assert {finding.guarantee for finding in findings} == {guarantee}, findings


def test_every_guarantee_has_a_violation() -> None:
    assert {guarantee for guarantee, _ in VIOLATIONS} == set(Guarantee)


def test_repeated_delivery_is_allowed() -> None:
    record = complete_scenario().record()
    record.received.insert(4, record.received[2])
    assert check(record) == []


def test_replaced_hold_may_end_before_its_deadline() -> None:
    scenario = complete_scenario()
    first = scenario.reserve("token", hour=15)
    second = scenario.reserve("token", hour=16)
    scenario.remove(first, "booking.released")
    scenario.expire(second)
    assert check(scenario.record()) == []


def test_hold_to_move_a_meeting_ends_with_the_meeting() -> None:
    scenario = complete_scenario()
    _, meeting = scenario.book_meeting("token", hour=15)
    slot = scenario.reserve("another", hour=16, to_move=meeting)
    scenario.cancel(meeting)
    scenario.remove(slot, "booking.released")
    scenario.add_exchange("book", slot, [], 404, None)
    assert check(scenario.record()) == []


def test_hold_may_expire_before_the_answer_to_its_idempotency_key() -> None:
    scenario = complete_scenario()
    slot = scenario.reserve("token", hour=15)
    gone = {"status": 410, "answer": {"reason": "GONE", "id": slot}}
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update=gone)
    scenario.expire(slot)
    assert check(scenario.record()) == []


def test_booked_slot_may_expire_before_the_answer() -> None:
    scenario = complete_scenario()
    slot = scenario.reserve("token", hour=15)
    scenario.book(slot, status=409)
    deadline = scenario.slots[slot]["hold_expires_at"]
    scenario.exchanges[-1] = scenario.exchanges[-1].model_copy(update={"answer": {"expiredAt": deadline}})
    scenario.answer_late()
    scenario.expire(slot)
    assert check(scenario.record()) == []


def test_far_meeting_may_have_no_run() -> None:
    scenario = complete_scenario()
    scenario.book_meeting("token", hour=15)
    scenario.workflows.pop()
    assert check(scenario.record()) == []


def test_opening_a_run_of_a_meeting_does_not_change_the_meeting() -> None:
    scenario = complete_scenario()
    _, meeting = scenario.book_meeting("token", hour=15)
    scenario.open_run(meeting)
    assert check(scenario.record()) == []


def test_schedule_may_have_started_a_run() -> None:
    scenario = complete_scenario()
    for name in ("refresh-calendars-2026-11-25T06:00:00Z", "open-meetings-2026-11-25T06:00:00Z"):
        scenario.workflows.append(WorkflowRun(id=name, type="ScheduledWorkflow", status="RUNNING"))
    assert check(scenario.record()) == []


def test_booking_that_could_not_start_may_fail() -> None:
    scenario = complete_scenario()
    scenario.workflows.append(WorkflowRun(id="booking-a", type="BookingWorkflow", status="FAILED"))
    assert check(scenario.record()) == []


def test_written_record_is_read_back_equal(tmp_path: Path) -> None:
    original = complete_scenario().record()
    with (tmp_path / "record.jsonl").open("w") as file:
        writer = Writer(file)
        lines: list[AnyLine] = [
            original.run,
            *original.exchanges,
            *original.changes,
            *original.workflows,
            original.final_state,
        ]
        for line in lines:
            writer.write(line)
        for event in original.log:
            writer.write(RecordedEvent(by="log", event=event))
            writer.write(RecordedEvent(by="webhook", event=event))
    found = read(tmp_path / "record.jsonl")
    assert (found.exchanges, found.changes, found.log) == (original.exchanges, original.changes, original.log)
    assert check(found) == []


def test_report_names_the_broken_guarantee() -> None:
    scenario = complete_scenario()
    scenario.reserve("token", hour=15)
    record = scenario.record()
    report = format_report(record, check(record))
    assert f"BROKEN  {Guarantee.HOLDS_EXPIRE}" in report
    assert f"kept    {Guarantee.HOLDS_KEPT}" in report
    assert report.endswith("1 findings")
