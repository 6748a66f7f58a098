"""The checker of the chaos run: it passes what is sound, and each promise catches alone what breaks it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.checker import Promise, check
from chaos.record import QUIET, AnyLine, Fault, Looked, Record, Told, WorkflowRun, Writer, read
from chaos.report import verdict
from tests.benchmarks.chaos_scenario import EDITH, HOLD, OTTO, Scenario, whole_story

Break = Callable[[Scenario], Record | None]
BREAKS: list[tuple[Promise, Break]] = []


def breaks(promise: Promise) -> Callable[[Break], Break]:
    """What the decorated function adds to a sound story breaks this promise, and no other."""

    def noted(broken: Break) -> Break:
        BREAKS.append((promise, broken))
        return broken

    return noted


def test_a_sound_story_has_no_findings() -> None:
    assert check(whole_story().record()) == []


def test_nothing_at_all_has_no_findings() -> None:
    assert check(Scenario().record()) == []


@breaks(Promise.NEVER_TWICE)
def an_employee_is_held_twice(story: Scenario) -> None:
    first, second = story.reserve("one", hour=15), story.reserve("two", hour=15)
    story.expire(first)
    story.expire(second)


@breaks(Promise.NEVER_TWICE)
def a_room_is_held_twice(story: Scenario) -> None:
    slots = [story.reserve(each, hour=15, employee=each, room="room") for each in (EDITH, OTTO)]
    for each in slots:
        story.expire(each)


@breaks(Promise.NEVER_TWICE)
def an_additional_employee_has_another_booking(story: Scenario) -> None:
    first, second = story.reserve("one", hour=15, team=[OTTO]), story.reserve("two", hour=15, employee=OTTO)
    story.expire(first)
    story.expire(second)


@breaks(Promise.NEVER_TWICE)
def a_meeting_stands_in_the_time_of_another(story: Scenario) -> None:
    story.whole("one", hour=15)
    story.whole("two", hour=15)


@breaks(Promise.ACKNOWLEDGED)
def a_hold_that_was_acknowledged_never_was(story: Scenario) -> None:
    answer = {"id": "slot", "holdExpiresAt": "2026-11-20T12:00:00Z"}
    story.asked("reserve", "lost", {"token": "lost", "timeSlot": {}}, 200, answer)


@breaks(Promise.ACKNOWLEDGED)
def a_hold_has_another_room_than_was_said(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15, room="room"))
    answer = story.exchanges[-1].answer
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"answer": answer | {"roomId": "another"}})


@breaks(Promise.ACKNOWLEDGED)
def a_hold_is_another_than_was_asked_for(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15))
    body = story.exchanges[-1].body
    asked = body | {"timeSlot": body["timeSlot"] | {"startDate": "2026-11-23T16:00:00Z"}}
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"body": asked})


@breaks(Promise.ACKNOWLEDGED)
def a_colleague_is_not_held(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15))
    answer = story.exchanges[-1].answer
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"answer": answer | {"additionalEmployees": [OTTO]}})
    for number, change in enumerate(story.changes):
        if change.row.get("reservation_token") == "token" and change.table == "time_slot":
            row = change.row | {"additional_employees": [OTTO]}
            story.changes[number] = change.model_copy(update={"row": row})
    body = story.exchanges[-1].body
    asked = body | {"timeSlot": body["timeSlot"] | {"additionalEmployees": [OTTO]}}
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"body": asked})


@breaks(Promise.ACKNOWLEDGED)
def a_colleague_of_a_meeting_is_free(story: Scenario) -> None:
    slot, _ = story.whole("token", hour=15, team=[OTTO])
    story.lose_companions(slot)


@breaks(Promise.ACKNOWLEDGED)
def one_customer_has_the_meeting_twice(story: Scenario) -> None:
    for hour in (15, 16):
        slot = story.reserve(f"token-{hour}", hour=hour)
        story.book(slot)
        story.create(slot, customer="customer")


@breaks(Promise.ACKNOWLEDGED)
def a_meeting_has_another_title_than_was_said(story: Scenario) -> None:
    _, meeting = story.whole("token", hour=15)
    story.change(meeting, "What was stored")
    answer = story.exchanges[-1].answer
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"answer": answer | {"title": "What was said"}})


@breaks(Promise.ACKNOWLEDGED)
def a_meeting_was_cancelled_that_nobody_cancelled(story: Scenario) -> None:
    _, meeting = story.whole("token", hour=15)
    story.cancel(meeting)
    story.exchanges.pop()


@breaks(Promise.ACKNOWLEDGED)
def a_cancellation_was_acknowledged_and_is_not(story: Scenario) -> None:
    _, meeting = story.whole("token", hour=15)
    story.asked("cancel", meeting, None, 200, {"id": meeting})


@breaks(Promise.ACKNOWLEDGED)
def a_time_slot_stays_that_was_given_back(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.asked("give_back", slot, None, 200, None)
    story.expire(slot)


@breaks(Promise.REFUSED)
def a_hold_exists_that_was_refused(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15, status=409))


@breaks(Promise.REFUSED)
def a_time_slot_is_booked_that_was_refused(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.book(slot, status=409)
    story.told_late()
    story.expire(slot)


@breaks(Promise.REFUSED)
def a_meeting_exists_that_was_refused(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.book(slot)
    story.create(slot, status=409)
    story.told_late()


@breaks(Promise.REFUSED)
def a_meeting_is_left_whose_last_answer_was_no(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.book(slot)
    story.create(slot, status=None)
    last = story.exchanges[-1]
    story.clock += 2 * HOLD
    story.asked("create", slot, last.body, 409, None, intent=last.intent)


@breaks(Promise.REFUSED)
def a_title_was_refused_and_is_there(story: Scenario) -> None:
    _, meeting = story.whole("token", hour=15)
    story.change(meeting, "Refused", status=409)


@breaks(Promise.REFUSED)
def a_move_was_refused_and_happened(story: Scenario) -> None:
    _, meeting = story.whole("token", hour=15)
    story.move(meeting, hour=16, status=409)


@breaks(Promise.RESOLVED)
def an_answer_stays_unknown(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15, status=503))


@breaks(Promise.RESOLVED)
def a_lost_answer_is_not_asked_for_again(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15, status=None))


@breaks(Promise.LAPSED)
def a_hold_stays_for_ever(story: Scenario) -> None:
    story.reserve("token", hour=15)


@breaks(Promise.LAPSED)
def a_hold_is_gone_too_late(story: Scenario) -> Record:
    slot = story.reserve("token", hour=15)
    healed = story.clock
    story.clock += timedelta(seconds=100)
    story.expire(slot)
    record = story.record()
    record.looked = record.looked.model_copy(update={"healed": healed})
    return record


@breaks(Promise.KEPT)
def a_hold_is_lost_before_its_deadline(story: Scenario) -> None:
    story.give_back(story.reserve("token", hour=15))
    story.exchanges.pop()


@breaks(Promise.KEPT)
def a_booked_time_slot_is_lost_before_its_deadline(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.book(slot)
    story.give_back(slot)
    story.exchanges.pop()


@breaks(Promise.KEPT)
def a_colleague_is_lost_before_the_deadline(story: Scenario) -> None:
    slot = story.reserve("token", hour=15, team=[OTTO])
    story.lose_companions(slot)
    story.expire(slot)


@breaks(Promise.KEPT)
def a_live_hold_cannot_be_booked(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.clock += timedelta(seconds=5)
    story.asked("book", slot, [], 409, None)
    story.expire(slot)


@breaks(Promise.KEPT)
def a_booked_time_slot_gets_no_meeting(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.book(slot)
    story.clock += timedelta(seconds=5)
    story.asked("create", slot, {"customerId": "nobody"}, 409, None)
    story.expire(slot)


@breaks(Promise.WAITING)
def a_booking_waits_for_nothing(story: Scenario) -> None:
    story.workflows.append(WorkflowRun(id="booking-a", type="BookingWorkflow", status="RUNNING"))


@breaks(Promise.WAITING)
def a_cancelled_meeting_goes_on(story: Scenario) -> None:
    _, meeting = story.whole("token", hour=15)
    story.cancel(meeting)
    story.workflows[-1] = story.workflows[-1].model_copy(update={"status": "RUNNING"})


@breaks(Promise.WAITING)
def a_meeting_has_two_runs(story: Scenario) -> None:
    story.whole("token", hour=15)
    story.workflows.append(story.workflows[-1])


@breaks(Promise.WAITING)
def nobody_relays(story: Scenario) -> None:
    story.workflows.pop(0)


@breaks(Promise.WAITING)
def a_run_has_failed(story: Scenario) -> None:
    story.workflows.append(WorkflowRun(id="meeting-a", type="MeetingWorkflow", status="FAILED"))


@breaks(Promise.TOLD)
def something_happens_without_an_event(story: Scenario) -> None:
    slot = story.reserve("token", hour=15)
    story.clock += 2 * HOLD
    story.remove(slot, None)


@breaks(Promise.TOLD)
def an_event_tells_what_did_not_happen(story: Scenario) -> None:
    story.expire(story.reserve("token", hour=15))
    story.tell_again()


@breaks(Promise.TOLD)
def the_log_leaves_an_event_out(story: Scenario) -> Record:
    record = story.record()
    del record.log[3], record.received[3]
    return record


@breaks(Promise.TOLD)
def the_log_tells_an_event_twice(story: Scenario) -> Record:
    record = story.record()
    record.log.append(record.log[-1])
    return record


@breaks(Promise.TOLD)
def an_event_vanished(story: Scenario) -> Record:
    record = story.record()
    record.log.pop()
    record.received.pop()
    record.looked = Looked(healed=record.looked.healed, at=record.looked.at, positions=record.looked.positions[:-1])
    return record


@breaks(Promise.TOLD)
def a_booking_is_published_out_of_order(story: Scenario) -> None:
    story.events[0], story.events[1] = story.events[1], story.events[0]


@breaks(Promise.TOLD)
def the_webhook_never_learns_of_an_event(story: Scenario) -> Record:
    record = story.record()
    record.received.pop()
    return record


@breaks(Promise.TOLD)
def the_webhook_learns_out_of_order(story: Scenario) -> Record:
    record = story.record()
    record.received[0], record.received[1] = record.received[1], record.received[0]
    return record


@breaks(Promise.TOLD)
def a_webhook_is_signed_by_a_clock_that_is_wrong(story: Scenario) -> Record:
    record = story.record()
    record.skews = [0.5, -3599.0]
    return record


@breaks(Promise.TOLD)
def the_webhook_is_told_something_else(story: Scenario) -> Record:
    record = story.record()
    record.received[0] = record.received[0] | {"type": "booking.expired"}
    return record


def quiet(story: Scenario, step: str, *, status: int | None = 200, seconds: float = 0.1) -> None:
    """A request of the quiet client to `api-1`, five seconds after whatever was before. What books is asked again."""
    story.clock += timedelta(seconds=5)
    intent = f"quiet-{len(story.exchanges)}"
    for each in (status, 409) if step != "look-up" else (status,):
        exchange = story.asked(step, intent, {}, each, None, intent=intent)
        method = "GET" if step == "look-up" else "POST"
        mine = {"client": QUIET, "api": "api-1", "method": method, "seconds": seconds if each == status else 0.1}
        story.exchanges[-1] = exchange.model_copy(update=mine)
        story.clock += timedelta(milliseconds=1)


def fault(story: Scenario, what: str, target: str, *, began: float = 1, ended: float = -1) -> None:
    """One that began and ended so many seconds ago."""
    times = {"began": story.clock - timedelta(seconds=began), "ended": story.clock - timedelta(seconds=ended)}
    story.faults.append(Fault(what=what, target=target, **times))


@breaks(Promise.SERVED)
def a_quiet_client_waits_too_long(story: Scenario) -> None:
    quiet(story, "look-up", seconds=2.01)


@breaks(Promise.SERVED)
def a_quiet_client_is_told_to_come_later(story: Scenario) -> None:
    quiet(story, "look-up", status=503)


@breaks(Promise.SERVED)
def a_quiet_client_cannot_book(story: Scenario) -> None:
    quiet(story, "reserve", status=503)


@breaks(Promise.SERVED)
def a_quiet_client_has_no_answer(story: Scenario) -> None:
    quiet(story, "look-up", status=None)


@breaks(Promise.SERVED)
def unruly_clients_hold_up_a_quiet_one(story: Scenario) -> None:
    quiet(story, "reserve", status=503)
    fault(story, "unruly", "bursts")


@breaks(Promise.SERVED)
def a_moved_clock_holds_up_a_quiet_client(story: Scenario) -> None:
    quiet(story, "look-up", seconds=3)
    fault(story, "clock", "api-1")


@breaks(Promise.SERVED)
def a_quiet_client_is_held_up_by_another_api_process(story: Scenario) -> None:
    quiet(story, "look-up", status=503)
    fault(story, "kill", "api-2")
    fault(story, "cut", "api-2|postgres")


@breaks(Promise.SERVED)
def a_look_needs_no_worker_and_no_engine(story: Scenario) -> None:
    quiet(story, "look-up", status=503)
    for target in ("worker-1", "temporal", "api-1|temporal"):
        fault(story, "kill", target)


@breaks(Promise.SERVED)
def a_look_writes_nothing(story: Scenario) -> None:
    quiet(story, "look-up", status=503)
    fault(story, "read-only", "postgres")
    fault(story, "full-disk", "postgres")


@breaks(Promise.SERVED)
def a_fault_is_over_for_long(story: Scenario) -> None:
    quiet(story, "look-up", status=503)
    fault(story, "kill", "api-1", began=20, ended=2.5)


@breaks(Promise.SERVED)
def the_engine_had_time_to_find_another_worker(story: Scenario) -> None:
    quiet(story, "reserve", status=503)
    fault(story, "kill", "worker-1", began=12.5, ended=10)


@breaks(Promise.SERVED)
def a_worker_stays_in_the_way_for_as_long_as_it_is_isolated(story: Scenario) -> None:
    quiet(story, "reserve", status=503)
    fault(story, "isolate", "worker-1|postgres", began=20, ended=-100)


@pytest.mark.parametrize(
    ("what", "target"),
    [
        ("kill", "api-1"),
        ("pause", "postgres"),
        ("cut", "api-1|postgres"),
        ("delay", "api-1|temporal"),
        ("pause", "temporal"),
        ("kill", "worker-2"),
        ("cut", "worker-2|postgres"),
        ("isolate", "worker-1|temporal"),
        ("read-only", "postgres"),
        ("full-disk", "postgres"),
        ("stall", "run"),
    ],
)
def test_a_quiet_client_may_be_held_up_by_what_it_needs(what: str, target: str) -> None:
    story = whole_story()
    quiet(story, "reserve", status=503)
    fault(story, what, target)
    assert check(story.record()) == []


def test_what_it_needs_may_take_two_seconds_to_recover() -> None:
    story = whole_story()
    quiet(story, "look-up", status=None)
    fault(story, "kill", "api-1", began=5, ended=1.5)
    assert check(story.record()) == []


def test_a_task_that_a_worker_had_may_wait_until_the_engine_gives_it_to_another() -> None:
    story = whole_story()
    quiet(story, "reserve", status=503)
    fault(story, "kill", "worker-1", began=11, ended=9)
    assert check(story.record()) == []


def test_a_refusal_serves_a_quiet_client() -> None:
    story = whole_story()
    quiet(story, "look-up", status=404, seconds=1.9)
    assert check(story.record()) == []


def test_others_than_the_quiet_client_may_wait() -> None:
    story = whole_story()
    story.asked("search", "", None, 503, None)
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"method": "GET", "seconds": 8})
    assert check(story.record()) == []


def unruly(story: Scenario, status: int | None) -> None:
    exchange = story.asked("nonsense", "", None, status, None)
    story.exchanges[-1] = exchange.model_copy(update={"client": "unruly-bodies"})


@pytest.mark.parametrize("status", [400, 413, 429, 503, None])
def test_unruly_clients_may_be_refused_for_good(status: int | None) -> None:
    story = whole_story()
    unruly(story, status)
    assert check(story.record()) == []


@breaks(Promise.SOUND)
def an_unruly_client_meets_a_mistake_of_ours(story: Scenario) -> None:
    unruly(story, 500)


@breaks(Promise.SOUND)
def an_answer_is_a_mistake_of_ours(story: Scenario) -> None:
    story.asked("search", "", None, 500, None)
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"method": "GET"})


@breaks(Promise.SOUND)
def a_process_ends_by_itself(story: Scenario) -> None:
    died = Fault(what="died", target="api-1", began=story.clock, ended=story.clock, trouble="nobody killed it")
    story.faults.append(died)


@pytest.mark.parametrize(("promise", "broken"), BREAKS, ids=lambda each: getattr(each, "__name__", ""))
def test_each_promise_catches_alone_what_breaks_it(promise: Promise, broken: Break) -> None:
    story = whole_story()
    findings = check(broken(story) or story.record())
    assert {finding.promise for finding in findings} == {promise}, findings


def test_every_promise_can_be_broken() -> None:
    assert {promise for promise, _ in BREAKS} == set(Promise)


def test_an_event_may_come_again() -> None:
    record = whole_story().record()
    record.received.insert(4, record.received[2])
    assert check(record) == []


def test_a_hold_may_be_replaced_before_its_deadline() -> None:
    story = whole_story()
    first = story.reserve("token", hour=15)
    second = story.reserve("token", hour=16)
    story.remove(first, "booking.released")
    story.expire(second)
    assert check(story.record()) == []


def test_a_hold_may_have_expired_before_the_answer_to_its_key() -> None:
    story = whole_story()
    slot = story.reserve("token", hour=15)
    gone = {"status": 410, "answer": {"reason": "GONE", "id": slot}}
    story.exchanges[-1] = story.exchanges[-1].model_copy(update=gone)
    story.expire(slot)
    assert check(story.record()) == []


def test_what_was_booked_may_have_expired_before_the_answer() -> None:
    story = whole_story()
    slot = story.reserve("token", hour=15)
    story.book(slot, status=409)
    deadline = story.slots[slot]["hold_expires_at"]
    story.exchanges[-1] = story.exchanges[-1].model_copy(update={"answer": {"expiredAt": deadline}})
    story.told_late()
    story.expire(slot)
    assert check(story.record()) == []


def test_a_meeting_far_ahead_may_have_no_run() -> None:
    story = whole_story()
    story.whole("token", hour=15)
    story.workflows.pop()
    assert check(story.record()) == []


def test_a_schedule_may_have_begun_a_run() -> None:
    story = whole_story()
    for name in ("refresh-calendars-2026-11-25T06:00:00Z", "open-meetings-2026-11-25T06:00:00Z"):
        story.workflows.append(WorkflowRun(id=name, type="ScheduledWorkflow", status="RUNNING"))
    assert check(story.record()) == []


def test_a_booking_that_could_not_begin_may_fail() -> None:
    story = whole_story()
    story.workflows.append(WorkflowRun(id="booking-a", type="BookingWorkflow", status="FAILED"))
    assert check(story.record()) == []


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = whole_story().record()
    with (tmp_path / "record.jsonl").open("w") as file:
        writer = Writer(file)
        lines: list[AnyLine] = [written.run, *written.exchanges, *written.changes, *written.workflows, written.looked]
        for line in lines:
            writer.write(line)
        for event in written.log:
            writer.write(Told(by="log", event=event))
            writer.write(Told(by="webhook", event=event))
    found = read(tmp_path / "record.jsonl")
    assert (found.exchanges, found.changes, found.log) == (written.exchanges, written.changes, written.log)
    assert check(found) == []


def test_the_verdict_names_what_was_broken() -> None:
    story = whole_story()
    story.reserve("token", hour=15)
    record = story.record()
    said = verdict(record, check(record))
    assert f"BROKEN  {Promise.LAPSED}" in said
    assert f"kept    {Promise.KEPT}" in said
    assert said.endswith("1 findings")
